"""Case files: strict reading, and comparison as the format says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import Audience, EndpointKind, Purpose, Result
from outreach.errors import PolicyError
from outreach.policy import CaseResult, Policy, load, run_cases, succeeded
from outreach.policy.casefiles import read_cases
from tests.policy.toys import checks, rule, write

CASE = """\
- id: one
  title: a case
  {packs}
  consumer:
    id: c1
    addresses: [{{kind: home, country: US, region: OH, postal_code: "43215"}}]
    phones: [{{number: "+16145550123", kind: mobile}}]
    people: [{{id: p1, relation: friend, phones: [{{number: "+16145550188", kind: work}}]}}]
  debts: [{{id: d1, kind: medical}}, {{id: d2}}]
  history: {history}
  contact: {contact}
  expect: {expect}
  {more}
"""
CONTACT = '{at: "2026-05-12T12:00:00-04:00", channel: call, to: "+16145550123"}'
RULES = rule("toy.hours", "opening", '{opens: "08:00", closes: "21:00"}', "1 TOY 6(b)(1)(i)") + rule(
    "toy.limit", "limit", "{at_most: 1}", "1 TOY 14(b)"
)


def text(
    contact: str = CONTACT,
    expect: str = "{verdict: allow}",
    history: str = "[]",
    packs: str = "packs: [us.toy]",
    more: str = "",
) -> str:
    return CASE.format(contact=contact, expect=expect, history=history, packs=packs, more=more)


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    folder = tmp_path / "packs"
    write(folder, RULES)
    write(folder, rule("house.none", "limit", "{at_most: 9}"), "house", "any")
    return load([folder], checks())


def one(policy: Policy, tmp_path: Path, content: str) -> CaseResult:
    path = tmp_path / "cases.yaml"
    path.write_text(content, encoding="utf-8")
    (result,) = run_cases(policy, [path])
    return result


NIGHT = CONTACT.replace("T12:00", "T22:00")


@pytest.mark.parametrize(
    ("expect", "passed"),
    [
        ("{verdict: hold}", True),
        ("{verdict: block}", False),
        ("{verdict: allow}", False),
        ('{verdict: hold, until: "2026-05-13T08:00:00-04:00"}', True),
        ('{verdict: hold, until: "2026-05-13T12:00:00+00:00"}', True),  # the same instant
        ('{verdict: hold, until: "2026-05-13T08:00:01-04:00"}', False),
        ("{verdict: hold, cites: [1 TOY 6(b)]}", True),  # the beginning of a citation
        ("{verdict: hold, cites: [1 TOY 9, 1 TOY 6(b)(1)(i)]}", True),  # one of them is enough
        ("{verdict: hold, cites: [1 TOY 6(b)(1)(i)(A)]}", False),
        ("{verdict: hold, cites: [1 TOY 14(b)]}", False),  # cited by a rule that does not object
    ],
)
def test_verdict_until_and_citation_are_compared(
    policy: Policy, tmp_path: Path, expect: str, passed: bool
) -> None:
    assert one(policy, tmp_path, text(contact=NIGHT, expect=expect)).passed is passed


@pytest.mark.parametrize("packs", ["packs: [us.toy, house]", "note: none"])
def test_citations_are_compared_only_where_every_named_pack_is_american(
    policy: Policy, tmp_path: Path, packs: str
) -> None:
    content = text(contact=NIGHT, expect="{verdict: hold, cites: [elsewhere]}", packs=packs)
    assert one(policy, tmp_path, content).passed


def test_citations_of_an_allow_are_for_the_reader(policy: Policy, tmp_path: Path) -> None:
    assert one(policy, tmp_path, text(expect="{verdict: allow, cites: [elsewhere]}")).passed


def test_a_case_without_packs_is_judged_by_those_in_force(policy: Policy, tmp_path: Path) -> None:
    result = one(policy, tmp_path, text(packs="note: none"))
    assert {each["rule"] for each in result.got["findings"]} == {"toy.hours", "toy.limit", "house.none"}
    named = one(policy, tmp_path, text())
    assert {each["rule"] for each in named.got["findings"]} == {"toy.hours", "toy.limit"}


def test_a_pack_that_is_not_installed_is_answered_so_and_fails(policy: Policy, tmp_path: Path) -> None:
    result = one(policy, tmp_path, text(packs="packs: [us.toy, cn]", expect="{verdict: block}"))
    assert result.got == {"verdict": "block", "reason": "pack not installed"}
    assert not result.passed


def test_a_result_prints_as_the_format_says(policy: Policy, tmp_path: Path) -> None:
    printed = one(policy, tmp_path, text(contact=NIGHT, expect="{verdict: hold}")).as_dict()
    assert {"id", "passed", "ambiguous", "expected", "got"} <= set(printed)
    assert {"verdict", "until", "cites", "findings"} <= set(printed["got"])
    assert printed["got"]["until"] == "2026-05-13T12:00:00+00:00"
    assert printed["got"]["cites"] == ["1 TOY 6(b)(1)(i)"]


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ("note: x", True),
        ("ambiguous: true", False),
        ("confidence: memory", False),
        ("confidence: verified", True),
    ],
)
def test_only_unambiguous_verified_cases_decide_the_outcome(
    policy: Policy, tmp_path: Path, more: str, counts: bool
) -> None:
    result = one(policy, tmp_path, text(expect="{verdict: block}", more=more))
    assert not result.passed
    assert succeeded([result]) is not counts
    assert {"id", "passed", "ambiguous", "confidence", "expected", "got"} == result.as_dict().keys()
    assert (counts, False) == (
        not result.as_dict()["ambiguous"] and result.as_dict()["confidence"] == "verified",
        result.as_dict()["passed"],
    )


def test_succeeded_needs_every_case_that_counts(policy: Policy, tmp_path: Path) -> None:
    good = one(policy, tmp_path, text())
    bad = one(policy, tmp_path, text(expect="{verdict: block}"))
    assert succeeded([good])
    assert not succeeded([good, bad])


# ---- reading -------------------------------------------------------------------------------------


def refused(policy: Policy, tmp_path: Path, content: str) -> PolicyError:
    path = tmp_path / "bad.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        list(run_cases(policy, [path]))
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("title: a case", "titel: a case", 2),
        ("  title: a case\n", "", 1),
        ('"43215"', "43215", 6),
        ('"+16145550123", kind: mobile', '"614", kind: mobile', 7),
        ("kind: mobile", "kind: moble", 7),
        ("relation: friend", "relation: pal", 8),
        ("kind: medical", "kind: medcal", 9),
        ("history: []", "history: [{at: soon, event: cease}]", 10),
        ("history: []", 'history: [{at: "2026-01-01T00:00:00", event: cease}]', 10),
        ("history: []", 'history: [{at: "2026-01-01T00:00:00Z", event: seize}]', 10),
        ("history: []", 'history: [{at: "2026-01-01T00:00:00Z", event: cease, scope: call}]', 10),
        ("history: []", 'history: [{at: "2026-01-01T00:00:00Z", event: decided}]', 10),
        ("history: []", 'history: [{at: "2026-01-01T00:00:00Z", event: attempt, outcome: engaged}]', 10),
        ("history: []", 'history: [{at: "2026-01-01T00:00:00Z", event: inconvenient, from: "3pm"}]', 10),
        ("history: []", 'history: [{at: "2026-01-01T00:00:00Z", event: inconvenient, days: [monday]}]', 10),
        ("history: []", 'history: [{at: "2026-01-01T00:00:00Z", event: consent, until: "soon"}]', 10),
        ('at: "2026-05-12T12:00:00-04:00"', 'at: "2026-05-12T12:00:00"', 11),
        ("channel: call", "channel: phone", 11),
        ('to: "+16145550123"}', 'to: "+16145550123", debts: [d9]}', 11),
        ('to: "+16145550123"}', 'to: "+16145550123", person: p9}', 11),
        ('to: "+16145550123"}', 'to: "+16145550000"}', 11),
        ("verdict: allow", "verdict: allowed", 12),
        ("expect: {verdict: allow}", "expect: {verdict: hold, until: tomorrow}", 12),
        ("packs: [us.toy]", "packs: us.toy", 3),
    ],
)
def test_what_cannot_be_read_as_meant_is_refused_with_its_line(
    policy: Policy, tmp_path: Path, old: str, new: str, line: int
) -> None:
    content = text()
    assert old in content
    error = refused(policy, tmp_path, content.replace(old, new, 1))
    assert error.where.split("bad.yaml:")[1].split(":")[0] == str(line)
    assert "+1614" not in str(error)


def test_two_cases_of_one_id_are_refused(policy: Policy, tmp_path: Path) -> None:
    assert "two cases are called one" in refused(policy, tmp_path, text() + text()).what


@pytest.mark.parametrize("content", ["id: one\n", "- one\n", "", "- id: [\n"])
def test_what_is_no_list_of_cases_is_refused(policy: Policy, tmp_path: Path, content: str) -> None:
    assert "bad.yaml:" in refused(policy, tmp_path, content).where


def test_folders_are_searched_and_packs_in_them_left_out(policy: Policy, tmp_path: Path) -> None:
    inside = tmp_path / "packs" / "us"
    (inside / "toy" / "cases.yaml").write_text(text(), encoding="utf-8")
    (inside / "more.yml").write_text(text().replace("id: one", "id: two"), encoding="utf-8")
    assert sorted(result.id for result in run_cases(policy, [tmp_path / "packs"])) == ["one", "two"]
    with pytest.raises(PolicyError, match="not there"):
        list(run_cases(policy, [tmp_path / "none"]))


def read_cases_of(policy: Policy, tmp_path: Path, content: str) -> list[Any]:
    path = tmp_path / "cases.yaml"
    path.write_text(content, encoding="utf-8")
    return [each.case for each in read_cases(policy, path)]


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ('channel: call, to: "+16145550123"', ("consumer", Audience.CONSUMER, Purpose.COLLECT, "mobile")),
        ('channel: call, to: "+16145550188"', ("p1", Audience.THIRD_PARTY, Purpose.LOCATION, "work")),
        ("channel: letter, to: home", ("consumer", Audience.CONSUMER, Purpose.COLLECT, "home")),
        ("channel: letter, to: work", ("consumer", Audience.CONSUMER, Purpose.COLLECT, "work")),
        ("channel: visit, to: p1", ("p1", Audience.THIRD_PARTY, Purpose.LOCATION, "unknown")),
        (
            'channel: call, to: "+16145550188", purpose: collect, person: consumer',
            ("consumer", Audience.CONSUMER, Purpose.COLLECT, "work"),
        ),
    ],
)
def test_what_a_contact_leaves_out_is_found(
    policy: Policy, tmp_path: Path, contact: str, expected: tuple[str, Audience, Purpose, str]
) -> None:
    (case,) = read_cases_of(policy, tmp_path, text(contact=f'{{at: "2026-05-12T12:00:00Z", {contact}}}'))
    found = (case.contact.to_person, case.audience, case.contact.purpose, case.to_kind)
    assert found == (*expected[:3], EndpointKind(expected[3]))
    assert case.debt_ids == ("d1", "d2")


def test_history_becomes_events_and_attempts(policy: Policy, tmp_path: Path) -> None:
    history = (
        '[{at: "2026-05-01T10:00:00-04:00", event: attempt, channel: call, to: "+16145550123", debts: [d1],'
        ' outcome: busy, note: for the reader}, {at: "2026-05-02T10:00:00-04:00", event: inconvenient,'
        ' days: [mon], from: "15:00", to: "17:00"}]'
    )
    (case,) = read_cases_of(policy, tmp_path, text(history=history))
    (attempt,) = case.history.attempts
    assert (attempt.result, attempt.debts) == (Result.BUSY, ("d1",))
    assert attempt.at == datetime(2026, 5, 1, 14, tzinfo=UTC)
    (named,) = case.history.of("inconvenient")
    assert named.fields == {"days": ["mon"], "from": "15:00", "to": "17:00"}


def test_a_body_is_judged_and_none_is_taken_as_compliant(policy: Policy, tmp_path: Path) -> None:
    (without,) = read_cases_of(policy, tmp_path, text())
    (spoken,) = read_cases_of(policy, tmp_path, text(contact=CONTACT.replace("}", ", body: Good day}")))
    assert without.words is None
    assert spoken.words.text == "Good day"


def test_outside_facts_may_be_given_and_are_not_invented(policy: Policy, tmp_path: Path) -> None:
    (without,) = read_cases_of(policy, tmp_path, text())
    (given,) = read_cases_of(policy, tmp_path, text(more="facts: {listed: false}"))
    assert (dict(without.facts), dict(given.facts)) == ({}, {"listed": False})


def test_a_case_may_say_which_rules_warn(tmp_path: Path) -> None:
    folder = tmp_path / "packs"
    write(folder, rule("toy.hours", "opening", '{opens: "08:00", closes: "21:00"}') + "    weight: warn\n")
    warning = load([folder], checks())
    early = CONTACT.replace("12:00:00", "07:59:59")
    warned = "{verdict: allow, warns: [toy.hours]}"
    silent = "{verdict: allow, warns: []}"
    assert one(warning, tmp_path, text(contact=early, expect=warned)).passed
    assert not one(warning, tmp_path, text(contact=early, expect=silent)).passed
    assert one(warning, tmp_path, text(expect=silent)).passed
    assert not one(warning, tmp_path, text(expect=warned)).passed
    assert one(warning, tmp_path, text(contact=early)).passed  # not said, not compared


def test_a_case_may_say_what_single_rules_answer(policy: Policy, tmp_path: Path) -> None:
    said = "{verdict: allow, rules: {toy.hours: allow, toy.limit: allow}}"
    assert one(policy, tmp_path, text(expect=said)).passed
    assert not one(policy, tmp_path, text(expect=said.replace("limit: allow", "limit: hold"))).passed
    assert not one(policy, tmp_path, text(expect=said.replace("toy.limit", "toy.other"))).passed


def test_what_was_paused_and_not_resumed_by_then_stands_in_the_way(policy: Policy, tmp_path: Path) -> None:
    history = (
        '[{at: "2026-05-01T10:00:00-04:00", event: paused, scope: channel, value: sms, reason: drill},'
        ' {at: "2026-05-02T10:00:00-04:00", event: paused, scope: everything},'
        ' {at: "2026-05-03T10:00:00-04:00", event: resumed, scope: everything},'
        ' {at: "2026-05-13T10:00:00-04:00", event: paused, scope: channel, value: call}]'
    )
    (case,) = read_cases_of(policy, tmp_path, text(history=history))
    assert [("channel", "sms", "drill")] == [(each.scope, each.value, each.reason) for each in case.pauses]


@pytest.mark.parametrize(
    "event", ["event: paused, scope: email", "event: consent, scope: everything", "event: decided"]
)
def test_a_pause_and_a_consent_have_scopes_of_their_own(policy: Policy, tmp_path: Path, event: str) -> None:
    history = f'[{{at: "2026-05-01T10:00:00-04:00", {event}}}]'
    with pytest.raises(PolicyError):
        read_cases_of(policy, tmp_path, text(history=history))
