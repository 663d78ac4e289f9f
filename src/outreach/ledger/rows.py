"""From new events to rows of the chain: free text taken out, values hidden, hashed, numbered.

This runs for every event of a campaign, some four for each contact; it is written to cost little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from outreach.domain import Event, NewEvent
from outreach.domain.events import EVENT_FIELDS, PRIVATE_FIELDS
from outreach.errors import InputError
from outreach.ledger.chain import (
    GENESIS,
    Entry,
    Record,
    canonical,
    from_micros,
    id_in_row,
    made_event,
    micros,
    text_and_hash,
)
from outreach.ledger.encrypted import ASIDE
from outreach.ledger.records import Aside
from outreach.ledger.shared import Head

if TYPE_CHECKING:
    from outreach.ledger.encryption import StreamCipher

__all__ = ["Row", "make_row", "refuse_unknown", "rows_of"]

# What an event may carry. Free text is taken with every kind, since it never enters the chain.
_ALLOWED: Final = {kind: fields | PRIVATE_FIELDS for kind, fields in EVENT_FIELDS.items()}
# What a correction sets is kept beside the chain as a whole: it holds values of any other kind's fields.
_FREE: Final = PRIVATE_FIELDS | {"set"}
_encode = msgspec.json.encode


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
    cipher: StreamCipher | None = None

    def beside(self) -> str:
        """What lies beside it, as it is kept."""
        if not self.aside.fields and not self.aside.words:
            return ""
        text = _encode(self.aside).decode()
        return text if self.cipher is None else self.cipher.encrypt(ASIDE.name, self.seq, text)


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
    first = seq = head.height + 1
    last = head.height = head.height + len(events)
    recorded, aliases, stream = from_micros(recorded_at), head.aliases, head.name
    opened = fields[-1].get("attempt", "") if events[-1].kind == "attempt_opened" else ""
    name = opened or name
    records: list[Record] = []
    told: list[Event] = []
    beside: dict[str, dict[str, Any]] = {}
    moment, number, at = None, 0, recorded
    for event, plain in zip(events, fields, strict=True):
        kind, shown, digest = event.kind, plain, ""
        if not _FREE.isdisjoint(plain) and (private := _private(kind, plain)):
            beside[str(seq)] = private
            digest = aliases.hmac.digest(canonical(private)).hex()
            shown = {each: value for each, value in plain.items() if each not in private}
        if event.at is not moment:  # the events of a group mostly share one moment
            moment, number = event.at, micros(event.at)
            at = from_micros(number)
        records.append(
            Record(at=number, fields=aliases.hide(kind, shown), kind=kind, aside=digest, id=event.id)
        )
        event_id = event.id or id_in_row(name, seq - first + 1, len(events))
        told.append(made_event(kind, at, plain, recorded, event_id, stream, seq))
        seq += 1
    body, digest = text_and_hash(Entry(records, name, head.hash or GENESIS, recorded_at, first, stream))
    head.hash, head.last = digest, recorded_at
    row = Row(head.number, first, last, recorded_at, name, body, digest, Aside(fields=beside), opened)
    row.cipher = aliases.cipher
    return row, told


def _private(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    names = _FREE if kind == "correction" else PRIVATE_FIELDS
    return {each: value for each, value in fields.items() if each in names and value}
