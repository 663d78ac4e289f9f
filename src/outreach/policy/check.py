"""What a kind of check is: code that judges one kind of rule, its numbers coming from a pack."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from outreach.domain import Case, Finding

__all__ = ["Check", "Direction", "Parameters"]


class Direction(StrEnum):
    """Which way a parameter becomes stricter; the loader proves that a house rule only narrows."""

    FEWER = "fewer"  # smaller number or earlier time of day
    MORE = "more"  # larger number or later time of day
    SUPERSET = "superset"  # a set that holds at least the other's members
    SUBSET = "subset"
    EQUAL = "equal"  # may not differ


class Parameters(BaseModel):
    """What a pack may set for a kind of check. Subclass it with typed fields; no defaults for law.

    A pack's values arrive as JSON would give them (lists become tuples or sets, "21:00" a time), with
    the pack's phrases in the validation context. A field named ``phrases`` that a pack leaves out is
    filled with all phrases of the pack, ``{name: {language: [texts]}}``; one given as a list of names,
    with those.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Check(ABC):
    """One kind of check. A pack's rule names it with ``check: <kind>``; the gate runs it by name.

    ``stricter``: for each parameter the direction that narrows. ``needs``: names of outside facts
    without which the gate blocks. ``restricts``: kinds of events that can only make this check stricter,
    ``lifts``: kinds that can lift an objection (each pack entry under ``lifted_by`` / ``not_counted``
    carries the citation); the property test of promise 10 is made from the two.
    ``subjects``: what it counts over (``person``, ``debt``, ``endpoint``), so that these are locked.
    ``exceptions``: the ids a rule may list under ``not_counted`` and ``lifted_by``, each with the keys it
    may carry besides ``id`` and ``cite``; the loader refuses others. ``None``: any are taken as they are.
    """

    kind: ClassVar[str]
    Parameters: ClassVar[type[Parameters]]
    needs: ClassVar[frozenset[str]] = frozenset()
    stricter: ClassVar[Mapping[str, Direction]] = {}
    restricts: ClassVar[frozenset[str]] = frozenset()
    lifts: ClassVar[frozenset[str]] = frozenset()
    subjects: ClassVar[frozenset[str]] = frozenset({"person"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = None

    @abstractmethod
    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        """Answer for one case at ``case.at``.

        :param parameters: an instance of ``Parameters`` in force at that moment.
        :param exceptions: the rule's ``not_counted`` and ``lifted_by`` entries by id; an exception that
            the rule does not list does not exist for it.
        :returns: allow (with ``until`` where time alone would end it), hold with this rule's own next
            instant, block, or not_applicable. Anything raised means block.
        """
