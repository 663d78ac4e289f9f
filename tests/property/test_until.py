"""The joint earliest lawful instant and the end of an allow, against a walk over the minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, assume, given, settings

from outreach.domain import Case, Decision, Verdict
from tests.property.cases import cases, shipped
from tests.property.depth import examples

HORIZON, STEP, TICK = timedelta(days=3), timedelta(minutes=5), timedelta(microseconds=1)
FILTERED = [HealthCheck.filter_too_much, HealthCheck.too_slow]


def at(case: Case, moment: datetime) -> Decision:
    """The same question about another moment, with nothing new known."""
    return shipped().decide(replace(case, at=moment))


@settings(max_examples=examples(60), suppress_health_check=FILTERED)
@given(cases(most=1))
def test_a_hold_is_allowed_at_its_until_and_not_an_instant_earlier(case: Case) -> None:
    decision = shipped().decide(case)
    assume(decision.verdict is Verdict.HOLD)
    until = decision.until
    assert until is not None
    assert until > case.at
    assert at(case, until).verdict is Verdict.ALLOW
    earlier = at(case, until - TICK)
    assert (earlier.verdict, earlier.until) == (Verdict.HOLD, until)
    for part in range(1, 8):
        between = at(case, case.at + (until - case.at) * part / 8)
        assert (between.verdict, between.until) == (Verdict.HOLD, until)


@settings(max_examples=examples(8), suppress_health_check=FILTERED)
@given(cases(most=1))
def test_walking_every_five_minutes_finds_no_earlier_lawful_instant(case: Case) -> None:
    """And where none is named, none within reach is lawful unless something blocked on the way."""
    decision = shipped().decide(case)
    assume(decision.verdict is Verdict.HOLD)
    assert decision.until is not None
    moment, end = case.at, min(decision.until, case.at + HORIZON)
    while moment < end:
        assert at(case, moment).verdict is not Verdict.ALLOW, moment
        moment += STEP


@settings(max_examples=examples(60), suppress_health_check=FILTERED)
@given(cases(most=1))
def test_an_allow_stays_an_allow_until_its_good_until(case: Case) -> None:
    decision = shipped().decide(case)
    assume(decision.verdict is Verdict.ALLOW)
    end = decision.good_until or case.at + timedelta(days=10)
    assert end > case.at
    for part in range(1, 12):
        moment = case.at + (end - case.at) * part / 12
        assert at(case, moment).verdict is Verdict.ALLOW, moment
    assert at(case, end - TICK).verdict is Verdict.ALLOW


@settings(max_examples=examples(50), suppress_health_check=FILTERED)
@given(cases(most=1))
def test_each_rule_that_holds_names_an_instant_before_which_it_does_not_allow(case: Case) -> None:
    """A rule's own next instant is never too early to be of use, and never later than need be."""
    policy = shipped()
    for each in policy.decide(case).findings:
        until = each.finding.until
        if each.finding.verdict is not Verdict.HOLD or "asked_at" in each.finding.facts:
            continue
        assert until is not None
        assert until > case.at
        rule = policy.rules[each.rule]
        for part in range(1, 6):
            moment = case.at + (until - case.at) * part / 6
            parameters = rule.parameters_on(moment.date())
            asked = rule.check.judge(replace(case, at=moment), parameters, rule.exceptions)
            assert asked.objects, (each.rule, moment)
