"""The exact count behind ``frequency``: what was placed for which debt, and what does not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from outreach.domain import CONSUMER, NOT_APPLICABLE, Attempt, Case, Finding, History, Way
from outreach.policy.checks.attribution import Booked, attribute, placed_for
from outreach.policy.checks.exclusions import ASKED
from outreach.policy.checks.frequency_rule import FrequencyRule
from outreach.policy.checks.kinds_counted import may_be_talk, meant
from outreach.policy.checks.people import called, debt_keys, said_by
from outreach.policy.checks.requests import THEIRS
from outreach.policy.zones import local

__all__ = ["count"]


def count(case: Case, rule: FrequencyRule) -> Finding:
    """The exact answer: everything booked to its debts, exclusions taken out, every zone looked at."""
    zones = case.places.zones
    if not zones and rule.window.unit != "hours":
        return Finding.block("no time zone is known, so days cannot be counted")
    keys = (
        debt_keys(case, by_account="account_group" in rule.per, by_creditor="creditor" in rule.per)
        if rule.by_debt
        else {}
    )
    wanted = sorted({keys[debt] for debt in case.debt_ids}) if rule.by_debt and case.debts else [""]
    worst: Finding | None = None
    allowed: Finding | None = None
    booked = _book(case, rule, keys)
    if rule.parameters.after:
        began = _first_talk(case, rule)
        if began is None:
            return Finding.allow("not spoken with yet")
        booked = [(each, why) for each, why in booked if each.at > began]
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
    asked = rule.requested.before(case) if rule.requested else {}
    keys = keys or {"": ""}
    notes: dict[int, str] = {}

    def counts(attempt: Attempt) -> bool:
        if not _concerns(attempt, case, rule):
            return False
        why = excluded.counts(attempt, disowned) or asked.get(id(attempt), "")
        if why:
            notes[id(attempt)] = why
        return not why

    def book(history: History, who: str) -> list[Booked]:
        return attribute(
            history,
            case.consumer,
            keys=keys,
            window=rule.window,
            zones=case.places.zones,
            person=who,
            at=case.at,
            counts=counts,
        )

    people = {person}
    if "person" not in rule.per:
        people |= {called(attempt, case.consumer) for attempt in case.history.attempts} | {CONSUMER}
    booked = [_reread(each, rule, keys) for who in sorted(people) for each in book(case.history, who)]
    result = [(each, "") for each in booked]
    if "person" not in rule.per and case.shared:
        result += [(_of(each, keys), "") for each in case.shared.attempts if counts(each)]
    everything = (*case.history.attempts, *case.shared.attempts)
    return result + [(_of(each, keys), notes[id(each)]) for each in everything if id(each) in notes]


def _concerns(attempt: Attempt, case: Case, rule: FrequencyRule) -> bool:
    """Whether the rule counts attempts such as this one, exclusions apart."""
    if not attempt.left or attempt.channel not in rule.channels or attempt.at > case.at:
        return False
    if "endpoint" in rule.per and attempt.to != case.contact.to:
        return False
    if "collector" in rule.per and attempt.collector not in ("", case.collector.id):
        return False
    if rule.parameters.ringless_only and not attempt.ringless:
        return False
    kinds = rule.parameters.endpoint_kinds
    if kinds is not None and case.consumer.kind_by(attempt.channel, attempt.to) not in kinds:
        return False
    return meant(attempt, rule.parameters.what)


def _of(attempt: Attempt, keys: Mapping[str, str]) -> Booked:
    """An attempt booked to every debt it may have been about."""
    placed, _ = placed_for(attempt, keys)
    talked = placed if attempt.is_conversation or may_be_talk(attempt) else frozenset()
    return Booked(attempt.at, placed, talked, attempt)


def _reread(booked: Booked, rule: FrequencyRule, keys: Mapping[str, str]) -> Booked:
    """What was booked, as this rule reads it: debts not chosen between, an open end taken as a talk."""
    attempt = booked.attempt
    if attempt is None:
        return booked
    if rule.parameters.several_debts == "each":
        about = frozenset(keys.get(debt, debt) for debt in attempt.debts) or frozenset(keys.values())
        booked = replace(booked, placed=booked.placed | about)
    return replace(booked, talked=booked.placed) if may_be_talk(attempt) else booked


def _first_talk(case: Case, rule: FrequencyRule) -> datetime | None:
    """When the person was first spoken with, about whatever debt and whoever began."""
    if case.known_since is not None:
        return datetime.min.replace(tzinfo=UTC)  # before that we may have spoken
    person, disowned = case.contact.to_person, rule.excluded.disowned(case)
    talks = [
        each.at
        for each in case.history.attempts
        if (each.is_conversation or may_be_talk(each))
        and called(each, case.consumer) == person
        and not rule.excluded.counts(each, disowned)
    ]
    talks += [
        event.at
        for event in case.history.of("inbound")
        if event.fields.get("conversation") and said_by(event, case.consumer, "from") == person
    ]
    return min((moment for moment in talks if moment <= case.at), default=None)


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
    hers = talks and Way.CALL in rule.channels
    since = window.start(case.at, zones)
    moments: list[datetime] = []
    aside: Counter[str] = Counter()
    for each, why in booked:
        if each.at < since or (rule.by_debt and key and key not in (each.talked if talks else each.placed)):
            continue
        if each.attempt is None and not hers:
            aside[THEIRS] += talks and Way.CALL in rule.channels
            continue  # a call of hers is no call placed
        if talks and not each.talked:
            continue
        if why:
            aside[why] += 1
        elif each.attempt is None and rule.requested.theirs:
            aside[THEIRS] += 1
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
    if +aside:
        facts["not_counted"] = dict(sorted((+aside).items()))
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
