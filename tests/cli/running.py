"""Running ``outreach`` as its users do: the real entry point, in this process, with a clock of ours."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from outreach.cli import main
from outreach.domain import Clock, FrozenClock

__all__ = ["Command", "Ran", "run"]


@dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line it printed, as JSON; fails if one is not."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        """The only line."""
        [line] = self.lines
        return line


Command = Callable[..., Ran]


def run(*words: object, folder: Path, clock: Clock | datetime | None = None) -> Ran:
    """One command in a folder, at a moment of our choosing (default: the real one)."""
    if isinstance(clock, datetime):
        clock = FrozenClock(clock)
    out, err = io.StringIO(), io.StringIO()
    status: Any = 0
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(patch.object(sys, "argv", ["outreach", *map(str, words)]))
        if clock is not None:
            stack.enter_context(patch("outreach.assemble.SystemClock", lambda: clock))
        stack.enter_context(_without_settings_of_ours())
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        try:
            main()
        except SystemExit as end:
            status = end.code
    assert isinstance(status, int | None), status
    return Ran(status or 0, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _without_settings_of_ours() -> Iterator[None]:
    """What stands in this machine's environment for outreach is no part of a test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
    with patch.dict(os.environ, kept, clear=True):
        yield
