"""Where the time of a campaign goes, by step of the pipeline, in microseconds a contact.

python benchmarks/steps.py [--contacts 20000] [--functions]

Each step has only what is its own: what it calls of another step counts there. Time is taken by the thread
that judges; what channels' threads used is the rest of the process. They share one interpreter lock, so the
clock shows waiting for it too; processor time does not. `--functions` lists the dearest functions instead, by
cProfile, which slows small ones down: good for finding, not for quoting.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import project
from apart import apart
from dispatch import prepare, timed_run, warm_up, with_ledger
from raw_store import raw_inserts
from stopwatch import Stopwatch, TimedLedger, watch_functions

from outreach.cli.heap import for_long

_BUILD = Path(__file__).resolve().parents[1] / "build" / "bench"

Shares = dict[str, tuple[float, float]]
"""Microseconds a contact of each step: by the clock, and of processor time."""


def main() -> None:
    """Measure in a process of its own; print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--functions", action="store_true", help="the dearest functions, by cProfile")
    asked = parser.parse_args()
    _BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_BUILD) as name:
        folder = Path(name)
        apart(prepare, folder / "project", asked.contacts)
        if asked.functions:
            apart(functions, folder / "project", asked.contacts)
            return
        steps = apart(by_step, folder / "project", asked.contacts)
        raw = apart(raw_inserts, folder)
    print(f"{'step':<34}{'clock us':>10}{'processor us':>14}{'share':>8}")
    whole = steps["the whole process"][1]
    for step, (wall, work) in steps.items():
        print(f"{step:<34}{wall or '':>10.4}{work:>14.1f}{work / whole:>8.0%}")
    print(f"one raw row, for comparison: {1e6 / raw[0]:.1f} by the clock, {raw[1]:.1f} of processor time")


def by_step(folder: Path, contacts: int) -> Shares:
    """One campaign with a stopwatch in every step."""
    watch = Stopwatch()
    with project.opened(folder) as plain:
        for_long()  # as the command does
        app = with_ledger(plain, TimedLedger(plain.parts.ledger, watch))
        with watch_functions(watch), _collector(watch):
            warm_up(app, contacts)
            watch.reset()
            began = time.thread_time_ns()
            took, work = timed_run(app, project.items(range(contacts)), contacts)
            own = time.thread_time_ns() - began
    known = {step: (wall / contacts / 1e3, used / contacts / 1e3) for step, (wall, used) in watch.told()}
    all_work, own_work = work / contacts * 1e6, own / contacts / 1e3
    rest = own_work - sum(used for _, used in known.values())
    return {
        **known,
        "the rest of the judging thread": (0.0, rest),
        "deliver: the channels' threads": (0.0, all_work - own_work),
        "the whole process": (took / contacts * 1e6, all_work),
    }


def functions(folder: Path, contacts: int) -> None:
    """One campaign under cProfile; prints what the judging thread spent in which function itself."""
    with project.opened(folder) as app:
        for_long()
        warm_up(app, contacts)
        profile = cProfile.Profile()
        profile.enable()
        timed_run(app, project.items(range(contacts)), contacts)
        profile.disable()
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(40)


@contextmanager
def _collector(watch: Stopwatch) -> Iterator[None]:
    """The collector of garbage is a step too, whoever set it off."""

    def seen(phase: str, _: object) -> None:
        if phase == "start":
            watch.enter("garbage collection")
        else:
            watch.leave()

    gc.callbacks.append(seen)
    try:
        yield
    finally:
        gc.callbacks.remove(seen)


if __name__ == "__main__":
    main()
