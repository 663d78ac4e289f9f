"""A dry run: everything up to opening, against a snapshot. Nothing is written, no key is spent.

The run's own reservations, keys and what it takes of a provider's day are carried in memory, so that its
answers are those a real run would give at this moment.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from outreach.domain import Contact, NewEvent
from outreach.intake import content_digest
from outreach.ledger import ContactState, StoredContact
from outreach.pipeline.admitting import admitted, other_content, rejection
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.items import Answer, Answered, Item
from outreach.pipeline.judging import Books
from outreach.pipeline.opening import judge_group
from outreach.pipeline.pacing import Day
from outreach.pipeline.parts import Parts
from outreach.pipeline.preparing import person_of, prepare
from outreach.pipeline.recording import answer_of, answer_stored

__all__ = ["DryRun"]

Name = tuple[str, str]  # campaign and key


@dataclass(frozen=True, slots=True)
class _First:
    """What the first row with a key was answered; kept small, for there is one for each row."""

    content: str
    answered: Answered
    until: datetime | None
    reason: str

    def again(self, item: Item) -> Answer:
        return Answer(
            self.answered, item.contact, item.line, until=self.until, reason=self.reason, repeated=True
        )


class DryRun:
    """Answers rows as a real run would, without writing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._drafter = Drafter(parts)
        self._reserved: dict[str, list[NewEvent]] = {}
        self._first: dict[Name, _First] = {}
        self._taken: dict[date, Counter[tuple[str, str]]] = {}  # of providers' days

    def dispatch(self, items: Iterable[Item]) -> Iterator[list[Answer]]:
        """What each row would be answered, group by group."""
        rows = iter(items)
        while group := list(itertools.islice(rows, self._parts.limits.group)):
            yield self._step(group)

    def _step(self, group: Sequence[Item]) -> list[Answer]:
        items, answers = admitted(self._parts, group)
        fresh, twins = self._fresh(items, answers)
        books = prepare(self._parts, self._drafter, fresh)
        with self._parts.ledger.read() as reading:
            contacts = [(item.contact, person_of(item)) for item in fresh]
            known = Books(self._parts, reading, contacts, books=books)
            known.reserve(self._reserved)
            now = self._parts.clock.now()
            day = Day(self._parts, reading, now, taken=self._taken)
            plan = judge_group(self._parts, known, fresh, now, day=day)
        for event in plan.events:
            if event.kind == "attempt_opened":
                self._reserved.setdefault(event.stream, []).append(event)
        for judged in plan.judged:
            answer = answer_of(judged, plan.contacts[judged.contact_id])
            content = content_digest(answer.contact)
            self._first[_name(answer.contact)] = _First(content, answer.answered, answer.until, answer.reason)
            answers.append(answer)
        return answers + [self._again(item, self._first[_name(item.contact)]) for item in twins]

    def _fresh(self, items: Sequence[Item], answers: list[Answer]) -> tuple[list[Item], list[Item]]:
        """Those to be judged, and those whose key another row of this group has; the others are answered."""
        with self._parts.ledger.read() as reading:
            stored = reading.contacts_by_key([_name(item.contact) for item in items])
        now = self._parts.clock.now()
        fresh: dict[Name, Item] = {}
        twins: list[Item] = []
        for item in items:
            name = _name(item.contact)
            if (earlier := self._first.get(name)) is not None:
                answers.append(self._again(item, earlier))
            elif (answer := _answered_before(item, stored, now)) is not None:
                answers.append(answer)
            elif name in fresh:
                twins.append(item)
            else:
                item.stored = stored.get(name)
                fresh[name] = item
        return list(fresh.values()), twins

    @staticmethod
    def _again(item: Item, first: _First) -> Answer:
        if first.content != content_digest(item.contact):
            return rejection(item, "an earlier row has this key for another contact", "key")
        return first.again(item)


def _answered_before(item: Item, known: Mapping[Name, StoredContact], now: datetime) -> Answer | None:
    """The answer of an earlier real run, unless it was to wait until a moment that has come."""
    stored = known.get(_name(item.contact))
    if stored is None:
        return None
    if stored.content != content_digest(item.contact):
        return other_content(item, stored.id)
    if stored.state is ContactState.HELD and stored.due is not None and stored.due <= now:
        return None
    return answer_stored(stored, item.line)


def _name(contact: Contact) -> Name:
    return contact.campaign, contact.key
