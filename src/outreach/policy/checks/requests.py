"""Contacts that a person asked for, agreed to, or that the law demands: not counted, or not objected to.

Each has its own id under a rule's ``not_counted`` or ``lifted_by``; one that is not listed does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from outreach.domain import Attempt, Case, Event, Finding, Purpose
from outreach.policy.checks.consents import begins, covers_moment, given, opted_out_since, withdrawn_at
from outreach.policy.checks.days import DAY, as_date, first_midnight
from outreach.policy.checks.people import called, medium, said_by
from outreach.policy.checks.prepared import Exceptions
from outreach.policy.checks.replies import unanswered

__all__ = ["ANSWERED", "CONSENTED", "REQUESTED", "REQUIRED", "THEIRS", "Requested", "reply_to_a_message"]

ANSWERED: Final = "answered-request"
CONSENTED: Final = "consent"
REQUIRED: Final = "required-notice"
THEIRS: Final = "started-by-the-person"

REQUESTED: Final = {
    ANSWERED: frozenset[str](),
    CONSENTED: frozenset({"scopes"}),
    REQUIRED: frozenset({"purposes"}),
    THEIRS: frozenset[str](),
}
"""The exceptions by id, with the keys each carries."""

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Requested:
    """A rule's exceptions of this family, read once. ``theirs``: talks that she began do not count."""

    answered: bool = False
    purposes: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    theirs: bool = False

    @classmethod
    def of(cls, exceptions: Exceptions) -> Requested:
        """Read a rule's exceptions; one that it does not list does not exist."""
        return cls(
            answered=ANSWERED in exceptions,
            purposes=frozenset(map(str, exceptions.get(REQUIRED, {}).get("purposes", ()))),
            scopes=frozenset(map(str, exceptions.get(CONSENTED, {}).get("scopes", ()))),
            theirs=THEIRS in exceptions,
        )

    def __bool__(self) -> bool:
        return bool(self.answered or self.purposes or self.scopes or self.theirs)

    def now(self, case: Case) -> Finding | None:
        """The answer where the contact itself does not count, ``None`` where it does."""
        if case.contact.purpose in self.purposes:
            return Finding.allow("a notice that has to be given", lifted=REQUIRED)
        if self.answered and reply_to_a_message(case):
            return Finding.allow("an answer to the person's own message", lifted=ANSWERED)
        if self.scopes and (end := _agreed(case, self.scopes)) is not None:
            until = None if end == _NEVER else end
            return Finding.allow("the person agreed to it", until=until, lifted=CONSENTED)
        return None

    def opens(self, case: Case) -> datetime | None:
        """When a consent that is already given, for later, first covers the contact."""
        zones, starts = case.places.zones, []
        for event in given(case, self.scopes) if self.scopes and zones else ():
            start = begins(zones, event.fields["from"]) if event.fields.get("from") else case.at
            if start > case.at and _agreed(replace(case, at=start), self.scopes) is not None:
                starts.append(start)
        return min(starts, default=None)

    def before(self, case: Case) -> dict[int, str]:
        """Past attempts that do not count, by their ``id()``, with the exception that says so."""
        found: dict[int, str] = {}
        if self.answered:
            found.update(dict.fromkeys(_replies(case), ANSWERED))
        consents = self.scopes and any(
            event.fields.get("scope") in self.scopes for event in case.history.of("consent")
        )
        for attempt in case.history.attempts:
            if attempt.purpose in self.purposes:
                found[id(attempt)] = REQUIRED
            elif consents and id(attempt) not in found and _agreed(_as_it_was(case, attempt), self.scopes):
                found[id(attempt)] = CONSENTED  # agreed to when it was made
        return found


def reply_to_a_message(case: Case) -> bool:
    """Whether the contact answers a message of the person that waits for its one answer."""
    return case.contact.purpose is Purpose.RESPOND and unanswered(case) is not None


def _agreed(case: Case, scopes: frozenset[str]) -> datetime | None:
    """Until when a consent given to us covers the contact, ``None`` if none does.

    Of the contact's own way or of any, neither withdrawn nor followed by an opt-out; one that names
    weekdays is not taken.
    """
    zones, ends = case.places.zones, []
    for event in given(case, scopes & {"any", medium(case.contact.channel)}):
        fields = event.fields
        if fields.get("days") or withdrawn_at(case, event) is not None:
            continue
        if not covers_moment(case, event, case.at):
            continue
        if not opted_out_since(case, event.at):
            until = fields.get("until")
            ends.append(first_midnight(zones, as_date(until) + DAY) if until else _NEVER)
    return max(ends, default=None)


def _as_it_was(case: Case, attempt: Attempt) -> Case:
    """The case as it would have been put when a past attempt was made."""
    contact = replace(
        case.contact,
        channel=attempt.channel,
        to=attempt.to,
        to_person=called(attempt, case.consumer),
        debts=attempt.debts,
    )
    about = attempt.debts or tuple(debt.id for debt in case.consumer.debts)
    debts = tuple(debt for debt in case.consumer.debts if debt.id in about)
    return replace(case, at=attempt.at, contact=contact, debts=debts)


def _replies(case: Case) -> list[int]:
    """Past attempts each of which was the one answer to a message by the same medium.

    Called a reply is not enough: without a message to answer it counts, or the name would lift any limit.
    """
    stream: list[tuple[datetime, int, Event | Attempt]] = [
        (event.at, 0, event) for event in case.history.of("inbound") if not event.fields.get("conversation")
    ]
    if not stream:
        return []
    stream += [
        (attempt.at, 1, attempt)
        for attempt in case.history.attempts
        if attempt.left and attempt.purpose == Purpose.RESPOND
    ]
    stream.sort(key=lambda each: each[:2])
    waiting: dict[tuple[str, str], int] = {}
    found = []
    for moment, _, item in stream:
        if moment > case.at:
            break
        if isinstance(item, Event):
            who = said_by(item, case.consumer, "from")
            key = (medium(str(item.fields.get("channel"))), who)
            waiting[key] = waiting.get(key, 0) + 1
            continue
        key = (medium(item.channel), called(item, case.consumer))
        if waiting.get(key, 0) > 0:
            waiting[key] -= 1
            found.append(id(item))
    return found
