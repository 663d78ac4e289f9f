"""Asking providers about attempts whose end is unknown. Nothing is ever sent again from here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outreach.channels import Ability, Accepted, Channel, Lost, SendFailed
from outreach.domain import Event, Outcome, Way
from outreach.ledger import Reading, StoredContact
from outreach.logs import get
from outreach.pipeline.drafting import postal_lines
from outreach.pipeline.parts import Parts

__all__ = ["Found", "ask_providers"]

log = get(__name__)

_SETTLES = {
    Outcome.REFUSED: Outcome.REFUSED,
    Outcome.OPTED_OUT: Outcome.REFUSED,
    Outcome.NOT_SENT: Outcome.NOT_SENT,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a provider says of an attempt. ``outcome`` is ``None`` where nobody can tell (yet)."""

    contact: StoredContact
    via: str
    outcome: Outcome | None
    why: str = ""


def ask_providers(parts: Parts, limit: int) -> Iterator[Found]:
    """Ask about each attempt of unknown end whose channel can look it up, one after the other."""
    with parts.ledger.read() as reading:
        lost = [(contact, *_lost(parts, reading, contact)) for contact in reading.unknown(limit)]
    for contact, via, what in lost:
        channel = parts.channel(via)
        if channel is None or Ability.RECONCILE not in channel.abilities:
            yield Found(contact, via, None, "its channel cannot look it up")
        elif what is None:
            yield Found(contact, via, None, "what was sent is no longer kept")
        else:
            yield _ask(contact, channel, what)


def _ask(contact: StoredContact, channel: Channel, lost: Lost) -> Found:
    via = channel.name
    try:
        answer = channel.reconcile(lost)
    except Exception as trouble:  # noqa: BLE001  whatever it was, nothing is known more than before
        log.warning("reconcile_failed", via=via, attempt=contact.attempt, error=type(trouble).__name__)
        return Found(contact, via, None, "the provider could not be asked")
    if isinstance(answer, Accepted):
        return Found(contact, via, Outcome.ACCEPTED, "the provider has it")
    if isinstance(answer, SendFailed) and answer.outcome in _SETTLES:
        return Found(contact, via, _SETTLES[answer.outcome], "the provider does not have it")
    return Found(contact, via, None, "the provider cannot tell yet")


def _lost(parts: Parts, reading: Reading, contact: StoredContact) -> tuple[str, Lost | None]:
    """The channel an attempt went through, and what was handed over."""
    opened = _opening(reading, contact)
    via = str(opened.get("via", "")) if opened else ""
    words = reading.words(contact.attempt)
    sender = next((each for each in parts.senders if opened and each.id == opened.get("sender")), None)
    if opened is None or words is None or sender is None:
        return via, None
    address = contact.contact.to
    if contact.contact.channel in (Way.LETTER, Way.VISIT):
        person = reading.persons_by_id([contact.person])[contact.person]
        address = "\n".join(postal_lines(contact.contact, person))
    return via, Lost(contact.attempt, address, words, sender, opened.at)


def _opening(reading: Reading, contact: StoredContact) -> Event | None:
    events = reading.knowledge([contact.person])[contact.person].events
    opened = (event for event in reversed(events) if event.kind == "attempt_opened")
    return next((event for event in opened if event.fields["attempt"] == contact.attempt), None)
