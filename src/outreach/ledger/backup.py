"""A consistent copy while others go on working."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from outreach.errors import LedgerError
from outreach.ledger.failures import in_folder, translated
from outreach.ledger.sqlite import beside, connect

__all__ = ["copy_to"]


def copy_to(source: sqlite3.Connection, path: Path, target: Path, wait: float) -> None:
    """Copy through SQLite's backup interface, in one snapshot, then put the copy in its place.

    The key of the endpoint index goes along where it lies beside the ledger: without it the copy could not
    be used. Keep both as safe as the ledger.

    :raises LedgerError: if the target exists, or cannot be written.
    """
    unfinished = beside(target, "unfinished")
    with in_folder(target), translated(target, wait):
        if target.exists():
            raise LedgerError(
                "a backup never writes over a file",
                where=str(target),
                remedy="name a file that does not exist",
            )
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with closing(connect(unfinished, wait)) as copy:
                source.backup(copy)
            key = beside(path, "key")
            if key.exists():
                shutil.copy2(key, beside(target, "key"))
            with unfinished.open("rb") as file:
                os.fsync(file.fileno())
            unfinished.rename(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
