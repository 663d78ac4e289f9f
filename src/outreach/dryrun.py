"""A dry run: everything up to opening, against a snapshot. Nothing is written, no key is spent.

The run's own reservations are carried in memory, so that its answers are those a real run would give
at this moment.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from outreach.domain import NewEvent
from outreach.intake import content_digest
from outreach.ledger import Reading
from outreach.pipeline.admitting import admitted, rejection
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.items import Answer, Item
from outreach.pipeline.judging import Books
from outreach.pipeline.opening import judge_group
from outreach.pipeline.parts import Parts
from outreach.pipeline.preparing import person_of, prepare
from outreach.pipeline.recording import answer_of, answer_stored

__all__ = ["DryRun"]


class DryRun:
    """Answers rows as a real run would, without writing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._drafter = Drafter(parts)
        self._reserved: dict[str, list[NewEvent]] = {}
        self._keys: dict[tuple[str, str], tuple[str, Answer]] = {}

    def dispatch(self, items: Iterable[Item]) -> Iterator[list[Answer]]:
        """What each row would be answered, group by group."""
        rows = iter(items)
        while group := list(itertools.islice(rows, self._parts.limits.group)):
            yield self._step(group)

    def _step(self, group: list[Item]) -> list[Answer]:
        items, answers = admitted(self._parts, group)
        with self._parts.ledger.read() as reading:
            fresh = self._fresh(reading, items, answers)
        books = prepare(self._parts, self._drafter, fresh)
        for person, book in books.items():
            for event in self._reserved.get(person, ()):
                book.reserve(event)
        with self._parts.ledger.read() as reading:
            contacts = [(item.contact, person_of(item)) for item in fresh]
            known = Books(self._parts, reading, contacts, books=books)
            plan = judge_group(self._parts, known, fresh, self._parts.clock.now())
        for event in plan.events:
            if event.kind == "attempt_opened":
                self._reserved.setdefault(event.stream, []).append(event)
        for judged in plan.judged:
            answer = answer_of(judged, plan.contacts[judged.contact_id])
            contact = judged.item.contact
            self._keys[contact.campaign, contact.key] = (content_digest(contact), answer)
            answers.append(answer)
        return answers

    def _fresh(self, reading: Reading, items: list[Item], answers: list[Answer]) -> list[Item]:
        known = reading.contacts_by_key([(i.contact.campaign, i.contact.key) for i in items])
        fresh: dict[tuple[str, str], Item] = {}
        for item in items:
            name = (item.contact.campaign, item.contact.key)
            content = content_digest(item.contact)
            stored, earlier, twin = known.get(name), self._keys.get(name), fresh.get(name)
            first = stored.content if stored else earlier[0] if earlier else ""
            if twin is not None:
                first = content_digest(twin.contact)
            if first and first != content:
                answers.append(rejection(item, "this key is used for another contact as well", "key"))
            elif stored:
                answers.append(answer_stored(stored, item.line))
            elif earlier:
                answers.append(earlier[1])
            elif twin is None:
                fresh[name] = item
        return list(fresh.values())
