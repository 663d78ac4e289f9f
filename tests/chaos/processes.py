"""The workers of a storm, seen from outside: watched without a pipe that could fill, and killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.nursery import Nursery

__all__ = ["LATER", "Stuck", "Task", "Worker", "start"]

LATER = "later"
"""A kill from outside, at a moment of chance."""

_PATIENCE = 150.0  # seconds; a ledger alone is waited for 30
_LOOK = 0.005


class Stuck(AssertionError):
    """A process did not do what it had to in time, or ended in a way nobody had foreseen."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is to do, and what is to befall it."""

    words: tuple[str, ...]
    die: str = ""  # a doom, as faults.Doom reads it
    later: float = 0.0  # seconds after it is ready at which it is killed from outside
    machine: str = ""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker. What it prints stands in a file."""

    task: Task
    number: int
    pid: int
    output: Path
    nursery: Nursery

    @property
    def status(self) -> int | None:
        """As subprocess has it; ``None`` while it lives."""
        return self.nursery.status(self.number)

    @property
    def said(self) -> list[str]:
        """The lines it has printed."""
        return self.output.read_text().splitlines() if self.output.exists() else []

    @property
    def died_at(self) -> str:
        """The step at which it killed itself, ``later`` if it was killed; "" if neither."""
        if self.status != -signal.SIGKILL:
            return ""
        steps = [line.removeprefix("dies ") for line in self.said if line.startswith("dies ")]
        return steps[0] if steps else LATER

    def wait_until_ready(self) -> None:
        """Until it has opened the project, or has ended before."""
        self._until(lambda: "ready" in self.said)

    def wait(self) -> None:
        """Until it has ended."""
        self._until(lambda: False)

    def kill(self) -> None:
        """From outside. Its parent still has to take note of it, so the id is nobody else's yet."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def explain(self) -> str:
        """Everything it said, for whoever looks for the cause."""
        file = Path(f"{self.output}.err")
        errors = file.read_text()[-4000:] if file.exists() else ""
        return f"{self.task}: {self.status}\n{self.said}\n{errors}"

    def _until(self, come: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while self.status is None and not come():
            if time.monotonic() > deadline:
                self.kill()
                raise Stuck(f"it stands still: {self.explain()}")
            time.sleep(_LOOK)


def start(nursery: Nursery, folder: Path, number: int, task: Task, room: int = 0) -> Worker:
    """Start a worker on this project.

    :param room: how many bytes its files may have; 0: as many as it likes.
    """
    options = ["--die", task.die, "--room", str(room), "--machine", task.machine]
    output = folder / "output" / f"{number}.out"
    output.parent.mkdir(exist_ok=True)
    pid = nursery.start(number, [*options, str(folder), *task.words], output)
    return Worker(task, number, pid, output, nursery)
