"""notice_due: a first communication without the notice that has to follow it in time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from outreach.domain import ALLOWED, CONSUMER, Case, Finding
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.days import DAY, last_midnight
from outreach.policy.checks.people import called, concerns, said_by
from outreach.policy.checks.third_party import was_communication
from outreach.policy.checks.validation import notices
from outreach.policy.zones import local

__all__ = ["NoticeDue"]


class NoticeDue(Check):
    """Objects once so many days have passed since the first communication about a debt without a notice.

    12 CFR 1006.34(a)(1)(i)(B). An unanswered call and a limited-content message are no communications.
    """

    class Parameters(CheckParameters):
        """``within_days``: calendar days from the first communication, its own not counted."""

        within_days: int

    kind = "notice_due"
    stricter: ClassVar[Mapping[str, Direction]] = {"within_days": Direction.FEWER}
    restricts = frozenset({"attempt", "inbound"})
    lifts = frozenset({"validation_notice", "attempt", "promise_kept"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {}

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        zones = case.places.zones
        if not case.history or not zones:
            return ALLOWED
        late: list[str] = []
        for debt in case.debt_ids or ("",):
            first = _first(case, debt)
            if first is None or any(True for _ in notices(case, debt)):
                continue
            day = min(local(zone, first).date() for zone in zones)
            if case.at >= last_midnight(zones, day + (parameters.within_days + 1) * DAY):
                late.append(debt)
        if not late:
            return ALLOWED
        return Finding.block(
            f"no validation notice within {parameters.within_days} days of the first communication",
            debts=[debt for debt in late if debt],
        )


def _first(case: Case, debt: str) -> datetime | None:
    """When a debt was first communicated about with her."""
    moments = [
        attempt.at
        for attempt in case.history.attempts
        if attempt.at <= case.at
        and was_communication(attempt)
        and called(attempt, case.consumer) == CONSUMER
        and concerns(attempt.debts, debt)
    ]
    moments += [
        event.at
        for event in case.history.of("inbound")
        if event.at <= case.at
        and event.fields.get("conversation")
        and said_by(event, case.consumer, "from") == CONSUMER
        and concerns(event.fields.get("discussed") or event.fields.get("debts"), debt)
    ]
    return min(moments, default=None)
