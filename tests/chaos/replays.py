"""Promise 8 after a storm: every decision is made again from what the ledger kept, and has to be the same.

This is the one question that is put to outreach itself: only it can judge. It is asked by a process that took
no part in the storm.
"""

from __future__ import annotations

from collections.abc import Iterator

from outreach.assemble import Outreach
from outreach.domain import Event
from outreach.ledger import Reading
from tests.chaos.limits import Breach

__all__ = ["differing"]


def differing(app: Outreach) -> tuple[int, list[Breach]]:
    """How many decisions were made again, and those that came out otherwise."""
    with app.ledger.read() as reading:
        again = [(each, app.replayer.replay(reading, each)) for each in _decisions(reading)]
    return len(again), [
        Breach("promise 8", each.id, f"{each.fields['verdict']}, made again {made.decision.verdict.value}")
        for each, made in again
        if not made.same or made.differs
    ]


def _decisions(reading: Reading) -> Iterator[Event]:
    for known in reading.knowledge(reading.person_ids()).values():
        yield from (event for event in known.events if event.kind == "decided")
