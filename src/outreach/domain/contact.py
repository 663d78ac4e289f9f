"""What we wish to do, and the fixed words with which we would do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from outreach.domain.people import CONSUMER
from outreach.domain.words import Audience, Purpose, Way

__all__ = ["Contact", "Draft", "Sender", "Words"]


@dataclass(frozen=True, slots=True)
class Contact:
    """A wish to make one call task, SMS, letter or e-mail to one person for one purpose.

    ``person`` is the consumer's id, ``to_person`` who is meant to receive it: ``consumer`` or the id
    of one of her people. ``to`` is a number or an e-mail address; for letters and visits ``home``,
    ``work`` or a related person's id. ``debts`` empty means all of hers. A lower ``priority`` goes first.
    ``body`` and ``envelope`` are given only by case files; a campaign names a ``template``.
    """

    person: str
    channel: Way
    to: str
    purpose: Purpose = Purpose.COLLECT
    debts: tuple[str, ...] = ()
    to_person: str = CONSUMER
    campaign: str = ""
    key: str = ""
    template: str = ""
    creditor: str = ""
    not_before: datetime | None = None
    expires_at: datetime | None = None
    priority: int = 100
    body: str | None = None
    envelope: tuple[str, ...] = ()
    form: str = ""
    ringless: bool = False


@dataclass(frozen=True, slots=True)
class Sender:
    """The number, address or letterhead a contact comes from."""

    id: str
    channel: Way
    address: str
    name: str = ""
    creditor: str = ""  # "" serves every creditor


@dataclass(frozen=True, slots=True)
class Words:
    """Exactly what will be said or written; judged as it stands and sent as it stands.

    ``languages`` are those the text is written in (BCP 47 base, one or more). ``sections`` are the
    named parts of a call script or letter in order; ``text`` holds all of them. ``template`` and ``version``
    (a digest) say where the words came from; ``masked`` names the fields that were masked for this audience.
    ``envelope`` are the lines that may be seen from outside a letter, besides the addressee.
    """

    text: str
    subject: str = ""
    languages: tuple[str, ...] = ()
    template: str = ""
    version: str = ""
    sections: tuple[tuple[str, str], ...] = ()
    envelope: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact made ready to be judged: words, sender and route are fixed.

    ``words`` is ``None`` where drafting failed; ``trouble`` then says why, and the contact is blocked.
    ``via`` is the name of the channel plugin that would carry it.
    """

    contact: Contact
    audience: Audience = Audience.CONSUMER
    words: Words | None = None
    sender: Sender | None = None
    via: str = ""
    trouble: str = ""
    warnings: tuple[str, ...] = field(default=())
