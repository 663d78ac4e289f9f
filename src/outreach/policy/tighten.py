"""Proof that a rule which tightens another is narrower: parameters, exceptions and reach.

Rules add up, so a wider one would do no harm; but an officer who believes a limit to be 3 must not be
left with 8. What cannot be proven is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from outreach.policy.check import Check, Direction, Parameters
from outreach.policy.pack import AppliesTo, ListedException, PackRule
from outreach.policy.rule import Draft, Rule
from outreach.policy.strict import nearest
from outreach.policy.yamlfile import Place

__all__ = ["exceptions_of", "fewer_exceptions", "less_reach", "narrower", "not_narrower", "say"]

_LISTS: Final = ("not_counted", "lifted_by")


def not_narrower(check: Check, base: Parameters, tightened: Parameters) -> tuple[str, Any, Any, str] | None:
    """The first parameter that does not narrow: its name, both values and the direction wanted.

    :returns: ``None`` if every parameter is equal or narrower.
    """
    for name in type(base).model_fields:
        old, new = getattr(base, name), getattr(tightened, name)
        direction = check.stricter.get(name, Direction.EQUAL)
        if not narrower(direction, old, new):
            return name, old, new, _WANTED[direction]
    return None


_WANTED: Mapping[Direction, str] = {
    Direction.FEWER: "it must be the same or smaller (earlier)",
    Direction.MORE: "it must be the same or larger (later)",
    Direction.SUPERSET: "it must hold all of the other's members",
    Direction.SUBSET: "it may hold only the other's members",
    Direction.EQUAL: "it may not differ",
}


def narrower(direction: Direction, old: Any, new: Any) -> bool:
    """Whether ``new`` is equal to ``old`` or provably stricter in this direction."""
    if new == old:
        return True
    if direction is Direction.SUPERSET:
        return _holds(new, old)
    if direction is Direction.SUBSET:
        return _holds(old, new)
    if direction is Direction.EQUAL or not _comparable(old, new):
        return False
    return bool(new < old) if direction is Direction.FEWER else bool(new > old)


def _comparable(old: Any, new: Any) -> bool:
    """Numbers with numbers, times with times; texts have no order that means anything."""
    if isinstance(old, bool) or isinstance(new, bool):
        return False
    if isinstance(old, int | float) and isinstance(new, int | float):
        return True
    return type(old) is type(new) and isinstance(old, time | date | datetime)


def _holds(larger: Any, smaller: Any) -> bool:
    """Whether everything in ``smaller`` is in ``larger``."""
    if isinstance(larger, Mapping) and isinstance(smaller, Mapping):
        return all(key in larger and _holds(larger[key], value) for key, value in smaller.items())
    collections = (tuple, list, AbstractSet)
    if isinstance(larger, collections) and isinstance(smaller, collections):
        return all(item in larger for item in smaller)
    return bool(larger == smaller)


def exceptions_of(
    draft: Draft, source: PackRule, check: Check, place: Place
) -> Mapping[str, Mapping[str, Any]]:
    """``not_counted`` and ``lifted_by`` as one table by id."""
    table: dict[str, Mapping[str, Any]] = {}
    for part in _LISTS:
        listed: tuple[ListedException, ...] = getattr(source, part) or ()
        for position, each in enumerate(listed):
            here = (*place, part, position)
            if each.id in table:
                raise draft.document.error(f"{source.id} lists the exception {each.id!r} twice", here)
            extra = each.model_extra or {}
            _known_exception(draft, check, each.id, extra, here)
            table[each.id] = MappingProxyType({"cite": each.cite, **extra})
    return MappingProxyType(table)


def _known_exception(draft: Draft, check: Check, name: str, extra: Mapping[str, Any], here: Place) -> None:
    if check.exceptions is None:
        return
    if name not in check.exceptions:
        raise draft.document.error(
            f"the check {check.kind!r} knows no exception {name!r}",
            (*here, "id"),
            remedy=nearest(name, list(check.exceptions)),
        )
    for key in extra:
        if key not in check.exceptions[name]:
            raise draft.document.error(
                f"unknown key {key!r}", (*here, key), remedy=nearest(key, list(check.exceptions[name]))
            )


def fewer_exceptions(
    draft: Draft, source: PackRule, place: Place, base: Rule
) -> Mapping[str, Mapping[str, Any]]:
    """The base's exceptions; a list that is restated may only leave some out."""
    own = exceptions_of(draft, source, base.check, place)
    for part in _LISTS:
        for position, each in enumerate(getattr(source, part) or ()):
            if base.exceptions.get(each.id) != own[each.id]:
                raise draft.document.error(
                    f"{source.id} does not tighten {base.id}: that rule has no such exception {each.id!r}",
                    (*place, part, position),
                    remedy="list only exceptions of that rule, word for word, or none",
                )
    dropped: set[str] = set()
    if source.not_counted is not None:
        dropped |= base.not_counted - own.keys()
    if source.lifted_by is not None:
        dropped |= base.exceptions.keys() - base.not_counted - own.keys()
    return MappingProxyType({name: each for name, each in base.exceptions.items() if name not in dropped})


def less_reach(draft: Draft, source: PackRule, place: Place, base: Rule) -> AppliesTo:
    """The base's reach; a list that is restated may only leave some out."""
    if source.applies_to is None:
        return base.applies_to
    merged: dict[str, Any] = {}
    for name in AppliesTo.model_fields:
        old, new = getattr(base.applies_to, name), getattr(source.applies_to, name)
        if new is not None and old is not None and not set(new) <= set(old):
            raise draft.document.error(
                f"{source.id} does not tighten {base.id}: {name} reaches further",
                (*place, "applies_to", name),
                why=f"there it is {', '.join(sorted(old))}",
                remedy="name only some of these, or write a rule of its own",
            )
        merged[name] = old if new is None else new
    return AppliesTo(**merged)


def say(value: Any) -> str:
    """A parameter as an officer would write it."""
    if isinstance(value, BaseModel):
        return str(value.model_dump(mode="json"))
    if isinstance(value, frozenset | set | tuple | list):
        return f"[{', '.join(sorted(str(item) for item in value))}]"
    return str(value)
