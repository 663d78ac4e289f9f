"""Other processes working on a project, and waiting for what they do. None outlives its test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.support import Project

__all__ = ["EPOCH", "ROOT", "end_all", "finish", "start", "wait_for_sends"]

ROOT = Path(__file__).resolve().parents[2]
EPOCH = time.time()

_started: list[subprocess.Popen[str]] = []


def start(*words: object, folder: Path = ROOT) -> subprocess.Popen[str]:
    """A process of tests.faults.driver with these words, in this folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.driver", *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TEST_EPOCH": str(EPOCH)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _started.append(process)
    return process


def finish(process: subprocess.Popen[str]) -> list[list[object]]:
    """Wait until it has ended well; what it printed, line by line."""
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def end_all() -> None:
    """End what a failed test left running."""
    while _started:
        process = _started.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


def wait_for_sends(project: Project, count: int) -> None:
    """Until so many have reached the wire."""
    until = time.monotonic() + 60
    while len(project.sent) < count:
        assert time.monotonic() < until, "nothing reached the wire"
        time.sleep(0.01)
