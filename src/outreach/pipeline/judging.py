"""From drafts to decisions. Facts of all people in a group are read at once; two contacts to one
person in a group see each other, because an allowed one is reserved in memory before the next is judged.

Reads only. A dry run and a real one judge through the same code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from outreach.domain import (
    SYSTEM,
    Case,
    Contact,
    Decision,
    Draft,
    Event,
    Finding,
    History,
    NewEvent,
    Pause,
    RuleFinding,
    Verdict,
)
from outreach.ledger import KnownPerson, Reading, Subject
from outreach.pipeline.books import Book, debts_of
from outreach.pipeline.parts import Parts

__all__ = ["Books", "decide", "subjects_of"]


def subjects_of(
    contacts: Iterable[tuple[Contact, KnownPerson]], kinds: Collection[str]
) -> frozenset[Subject]:
    """What must be locked to judge these contacts: persons always, what the policy counts over too."""
    subjects: set[Subject] = set()
    for contact, person in contacts:
        subjects.add(Subject("person", person.id))
        if contact.to:
            subjects.add(Subject("endpoint", contact.to))
        if "debt" in kinds:
            subjects.update(Subject("debt", debt.id) for debt in debts_of(contact, person))
    return frozenset(subjects)


class Books:
    """The books of everyone a group concerns, read in a few queries.

    :param contacts: those to be judged, with their people.
    :param books: those already read and still current, by internal id.
    :param up_to: for replay: the height at which each stream is cut; other streams count as empty.
    """

    def __init__(
        self,
        parts: Parts,
        reading: Reading,
        contacts: Sequence[tuple[Contact, KnownPerson]],
        *,
        books: Mapping[str, Book] | None = None,
        up_to: Mapping[str, int] | None = None,
    ) -> None:
        self._parts = parts
        self._books: dict[str, Book] = dict(books or {})
        self.sharers = reading.sharers(_shared_subjects(contacts))
        wanted = {person.id for _, person in contacts}
        wanted |= {each for group in self.sharers.values() for each in group}
        if up_to is not None:
            wanted &= up_to.keys()
        if missing := wanted - self._books.keys():
            knowledge = reading.knowledge(missing, up_to=up_to)
            self._books.update((person, Book(each)) for person, each in knowledge.items())
        self.pauses: tuple[Pause, ...] = reading.pauses(up_to=up_to.get(SYSTEM) if up_to else None)

    def reserve(self, attempts: Mapping[str, Sequence[NewEvent]]) -> None:
        """Take opened attempts into account that stand in no chain: a dry run's own, by person."""
        for person, book in self._books.items():
            for event in attempts.get(person, ()):
                book.reserve(event)

    def of(self, person: str) -> Book:
        """The book of this person (internal id)."""
        return self._books[person]

    def judge(
        self,
        draft: Draft,
        person: KnownPerson,
        now: datetime,
        facts: Mapping[str, Any],
        *,
        packs: Sequence[str] | None = None,
    ) -> Decision:
        """The decision on one draft. A draft that could not be made is blocked with its trouble."""
        case = self.case(draft, person, now, facts)
        decision = self._parts.policy.decide(case, packs)
        if draft.trouble:
            return Decision(
                Verdict.BLOCK,
                now,
                decision.findings,
                packs=decision.packs,
                warnings=decision.warnings,
                reason=draft.trouble,
            )
        return decision

    def case(self, draft: Draft, person: KnownPerson, now: datetime, facts: Mapping[str, Any]) -> Case:
        """The question for the gate."""
        contact = draft.contact
        return Case(
            at=now,
            consumer=person.consumer,
            contact=contact,
            debts=debts_of(contact, person),
            places=self._parts.policy.places(person.consumer),
            history=self._books[person.id].history,
            shared=self._shared(contact, person),
            words=draft.words,
            audience=draft.audience,
            to_kind=person.consumer.kind_of(contact.to),
            collector=self._parts.collector,
            known_since=person.known_since,
            pauses=self.pauses,
            facts=facts,
        )

    def positions(self, person: str, contact: Contact, known: KnownPerson) -> dict[str, int]:
        """The height of every other stream the decision rested on; the own one is cut at the decision."""
        if not self.sharers:
            return {}
        return {
            other: self._books[other].height
            for subject in _shared_subjects([(contact, known)])
            for other in self.sharers.get(subject, ())
            if other != person
        }

    def latest(self, contact: Contact, person: KnownPerson) -> datetime | None:
        """When the latest of all that a decision rests on was so, other people's events included."""
        histories = (self._books[person.id].history, self._shared(contact, person))
        return max((each.events[-1].at for each in histories if each.events), default=None)

    def _shared(self, contact: Contact, person: KnownPerson) -> History:
        """What other people's streams say of this address or these debts."""
        if not self.sharers:
            return _NO_HISTORY
        events: dict[str, Event] = {}
        for subject in _shared_subjects([(contact, person)]):
            for other in self.sharers.get(subject, ()):
                book = self._books.get(other) if other != person.id else None
                for event in map(book.named, book.events) if book else ():
                    if _concerns(event, subject) or event.kind in _FOLLOW_UPS:
                        events[event.id] = event
        ordered = sorted(events.values(), key=lambda event: (event.recorded_at or event.at, event.seq))
        return History(ordered)


def decide(
    books: Books, draft: Draft, person: KnownPerson, now: datetime, facts: Mapping[str, Any]
) -> Decision:
    """The gate's decision; before a contact's own ``not_before`` it is held until then at least."""
    latest = books.latest(draft.contact, person)
    if latest is not None and latest > now:  # what is to come cannot be counted rightly
        return _clock_behind(books, draft, person, now, facts, latest)
    wished = draft.contact.not_before
    if wished is None or wished <= now:
        return books.judge(draft, person, now, facts)
    then = books.judge(draft, person, wished, facts)
    if then.verdict is not Verdict.ALLOW:
        return replace(then, at=now)
    reason = "not wished before then"
    return replace(then, verdict=Verdict.HOLD, at=now, until=wished, good_until=None, reason=reason)


def _clock_behind(
    books: Books,
    draft: Draft,
    person: KnownPerson,
    now: datetime,
    facts: Mapping[str, Any],
    latest: datetime,
) -> Decision:
    """The clock went back behind what is recorded: nothing leaves until it has caught up.

    Windows that end now would not see what stands ahead of them, and a limit could be exceeded.
    """
    then = books.judge(draft, person, latest, facts)
    reason = "the clock stands before what is already recorded of this person, her address or her debts"
    behind = RuleFinding("gate.clock", (), Finding.hold(reason, until=latest))
    held = then.verdict is not Verdict.BLOCK
    return replace(
        then,
        verdict=Verdict.HOLD if held else Verdict.BLOCK,
        at=now,
        until=(then.until or latest) if held else None,
        good_until=None,
        findings=(*then.findings, behind),
        reason=reason if held else then.reason,
    )


_NO_HISTORY = History()
# what became of an attempt does not name its address again, and a correction names only an event
_FOLLOW_UPS = frozenset({"attempt_closed", "call_result", "delivery", "correction"})


def _shared_subjects(contacts: Iterable[tuple[Contact, KnownPerson]]) -> set[Subject]:
    subjects: set[Subject] = set()
    for contact, person in contacts:
        if contact.to:
            subjects.add(Subject("endpoint", contact.to))
        subjects.update(Subject("debt", debt.id) for debt in debts_of(contact, person))
    return subjects


def _concerns(event: Event, subject: Subject) -> bool:
    fields = event.fields
    if subject.kind == "endpoint":
        return subject.value in (fields.get("to"), fields.get("from"))
    return subject.value in (fields.get("debts") or ())
