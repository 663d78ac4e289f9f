"""Small checks and packs with which the engine is tried; none of them is law."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from outreach.domain import (
    ALLOWED,
    Address,
    Case,
    Consumer,
    Contact,
    EndpointKind,
    Finding,
    Phone,
    Places,
    Way,
)
from outreach.policy import Policy, load
from outreach.policy.check import Check, Direction, Parameters
from outreach.policy.zones import instant, local

DAY = timedelta(days=1)


class Opening(Check):
    """Allowed from ``opens`` to ``closes`` in every plausible zone; asks again hour by hour of openings."""

    kind = "opening"

    class Parameters(Parameters):
        opens: time
        closes: time

    stricter: Mapping[str, Direction] = {"opens": Direction.MORE, "closes": Direction.FEWER}

    def judge(self, case: Case, parameters: Any, exceptions: Any) -> Finding:
        latest = case.at
        closing = None
        for zone in case.places.zones:
            wall = local(zone, case.at)
            for days in range(3):
                day = wall.date() + days * DAY
                opens = instant(zone, day, parameters.opens, opening=True)
                closes = instant(zone, day, parameters.closes, opening=False)
                if case.at < closes:
                    latest = max(latest, opens)
                    closing = closes if closing is None else min(closing, closes)
                    break
        if latest > case.at:
            return Finding.hold("closed", until=latest)
        return Finding.allow("open", until=closing)


class Limit(Check):
    """Holds once ``at_most`` events of any kind are known; frees at a fixed later time."""

    kind = "limit"

    class Parameters(Parameters):
        at_most: int
        kinds: frozenset[str] = frozenset()
        label: str = ""

    stricter: Mapping[str, Direction] = {"at_most": Direction.FEWER, "kinds": Direction.SUPERSET}
    subjects = frozenset({"person", "debt"})
    exceptions: Mapping[str, frozenset[str]] = {"busy": frozenset({"results"}), "asked": frozenset()}

    def judge(self, case: Case, parameters: Any, exceptions: Any) -> Finding:
        if len(case.history) < parameters.at_most:
            return Finding.allow("below", at_most=parameters.at_most)
        return Finding.block("reached", at_most=parameters.at_most)


class Fact(Check):
    """Blocks people of whom the outside fact ``listed`` is true."""

    kind = "fact"
    needs = frozenset({"listed"})

    class Parameters(Parameters):
        pass

    def judge(self, case: Case, parameters: Any, exceptions: Any) -> Finding:
        return Finding.block("listed") if case.facts["listed"] else ALLOWED


class Phrased(Check):
    """Remembers nothing and allows; shows what phrases a rule was given."""

    kind = "phrased"

    class Parameters(Parameters):
        phrases: Mapping[str, Mapping[str, tuple[str, ...]]]

    def judge(self, case: Case, parameters: Any, exceptions: Any) -> Finding:
        return Finding.allow(names=sorted(parameters.phrases))


class Scripted(Check):
    """Answers whatever the test says, by the rule's ``say``."""

    kind = "scripted"

    class Parameters(Parameters):
        say: str

    def __init__(self, script: Mapping[str, Callable[[Case], Any]]) -> None:
        self.script = script

    def judge(self, case: Case, parameters: Any, exceptions: Any) -> Any:
        return self.script[parameters.say](case)


def checks(script: Mapping[str, Callable[[Case], Any]] | None = None) -> dict[str, Check]:
    """All toys by name."""
    all_of_them: list[Check] = [Opening(), Limit(), Fact(), Phrased(), Scripted(script or {})]
    return {check.kind: check for check in all_of_them}


HEAD = """\
pack: {name}
title: a toy
jurisdiction: {jurisdiction}
authority: nobody
checked: {{on: "2026-01-01", against: nothing, again_by: "2027-01-01"}}
evidence: text
force: law
rules:
"""

RULE = """\
  - id: {id}
    title: a toy rule
    check: {check}
    cites: [{cite}]
    in_force: {{"2020-01-01": {parameters}}}
"""


def rule(id: str, check: str, parameters: str, cite: str = "1 TOY 1") -> str:
    """The text of one rule."""
    return RULE.format(id=id, check=check, parameters=parameters, cite=cite)


def scripted(*names: str) -> str:
    """The text of scripted rules, one for each name."""
    return "".join(rule(f"toy.{name}", "scripted", f'{{say: "{name}"}}', f"1 TOY {name}") for name in names)


def write(folder: Path, rules: str, name: str = "us.toy", jurisdiction: str = "us") -> Path:
    """Write a pack; the path of its file."""
    path = folder / name.replace(".", "/") / "pack.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD.format(name=name, jurisdiction=jurisdiction) + rules, encoding="utf-8")
    return path


def policy(folder: Path, rules: str, script: Mapping[str, Callable[[Case], Any]] | None = None) -> Policy:
    """A policy of one pack."""
    write(folder, rules)
    return load([folder], checks(script))


NOON = datetime(2026, 5, 12, 16, tzinfo=UTC)  # a Tuesday, 12:00 in New York
OHIO = Places(zones=("America/New_York",), jurisdictions=("us", "us.oh"))


def case(at: datetime = NOON, places: Places = OHIO, **more: Any) -> Case:
    """A call to somebody in Ohio."""
    consumer = Consumer(
        id="c1",
        addresses=(Address(EndpointKind.HOME, "US", "OH", "43215"),),
        phones=(Phone("+16145550123", EndpointKind.MOBILE),),
    )
    contact = Contact("c1", Way.CALL, "+16145550123")
    return Case(at=at, consumer=consumer, contact=contact, places=places, **more)
