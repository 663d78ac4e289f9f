"""What has to be asked about one kind of contact in one set of places: worked out once, then reused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from outreach.domain import ALLOWED, NOT_APPLICABLE, Case, Finding, RuleFinding, Weight
from outreach.policy.check import Parameters
from outreach.policy.rule import LoadedPack, Rule

__all__ = ["Bound", "Plan", "packs_in_force", "plan_for", "refusal"]

ANY_PLACE = "any"
Kind = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule with the parameters of one period, ready to be asked.

    ``debt_kinds`` ``None``: of whatever kind. ``allowed`` and ``absent`` are its two plainest answers,
    made beforehand.
    """

    rule: str
    kind: str
    cites: tuple[str, ...]
    judge: Callable[[Case, Any, Mapping[str, Mapping[str, Any]]], Finding]
    parameters: Parameters
    exceptions: Mapping[str, Mapping[str, Any]]
    weight: Weight
    debt_kinds: frozenset[str] | None
    needs: tuple[str, ...]
    allowed: RuleFinding
    absent: RuleFinding


@dataclass(frozen=True, slots=True)
class Plan:
    """``refusals``: what stands in the way before any rule is asked; ``packs``: those in force.

    ``turns``: the dates on which some rule of these places changes, those not yet in force among them.
    """

    bound: tuple[Bound, ...]
    packs: tuple[LoadedPack, ...]
    turns: tuple[date, ...]
    digests: Mapping[str, str]
    refusals: tuple[RuleFinding, ...]
    warnings: tuple[str, ...]


def plan_for(
    packs: Sequence[LoadedPack],
    jurisdictions: Sequence[str],
    names: Sequence[str] | None,
    contact: Kind,
    days: Sequence[date],
) -> Plan:
    """Which rules to ask.

    :param names: judge by exactly these packs; ``None``: by those in force for the places.
    :param contact: channel, purpose, audience, kind of collector and kind of endpoint.
    :param days: the local dates it may be; more than one only while zones stand on both sides of a
        date on which some rule changes: each version is then asked.
    """
    if names is None:
        held = packs_in_force(packs, jurisdictions, days)
        concerned = _of_places(packs, jurisdictions)
        refusals, warnings = _coverage(held, jurisdictions)
    else:
        held = concerned = tuple(pack for pack in packs if pack.name in names)
        lacking = sorted(set(names) - {pack.name for pack in held})
        refusals = tuple(
            refusal("gate.pack-not-installed", "pack not installed", pack=name) for name in lacking
        )
        warnings = ()
    bound = [each for pack in held for rule in pack.rules for each in _bind(rule, contact, days)]
    digests = MappingProxyType({pack.name: pack.digest for pack in held})
    turns = {each.since for pack in concerned for rule in pack.rules for each in rule.periods}
    return Plan(tuple(bound), held, tuple(sorted(turns)), digests, refusals, warnings)


def packs_in_force(
    packs: Sequence[LoadedPack], jurisdictions: Sequence[str], days: Sequence[date]
) -> tuple[LoadedPack, ...]:
    """The packs of these places, and of every place, of which some rule holds on all of these days.

    With them those whose phrases they borrow: they have a part in what their rules say.
    """
    held = {
        pack.name: pack.borrows
        for pack in _of_places(packs, jurisdictions)
        if all(any(rule.parameters_on(day) is not None for rule in pack.rules) for day in days)
    }
    lent = frozenset[str]().union(*held.values())
    return tuple(pack for pack in packs if pack.name in held or pack.name in lent)


def _of_places(packs: Sequence[LoadedPack], jurisdictions: Sequence[str]) -> tuple[LoadedPack, ...]:
    """The packs of these places, and of every place, in force or not."""
    around = {ANY_PLACE} | {wider for place in jurisdictions for wider in _around(place)}
    return tuple(pack for pack in packs if pack.jurisdiction in around)


def refusal(rule: str, reason: str, **facts: Any) -> RuleFinding:
    """An objection of the gate itself."""
    return RuleFinding(rule, (), Finding.block(reason, **facts))


def _around(place: str) -> tuple[str, ...]:
    """A place and those it lies in: ``us.ny.nyc``, ``us.ny``, ``us``."""
    parts = place.split(".")
    return tuple(".".join(parts[:length]) for length in range(len(parts), 0, -1))


def _coverage(
    held: Sequence[LoadedPack], jurisdictions: Sequence[str]
) -> tuple[tuple[RuleFinding, ...], tuple[str, ...]]:
    """Whether the law of every place is known; a region may be judged by its country's, with a warning."""
    if not jurisdictions:
        return (refusal("gate.no-place", "no place is known for this person"),), ()
    known = {pack.jurisdiction for pack in held} - {ANY_PLACE}
    # A region is told of beside its city; a country goes without saying where a region of it is known.
    told = [
        place
        for place in jurisdictions
        if "." in place or not any(other.startswith(f"{place}.") for other in jurisdictions)
    ]
    refusals, warnings = [], []
    for place in told:
        covering = [wider for wider in _around(place) if wider in known]
        if not covering:
            label = _label(place)
            refusals.append(refusal("gate.no-law", f"no law known for {label}", place=label))
        elif covering[0] != place:
            warnings.append(
                f"no pack for {_label(place)} is loaded: judged by the law of {_label(covering[0])}"
            )
    return tuple(refusals), tuple(warnings)


def _label(place: str) -> str:
    return place.upper().replace(".", "-")


def _bind(rule: Rule, contact: Kind, days: Sequence[date]) -> list[Bound]:
    if not rule.applies(*contact):
        return []
    versions: list[Parameters] = []
    for day in days:
        parameters = rule.parameters_on(day)
        if parameters is not None and not any(parameters is known for known in versions):
            versions.append(parameters)
    kinds = rule.applies_to.debt_kind
    return [
        Bound(
            rule=rule.id,
            kind=rule.check.kind,
            cites=rule.cites,
            judge=rule.check.judge,
            parameters=parameters,
            exceptions=rule.exceptions,
            weight=rule.weight,
            debt_kinds=None if kinds is None else frozenset(kinds),
            needs=tuple(sorted(rule.check.needs)),
            allowed=RuleFinding(rule.id, rule.cites, ALLOWED, rule.weight),
            absent=RuleFinding(rule.id, rule.cites, NOT_APPLICABLE, rule.weight),
        )
        for parameters in versions
    ]
