"""Reading files of consumers and events into the ledger, in batches, with rejects kept."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from outreach.assemble import Outreach
from outreach.domain import SYSTEM, NewEvent
from outreach.errors import InputError
from outreach.intake import Rejection, RejectsFile, read_consumers, read_events
from outreach.pipeline.admitting import ERASED

__all__ = ["consumers_from", "events_from", "rejects_for"]

_BATCH = 1000

Row = TypeVar("Row")
Tick = Callable[[int], None]


def consumers_from(
    app: Outreach, file: Path, known_since: datetime | None, rejects: Path | None, tick: Tick
) -> dict[str, Any]:
    """Import consumers; returns counts and the rejects file."""
    imported = 0
    with RejectsFile(rejects_for(file, rejects)) as kept:
        for batch in _batches(_sorted_out(read_consumers(file), kept, tick)):
            known = app.inbound.consumers([row.consumer for row in batch], known_since)
            saved = {person.consumer.id for person in known}
            for row in batch:
                if row.consumer.id in saved:
                    imported += 1
                else:
                    kept.add(row.line, "id", ERASED, row.consumer.id)
            tick(len(batch))
        return _finish(app, file, "consumers", imported, kept)


def events_from(
    app: Outreach, file: Path, rejects: Path | None, tick: Tick, officer: str = ""
) -> dict[str, Any]:
    """Import events; one with a key already recorded is not recorded again."""
    imported, known, late = 0, 0, 0
    with RejectsFile(rejects_for(file, rejects)) as kept:
        for batch in _batches(_sorted_out(read_events(file, now=app.clock.now()), kept, tick)):
            told = [(row.person, row.event, row.key) for row in batch]
            recorded, unrecorded = app.inbound.events(told, officer)
            for each in unrecorded:
                row = batch[each.place]
                kept.add(row.line, each.column, each.reason, row.raw)
            imported += len(recorded.events)
            known += len(batch) - len(unrecorded) - len(recorded.events)
            late += len(recorded.late)
            tick(len(batch))
        counts = _finish(app, file, "events", imported, kept)
    return {**counts, "known_before": known, "late": late}


def _finish(app: Outreach, file: Path, kind: str, imported: int, kept: RejectsFile) -> dict[str, Any]:
    """Record the import once by the file's digest, and say what came of it."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    fields = {"kind": kind, "digest": digest, "rows": imported, "rejected": kept.count}
    with app.ledger.write() as writing:
        writing.append([NewEvent(SYSTEM, "imported", app.clock.now(), fields)])
    counts: dict[str, Any] = {"imported": imported, "rejected": kept.count}
    if kept.count:
        counts["rejects"] = kept.path
    return counts


def _sorted_out(rows: Iterator[Row | Rejection], kept: RejectsFile, tick: Tick) -> Iterator[Row]:
    for row in rows:
        if isinstance(row, Rejection):
            kept.add(row.line, row.column, row.reason, row.raw)
            tick(1)
        else:
            yield row


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(itertools.islice(rows, _BATCH)):
        yield batch


def rejects_for(file: Path, named: Path | None) -> Path:
    """Where this file's rejected rows go: beside it, unless another place is named.

    :raises InputError: if that is the file itself.
    """
    place = named or file.parent / f"{file.stem or 'rows'}.rejects.csv"
    if place.resolve() == file.resolve():
        raise InputError(
            "the rejected rows would take the place of the file they come from",
            where=str(place),
            remedy="name another file with --rejects",
        )
    return place
