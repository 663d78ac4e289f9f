"""P11: from the shell to the answer: `outreach --help`, and `outreach check` in a project of one person.

A new process each time, of programs that the machine has read and compiled before, as after any installation
that has been used once: cold is the process, not the disk.
Seconds by the clock and, in the details, of processor time; beside them an interpreter that does nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asking
from apart import apart
from figures import Figure, How, figure, in_turn, middle

_OUTREACH = Path(sys.executable).parent / "outreach"
_CHECK = ["check", "--person", "c0", "--channel", "email", "--at", "2026-06-02T15:00-04:00"]

Taken = tuple[float, float]
"""Seconds by the clock, and of processor time."""


def measure(how: How) -> list[Figure]:
    """Each started in turn, again and again."""
    with tempfile.TemporaryDirectory(dir=how.folder) as name:
        folder = Path(name) / "project"
        apart(asking.prepare, folder, 1)
        # The commands go by the project's own settings, as `outreach init` writes them. Once unmeasured: what
        # they are compiled to is kept.
        started([_OUTREACH, *_CHECK], folder)
        bare, helped, checked = zip(
            *in_turn(
                how.pick(3, 11),
                lambda _: started([sys.executable, "-c", ""], folder),
                lambda _: started([_OUTREACH, "--help"], folder),
                lambda _: started([_OUTREACH, *_CHECK], folder),
            ),
            strict=True,
        )
    beside = {"bare_interpreter_seconds": middle([wall for wall, _ in bare])}
    return [
        _row("P11 help", "`outreach --help`, cold", helped, beside),
        _row("P11 check", "`outreach check`, cold", checked, beside),
    ]


def started(words: list[str | Path], folder: Path) -> Taken:
    """Run it to its end in that folder.

    :raises RuntimeError: if it failed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as running:
        _, status, used = os.wait4(running.pid, 0)
        took = time.perf_counter() - began
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode:
            assert running.stderr is not None
            raise RuntimeError(f"{words} failed: {running.stderr.read().decode()}")
    return took, used.ru_utime + used.ru_stime


def _row(id: str, what: str, told: tuple[Taken, ...], beside: dict[str, float]) -> Figure:
    walls, works = zip(*told, strict=True)
    return figure(id, what, walls, unit="seconds", processor_seconds=middle(works), **beside)
