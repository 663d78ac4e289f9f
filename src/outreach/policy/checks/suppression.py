"""suppression: the person is dead, bankrupt, under a moratorium or on a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from outreach.domain import ALLOWED, CONSUMER, Case, Event, Finding
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.days import as_date, last_midnight
from outreach.policy.checks.people import about

__all__ = ["Suppression"]

_SUPPRESSED = "suppressed"


class Suppression(Check):
    """A moratorium with a known end holds until then; everything else blocks.

    The outside fact ``suppressed`` bars whenever a source gives it as true. Facts named by ``lists`` must
    be known: an absent one blocks.
    """

    class Parameters(CheckParameters):
        """``reasons``: those that bar. ``lists``: names of outside facts that bar when true."""

        reasons: frozenset[str]
        lists: frozenset[str] = frozenset()

    kind = "suppression"
    stricter: ClassVar[Mapping[str, Direction]] = {"reasons": Direction.SUPERSET, "lists": Direction.SUPERSET}
    restricts = frozenset({"deceased", "bankrupt", "breathing_space"})

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        facts = case.facts
        if facts and facts.get(_SUPPRESSED):
            return Finding.block("a suppression list names this person", list=_SUPPRESSED)
        for name in sorted(parameters.lists):
            if name not in facts:
                return Finding.block("a suppression list could not be asked", list=name)
            if facts[name]:
                return Finding.block("a suppression list names this person", list=name)
        history = case.history
        if not history:
            return ALLOWED
        reasons = parameters.reasons
        if (
            "deceased" in reasons
            and history.deceased
            and case.contact.to_person == CONSUMER
            and any(event.at <= case.at for event in history.of("deceased"))
        ):
            return Finding.block("the person has died; speak with whoever acts for the estate")
        if "bankrupt" in reasons and (known := history.of("bankrupt")) and _bankrupt(case, known):
            return Finding.block("the person is bankrupt for this debt")
        if "breathing_space" in reasons and (known := history.of("breathing_space")):
            return _moratorium(case, known)
        return ALLOWED


def _bankrupt(case: Case, known: Sequence[Event]) -> bool:
    for event in known:
        if event.at > case.at or (case.debts and not about(event, case.debt_ids)):
            continue
        ends = _ends(event, case)
        if ends is None or case.at < ends:
            return True
    return False


def _ends(event: Event, case: Case) -> datetime | None:
    """The instant at which it is over: a timestamp as it stands, a date inclusive; ``None``: unknown."""
    until = event.fields.get("until")
    if not until:
        return None
    if isinstance(until, datetime):
        return until
    if "T" in str(until):
        return datetime.fromisoformat(str(until))
    if not case.places.zones:
        return None
    return last_midnight(case.places.zones, as_date(until) + timedelta(days=1))


def _moratorium(case: Case, known: Sequence[Event]) -> Finding:
    latest: datetime | None = None
    for event in known:
        if event.at > case.at or (case.debts and not about(event, case.debt_ids)):
            continue
        ends = _ends(event, case)
        if ends is None:
            return Finding.block("a moratorium protects the person; its end is not known")
        if ends > case.at and (latest is None or ends > latest):
            latest = ends
    if latest is None:
        return ALLOWED
    return Finding.hold("a moratorium protects the person", until=latest)
