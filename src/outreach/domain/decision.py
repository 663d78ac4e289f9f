"""What rules answer, and what all their answers together say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from outreach.domain.words import Verdict, Weight

__all__ = ["ALLOWED", "NOT_APPLICABLE", "Decision", "Finding", "RuleFinding"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer to one case.

    ``until``: for a hold, the rule's own next lawful instant (exact, aware; may not be in the past);
    for an allow, the first instant at which the rule would object with no new fact (``None``: never).
    ``reason`` is a sentence for people, without personal data. ``facts`` are plain JSON values the
    answer rests on: counts, zones, dates, ids of events; never an address. ``cites`` are more exact
    paragraphs than the rule's own, where the check knows them. ``lifted`` names the exception
    (its id in the pack) by which an objection was lifted.
    """

    verdict: Verdict
    reason: str = ""
    until: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=_nothing)
    cites: tuple[str, ...] = ()
    lifted: str = ""

    @classmethod
    def allow(
        cls, reason: str = "", *, until: datetime | None = None, lifted: str = "", **facts: Any
    ) -> Finding:
        """This rule does not object."""
        return cls(Verdict.ALLOW, reason, until, facts or _NOTHING, (), lifted)

    @classmethod
    def hold(cls, reason: str, *, until: datetime, cites: tuple[str, ...] = (), **facts: Any) -> Finding:
        """This rule objects until ``until`` if nothing else happens."""
        return cls(Verdict.HOLD, reason, until, facts or _NOTHING, cites)

    @classmethod
    def block(cls, reason: str, *, cites: tuple[str, ...] = (), **facts: Any) -> Finding:
        """This rule objects until a fact or the words change."""
        return cls(Verdict.BLOCK, reason, None, facts or _NOTHING, cites)

    @property
    def objects(self) -> bool:
        """Whether it holds or blocks."""
        return self.verdict is Verdict.HOLD or self.verdict is Verdict.BLOCK


ALLOWED = Finding(Verdict.ALLOW)
NOT_APPLICABLE = Finding(Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """A finding with the rule that made it."""

    rule: str
    cites: tuple[str, ...]
    finding: Finding
    weight: Weight = Weight.RULE

    @property
    def objects(self) -> bool:
        """Whether it stands in the way; a warning never does."""
        return self.weight is Weight.RULE and self.finding.objects


@dataclass(frozen=True, slots=True)
class Decision:
    """Every rule's answer to one case, and what follows.

    ``until``: for a hold, the joint earliest lawful instant; ``good_until``: for an allow, the first
    instant at which some rule would object with no new fact (``None``: never). ``packs``: digest of
    each pack in force by its name. ``warnings``: sentences for people that decide nothing.
    """

    verdict: Verdict
    at: datetime
    findings: tuple[RuleFinding, ...] = ()
    until: datetime | None = None
    good_until: datetime | None = None
    packs: Mapping[str, str] = field(default_factory=_nothing)
    warnings: tuple[str, ...] = ()
    reason: str = ""

    @property
    def objections(self) -> tuple[RuleFinding, ...]:
        """The findings that stand in the way, strictest first: blocks, then holds from the longest."""
        if self.verdict is Verdict.ALLOW:
            return ()
        return tuple(sorted((each for each in self.findings if each.objects), key=_strictness))


def _strictness(each: RuleFinding) -> tuple[bool, float]:
    until = each.finding.until
    return each.finding.verdict is not Verdict.BLOCK, -until.timestamp() if until else 0.0
