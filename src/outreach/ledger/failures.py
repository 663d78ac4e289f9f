"""What SQLite and the file system refuse, in our words, each with its cure."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from outreach.errors import LedgerBusy, LedgerError
from outreach.ledger.locks import busy

__all__ = ["in_folder", "primary_code", "translated"]


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's code for an error, without what it adds for details; 0 if the driver's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def in_folder(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into our words."""
    try:
        yield
    except OSError as error:
        raise LedgerError(
            "the ledger's folder cannot be used",
            where=str(path.parent),
            why=error.strerror or type(error).__name__,
            remedy="let the user that runs outreach write to that folder; check the room on the disk",
        ) from error


@contextmanager
def translated(path: Path, busy_seconds: float) -> Iterator[None]:
    """Turn SQLite's errors into ours; an error text of SQLite never holds a value."""
    try:
        yield
    except sqlite3.Error as error:
        raise _in_our_words(error, path, busy_seconds) from error


def _in_our_words(error: sqlite3.Error, path: Path, busy_seconds: float) -> LedgerError | LedgerBusy:
    code = primary_code(error)
    name = getattr(error, "sqlite_errorname", "")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return busy(path, busy_seconds)
    what, remedy = _ERRORS.get(
        code, ("the ledger cannot be used", "outreach db check; outreach audit verify")
    )
    return LedgerError(what, where=str(path), why=f"{error} ({name})" if name else str(error), remedy=remedy)


_ERRORS: Final = {
    sqlite3.SQLITE_READONLY: (
        "the ledger cannot be written",
        "let the user that runs outreach write to the file and to its folder",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the ledger cannot be opened",
        "let the user that runs outreach read and write the file and its folder",
    ),
    sqlite3.SQLITE_FULL: (
        "the disk is full; the last write was not made",
        "make room and run it again: what was answered before is kept",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk failed or is full; the last write was not made",
        "check the disk and the room left on it, then run it again: what was answered before is kept",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the ledger is damaged",
        "put back the last backup and run outreach audit verify on it",
    ),
    sqlite3.SQLITE_NOTADB: ("this file is not a ledger", "name another file in the settings ([ledger] url)"),
}
