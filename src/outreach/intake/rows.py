"""Rows out of files: line by line, in constant memory, and one bad row never stops the rest.

Whatever stands in a file becomes a row or a :class:`Rejection` (promise 6); only blank lines are nothing.
What is wrong with the file as a whole, such as a column we do not know, refuses it before the first row.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from outreach.errors import InputError
from outreach.intake.columns import check_header, shown

__all__ = [
    "FIELD_LIMIT",
    "LINE_LIMIT",
    "CsvRows",
    "JsonRows",
    "Rejection",
    "one_line",
    "open_rows",
    "suffix_of",
]

FIELD_LIMIT: Final = 64 * 1024
"""Characters one field may hold."""

LINE_LIMIT: Final = 1024 * 1024
"""Bytes one row may hold. A longer one is rejected and read past without being kept."""

_RAW_LIMIT = 64 * 1024  # bytes of a rejected row that are kept
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that cannot be used, and why.

    ``line``: the physical line on which the row begins, from 1. ``column``: the column or field at
    fault, "" for the whole row. ``reason`` holds no personal data. ``digest``: SHA-256 of the row's
    bytes without its line end, so that the record can name the row without holding it. ``raw``: the
    row as it stood (of a very long one the beginning); personal data, for the rejects file only.
    """

    line: int
    column: str
    reason: str
    digest: str
    raw: str


def one_line(fault: InputError) -> str:
    """An error about one row in one line: what is wrong, why, what to do."""
    return "; ".join(part.rstrip(".") for part in (fault.what, fault.why, fault.remedy) if part)


def suffix_of(path: Path, *allowed: str) -> str:
    """Which of the allowed endings the file has.

    :raises InputError: if it has another.
    """
    suffix = {".ndjson": ".jsonl"}.get(path.suffix.lower(), path.suffix.lower())
    if suffix not in allowed:
        raise InputError(
            "The ending of the file does not tell its format.",
            where=str(path),
            remedy=f"name it {' or '.join('*' + ending for ending in allowed)}",
        )
    return suffix


@contextmanager
def open_rows(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes.

    :raises InputError: if there is no such file, it is a folder, or it cannot be read.
    """
    try:
        stream = path.open("rb", buffering=256 * 1024)
    except FileNotFoundError:
        raise InputError("There is no such file.", where=str(path), remedy="check the path") from None
    except IsADirectoryError:
        raise InputError(
            "This is a folder, not a file.", where=str(path), remedy="name a file inside it"
        ) from None
    except OSError as error:
        raise InputError(
            "The file cannot be read.",
            where=str(path),
            why=error.strerror or type(error).__name__,
            remedy="check the path and its permissions",
        ) from None
    with stream:
        yield stream


class _Rows:
    """What both formats share: the current row's bytes and line, and making a rejection of it."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.line = 0  # physical line on which the current row begins
        self._name = name
        self._stream = stream
        self._record: list[bytes] = []  # the physical lines of the current row
        self._fault = ""
        self._digest = ""  # of a row too long to be kept

    @property
    def raw(self) -> str:
        """The current row as it stood, without its line end."""
        return b"".join(self._record).rstrip(b"\r\n").decode(errors="replace")

    def reject(self, reason: str, column: str = "") -> Rejection:
        """The current row as a rejection."""
        raw = b"".join(self._record).rstrip(b"\r\n")
        digest = self._digest or hashlib.sha256(raw).hexdigest()
        return Rejection(self.line, column, reason, digest, raw[:_RAW_LIMIT].decode(errors="replace"))

    def refuse(self, fault: InputError) -> Rejection:
        """The current row as a rejection for what a parser found."""
        return self.reject(one_line(fault), fault.column)

    def _read_past(self, start: bytes) -> None:
        """Skip the rest of a line that is too long, keeping only its digest."""
        digest = hashlib.sha256(start)
        more = True
        while more and (piece := self._stream.readline(LINE_LIMIT)):
            more = not piece.endswith(b"\n")
            digest.update(piece if more else piece.rstrip(b"\r\n"))
        self._digest = digest.hexdigest()
        self._fault = f"the row is longer than {LINE_LIMIT // 1024} KiB"

    def _text(self, raw: bytes) -> str:
        """The text of one physical line; why it cannot be used is noted in ``_fault``."""
        if b"\0" in raw:
            self._fault = "the row holds a NUL byte"
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self._fault = "the row is not valid UTF-8; save the file as UTF-8"
            return raw.decode(errors="replace")

    def _first_line(self) -> bytes:
        """The first line that is not blank, without a byte order mark.

        :raises InputError: if there is none, or the file is UTF-16.
        """
        while raw := self._stream.readline(LINE_LIMIT):
            self.line += 1
            if self.line == 1:
                if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                    raise InputError(
                        "The file is UTF-16.", where=self._name, remedy="save it as UTF-8 (CSV UTF-8)"
                    )
                raw = raw.removeprefix(_BOM)
            if raw.strip():
                return raw
        raise InputError(
            "The file is empty.",
            where=self._name,
            why="nothing was imported, and an export that failed looks the same",
            remedy="export it again",
        )


class CsvRows(_Rows):
    """The rows of a CSV file: each as its cells in the order of :attr:`columns`, or a Rejection.

    :param required: columns the header must have.
    :param optional: columns it may have. Any other refuses the file.
    :raises InputError: if the header cannot be used.

    A quoted field may run over line ends; such a row is taken or rejected as a whole. Where quoting is
    broken, the row's first line alone is rejected and reading goes on with the next line, so that one
    stray quote costs one row and not the rest of the file.
    """

    def __init__(
        self, stream: BinaryIO, name: str, *, required: Sequence[str], optional: Sequence[str] = ()
    ) -> None:
        super().__init__(stream, name)
        self._again: deque[bytes] = deque()  # lines to be read once more
        self._size = 0
        raw = self._first_line()
        where = f"{name}:{self.line}"
        text = self._text(raw)
        try:
            header = [cell.strip() for cell in next(csv.reader([text], strict=True))]
        except csv.Error as error:
            self._fault = self._fault or _why(error)
        if self._fault:
            raise InputError(
                "The line with the column names cannot be read.",
                where=where,
                why=self._fault,
                remedy="export the file again, as CSV in UTF-8",
            ) from None
        check_header(header, required, optional, where)
        self.columns = tuple(header)

    def index(self, column: str) -> int:
        """Where this column stands, or -1."""
        return self.columns.index(column) if column in self.columns else -1

    def __iter__(self) -> Iterator[list[str] | Rejection]:
        width = len(self.columns)
        record = self._record
        following = self.line + 1
        reader = csv.reader(self._feed(), strict=True)
        while True:
            record.clear()
            self._size = 0
            self._fault = self._digest = ""
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _RunsOn) as error:
                cells = []
                self._fault = self._fault or _why(error)
                self._again.extendleft(reversed(record[1:]))
                del record[1:]
                reader = csv.reader(self._feed(), strict=True)
            self.line = following
            following += len(record)
            if not self._fault and len(cells) == width:
                if self._size > FIELD_LIMIT and max(map(len, cells)) > FIELD_LIMIT:
                    yield self.reject(_LONG_FIELD, self._longest(cells))
                else:
                    yield cells
            elif self._fault or b"".join(record).strip():
                yield self.reject(
                    self._fault or f"the row has {len(cells)} cells and the line with the names has {width}"
                )

    def _longest(self, cells: list[str]) -> str:
        return self.columns[max(range(len(cells)), key=lambda place: len(cells[place]))]

    def _feed(self) -> Iterator[str]:
        """Physical lines for csv.reader, remembering those of the current row."""
        again, record, readline = self._again, self._record, self._stream.readline
        while raw := again.popleft() if again else readline(LINE_LIMIT):
            record.append(raw)
            self._size += len(raw)
            if self._size >= LINE_LIMIT:
                if len(record) > 1:
                    raise _RunsOn
                if not raw.endswith(b"\n"):
                    self._read_past(raw)
                    yield "\n"
                    continue
            yield self._text(raw)


class JsonRows(_Rows):
    """The rows of a JSONL file: each as a mapping, or a Rejection.

    :raises InputError: if the file is empty, or one JSON array instead of an object a line.
    """

    def __iter__(self) -> Iterator[dict[str, Any] | Rejection]:
        raw = self._first_line()
        if raw.lstrip().startswith(b"["):
            raise InputError(
                "The file is a JSON array.",
                where=f"{self._name}:{self.line}",
                remedy="write one object a line (JSONL), without brackets and commas around them",
            )
        readline = self._stream.readline
        while raw:
            if not raw.isspace():
                self._record[:] = [raw]
                self._fault = self._digest = ""
                yield self._parse(raw)
            raw = readline(LINE_LIMIT)
            self.line += 1

    def _parse(self, raw: bytes) -> dict[str, Any] | Rejection:
        if len(raw) == LINE_LIMIT and not raw.endswith(b"\n"):
            self._read_past(raw)
            return self.reject(self._fault)
        text = self._text(raw)
        if self._fault:
            return self.reject(self._fault)
        try:
            value = _decode(text)
        except InputError as fault:
            return self.refuse(fault)
        except (ValueError, RecursionError) as error:
            column = getattr(error, "colno", 0)
            return self.reject("the line is not valid JSON" + (f" (character {column})" if column else ""))
        if not isinstance(value, dict):
            return self.reject("the line is not a JSON object")
        return value


class _RunsOn(Exception):
    """A quoted field is still open after as much text as a row may hold."""


_LONG_FIELD = f"the field is longer than {FIELD_LIMIT // 1024} KiB"


def _why(error: Exception) -> str:
    """Our words for what csv says; its own may quote nothing but are about its innards."""
    said = str(error)
    if isinstance(error, _RunsOn) or "end of data" in said:
        return "a quote is opened and never closed; a quote inside a field is written twice"
    if "expected after" in said:
        return "a quote is closed inside a field; a quote inside a field is written twice"
    if "field limit" in said:
        return f"{_LONG_FIELD}, or a quote is opened and never closed"
    return "a carriage return stands inside the row; end lines with LF or CRLF"


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name written twice would silently lose the first value."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("the line holds a field twice", column=shown(twice))
    return found


_decode = json.JSONDecoder(object_pairs_hook=_unique).decode
