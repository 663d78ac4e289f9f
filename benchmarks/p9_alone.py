"""P9: one contact alone, check only: how long its answer takes, and how even that is.

The question is that of `outreach check` with a template, in a process that is open already: her data and
history are read, the words written, every rule asked. Another person each time. As many notifies of apprise
are timed one by one in its own process.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import asking
import project
from apart import apart
from figures import Figure, How, NotMeasured, figure, in_turn, middle, not_measured
from peer import peer

Quantiles = tuple[float, float]
"""p50 and p99, in seconds."""


def measure(how: How) -> list[Figure]:
    """Ours and apprise in turn, each in a process of its own."""
    checks = how.pick(1_000, 5_000)
    with tempfile.TemporaryDirectory(dir=how.folder) as name:
        folder = Path(name) / "project"
        apart(asking.prepare, folder, checks + checks // 10)
        told = in_turn(
            how.pick(3, 7),
            lambda _: apart(checked, folder, checks),
            lambda _: _notified(checks),
        )
    ours = [mine for mine, _ in told]
    p50, p99 = (middle([span * 1e6 for span in spans]) for spans in zip(*ours, strict=True))
    times = {"p50_us": p50, "p99_us": p99}
    pairs = [(mine[0], other) for mine, other in told if other is not None]
    what = "p50 of one check over that of one apprise no-op notify"
    if pairs:
        notify = {"notify_p50_us": middle([other * 1e6 for _, other in pairs])}
        first = figure("P9 p50", what, [mine / other for mine, other in pairs], **times, **notify)
    else:
        first = not_measured("P9 p50", what, "the peers are not installed")
    even = figure("P9 tail", "p99 of one check over its p50", [p99 / p50 for p50, p99 in ours], **times)
    return [first, even]


def checked(folder: Path, checks: int) -> Quantiles:
    """So many questions after a tenth as many to warm up."""
    took = []
    warming = checks // 10
    with project.opened(folder) as app:
        for number in range(warming + checks):
            began = time.perf_counter()
            asking.check(app, number)
            took.append(time.perf_counter() - began)
    return statistics.median(took[warming:]), statistics.quantiles(took[warming:], n=100)[98]


def _notified(count: int) -> float | None:
    try:
        return peer("apprise_noop", count)["p50"]
    except NotMeasured:
        return None
