"""The gate: strictest answer wins, and whatever goes wrong is an objection (promise 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain import (
    ALLOWED,
    NOT_APPLICABLE,
    Case,
    Consumer,
    Debt,
    Decision,
    Finding,
    Places,
    RuleFinding,
    Verdict,
    Way,
)
from outreach.policy import Policy, load, load_documents
from tests.policy.toys import HEAD, NOON, OHIO, case, checks, policy, rule, scripted, write

LATER = NOON + timedelta(hours=3)
AN_HOUR = timedelta(hours=1)


def judged(tmp_path: Path, *answers: Callable[[Case], Any]) -> Decision:
    """The decision of rules that give these answers."""
    names = [f"r{number}" for number in range(len(answers))]
    script = dict(zip(names, answers, strict=True))
    return policy(tmp_path, scripted(*names), script).decide(case())


def hold_until(moment: datetime) -> Callable[[Case], Finding]:
    """A rule that holds until a moment and allows from it."""
    return lambda asked: Finding.hold("waits", until=moment) if asked.at < moment else ALLOWED


def allow(_: Case) -> Finding:
    return ALLOWED


def block(_: Case) -> Finding:
    return Finding.block("no")


# ---- the strictest answer ------------------------------------------------------------------------


def test_nothing_objects_allow(tmp_path: Path) -> None:
    decision = judged(tmp_path, allow, lambda _: NOT_APPLICABLE, lambda _: Finding.allow("fine", used=2))
    assert decision.verdict is Verdict.ALLOW
    assert decision.objections == ()
    assert [each.finding.verdict for each in decision.findings] == ["allow", "not_applicable", "allow"]


def test_hold_wins_over_allow_and_block_over_hold(tmp_path: Path) -> None:
    held = judged(tmp_path / "a", allow, hold_until(LATER))
    assert (held.verdict, held.until) == (Verdict.HOLD, LATER)
    blocked = judged(tmp_path / "b", hold_until(LATER), block, allow)
    assert (blocked.verdict, blocked.until) == (Verdict.BLOCK, None)
    assert [each.rule for each in blocked.objections] == ["toy.r1", "toy.r0"]


def test_every_rule_is_asked_even_after_a_block(tmp_path: Path) -> None:
    decision = judged(tmp_path, block, allow, hold_until(LATER))
    assert len(decision.findings) == 3


def test_a_warning_never_decides_and_is_said(tmp_path: Path) -> None:
    text = scripted("no", "yes").replace("check: scripted", "weight: warn\n    check: scripted", 1)
    decision = policy(tmp_path, text, {"no": block, "yes": allow}).decide(case())
    assert decision.verdict is Verdict.ALLOW
    assert decision.objections == ()
    assert "toy.no: no" in decision.warnings


def test_good_until_is_the_earliest_of_all_rules_and_not_of_warnings(tmp_path: Path) -> None:
    text = scripted("a", "b", "c").replace("check: scripted", "weight: warn\n    check: scripted", 1)
    script = {
        "a": lambda _: Finding.allow(until=NOON + AN_HOUR),
        "b": lambda _: Finding.allow(until=NOON + 3 * AN_HOUR),
        "c": lambda _: Finding.allow(until=NOON + 2 * AN_HOUR),
    }
    decision = policy(tmp_path, text, script).decide(case())
    assert decision.good_until == NOON + 2 * AN_HOUR


@settings(max_examples=40)
@given(st.permutations(["a", "b", "c", "d"]), st.data())
def test_the_order_of_packs_never_matters(order: list[str], data: st.DataObject) -> None:
    answers: dict[str, Callable[[Case], Any]] = {
        "allow": allow,
        "block": block,
        "hold": hold_until(LATER),
        "hold-longer": hold_until(LATER + AN_HOUR),
        "raises": lambda _: 1 / 0,
    }
    chosen = {name: data.draw(st.sampled_from(sorted(answers))) for name in "abcd"}
    script = {name: answers[answer] for name, answer in chosen.items()}
    texts = {
        name: HEAD.format(name=f"us.{name}", jurisdiction="us") + scripted(name) for name in sorted(chosen)
    }
    straight = load_documents([texts[name] for name in sorted(texts)], checks(script)).decide(case())
    shuffled = load_documents([texts[name] for name in order], checks(script)).decide(case())
    assert straight == shuffled


# ---- promise 3: fail closed ----------------------------------------------------------------------


def only(decision: Decision) -> Finding:
    (objection,) = decision.objections
    return objection.finding


def test_promise_3_a_check_that_raises_blocks_naming_only_the_kind_of_error(tmp_path: Path) -> None:
    def raises(_: Case) -> Finding:
        raise RuntimeError("+16145550123 belongs to Ana Diaz")

    decision = judged(tmp_path, allow, raises)
    assert decision.verdict is Verdict.BLOCK
    assert "RuntimeError" in only(decision).reason
    assert "Ana" not in repr(decision)


NAIVE = datetime(2026, 5, 13)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        True,
        "allow",
        Verdict.ALLOW,
        RuleFinding("toy.r0", (), ALLOWED),
        Finding("allow"),  # type: ignore[arg-type]
        Finding(None),  # type: ignore[arg-type]
        Finding(Verdict.HOLD, "without an end"),
        Finding(Verdict.HOLD, "ends in the past", NOON - AN_HOUR),
        Finding(Verdict.HOLD, "ends now", NOON),
        Finding(Verdict.HOLD, "has no zone", NAIVE),
        Finding(Verdict.HOLD, "never ends", datetime.max.replace(tzinfo=UTC)),
        Finding(Verdict.HOLD, "is no instant", "tomorrow"),  # type: ignore[arg-type]
        Finding(Verdict.ALLOW, "until a moment past", NOON - AN_HOUR),
        Finding(Verdict.ALLOW, "until now", NOON),
        Finding(Verdict.ALLOW, "has no zone", NAIVE),
    ],
    ids=repr,
)
def test_promise_3_an_answer_that_makes_no_sense_blocks(tmp_path: Path, answer: Any) -> None:
    decision = judged(tmp_path, lambda _: answer)
    assert decision.verdict is Verdict.BLOCK
    assert "scripted" in only(decision).reason


def test_promise_3_a_check_that_fails_at_a_later_moment_blocks(tmp_path: Path) -> None:
    def fails_later(asked: Case) -> Finding:
        return ALLOWED if asked.at == NOON else 1 / 0  # type: ignore[return-value]

    decision = judged(tmp_path, hold_until(LATER), fails_later)
    assert decision.verdict is Verdict.BLOCK
    assert {each.rule for each in decision.objections} == {"toy.r0", "toy.r1"}


def test_promise_3_a_missing_fact_blocks_naming_it(tmp_path: Path) -> None:
    loaded = policy(tmp_path, rule("toy.fact", "fact", "{}"))
    for facts in ({}, {"listed": None}, {"other": True}):
        decision = loaded.decide(case(facts=facts))
        assert decision.verdict is Verdict.BLOCK
        assert "'listed'" in only(decision).reason
    assert loaded.decide(case(facts={"listed": False})).verdict is Verdict.ALLOW
    assert loaded.decide(case(facts={"listed": True})).verdict is Verdict.BLOCK


def test_promise_3_an_unknown_zone_blocks(tmp_path: Path) -> None:
    loaded = policy(tmp_path, scripted("yes"), {"yes": allow})
    decision = loaded.decide(case(places=replace(OHIO, zones=("America/New_York", "Napakiak"))))
    assert decision.verdict is Verdict.BLOCK
    assert "Napakiak" in decision.reason
    stated = loaded.places(Consumer(id="c", timezone="Mars/Phobos", phones=case().consumer.phones))
    assert loaded.decide(case(places=stated)).verdict is Verdict.BLOCK


def test_promise_3_no_place_known_blocks(tmp_path: Path) -> None:
    decision = policy(tmp_path, scripted("yes"), {"yes": allow}).decide(case(places=Places()))
    assert decision.verdict is Verdict.BLOCK
    assert decision.reason == "no place is known for this person"


def test_promise_3_no_law_known_blocks_naming_the_country(tmp_path: Path) -> None:
    loaded = policy(tmp_path, scripted("yes"), {"yes": allow})
    there = Places(zones=("Europe/Berlin",), jurisdictions=("de", "us"))
    decision = loaded.decide(case(places=there))
    assert decision.verdict is Verdict.BLOCK
    assert decision.reason == "no law known for DE"
    assert load([], {}).decide(case()).reason == "no law known for US-OH"


def test_promise_3_a_pack_that_has_ended_is_no_law(tmp_path: Path) -> None:
    text = scripted("yes").replace("}}", '}, "2026-05-01": null}')
    loaded = policy(tmp_path, text, {"yes": allow})
    assert loaded.decide(case()).reason == "no law known for US-OH"
    assert loaded.decide(case(at=NOON - timedelta(days=30))).verdict is Verdict.ALLOW


def test_promise_3_a_pack_that_is_not_installed_blocks(tmp_path: Path) -> None:
    loaded = policy(tmp_path, scripted("yes"), {"yes": allow})
    decision = loaded.decide(case(), packs=["us.toy", "us.other"])
    assert (decision.verdict, decision.reason) == (Verdict.BLOCK, "pack not installed")
    assert loaded.decide(case(), packs=["us.toy"]).verdict is Verdict.ALLOW


def test_a_moment_without_zone_is_not_judged(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="aware"):
        policy(tmp_path, scripted("yes"), {"yes": allow}).decide(case(at=NAIVE))


# ---- which rules are asked -----------------------------------------------------------------------


def two_packs(tmp_path: Path, second: str) -> Policy:
    write(tmp_path, scripted("federal"))
    write(tmp_path, scripted("local"), "us.local", second)
    return load([tmp_path], checks({"federal": allow, "local": block}))


@pytest.mark.parametrize(
    ("jurisdiction", "asked"),
    [
        ("us.oh", True),
        ("us.ky", False),
        ("any", True),
        ("us", True),
        ("us.oh.columbus", False),
        ("ca", False),
    ],
)
def test_packs_of_every_place_are_asked_and_no_others(tmp_path: Path, jurisdiction: str, asked: bool) -> None:
    decision = two_packs(tmp_path, jurisdiction).decide(case())
    assert ("toy.local" in {each.rule for each in decision.findings}) is asked
    assert set(decision.packs) == ({"us.toy", "us.local"} if asked else {"us.toy"})


def test_a_region_without_a_pack_is_judged_by_its_country_with_a_warning(tmp_path: Path) -> None:
    decision = two_packs(tmp_path, "us.ky").decide(case())
    assert decision.verdict is Verdict.ALLOW
    assert decision.warnings == ("no pack for US-OH is loaded: judged by the law of US",)


def test_a_region_with_a_pack_brings_no_warning(tmp_path: Path) -> None:
    assert two_packs(tmp_path, "us.oh").decide(case()).warnings == ()


def test_a_regions_pack_is_law_enough_for_that_region_and_not_for_the_next(tmp_path: Path) -> None:
    write(tmp_path, scripted("yes"), "ca.on", "ca.on")
    loaded = load([tmp_path], checks({"yes": allow}))
    zones = ("America/Toronto",)
    ontario, quebec = Places(zones, ("ca", "ca.on")), Places(zones, ("ca", "ca.on", "ca.qc"))
    assert loaded.decide(case(places=ontario)).verdict is Verdict.ALLOW
    assert loaded.decide(case(places=quebec)).reason == "no law known for CA-QC"


@pytest.mark.parametrize(
    ("applies_to", "asked"),
    [
        ("channel: [call]", True),
        ("channel: [sms]", False),
        ("purpose: [collect]", True),
        ("purpose: [location]", False),
        ("audience: [third_party]", False),
        ("collector: [agency]", True),
        ("collector: [bank]", False),
        ("debt_kind: [medical]", True),
        ("debt_kind: [mortgage]", False),
        ("channel: [call], debt_kind: [mortgage, credit_card]", True),
    ],
)
def test_a_rule_is_asked_only_about_what_it_applies_to(tmp_path: Path, applies_to: str, asked: bool) -> None:
    text = scripted("no") + f"    applies_to: {{{applies_to}}}\n" + scripted("yes")
    debts = (Debt("d1", "credit_card"), Debt("d2", "medical"))
    decision = policy(tmp_path, text, {"no": block, "yes": allow}).decide(case(debts=debts))
    assert (decision.verdict is Verdict.BLOCK) is asked


def test_with_no_debt_known_a_rule_on_kinds_of_debts_is_asked(tmp_path: Path) -> None:
    text = scripted("no") + "    applies_to: {debt_kind: [mortgage]}\n"
    assert policy(tmp_path, text, {"no": block}).decide(case()).verdict is Verdict.BLOCK


@pytest.mark.parametrize(("rules_on", "asked"), [("call", True), ("voicemail", True), ("sms", False)])
def test_a_voicemail_meets_every_rule_on_calls(tmp_path: Path, rules_on: str, asked: bool) -> None:
    text = scripted("no") + f"    applies_to: {{channel: [{rules_on}]}}\n"
    voicemail = replace(case().contact, channel=Way.VOICEMAIL)
    decision = policy(tmp_path, text, {"no": block}).decide(replace(case(), contact=voicemail))
    assert (decision.verdict is Verdict.BLOCK) is asked


def test_plans_of_different_contacts_do_not_mix(tmp_path: Path) -> None:
    text = scripted("no") + "    applies_to: {channel: [sms]}\n" + scripted("yes")
    loaded = policy(tmp_path, text, {"no": block, "yes": allow})
    call = case()
    sms = replace(call, contact=replace(call.contact, channel=Way.SMS))
    verdicts = [loaded.decide(each).verdict for each in (call, sms, call, sms)]
    assert verdicts == ["allow", "block", "allow", "block"]


# ---- dates ---------------------------------------------------------------------------------------


def dated(tmp_path: Path) -> Policy:
    text = scripted("old").replace("}}", '}, "2026-06-01": {say: "new"}}')
    return policy(tmp_path, text, {"old": allow, "new": block})


@pytest.mark.parametrize(
    ("moment", "verdict"),
    [
        ("2026-05-31T23:59:59-04:00", "allow"),
        ("2026-06-01T00:00:00-04:00", "block"),
    ],
)
def test_a_rule_changes_at_local_midnight(tmp_path: Path, moment: str, verdict: str) -> None:
    assert dated(tmp_path).decide(case(at=datetime.fromisoformat(moment))).verdict == verdict


def test_while_zones_stand_on_both_sides_of_a_change_both_versions_are_asked(tmp_path: Path) -> None:
    """01:00 on the 1st in New York is still the 31st in Los Angeles."""
    both = Places(("America/Los_Angeles", "America/New_York"), ("us",))
    decision = dated(tmp_path).decide(case(at=datetime.fromisoformat("2026-06-01T01:00-04:00"), places=both))
    assert [each.finding.verdict for each in decision.findings] == ["allow", "block"]
    assert decision.verdict is Verdict.BLOCK


def test_without_a_known_zone_both_versions_are_asked_while_it_may_be_either_day(tmp_path: Path) -> None:
    nowhere = Places((), ("us",))
    loaded = dated(tmp_path)
    for hour, count in ((9, 1), (10, 2), (35, 2), (36, 1)):  # UTC+14 to UTC-12 around the 1st
        at = datetime(2026, 5, 31, tzinfo=UTC) + timedelta(hours=hour)
        assert len(loaded.decide(case(at=at, places=nowhere)).findings) == count


def test_an_allow_is_not_good_beyond_the_next_change_of_rules(tmp_path: Path) -> None:
    loaded = dated(tmp_path)
    midnight = datetime.fromisoformat("2026-06-01T00:00:00-04:00")
    assert loaded.decide(case(at=midnight - timedelta(minutes=1))).good_until == midnight
    early = loaded.decide(case()).good_until
    assert early is not None
    assert NOON < early <= midnight


def test_a_hold_that_ends_after_a_change_is_judged_by_the_new_rule(tmp_path: Path) -> None:
    text = scripted("wait") + scripted("old").replace("}}", '}, "2026-06-01": {say: "new"}}')
    until = datetime.fromisoformat("2026-06-02T12:00:00-04:00")
    loaded = policy(tmp_path, text, {"wait": hold_until(until), "old": allow, "new": block})
    decision = loaded.decide(case(at=datetime.fromisoformat("2026-05-31T12:00:00-04:00")))
    assert decision.verdict is Verdict.BLOCK
    assert "toy.old" in {each.rule for each in decision.objections}


def test_promise_8_the_same_case_gets_the_same_decision_from_kept_texts(tmp_path: Path) -> None:
    script = {"a": hold_until(LATER), "b": allow}
    loaded = policy(tmp_path, scripted("a", "b"), script)
    for order in permutations(loaded.documents.values()):
        assert load_documents(list(order), checks(script)).decide(case()) == loaded.decide(case())


def test_versions_of_the_data_are_told(tmp_path: Path) -> None:
    versions = policy(tmp_path, scripted("a"), {"a": allow}).versions
    assert {"tzdata", "phonenumbers", "zipcodes", "zip2info", "holidays"} == set(versions)
    assert all(versions.values())


# ---- what the mutation run asked for ---------------------------------------------------------------


def test_a_rule_about_other_debts_does_not_keep_the_next_from_being_asked(tmp_path: Path) -> None:
    text = scripted("a", "b").replace(
        "check: scripted", "applies_to: {debt_kind: [medical]}\n    check: scripted", 1
    )
    decision = policy(tmp_path, text, {"a": allow, "b": block}).decide(case(debts=(Debt("d1", kind="auto"),)))
    assert (Verdict.BLOCK, ["toy.b"]) == (decision.verdict, [each.rule for each in decision.findings])


def test_a_hold_after_a_block_does_not_soften_it_nor_does_a_block_after_a_hold_wait(tmp_path: Path) -> None:
    for name, answers in (("a", (block, hold_until(LATER))), ("b", (hold_until(LATER), block))):
        decision = judged(tmp_path / name, *answers)
        assert (Verdict.BLOCK, None, None) == (decision.verdict, decision.until, decision.good_until)
        assert "no" in decision.reason


def test_a_decision_bears_its_moment_and_only_an_allow_says_how_long_it_is_good(tmp_path: Path) -> None:
    script = {"a": lambda asked: Finding.allow("open", until=LATER), "b": hold_until(LATER - AN_HOUR)}
    loaded = policy(tmp_path, scripted("a", "b"), script)
    held = loaded.decide(case())
    assert (NOON, None) == (held.at, held.good_until)
    allowed = loaded.decide(case(at=LATER - AN_HOUR))
    assert (LATER - AN_HOUR, LATER) == (allowed.at, allowed.good_until)


def test_the_same_packs_are_asked_about_the_later_moment(tmp_path: Path) -> None:
    """A pack that was not named stays out of the search, whatever it would say."""
    write(tmp_path, scripted("a"))
    write(tmp_path, scripted("b").replace("toy.b", "other.b"), "us.other")
    loaded = load([tmp_path], checks({"a": hold_until(LATER), "b": block}))
    decision = loaded.decide(case(), ["us.toy"])
    assert (Verdict.HOLD, LATER) == (decision.verdict, decision.until)


@pytest.mark.parametrize(
    ("answer", "flaw"),
    [
        (lambda _: None, "returned no finding"),
        (lambda _: Finding("maybe"), "returned no verdict"),
        (lambda _: Finding(Verdict.HOLD), "holds without an end"),
        (lambda _: Finding(Verdict.HOLD, until="noon"), "names no instant"),
        (
            lambda _: Finding(Verdict.HOLD, until=LATER.replace(tzinfo=None)),
            "names an instant without a zone",
        ),
        (lambda _: Finding(Verdict.HOLD, until=datetime.max.replace(tzinfo=UTC)), "holds for ever"),
        (lambda _: Finding(Verdict.HOLD, until=NOON), "names an instant that is not ahead"),
    ],
)
def test_promise_3_an_answer_that_cannot_be_taken_blocks_and_says_why(
    tmp_path: Path, answer: Callable[[Case], Any], flaw: str
) -> None:
    decision = judged(tmp_path, answer)
    assert (Verdict.BLOCK, f"the check scripted {flaw}") == (decision.verdict, decision.reason)


# ---- what the gate itself says -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "rule_id", "facts"),
    [
        (replace(OHIO, zones=("Napakiak", "Bar")), "gate.unknown-zone", {"zones": ["Bar", "Napakiak"]}),
        (Places(), "gate.no-place", {}),
        (Places(zones=("Europe/Berlin",), jurisdictions=("de",)), "gate.no-law", {"place": "DE"}),
    ],
)
def test_an_objection_of_the_gate_is_a_finding_with_its_name_and_facts(
    tmp_path: Path, places: Places, rule_id: str, facts: dict[str, Any]
) -> None:
    loaded = policy(tmp_path, scripted("yes"), {"yes": allow})
    decision = loaded.decide(case(places=places))
    (objection,) = decision.objections
    assert objection in decision.findings
    assert (rule_id, (), facts) == (objection.rule, objection.cites, dict(objection.finding.facts))


def test_each_pack_that_is_not_installed_is_named(tmp_path: Path) -> None:
    decision = policy(tmp_path, scripted("yes"), {"yes": allow}).decide(case(), packs=["us.b", "us.a"])
    assert [("gate.pack-not-installed", "us.a"), ("gate.pack-not-installed", "us.b")] == [
        (each.rule, each.finding.facts["pack"]) for each in decision.objections
    ]
