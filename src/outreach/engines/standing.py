"""How it stands: what waits where and for how long, who works, what providers have taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from outreach.assemble import Outreach
from outreach.engines.jobs import JobCounts, Jobs

__all__ = ["At", "Provider", "Share", "Standing", "standing_of"]


@dataclass(frozen=True, slots=True)
class Share:
    """A partition: contacts held in it, those due, for how long the oldest is, and which run serves it."""

    partition: int
    held: int
    due: int
    lag_seconds: float | None
    worker: str


@dataclass(frozen=True, slots=True)
class At:
    """A run at work. ``silent``: seconds since it was heard of; ``seconds``: how long it has been there."""

    run: str
    host: str
    pid: int
    seconds: float
    silent: float
    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Provider:
    """A channel plugin, and what its provider takes a second and a day, in all and for each sender.

    ``today``: attempts opened for it today (UTC); ``None`` where no daily limit asks for counting them.
    """

    via: str
    per_second: float | None
    sender_per_second: float | None
    per_day: int | None
    sender_per_day: int | None
    today: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it. ``lag_seconds``: how long the oldest contact that is due has been; ``None``: none is."""

    at: datetime
    contacts: dict[str, int]
    held: int
    due: int
    lag_seconds: float | None
    partitions: tuple[Share, ...]
    workers: tuple[At, ...]
    providers: tuple[Provider, ...]
    wake_ups: JobCounts | None


def standing_of(app: Outreach, jobs: Jobs | None = None) -> Standing:
    """How it stands now.

    :param jobs: what carries wake-ups, where the engine is distributed.
    """
    now = app.clock.now()
    with app.ledger.read() as reading:
        waiting = reading.waiting(now)
        states = reading.states()
        spent = reading.spent(now.astimezone(UTC).date())
    workers = app.ledger.workers()
    living = {each.run for each in workers}
    shares = tuple(
        Share(
            each.partition,
            each.held,
            each.due,
            (now - each.since).total_seconds() if each.since else None,
            each.worker if each.worker in living else "",
        )
        for each in waiting
    )
    lags = [each.lag_seconds for each in shares if each.lag_seconds is not None]
    return Standing(
        at=now,
        contacts={state.value: count for state, count in states.items()},
        held=sum(each.held for each in shares),
        due=sum(each.due for each in shares),
        lag_seconds=max(lags, default=None),
        partitions=shares,
        workers=tuple(
            At(
                each.run,
                each.host,
                each.pid,
                (now - each.started).total_seconds(),
                each.silent,
                tuple(share.partition for share in shares if share.worker == each.run),
            )
            for each in workers
        ),
        providers=tuple(_providers(app, spent)),
        wake_ups=jobs.counts() if jobs is not None else None,
    )


def _providers(app: Outreach, spent: dict[tuple[str, str], int]) -> Iterator[Provider]:
    taken: Counter[str] = Counter()
    for (via, _), count in spent.items():
        taken[via] += count
    for via in sorted({*app.parts.routes.default.values(), *taken}):
        channel = app.parts.channel(via)
        if channel is not None:
            rate = channel.rate
            counted = rate.per_day is not None or rate.sender_per_day is not None
            yield Provider(
                via,
                rate.per_second,
                rate.sender_per_second,
                rate.per_day,
                rate.sender_per_day,
                taken[via] if counted else None,
            )
