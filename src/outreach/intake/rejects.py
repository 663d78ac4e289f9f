"""The file of rejected rows: what a person opens to mend them."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from outreach.errors import InputError

__all__ = ["REJECT_COLUMNS", "RejectsFile", "neutral"]

REJECT_COLUMNS: Final = ("line", "column", "reason", "row")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutral(cell: str) -> str:
    """The cell so that no spreadsheet takes it for a formula: an apostrophe before what could start one."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


class RejectsFile:
    """Writes rejections to a CSV that appears whole, when the block ends, or not at all.

    Rows hold personal data: only the owner may read the file. Without a rejection no file is written,
    and one from an earlier run is left with its header alone. If the block ends with an error, what was
    rejected until then still appears, for it is recorded as rejected.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def add(self, line: int, column: str, reason: str, raw: str) -> None:
        """Write one rejected row; the parts are those of a :class:`~outreach.intake.rows.Rejection`.

        :raises InputError: if the file cannot be written.
        """
        cells = (str(line), column, reason, raw)
        try:
            csv.writer(self._open()).writerow(map(neutral, cells))
        except OSError as error:
            raise self._failed(error) from None
        self.count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._file is None and not self.path.exists():
                return
            file = self._open()
            file.flush()
            os.fsync(file.fileno())
            file.close()
            os.replace(self._part, self.path)
        except OSError as failed:
            raise self._failed(failed) from error
        finally:
            self._part.unlink(missing_ok=True)

    def _open(self) -> IO[str]:
        if self._file is None:
            self._part.unlink(missing_ok=True)
            handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(handle, "w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(REJECT_COLUMNS)
        return self._file

    def _failed(self, error: OSError) -> InputError:
        return InputError(
            "The file of rejected rows cannot be written.",
            where=str(self.path),
            why=error.strerror or type(error).__name__,
            remedy="make room, or name another folder",
        )
