"""The gate: every rule of every pack in force is asked, and the strictest answer wins.

Read :meth:`Policy.decide`. It fails closed: a check that raises or answers nonsense, a fact that is
missing, a zone or a law that nobody knows are objections like any other, each with its reason.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from importlib.metadata import version
from types import MappingProxyType
from typing import Any, Final

from outreach.domain import ALLOWED, Case, Consumer, Debt, Decision, Places, RuleFinding, Verdict
from outreach.policy import places, postcodes, zones
from outreach.policy.answers import Answers, judge, until_of
from outreach.policy.plan import Plan, packs_in_force, plan_for, refusal
from outreach.policy.rule import LoadedPack

__all__ = ["MAX_STEPS", "SEARCH_DAYS", "Policy"]

SEARCH_DAYS: Final = 60
"""How far from the contact's moment a lawful one is looked for."""
MAX_STEPS: Final = 500
"""How often all rules are asked in that search."""

_ROOM_FOR_PLANS: Final = 20_000
_WESTMOST, _EASTMOST = timedelta(hours=12), timedelta(hours=14)  # behind and ahead of UTC


class Policy:
    """All packs that are loaded. Its answers depend on nothing but the case.

    ``digests``: SHA-256 of each pack's text by its name; ``documents``: the texts by digest, from which
    :func:`outreach.policy.load_documents` makes the same policy again; ``rules``: by id; ``subjects``:
    what any rule counts over, so that it is locked.
    """

    def __init__(self, packs: Sequence[LoadedPack]) -> None:
        self.packs = tuple(sorted(packs, key=lambda pack: pack.name))
        self.rules = MappingProxyType({rule.id: rule for pack in self.packs for rule in pack.rules})
        self.digests = MappingProxyType({pack.name: pack.digest for pack in self.packs})
        self.documents = MappingProxyType({pack.digest: pack.document.text for pack in self.packs})
        self.subjects = frozenset(kind for rule in self.rules.values() for kind in rule.check.subjects)
        self._turns = sorted({each.since for rule in self.rules.values() for each in rule.periods})
        self._areas = tuple(pack.area for pack in self.packs if pack.area is not None)
        self._plans: dict[tuple[Any, ...], Plan] = {}

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """The versions of the data that decisions rest on."""
        installed = {name: version(name) for name in ("tzdata", "phonenumbers", "holidays")}
        return MappingProxyType(installed | postcodes.versions())

    def places(self, consumer: Consumer) -> Places:
        """Where she may be: zones and jurisdictions, from every address and number of hers."""
        return places.places(consumer, self._areas)

    def in_force(self, jurisdictions: Sequence[str], day: date) -> tuple[LoadedPack, ...]:
        """The packs that hold in any of these places on a local date."""
        return packs_in_force(self.packs, jurisdictions, (day,))

    def decide(self, case: Case, packs: Sequence[str] | None = None) -> Decision:
        """Judge a case by every rule of the packs in force for its places.

        :param packs: judge by exactly these instead, wherever she is.
        :raises ValueError: if the case's moment is not aware.
        """
        case = _at(case, case.at)
        names = None if packs is None else tuple(packs)
        first = self._ask(case, names)
        if first.verdict is not Verdict.HOLD:
            return first.decision(case)
        return self._first_lawful(case, names, first)

    def _first_lawful(self, case: Case, names: tuple[str, ...] | None, first: Answers) -> Decision:
        """Hold until nothing objects any more, or block citing what stands in the way.

        Each objecting rule names its own next instant; all are asked again at the latest of them.
        """
        answers, limit, waiting_for_one = first, case.at + timedelta(days=SEARCH_DAYS), False
        for _ in range(MAX_STEPS):
            deciding = answers.latest()
            moment = until_of(deciding)
            if moment > limit:
                beyond = {each.rule for each in answers.objecting if until_of(each) > limit}
                if waiting_for_one or len(beyond) > 1:
                    return answers.in_the_way(case, first, f"no lawful moment within {SEARCH_DAYS} days")
                # One rule with a known end, such as a moratorium: what lies behind it is asked too.
                limit, waiting_for_one = moment + timedelta(days=SEARCH_DAYS), True
            answers = self._ask(_at(case, moment), names)
            if answers.verdict is Verdict.BLOCK:
                return answers.in_the_way(case, first, "waiting does not help")
            if answers.verdict is Verdict.ALLOW:
                reason = f"{deciding.rule}: {deciding.finding.reason}"
                return first.decision(case, until=moment, reason=reason)
        return answers.in_the_way(case, first, f"no lawful moment found in {MAX_STEPS} steps")

    def _ask(self, case: Case, names: tuple[str, ...] | None) -> Answers:
        """Every rule that applies, asked once about one moment."""
        where = case.places.zones
        unknown = _unknown_zones(where)
        known = () if unknown else where
        plan = self._plan(case, names, self._eras(case.at, known))
        answers = Answers(case.at, plan, _next_turn(plan.turns, case.at, known))
        if unknown:  # no check could tell the hour
            answers.refuse(unknown)
            return answers
        debts = case.debts
        findings = answers.findings
        for bound in plan.bound:
            if bound.debt_kinds is not None and not _about(debts, bound.debt_kinds):
                continue
            finding = judge(bound, case)
            if finding is ALLOWED:  # as most do
                findings.append(bound.allowed)
            else:
                answers.add(bound, finding)
        return answers

    def _plan(self, case: Case, names: tuple[str, ...] | None, eras: tuple[int, ...]) -> Plan:
        contact = case.contact
        jurisdictions = case.places.jurisdictions
        kind = (contact.channel, contact.purpose, case.audience, case.collector.kind, case.endpoint_kind)
        key = (jurisdictions if names is None else None, names, kind, eras)
        plan = self._plans.get(key)
        if plan is None:
            days = [self._turns[era - 1] if era else date.min for era in eras]
            plan = plan_for(self.packs, jurisdictions, names, kind, days)
            if len(self._plans) >= _ROOM_FOR_PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return plan

    def _eras(self, at: datetime, where: tuple[str, ...]) -> tuple[int, ...]:
        """Between which dates of change we are.

        Rules change at local midnight. While it has passed in some plausible zones and not in others,
        there are two eras and the rules of both are asked.
        """
        low, high = _bounds(self._turns, at)
        if low == high or not where:
            return tuple(range(low, high + 1))
        return tuple(sorted({bisect_right(self._turns, zones.local(zone, at).date()) for zone in where}))


def _bounds(turns: Sequence[date], at: datetime) -> tuple[int, int]:
    """How many turns have begun wherever on earth one is, and how many have somewhere."""
    return bisect_right(turns, (at - _WESTMOST).date()), bisect_right(turns, (at + _EASTMOST).date())


def _next_turn(turns: Sequence[date], at: datetime, where: tuple[str, ...]) -> datetime | None:
    """When the next change may come to these places' rules; told roughly while it is far away."""
    low, high = _bounds(turns, at)
    if low == high or not where:  # turns[high] has begun nowhere yet
        return datetime.combine(turns[high], time(), UTC) - _EASTMOST if high < len(turns) else None
    changes = []
    for zone in where:
        era = bisect_right(turns, zones.local(zone, at).date())
        if era < len(turns):
            changes.append(zones.instant(zone, turns[era], time(), opening=False))
    return min(changes, default=None)


def _at(case: Case, moment: datetime) -> Case:
    """The same case at another moment, told in UTC: comparing moments of one zone ignores its changes."""
    if moment.tzinfo is UTC and moment is case.at:
        return case
    if moment.utcoffset() is None:
        raise ValueError("a case needs an aware moment")
    return replace(case, at=moment.astimezone(UTC))


def _about(debts: Sequence[Debt], kinds: frozenset[str]) -> bool:
    """Whether any of the debts is of these kinds; with no debt known it may be."""
    return not debts or any(debt.kind in kinds for debt in debts)


@lru_cache(maxsize=4096)
def _unknown_zones(where: tuple[str, ...]) -> RuleFinding | None:
    unknown = sorted(zone for zone in where if not zones.known(zone))
    if not unknown:
        return None
    return refusal("gate.unknown-zone", f"the time zone {', '.join(unknown)} is not known", zones=unknown)
