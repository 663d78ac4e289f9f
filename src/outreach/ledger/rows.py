"""From new events to rows of the chain: free text taken out, values hidden, sealed, numbered.

This runs for every event of a campaign, some four for each contact; it is written to cost little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

from outreach.domain import Event, NewEvent
from outreach.domain.events import EVENT_FIELDS, PRIVATE_FIELDS
from outreach.errors import InputError
from outreach.ledger.chain import GENESIS, Entry, Record, canonical, from_micros, micros, seal
from outreach.ledger.records import Aside
from outreach.ledger.shared import Head

__all__ = ["Row", "make_row", "refuse_unknown", "rows_of"]

# What an event may carry. Free text is taken with every kind, since it never enters the chain.
_ALLOWED: Final = {kind: fields | PRIVATE_FIELDS for kind, fields in EVENT_FIELDS.items()}
# What a correction sets is kept beside the chain as a whole: it holds values of any other kind's fields.
_CORRECTION: Final = PRIVATE_FIELDS | {"set"}


@dataclass(slots=True)
class Row:
    """A row of the chain that is made and not yet written: the words of its attempt may still come."""

    stream: int
    seq: int
    upto: int
    recorded_at: int
    name: str
    body: str
    hash: str
    aside: Aside = field(default_factory=Aside)
    attempt: str = ""


def refuse_unknown(event: NewEvent, heads: Mapping[str, Head]) -> None:
    """An event of no kind, with a field of no meaning or of nobody, is refused: it might carry anything.

    :raises InputError: naming kind or field.
    """
    allowed = _ALLOWED.get(event.kind)
    if allowed is None:
        raise InputError(f"there is no event {event.kind!r}", remedy="see docs/reference/events.md")
    if not allowed.issuperset(event.fields):
        unknown = ", ".join(sorted(map(str, event.fields.keys() - allowed)))
        raise InputError(
            f"an event {event.kind!r} has no field {unknown}", remedy="see docs/reference/events.md"
        )
    if event.stream not in heads:
        raise InputError("there is no such person to record an event of", where=event.stream)


def rows_of(events: Sequence[NewEvent], places: Sequence[int]) -> list[tuple[str, list[int]]]:
    """Which events make a row together: those of one stream, up to and with an opened attempt."""
    rows: list[tuple[str, list[int]]] = []
    going: dict[str, list[int]] = {}
    for place in places:
        event = events[place]
        row = going.get(event.stream)
        if row is None:
            row = going[event.stream] = []
            rows.append((event.stream, row))
        row.append(place)
        if event.kind == "attempt_opened":
            del going[event.stream]
    return rows


def make_row(
    head: Head, name: str, recorded_at: int, events: Sequence[NewEvent], fields: Sequence[dict[str, Any]]
) -> tuple[Row, list[Event]]:
    """One row at the end of a stream, and its events as they will be read. Moves the head on.

    :param name: unless the row opens an attempt, whose id it then bears.
    :param fields: the events' fields as plain JSON.
    """
    first = head.height + 1
    records: list[Record] = []
    beside: dict[str, dict[str, Any]] = {}
    aliases = head.aliases
    moment, at = None, 0
    for event, shown in zip(events, fields, strict=True):
        kind, digest = event.kind, ""
        if not PRIVATE_FIELDS.isdisjoint(shown) or kind == "correction":
            private = _private(kind, shown)
            if private:
                beside[str(first + len(records))] = private
                digest = aliases.hmac.digest(canonical(private)).hex()
                shown = {each: value for each, value in shown.items() if each not in private}
        if event.at is not moment:  # the events of a group mostly share one moment
            moment, at = event.at, micros(event.at)
        records.append(Record(at=at, fields=aliases.hide(kind, shown), kind=kind, aside=digest, id=event.id))
    last, attempt = events[-1], ""
    if last.kind == "attempt_opened":
        name = attempt = fields[-1].get("attempt") or name
    entry = Entry(records, name, head.hash or GENESIS, recorded_at, first, head.name)
    body, head.hash = seal(entry)
    head.height, head.last = first + len(records) - 1, recorded_at
    row = Row(
        head.number, first, head.height, recorded_at, name, body, head.hash, Aside(fields=beside), attempt
    )
    return row, _told(entry, events, fields)


def _private(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    names = _CORRECTION if kind == "correction" else PRIVATE_FIELDS
    return {each: value for each, value in fields.items() if each in names and value}


def _told(entry: Entry, events: Sequence[NewEvent], fields: Sequence[dict[str, Any]]) -> list[Event]:
    recorded, last, stream = from_micros(entry.recorded_at), len(events), entry.stream
    told = []
    for number, (event, plain) in enumerate(zip(events, fields, strict=True), 1):
        name = event.id or (entry.name if number == last else f"{entry.name}-{number}")
        at = event.at if event.at.tzinfo is UTC else event.at.astimezone(UTC)
        told.append(Event(event.kind, at, plain, recorded, name, stream, entry.seq + number - 1))
    return told
