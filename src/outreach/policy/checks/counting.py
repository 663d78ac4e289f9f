"""The exact count behind ``frequency``: what was placed for which debt, and what does not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from outreach.domain import CONSUMER, NOT_APPLICABLE, Attempt, Case, Finding, History, Way
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.attribution import Booked, attribute, placed_for
from outreach.policy.checks.days import Unit, Window
from outreach.policy.checks.exclusions import ASKED, Excluded
from outreach.policy.checks.people import called, debt_keys
from outreach.policy.checks.prepared import Exceptions
from outreach.policy.zones import local

__all__ = ["FrequencyParameters", "FrequencyRule", "count"]

_ROOM = 4096

Per = Literal["person", "debt", "account_group", "endpoint", "collector"]


class FrequencyParameters(CheckParameters):
    """``at_most`` of ``what`` in the last ``within`` ``unit``, today included, one key at a time.

    ``per``: what must agree for two to be counted together. ``channels``: those that count; ``call``
    takes voicemail with it.
    """

    at_most: int
    within: int
    unit: Unit
    per: frozenset[Per]
    channels: frozenset[Way]
    what: Literal["attempts", "conversations"] = "attempts"
    zones: Literal["every-plausible"] = "every-plausible"


class FrequencyRule:
    """One rule made ready: its window, its exclusions and the findings it gives most often."""

    __slots__ = ("begins", "by_debt", "channels", "excluded", "parameters", "per", "plain", "reach", "window")

    def __init__(self, parameters: FrequencyParameters, exceptions: Exceptions) -> None:
        self.parameters = parameters
        self.window = Window(parameters.within, parameters.unit)
        self.reach = self.window.reach
        self.per = parameters.per
        self.by_debt = "debt" in self.per or "account_group" in self.per
        calls = {Way.CALL, Way.VOICEMAIL} if Way.CALL in parameters.channels else set()
        self.channels = parameters.channels | calls
        self.excluded = Excluded.of(exceptions)
        self.begins: dict[tuple[str, ...], tuple[datetime, datetime, tuple[datetime, ...]]] = {}
        self.plain = [
            Finding.allow(f"{count} of {parameters.at_most}", counted=count, at_most=parameters.at_most)
            for count in range(min(parameters.at_most, 100))
        ]

    def quick_count(self, near: Sequence[Attempt], at: datetime, zones: tuple[str, ...]) -> int:
        """How many are inside the window, never fewer than :meth:`Window.count` finds.

        The beginnings of the window stand until the next local midnight, so they are kept; where clocks
        change at midnight the earlier reading is taken.
        """
        if self.window.unit == "hours":
            return self.window.count([each.at for each in near], at, zones)
        known = self.begins.get(zones)
        if known is None or not known[0] <= at < known[1]:
            changes, begins = self.window.starts(at, zones)
            if len(self.begins) >= _ROOM:
                self.begins.clear()
            known = self.begins[zones] = (at, changes, begins)
        most = 0
        for begin in known[2]:
            inside = 0
            for each in near:
                if each.at >= begin:
                    inside += 1
            most = max(most, inside)
        return most


def count(case: Case, rule: FrequencyRule) -> Finding:
    """The exact answer: everything booked to its debts, exclusions taken out, every zone looked at."""
    zones = case.places.zones
    if not zones and rule.window.unit != "hours":
        return Finding.block("no time zone is known, so days cannot be counted")
    keys = debt_keys(case, by_account="account_group" in rule.per) if rule.by_debt else {}
    wanted = sorted({keys[debt] for debt in case.debt_ids}) if rule.by_debt and case.debts else [""]
    worst: Finding | None = None
    allowed: Finding | None = None
    booked = _book(case, rule, keys)
    for key in wanted:
        finding = _one(case, rule, key, keys, booked)
        if finding.objects and (worst is None or _later(finding, worst)):
            worst = finding
        elif allowed is None or finding.facts.get("counted", 0) > allowed.facts.get("counted", 0):
            allowed = finding if not finding.objects else allowed
    return worst or allowed or NOT_APPLICABLE


def _later(one: Finding, other: Finding) -> bool:
    return one.until is not None and other.until is not None and one.until > other.until


def _book(case: Case, rule: FrequencyRule, keys: Mapping[str, str]) -> list[tuple[Booked, str]]:
    """Everything in question, booked to its debts, with the exclusion that takes it out of the count."""
    excluded, person = rule.excluded, case.contact.to_person
    disowned = excluded.disowned(case)
    to, by_endpoint, by_collector = case.contact.to, "endpoint" in rule.per, "collector" in rule.per
    notes: dict[int, str] = {}

    def concerns(attempt: Attempt) -> bool:
        if not attempt.left or attempt.channel not in rule.channels or attempt.at > case.at:
            return False
        if by_endpoint and attempt.to != to:
            return False
        return not by_collector or attempt.collector in ("", case.collector.id)

    def counts(attempt: Attempt) -> bool:
        if not concerns(attempt):
            return False
        why = excluded.counts(attempt, disowned)
        if why:
            notes[id(attempt)] = why
        return not why

    def book(history: History, who: str) -> list[Booked]:
        return attribute(
            history,
            case.consumer,
            keys=keys or {"": ""},
            window=rule.window,
            zones=case.places.zones,
            person=who,
            at=case.at,
            counts=counts,
        )

    people = {person}
    if "person" not in rule.per:
        people |= {called(attempt, case.consumer) for attempt in case.history.attempts} | {CONSUMER}
    booked = [each for who in sorted(people) for each in book(case.history, who)]
    result = [(each, "") for each in booked]
    if "person" not in rule.per and case.shared:
        for attempt in case.shared.attempts:
            if counts(attempt):
                placed, _ = placed_for(attempt, keys or {"": ""})
                talked = placed if attempt.is_conversation else frozenset()
                result.append((Booked(attempt.at, placed, talked, attempt), ""))
    for attempt in (*case.history.attempts, *case.shared.attempts):
        if id(attempt) in notes:
            result.append(
                (Booked(attempt.at, placed_for(attempt, keys)[0], attempt=attempt), notes[id(attempt)])
            )
    return result


def _one(
    case: Case, rule: FrequencyRule, key: str, keys: Mapping[str, str], booked: Sequence[tuple[Booked, str]]
) -> Finding:
    """The answer for one particular debt (or for all together, where debts do not part the count)."""
    at_most, window, zones = rule.parameters.at_most, rule.window, case.places.zones
    debts = frozenset(debt for debt, its in keys.items() if its == key)
    permits = (
        rule.excluded.permits(case, key, debts, [each for each, why in booked if not why]) if zones else []
    )
    current = [permit for permit in permits if permit.covers(case.at, case.contact.to)]
    if current:
        return Finding.allow(
            "asked for by the person, so this call does not count",
            until=max(permit.end for permit in current),
            lifted=ASKED,
        )
    talks = rule.parameters.what == "conversations"
    since = window.start(case.at, zones)
    moments: list[datetime] = []
    aside: Counter[str] = Counter()
    for each, why in booked:
        if each.at < since or (rule.by_debt and key and key not in (each.talked if talks else each.placed)):
            continue
        if not talks and each.attempt is None:
            continue  # a call of hers is no call placed
        if talks and not each.talked:
            continue
        if why:
            aside[why] += 1
        elif not talks and any(permit.covers(each.at, each.attempt.to) for permit in permits if each.attempt):
            aside[ASKED] += 1
        else:
            moments.append(each.at)
    counted = window.count(moments, case.at, zones)
    facts: dict[str, Any] = {
        "counted": counted,
        "at_most": at_most,
        "within": f"{rule.parameters.within} {rule.parameters.unit}",
        "since": since.isoformat(),
    }
    if key:
        facts["debts"] = sorted(debts & set(case.debt_ids)) or sorted(debts)
    if aside:
        facts["not_counted"] = dict(sorted(aside.items()))
    known_since = case.known_since
    if known_since is not None and since < known_since:
        facts["known_since"] = known_since.isoformat()
        until = max(window.clears_unknown(known_since, zones), window.frees(moments, case.at, zones, at_most))
        return Finding.hold(
            f"history before {_day(known_since, zones)} is not known and counts as full", until=until, **facts
        )
    sentence = f"{counted} of {at_most} {rule.parameters.what} in {facts['within']}"
    if counted < at_most:
        return Finding.allow(sentence, **facts)
    return Finding.hold(sentence, until=window.frees(moments, case.at, zones, at_most), **facts)


def _day(moment: datetime, zones: Sequence[str]) -> str:
    return (local(zones[0], moment) if zones else moment).date().isoformat()
