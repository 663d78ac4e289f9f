"""Runs, their leases and their journals: what tells, after a crash, whether an attempt may have left.

A run keeps one file open and locked. The lock is the lease: the kernel ends it with the process. Into the
file goes the id of each attempt just before it is sent, unbuffered and without fsync: what was written
survives the end of the process, though not of the machine, and is believed only on the same boot.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from outreach.errors import LedgerError
from outreach.ledger.locks import try_lock

__all__ = ["LeasedRun", "RunRecord", "boot_id", "fate_of", "host_name", "sweep"]


def host_name() -> str:
    """The name of this machine."""
    return platform.node()


def boot_id() -> str:
    """What names this boot of the machine; "" where the system does not tell, which equals no other."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as the database knows it."""

    id: str
    host: str
    boot: str
    pid: int
    ended: bool


class LeasedRun:
    """A process that opens attempts. Made by the ledger.

    :param folder: where journals lie.
    :param ended: called once when the run is closed, before the lease ends.
    """

    def __init__(self, run_id: str, folder: Path, ended: Callable[[str], None]) -> None:
        self.id = run_id
        self._path = path = folder / run_id
        self._ended = ended
        self._guard = threading.Lock()
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if not try_lock(self._file):
            os.close(self._file)
            raise LedgerError("the lease of a new run is taken", where=run_id)

    @property
    def doubtful(self) -> bool:
        """Never: the lock ends with the process and not before."""
        return False

    def hand_over(self, attempt: str) -> None:
        """Note, just before a send, that this attempt may leave from now on.

        :raises LedgerError: if the note could not be made: then do not send.
        """
        line = f"{attempt}\n".encode()
        with self._guard:
            if self._file is None:
                raise LedgerError("this run has ended and hands over nothing", where=self.id)
            try:
                written = os.write(self._file, line)
            except OSError as error:
                raise _unwritten(self._path, error.strerror or "") from error
        if written != len(line):
            raise _unwritten(self._path, "only a part of the line was written")

    def close(self) -> None:
        """End the lease."""
        with self._guard:
            if self._file is None:
                return
            file, self._file = self._file, None
        try:
            self._ended(self.id)
        finally:
            os.close(file)

    def abandon(self) -> None:
        """Undo a run that could not begin."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None


def _unwritten(path: Path, why: str) -> LedgerError:
    return LedgerError(
        "the run's journal cannot be written; nothing is sent",
        where=str(path),
        why=why,
        remedy="make room on the disk, then run it again",
    )


def fate_of(run: RunRecord | None, path: Path) -> Callable[[str], bool] | None:
    """What became of a run: ``None`` while it lives or may live, else what tells if an attempt may have left.

    :param run: ``None`` if the database does not know it.
    :param path: its journal.

    Only on the same host and boot is a journal believed; anywhere else everything may have left.
    """
    here = run is not None and run.host == host_name() and run.boot == boot_id() != ""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        gone = run is None or run.ended or not here or not _alive(run.pid)
        return (lambda attempt: True) if gone else None
    try:
        if not try_lock(file):
            return None
        if not here:
            return lambda attempt: True
        noted = frozenset(path.read_text().splitlines())
        return lambda attempt: attempt in noted
    finally:
        os.close(file)


def sweep(folder: Path, still_open: Collection[str]) -> list[str]:
    """Remove journals of runs that are gone and have nothing left to tell; which runs these were.

    :param still_open: runs that attempts stand open of.
    """
    gone = []
    for journal in folder.iterdir():
        if journal.name in still_open:
            continue
        file = os.open(journal, os.O_RDWR)
        try:
            if try_lock(file):
                journal.unlink()
                gone.append(journal.name)
        finally:
            os.close(file)
    return gone


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        with suppress(PermissionError):
            os.kill(pid, 0)
        return True
    return False
