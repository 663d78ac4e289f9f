"""notice_first: no such contact until a notice was given, and so long after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from outreach.domain import ALLOWED, CONSUMER, Case, Event, Finding, Purpose, Result, Way
from outreach.domain.words import among
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.days import DAY, last_midnight
from outreach.policy.checks.people import called, concerns
from outreach.policy.checks.prepared import Prepared
from outreach.policy.checks.requests import ANSWERED, CONSENTED, REQUESTED, REQUIRED, Requested
from outreach.policy.checks.validation import PROVIDED
from outreach.policy.holidays import Calendar, business_day_after
from outreach.policy.zones import local

__all__ = ["NoticeFirst"]


class NoticeFirst(Check):
    """Each debt of the contact needs its own notice from us, known to have left and not come back.

    The notice's day is day nought: with ``wait`` two, a notice of Monday leaves Tuesday and Wednesday to
    pass, and Thursday is lawful from its first moment. With ``wait`` nought the notice has only to have
    left. One whose end is not known is no notice yet.
    """

    class Parameters(CheckParameters):
        """``channels`` wait for a contact with one of the purposes in ``notice``, sent ``by`` these ways.

        ``debt_kinds``: only debts of these kinds need one. ``holidays``: the calendar by which business
        days are told. The notice itself, by one of its ways, never waits.
        """

        notice: frozenset[Purpose]
        by: frozenset[Way]
        wait: int
        unit: Literal["days", "business_days"] = "days"
        channels: frozenset[Way]
        debt_kinds: frozenset[str] | None = None
        holidays: Calendar | None = None

    kind = "notice_first"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "notice": Direction.SUBSET,
        "by": Direction.SUBSET,
        "wait": Direction.MORE,
        "unit": Direction.EQUAL,
        "channels": Direction.SUPERSET,
        "debt_kinds": Direction.EQUAL,
        "holidays": Direction.EQUAL,
    }
    restricts = frozenset({"consent_withdrawn", "opt_out"})
    lifts = frozenset({"attempt", "validation_notice", "inbound", "dispute", "consent"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        each: REQUESTED[each] for each in (ANSWERED, CONSENTED, REQUIRED)
    }

    def __init__(self) -> None:
        self._rules: Prepared[Requested] = Prepared(lambda _, exceptions: Requested.of(exceptions))

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        contact = case.contact
        is_notice = contact.purpose in parameters.notice and contact.channel in parameters.by
        if is_notice or not among(contact.channel, parameters.channels):
            return ALLOWED
        needed = [
            debt.id
            for debt in case.debts
            if parameters.debt_kinds is None or debt.kind in parameters.debt_kinds
        ]
        if case.debts and not needed:
            return ALLOWED
        lifted = self._rules.of(parameters, exceptions).now(case)
        if lifted is not None:
            return lifted
        given = {debt: _given(case, debt, parameters) for debt in needed or [""]}
        lacking = sorted(debt for debt, moment in given.items() if moment is None)
        if lacking:
            return Finding.block("the notice that has to come first was not given", debts=lacking)
        latest = max(moment for moment in given.values() if moment is not None)
        if parameters.wait == 0:
            return Finding.allow("the notice was given", notice=latest.isoformat())
        if not case.places.zones:
            return Finding.block("no time zone is known, so days cannot be counted")
        until = _after(latest, case.places.zones, parameters)
        if until <= case.at:
            return Finding.allow("the notice was given in time", notice=latest.isoformat())
        unit = parameters.unit.replace("_", " ")
        return Finding.hold(
            f"the notice is not {parameters.wait} {unit} old", until=until, notice=latest.isoformat()
        )


def _given(case: Case, debt: str, parameters: Any) -> datetime | None:
    """When the first notice about this debt that still stands was given; a later one starts nothing anew."""
    told: list[tuple[datetime, bool]] = [
        (attempt.at, True)
        for attempt in case.history.attempts
        if attempt.purpose in parameters.notice
        and attempt.channel in parameters.by
        and attempt.result in PROVIDED
        and attempt.collector in ("", case.collector.id)
        and called(attempt, case.consumer) in (CONSUMER, case.contact.to_person)
        and concerns(attempt.debts, debt)
    ]
    if Purpose.VALIDATION_NOTICE in parameters.notice:
        told += [
            (event.at, not _came_back(event))
            for event in case.history.of("validation_notice")
            if (event.fields.get("channel") or next(iter(parameters.by))) in parameters.by
            and concerns(event.fields.get("debts"), debt)
        ]
    first: datetime | None = None
    for moment, stands in sorted(told):
        if moment <= case.at:
            first = (first or moment) if stands else None
    return first


def _came_back(event: Event) -> bool:
    return event.fields.get("outcome") == Result.BOUNCED


def _after(notice: datetime, zones: Sequence[str], parameters: Any) -> datetime:
    """The first instant at which the days of waiting have passed in every zone."""
    return max(
        last_midnight((zone,), _passed(local(zone, notice).date(), parameters) + DAY) for zone in zones
    )


def _passed(day: date, parameters: Any) -> date:
    """The last day of waiting."""
    wait: int = parameters.wait
    if parameters.unit == "business_days":
        return business_day_after(parameters.holidays, day, wait)
    return day + wait * DAY
