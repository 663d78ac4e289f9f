"""What comes back and what is told: consumers, events, corrections, pauses, settled outcomes.

Everything here goes before waiting campaigns and is acknowledged only after its commit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from outreach.channels import News
from outreach.domain import SYSTEM, Consumer, Event, NewEvent, Outcome
from outreach.errors import InputError
from outreach.ledger import KnownPerson, Reading, StoredContact, Subject, Writing, undisturbed
from outreach.logs import get
from outreach.pipeline.admitting import ERASED
from outreach.pipeline.attributing import RESTATES, rebooked
from outreach.pipeline.books import Book
from outreach.pipeline.correcting import SETTLED, check_correction, stand_corrected
from outreach.pipeline.delivery import BENIGN
from outreach.pipeline.lateness import Late, late_decisions
from outreach.pipeline.parts import Parts
from outreach.pipeline.receiving import news_to_events, of_the_living, persons_of
from outreach.pipeline.reconciling import Found, ask_providers
from outreach.pipeline.replies import Waiting, settlement, waiting

log = get(__name__)

__all__ = ["Inbound", "Late", "Recorded", "Unrecorded"]

_OUTCOMES = frozenset({Outcome.ACCEPTED, Outcome.REFUSED, Outcome.NOT_SENT})


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written, how many held contacts it woke, and which decisions came too early."""

    events: tuple[Event, ...] = ()
    woken: int = 0
    late: tuple[Late, ...] = ()


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """An event that was not recorded: its place among those told, the field at fault, and why."""

    place: int
    column: str
    reason: str


class Inbound:
    """Takes facts into the ledger."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def consumers(self, consumers: Sequence[Consumer], known_since: datetime | None) -> list[KnownPerson]:
        """Create or update consumers; those that were erased are left out.

        :param known_since: from when on the history of *new* ones is complete; ``None``: from the start.
        """
        with self._parts.ledger.write() as writing:
            persons = writing.persons([each.id for each in consumers])
            before = {person.id: person.version for person in persons.values()}
            erased = {ref for ref, person in persons.items() if person.erased}
            living = [each for each in consumers if each.id not in erased]
            saved = writing.save_persons(living, known_since=known_since)
            changed = [p.id for p in saved if before.get(p.id, p.version) != p.version]
            writing.wake(changed, self._parts.clock.now())
        return saved

    def events(
        self, told: Sequence[tuple[str, Event, str]], officer: str = ""
    ) -> tuple[Recorded, list[Unrecorded]]:
        """Record events of the vocabulary: (client's id, event, key) each, in this order.

        :param officer: who takes responsibility for corrections that permit more.
        :returns: what was recorded, and which of ``told`` could not be, and why.
        """
        with self._parts.ledger.read() as reading:
            persons = reading.persons({ref for ref, _, _ in told})
            known = {event.id: event for _, event, _ in told if event.id}
            unrecorded: list[Unrecorded] = []
            new: list[NewEvent] = []
            for place, (ref, event, key) in enumerate(told):
                person = persons.get(ref)
                if person is None or person.erased:
                    reason = ERASED if person else "no consumer with this id is on file"
                    unrecorded.append(Unrecorded(place, "consumer", reason))
                    continue
                if column := _strange_debts(event, person):
                    reason = "a debt named is not this consumer's; correct its id, or import it first"
                    unrecorded.append(Unrecorded(place, column, reason))
                    continue
                if event.kind == "correction":
                    of = str(event.fields.get("of", ""))
                    corrected = known.get(of) or reading.event(of)
                    try:
                        check_correction(corrected, event.fields, officer, person.id)
                    except InputError as refused:
                        unrecorded.append(Unrecorded(place, "of", refused.what))
                        continue
                new.append(NewEvent(person.id, event.kind, event.at, event.fields, event.id, key))
        return self._record(new), unrecorded

    def correct(self, event_id: str, change: Mapping[str, Any], because: str, officer: str = "") -> Recorded:
        """Correct an earlier event: ``{"void": True}`` or ``{"set": {...}}``.

        :raises InputError: if the event is not known, changes its person or moment, or permits more
            without an officer's name.
        """
        with self._parts.ledger.read() as reading:
            event = reading.event(event_id)
        return self._record([self._correction(event, change, because, officer)])

    def settle(self, attempt: str, outcome: Outcome, because: str, officer: str = "") -> StoredContact:
        """Say what became of an attempt whose end was unknown; written as a correction.

        :raises InputError: if the attempt is not unknown, or the outcome permits more without an officer.
        """
        if outcome not in _OUTCOMES:
            raise InputError(f"{outcome.value} settles nothing", remedy="say accepted, refused or not_sent")
        with self._parts.ledger.read() as reading:
            contact = reading.contact_of_attempt(attempt)
            closing = _closing(reading, contact) if contact else None
        if contact is None or closing is None or contact.outcome is not Outcome.UNKNOWN:
            raise InputError(
                "no attempt of this id has an unknown end",
                where=attempt,
                remedy="`outreach reconcile` lists them",
            )
        correction = self._correction(closing, {"set": {"outcome": outcome.value}}, because, officer)
        self._record([correction])
        return replace(contact, outcome=outcome, reason=SETTLED)

    def ask_providers(self, officer: str = "", limit: int = 1000) -> Iterator[Found]:
        """Ask providers about attempts of unknown end, and settle those they can tell of.

        :param officer: who answers for it that what never left, by the provider's word, is given back;
            without a name such an attempt stays as it is.
        """
        for found in ask_providers(self._parts, limit):
            if found.outcome is Outcome.ACCEPTED or (found.outcome is not None and officer):
                because = f"{found.via}: {found.why}"
                self.settle(found.contact.attempt, found.outcome, because, officer)
            yield found

    def pause(self, scope: str, value: str, reason: str, by: str, *, resume: bool = False) -> Event:
        """Throw the kill switch, or lift it, for everything, a channel, creditor, template or campaign."""
        kind = "resumed" if resume else "paused"
        fields = {"scope": scope, "value": value, "reason": reason, "by": by}
        with self._parts.ledger.write(first=True) as writing:
            if resume and not any(p.scope == scope and p.value == value for p in writing.pauses()):
                raise InputError("nothing of this kind is paused", where=value or scope)
            event = writing.append([NewEvent(SYSTEM, kind, self._parts.clock.now(), fields)])[0]
        return event

    def late(self, persons: Collection[str]) -> list[Late]:
        """Decisions of these persons (internal ids) that came before a fact that was already so."""
        return late_decisions(self._parts, persons)

    def receive(self, via: str, news: Sequence[News]) -> Recorded:
        """Record what a channel was told, in one commit; what was told before is not recorded again.

        :param via: the channel plugin's name.
        :raises CallbackRefused: if it speaks of an attempt that is none of ours.
        """
        with self._parts.ledger.read() as reading:
            found = persons_of(reading, news)
            told = of_the_living(reading, found)
        if len(told) < len(found):
            log.info("news_of_persons_erased", via=via, count=len(found) - len(told))

        def made(writing: Writing, now: datetime) -> list[NewEvent]:
            received = news_to_events(self._parts, writing, via, of_the_living(writing, told), now)
            left = [self._left(writing, contact) for contact in received.left]
            return [*received.events, *(each for each in left if each is not None)]

        streams = {stream for each in told for stream in each.streams}
        return self._write({*streams, SYSTEM} if streams else (), made, erased_too=True)

    def replies(self) -> list[Waiting]:
        """Messages that wait for a person to read them, oldest first."""
        with self._parts.ledger.read() as reading:
            return waiting(reading)

    def settle_reply(self, queued: str, *, stop: bool, by: str, because: str = "") -> Recorded:
        """Say what a message asked for: to stop, or nothing of the kind.

        :param queued: the id of its ``reply_queued`` event, or its beginning.
        :param by: who read it; an officer, where what was closed meanwhile is opened again.
        :raises InputError: if no message of this id waits, or nobody is named.
        """
        with self._parts.ledger.read() as reading:
            events = settlement(
                reading, queued, stop=stop, by=by, because=because, now=self._parts.clock.now()
            )
        return self._record(events)

    def _left(self, reading: Reading, contact: StoredContact) -> NewEvent | None:
        """An attempt of unknown end left after all: the provider tells what became of it."""
        closing = _closing(reading, contact)
        if closing is None:
            return None
        change = {"set": {"outcome": Outcome.ACCEPTED.value}}
        return self._correction(closing, change, "the provider told what became of it", "")

    def _record(self, new: Sequence[NewEvent]) -> Recorded:
        return self._write({event.stream for event in new}, lambda _writing, _now: new)

    def _write(
        self,
        streams: Collection[str],
        made: Callable[[Writing, datetime], Sequence[NewEvent]],
        *,
        erased_too: bool = False,
    ) -> Recorded:
        """Record events of these streams, and what follows from them.

        :param erased_too: whether ``made`` itself leaves out persons that were erased.
        :raises InputError: if one of the persons was erased.
        """
        if not streams:
            return Recorded()
        return undisturbed(self._parts.clock, lambda: self._written(streams, made, erased_too=erased_too))

    def _written(
        self,
        streams: Collection[str],
        made: Callable[[Writing, datetime], Sequence[NewEvent]],
        *,
        erased_too: bool,
    ) -> Recorded:
        now = self._parts.clock.now()
        subjects = {Subject("person", stream) for stream in streams if stream != SYSTEM}
        with self._parts.ledger.write(subjects, first=True) as writing:
            if not erased_too and any(each.erased for each in writing.persons_by_id(streams).values()):
                raise InputError("this person was erased; nothing more is recorded of her")
            before = writing.heights(streams)
            events = writing.append(made(writing, now))
            fresh = [event for event in events if event.seq > before.get(event.stream, 0)]
            for event in fresh:
                if event.kind == "correction":
                    stand_corrected(writing, event)
            fresh += self._rebook(writing, {e.stream for e in fresh if e.kind in RESTATES})
            changed = {event.stream for event in fresh if event.stream != SYSTEM}
            woken = writing.wake(changed, now) if changed else 0
        told_late = [each for each in fresh if each.at < now and each.stream != SYSTEM]
        backdated = {event.stream for event in told_late if event.kind not in BENIGN}
        return Recorded(tuple(fresh), woken, tuple(self._late_of(backdated, fresh)))

    def _rebook(self, writing: Writing, persons: Collection[str]) -> list[Event]:
        """Book unanswered calls anew where what was just recorded puts a debt over its limit."""
        now = self._parts.clock.now()
        known = writing.knowledge(persons).values() if persons else ()
        return writing.append([each for person in known for each in rebooked(self._parts, Book(person), now)])

    def _late_of(self, persons: Collection[str], fresh: Sequence[Event]) -> list[Late]:
        ids = {event.id for event in fresh}
        return [each for each in self.late(persons) if each.event.id in ids] if persons else []

    def _correction(
        self, event: Event | None, change: Mapping[str, Any], because: str, officer: str
    ) -> NewEvent:
        corrected = check_correction(event, {**change, "because": because}, officer)
        fields: dict[str, Any] = {"of": corrected.id, **change, "because": because}
        if officer:
            fields["by"] = officer
        return NewEvent(corrected.stream, "correction", self._parts.clock.now(), fields)


def _strange_debts(event: Event, person: KnownPerson) -> str:
    """The field that names a debt she does not have; such an event would hold for nothing, unnoticed."""
    fields = event.fields
    named = (name for name in ("debts", "discussed", "counted_to") if fields.get(name))
    return next((n for n in named if any(not person.consumer.debt(debt) for debt in fields[n])), "")


def _closing(reading: Reading, contact: StoredContact) -> Event | None:
    events = reading.knowledge([contact.person])[contact.person].events
    for event in reversed(events):
        if event.kind == "attempt_closed" and event.fields["attempt"] == contact.attempt:
            return event
    return None
