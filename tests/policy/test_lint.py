"""Lint and schemas: what is doubtful about packs, and what editors are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.policy import Policy, Problem, cases_schema, lint, load, pack_schema
from outreach.policy.yamlfile import parse
from tests.policy.test_case_files import CONTACT, text
from tests.policy.toys import HEAD, checks, rule, write

HOURS = rule("toy.hours", "opening", '{opens: "08:00", closes: "21:00"}')


def case_at(clock: str, verdict: str) -> str:
    return text(contact=CONTACT.replace("12:00:00", clock), expect=f"{{verdict: {verdict}}}").replace(
        "id: one", f"id: at-{clock.replace(':', '-')}"
    )


def linted(folder: Path, rules: str, cases: str = "", now: datetime | None = None) -> list[Problem]:
    path = write(folder, rules)
    if cases:
        path.with_name("cases.yaml").write_text(cases, encoding="utf-8")
    return lint(load([folder], checks()), now)


def codes(problems: list[Problem]) -> list[str]:
    return sorted(problem.code for problem in problems)


ALL_SIDES = "".join(
    case_at(clock, verdict)
    for clock, verdict in (
        ("07:59:59", "hold"),
        ("08:00:00", "allow"),
        ("20:59:59", "allow"),
        ("21:00:00", "hold"),
    )
)


def test_a_pack_with_a_case_on_each_side_of_every_number_is_clean(tmp_path: Path) -> None:
    assert linted(tmp_path, HOURS, ALL_SIDES) == []


@pytest.mark.parametrize(
    ("left_out", "name", "other"),
    [
        ("07:59:59", "opens", "07:59"),
        ("08:00:00", "opens", "08:01"),
        ("20:59:59", "closes", "20:59"),
        ("21:00:00", "closes", "21:01"),
    ],
)
def test_a_number_that_no_case_holds_in_place_is_found(
    tmp_path: Path, left_out: str, name: str, other: str
) -> None:
    cases = ALL_SIDES.split("- id: ")
    kept = "- id: ".join(each for each in cases if left_out not in each)
    (problem,) = linted(tmp_path, HOURS, kept)
    assert problem.code == "number-not-held"
    assert problem.what.startswith(f"{name} of toy.hours")
    assert other in problem.what
    assert problem.where.rsplit(":", 2)[1] == str(HEAD.count("\n") + 5)


def test_the_neighbours_of_a_time_are_a_minute_away(tmp_path: Path) -> None:
    found = linted(tmp_path, HOURS.replace("08:00", "08:30"), case_at("08:30:00", "allow"))
    said = [problem.what for problem in found if problem.what.startswith("opens")]
    assert said
    assert "08:29" in said[0]
    assert "08:31" not in said[0]  # at half past eight it would be closed still


def test_the_first_minute_of_the_day_is_a_neighbour(tmp_path: Path) -> None:
    rules = HOURS.replace("08:00", "00:01")
    said = [problem.what for problem in linted(tmp_path, rules, case_at("12:00:00", "allow"))]
    assert any("opens of toy.hours" in each and "with 00:00" in each for each in said)


@pytest.mark.parametrize(
    ("history", "verdict", "not_held"),
    [("[]", "allow", "2"), ('[{at: "2026-05-01T12:00:00-04:00", event: cease}]', "block", "0")],
)
def test_a_number_has_a_neighbour_on_each_side(
    tmp_path: Path, history: str, verdict: str, not_held: str
) -> None:
    one = rule("toy.limit", "limit", "{at_most: 1}")
    found = linted(tmp_path, one, text(history=history, expect=f"{{verdict: {verdict}}}"))
    (said,) = [problem.what for problem in found if problem.code == "number-not-held"]
    assert f"at_most of toy.limit is 1; every case holds with {not_held} too" == said


def test_a_number_of_nothing_has_a_neighbour_above_alone(tmp_path: Path) -> None:
    none = rule("toy.limit", "limit", "{at_most: 0}")
    assert ["one-sided"] == codes(linted(tmp_path, none, case_at("12:00:00", "block")))


def test_a_rule_that_no_case_makes_object_is_found(tmp_path: Path) -> None:
    rules = HOURS + rule("toy.limit", "limit", "{at_most: 0}").replace("at_most: 0", "at_most: 9")
    found = linted(tmp_path, rules, ALL_SIDES)
    assert {"one-sided", "number-not-held"} == {problem.code for problem in found}
    assert all("toy.limit" in problem.what for problem in found)


def test_a_case_that_fails_is_an_error_and_proves_nothing(tmp_path: Path) -> None:
    found = linted(tmp_path, HOURS, ALL_SIDES + case_at("12:00:00", "block"))
    assert codes(found) == ["case-fails"]
    assert found[0].level == "error"
    assert "cases.yaml:" in found[0].where


def test_ambiguous_cases_and_those_from_memory_are_left_out(tmp_path: Path) -> None:
    doubtful = case_at("12:00:00", "block").replace("\n  expect", "\n  ambiguous: true\n  expect")
    assert linted(tmp_path, HOURS, ALL_SIDES + doubtful) == []


def test_a_pack_without_cases_is_found(tmp_path: Path) -> None:
    assert codes(linted(tmp_path, HOURS)) == ["no-cases"]


def test_a_rule_without_citation_is_found(tmp_path: Path) -> None:
    found = linted(tmp_path, HOURS.replace("    cites: [1 TOY 1]\n", ""), ALL_SIDES)
    assert codes(found) == ["no-citation"]
    assert found[0].level == "error"


@pytest.mark.parametrize(("day", "overdue"), [("2027-01-01", False), ("2027-01-02", True)])
def test_a_pack_that_is_overdue_for_checking_is_found(tmp_path: Path, day: str, overdue: bool) -> None:
    now = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert codes(linted(tmp_path, HOURS, ALL_SIDES, now)) == (["overdue"] if overdue else [])


def test_a_pack_of_which_nothing_is_in_force_is_found(tmp_path: Path) -> None:
    ended = HOURS.replace("}}", '}, "2026-10-01": null}')
    found = linted(tmp_path, ended, ALL_SIDES, datetime(2026, 11, 1, tzinfo=UTC))
    assert codes(found) == ["not-in-force"]


def test_a_problem_is_told_whole(tmp_path: Path) -> None:
    """What is wrong, on which line and column, what to do, and how bad it is."""

    def told(folder: str, rules: str, cases: str = "", now: datetime | None = None) -> list[tuple[str, ...]]:
        found = linted(tmp_path / folder, rules, cases, now)
        return [
            (each.code, each.what, ":".join(each.where.rsplit(":", 2)[1:]), each.remedy, each.level)
            for each in found
        ]

    first = HEAD.count("\n") + 1
    ended = HOURS.replace("}}", '}, "2026-10-01": null}')
    remedy = "its places have no known law today: add the rules in force"
    november = datetime(2026, 11, 1, tzinfo=UTC)
    assert told("ended", ended, ALL_SIDES, november) == [
        ("not-in-force", "no rule of us.toy is in force on 2026-11-01", "1:1", remedy, "error")
    ]
    remedy = "write one beside it: a case on each side of every number"
    assert told("no cases", HOURS) == [("no-cases", "us.toy has no cases.yaml", "1:1", remedy, "warning")]
    uncited = HOURS.replace("    cites: [1 TOY 1]\n", "")
    remedy = "name the paragraph, contract or decision it rests on under cites"
    assert told("uncited", uncited, ALL_SIDES) == [
        ("no-citation", "toy.hours cites nothing", f"{first}:5", remedy, "error")
    ]
    what = "the case at-12-00-00 expects block and gets allow"
    wrong = ("case-fails", what, "1:3", "correct the rule or the case", "error")
    assert told("wrong", HOURS, case_at("12:00:00", "block") + ALL_SIDES) == [wrong]
    none = rule("toy.limit", "limit", "{at_most: 0}")
    what = "no case shows where toy.limit looks and does not object"
    remedy = "add such a case to a cases.yaml"
    assert told("one side", none, case_at("12:00:00", "block")) == [
        ("one-sided", what, f"{first}:5", remedy, "warning")
    ]


def test_a_case_that_names_a_pack_which_is_not_there_cannot_be_judged(tmp_path: Path) -> None:
    elsewhere = text(expect="{verdict: block}", packs="packs: [us.other]")
    (problem,) = linted(tmp_path, HOURS, ALL_SIDES + elsewhere)
    assert ("case-fails", "the case one cannot be judged: pack not installed") == (problem.code, problem.what)


def test_lint_leaves_the_policy_as_it_was(tmp_path: Path) -> None:
    path = write(tmp_path, HOURS)
    path.with_name("cases.yaml").write_text(ALL_SIDES, encoding="utf-8")
    loaded = load([tmp_path], checks())
    before = loaded.rules["toy.hours"].periods
    assert lint(loaded) == lint(loaded) == []
    assert loaded.rules["toy.hours"].periods == before


# ---- schemas -------------------------------------------------------------------------------------


def test_the_schema_of_a_pack_knows_each_kind_of_check_and_its_parameters() -> None:
    schema = json.loads(json.dumps(pack_schema(checks())))
    rules = schema["$defs"]["PackRule"]
    assert rules["properties"]["check"]["enum"] == sorted(checks())
    assert {"opens", "closes"} == set(schema["$defs"]["opening"]["properties"])
    assert {each["if"]["properties"]["check"]["const"] for each in rules["allOf"]} == set(checks())


def test_every_reference_in_the_schemas_leads_somewhere() -> None:
    for schema in (pack_schema(checks()), cases_schema()):
        texts = json.dumps(schema).split('"#/$defs/')[1:]
        assert texts
        assert {each.split('"')[0] for each in texts} <= set(schema["$defs"])


def test_the_schema_of_a_pack_lets_phrases_be_named_or_left_out() -> None:
    phrased = pack_schema(checks())["$defs"]["phrased"]
    assert phrased["required"] == []
    assert {"type": "array", "items": {"type": "string"}} in phrased["properties"]["phrases"]["anyOf"]


def test_the_schema_of_cases_has_the_keys_of_a_case() -> None:
    entry = cases_schema()["$defs"]["CaseEntry"]
    (case,) = parse(text(packs="packs: [us.toy]"), "f").value
    assert set(case) - {"more"} <= set(entry["properties"]) | {"note"}
    assert "from" in cases_schema()["$defs"]["EventEntry"]["properties"]


def test_a_policy_of_no_packs_has_no_problems() -> None:
    assert lint(Policy([])) == []
