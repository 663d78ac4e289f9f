"""dispute: collection of a debt stops when it is disputed in writing in time, until that is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from outreach.domain import ALLOWED, Case, Event, Finding, Purpose, Result, Way
from outreach.policy.check import Check, Direction
from outreach.policy.checks.people import concerns, in_her_place, said_by
from outreach.policy.checks.validation import PeriodParameters, periods

__all__ = ["Dispute"]

_ORAL: Final = frozenset({"call", "voicemail"})
_WRITTEN: Final = frozenset({Way.LETTER, Way.EMAIL, Way.SMS, Way.VISIT})
_SENT: Final = frozenset({Result.SENT, Result.DELIVERED})
_ANSWERS: Final = {
    "dispute": "dispute_answered",
    "original_creditor_request": "original_creditor_given",
}
"""What stops collection, and the event that shows it was answered."""


class Dispute(Check):
    """Per debt: a written dispute, or a request for the original creditor, within the validation period.

    12 CFR 1006.38(c) and (d)(2). A duplicative dispute stops collection as well, until it is answered
    (38(d)(2)(ii)). Where no notice is known, the period has not run out. Written is all but a call; what
    is handed over in person is a visit (comment 38-1). The representative of an estate disputes like the
    consumer (comment 38-3). A reply by letter or electronically carries the answer.
    """

    Parameters = PeriodParameters
    kind = "dispute"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "receipt_business_days": Direction.MORE,
        "days": Direction.MORE,
        "holidays": Direction.EQUAL,
    }
    restricts = frozenset({"dispute", "original_creditor_request"})
    lifts = frozenset({*_ANSWERS.values(), "attempt", "validation_notice"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {}

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        if not any(case.history.of(kind) for kind in _ANSWERS):
            return ALLOWED
        standing: dict[str, Event] = {}
        for debt in case.debt_ids or ("",):
            for asked, answered in _ANSWERS.items():
                event = _unanswered(case, debt, asked, answered, parameters)
                if event is not None:
                    standing[debt] = event
        if not standing:
            return ALLOWED
        first = min(standing.values(), key=lambda event: event.at)
        what = "disputed" if first.kind == "dispute" else "asked for the original creditor of"
        return Finding.block(
            f"the person {what} this debt in writing, and has no answer yet",
            debts=[debt for debt in standing if debt],
            since=first.at.isoformat(),
            event=first.id,
        )


def _unanswered(
    case: Case, debt: str, asked: str, answered: str, parameters: PeriodParameters
) -> Event | None:
    """The latest such request about this debt that came in time and stands unanswered."""
    latest = None
    for event in case.history.of(asked):
        if event.at > case.at or not concerns(event.fields.get("debts"), debt):
            continue
        if str(event.fields.get("channel") or "letter") in _ORAL:
            continue
        if in_her_place(said_by(event, case.consumer, ""), case) and _in_time(case, debt, event, parameters):
            latest = event
    if latest is None or _answered(case, debt, answered, latest):
        return None
    return latest


def _in_time(case: Case, debt: str, event: Event, parameters: PeriodParameters) -> bool:
    known = list(periods(case, debt, parameters))
    if not case.places.zones:
        return True  # no day can be told, so none has passed
    return not known or any(event.at < period.end for period in known)


def _answered(case: Case, debt: str, answered: str, asked: Event) -> bool:
    if any(
        asked.at <= event.at <= case.at and concerns(event.fields.get("debts"), debt)
        for event in case.history.of(answered)
    ):
        return True
    return any(
        asked.at <= attempt.at <= case.at
        and attempt.purpose == Purpose.RESPOND
        and attempt.channel in _WRITTEN
        and attempt.result in _SENT
        and concerns(attempt.debts, debt)
        for attempt in case.history.attempts
    )
