"""Rest after a dispute. Replace what it looks at, what it declares and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from outreach.domain import ALLOWED, Case, Finding
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters

__all__ = ["StarterCheck"]


class StarterCheck(Check):
    """Holds for some days after the latest dispute, whatever it is about.

    No number stands here: a pack gives it, with the date it took force and its citation.
    """

    class Parameters(CheckParameters):
        """``days``: of twenty-four hours, counted from the dispute."""

        days: int

    kind = "starter_check"
    stricter: ClassVar[Mapping[str, Direction]] = {"days": Direction.MORE}
    restricts = frozenset({"dispute"})

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        """What lies after the moment asked about has not happened yet."""
        before = [event.at for event in case.history.of("dispute") if event.at <= case.at]
        if not before:
            return ALLOWED
        until = max(before) + timedelta(days=parameters.days)
        if until <= case.at:
            return ALLOWED
        return Finding.hold("a dispute was received a short while ago", until=until, days=parameters.days)
