"""What a change of packs means, in sentences: limits, dates, reach, exceptions, citations, phrases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, Final, Literal

from outreach.policy.check import Check, Direction
from outreach.policy.pack import EXPECTED, AppliesTo, ListedException, Pack, PackRule
from outreach.policy.tighten import narrower

__all__ = ["Difference", "differences"]

Sense = Literal["narrower", "looser", "other"]
_CLOCK: Final = re.compile(r"\d\d:\d\d(:\d\d)?\Z")
_MOST_PHRASES: Final = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """One sentence. ``about``: the rule or pack; ``sense``: where it can be proven, which way it goes."""

    about: str
    says: str
    sense: Sense = "other"


def differences(
    old: Sequence[Pack], new: Sequence[Pack], checks: Mapping[str, Check]
) -> Iterator[Difference]:
    """Everything that differs, pack by pack and rule by rule; what is the same is not told."""
    before, after = {pack.pack: pack for pack in old}, {pack.pack: pack for pack in new}
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Difference(name, "the pack is gone, with all its rules", "looser")
        elif name not in before:
            yield Difference(name, f"a new pack: {after[name].title}", "narrower")
        else:
            yield from _packs(before[name], after[name], checks)


def _packs(old: Pack, new: Pack, checks: Mapping[str, Check]) -> Iterator[Difference]:
    for name in ("title", "jurisdiction", "authority", "evidence", "force"):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield Difference(new.pack, f"{name} is now {now!s}, it was {was!s}")
    if old.checked != new.checked:
        yield Difference(
            new.pack,
            f"compared with its source on {new.checked.on} (before: {old.checked.on}), "
            f"due again by {new.checked.again_by}",
        )
    yield from _phrases(old, new)
    before, after = {rule.id: rule for rule in old.rules}, {rule.id: rule for rule in new.rules}
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Difference(name, "the rule is gone", "looser")
        elif name not in before:
            yield Difference(
                name, f"a new rule: {after[name].title or 'tightens ' + after[name].tightens}", "narrower"
            )
        else:
            yield from _rules(before[name], after[name], checks)


def _rules(old: PackRule, new: PackRule, checks: Mapping[str, Check]) -> Iterator[Difference]:
    for name in ("title", "check", "standard", "evidence", "force", "tightens", "because", "note"):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield Difference(new.id, f"{name} is now {now or 'left out'}, it was {was or 'left out'}")
    if old.weight is not new.weight:
        warns = new.weight.value == "warn"
        yield Difference(
            new.id,
            "it only warns from now on" if warns else "it no longer only warns",
            "looser" if warns else "narrower",
        )
    yield from _reach(old, new)
    yield from _cites(old, new)
    for part in ("not_counted", "lifted_by"):
        word = part.replace("_", " ")
        yield from _exceptions(new.id, getattr(old, part) or (), getattr(new, part) or (), word)
    yield from _in_force(old, new, checks.get(new.check))


def _reach(old: PackRule, new: PackRule) -> Iterator[Difference]:
    before, after = old.applies_to or AppliesTo(), new.applies_to or AppliesTo()
    for name in AppliesTo.model_fields:
        was, now = getattr(before, name), getattr(after, name)
        if was == now:
            continue
        word = name.replace("_", " ")
        if now is None:
            yield Difference(
                new.id, f"it applies whatever the {word}, before only to {_listed(was)}", "narrower"
            )
        elif was is None:
            yield Difference(new.id, f"it applies only to the {word} {_listed(now)}, before to any", "looser")
        else:
            if gained := sorted(set(now) - set(was)):
                yield Difference(new.id, f"it applies to the {word} {_listed(gained)} too", "narrower")
            if lost := sorted(set(was) - set(now)):
                yield Difference(new.id, f"it no longer applies to the {word} {_listed(lost)}", "looser")


def _cites(old: PackRule, new: PackRule) -> Iterator[Difference]:
    for cite in (each for each in new.cites if each not in old.cites):
        yield Difference(new.id, f"cites {cite}")
    for cite in (each for each in old.cites if each not in new.cites):
        yield Difference(new.id, f"no longer cites {cite}")


def _exceptions(
    rule: str, old: Sequence[ListedException], new: Sequence[ListedException], word: str
) -> Iterator[Difference]:
    before, after = {each.id: each for each in old}, {each.id: each for each in new}
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Difference(rule, f"the exception {name} ({word}) is gone", "narrower")
        elif name not in before:
            yield Difference(rule, f"a new exception, {word} {name} ({after[name].cite})", "looser")
        elif before[name] != after[name]:
            was, now = before[name].model_dump(), after[name].model_dump()
            for key in sorted(was.keys() | now.keys()):
                if was.get(key) != now.get(key):
                    yield Difference(
                        rule,
                        f"the exception {name}: {key} is now {_said(now.get(key))}, "
                        f"it was {_said(was.get(key))}",
                    )


def _in_force(old: PackRule, new: PackRule, check: Check | None) -> Iterator[Difference]:
    before, after = old.in_force, new.in_force
    for day in sorted(before.keys() | after.keys()):
        was, now = before.get(day, ...), after.get(day, ...)
        if was == now:
            continue
        if now is ...:
            yield Difference(new.id, f"nothing changes any more on {day}")
        elif now is None:
            yield Difference(new.id, f"it ends on {day}", "looser")
        elif now == EXPECTED:
            yield Difference(new.id, f"a change is expected on {day}")
        elif isinstance(was, dict) and isinstance(now, dict):
            yield from _parameters(new.id, day, was, now, check)
        else:
            earlier = [
                value for date, value in sorted(before.items()) if date <= day and isinstance(value, dict)
            ]
            yield from _parameters(new.id, day, earlier[-1] if earlier else {}, now, check)


def _parameters(
    rule: str, day: str, was: Mapping[str, Any], now: Any, check: Check | None
) -> Iterator[Difference]:
    for name in sorted(was.keys() | now.keys()):
        before, after = was.get(name), now.get(name)
        if before == after:
            continue
        direction = check.stricter.get(name, Direction.EQUAL) if check else Direction.EQUAL
        if before is None:
            yield Difference(rule, f"{name} is {_said(after)} from {day}")
        elif after is None:
            yield Difference(rule, f"{name} is left out from {day}, it was {_said(before)}")
        else:
            yield Difference(
                rule,
                f"{name} {_said(before)} becomes {_said(after)} from {day}",
                _sense(direction, before, after),
            )


def _sense(direction: Direction, was: Any, now: Any) -> Sense:
    was, now = _comparable(was), _comparable(now)
    tighter, looser = narrower(direction, was, now), narrower(direction, now, was)
    if tighter is looser:  # both, where only the order or the writing is another
        return "other"
    return "narrower" if tighter else "looser"


def _comparable(value: Any) -> Any:
    if isinstance(value, str) and _CLOCK.match(value):
        return time.fromisoformat(value)
    return value


def _phrases(old: Pack, new: Pack) -> Iterator[Difference]:
    for name in sorted(old.phrases.keys() | new.phrases.keys()):
        before, after = old.phrases.get(name, {}), new.phrases.get(name, {})
        for language in sorted(before.keys() | after.keys()):
            was, now = before.get(language, ()), after.get(language, ())
            for word, more in (
                ("gain", [each for each in now if each not in was]),
                ("lose", [each for each in was if each not in now]),
            ):
                if more:
                    yield Difference(new.pack, f"the phrases {name} ({language}) {word} {_some(more)}")


def _some(phrases: Sequence[str]) -> str:
    shown = ", ".join(f"“{each}”" for each in phrases[:_MOST_PHRASES])
    return shown + (f" and {len(phrases) - _MOST_PHRASES} more" if len(phrases) > _MOST_PHRASES else "")


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(str(each) for each in values)


def _said(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return "nothing" if value is None else str(value)
