"""Locks between processes that end with their holder: OS locks on files beside the database.

They are advisory locks of the kernel (flock): gone at the instant in which the process is, whatever killed
it, and never left behind by a crash. They do not reach across machines; SQLite does not either.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outreach.errors import LedgerBusy

__all__ = ["Turnstile", "busy", "exclusive", "try_lock"]

_PAUSE = 0.002


def busy(path: Path, seconds: float) -> LedgerBusy:
    """The error for a lock that was not had in time."""
    return LedgerBusy(
        f"the ledger was locked for more than {seconds:g} s; nothing was done",
        where=str(path),
        why="another process is writing to it",
        remedy="try again; if no other outreach is running, see who has the file open",
    )


class Turnstile:
    """Lets events from outside go before campaigns.

    Whoever goes first holds it shared while waiting for the database; everyone else has to pass through it,
    which takes an instant in which nobody who goes first is waiting.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def ahead(self, deadline: float) -> Iterator[None]:
        """Hold others back while in here."""
        with self._file() as handle:
            _lock(handle, fcntl.LOCK_SH, deadline, self._path)
            yield

    def pass_through(self, deadline: float) -> None:
        """Wait until nobody is ahead.

        :param deadline: on the monotonic clock.
        """
        with self._file() as handle:
            _lock(handle, fcntl.LOCK_EX, deadline, self._path)

    @contextmanager
    def _file(self) -> Iterator[int]:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield handle
        finally:
            os.close(handle)  # and with it the lock


@contextmanager
def exclusive(path: Path, seconds: float) -> Iterator[None]:
    """Be the only process in here; for making and upgrading a ledger."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, fcntl.LOCK_EX, time.monotonic() + seconds, path)
        yield
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Take the lock of an open file if it is free."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock(handle: int, kind: int, deadline: float, path: Path) -> None:
    began = time.monotonic()
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            now = time.monotonic()
            if now >= deadline:
                raise busy(path, now - began) from None
            time.sleep(_PAUSE)
        else:
            return
