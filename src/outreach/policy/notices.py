"""What a validation notice has to say of itself: the day on which its validation period ends."""

from __future__ import annotations

from datetime import date, datetime

from outreach.domain import Consumer
from outreach.policy.checks.validation import PeriodParameters, last_day
from outreach.policy.gate import Policy
from outreach.policy.zones import local

__all__ = ["validation_end"]


def validation_end(policy: Policy, consumer: Consumer, moment: datetime) -> date | None:
    """The end date that a notice provided at this moment has to give (12 CFR 1006.34(c)(3)(i)).

    The same rules that hold back contacts within the period say it; where several zones or rules differ, the
    latest date. ``None`` where no rule in force knows such a period, or no zone is known.
    """
    places = policy.places(consumer)
    found: list[date] = []
    for zone in places.zones:
        day = local(zone, moment).date()
        for pack in policy.in_force(places.jurisdictions, day):
            for rule in pack.rules:
                parameters = rule.parameters_on(day)
                if isinstance(parameters, PeriodParameters):
                    found.append(last_day(day, parameters))
    return max(found, default=None)
