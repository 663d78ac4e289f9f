"""A rule made ready to be judged: its check, and its parameters under the dates on which they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from outreach.domain import Weight
from outreach.domain.words import among
from outreach.policy.areas import Area
from outreach.policy.check import Check, Parameters
from outreach.policy.pack import AppliesTo, Pack, PackRule
from outreach.policy.yamlfile import Document

__all__ = ["Draft", "LoadedPack", "Period", "Rule"]


@dataclass(frozen=True, slots=True)
class Period:
    """From this local date on these parameters hold; ``None``: the rule has ended."""

    since: date
    parameters: Parameters | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty. ``source`` is the rule as its file has it; ``place`` says where it stands there.

    A rule that tightens another has that rule's check, exceptions and reach.
    """

    id: str
    pack: str
    title: str
    check: Check
    periods: tuple[Period, ...]  # in the order of dates, without gaps; only the last can be the end
    exceptions: Mapping[str, Mapping[str, Any]]
    not_counted: frozenset[str]  # which of the exceptions stand under that word
    applies_to: AppliesTo
    cites: tuple[str, ...]
    weight: Weight
    source: PackRule
    place: tuple[str | int, ...]

    def parameters_on(self, day: date) -> Parameters | None:
        """The parameters in force on a local date; ``None`` where the rule does not hold."""
        found: Parameters | None = None
        for period in self.periods:
            if period.since > day:
                break
            found = period.parameters
        return found

    def applies(self, channel: str, purpose: str, audience: str, collector: str, endpoint: str) -> bool:
        """Whether a contact of this kind concerns the rule; debts are looked at case by case."""
        to = self.applies_to
        return (
            (to.channel is None or among(channel, to.channel))
            and (to.purpose is None or purpose in to.purpose)
            and (to.audience is None or audience in to.audience)
            and (to.collector is None or collector in to.collector)
            and (to.endpoint is None or endpoint in to.endpoint)
        )


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack with its text, the digest of that text and its rules."""

    name: str
    jurisdiction: str
    digest: str
    source: Pack
    document: Document
    rules: tuple[Rule, ...]
    path: Path | None = None  # None: read from a kept text

    @property
    def borrows(self) -> frozenset[str]:
        """The packs whose phrases its rules name."""
        return frozenset(
            str(name).split(":", 1)[0]
            for rule in self.source.rules
            for stated in rule.in_force.values()
            if isinstance(stated, dict) and isinstance(stated.get("phrases"), list)
            for name in stated["phrases"]
            if ":" in str(name)
        )

    @property
    def area(self) -> Area | None:
        """Where it holds, for a pack of a part of a state."""
        stated = self.source.area
        if stated is None:
            return None
        state = self.jurisdiction.split(".")[1].upper()
        return Area(self.jurisdiction, state, frozenset(stated.counties), frozenset(stated.area_codes))

    @property
    def cases(self) -> Path | None:
        """The case file beside it, where there is one."""
        return self.beside("cases.yaml")

    def beside(self, name: str) -> Path | None:
        """A file of this name beside the pack's own, where there is one."""
        file = self.path.with_name(name) if self.path else None
        return file if file is not None and file.is_file() else None


@dataclass(frozen=True, slots=True)
class Draft:
    """A pack that was read and is not yet compiled."""

    document: Document
    pack: Pack
    path: Path | None
