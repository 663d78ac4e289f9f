"""Times that a person named, by weekday, clock and last date; and stretches of allowed time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from outreach.domain import Event
from outreach.policy.checks.days import DAY, MIDNIGHT, WEEKDAYS, as_date
from outreach.policy.zones import instant, local

__all__ = ["Span", "Stretch", "days_around", "intersect", "merge", "span_of", "stretches"]

Stretch = tuple[datetime, datetime]
"""From an instant until another, the second excluded."""


@dataclass(frozen=True, slots=True)
class Span:
    """A repeating piece of local time. ``opens`` ``None``: whole days. Dates are inclusive.

    The start belongs to it, the end does not; one that ends before it starts runs over midnight and
    belongs to the day on which it starts.
    """

    days: frozenset[int]  # 0 is Monday
    opens: time | None
    closes: time | None
    first: date | None
    last: date | None

    def on(self, day: date) -> bool:
        """Whether an occurrence starts on that day."""
        return (
            day.weekday() in self.days
            and (self.first is None or day >= self.first)
            and (self.last is None or day <= self.last)
        )

    def covers(self, wall: datetime) -> bool:
        """Whether the local time ``wall`` lies in it."""
        today = wall.date()
        if self.opens is None or self.closes is None:
            return self.on(today)
        clock = wall.time()
        if self.opens < self.closes:
            return self.opens <= clock < self.closes and self.on(today)
        return (clock >= self.opens and self.on(today)) or (clock < self.closes and self.on(today - DAY))

    def edges(self) -> tuple[time, ...]:
        """The clock times at which it may begin or end."""
        return (MIDNIGHT,) if self.opens is None or self.closes is None else (self.opens, self.closes)


def span_of(event: Event, *, dated: bool = False) -> Span:
    """The time an ``inconvenient``, ``convenient`` or consent event names.

    :param dated: whether its ``from`` is a date (a consent of another scope than ``hours``).
    """
    fields = event.fields
    named = [str(day)[:3].lower() for day in fields.get("days") or ()]
    days = frozenset(WEEKDAYS.index(day) for day in named) if named else frozenset(range(7))
    opens, closes = (None, None) if dated else (_clock(fields.get("from")), _clock(fields.get("to")))
    if (opens is None) != (closes is None):
        opens, closes = opens or MIDNIGHT, closes or MIDNIGHT
    until = fields.get("until")
    begins = fields.get("from") if dated else None
    return Span(days, opens, closes, as_date(begins) if begins else None, as_date(until) if until else None)


def _clock(value: Any) -> time | None:
    if value is None or value == "":
        return None
    if isinstance(value, time):
        return value
    text = str(value)
    return MIDNIGHT if text in ("24:00", "24:00:00") else time.fromisoformat(text)


def stretches(span: Span, zone: str, days: Iterable[date]) -> list[Stretch]:
    """The occurrences of a span in one zone that start on these days."""
    found = []
    for day in days:
        if not span.on(day):
            continue
        opens, closes = span.opens or MIDNIGHT, span.closes or MIDNIGHT
        ends = day if span.closes is not None and opens < closes else day + DAY
        start = instant(zone, day, opens, opening=True)
        end = instant(zone, ends, closes, opening=False)
        if start < end:
            found.append((start, end))
    return found


def merge(pieces: Iterable[Stretch]) -> list[Stretch]:
    """The same time as stretches that neither touch nor overlap, in order."""
    merged: list[Stretch] = []
    for start, end in sorted(pieces):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def intersect(left: Sequence[Stretch], right: Sequence[Stretch]) -> list[Stretch]:
    """The time that lies in both of two merged lists."""
    both = []
    for one_start, one_end in left:
        for two_start, two_end in right:
            start, end = max(one_start, two_start), min(one_end, two_end)
            if start < end:
                both.append((start, end))
    return both


def days_around(zone: str, at: datetime, ahead: int) -> list[date]:
    """Local dates from the day before ``at`` on."""
    today = local(zone, at).date()
    return [today + timedelta(days=number) for number in range(-1, ahead + 1)]
