"""P7: what a contact costs in a large ledger over what it costs in a small one.

A row is one past attempt, an event that stands by itself in a person's chain; people, addresses and debts
come on top. Each person has eight, e-mails of other weeks, so 10 million rows are 1.25 million people. The
ledgers are built through `Inbound.consumers` and `Ledger.write().append`; then a thousand people drawn from
all of them are contacted. Beside it: the small ledger, but each person with a past four times as long.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import growing
from apart import apart
from figures import Figure, How, figure, in_turn, middle, progress

SMALL, LONGER = 10_000, 4
_COPIED = 100_000
"""Up to so many rows each round has a fresh copy: what it adds would be a part of the whole."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """So many people with so many rows each."""

    folder: Path
    people: int
    each: int

    @property
    def rows(self) -> int:
        return self.people * self.each

    def cost(self, turn: int) -> growing.Cost:
        """Of a contact, in this round."""
        copied = self.rows <= _COPIED
        return apart(growing.contacted, self.folder, self.people, turn, copied=copied)


def measure(how: How) -> list[Figure]:
    """Rounds in turn over ledgers of every size."""
    with tempfile.TemporaryDirectory(dir=how.folder) as name:
        ledgers, sizes = _built(Path(name), how.pick(100_000, 1_000_000, 10_000_000))
        told = in_turn(how.pick(3, 7), *(each.cost for each in ledgers))
    costs = dict(zip(ledgers, zip(*told, strict=True), strict=True))
    small, longer, *larger = ledgers
    return [
        _row("P7", large, small, costs, bytes_a_row=middle([sizes[large] / large.rows]))
        if large is larger[-1]
        else _row(f"P7 at {large.rows:,}", large, small, costs)
        for large in reversed(larger)
    ] + [_row("P7 past", longer, small, costs)]


def _built(folder: Path, largest: int) -> tuple[list[Ledger], dict[Ledger, int]]:
    """The small ledger, that with long pasts, and each ten times the one before; and their bytes."""
    wanted = [(SMALL, growing.EACH), (SMALL * LONGER, growing.EACH * LONGER)]
    rows = SMALL * 10
    while rows <= largest:
        wanted.append((rows, growing.EACH))
        rows *= 10
    ledgers, sizes = [], {}
    for rows, each in wanted:
        ledger = Ledger(folder / f"{rows}", rows // each, each)
        began = time.perf_counter()
        sizes[ledger] = apart(growing.grow, ledger.folder, range(ledger.people), each)
        progress(f"{rows:,} rows built in {time.perf_counter() - began:.0f} s, {sizes[ledger] / 1e6:,.0f} MB")
        ledgers.append(ledger)
    return ledgers, sizes


Costs = dict[Ledger, tuple[growing.Cost, ...]]


def _row(id: str, large: Ledger, small: Ledger, costs: Costs, **details: float) -> Figure:
    what = f"a contact's cost at {large.rows:,} rows of {large.people:,} people over that at {small.rows:,}"
    if large.each != small.each:
        what = f"a contact's cost with {large.each} past attempts a person over that with {small.each}"
    pairs = list(zip(costs[large], costs[small], strict=True))
    return figure(
        id,
        what,
        [one.wall / other.wall for one, other in pairs],
        processor_ratio=middle([one.processor / other.processor for one, other in pairs]),
        us_a_contact=middle([one.wall * 1e6 for one, _ in pairs]),
        us_a_contact_small=middle([other.wall * 1e6 for _, other in pairs]),
        processor_us_a_contact=middle([one.processor * 1e6 for one, _ in pairs]),
        **details,
    )
