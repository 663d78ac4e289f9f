"""Calls that do not count: what a rule on call frequency lists under ``not_counted``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from outreach.domain import CONSUMER, Attempt, Case, Event, Relation, Result
from outreach.policy.checks.attribution import Booked
from outreach.policy.checks.consents import begins, given, withdrawn_at
from outreach.policy.checks.days import DAY, as_date, first_midnight
from outreach.policy.checks.prepared import Exceptions
from outreach.policy.zones import local

__all__ = ["ASKED", "EXCLUSIONS", "MISDIRECTED", "NOT_CONNECTED", "PROFESSIONAL", "Excluded", "Permit"]

NOT_CONNECTED: Final = "not-connected"
ASKED: Final = "asked-to-call-again"
PROFESSIONAL: Final = "professional-party"
MISDIRECTED: Final = "misdirected"

EXCLUSIONS: Final = {
    NOT_CONNECTED: frozenset({"results"}),
    ASKED: frozenset({"days", "scopes"}),
    PROFESSIONAL: frozenset({"relations"}),
    MISDIRECTED: frozenset({"events"}),
}
"""The exceptions of ``frequency`` and ``cooling_off`` by id, with the keys each carries."""

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Permit:
    """Calls asked for, from an instant until another (excluded). ``debts`` empty: about any debt."""

    start: datetime
    end: datetime
    debts: frozenset[str]
    to: str

    def covers(self, moment: datetime, to: str) -> bool:
        """Whether a call placed then to that number was asked for."""
        return self.start <= moment < self.end and (not self.to or self.to == to)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A rule's exclusions, read once from its exceptions."""

    results: frozenset[Result] = frozenset()
    days: int = 0
    scopes: frozenset[str] = frozenset()
    relations: frozenset[Relation] = frozenset()
    events: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, exceptions: Exceptions) -> Excluded:
        """Read a rule's exceptions; one that it does not list does not exist."""
        asked = exceptions.get(ASKED, {})
        return cls(
            results=frozenset(map(Result, exceptions.get(NOT_CONNECTED, {}).get("results", ()))),
            days=int(asked.get("days", 0)),
            scopes=frozenset(map(str, asked.get("scopes", ()))) if asked else frozenset(),
            relations=frozenset(map(Relation, exceptions.get(PROFESSIONAL, {}).get("relations", ()))),
            events=frozenset(map(str, exceptions.get(MISDIRECTED, {}).get("events", ()))),
        )

    def professional(self, case: Case) -> bool:
        """Whether the person contacted is one to whom calls do not count (14(b)(3)(iii))."""
        if not self.relations or case.contact.to_person == CONSUMER:
            return False
        person = case.consumer.person(case.contact.to_person)
        return person is not None and person.relation in self.relations

    def disowned(self, case: Case) -> dict[str, datetime]:
        """Numbers found not to be the person's, with the moment we learned it.

        Comment 14(b)(2)(i)-3: calls made to such a number before are not calls to that person.
        """
        found: dict[str, datetime] = {}
        if not self.events:
            return found
        learned: Iterable[Event] = case.history.of("wrong_number") if "wrong_number" in self.events else ()
        for event in learned:
            _learn(found, event, case)
        if "reassigned" in self.events:
            for event in case.history.of("reassigned_check"):
                if event.fields.get("result") == "reassigned":
                    _learn(found, event, case)
        return found

    def counts(self, attempt: Attempt, disowned: dict[str, datetime]) -> str:
        """The exclusion by which this attempt does not count, or "" if it does (consents apart)."""
        if attempt.result in self.results:
            return NOT_CONNECTED
        learned = disowned.get(attempt.to)
        if learned is not None and attempt.at <= learned:
            return MISDIRECTED
        return ""

    def permits(self, case: Case, key: str, debts: frozenset[str], booked: Sequence[Booked]) -> list[Permit]:
        """Stretches in which the person's consent took calls about one particular debt out of the count.

        Comment 14(b)(3)(i)-2: from receipt, its day being day one, for the rule's days; ended early by
        the end of the term consented to, by revocation, and by a conversation about the debt.

        :param key: the particular debt, "" for any; ``debts`` the debt ids that belong to it.
        """
        if not self.days:
            return []
        zones = case.places.zones
        found = []
        # A consent about one debt, or to another number, still takes out the calls that it was about.
        for event in given(case, self.scopes, covering=False):
            named = event.fields.get("debts")
            if named and not debts.intersection(named):
                continue
            start, end = event.at, self._ends(event, zones)
            if event.fields.get("from"):
                start = max(start, begins(zones, event.fields["from"]))
            revoked = withdrawn_at(case, event)
            if revoked is not None:
                end = min(end, revoked)
            later = (each for each in booked if each.at > event.at)
            talks = [each.at for each in later if (key in each.talked if key else each.talked)]
            if talks:
                end = min(end, min(talks) + _TICK)  # the call in which we talked was itself asked for
            if start < end:
                found.append(Permit(start, end, frozenset(named or ()), str(event.fields.get("to") or "")))
        return found

    def _ends(self, event: Event, zones: Sequence[str]) -> datetime:
        receipt = min(local(zone, event.at).date() for zone in zones)
        end = first_midnight(zones, receipt + timedelta(days=self.days))
        until = event.fields.get("until")
        return min(end, first_midnight(zones, as_date(until) + DAY)) if until else end


def _learn(found: dict[str, datetime], event: Event, case: Case) -> None:
    to = event.fields.get("to")
    if not isinstance(to, str) or event.at > case.at:
        return
    # Not the consumer's, unless another person is named: it stays the number of whoever owns it.
    if (event.fields.get("person") or CONSUMER) != case.contact.to_person:
        return
    found[to] = max(event.at, found.get(to, event.at))
