"""The packs that ship, whatever they are: whole, without gaps, and the same in every order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from outreach.policy import Policy, builtin_checks, load, load_documents, pack_schema
from outreach.policy.rule import Rule

PACKS = Path(__file__).resolve().parents[2] / "config" / "policies"
CHECKS = {check.kind: check for check in builtin_checks()}


@cache
def shipped() -> Policy:
    return load([PACKS], CHECKS)


def quarters(first: date, last: date) -> Iterator[date]:
    """The first day of each quarter from one date to another, and the day before it."""
    for year in range(first.year, last.year + 1):
        for month in (1, 4, 7, 10):
            if first <= (day := date(year, month, 1)) <= last:
                yield day


def begun(rule: Rule) -> date:
    return rule.periods[0].since


def test_there_are_packs_and_every_one_has_rules() -> None:
    assert shipped().packs
    assert all(pack.rules or pack.source.phrases for pack in shipped().packs)


def test_each_rule_has_neither_gap_nor_overlap_from_its_first_quarter_to_next_year() -> None:
    last = date(2028, 1, 1)
    for rule in shipped().rules.values():
        held = [rule.parameters_on(day) is not None for day in quarters(begun(rule), last)]
        assert held == sorted(held, reverse=True), f"{rule.id} comes back after it has ended"
        since = [period.since for period in rule.periods]
        assert all(one < two for one, two in pairwise(since)), rule.id
        for period in rule.periods:
            assert rule.parameters_on(period.since) is period.parameters


def test_each_rule_cites_and_each_exception_cites() -> None:
    for rule in shipped().rules.values():
        assert rule.cites, rule.id
        assert all(entry["cite"] for entry in rule.exceptions.values()), rule.id


def test_kept_texts_of_the_shipped_packs_make_the_same_policy() -> None:
    again = load_documents(list(reversed(shipped().documents.values())), CHECKS)
    assert again.digests == shipped().digests
    assert list(again.rules) == list(shipped().rules)


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_each_kind_of_check_is_in_the_schema_for_editors(kind: str) -> None:
    assert kind in pack_schema(CHECKS)["$defs"]
