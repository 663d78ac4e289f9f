"""The validation period of a debt: from the notice until so long after it is taken as received.

12 CFR 1006.34(b)(5): it ends thirty days after the consumer receives the notice, and receipt may be
assumed on the fifth day after it was provided, not counting Saturdays, Sundays and the holidays of
5 U.S.C. 6103(a). The numbers stand in the pack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from outreach.domain import Attempt, Case, Purpose, Result
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.days import DAY, last_midnight
from outreach.policy.checks.people import concerns
from outreach.policy.holidays import Calendar, business_day_after
from outreach.policy.zones import local

__all__ = ["PROVIDED", "Period", "PeriodParameters", "last_day", "notices", "periods"]

PROVIDED: Final = frozenset({Result.SENT, Result.DELIVERED, Result.CONVERSATION})
"""Ends by which a notice left and did not come back."""


class PeriodParameters(CheckParameters):
    """Receipt is assumed ``receipt_business_days`` after the notice; the period ends ``days`` later."""

    receipt_business_days: int
    days: int
    holidays: Calendar


@dataclass(frozen=True, slots=True)
class Period:
    """From the moment the notice was provided until the instant at which its last day is over."""

    start: datetime
    end: datetime

    def covers(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.start <= moment < self.end


def notices(case: Case, debt: str) -> Iterator[datetime]:
    """When validation notices about this debt were provided ("": any), those that came back left out."""
    for event in case.history.of("validation_notice"):
        came_back = event.fields.get("outcome") == Result.BOUNCED
        if event.at <= case.at and not came_back and concerns(event.fields.get("debts"), debt):
            yield event.at
    for attempt in case.history.attempts:
        if attempt.at <= case.at and _is_notice(attempt, debt):
            yield attempt.at


def periods(case: Case, debt: str, parameters: PeriodParameters) -> Iterator[Period]:
    """The validation periods of a debt. A later notice, sent because one did not arrive, has its own."""
    zones = case.places.zones
    for given in notices(case, debt):
        ends = []
        for zone in zones:
            day = local(zone, given).date()
            ends.append(last_midnight((zone,), last_day(day, parameters) + DAY))
        if ends:  # the stricter side: over when it is over in every zone
            yield Period(given, max(ends))


def last_day(provided: date, parameters: PeriodParameters) -> date:
    """The last local date of the period of a notice provided on a local date."""
    received = business_day_after(parameters.holidays, provided, parameters.receipt_business_days)
    return received + timedelta(days=parameters.days)


def _is_notice(attempt: Attempt, debt: str) -> bool:
    return (
        attempt.purpose == Purpose.VALIDATION_NOTICE
        and attempt.result in PROVIDED
        and concerns(attempt.debts, debt)
    )
