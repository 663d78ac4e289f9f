"""What tests of the carrier run in threads and processes of their own.

A process is ``python -m tests.engines.workers WHAT URL NOTES OPTIONS``. What it does, it writes to the file
NOTES: a line holds its pid, what happened, of what, and the moment on a clock all processes share.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outreach.domain import SystemClock
from outreach.engines.carrier import ProcrastinateJobs
from outreach.engines.jobs import Periodic

ROOT = Path(__file__).parents[2]
HEARTBEAT, SILENT = 0.5, 1.5
EACH_SECOND = "* * * * * */1"


def carrier(url: str) -> ProcrastinateJobs:
    """With a short heartbeat."""
    return ProcrastinateJobs(url, SystemClock(), heartbeat=HEARTBEAT, silent=SILENT)


def until(condition: Callable[[], Any], seconds: float = 15) -> Any:
    """Wait for this to hold; what it answered."""
    ends = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < ends, "did not come about in time"
        time.sleep(0.02)
    return answer


class Working:
    """A worker in a thread. ``served``: the partitions, in order, as each begins."""

    def __init__(
        self, jobs: ProcrastinateJobs, on_wake: Callable[[int], None], periodic: Sequence[Periodic]
    ) -> None:
        self.served: list[int] = []
        self.stopping = threading.Event()
        self._error: Exception | None = None
        self._jobs, self._on_wake, self._periodic = jobs, on_wake, periodic
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._jobs.work(self._serve, self._periodic, self.stopping)
        except Exception as error:  # noqa: BLE001  join() raises it
            self._error = error

    def _serve(self, partition: int) -> None:
        self.served.append(partition)
        self._on_wake(partition)

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait for its end; raises what ended it."""
        self._thread.join(15)
        assert self.ended
        if self._error is not None:
            raise self._error


@contextmanager
def working(
    jobs: ProcrastinateJobs,
    on_wake: Callable[[int], None] = lambda _: None,
    periodic: Sequence[Periodic] = (),
) -> Iterator[Working]:
    """A worker while the block runs."""
    worker = Working(jobs, on_wake, periodic)
    try:
        yield worker
    finally:
        worker.stopping.set()
        worker.join()


@dataclass(frozen=True)
class Note:
    """One line of a process."""

    pid: int
    what: str
    of: str
    at: float


class Processes:
    """Processes of one test, and what they noted."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._path = url, folder / "notes"
        self._path.touch()
        self.all: list[subprocess.Popen[bytes]] = []

    def start(self, what: str, **options: Any) -> subprocess.Popen[bytes]:
        words = [what, self._url, str(self._path), json.dumps(options)]
        process = subprocess.Popen([sys.executable, "-m", "tests.engines.workers", *words], cwd=ROOT)
        self.all.append(process)
        return process

    def notes(self, what: str) -> list[Note]:
        lines = [line.split() for line in self._path.read_text().splitlines()]
        return [Note(int(pid), said, of, float(at)) for pid, said, of, at in lines if said == what]

    def stop(self) -> None:
        """Ask those that still run to stop, and see that they end well."""
        running = [each for each in self.all if each.poll() is None]
        for each in running:
            each.terminate()
        assert [0] * len(running) == [each.wait(15) for each in running]

    def kill(self) -> None:
        for each in self.all:
            each.kill()
            each.wait()


# -- what the processes do --


def prepare(jobs: ProcrastinateJobs, note: Callable[[str, object], None]) -> None:
    """Prepare the database."""
    jobs.prepare()
    note("prepared", 0)


def serve(
    jobs: ProcrastinateJobs, note: Callable[[str, object], None], seconds: float = 0.0, cron: str = ""
) -> None:
    """Work until SIGTERM; each wake-up and each turn of the periodic takes so many seconds."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())

    def act(of: object) -> None:
        note("begin", of)
        time.sleep(seconds)
        note("end", of)

    jobs.work(act, [Periodic("sweep", cron, lambda: act("sweep"))] if cron else [], stopping)


def _main(what: str, url: str, path: str, options: str) -> None:
    import os

    def note(what: str, of: object) -> None:
        with open(path, "a") as notes:
            notes.write(f"{os.getpid()} {what} {of} {time.monotonic()}\n")

    jobs = carrier(url)
    try:
        globals()[what](jobs, note, **json.loads(options))
    finally:
        jobs.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])
