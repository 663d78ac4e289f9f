"""Rules made ready to be judged: parameters under dates, exceptions by id, narrowing proven.

A second rule of the same id, an unknown kind of check, a gap between dates and a "tightening" that is
wider than what it tightens are refused here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from outreach.domain import digest_of
from outreach.errors import PolicyError
from outreach.policy.check import Check, Parameters
from outreach.policy.pack import EXPECTED, AppliesTo, PackRule
from outreach.policy.rule import Draft, LoadedPack, Period, Rule
from outreach.policy.strict import nearest, validate
from outreach.policy.tighten import exceptions_of, fewer_exceptions, less_reach, not_narrower, say
from outreach.policy.yamlfile import Document, Place

__all__ = ["Builder"]


def _new(kind: str, name: str, where: str, seen: dict[str, str]) -> None:
    """Refuse a name that is taken, naming both files."""
    if name in seen:
        raise PolicyError(
            f"two {kind}s are called {name}",
            where=where,
            why=f"the other one stands in {seen[name]}",
            remedy="rename one of them, or take one of the two files out",
        )
    seen[name] = where


class Builder:
    """Compiles rules; those that tighten others after the others."""

    def __init__(self, drafts: Sequence[Draft], checks: Mapping[str, Check]) -> None:
        self.checks = checks
        self.found: dict[str, tuple[Draft, int]] = {}
        self.made: dict[str, Rule] = {}
        self.lent = {
            f"{draft.pack.pack}:{name}": dict(texts)
            for draft in drafts
            for name, texts in draft.pack.phrases.items()
        }
        seen: dict[str, str] = {}
        for draft in drafts:
            _new("pack", draft.pack.pack, draft.document.where(("pack",)), seen)
            for index, rule in enumerate(draft.pack.rules):
                _new("rule", rule.id, draft.document.where(("rules", index, "id")), seen)
                self.found[rule.id] = (draft, index)

    def loaded(self, draft: Draft) -> LoadedPack:
        pack = draft.pack
        return LoadedPack(
            name=pack.pack,
            jurisdiction=pack.jurisdiction,
            digest=digest_of(draft.document.text),
            source=pack,
            document=draft.document,
            rules=tuple(self.rule(rule.id, ()) for rule in pack.rules),
            path=draft.path,
        )

    def rule(self, rule_id: str, way: tuple[str, ...]) -> Rule:
        """The compiled rule. ``way``: the rules that lead here by tightening, to find circles."""
        if rule_id in self.made:
            return self.made[rule_id]
        draft, index = self.found[rule_id]
        source, place = draft.pack.rules[index], ("rules", index)
        if not source.tightens:
            made = self._plain(draft, source, place)
        else:
            named = (*place, "tightens")
            if source.tightens in (*way, rule_id):
                raise draft.document.error(f"{rule_id} tightens itself in a circle", named)
            if source.tightens not in self.found:
                raise draft.document.error(
                    f"there is no rule {source.tightens!r} to tighten",
                    named,
                    remedy=nearest(source.tightens, list(self.found)),
                )
            made = self._tightened(draft, source, place, self.rule(source.tightens, (*way, rule_id)))
        self.made[rule_id] = made
        return made

    def _plain(self, draft: Draft, source: PackRule, place: Place) -> Rule:
        check = self.checks.get(source.check)
        if check is None:
            raise draft.document.error(
                f"there is no kind of check {source.check!r}",
                (*place, "check"),
                why=f"known are: {', '.join(sorted(self.checks))}",
                remedy=nearest(source.check, list(self.checks)),
            )
        periods = []
        for day in _dates(draft.document, source, place):
            stated = source.in_force[day]
            here = (*place, "in_force", day)
            parameters = self._parameters(draft, check, stated, here) if isinstance(stated, dict) else None
            periods.append(Period(date.fromisoformat(day), parameters))
        return Rule(
            id=source.id,
            pack=draft.pack.pack,
            title=source.title,
            check=check,
            periods=tuple(periods),
            exceptions=exceptions_of(draft, source, check, place),
            not_counted=frozenset(each.id for each in source.not_counted or ()),
            applies_to=source.applies_to or AppliesTo(),
            cites=source.cites,
            weight=source.weight,
            source=source,
            place=place,
        )

    def _tightened(self, draft: Draft, source: PackRule, place: Place, base: Rule) -> Rule:
        dates = _dates(draft.document, source, place)
        if dates and date.fromisoformat(dates[0]) < base.periods[0].since:
            raise draft.document.error(
                f"{source.id} begins before the rule it tightens",
                (*place, "in_force", dates[0]),
                why=f"{base.id} is in force from {base.periods[0].since}",
                remedy="begin on that date or later",
            )
        return Rule(
            id=source.id,
            pack=draft.pack.pack,
            title=source.title or base.title,
            check=base.check,
            periods=tuple(self._narrowed(draft, source, place, base, dates)),
            exceptions=(kept := fewer_exceptions(draft, source, place, base)),
            not_counted=base.not_counted & kept.keys(),
            applies_to=less_reach(draft, source, place, base),
            cites=(*(source.cites or (source.because,)), *base.cites),
            weight=source.weight,
            source=source,
            place=place,
        )

    def _narrowed(
        self, draft: Draft, source: PackRule, place: Place, base: Rule, dates: Sequence[str]
    ) -> list[Period]:
        """The base's parameters with what is restated, from every date on which either changes.

        Where the base has ended, its last parameters go on: the house has not given its limit up.
        """
        own = [(date.fromisoformat(day), day) for day in dates]
        turns = sorted({day for day, _ in own} | {each.since for each in base.periods if own})
        periods: list[Period] = []
        for turn in turns:
            current = [text for day, text in own if day <= turn]
            if not current:
                continue
            restated = source.in_force[current[-1]]
            here = (*place, "in_force", current[-1])
            if not isinstance(restated, dict):
                periods.append(Period(turn, None))
                break
            under = [each.parameters for each in base.periods if each.since <= turn and each.parameters]
            narrow = self._parameters(draft, base.check, restated, here, under[-1])
            wider = not_narrower(base.check, under[-1], narrow)
            if wider is not None:
                name, old, new, wanted = wider
                raise draft.document.error(
                    f"{source.id} does not tighten {base.id}: {name} is {say(new)}, there it is {say(old)}",
                    (*here, name),
                    why=wanted,
                    remedy="narrow it, or write a rule of its own (rules add up)",
                )
            periods.append(Period(turn, narrow))
        return periods

    def _parameters(
        self,
        draft: Draft,
        check: Check,
        stated: dict[str, Any],
        here: Place,
        base: Parameters | None = None,
    ) -> Parameters:
        """The check's own strict model of what a pack states, on top of ``base`` where there is one."""
        values = dict(stated)
        if "phrases" in check.Parameters.model_fields:
            own = {name: dict(texts) for name, texts in draft.pack.phrases.items()}
            values = _with_phrases(draft, values, own, self.lent, here, inherited=base is not None)
        if base is not None:
            values = {**base.model_dump(mode="json", by_alias=True, exclude_unset=True), **values}
        return validate(check.Parameters, draft.document, here, value=values)


def _dates(document: Document, source: PackRule, place: Place) -> list[str]:
    """The dates on which something takes effect, in order; forecasts left out, gaps refused."""
    dates = sorted(day for day, value in source.in_force.items() if value != EXPECTED)
    for position, day in enumerate(dates):
        if source.in_force[day] is not None:
            continue
        here = (*place, "in_force", day)
        if position == 0:
            raise document.error(f"{source.id} ends before it begins", here, remedy="take this date out")
        if position < len(dates) - 1:
            raise document.error(
                f"{source.id} has a gap: it ends on {day} and goes on from {dates[position + 1]}",
                here,
                remedy="take the end out, or write the later part as a rule of its own",
            )
    return dates


def _with_phrases(
    draft: Draft,
    values: dict[str, Any],
    own: Mapping[str, Any],
    lent: Mapping[str, Any],
    here: Place,
    *,
    inherited: bool,
) -> dict[str, Any]:
    """The names of phrases replaced by their wordings; without names, all of the pack's own."""
    named = values.get("phrases")
    if named is None:
        return values if inherited else {**values, "phrases": own}
    phrases = {**own, **lent}
    if not isinstance(named, list):
        return values
    for position, name in enumerate(named):
        if name not in phrases:
            raise draft.document.error(
                f"there are no phrases {name!r}",
                (*here, "phrases", position),
                why="it is a name in this pack, or pack:name in another",
                remedy=nearest(str(name), list(phrases)),
            )
    return {**values, "phrases": {name: phrases[name] for name in named}}
