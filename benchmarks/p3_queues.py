"""P3: guarded, durable dispatch against queues of tasks that do nothing: celery, and three others beside it.

A peer's rate: tasks put in one by one and run, from the first put in to the last done, its worker being up.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from figures import Figure, How, NotMeasured, figure, in_turn, middle, not_measured
from p1_dispatch import dispatched
from peer import peer
from servers import postgres_server, queue_file, redis_server


@dataclass(frozen=True, slots=True)
class Queue:
    """A peer: its script, its server, and how many tasks it gets in each round (fewer in the short form)."""

    id: str
    what: str
    script: str
    server: str
    few: int
    many: int


QUEUES = (
    Queue("P3", "celery + redis, no-op tasks", "celery_redis", "redis", 1_000, 4_000),
    Queue("P3 dramatiq", "dramatiq + redis, no-op tasks", "dramatiq_redis", "redis", 1_000, 4_000),
    Queue("P3 procrastinate", "procrastinate, one job each", "procrastinate_pg", "postgres", 150, 600),
    Queue("P3 huey", "huey + SQLite with fsync, no-op tasks", "huey_sqlite", "file", 300, 1_000),
)


def measure(how: How) -> list[Figure]:
    """Ours and each peer that can be had, in turn; one whose server is missing says so in its row."""
    contacts = how.pick(4_000, 20_000)
    with ExitStack() as stack:
        addresses, missing = _started(stack, how.folder)
        present = [each for each in QUEUES if each.server in addresses]
        try:
            told = in_turn(
                how.pick(2, 3),
                lambda _: dispatched(how.folder, contacts).rate,
                *(_side(each, how.pick(each.few, each.many), addresses[each.server]) for each in present),
            )
        except NotMeasured as why:  # the peers are not installed
            return [_absent(each, str(why)) for each in QUEUES]
    sides = list(zip(*told, strict=True))
    rows = [_row(queue, sides[0], theirs) for queue, theirs in zip(present, sides[1:], strict=True)]
    return rows + [_absent(each, missing[each.server]) for each in QUEUES if each not in present]


def _started(stack: ExitStack, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Addresses of the servers that are there, and of the others why not."""
    ways = {"redis": redis_server(), "postgres": postgres_server(), "file": queue_file(folder)}
    addresses, missing = {}, {}
    for name, server in ways.items():
        try:
            addresses[name] = stack.enter_context(server)
        except NotMeasured as why:
            missing[name] = str(why)
    return addresses, missing


def _side(queue: Queue, tasks: int, address: str) -> Callable[[int], float]:
    return lambda _: peer(queue.script, tasks, address)["rate"]


def _row(queue: Queue, ours: tuple[float, ...], theirs: tuple[float, ...]) -> Figure:
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    rates = {"contacts_per_second": middle(ours), "tasks_per_second": middle(theirs)}
    return figure(queue.id, _what(queue), ratios, **rates)


def _absent(queue: Queue, why: str) -> Figure:
    return not_measured(queue.id, _what(queue), why)


def _what(queue: Queue) -> str:
    return f"guarded, durable dispatch against {queue.what}"
