"""A clock that all processes of a storm share, that jumps when it is told to, and remembers its jumps.

It runs at real speed. How far it stands ahead of real time is the last line of a file beside the project;
a jump appends a line. From those lines :class:`Truth` tells afterwards at what real moment the clock can
have shown some time, so that nobody is blamed for what happened while the clock was wrong.
"""

from __future__ import annotations

import math
import os
import time as real
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

__all__ = ["BEGINS", "ChaosClock", "Truth", "next_slot"]

BEGINS = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
"""A Monday: half past eight in New York, half past five in Los Angeles."""

_SLOTS = (time(0, 58), time(3, 30), time(12, 30), time(16, 40), time(20, 50))
"""In UTC: two minutes before night in New York, evening in Los Angeles, three in the day."""

_LINE = 48
_SLACK = 0.25  # seconds within which a process may not yet have read the line of a jump
_LONGEST_SLEEP = 0.05


def next_slot(after: datetime) -> datetime:
    """When it is worth going on working: some hours later, at night none."""
    days = (after.date(), after.date() + timedelta(days=1))
    moments = (datetime.combine(day, slot, UTC) for day in days for slot in _SLOTS)
    return next(each for each in moments if each > after + timedelta(minutes=30))


class ChaosClock:
    """Reads the file whenever it is asked, so that a jump reaches every process at once.

    :param folder: the project's.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "clock", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if not os.fstat(self._file).st_size:
            self._append(real.monotonic(), 0.0)
        self._zero = float(os.pread(self._file, _LINE, 0).split()[0])

    def now(self) -> datetime:
        return BEGINS + timedelta(seconds=self.true() + self.offset())

    def sleep(self, seconds: float) -> None:
        """Not for long: what waits for a far moment looks again soon, for the clock may have jumped."""
        real.sleep(min(seconds, _LONGEST_SLEEP))

    def true(self) -> float:
        """Real seconds since the storm began; the same in every process of this machine."""
        return real.monotonic() - self._zero

    def offset(self) -> float:
        """How many seconds the clock stands ahead of real time."""
        size = os.fstat(self._file).st_size
        return float(os.pread(self._file, _LINE, size - _LINE).split()[1])

    def jump(self, seconds: float) -> None:
        """From now on the clock shows so much more, or less."""
        self._append(real.monotonic(), self.offset() + seconds)

    def jump_to(self, moment: datetime) -> None:
        """From now on the clock shows this moment and what follows."""
        self.jump((moment - self.now()).total_seconds())

    def _append(self, monotonic: float, offset: float) -> None:
        line = f"{monotonic:.6f} {offset:.6f}".ljust(_LINE - 1) + "\n"
        os.write(self._file, line.encode())

    def close(self) -> None:
        os.close(self._file)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From one jump to the next."""

    begins: float
    ends: float
    offset: float


class Truth:
    """What the clock showed when, read from its file after the storm."""

    def __init__(self, folder: Path) -> None:
        lines = [line.split() for line in (folder / "clock").read_text().splitlines()]
        zero = float(lines[0][0])
        begins = [float(moment) - zero for moment, _ in lines]
        ends = [*begins[1:], math.inf]
        offsets = [float(offset) for _, offset in lines]
        self._stretches = [_Stretch(*each) for each in zip(begins, ends, offsets, strict=True)]

    def earliest(self, shown: datetime) -> float:
        """The first real moment at which the clock can have shown this; minus infinity if it never did."""
        return min(self._moments(shown), default=-math.inf)

    def latest(self, shown: datetime) -> float:
        """The last real moment at which the clock can have shown this; infinity if it never did."""
        return max(self._moments(shown), default=math.inf)

    def shown_about(self, true: float) -> list[datetime]:
        """Everything the clock may have shown to somebody who looked just before this real moment."""
        near = [each for each in self._stretches if each.begins <= true and true - _SLACK <= each.ends]
        return [BEGINS + timedelta(seconds=true + each.offset) for each in near]

    def _moments(self, shown: datetime) -> Iterator[float]:
        seconds = (shown - BEGINS).total_seconds()
        for each in self._stretches:
            true = seconds - each.offset
            if each.begins - 0.001 <= true <= each.ends + _SLACK:
                yield true
