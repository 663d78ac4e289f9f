"""cooling_off: no further call for some days once the debt was talked about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from outreach.domain import ALLOWED, Attempt, Case, Finding, Result
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.attribution import Booked, attribute
from outreach.policy.checks.days import Window
from outreach.policy.checks.exclusions import ASKED, EXCLUSIONS, MISDIRECTED, PROFESSIONAL, Excluded
from outreach.policy.checks.people import debt_keys
from outreach.policy.checks.prepared import Exceptions, Prepared
from outreach.policy.checks.requests import ANSWERED, CONSENTED, REQUESTED, REQUIRED, Requested

__all__ = ["CoolingOff"]

Per = Literal["person", "debt", "account_group", "collector"]


class _Rule:
    __slots__ = ("excluded", "parameters", "reach", "requested", "window")

    def __init__(self, parameters: CoolingOff.Parameters, exceptions: Exceptions) -> None:
        self.parameters = parameters
        self.window = Window(parameters.days + (parameters.first_day == "next"), "days")
        self.reach = self.window.reach
        self.excluded = Excluded.of(exceptions)
        self.requested = Requested.of(exceptions)


class CoolingOff(Check):
    """The date of the conversation is day one, whoever called (12 CFR 1006.14(b)(2)(i)(B)); or day nought.

    A conversation counts for every debt discussed, whoever raised it, and for at least one if none was
    (comment 14(b)(4)-1.ii).
    """

    class Parameters(CheckParameters):
        """``days``: consecutive days of quiet; ``first_day``: that of the conversation, or the one after."""

        days: int
        first_day: Literal["same", "next"] = "same"
        per: frozenset[Per]
        zones: Literal["every-plausible"] = "every-plausible"

    kind = "cooling_off"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "days": Direction.MORE,
        "first_day": Direction.EQUAL,
        "per": Direction.SUBSET,
        "zones": Direction.EQUAL,
    }
    restricts = frozenset({"attempt", "inbound", "consent_withdrawn", "opt_out"})
    lifts = frozenset({"consent", "inbound", "wrong_number", "reassigned_check"})
    subjects = frozenset({"person", "debt"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        **EXCLUSIONS,
        **{each: REQUESTED[each] for each in (ANSWERED, CONSENTED, REQUIRED)},
    }

    def __init__(self) -> None:
        self._rules: Prepared[_Rule] = Prepared(_Rule)

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        rule = self._rules.of(parameters, exceptions)
        unknown = case.known_since is not None and case.at - case.known_since < rule.reach
        if not unknown and not _talked_lately(case, rule):
            return ALLOWED
        if rule.excluded.professional(case):
            return Finding.allow("a professional party: such calls do not count", lifted=PROFESSIONAL)
        if rule.requested and (lifted := rule.requested.now(case)) is not None:
            return lifted
        if not case.places.zones:
            return Finding.block("no time zone is known, so days cannot be counted")
        return _quiet(case, rule)


def _talked_lately(case: Case, rule: _Rule) -> bool:
    """Whether any conversation is near enough to matter; looks at nothing else."""
    history = case.history
    inbound = history.of("inbound")
    if not history.attempts and not inbound:
        return False
    horizon = case.at - rule.reach
    for attempt in reversed(history.attempts):
        if attempt.at < horizon:
            break
        if attempt.result is Result.CONVERSATION:
            return True
    return bool(inbound) and any(
        event.at >= horizon and event.fields.get("conversation") for event in inbound
    )


def _quiet(case: Case, rule: _Rule) -> Finding:
    zones, at, excluded = case.places.zones, case.at, rule.excluded
    by_debt = "debt" in rule.parameters.per or "account_group" in rule.parameters.per
    keys = debt_keys(case, by_account="account_group" in rule.parameters.per)
    wanted = sorted({keys[debt] for debt in case.debt_ids}) if by_debt and case.debts else [""]
    disowned = excluded.disowned(case)

    def counts(attempt: Attempt) -> bool:
        if not attempt.is_call or not attempt.left:
            return False
        if "collector" in rule.parameters.per and attempt.collector not in ("", case.collector.id):
            return False
        return excluded.counts(attempt, disowned) != MISDIRECTED

    booked = attribute(
        case.history,
        case.consumer,
        keys=keys or {"": ""},
        window=rule.window,
        zones=zones,
        person=case.contact.to_person,
        at=at,
        counts=counts,
    )
    until: datetime | None = None
    lifted: datetime | None = None
    since = rule.window.start(at, zones)
    facts: dict[str, Any] = {"days": rule.parameters.days}
    unknown = case.known_since is not None and since < case.known_since
    for key in wanted:
        debts = frozenset(debt for debt, its in keys.items() if its == key or not by_debt)
        last = _last_talk(booked, key if by_debt else "", since, at)
        if last is None and not unknown:
            continue
        ends = [rule.window.clears(last, zones)] if last is not None else []
        if unknown and case.known_since is not None:
            ends.append(rule.window.clears_unknown(case.known_since, zones))
        if max(ends) <= at:
            continue
        permits = excluded.permits(case, key, debts, booked)
        current = [permit.end for permit in permits if permit.covers(at, case.contact.to)]
        if current:
            lifted = min(max(current), lifted or max(current))
            continue
        if until is None or max(ends) > until:
            until = max(ends)
            facts["conversation"] = last.isoformat() if last else None
            facts["debts"] = sorted(debts & set(case.debt_ids)) or sorted(debts)
    if until is not None:
        why = "the debt was talked about" if facts["conversation"] else "earlier history is not known"
        return Finding.hold(f"{why}; {rule.parameters.days} days of quiet follow", until=until, **facts)
    if lifted is not None:
        return Finding.allow("asked for by the person", until=lifted, lifted=ASKED)
    return ALLOWED


def _last_talk(booked: list[Booked], key: str, since: datetime, at: datetime) -> datetime | None:
    """The latest conversation about that debt (or any, for ``""``), if it may still matter."""
    for each in reversed(booked):
        if each.at < since - timedelta(days=1):
            return None
        if each.at <= at and (key in each.talked if key else each.talked):
            return each.at
    return None
