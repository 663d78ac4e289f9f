"""Rows of history into events, and events as an officer types them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from outreach.domain import Event, digest_of
from outreach.domain.events import EVENT_FIELDS, INTERNAL_EVENTS
from outreach.errors import InputError
from outreach.intake import parse
from outreach.intake.columns import check_fields, nearest
from outreach.intake.fields import IMPORTABLE, NOTE, REQUIRED, known_fields, read_field
from outreach.intake.rows import CsvRows, JsonRows, Rejection, open_rows, suffix_of

__all__ = ["EVENT_COLUMNS", "EventRow", "event_from", "imported_id", "read_events"]

_OUR_ID = re.compile("[0-9A-HJKMNP-TV-Z]{26}")  # as the ledger makes them, and imported_id

_OWN: Final = ("consumer", "at", "event")
EVENT_COLUMNS: Final = (
    *_OWN,
    "key",
    *sorted({name for kind in IMPORTABLE for name in EVENT_FIELDS[kind]} - {"set"} | {NOTE}),
)
"""The columns of a CSV of events. ``set``, an object, needs JSONL."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of one consumer and the line it came from.

    ``person`` is the client's id for the consumer. ``key`` deduplicates: the same key for the same consumer
    is recorded once. ``event.id`` is made of the two, so that a later row, in this file or another, can
    name this event by its key. ``raw`` is the row as it stood: personal data, for the rejects file.
    """

    person: str
    event: Event
    key: str
    line: int
    raw: str = ""


def read_events(path: Path, *, now: datetime | None = None) -> Iterator[EventRow | Rejection]:
    """The events of a file (.jsonl or .csv), one row at a time, in the order of the file.

    :param now: an event after this moment is rejected.
    :raises InputError: if the file as a whole cannot be used.
    """
    ending = suffix_of(path, ".jsonl", ".csv")
    with open_rows(path) as stream:
        rows: CsvRows | JsonRows
        if ending == ".csv":
            rows = CsvRows(stream, str(path), required=_OWN, optional=EVENT_COLUMNS[len(_OWN) :])
        else:
            rows = JsonRows(stream, str(path))
        for row in rows:
            if isinstance(row, Rejection):
                yield row
                continue
            if isinstance(row, list):
                names = rows.columns if isinstance(rows, CsvRows) else ()
                row = {name: cell for name, cell in zip(names, row, strict=True) if cell.strip()}
            try:
                person, event, key = _event(row, now)
                yield EventRow(person, event, key, rows.line, rows.raw)
            except InputError as fault:
                yield rows.refuse(fault)


def event_from(
    kind: str, at: datetime | str, options: Mapping[str, Any], *, now: datetime | None = None
) -> Event:
    """An event from what a person typed or an API was given.

    :param at: aware, or ISO text with an offset.
    :param options: fields by name. Text is read as in CSV: lists joined by ``;``, ``true``, amounts as
        ``50.00 USD``, ``set`` as a JSON object.
    :param now: an event after this moment is refused.
    :raises InputError: naming the field at fault.
    """
    _check_kind(kind)
    moment = parse.moment(at if isinstance(at, str) else at.isoformat(), "at")
    if now is not None and moment > now:
        raise InputError("the event lies in the future", column="at", remedy="record it when it has happened")
    if isinstance(options.get("set"), str):
        options = {**options, "set": _object(options["set"])}
    check_fields(options, known_fields(kind))
    _check_required(kind, options)
    fields = {name: read_field(name, kind, options) for name in sorted(options)}
    _check_together(kind, fields)
    return Event(kind, moment, fields)


def imported_id(person: str, key: str) -> str:
    """The id of an imported event: 26 characters, the same whenever it is imported."""
    return digest_of(f"{person}\x1f{key}")[:26].upper()


def _event(row: Mapping[str, Any], now: datetime | None) -> tuple[str, Event, str]:
    for name in _OWN:
        if name not in row:
            raise InputError("this field is missing", column=name, remedy="add it")
    options = {name: value for name, value in row.items() if name not in _OWN and name != "key"}
    person = parse.identifier(row["consumer"], "consumer")
    if not isinstance(row["at"], str):
        raise InputError("a time is text", column="at", remedy='write it as "2026-06-01T10:00-04:00"')
    event = event_from(parse.text(row["event"], "event", limit=64), row["at"], options, now=now)
    fields = dict(event.fields)
    if "key" in row:
        key = parse.identifier(row["key"], "key")
    else:
        # of what it says, so that the same fact written otherwise is still one
        key = digest_of([person, event.kind, event.at.isoformat(), fields])
    if "of" in fields and not _OUR_ID.fullmatch(fields["of"]):
        fields["of"] = imported_id(person, fields["of"])
    return person, Event(event.kind, event.at, fields, id=imported_id(person, key)), key


def _check_kind(kind: str) -> None:
    if kind in IMPORTABLE:
        return
    if kind in INTERNAL_EVENTS:
        raise InputError(
            "only outreach records this kind of event", column="event", remedy="leave the row out"
        )
    if kind in EVENT_FIELDS:
        raise InputError(
            "this kind of event belongs to an attempt of our own",
            column="event",
            remedy="write an event attempt with its outcome",
        )
    close = nearest(kind, IMPORTABLE)
    raise InputError(
        "this kind of event is unknown",
        column="event",
        why=f"the nearest is {close}" if close else "",
        remedy="see docs/reference/events.md",
    )


def _check_required(kind: str, options: Mapping[str, Any]) -> None:
    for need in REQUIRED.get(kind, ()):
        names = need.split("|")
        if not any(name in options for name in names):
            raise InputError(f"an event {kind} needs this field", column=" or ".join(names), remedy="add it")


def _check_together(kind: str, fields: Mapping[str, Any]) -> None:
    """What no field can tell alone."""
    if kind in ("inconvenient", "convenient") or fields.get("scope") == "hours":
        if ("from" in fields) != ("to" in fields):
            column = "to" if "from" in fields else "from"
            raise InputError("one end of the hours is missing", column=column, remedy="give both from and to")
        if "from" in fields and fields["from"] == fields["to"]:
            raise InputError(
                "the hours end when they begin",
                column="to",
                remedy="leave both out for whole days",
            )
    elif kind == "consent" and fields.get("from", "")[:10] > fields.get("until", "9999-12-31"):
        raise InputError("the consent ends before it begins", column="until", remedy="give a later date")
    if fields.get("scope") == "hours" and "from" not in fields and "days" not in fields:
        raise InputError(
            "a consent about hours names them", column="from", remedy="give from and to, or days"
        )
    if kind == "correction" and "void" in fields and "set" in fields:
        raise InputError("a correction voids an event or sets its fields, not both", column="set")


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("this is not JSON", column="set", remedy='such as {"outcome": "busy"}') from None
