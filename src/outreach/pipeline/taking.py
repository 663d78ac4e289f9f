"""Taking a call task: judged at this moment, under the lock of its subjects, and opened if it is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outreach.domain import Event
from outreach.ledger import ContactState, StoredContact
from outreach.pipeline.books import Book
from outreach.pipeline.delivery import LastLook
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.items import Item, Judged
from outreach.pipeline.judging import Books, subjects_of
from outreach.pipeline.opening import judge_group
from outreach.pipeline.parts import Parts
from outreach.pipeline.preparing import prepare, refresh, store

__all__ = ["Taken", "take"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A task as it was judged under the lock. ``book``: what was known of her, this attempt included."""

    judged: Judged
    stored: StoredContact
    look: LastLook
    book: Book

    @property
    def is_outdated(self) -> bool:
        """Whether it was opened, and something was told between that decision and now."""
        streams = (self.stored.person, *self.judged.positions)
        return self.stored.state is ContactState.OPEN and self.look.news_in(streams)


def take(parts: Parts, drafter: Drafter, task: StoredContact) -> Taken | None:
    """Judge one listed task with its subjects locked, and open its attempt if it is allowed.

    :returns: ``None`` if it is not on the list any more, or an agent has another task of hers.
    """
    with parts.ledger.read() as reading:
        person = reading.persons_by_id([task.person])[task.person]
        if reading.contacts([task.id])[task.id].state is not ContactState.LISTED:
            return None  # seen without the lock: another agent took it while we came down the list
    item = Item(task.contact, stored=task, person=person)
    books = prepare(parts, drafter, [item])
    subjects = subjects_of([(task.contact, person)], parts.policy.subjects)
    with parts.ledger.write(subjects, first=True) as writing:
        now = parts.clock.now()
        standing = writing.contacts([task.id])[task.id]
        refresh(writing, books)
        book = books[person.id]
        if (
            standing.state is not ContactState.LISTED
            or book.person.erased
            or _is_being_called(book.events)
            or item.inputs != drafter.inputs(book)
        ):
            return None
        item.stored = standing
        plan = judge_group(
            parts,
            Books(parts, writing, [(task.contact, person)], books=books),
            [item],
            now,
            system_height=writing.heights(["system"]).get("system", 0),
            taking=True,
        )
        recorded = writing.append(plan.events)
        store(writing, plan)
    judged = plan.judged[0]
    heights = {**judged.positions, **{event.stream: event.seq for event in recorded}}
    look = LastLook(parts.ledger, heights)
    return Taken(judged, plan.contacts[judged.contact_id], look, book)


def _is_being_called(events: Iterable[Event]) -> bool:
    """Whether an agent has a task of this person: opened by no run, and not closed."""
    opened: set[str] = set()
    for event in events:
        if event.kind == "attempt_opened" and not event.get("run"):
            opened.add(event.fields["attempt"])
        elif event.kind == "attempt_closed":
            opened.discard(event.fields["attempt"])
    return bool(opened)
