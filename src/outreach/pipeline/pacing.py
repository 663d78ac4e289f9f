"""What a provider can take: its day by channel and sender, and a rest where it fails or asks for one.

A contact that may go by law but not by its provider's limits is held, not failed: nothing is opened for it,
and it is judged afresh when the provider can take it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, MutableMapping
from datetime import UTC, date, datetime, time, timedelta

from outreach.channels import SendFailed
from outreach.domain import Outcome
from outreach.ledger import Reading, Writing
from outreach.pipeline.parts import Parts

__all__ = ["Breaker", "Day", "never"]

_IN_A_ROW = 5  # failures that look like the provider's own trouble
_FIRST_REST = timedelta(seconds=30)
_LONGEST_REST = timedelta(minutes=15)


def never(_via: str) -> datetime | None:
    """No channel rests."""
    return None


class Day:
    """The budget of a calendar day (UTC), for one group; what it takes is written with the group.

    :param resting: until when a channel rests, ``None`` where it does not.
    :param taken: by day, what earlier groups took and nobody wrote down; counted on.
    """

    def __init__(
        self,
        parts: Parts,
        reading: Reading,
        now: datetime,
        resting: Callable[[str], datetime | None] = never,
        taken: MutableMapping[date, Counter[tuple[str, str]]] | None = None,
    ) -> None:
        self._parts = parts
        self._reading = reading
        self._now = now
        self._resting = resting
        self._before: dict[tuple[str, str], int] | None = None
        self._taken = Counter() if taken is None else taken.setdefault(self.date, Counter())

    @property
    def date(self) -> date:
        """The day in UTC."""
        return self._now.astimezone(UTC).date()

    def wait(self, via: str, sender: str) -> tuple[datetime, str] | None:
        """Until when a contact has to wait, and why; ``None``: it may go, and is counted."""
        if (until := self._resting(via)) is not None and until > self._now:
            return until, f"{via} rests after failures of its provider"
        channel = self._parts.channel(via)
        if channel is None:
            return None
        rate = channel.rate
        if rate.per_day is None and rate.sender_per_day is None:
            return None
        used_up = (rate.per_day is not None and self._used(via) >= rate.per_day) or (
            rate.sender_per_day is not None and self._used(via, sender) >= rate.sender_per_day
        )
        if used_up:
            tomorrow = datetime.combine(self.date + timedelta(days=1), time(), UTC)
            return tomorrow, f"{via} has used up what its provider takes in a day"
        self._taken[via, sender] += 1
        return None

    def keep(self, writing: Writing) -> None:
        """Write down what this group takes, in its own commit."""
        if self._taken:
            writing.spend(self.date, self._taken)

    def _used(self, via: str, sender: str | None = None) -> int:
        if self._before is None:
            self._before = self._reading.spent(self.date)
        every = Counter(self._before) + self._taken
        return sum(n for (v, s), n in every.items() if v == via and sender in (None, s))


class Breaker:
    """Lets a channel rest whose provider fails again and again, or asks for a pause."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._rest = _FIRST_REST
        self._until: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """Until when it rests; a moment that has passed is no rest."""
        with self._lock:
            return self._until

    def succeeded(self) -> None:
        """The provider took one."""
        with self._lock:
            self._in_a_row, self._rest, self._until = 0, _FIRST_REST, None

    def failed(self, failure: SendFailed, now: datetime) -> None:
        """The provider did not; a refusal of this one contact says nothing about the next."""
        if failure.outcome is not Outcome.UNKNOWN and not failure.retry:
            return
        with self._lock:
            self._in_a_row += 1
            if failure.after is not None:
                self._until = now + min(timedelta(seconds=failure.after), _LONGEST_REST)
            elif self._in_a_row >= _IN_A_ROW and (self._until is None or self._until <= now):
                self._until = now + self._rest
                self._rest = min(self._rest * 2, _LONGEST_REST)
