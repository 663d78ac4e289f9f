"""Hearing everything that is said while something runs: log lines, our errors, failures of channels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from outreach.channels import SendFailed
from outreach.errors import OutreachError
from outreach.logs import Writer, find_personal

__all__ = ["Heard", "listening"]


@dataclass(slots=True)
class Heard:
    """What was said, in order."""

    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def personal(self, known: Iterable[str] = ()) -> list[str]:
        """What of it is personal: kind of the finding and the text around it. Empty is right."""
        known = list(known)
        found = []
        for source, texts in (("log", self.lines), ("error", self.errors)):
            for text in dict.fromkeys(texts):
                found += [f"{hit.kind} in {source}: {text}" for hit in find_personal(text, known)]
        return found


@contextmanager
def listening() -> Iterator[Heard]:
    """Collect every log line and the text of every error of ours that is made meanwhile."""
    heard = Heard()
    write = Writer.write

    def written(self: Writer, line: str) -> None:
        heard.lines.append(line)
        write(self, line)

    with (
        patch.object(Writer, "write", written),
        patch.object(OutreachError, "__init__", _overheard(OutreachError.__init__, heard)),
        patch.object(SendFailed, "__init__", _overheard(SendFailed.__init__, heard)),
    ):
        yield heard


def _overheard(make: Callable[..., None], heard: Heard) -> Callable[..., None]:
    def made(self: Any, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        heard.errors.append(str(self))

    return made
