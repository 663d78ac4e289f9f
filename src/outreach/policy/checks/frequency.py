"""frequency: at most so many attempts, contacts, conversations or calls in vain within a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from outreach.domain import NOT_APPLICABLE, Attempt, Case, Finding, History
from outreach.policy.check import Check, Direction
from outreach.policy.checks.counting import count
from outreach.policy.checks.exclusions import EXCLUSIONS, PROFESSIONAL
from outreach.policy.checks.frequency_rule import FrequencyParameters, FrequencyRule
from outreach.policy.checks.people import called
from outreach.policy.checks.prepared import Prepared
from outreach.policy.checks.requests import REQUESTED

__all__ = ["Frequency"]


class Frequency(Check):
    """Counts what went before and asks whether one more would be too many.

    Open and unknown ends count; what provably never left does not. Days are the person's local dates in
    the strictest plausible zone. History before ``known_since`` counts as full.
    """

    kind = "frequency"
    Parameters = FrequencyParameters
    stricter: ClassVar[Mapping[str, Direction]] = {
        "at_most": Direction.FEWER,
        "within": Direction.MORE,
        "unit": Direction.EQUAL,
        "per": Direction.SUBSET,
        "channels": Direction.SUPERSET,
        "what": Direction.EQUAL,
        "endpoint_kinds": Direction.EQUAL,
        "after": Direction.EQUAL,
        "ringless_only": Direction.EQUAL,
        "several_debts": Direction.EQUAL,
        "zones": Direction.EQUAL,
    }
    restricts = frozenset({"attempt", "inbound", "consent_withdrawn", "opt_out"})
    lifts = frozenset({"consent", "inbound", "dispute", "wrong_number", "reassigned_check"})
    subjects = frozenset({"person", "debt", "endpoint"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {**EXCLUSIONS, **REQUESTED}

    def __init__(self) -> None:
        self._rules: Prepared[FrequencyRule] = Prepared(FrequencyRule)

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        rule = self._rules.of(parameters, exceptions)
        kinds = rule.parameters.endpoint_kinds
        if rule.parameters.ringless_only and not case.contact.ringless:
            return NOT_APPLICABLE
        if kinds is not None and case.endpoint_kind not in kinds:
            return NOT_APPLICABLE
        if rule.excluded.professional(case):
            return Finding.allow("a professional party: such calls do not count", lifted=PROFESSIONAL)
        if rule.requested and (lifted := rule.requested.now(case)) is not None:
            return lifted
        if rule.parameters.at_most < 1:
            return Finding.block("none at all is allowed", at_most=rule.parameters.at_most)
        unknown = case.known_since is not None and case.at - case.known_since < rule.reach
        if rule.parameters.what == "conversations":
            if not case.history and not case.shared and not unknown:
                return rule.plain[0]
            return count(case, rule)
        near = _near(case.history, case, rule)
        if "person" not in rule.per and case.shared:
            near = near + _near(case.shared, case, rule)
        if not near and not unknown:
            return rule.plain[0]
        if rule.quick and len(near) < len(rule.plain) and not unknown and _simple(case, rule, near):
            return rule.plain[rule.quick_count(near, case.at, case.places.zones)]
        found = count(case, rule)
        if found.objects and found.until is not None and rule.requested:
            opens = rule.requested.opens(case)
            return found if opens is None else replace(found, until=min(opens, found.until))
        return found


def _near(history: History, case: Case, rule: FrequencyRule) -> list[Attempt]:
    """Attempts that may be inside the window, found from the latest backwards."""
    attempts = history.attempts
    if not attempts:
        return []
    at, to = case.at, case.contact.to
    horizon = at - rule.reach
    person = case.contact.to_person if "person" in rule.per else ""
    by_endpoint, by_collector = "endpoint" in rule.per, "collector" in rule.per
    found = []
    for attempt in reversed(attempts):
        moment = attempt.at
        if moment < horizon:
            break
        if moment > at or attempt.channel not in rule.channels or not attempt.left:
            continue
        if person and called(attempt, case.consumer) != person:
            continue
        if by_endpoint and attempt.to != to:
            continue
        if by_collector and attempt.collector not in ("", case.collector.id):
            continue
        found.append(attempt)
    return found


def _simple(case: Case, rule: FrequencyRule, near: Sequence[Attempt]) -> bool:
    """Whether the near attempts count alike, all for the one debt there is, and none is excluded."""
    if rule.by_debt and len(case.consumer.debts) > 1:
        return False
    if not case.places.zones and rule.window.unit != "hours":
        return False
    excluded = rule.excluded
    if excluded.results and any(each.result in excluded.results for each in near):
        return False
    if excluded.events and (case.history.of("wrong_number") or case.history.of("reassigned_check")):
        return False
    return not excluded.days or not any(
        event.fields.get("scope") in excluded.scopes for event in case.history.of("consent")
    )
