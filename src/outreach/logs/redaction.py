"""What may stand in a log line: a value is written only if its key is listed *and* it has that key's shape.

Everything else becomes "…". Exceptions are written as their type and frames, never their message; only our
own errors, whose texts hold no personal data, are written in words.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, Final

from outreach.errors import OutreachError
from outreach.logs.personal import find_personal

__all__ = ["HIDDEN", "SHAPES", "redact"]

HIDDEN: Final = "…"

_ULID = r"[0-9A-HJKMNP-TV-Z]{26}"
_ID = re.compile(rf"{_ULID}|system|(?=[0-9a-f]*[a-f])[0-9a-f]{{12,64}}")
_WORD = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+){0,11}")
_CODE = re.compile(rf"{_WORD.pattern}|[A-Z]{{0,3}}[0-9]{{1,6}}")
_EVENT = re.compile(r"[a-z]+([ ._-][a-z]+){0,11}")
_KEY = re.compile(r"[a-z][a-z_]{0,39}")
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9a-z+]{1,8}){0,4}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(\+\d\d:\d\d|Z)")


def _text(shape: re.Pattern[str]) -> Callable[[Any], Any]:
    def of_shape(value: Any) -> Any:
        fits = isinstance(value, str) and shape.fullmatch(value) and not find_personal(value)
        return str(value) if fits else HIDDEN

    return of_shape


def _number(value: Any) -> Any:
    """Counts, milliseconds, seconds. Nine digits could be a national id, so they are not shown."""
    if isinstance(value, bool):
        return value
    return value if isinstance(value, int | float) and abs(value) < 100_000_000 else HIDDEN


def _file(value: Any) -> Any:
    """A file's own name; the folders above it may be named after a person."""
    name = Path(value).name if isinstance(value, str | Path) else ""
    return name if name and re.fullmatch(r"[\w.-]{1,80}", name) and not find_personal(name) else HIDDEN


def _moment(value: Any) -> Any:
    text = value.isoformat() if hasattr(value, "isoformat") else value
    return _text(_MOMENT)(text)


def _error(value: Any) -> Any:
    """An exception, or the name of its type."""
    if isinstance(value, BaseException):
        return _told(value)
    return value if isinstance(value, str) and value in _exception_names() else HIDDEN


def _exception_names() -> set[str]:
    names, todo = set(), [BaseException]
    while todo:
        kind = todo.pop()
        if kind.__name__ not in names:
            names.add(kind.__name__)
            todo += kind.__subclasses__()
    return names


_IDS = "attempt contact decision event_id run person stream digest version_digest campaign_digest"
_WORDS = (
    "plugin channel via template check rule pack hook source observer verdict outcome result kind state "
    "stage engine command table column setting"
)
_NUMBERS = (
    "count rows line seq height group groups sent held blocked rejected listed expired allowed refused "
    "unknown opened closed events contacts persons attempts decisions tries pause seconds ms milliseconds "
    "size limit bytes port pid retry at_once per_second findings failures position steps depth left "
    "done total"
)

SHAPES: Final[dict[str, Callable[[Any], Any]]] = {
    **{name: _text(_ID) for name in _IDS.split()},
    **{name: _text(_WORD) for name in _WORDS.split()},
    **dict.fromkeys(_NUMBERS.split(), _number),
    "code": _text(_CODE),
    "file": _file,
    "module": _text(_MODULE),
    "revision": _text(_VERSION),
    "version": _text(_VERSION),
    "until": _moment,
    "due": _moment,
    "at": _moment,
    "error": _error,
}
"""The keys a line may carry, and for each what makes of a value something that may be written."""


def redact(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The processor that lets through what :data:`SHAPES` knows, and nothing else."""
    clean: dict[str, Any] = {"event": _text(_EVENT)(line.pop("event", ""))}
    trouble = line.pop("exc_info", None)
    line.pop("stack_info", None)
    for key, value in line.items():
        shape = SHAPES.get(key)
        clean[key if _KEY.fullmatch(key) else HIDDEN] = shape(value) if shape else HIDDEN
    if trouble:
        error = trouble if isinstance(trouble, BaseException) else sys.exc_info()[1]
        if isinstance(trouble, tuple) and isinstance(trouble[1], BaseException):
            error = trouble[1]
        if error is not None:
            clean["error"] = _told(error)
    return clean


def _told(error: BaseException) -> dict[str, Any]:
    """Type, frames and cause of an exception; words only if it is one of ours."""
    told: dict[str, Any] = {"type": type(error).__name__}
    if isinstance(error, OutreachError):
        parts = {"what": error.what, "where": error.where, "why": error.why, "remedy": error.remedy}
        # Ours hold no personal data; should one break that promise, the log does not.
        told.update({key: HIDDEN if find_personal(text) else text for key, text in parts.items() if text})
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    if frames:
        told["frames"] = [f"{Path(each.filename).name}:{each.lineno}:{each.name}" for each in frames]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["cause"] = _told(cause)
    return told
