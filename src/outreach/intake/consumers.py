"""Consumers with their debts, out of JSONL or CSV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from outreach.errors import InputError
from outreach.intake.people import ConsumerRow, consumer_from
from outreach.intake.people_csv import read_flat
from outreach.intake.rows import JsonRows, Rejection, open_rows, suffix_of
from outreach.intake.seen import Seen

__all__ = ["ConsumerRow", "read_consumers"]


def read_consumers(path: Path) -> Iterator[ConsumerRow | Rejection]:
    """The consumers of a file (.jsonl or .csv), in the order of the file.

    A consumer who comes back later in the file is rejected: which of the two is right is not ours to say.

    :raises InputError: if the file as a whole cannot be used.
    """
    ending = suffix_of(path, ".jsonl", ".csv")
    with open_rows(path) as stream:
        if ending == ".csv":
            yield from read_flat(stream, str(path))
        else:
            yield from _read_json(JsonRows(stream, str(path)))


def _read_json(rows: JsonRows) -> Iterator[ConsumerRow | Rejection]:
    seen = Seen()
    for row in rows:
        if isinstance(row, Rejection):
            yield row
            continue
        try:
            consumer = consumer_from(row)
            if not seen.add(consumer.id):
                raise InputError(
                    "this consumer stands in the file before", column="id", remedy="keep one row"
                )
            yield ConsumerRow(consumer, rows.line)
        except InputError as fault:
            yield rows.refuse(fault)
