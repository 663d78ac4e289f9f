"""Local dates and windows over every zone in which a person may be; the strictest zone decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from outreach.policy.zones import instant, local

__all__ = ["DAY", "MIDNIGHT", "WEEKDAYS", "Unit", "Window", "as_date", "first_midnight", "last_midnight"]

DAY = timedelta(days=1)
MIDNIGHT = time(0)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SLACK = timedelta(days=2)  # no two zones are further apart

Unit = Literal["days", "weeks", "hours", "months"]
_DAYS_IN = {"days": 1, "weeks": 7, "months": 30}


def last_midnight(zones: Iterable[str], day: date) -> datetime:
    """The instant at which that day has begun in all of the zones."""
    return max(instant(zone, day, MIDNIGHT, opening=True) for zone in zones)


def first_midnight(zones: Iterable[str], day: date) -> datetime:
    """The instant at which that day begins in the first of the zones."""
    return min(instant(zone, day, MIDNIGHT, opening=False) for zone in zones)


def as_date(value: object) -> date:
    """A date as events carry it: ``2026-04-06``, or the date of a full timestamp."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value)[:10])


@dataclass(frozen=True, slots=True)
class Window:
    """So many consecutive days ending today, or so many hours ending now.

    Days are calendar days in the person's local date (12 CFR 1006.14(b)(2)(i), comment -1.i): a call
    drops out when its day plus ``within`` begins, at whatever hour it was. Weeks are seven such days
    each, which is never more lenient than the calendar's weeks; months are thirty.
    """

    within: int
    unit: Unit

    @property
    def days(self) -> int:
        """Length in days, where it is one of days."""
        return self.within * _DAYS_IN.get(self.unit, 1)

    @property
    def reach(self) -> timedelta:
        """Nothing older than this can be inside, whatever the zone."""
        return timedelta(hours=self.within) if self.unit == "hours" else timedelta(days=self.days) + _SLACK

    def start(self, at: datetime, zones: Sequence[str]) -> datetime:
        """The earliest instant that is inside in some zone."""
        if self.unit == "hours":
            return at - timedelta(hours=self.within)
        back = timedelta(days=self.days - 1)
        return min(instant(zone, local(zone, at).date() - back, MIDNIGHT, opening=False) for zone in zones)

    def starts(self, at: datetime, zones: Sequence[str]) -> tuple[datetime, tuple[datetime, ...]]:
        """Until when the local dates stay as they are, and where the window of days begins in each zone."""
        back = timedelta(days=self.days - 1)
        today = [local(zone, at).date() for zone in zones]
        begins = tuple(
            instant(zone, day - back, MIDNIGHT, opening=False) for zone, day in zip(zones, today, strict=True)
        )
        changes = min(
            instant(zone, day + DAY, MIDNIGHT, opening=False) for zone, day in zip(zones, today, strict=True)
        )
        return changes, begins

    def count(self, moments: Sequence[datetime], at: datetime, zones: Sequence[str]) -> int:
        """How many of ``moments`` (none later than ``at``) are inside, in the zone where that is most."""
        if self.unit == "hours":
            since = at - timedelta(hours=self.within)
            return sum(moment > since for moment in moments)
        back = timedelta(days=self.days)
        most = 0
        for zone in zones:
            last_out = local(zone, at).date() - back
            most = max(most, sum(local(zone, moment).date() > last_out for moment in moments))
        return most

    def frees(
        self, moments: Sequence[datetime], at: datetime, zones: Sequence[str], at_most: int
    ) -> datetime:
        """The first instant from ``at`` on at which fewer than ``at_most`` are inside in every zone.

        :param at_most: at least one.
        """
        if len(moments) < at_most:
            return at
        if self.unit == "hours":
            leaving = sorted(moments, reverse=True)[at_most - 1]
            return max(at, leaving + timedelta(hours=self.within))
        found = at
        for zone in zones:
            day = sorted((local(zone, moment).date() for moment in moments), reverse=True)[at_most - 1]
            found = max(found, instant(zone, day + timedelta(days=self.days), MIDNIGHT, opening=True))
        return found

    def clears(self, moment: datetime, zones: Sequence[str]) -> datetime:
        """The first instant at which ``moment`` is outside in every zone."""
        if self.unit == "hours":
            return moment + timedelta(hours=self.within)
        length = timedelta(days=self.days)
        return max(
            instant(zone, local(zone, moment).date() + length, MIDNIGHT, opening=True) for zone in zones
        )

    def clears_unknown(self, known_since: datetime, zones: Sequence[str]) -> datetime:
        """The first instant at which the window reaches no more before ``known_since``."""
        return self.clears(known_since - timedelta(microseconds=1), zones)
