"""A restricted YAML in which every value is what it looks like, and every complaint names its line.

YAML guesses: ``NO`` may become false, ``21:00`` the number 1260, ``0501`` octal, a date an object, and the
second of two equal keys silently wins. An officer's file must not depend on that. What could be read in
two ways is refused here, with the cure; what is left is text, whole and decimal numbers, true, false, null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from outreach.errors import PolicyError

__all__ = ["Document", "Place", "parse", "read"]

Place = tuple[str | int, ...]
"""The way to a value: keys and positions from the top."""

_MAX_DEPTH: Final = 40
_KEPT: Final = 128  # documents; replay and tests read the same packs over and over
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)\Z")
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+\Z")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}(-[0-9]{1,2}([Tt ].*)?)?\Z")
_TIME: Final = re.compile(r"[-+]?[0-9][0-9_]*(:[0-9]{1,2})+(\.[0-9]*)?\Z")
_NUMBER_LIKE: Final = re.compile(r"[-+]?[.]?[0-9][0-9_,.]*([eE][-+]?[0-9]+)?\Z|0[xob][0-9a-fA-F_]+\Z")
_SPECIAL: Final = re.compile(r"[-+]?\.(inf|nan)\Z", re.IGNORECASE)
_YES_NO: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"})
_EXACT: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}

# Only its events are used, never what it makes of them. The parser in C is ten times as fast as the other.
_PARSER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read. ``marks``: line and column, from 1, of each key and each list item."""

    name: str
    text: str
    value: Any
    marks: Mapping[Place, tuple[int, int]]

    def where(self, place: Sequence[str | int] = ()) -> str:
        """``name:line:column`` of a place, or of the nearest thing above it that has one."""
        found: Place = ()
        for step in place:
            if (*found, step) in self.marks:
                found = (*found, step)
        line, column = self.marks.get(found, (1, 1))
        return f"{self.name}:{line}:{column}"

    def error(
        self, what: str, place: Sequence[str | int] = (), *, why: str = "", remedy: str = ""
    ) -> PolicyError:
        """An error about one place of this document."""
        return PolicyError(what, where=self.where(place), why=why, remedy=remedy)


def read(path: Path) -> Document:
    """Read a file.

    :raises PolicyError: if it cannot be read, is not UTF-8 or is not what :func:`parse` takes.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PolicyError(
            "a policy file cannot be read", where=str(path), why=error.strerror or type(error).__name__
        ) from error
    except UnicodeDecodeError as error:
        raise PolicyError(
            "a policy file is not UTF-8",
            where=str(path),
            why=f"byte {error.start} does not fit",
            remedy="save it as UTF-8",
        ) from error
    return parse(text, str(path))


@lru_cache(maxsize=_KEPT)
def parse(text: str, name: str) -> Document:
    """Read a text. The same text is read once in a process: what is made of it is never changed.

    :param name: what to call it in errors.
    :raises PolicyError: for anything ambiguous or unreadable, with line and column.
    """
    normal = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"
    try:
        reader = _Reader(name, yaml.parse(normal, Loader=_PARSER))
        value = reader.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise PolicyError(
            "this is not YAML",
            where=f"{name}:{line}:{column}",
            why=" ".join(str(part) for part in (error.context, error.problem) if part),
            remedy="compare indentation, quotes and brackets with the lines around it",
        ) from error
    except yaml.YAMLError as error:
        raise PolicyError(
            "this is not YAML", where=f"{name}:1:1", why="it holds a character that YAML does not allow"
        ) from error
    return Document(name, normal, value, reader.marks)


class _Reader:
    """Builds plain values from the parser's events; written for events so that it sees what was quoted."""

    def __init__(self, name: str, events: Iterator[Any]) -> None:
        self.name = name
        self.events = events
        self.marks: dict[Place, tuple[int, int]] = {}

    def document(self) -> Any:
        self._next()  # the stream begins
        start = self._next()
        if type(start).__name__ == "StreamEndEvent":
            raise PolicyError("the file is empty", where=f"{self.name}:1:1")
        if start.version or start.tags:
            raise self._refuse(start, "a YAML directive is not allowed", remedy="take out the % line")
        value = self._value(self._next(), ())
        self._next()  # the document ends
        after = self._next()
        if type(after).__name__ != "StreamEndEvent":
            raise self._refuse(
                after, "a second document begins here", remedy="one file, one document: take out ---"
            )
        return value

    def _next(self) -> Any:
        return next(self.events)

    def _refuse(self, event: Any, what: str, *, why: str = "", remedy: str = "") -> PolicyError:
        mark = event.start_mark
        where = f"{self.name}:{mark.line + 1}:{mark.column + 1}"
        return PolicyError(what, where=where, why=why, remedy=remedy)

    def _value(self, event: Any, place: Place) -> Any:
        kind = type(event).__name__
        if kind == "AliasEvent" or event.anchor is not None:
            raise self._refuse(event, "anchors and aliases are not allowed", remedy="write the value out")
        if event.tag is not None:
            raise self._refuse(event, "tags are not allowed", remedy="take out the word after the !")
        if len(place) > _MAX_DEPTH:
            raise self._refuse(event, f"more than {_MAX_DEPTH} levels deep")
        if kind == "ScalarEvent":
            return event.value if event.style else self._plain(event, place)
        return self._list(place) if kind == "SequenceStartEvent" else self._mapping(place)

    def _list(self, place: Place) -> list[Any]:
        items: list[Any] = []
        while type(event := self._next()).__name__ != "SequenceEndEvent":
            here = (*place, len(items))
            self.marks[here] = (event.start_mark.line + 1, event.start_mark.column + 1)
            items.append(self._value(event, here))
        return items

    def _mapping(self, place: Place) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while type(event := self._next()).__name__ != "MappingEndEvent":
            key = self._key(event)
            here = (*place, key)
            if key in items:
                first = self.marks[here][0]
                raise self._refuse(
                    event,
                    f"the key {key!r} stands here a second time",
                    why=f"it already stands in line {first}",
                    remedy="keep one of the two",
                )
            self.marks[here] = (event.start_mark.line + 1, event.start_mark.column + 1)
            items[key] = self._value(self._next(), here)
        return items

    def _key(self, event: Any) -> str:
        if type(event).__name__ != "ScalarEvent":
            raise self._refuse(event, "a key must be a word", remedy="write a plain or quoted word")
        if event.anchor is not None or event.tag is not None:
            raise self._refuse(event, "anchors and tags are not allowed", remedy="write the key alone")
        text = str(event.value)
        if not event.style and (
            text in ("<<", "=", "", "?") or not text.isprintable() or self._needs_quotes(text)
        ):
            raise self._refuse(event, f"the key {text!r} is ambiguous", remedy=f'put it in quotes: "{text}"')
        return text

    @staticmethod
    def _needs_quotes(text: str) -> bool:
        """Numbers, dates and times as keys; ``on`` or ``no`` cannot be taken for anything else there."""
        return any(form.match(text) for form in (_DATE, _TIME, _NUMBER_LIKE))

    def _plain(self, event: Any, place: Place) -> Any:
        """An unquoted value: text, unless it may be taken for something else.

        Numbers and dates are not repeated in the error: in a case file they may be somebody's.
        """
        text = str(event.value)
        if text in _EXACT:
            return _EXACT[text]
        if text == "":
            line, column = self.marks.get(place, (1, 1))
            raise PolicyError(
                "a value is missing",
                where=f"{self.name}:{line}:{column}",
                remedy='write it, or null, or "" for none',
            )
        if _INTEGER.match(text) and text != "-0":
            return int(text)
        if _DECIMAL.match(text):
            return float(text)
        if text.lower() in _YES_NO:
            raise self._refuse(
                event,
                f"{text} is ambiguous",
                why="some readers of YAML take it for true, false or nothing",
                remedy=f'write true, false or null, or put it in quotes: "{text}"',
            )
        if _DATE.match(text) or _TIME.match(text):
            kind, example = ("date", "2026-01-31") if _DATE.match(text) else ("time of day", "21:00")
            raise self._refuse(
                event,
                f"this looks like a {kind} and is not quoted",
                why="some readers of YAML turn it into another kind of value",
                remedy=f'put it in quotes, as in "{example}"',
            )
        if _NUMBER_LIKE.match(text) or _SPECIAL.match(text):
            raise self._refuse(
                event,
                "this may be a number or a text",
                why="some readers of YAML drop leading zeros, signs or separators",
                remedy='put it in quotes if it is a text, as in "0501"',
            )
        return text
