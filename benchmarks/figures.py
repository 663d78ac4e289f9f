"""What a figure is: a ratio of two things measured in turn in one run, with its target beside it."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Target:
    """``target`` and ``stretch`` are to be reached from below, or from above where ``less`` is better."""

    target: float
    stretch: float
    less: bool = False


TARGETS = {
    "P1": Target(0.25, 0.35),
    "P2": Target(3, 5),
    "P3": Target(30, 40),
    "P4": Target(4, 2.1, less=True),
    "P5 share": Target(0.2, 0.3),
    "P5 scaling": Target(1.5, 1.8),
    "P5 naive": Target(5, 8),
    "P6 dry run": Target(0.5, 0.8),
    "P6 check": Target(0.5, 0.8),
    "P7": Target(1.3, 1.1, less=True),
    "P8 growth": Target(1.05, 1.02, less=True),
    "P8 peak": Target(150, 110, less=True),
    "P9 p50": Target(0.5, 0.2, less=True),
    "P9 tail": Target(4, 2, less=True),
    "P10 SMTP": Target(0.65, 0.8),
    "P10 HTTP": Target(0.8, 0.95),
    "P11 help": Target(0.4, 0.25, less=True),
    "P11 check": Target(1.0, 0.6, less=True),
}
"""Of each figure that has one. A figure without is told beside the others, for comparison."""

_FAR = 1.5


@dataclass(frozen=True, slots=True)
class Figure:
    """``ratio``: the median over the rounds, between ``lowest`` and ``highest``; None: not measured, and why.

    ``unit``: of the ratio, where it is none but an amount.
    """

    id: str
    what: str
    ratio: float | None
    lowest: float | None = None
    highest: float | None = None
    unit: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""

    @property
    def target(self) -> Target | None:
        return TARGETS.get(self.id)

    @property
    def met(self) -> str:
        """How far it came: stretch, yes, no, or unsure where the rounds lie far apart on both sides of it.

        Nothing where there is no target or no measurement.
        """
        if self.target is None or self.ratio is None or self.lowest is None or self.highest is None:
            return ""
        aim = self.target.target
        if self.lowest < aim < self.highest and self.highest > _FAR * self.lowest:
            return "unsure"
        if self.target.less:
            reached = [self.ratio <= each for each in (aim, self.target.stretch)]
        else:
            reached = [self.ratio >= each for each in (aim, self.target.stretch)]
        return "stretch" if reached[1] else "yes" if reached[0] else "no"

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        aims = {"target": self.target.target, "stretch": self.target.stretch} if self.target else {}
        return asdict(self) | aims | {"met": self.met}


@dataclass(frozen=True, slots=True)
class How:
    """In which form to measure. ``folder``: for what is needed meanwhile, on a real disk."""

    folder: Path
    quick: bool = False
    full: bool = False

    def pick(self, quick: T, usual: T, full: T | None = None) -> T:
        """The number that belongs to the form asked for."""
        if self.quick:
            return quick
        return full if self.full and full is not None else usual


class NotMeasured(Exception):
    """What the figure needs is not on this machine; the text says what."""


def figure(id: str, what: str, values: Sequence[float], *, unit: str = "", **details: Any) -> Figure:
    """The figure of these rounds."""
    ratio, lowest, highest = statistics.median(values), min(values), max(values)
    return Figure(id, what, *map(rounded, (ratio, lowest, highest)), unit, {**details, "rounds": len(values)})


def not_measured(id: str, what: str, why: str) -> Figure:
    """The figure's place, with what was missing."""
    return Figure(id, what, None, missing=f"not measured: {why}")


def in_turn(rounds: int, *sides: Callable[[int], T]) -> list[tuple[T, ...]]:
    """What each side tells in each round; every second round in the other order, against drift."""
    told = []
    for number in range(rounds):
        order = list(enumerate(sides))
        if number % 2:
            order.reverse()
        began = time.perf_counter()
        found = {place: side(number) for place, side in order}
        told.append(tuple(found[place] for place in range(len(sides))))
        progress(f"round {number + 1} of {rounds}: {time.perf_counter() - began:.1f} s")
    return told


def progress(text: str) -> None:
    """One line for whoever waits; never part of the answer."""
    print(f"  {text}", file=sys.stderr, flush=True)


def rounded(value: float) -> float:
    """Three digits that say something."""
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)


def middle(values: Sequence[float]) -> float:
    """Their median, rounded."""
    return rounded(statistics.median(values))
