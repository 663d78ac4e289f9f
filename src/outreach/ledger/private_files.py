"""Files that only their owner may read: written whole and never over another, and believed only if so."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from outreach.errors import LedgerError

__all__ = ["read_private", "write_private"]


def read_private(path: Path, what: str, *, missing: str, exposed: str, why: str = "") -> bytes:
    """What the file holds.

    :param what: how errors call it.
    :param missing: the cure where it cannot be read; ``exposed``: where others can read it.
    :param why: what is wrong with its being read by others.
    :raises LedgerError: if it cannot be read, or others can read it too.
    """
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise LedgerError(
            f"{what} cannot be read", where=str(path), why=error.strerror or "", remedy=missing
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise LedgerError(f"{what} can be read by others", where=str(path), why=why, remedy=exposed)
    return content


def write_private(path: Path, content: bytes) -> None:
    """Write a new file with mode 600; it is on the disk when this returns.

    :raises FileExistsError: if there is one of that name.
    :raises OSError: if it cannot be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
