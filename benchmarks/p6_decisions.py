"""P6: decisions without dispatch, as a share of raw batched inserts: a dry run, and one by one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import asking
import project
from apart import apart
from dispatch import WARMING
from figures import Figure, How, figure, in_turn, middle
from raw_store import raw_inserts


@dataclass(frozen=True, slots=True)
class Decided:
    """``rate``: decisions a second; ``processor``: microseconds of it for each."""

    rate: float
    processor: float


def measure(how: How) -> list[Figure]:
    """Ours and the raw store in turn, each in a process of its own."""
    contacts, checks = how.pick(4_000, 20_000), how.pick(1_000, 4_000)
    with tempfile.TemporaryDirectory(dir=how.folder) as name:
        folder = Path(name) / "project"
        apart(asking.prepare, folder, contacts + WARMING)
        told = in_turn(
            how.pick(3, 5),
            lambda _: apart(raw_inserts, how.folder),
            lambda _: apart(decided, folder, contacts, checks),
        )
    raws, ours = zip(*told, strict=True)
    dry, check = zip(*ours, strict=True)
    return [
        _row("P6 dry run", "decisions of a dry run, as a share of raw batched inserts", dry, raws),
        _row("P6 check", "decisions of `check`, one by one, as a share of raw batched inserts", check, raws),
    ]


def decided(folder: Path, contacts: int, checks: int) -> tuple[Decided, Decided]:
    """A dry run over everybody after one to warm up, then so many questions one by one."""
    with project.opened(folder) as app:
        asking.dry_run(app, range(contacts, contacts + WARMING))
        dry = _timed(contacts, lambda: asking.dry_run(app, range(contacts)))
        check = _timed(checks, lambda: [asking.check(app, number) for number in range(checks)])
    return dry, check


def _timed(count: int, work: Callable[[], object]) -> Decided:
    began, worked = time.perf_counter(), time.process_time()
    work()
    took, worked = time.perf_counter() - began, time.process_time() - worked
    return Decided(count / took, worked / count * 1e6)


def _row(id: str, what: str, ours: Sequence[Decided], raws: Sequence[tuple[float, float]]) -> Figure:
    pairs = list(zip(ours, raws, strict=True))
    return figure(
        id,
        what,
        [mine.rate / rate for mine, (rate, _) in pairs],
        processor_share=middle([row / mine.processor for mine, (_, row) in pairs]),
        decisions_per_second=middle([mine.rate for mine in ours]),
        processor_us_per_decision=middle([mine.processor for mine in ours]),
        raw_rows_per_second=middle([rate for rate, _ in raws]),
    )
