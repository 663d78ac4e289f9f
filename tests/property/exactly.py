"""What a decision's instants promise, tried out on the decision itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from outreach.domain import Case, Verdict
from tests.property.cases import shipped

__all__ = ["keeps_to_its_instants"]

TICK: Final = timedelta(microseconds=1)


def keeps_to_its_instants(case: Case, parts: int) -> None:
    """Assert that a hold ends at its ``until`` and not before, and an allow lasts until its ``good_until``.

    :param parts: into how many parts the time until a hold's end is cut, to ask between them.
    """
    decision = shipped().decide(case)
    if decision.verdict is Verdict.HOLD:
        assert decision.until is not None
        assert Verdict.ALLOW is _verdict(case, decision.until)
        assert Verdict.ALLOW is not _verdict(case, decision.until - TICK)
        for part in range(1, parts):
            moment = case.at + (decision.until - case.at) * part / parts
            assert Verdict.ALLOW is not _verdict(case, moment), moment
    elif decision.verdict is Verdict.ALLOW and decision.good_until is not None:
        assert Verdict.ALLOW is _verdict(case, decision.good_until - TICK)


def _verdict(case: Case, moment: datetime) -> Verdict:
    return shipped().decide(replace(case, at=moment)).verdict
