"""Promise 10 over the packs that ship: permission is monotone, rule by rule.

Made from what each check declares. A kind of fact that a check does not list under ``lifts`` may never turn
that rule's no into yes; neither may one more zone or pack, less history, or a consent taken away. Single
uses that the packs name (one reply, one confirmation) stand apart, as promised.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outreach.domain import Case, Event, Finding, Pause, Verdict
from tests.property.cases import answers, cases, shipped, with_events, with_zones
from tests.property.depth import examples
from tests.property.strategies import AGO, KINDS, Fact, facts, fields_of

SINGLE_USE: Final = {"reply-once", "confirmation", "answered-request"}
ZONES = ["America/New_York", "America/Chicago", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu"]


def freed(before: dict[str, Finding], after: dict[str, Finding]) -> dict[str, tuple[Finding, Finding]]:
    """The rules that objected and do not any more, named single uses apart."""
    return {
        rule: (finding, after[rule])
        for rule, finding in before.items()
        if finding.objects and rule in after and not after[rule].objects
        if after[rule].lifted not in SINGLE_USE
    }


def lifted_by(kind: str) -> set[str]:
    """The rules whose check declares that this kind of fact may lift it."""
    return {rule.id for rule in shipped().rules.values() if kind in rule.check.lifts}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_promise_10_one_more_fact_frees_no_rule_that_does_not_say_so(kind: str) -> None:
    @settings(max_examples=examples(12))
    @given(st.data())
    def one_more(data: st.DataObject) -> None:
        case = data.draw(cases())
        fact = Fact(
            kind,
            data.draw(fields_of(kind, case.consumer, case.at.date())),
            data.draw(st.sampled_from(AGO)),
        )
        place = data.draw(st.integers(0, len(case.history.events)))
        events = list(case.history.events)
        after = answers(
            with_events(case, [*events[:place], fact.event(case.at, "one more"), *events[place:]])
        )
        found = freed(answers(case), after)
        assert found.keys() <= lifted_by(kind), found

    one_more()


def test_promise_10_a_kind_that_lifts_no_rule_lets_nothing_through() -> None:
    """Whole decisions: with a fact that no check may be lifted by, no contact is allowed that was not."""
    kinds = sorted(kind for kind in KINDS if not lifted_by(kind))
    # A death lifts one rule: in China others may then be asked (cn.gbt.contacts cites it).
    assert {"opt_out", "cease", "inconvenient", "bankrupt"} <= set(kinds)

    @settings(max_examples=examples(50))
    @given(st.data())
    def nothing_through(data: st.DataObject) -> None:
        case = data.draw(cases())
        before = shipped().decide(case)
        assume(before.verdict is not Verdict.ALLOW)
        fact = data.draw(facts(case.consumer, case.at.date(), kinds))
        events = [*case.history.events, fact.event(case.at, "one more")]
        after = shipped().decide(with_events(case, events))
        if after.verdict is Verdict.ALLOW:
            assert SINGLE_USE & {each.finding.lifted for each in after.findings}, after

    nothing_through()


@settings(max_examples=examples(60))
@given(cases(), st.sampled_from(AGO), st.sampled_from(["accepted", "unknown", "", "no_answer", "voicemail"]))
def test_promise_10_one_more_attempt_of_ours_that_counts_frees_no_limit(
    case: Case, ago: timedelta, end: str
) -> None:
    """Opened, closed and result read together: no rule on attempts is freed, whatever the way."""
    at = case.at - ago
    debts = [debt.id for debt in case.debts]
    fields = {"attempt": "one more", "channel": case.contact.channel.value, "to": case.contact.to}
    fields |= {"person": case.contact.to_person, "purpose": case.contact.purpose.value}
    more = [Event("attempt_opened", at, {**fields, "debts": debts}, id="opened")]
    if end in ("accepted", "unknown"):
        more.append(Event("attempt_closed", at, {"attempt": "one more", "outcome": end}, id="closed"))
    elif end and case.contact.channel == "call":
        result = {"attempt": "one more", "result": end, "counted_to": debts[:1]}
        more.append(Event("call_result", at, result, id="result"))
    found = freed(answers(case), answers(with_events(case, [*case.history.events, *more])))
    assert found.keys() <= lifted_by("attempt"), found


@settings(max_examples=examples(60))
@given(cases("consent"))
def test_promise_10_a_consent_less_frees_no_rule_and_lets_nothing_through(case: Case) -> None:
    consents = [each for each in case.history.events if each.kind == "consent"]
    assert consents
    before, answered = shipped().decide(case), answers(case)
    for consent in consents:
        without = with_events(case, [each for each in case.history.events if each is not consent])
        assert freed(answered, answers(without)) == {}
        if before.verdict is not Verdict.ALLOW:
            assert shipped().decide(without).verdict is not Verdict.ALLOW


@settings(max_examples=examples(60))
@given(cases(), st.sampled_from(ZONES))
def test_promise_10_one_more_plausible_zone_frees_no_rule_and_lets_nothing_through(
    case: Case, zone: str
) -> None:
    assume(case.places.zones and zone not in case.places.zones)
    wider = with_zones(case, [*case.places.zones, zone])
    assert freed(answers(case), answers(wider)) == {}
    if shipped().decide(case).verdict is not Verdict.ALLOW:
        assert shipped().decide(wider).verdict is not Verdict.ALLOW


@settings(max_examples=examples(50))
@given(cases(), st.data())
def test_promise_10_one_more_pack_frees_no_rule_and_lets_nothing_through(
    case: Case, data: st.DataObject
) -> None:
    names = sorted(shipped().digests)
    more = data.draw(st.sampled_from(names))
    fewer = [name for name in names if name != more and data.draw(st.booleans())]
    before, after = shipped().decide(case, fewer), shipped().decide(case, [*fewer, more])
    if before.verdict is not Verdict.ALLOW:
        assert after.verdict is not Verdict.ALLOW
    if before.verdict is Verdict.HOLD and after.verdict is Verdict.HOLD:
        assert before.until is not None
        assert after.until is not None
        assert after.until >= before.until


@settings(max_examples=examples(50))
@given(cases(), st.sampled_from([0, 1, 3, 6, 7, 8]))
def test_promise_10_knowing_less_of_the_past_frees_no_rule(case: Case, days: int) -> None:
    since = case.at - timedelta(days=days)
    assume(case.known_since is None or since > case.known_since)
    less = replace(case, known_since=since)
    assert freed(answers(case), answers(less)) == {}


@settings(max_examples=examples(30))
@given(cases(), st.sampled_from([("everything", ""), ("channel", "call"), ("no such scope", "x")]))
def test_promise_10_one_more_pause_frees_no_rule_and_lets_nothing_through(
    case: Case, pause: tuple[str, str]
) -> None:
    paused = replace(case, pauses=(*case.pauses, Pause(*pause, "under review", case.at)))
    assert freed(answers(case), answers(paused)) == {}
    if shipped().decide(case).verdict is not Verdict.ALLOW:
        assert shipped().decide(paused).verdict is not Verdict.ALLOW
