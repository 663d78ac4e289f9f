"""Asking without sending: every address of a person, by every channel, at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from outreach.content import show
from outreach.domain import CONSUMER, Contact, Decision, Draft, Purpose, Verdict, Way
from outreach.errors import InputError
from outreach.ledger import KnownPerson, Reading
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.facts import ask_sources
from outreach.pipeline.judging import Books, decide
from outreach.pipeline.parts import Parts

__all__ = ["Possibility", "possibilities"]

W = TypeVar("W", Way, Purpose)


@dataclass(frozen=True, slots=True)
class Possibility:
    """One way to reach one person, and the gate's answer. ``shown``: the address, masked."""

    channel: Way
    shown: str
    purpose: Purpose
    zone: str
    decision: Decision

    @property
    def allowed(self) -> bool:
        """Whether it may be made at the moment asked about."""
        return self.decision.verdict is Verdict.ALLOW


def possibilities(
    parts: Parts,
    reading: Reading,
    person: KnownPerson,
    *,
    at: datetime,
    channel: str = "",
    to: str = "",
    purpose: str = "collect",
    debts: tuple[str, ...] = (),
    template: str = "",
    as_known_at: datetime | None = None,
) -> list[Possibility]:
    """Judge each address of this person for each channel, as if the moment were ``at``.

    Everything known now counts, unless ``as_known_at`` cuts it. Without a template the content is
    taken as compliant. Nothing is reserved or written.

    :raises InputError: if channel, purpose or a debt is no word of ours or not hers.
    """
    ways = [_word(Way, channel, "--channel")] if channel else list(Way)
    why = _word(Purpose, purpose, "--purpose")
    if strange := [debt for debt in debts if person.consumer.debt(debt) is None]:
        raise InputError(f"{', '.join(strange)} is not a debt of this consumer", where="--debts")
    facts = ask_sources(parts, [person]).get(person.id, {})
    zones = parts.policy.places(person.consumer).zones
    found = []
    for way in ways:
        for address in _addresses(person, way):
            if to and to != address:
                continue
            contact = Contact(person.consumer.id, way, address, why, debts, template=template)
            books = Books(parts, reading, [(contact, person)])
            book = books.of(person.id)
            book.forget_future(at)
            if as_known_at is not None:
                book.forget_after(as_known_at)
            draft = _draft(parts, contact, person, books, at)
            decision = decide(books, draft, person, at, facts)
            found.append(Possibility(way, show(address), why, zones[0] if zones else "", decision))
    return found


def _draft(parts: Parts, contact: Contact, person: KnownPerson, books: Books, at: datetime) -> Draft:
    drafter = Drafter(parts)
    history = books.of(person.id).history
    if contact.template:
        return drafter.draft(contact, person, history, at)
    audience = person.consumer.audience_of(CONSUMER, deceased=history.deceased)
    return Draft(contact, audience, via=parts.routes.via(contact.channel, contact.creditor))


def _addresses(person: KnownPerson, way: Way) -> Iterator[str]:
    consumer = person.consumer
    if way in (Way.CALL, Way.VOICEMAIL, Way.SMS):
        yield from (phone.number for phone in consumer.phones)
    elif way is Way.EMAIL:
        yield from (email.address for email in consumer.emails)
    else:
        yield from dict.fromkeys(address.kind.value for address in consumer.addresses)


def _word(kind: type[W], text: str, option: str) -> W:
    try:
        return kind(text)
    except ValueError:
        words = ", ".join(each.value for each in kind)
        raise InputError(f"{text} is not known", where=option, remedy=f"use one of {words}") from None
