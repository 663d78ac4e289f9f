"""policy status, explain, coverage and diff: the officer reads packs."""

from __future__ import annotations

import pytest

from outreach.assemble import data_folder
from tests.cli.running import Command
from tests.support import Project

REGF = data_folder() / "config" / "policies" / "us" / "federal" / "regulation-f"


def test_status_tells_of_every_pack_what_it_rests_on_and_what_is_expected(unchanged: Command) -> None:
    told = unchanged("policy", "status", "--json")
    assert any(line["overdue"] for line in told.lines) == told.status
    by_name = {line["pack"]: line for line in told.lines}
    assert {"us.federal.regulation-f", "us.ma", "us.ny.nyc", "cn", "gb", "ca.qc", "house"} <= by_name.keys()
    assert ("report, text", "association, law, standard") == (
        by_name["cn"]["evidence"],
        by_name["cn"]["force"],
    )
    assert all(line["checked"]["on"] < line["checked"]["again_by"] for line in told.lines)
    assert by_name["us.federal.tcpa"]["expected"]


def test_explain_tells_a_rules_numbers_citations_code_and_cases(unchanged: Command) -> None:
    told = unchanged("policy", "explain", "us.regf.call-frequency", "--json")
    assert 0 == told.status
    (line,) = told.lines
    assert 7 == line["in_force"]["2021-11-30"]["at_most"]
    assert "outreach.policy.checks.frequency.Frequency" == line["code"]
    assert "12 CFR 1006.14(b)(2)(i)(A)" in line["cites"]
    assert "not-connected" in {each["id"] for each in line["exceptions"]}
    assert any("14b2i-1-i" in each["id"] and each["answer"] == "hold" for each in line["cases"])


def test_explain_names_the_rule_that_was_probably_meant(unchanged: Command) -> None:
    told = unchanged("policy", "explain", "us.regf.hour")
    assert 2 == told.status
    assert "us.regf.hours" in told.err


def test_coverage_lists_each_paragraph_with_its_rules_or_why_there_are_none(unchanged: Command) -> None:
    told = unchanged("policy", "coverage", "us.federal.regulation-f", "--json")
    assert 0 == told.status
    assert all(bool(line["rules"]) is not bool(line["out_of_reach"]) for line in told.lines)
    by_paragraph = {line["paragraph"]: line for line in told.lines}
    assert ["us.regf.call-after-conversation"] == by_paragraph["1006.14(b)(2)(i)(B)"]["rules"]
    assert 2 == unchanged("policy", "coverage", "house").status
    assert 2 == unchanged("policy", "coverage", "no.such").status


def test_diff_says_what_a_stricter_pack_would_change(project: Project, outreach: Command) -> None:
    file = project.folder / "new.yaml"
    text = (REGF / "pack.yaml").read_text("utf-8")
    file.write_text(
        text.replace("days: 7, per: [person, debt, collector]", "days: 8, per: [person, debt, collector]"),
        "utf-8",
    )
    told = outreach("policy", "diff", REGF / "pack.yaml", file, "--json")
    assert 1 == told.status
    assert [("us.regf.call-after-conversation", "days 7 becomes 8 from 2021-11-30", "narrower")] == [
        (line["about"], line["says"], line["sense"]) for line in told.lines
    ]
    assert 0 == outreach("policy", "diff", REGF, REGF / "pack.yaml").status


def test_diff_reads_a_pack_kept_in_the_ledger(project: Project, outreach: Command) -> None:
    shown = outreach("policy", "show", "--json")
    digest = next(line["digest"] for line in shown.lines if line["pack"] == "us.federal.regulation-f")
    project.app.note_documents()
    assert 0 == outreach("policy", "diff", digest[:12], REGF).status
    assert 2 == outreach("policy", "diff", "not-kept-here", REGF).status


@pytest.mark.parametrize("words", [("status",), ("explain", "us.regf.hours"), ("coverage",)])
def test_each_prints_for_people_too(unchanged: Command, words: tuple[str, ...]) -> None:
    told = unchanged("policy", *words)
    assert 0 == told.status
    assert told.out
