"""Receiving contacts and leaving them to whichever machine comes for them.

Each row is recorded and answered ``held``; its words, its facts and its decision are a worker's business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from outreach.domain import NewEvent, new_ids
from outreach.intake import content_digest
from outreach.ledger import ContactState, StoredContact, Subject, Writing, partition_of, undisturbed
from outreach.pipeline.admitting import ERASED, admitted, other_content, rejection
from outreach.pipeline.items import Answer, Answered, Item
from outreach.pipeline.parts import Parts
from outreach.pipeline.preparing import person_of
from outreach.pipeline.recording import answer_stored, contact_received, row_rejected

__all__ = ["Queueing"]

WAITS = "a worker will come for it"


class Queueing:
    """Takes contacts in for workers.

    :param wake: asked, after each commit, to have these partitions looked at.
    """

    def __init__(self, parts: Parts, wake: Callable[[Collection[int]], None]) -> None:
        self._parts = parts
        self._wake = wake
        self._stopped = False

    def stop(self) -> None:
        """Take in nothing more; the rest of the items stays unanswered, and sending them again is safe."""
        self._stopped = True

    def dispatch(self, items: Iterable[Item]) -> Iterator[list[Answer]]:
        """Take these in, group by group; yields an answer for each."""
        rows = iter(items)
        while not self._stopped and (group := list(islice(rows, self._parts.limits.group))):
            answers, partitions = undisturbed(self._parts.clock, partial(self._take_in, group))
            self._wake(partitions)
            yield answers

    def _take_in(self, group: Sequence[Item]) -> tuple[list[Answer], set[int]]:
        items, answers = admitted(self._parts, group)
        with self._parts.ledger.write({Subject("person", person_of(item).id) for item in items}) as writing:
            received, told = self._received(writing, items)
            answers += told
            now = self._parts.clock.now()
            rejected = [row_rejected(a, now) for a in answers if a.answered is Answered.REJECTED]
            events: list[NewEvent] = [
                contact_received(each.person, each.id, each.contact, now) for each in received
            ]
            writing.append([*events, *rejected])
            writing.add_contacts(received)
        return answers, {partition_of(each.person) for each in received}

    def _received(self, writing: Writing, items: Sequence[Item]) -> tuple[list[StoredContact], list[Answer]]:
        """The contacts that are new, and an answer for each item."""
        now = self._parts.clock.now()
        known = writing.contacts_by_key([(i.contact.campaign, i.contact.key) for i in items])
        persons = writing.persons_by_id({person_of(item).id for item in items})
        new: list[StoredContact] = []
        answers: list[Answer] = []
        for item, name in zip(items, new_ids(now, len(items)), strict=True):
            wish, person = item.contact, person_of(item).id
            stored = known.get((wish.campaign, wish.key))
            content = content_digest(wish)
            if persons[person].erased:
                answers.append(rejection(item, ERASED, "person"))
            elif stored is None:
                stored = StoredContact(
                    name,
                    person,
                    wish,
                    content,
                    ContactState.HELD,
                    due=max(now, wish.not_before or now),
                    expires_at=wish.expires_at or now + self._parts.limits.hold_expiry,
                    reason=WAITS,
                )
                known[wish.campaign, wish.key] = stored
                new.append(stored)
                answers.append(_first(stored, item.line))
            elif stored.content != content:
                answers.append(other_content(item, stored.id))
            else:
                answers.append(answer_stored(stored, item.line))
        return new, answers


def _first(stored: StoredContact, line: int) -> Answer:
    return Answer(
        Answered.HELD, stored.contact, line, contact_id=stored.id, until=stored.due, reason=stored.reason
    )
