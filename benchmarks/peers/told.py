"""What the peers' scripts share: waiting for a worker, and telling a rate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
LONGEST = 120.0  # seconds


def wait_until(done: Callable[[], bool], pause: float = 0.002) -> None:
    """Come back when it is so; a peer that never gets there ends the script."""
    deadline = time.monotonic() + LONGEST
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit("the tasks were not done in time")
        time.sleep(pause)


def rate_of(enqueue: Callable[[], object], done: Callable[[], bool], tasks: int) -> None:
    """Warm up with a tenth, then measure from the first task put in to the last one done; print it."""
    for _ in range(max(tasks // 10, 1)):
        enqueue()
    wait_until(done)
    began = time.perf_counter()
    for _ in range(tasks):
        enqueue()
    put = time.perf_counter() - began
    wait_until(done)
    told(rate=tasks / (time.perf_counter() - began), enqueue_rate=tasks / put, tasks=tasks)


def told(**values: float) -> None:
    """One line of JSON, the script's whole answer."""
    print(json.dumps(values), flush=True)


@contextmanager
def worker(*words: str) -> Iterator[None]:
    """A worker of this peer in a process of its own, ended afterwards; it says nothing unless it fails."""
    program = Path(sys.executable).parent / words[0]
    with subprocess.Popen(
        [program, *words[1:]],
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        try:
            yield
        finally:
            running.terminate()
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                running.kill()


def count_asked(words: Sequence[str] = sys.argv) -> int:
    """How many tasks: the script's only argument."""
    return int(words[1])


def broker() -> str:
    """Where the peer's server is, or its file."""
    return os.environ["BROKER"]
