"""A folder into which each attempt is written as one file, whole, once.

For channels that hand over by files: an outbox, a print queue, a folder another program watches.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from pathlib import Path

from outreach.channels.base import SendFailed
from outreach.errors import SettingsError

__all__ = ["Spool"]

_ATTEMPT = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")


class Spool:
    """Writes ``<folder>/<attempt><suffix>``.

    A reader never sees half a file: it is written beside under a hidden name and then renamed. Two writers of
    one attempt cannot both succeed: the hidden name is taken exclusively, and whoever holds it looks whether
    the file is already there. Files are readable to their owner only, for they hold personal data.

    :param folder: made when first needed.
    :param suffix: with its dot.
    """

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder = folder
        self.suffix = suffix

    def file(self, attempt: str) -> Path:
        """Where this attempt's file is or would be."""
        return self.folder / f"{attempt}{self.suffix}"

    def put(self, attempt: str, content: bytes) -> bool:
        """Write the file of an attempt; it is on the disk when this returns.

        :returns: whether it was written now; ``False``: the same content was already there.
        :raises SendFailed: ``not_sent`` if it could not be written (full or read-only disk), with
            ``retry``; ``unknown`` if something else is there under this attempt, or half written.
        """
        if not _ATTEMPT.fullmatch(attempt):
            raise SendFailed.not_sent("attempt_id_is_no_file_name", retry=False)
        hidden = self.folder / f".{attempt}{self.suffix}.part"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if self.file(attempt).exists() and not hidden.exists():
                return self._already(attempt, content)
            # Somebody is writing it, or died while writing: the attempt may be counted, never repeated.
            raise SendFailed.unknown("half_written") from None
        except OSError as error:
            raise SendFailed.not_sent(_word(error), retry=True) from error
        try:
            if self.file(attempt).exists():
                os.close(handle)
                os.unlink(hidden)
                return self._already(attempt, content)
            with open(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.rename(hidden, self.file(attempt))
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(hidden)
            raise SendFailed.not_sent(_word(error), retry=True) from error
        return True

    def check(self) -> None:
        """Try whether files can be written here, leaving none.

        :raises SettingsError: if not.
        """
        probe = self.folder / ".outreach-check"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise SettingsError(
                "the folder cannot be written",
                where=str(self.folder),
                why=_word(error),
                remedy="free space, correct its mode, or set another `path` for the plugin",
            ) from error

    def _already(self, attempt: str, content: bytes) -> bool:
        if self.file(attempt).read_bytes() != content:
            raise SendFailed.unknown("another_content_is_there")
        return False


def _word(error: OSError) -> str:
    """The system's name for the trouble, such as ``enospc``."""
    return errno.errorcode.get(error.errno or 0, "oserror").lower()
