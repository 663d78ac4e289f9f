"""The reference: one row of 25 columns a contact, two indexes, 500 a transaction, WAL, synchronous=FULL."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROWS = 50_000
"""How many in each round: enough to last about a second."""

_COLUMNS = 25
_GROUP = 500


def raw_inserts(within: Path, rows: int = ROWS) -> tuple[float, float]:
    """Rows a second into a fresh file in this folder, and microseconds of processor time a row."""
    with tempfile.TemporaryDirectory(dir=within) as folder:
        return _measured(Path(folder) / "raw.db", rows)


def _measured(path: Path, rows: int) -> tuple[float, float]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    names = ", ".join(f"c{number} TEXT" for number in range(_COLUMNS - 1))
    connection.execute(f"CREATE TABLE attempt (id INTEGER PRIMARY KEY, {names})")
    connection.execute("CREATE INDEX by_person ON attempt (c0, c1)")
    connection.execute("CREATE UNIQUE INDEX by_key ON attempt (c2)")
    marks = ", ".join("?" * _COLUMNS)
    began, worked = time.perf_counter(), time.process_time()
    for start in range(0, rows, _GROUP):
        group = [_row(number) for number in range(start, min(start + _GROUP, rows))]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO attempt VALUES ({marks})", group)
        connection.execute("COMMIT")
    took, work = time.perf_counter() - began, time.process_time() - worked
    connection.close()
    return rows / took, work / rows * 1e6


def rows_of(rows: int, at_once: int) -> Iterator[list[tuple[object, ...]]]:
    """The same rows for another store, in groups."""
    for start in range(0, rows, at_once):
        yield [_row(number) for number in range(start, min(start + at_once, rows))]


def _row(number: int) -> tuple[object, ...]:
    person = f"person-{number:012d}"
    moment = f"2026-06-02T19:00:{number % 60:02d}.000000Z"
    rest = tuple(f"value {column} of a realistic width" for column in range(_COLUMNS - 4))
    return (number + 1, person, moment, f"key-{number:016d}", *rest)
