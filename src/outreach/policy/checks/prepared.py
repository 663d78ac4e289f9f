"""What a check derives once from a rule, found again at every judgement without looking inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

__all__ = ["Exceptions", "Prepared"]

Exceptions = Mapping[str, Mapping[str, Any]]
"""A rule's ``not_counted`` and ``lifted_by`` entries by id, as a check receives them."""

T = TypeVar("T")
_ROOM = 4096


class Prepared(Generic[T]):
    """Remembers ``make(parameters, exceptions)`` for each pair, by identity.

    The pair is kept alive beside the result, so an id is never another object's. A policy hands over
    the same two objects at every judgement; a caller who does not merely pays for making it again.
    """

    __slots__ = ("_known", "_make")

    def __init__(self, make: Callable[[Any, Exceptions], T]) -> None:
        self._make = make
        self._known: dict[tuple[int, int], tuple[Any, Exceptions, T]] = {}

    def of(self, parameters: Any, exceptions: Exceptions) -> T:
        """The derived value of this rule."""
        found = self._known.get((id(parameters), id(exceptions)))
        if found is not None:
            return found[2]
        made = self._make(parameters, exceptions)
        if len(self._known) >= _ROOM:
            self._known.clear()
        self._known[id(parameters), id(exceptions)] = (parameters, exceptions, made)
        return made
