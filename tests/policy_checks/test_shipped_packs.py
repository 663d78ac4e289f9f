"""The packs and their case files, as shipped."""

from __future__ import annotations

from functools import lru_cache

import pytest
import zipcodes
from checkcases import PACKS, ROOT, checks, shipped

from outreach.policy import CaseResult, builtin_checks, run_cases
from outreach.policy.areacodes import STATE_OF
from outreach.policy.yamlfile import read

FOLDERS = sorted(
    pack.path.parent.relative_to(PACKS).as_posix() for pack in shipped().packs if pack.path and pack.rules
)


@lru_cache
def results(folder: str = "") -> list[CaseResult]:
    """Of the cases beside this pack, or beside all of them."""
    paths = [PACKS / each / "cases.yaml" for each in ([folder] if folder else FOLDERS)]
    return list(run_cases(shipped(), paths))


def test_the_packs_of_this_product_are_there() -> None:
    assert {"house", "us.federal.regulation-f", "us.federal.tcpa"} <= shipped().digests.keys()


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_case_beside_a_pack_holds(folder: str) -> None:
    found = results(folder)
    assert found
    failed = {each.id: each.got["reason"] for each in found if each.counts and not each.passed}
    assert {} == failed


def test_every_worked_example_names_its_comment() -> None:
    found = [each for each in results("us/federal/regulation-f") if not each.id.startswith("ours-")]
    assert len(found) > 150
    assert [] == [each.id for each in found if "12 CFR 1006" not in each.source]


def test_every_rule_is_met_by_a_case_it_stops_and_by_one_it_lets_through() -> None:
    stops: set[str] = set()
    passes: set[str] = set()
    for each in results():
        assert each.decision is not None
        for finding in each.decision.findings:
            (stops if finding.finding.objects else passes).add(finding.rule)
    assert set() == shipped().rules.keys() - stops
    assert set() == shipped().rules.keys() - passes


def test_every_exception_of_every_rule_lifts_something_in_a_case() -> None:
    used: set[tuple[str, str]] = set()
    for each in results():
        assert each.decision is not None
        for finding in each.decision.findings:
            facts = finding.finding.facts.get("not_counted", {})
            used |= {(finding.rule, name) for name in (finding.finding.lifted, *facts) if name}
    listed = {(name, exception) for name, rule in shipped().rules.items() for exception in rule.exceptions}
    assert set() == listed - used


def test_the_kinds_of_checks_have_names_of_their_own() -> None:
    assert len(checks()) == len(builtin_checks())


def test_no_legal_number_stands_in_a_check() -> None:
    """Seven, eight and twenty-one belong to packs; a check that knew them could not be told otherwise."""
    for path in (ROOT / "src" / "outreach" / "policy" / "checks").glob("*.py"):
        code = [line.split("#")[0] for line in path.read_text("utf-8").splitlines()]
        text = "\n".join(line for line in code if '"""' not in line)
        assert "at_most=7" not in text, path.name
        assert "08:00" not in text, path.name
        assert "21:00" not in text, path.name


@pytest.mark.parametrize("folder", ["house", "us/federal/regulation-f", "us/federal/tcpa"])
def test_case_ids_are_given_once(folder: str) -> None:
    document = read(PACKS / folder / "cases.yaml")
    ids = [each["id"] for each in document.value]
    assert len(ids) == len(set(ids))


def test_every_county_and_area_code_that_a_city_claims_lies_in_its_state() -> None:
    areas = [pack.area for pack in shipped().packs if pack.area is not None]
    assert ["us.ny.nyc"] == [area.jurisdiction for area in areas]
    for area in areas:
        known = {row["county"] for row in zipcodes.filter_by(state=area.state)}
        assert set() == area.counties - known
        assert {area.state} == {STATE_OF[code] for code in area.area_codes}
