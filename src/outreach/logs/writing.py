"""Where log lines go, and the loggers that write them."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

from outreach.domain.clock import Clock, SystemClock
from outreach.logs.redaction import redact

__all__ = ["Writer", "configure", "get"]

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Writer:
    """Where lines go. One lock, so that lines of several threads stay whole."""

    def __init__(self, stream: TextIO | None = None, file: Path | None = None) -> None:
        self._stream = stream
        self._file = file
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Write one line."""
        with self._lock:
            if self._file is None:
                print(line, file=self._stream or sys.stderr, flush=True)
            else:
                with self._file.open("a", encoding="utf-8") as out:
                    out.write(line + "\n")


class _State:
    """What :func:`configure` chose, for loggers made before and after it."""

    level: int = _LEVELS["warning"]
    clock: Clock = SystemClock()
    writer: Writer = Writer()


def configure(
    level: str = "warning",
    stream: TextIO | None = None,
    file: Path | None = None,
    clock: Clock | None = None,
) -> None:
    """Choose how much is logged and where. Called once, in ``assemble``.

    :param level: debug, info, warning or error. No contact has a line of its own at info.
    :param stream: where lines go; standard error if neither it nor ``file`` is given.
    :param file: a file to append to; made readable to its owner only.
    """
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600, exist_ok=True)
    _State.level = _LEVELS[level]
    _State.clock = clock or SystemClock()
    _State.writer = Writer(stream, file)
    # For plugins that ask structlog itself: they are redacted too.
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=_Logger,
        logger_factory=lambda *_: _Forward(),
        cache_logger_on_first_use=False,
    )
    _take_over_libraries()


def get(name: str) -> Any:
    """A logger. Its lines are redacted even before :func:`configure` was called.

    :param name: the module's ``__name__``.
    """
    return structlog.wrap_logger(_Forward(), processors=_PROCESSORS, wrapper_class=_Logger, module=name)


class _Forward:
    """Hands lines to whatever writer is configured now."""

    def __getattr__(self, _: str) -> Callable[[str], None]:
        return _State.writer.write


def _below_level(_: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if _LEVELS.get(_level(method), 40) < _State.level:
        raise structlog.DropEvent
    return line


def _render(_: Any, method: str, line: MutableMapping[str, Any]) -> str:
    stamp = _State.clock.now().isoformat(timespec="milliseconds")
    return json.dumps({"time": stamp, "level": _level(method), **line}, ensure_ascii=False)


def _level(method: str) -> str:
    return method if method in _LEVELS else "warning" if method == "warn" else "error"


_PROCESSORS: Final[list[Any]] = [_below_level, redact, _render]
_Logger: Final = structlog.make_filtering_bound_logger(10)


class _Library(logging.Handler):
    """Lines of other libraries: which, where and how grave, never what they say."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else record.levelname.lower()
        trouble = record.exc_info[1] if record.exc_info else None
        logger = get(record.name)
        write = getattr(logger, level, logger.warning)
        write("library message", file=record.pathname, line=record.lineno, exc_info=trouble)


def _take_over_libraries() -> None:
    root = logging.getLogger()
    if not any(isinstance(handler, _Library) for handler in root.handlers):
        root.addHandler(_Library())
