"""The port to whatever carries wake-ups between machines.

A wake-up says "there may be work in this partition" and nothing else. What is to be done stands in the
ledger, so a lost, doubled, late or stale wake-up changes nothing: work is looked up, never told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["JobCounts", "Jobs", "Periodic"]


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work that some worker does at each turn of a clock, at most one at a time.

    ``cron``: five fields, or six where the last is seconds. ``run``: idempotent; may raise.
    """

    name: str
    cron: str
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How many wake-ups wait, are being served, and belong to a worker that is gone."""

    waiting: int = 0
    running: int = 0
    stalled: int = 0


class Jobs(Protocol):
    """Wake-ups for partitions, on any number of machines. Safe to use from several threads."""

    def prepare(self) -> None:
        """Make or bring up to date what the carrier keeps in the database; several may call it at once.

        :raises outreach.errors.LedgerError: if the database is not reached, or was made by a later version.
        """
        ...

    def wake(self, partitions: Collection[int]) -> None:
        """Ask for a look at these partitions. Each has at most one waiting; asking again costs little."""
        ...

    def work(
        self, on_wake: Callable[[int], None], periodic: Sequence[Periodic], stopping: threading.Event
    ) -> None:
        """Serve wake-ups, one at a time, until ``stopping`` is set; then finish the one under way and return.

        Several may work at once, in any number of processes. What ``on_wake`` or a periodic raises is logged
        by its type and ends nothing. A lost connection is waited for, with growing pauses, and made anew.
        """
        ...

    def revive(self) -> int:
        """Let go of jobs whose worker is provably gone, so that their partitions can be woken; how many."""
        ...

    def counts(self) -> JobCounts:
        """What waits, runs and is stalled now."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
