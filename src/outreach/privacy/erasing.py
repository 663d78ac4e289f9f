"""Erasing one person: what forbids it, what must outlive her, and looking whether anything is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from outreach.domain import SYSTEM, Event, NewEvent, Words
from outreach.errors import InputError, LedgerError
from outreach.ledger import ContactState, Knowledge, Reading, StoredContact, Subject, Writing
from outreach.pipeline.parts import Parts
from outreach.pipeline.replies import waiting
from outreach.privacy.holds import hold_in_force
from outreach.privacy.retention import Keeping
from outreach.privacy.stops import stops_of
from outreach.privacy.texts import known_texts

__all__ = ["Erasure", "erase_person", "refuse_erasure", "words_of"]

_WAITING = frozenset({ContactState.HELD, ContactState.LISTED})


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, or would be. ``id``: her internal id; ``event``: the record of it.

    ``keeping``: until when the law wants her records kept. ``shared``: how many of her texts stand in other
    people's records too, where they stay.
    """

    id: str
    event: str
    at: datetime
    counts: Mapping[str, int]
    keeping: Keeping
    dry_run: bool = False
    shared: int = 0


class _Undone(Exception):
    """Nothing of a dry run is kept."""


def erase_person(
    parts: Parts, person: str, because: str, officer: str, keeping: Keeping, *, dry_run: bool
) -> tuple[Erasure, frozenset[str]]:
    """Erase a person in one commit, and make sure before it that none of her texts is left in her rows.

    :param person: her internal id.
    :returns: what was erased, and her texts, to be looked for elsewhere.
    :raises InputError: if something forbids it.
    :raises LedgerError: if a text of hers stands where it cannot be erased; then nothing is.
    """
    now = parts.clock.now()
    subjects = {Subject("person", person), Subject("person", SYSTEM)}
    told: tuple[Erasure, frozenset[str]] | None = None
    try:
        with parts.ledger.write(subjects, first=True) as writing:
            told = _erased(writing, person, because, officer, keeping, now)
            if dry_run:
                raise _Undone
    except _Undone:
        assert told is not None
        return replace(told[0], dry_run=True, event=""), told[1]
    assert told is not None
    return told


def _erased(
    writing: Writing, person: str, because: str, officer: str, keeping: Keeping, now: datetime
) -> tuple[Erasure, frozenset[str]]:
    knowledge = writing.knowledge([person])[person]
    contacts = writing.contacts_of(person)
    refuse_erasure(knowledge, contacts)
    _refuse_unread(writing, person)
    versions = writing.versions_of(person)
    texts = known_texts(versions, knowledge.events, words_of(writing, knowledge.events))
    if any(text in said for text in texts for said in (because, officer) if len(text) > 3):
        raise InputError("the reason or the name given holds personal data of hers", remedy="say it without")
    expired = _expire(writing, person, contacts, now)
    stops = stops_of(person, versions, knowledge.events)
    writing.append([*stops.restated, NewEvent(person, "person_erased", now)])
    spare = {each.queued.seq for each in waiting(writing)}
    erased = writing.erase(person, keep=stops.keep, spare=spare)
    counts = {**asdict(erased), "events": knowledge.height, "expired": expired}
    fields = {"of": person, "counts": counts, "because": because, "by": officer}
    [event] = writing.append([NewEvent(SYSTEM, "person_erased", now, fields)])
    left = writing.texts_within(texts, person)
    if left:
        raise LedgerError(
            f"{len(left)} texts of this person stand where they cannot be erased; nothing was erased",
            where=person,
            why="they were recorded inside the chain, in a field that is no free text",
            remedy="report it: the chain should never hold them",
        )
    return Erasure(person, event.id, now, counts, keeping), texts


def refuse_erasure(knowledge: Knowledge, contacts: Sequence[StoredContact]) -> None:
    """:raises InputError: if she was erased, a legal hold stands, or an attempt is open."""
    person = knowledge.person
    if person.erased:
        raise InputError("this person was erased already", where=person.id)
    hold = hold_in_force(knowledge.events)
    if hold is not None:
        raise InputError(
            "a legal hold stands: nothing of this person is erased",
            where=hold.id,
            remedy="outreach privacy hold PERSON --lift, by whoever may lift it",
        )
    if any(each.state is ContactState.OPEN for each in contacts):
        raise InputError(
            "an attempt to reach this person is open",
            where=person.id,
            remedy="wait until it has ended; outreach reconcile and calls done end what was left open",
        )


def words_of(reading: Reading, events: Sequence[Event]) -> list[Words]:
    """What was said in each of her attempts, in order."""
    attempts = (event.fields["attempt"] for event in events if event.kind == "attempt_opened")
    return [words for attempt in attempts if (words := reading.words(attempt)) is not None]


def _refuse_unread(writing: Writing, person: str) -> None:
    """:raises InputError: if a message of hers waits to be read: it might ask for something."""
    for each in waiting(writing):
        stream = each.inbound.stream
        if stream == SYSTEM and each.inbound.get("from"):
            held = writing.holders({Subject("endpoint", each.inbound.fields["from"])})
            mine = any(person in names for names in held.values())
        else:
            mine = stream == person
        if mine:
            raise InputError(
                "a message of this person waits to be read",
                where=each.queued.id,
                remedy="read and settle it first: outreach replies list",
            )


def _expire(writing: Writing, person: str, contacts: Sequence[StoredContact], now: datetime) -> int:
    """What waits is given up, and recorded as such."""
    waits = [each for each in contacts if each.state in _WAITING]
    writing.append([NewEvent(person, "contact_expired", now, {"contact": each.id}) for each in waits])
    writing.update_contacts([replace(each, state=ContactState.EXPIRED, due=None) for each in waits])
    return len(waits)
