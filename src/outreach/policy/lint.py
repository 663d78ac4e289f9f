"""What is doubtful about packs that load: no citation, overdue, or a number that no case holds in place.

A number is held in place when a case fails as soon as it is one more, and another as soon as it is one
less. That is tried, not guessed: each number is changed and the case files are judged again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from pydantic import ValidationError

from outreach.domain import Verdict
from outreach.policy.casefiles import CaseResult, ReadCase, judge_case, read_cases
from outreach.policy.check import Check, Parameters
from outreach.policy.coverage import loose_ends
from outreach.policy.gate import Policy
from outreach.policy.rule import LoadedPack, Period, Rule

__all__ = ["Problem", "lint"]

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(:[0-5][0-9])?\Z")
Leaf = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """``where``: file, line and column. An ``error`` is wrong, a ``warning`` is unproven or late."""

    code: str
    what: str
    where: str
    remedy: str
    level: Literal["error", "warning"] = "warning"


def lint(policy: Policy, now: datetime | None = None) -> list[Problem]:
    """Everything doubtful about the loaded packs, pack by pack.

    :param now: from the Clock; without it, what depends on today (overdue, ended) is left out.
    :raises outreach.errors.PolicyError: if a case file beside a pack cannot be read.
    """
    problems: list[Problem] = []
    cases = [case for pack in policy.packs if pack.cases for case in read_cases(policy, pack.cases)]
    results = [(case, judge_case(policy, case)) for case in cases]
    for pack in policy.packs:
        problems += _about_pack(pack, now.date() if now else None)
        problems += [_uncited(pack, rule) for rule in pack.rules if not rule.cites]
        problems += [
            Problem("coverage", each.what, each.where, each.remedy) for each in loose_ends(policy, pack)
        ]
    for case, result in results:
        if result.counts and not result.passed:
            wanted, got = result.expected["verdict"], result.got["verdict"]
            what = f"expects {wanted} and gets {got}"
            if result.decision is None:
                what = f"cannot be judged: {result.got['reason']}"
            problems.append(
                Problem(
                    "case-fails",
                    f"the case {case.id} {what}",
                    case.where,
                    "correct the rule or the case",
                    "error",
                )
            )
    held = [(case, result) for case, result in results if result.counts and result.passed]
    for pack in policy.packs:
        for rule in pack.rules if pack.cases else ():
            problems += _unproven(policy, pack, rule, held)
    return problems


def _about_pack(pack: LoadedPack, today: date | None) -> Iterator[Problem]:
    checked = pack.source.checked
    if today is not None and today > date.fromisoformat(checked.again_by):
        yield Problem(
            "overdue",
            f"{pack.name} was to be compared with its source again by {checked.again_by}",
            pack.document.where(("checked", "again_by")),
            "compare it and write the new dates under checked",
        )
    if not pack.rules:
        return
    if today is not None and all(rule.parameters_on(today) is None for rule in pack.rules):
        yield Problem(
            "not-in-force",
            f"no rule of {pack.name} is in force on {today}",
            pack.document.where(("pack",)),
            "its places have no known law today: add the rules in force",
            "error",
        )
    if pack.path is not None and pack.cases is None:
        yield Problem(
            "no-cases",
            f"{pack.name} has no cases.yaml",
            pack.document.where(("pack",)),
            "write one beside it: a case on each side of every number",
        )


def _uncited(pack: LoadedPack, rule: Rule) -> Problem:
    return Problem(
        "no-citation",
        f"{rule.id} cites nothing",
        pack.document.where((*rule.place, "id")),
        "name the paragraph, contract or decision it rests on under cites",
        "error" if pack.source.force == "law" else "warning",
    )


# ---- numbers that no case holds in place ---------------------------------------------------------


def _unproven(
    policy: Policy, pack: LoadedPack, rule: Rule, held: Sequence[tuple[ReadCase, CaseResult]]
) -> Iterator[Problem]:
    asked = [(case, result) for case, result in held if _answers(result, rule)]
    objected = any(
        Verdict.ALLOW not in verdicts for _, result in asked if (verdicts := _answers(result, rule))
    )
    passed = any(Verdict.ALLOW in _answers(result, rule) for _, result in asked)
    for lacking, what in ((not objected, "objects"), (not passed, "looks and does not object")):
        if lacking:
            yield Problem(
                "one-sided",
                f"no case shows where {rule.id} {what}",
                pack.document.where((*rule.place, "id")),
                "add such a case to a cases.yaml",
            )
    for position, period in enumerate(rule.periods):
        if period.parameters is None:
            continue
        stated = period.parameters.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for leaf, value in _numbers(stated):
            for other in _neighbours(value):
                changed = _changed(rule.check, period.parameters, leaf, other)
                if changed is None or _noticed(policy, rule, position, changed, asked):
                    continue
                yield Problem(
                    "number-not-held",
                    f"{'.'.join(map(str, leaf))} of {rule.id} is {value}; every case holds with {other} too",
                    pack.document.where((*rule.place, "in_force", period.since.isoformat(), *leaf)),
                    "add a case that this number decides by one",
                )


def _answers(result: CaseResult, rule: Rule) -> set[Verdict]:
    """What the rule said of the case's own moment, where it was asked and applied."""
    decision = result.decision
    findings = decision.findings if decision is not None else ()
    said = {each.finding.verdict for each in findings if each.rule == rule.id}
    return said - {Verdict.NOT_APPLICABLE}


def _numbers(value: Any, way: Leaf = ()) -> Iterator[tuple[Leaf, int | float | str]]:
    """Numbers and times of day in a table, however deep; words in lists are none."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, (*way, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            if isinstance(inner, dict):
                yield from _numbers(inner, (*way, position))
    elif not isinstance(value, bool) and (
        isinstance(value, int | float) or (isinstance(value, str) and _CLOCK.match(value))
    ):
        yield way, value


def _neighbours(value: int | float | str) -> tuple[int | float | str, ...]:
    """The next smaller and the next larger number; a minute for times of day."""
    if not isinstance(value, str):
        return (value - 1, value + 1) if value > 0 else (value + 1,)
    hours, minutes = int(value[:2]), int(value[3:5])
    total = hours * 60 + minutes
    return tuple(f"{each // 60:02}:{each % 60:02}" for each in (total - 1, total + 1) if 0 <= each < 1440)


def _changed(check: Check, parameters: Parameters, leaf: Leaf, value: int | float | str) -> Parameters | None:
    """The parameters with one number replaced; ``None`` where the check does not allow it."""
    table = parameters.model_dump(mode="json", by_alias=True, exclude_unset=True)
    inside: Any = table
    for step in leaf[:-1]:
        inside = inside[step]
    inside[leaf[-1]] = value
    try:
        return check.Parameters.model_validate_json(json.dumps(table))
    except ValidationError:
        return None


def _noticed(
    policy: Policy,
    rule: Rule,
    position: int,
    changed: Parameters,
    asked: Sequence[tuple[ReadCase, CaseResult]],
) -> bool:
    """Whether any case that held fails under the changed parameters."""
    periods = list(rule.periods)
    periods[position] = Period(periods[position].since, changed)
    other = replace(rule, periods=tuple(periods))
    packs = [
        replace(pack, rules=tuple(other if each is rule else each for each in pack.rules))
        for pack in policy.packs
    ]
    varied = Policy(packs)
    return any(not judge_case(varied, case).passed for case, _ in asked)
