"""Seals kept elsewhere: a folder on another machine's disk, one file for each seal.

A seal stands in the ledger first and is copied then. If something stops in between, the next call copies
what the folder lacks; a copy that the ledger does not know can only come from another history.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from outreach.errors import LedgerError
from outreach.ledger.examining import Seal, canonical, copies_trouble, file_name, from_file, seals_in
from outreach.ledger.sealing import stored_seal
from outreach.ledger.sql import Connection, Database
from outreach.ledger.values import BrokenSeal

__all__ = ["check_copies", "copy_seals", "refuse_other_history", "write_seal"]


def refuse_other_history(database: Database, folder: Path) -> None:
    """Before a seal is made: the newest copy has to be one of this ledger's seals.

    :raises LedgerError: if it is not, or the folder cannot be read.
    """
    with _usable(folder):
        names = seals_in(folder)  # before the table is read: what others copy meanwhile stands there already
        if not names:
            return
        copy = from_file(names[-1])
    with database.reading() as connection:
        known = stored_seal(connection, copy.number - 1)
    if known != copy:
        raise LedgerError(
            f"the folder of copies holds a seal {copy.number} that this ledger does not",
            where=str(names[-1]),
            why="the ledger was put back to an earlier state, or its seals were changed",
            remedy="keep that folder as it is, find out; then name another in [seals] copy_to",
        )


def copy_seals(database: Database, folder: Path) -> int:
    """Write every seal that the folder lacks; how many that were."""
    with _usable(folder):
        there = {path.name for path in seals_in(folder)}
        number = written = 0
        while True:
            with database.reading() as connection:
                seal = stored_seal(connection, _next_lacking(connection, number, there) - 1)
            if seal is None:
                return written
            write_seal(folder, seal)
            number = seal.number
            written += 1


def _next_lacking(connection: Connection, after: int, there: Collection[str]) -> int:
    """The first seal behind this one that is not among these files; beyond all seals if there is none."""
    number: int = after
    rows = connection.each("SELECT number FROM seal WHERE number > ? ORDER BY number", (after,))
    for (number,) in rows:
        if file_name(number) not in there:
            return number
    return number + 1


def write_seal(folder: Path, seal: Seal) -> None:
    """One seal in a file of its own: whole, or not there."""
    handle, unfinished = tempfile.mkstemp(dir=folder, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(canonical(seal._asdict()).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).rename(folder / file_name(seal.number))
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def check_copies(folder: Path, hashes: Mapping[int, str]) -> tuple[int, tuple[BrokenSeal, ...]]:
    """How many seals are copied, and the copies that are not in the ledger as they are there."""
    with _usable(folder):
        broken = tuple(BrokenSeal(number, why) for number, why in copies_trouble(folder, hashes.get))
        return len(seals_in(folder)), broken


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError) as error:
        raise LedgerError(
            "the folder for copies of seals cannot be used",
            where=str(folder),
            why=getattr(error, "strerror", None) or "it holds a file that is no seal",
            remedy="make the folder, mount its disk, or correct [seals] copy_to",
        ) from None
