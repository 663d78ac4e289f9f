"""Messages nobody could be sure of: they wait for a person, and what they might ask for is done meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.domain import SYSTEM, Event, NewEvent
from outreach.errors import InputError
from outreach.ledger import KnownPerson, Reading
from outreach.pipeline.receiving import UNSURE

__all__ = ["Waiting", "settlement", "waiting"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message to be read. ``person`` is ``None`` where nobody on file has its address."""

    queued: Event
    inbound: Event
    person: KnownPerson | None


def waiting(reading: Reading) -> list[Waiting]:
    """What is queued and not settled, oldest first."""
    told = reading.system_events(("reply_queued", "reply_settled"))
    settled = {event.fields["of"] for event in told if event.kind == "reply_settled"}
    found = []
    for queued in told:
        if queued.kind != "reply_queued" or queued.id in settled:
            continue
        inbound = reading.event(queued.fields["of"]) if queued.get("of") else queued
        if inbound is not None:  # erased with the person it came from
            persons = reading.persons_by_id([inbound.stream]) if inbound.stream != SYSTEM else {}
            found.append(Waiting(queued, inbound, persons.get(inbound.stream)))
    return found


def settlement(
    reading: Reading, queued: str, *, stop: bool, by: str, because: str, now: datetime
) -> list[NewEvent]:
    """The events by which a person says what a message asks for.

    :raises InputError: if no message of this id waits, or nobody is named.
    """
    if not by:
        raise InputError("who has read it?", where="--by", remedy="name the person who answers for it")
    found = [each for each in waiting(reading) if queued and each.queued.id.startswith(queued)]
    if len(found) != 1:
        raise InputError(
            "no message of this id waits to be read",
            where=queued,
            remedy="`outreach replies list` names them",
        )
    [message] = found
    fields = {"of": message.queued.id, "as": "stop" if stop else "no_stop", "by": by}
    if because:
        fields["because"] = because
    events = [NewEvent(SYSTEM, "reply_settled", now, fields)]
    if not stop and message.person is not None:
        events += [_void(each, by, because, now) for each in _provisional(reading, message)]
    return events


def _provisional(reading: Reading, message: Waiting) -> Sequence[Event]:
    """The opt-outs that were recorded with this message because nobody was sure."""
    stream = message.inbound.stream
    return [
        event
        for event in reading.knowledge([stream])[stream].events
        if event.kind == "opt_out"
        and event.get("form") == UNSURE
        and (event.at, event.recorded_at) == (message.inbound.at, message.inbound.recorded_at)
    ]


def _void(event: Event, by: str, because: str, now: datetime) -> NewEvent:
    fields = {"of": event.id, "void": True, "because": because or "read: it asks for no stop", "by": by}
    return NewEvent(event.stream, "correction", now, fields)
