"""Which paragraphs a pack carries: the file beside it is strict, and held against the pack."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.errors import PolicyError
from outreach.policy import Policy, lint, load
from outreach.policy.casefiles import case_files
from outreach.policy.coverage import coverage_of
from tests.policy.toys import checks, rule, write

GOOD = """\
- {paragraph: 1 TOY 1, text: how many, rules: [toy.limit]}
- {paragraph: 1 TOY 2, text: how loud, out_of_reach: nobody hears it}
"""


def covered(folder: Path, text: str) -> Policy:
    path = write(folder, rule("toy.limit", "limit", "{at_most: 9}"))
    path.with_name("coverage.yaml").write_text(text, encoding="utf-8")
    return load([folder], checks())


def ends(policy: Policy) -> list[str]:
    return [each.what for each in lint(policy) if each.code == "coverage"]


def test_paragraphs_are_read_in_their_order(tmp_path: Path) -> None:
    policy = covered(tmp_path, GOOD)
    (pack,) = policy.packs
    first, second = coverage_of(pack)
    assert ("1 TOY 1", ("toy.limit",), "") == (first.paragraph, first.rules, first.out_of_reach)
    assert ("1 TOY 2", (), "nobody hears it") == (second.paragraph, second.rules, second.out_of_reach)
    assert [] == ends(policy)


def test_a_rule_that_is_none_and_one_that_is_left_out_are_found(tmp_path: Path) -> None:
    found = ends(covered(tmp_path, GOOD.replace("toy.limit", "toy.limits")))
    assert ["toy.limits, which is no rule", "no paragraph that toy.limit carries"] == [
        each.split("by ")[-1] if "no rule" in each else each.split("names ")[-1] for each in found
    ]


def test_a_rule_that_is_none_is_found_where_it_is_named(tmp_path: Path) -> None:
    text = GOOD.replace("[toy.limit]", "[toy.limit, toy.limits]")
    (found,) = [each for each in lint(covered(tmp_path, text)) if each.code == "coverage"]
    assert found.where.endswith(f"coverage.yaml:1:{text.index('toy.limits') + 1}")


@pytest.mark.parametrize(
    "text",
    [
        "- {paragraph: 1 TOY 1, text: how many}",
        "- {paragraph: 1 TOY 1, text: how many, rules: [toy.limit], out_of_reach: why not}",
        "- {paragraph: 1 TOY 1, text: how many, rule: [toy.limit]}",
    ],
)
def test_a_paragraph_is_carried_or_out_of_reach_and_nothing_else(tmp_path: Path, text: str) -> None:
    (pack,) = covered(tmp_path, text).packs
    with pytest.raises(PolicyError) as refused:
        coverage_of(pack)
    assert "coverage.yaml:1:" in refused.value.where


def test_a_coverage_file_is_no_case_file(tmp_path: Path) -> None:
    covered(tmp_path, GOOD)
    assert [] == case_files([tmp_path])
