"""overshadowing: while a debt may still be disputed, nothing is said against that right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from outreach.domain import ALLOWED, Case, Finding
from outreach.policy.check import Check, Direction
from outreach.policy.checks.forbidden_words import Phrases
from outreach.policy.checks.prepared import Prepared
from outreach.policy.checks.validation import PeriodParameters, periods

__all__ = ["Overshadowing"]


class Overshadowing(Check):
    """Forbidden phrases within the validation period of any debt the contact is about.

    12 CFR 1006.38(b)(1). Ordinary collection may go on meanwhile.
    """

    class Parameters(PeriodParameters):
        """``phrases``: by name and language, as for ``forbidden_words``."""

        phrases: Mapping[str, Mapping[str, tuple[str, ...]]]

    kind = "overshadowing"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "receipt_business_days": Direction.MORE,
        "days": Direction.MORE,
        "holidays": Direction.EQUAL,
        "phrases": Direction.EQUAL,
    }
    restricts = frozenset({"validation_notice"})
    lifts = frozenset({"attempt"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {}

    def __init__(self) -> None:
        self._rules: Prepared[Phrases] = Prepared(lambda parameters, _: Phrases(parameters.phrases))

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        if case.words is None or not case.history:
            return ALLOWED
        found = self._rules.of(parameters, exceptions).found_in(case.words)
        if found is None:
            return ALLOWED
        for debt in case.debt_ids or ("",):
            for period in periods(case, debt, parameters):
                if period.covers(case.at):
                    return Finding.block(
                        "the words stand against the right to dispute the debt",
                        phrase=found.text,
                        period_ends=period.end.isoformat(),
                    )
        return ALLOWED
