"""The way of a contact, top to bottom: draft, facts, lock, judge, open, commit, deliver, close.

Read this first. Contacts travel in groups; a campaign's hold some hundreds, an agent's one. There is
one path. Each step is a module of ``outreach.pipeline``; the order, which is the product, stands here:

1. ``draft``    outside any lock: words, sender and route are fixed, outside facts are asked.
2. ``judge``    with the subjects locked: every rule of every pack in force.
3. ``open``     what was decided is written; an allowed contact's attempt is opened. One durable commit.
4. ``deliver``  only then does a channel get its pass, in threads, while the next group is judged.
5. ``close``    what came of it rides on the next commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from outreach.domain import SYSTEM, Contact, Event
from outreach.intake import content_digest
from outreach.ledger import ContactState, Run, StoredContact, Subject, Writing, undisturbed
from outreach.pipeline.admitting import ERASED, admitted, other_content, rejection
from outreach.pipeline.books import Book
from outreach.pipeline.closing import Closed, close_all
from outreach.pipeline.delivery import Delivery, Ending, LastLook, Opened
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.items import Answer, Answered, Item
from outreach.pipeline.judging import Books, subjects_of
from outreach.pipeline.opening import Plan, judge_group
from outreach.pipeline.pacing import Day
from outreach.pipeline.parts import Parts
from outreach.pipeline.preparing import person_of, prepare, refresh, store
from outreach.pipeline.recording import answer_of, answer_stored, row_rejected, under_way

__all__ = ["Dispatcher"]

_REST = 0.5  # seconds


class Dispatcher:
    """Sends contacts. One for each run of ``send`` or ``work``.

    :param run: the lease under which attempts are opened.
    :param announce: called after each commit.
    """

    def __init__(self, parts: Parts, run: Run, announce: Callable[[], None] = lambda: None) -> None:
        self._parts = parts
        self._run = run
        self._announce = announce
        self._drafter = Drafter(parts)
        self._delivery = Delivery(parts, run)
        self._under_way: dict[str, StoredContact] = {}
        self._ended: list[Ending] = []  # and not yet written
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Open nothing more; what is under way is finished and recorded."""
        self._stopping.set()

    def dispatch(self, items: Iterable[Item]) -> Iterator[list[Answer]]:
        """Send these, group by group; yields answers as they become final, one for each item.

        After :meth:`stop` the items not yet taken stay unanswered; sending them again is safe.
        """
        rows = _Rows(items)
        again: list[Item] = []
        while True:
            room = 0 if self._stopping.is_set() else self._parts.limits.group - len(again)
            fresh = rows.take(room, self._delivery.room)
            group = again + fresh
            self._ended += self._delivery.ended() if fresh else self._delivery.wait()
            if not group and not self._ended:
                if rows.waiting is None or self._stopping.is_set():
                    break
                self._parts.clock.sleep(_REST)  # its channel has no turn soon enough
                continue
            answers, again = self._stepped(group)
            if self._stopping.is_set():
                answers += [_left_held(item) for item in again if item.stored]
                again = []
            yield answers

    def close(self, *, abandon: bool = False) -> None:
        """Finish and record what is under way, wherever :meth:`dispatch` was left. The run ends after it.

        :param abandon: hand over and record nothing more; the next run recovers what stands open.
        """
        self.stop()
        if abandon:
            self._delivery.abandon()
        try:
            while not abandon:
                self._ended += self._delivery.wait()
                if not self._ended:
                    break
                self._stepped(())
        finally:
            self._delivery.close()

    def _stepped(self, group: Sequence[Item]) -> tuple[list[Answer], list[Item]]:
        """One group. Where another machine's write got in its way nothing was done, and it is done again."""
        return undisturbed(self._parts.clock, lambda: self._step(group))

    def _step(self, group: Sequence[Item]) -> tuple[list[Answer], list[Item]]:
        """One group: everything up to handing over, and the endings of earlier ones.

        :returns: final answers, and items to be taken again because something changed under our hands.
        """
        items, answers = admitted(self._parts, group)
        books = prepare(self._parts, self._drafter, items)
        subjects = subjects_of([(i.contact, person_of(i)) for i in items], self._parts.policy.subjects)
        endings = self._ended
        subjects |= {Subject("person", self._under_way[e.judged.contact_id].person) for e in endings}
        stored = [item.stored.id for item in items if item.stored]
        with self._parts.ledger.write(subjects, contacts=stored) as writing:
            now = self._parts.clock.now()
            doubtful = self._run.doubtful
            closed = close_all(writing, endings, self._under_way, self._parts.limits, now, doubtful=doubtful)
            checked = self._recheck(writing, items, books, now)
            day = Day(self._parts, writing, now, self._delivery.resting)
            plan = self._judge(writing, checked.fresh, books, now, day)
            day.keep(writing)
            answers += checked.answers
            rejected = [row_rejected(a, now) for a in answers if a.answered is Answered.REJECTED]
            recorded = writing.append([*plan.events, *rejected])
            store(writing, plan)
        self._ended = []  # only now: what could not be written is written with the next commit
        again = checked.again + self._settle(closed, answers, now)
        self._hand_over(plan, recorded, now, answers)
        self._announce()
        return answers, again

    # ---- with the lock held ------------------------------------------------------------------------

    def _recheck(
        self, writing: Writing, items: Sequence[Item], books: dict[str, Book], now: datetime
    ) -> _Checked:
        """Which items are to be judged now, which were answered before, which rest on old facts."""
        checked = _Checked()
        refresh(writing, books)
        known = writing.contacts_by_key([(i.contact.campaign, i.contact.key) for i in items if not i.stored])
        held = writing.contacts([i.stored.id for i in items if i.stored])
        seen: set[tuple[str, str]] = set()
        for item in items:
            name = (item.contact.campaign, item.contact.key)
            stored = held.get(item.stored.id) if item.stored else known.get(name)
            if books[person_of(item).id].person.erased:  # since she was admitted
                gone = answer_stored(stored, item.line) if item.stored and stored else None
                checked.answers.append(gone or rejection(item, ERASED, "person"))
            elif item.stored is None and stored and stored.content != content_digest(item.contact):
                checked.answers.append(other_content(item, stored.id))
            elif stored and stored.id in self._under_way:
                checked.again.append(item)  # the same key earlier in this run; its answer is on its way
            elif stored and not (stored.state is ContactState.HELD and _due(stored, now)):
                checked.answers.append(answer_stored(stored, item.line))
            elif item.stored and stored and stored.id not in writing.claimed:
                checked.answers.append(under_way(stored, item.line))
            elif name in seen or item.inputs != self._drafter.inputs(books[person_of(item).id]):
                checked.again.append(item)  # judged with the next group, on what is then known
            else:
                item.stored = stored
                seen.add(name)
                checked.fresh.append(item)
        return checked

    def _judge(
        self, writing: Writing, items: Sequence[Item], books: dict[str, Book], now: datetime, day: Day
    ) -> Plan:
        contacts = [(item.contact, person_of(item)) for item in items]
        return judge_group(
            self._parts,
            Books(self._parts, writing, contacts, books=books),
            items,
            now,
            run=self._run.id,
            system_height=writing.heights([SYSTEM]).get(SYSTEM, 0),
            day=day,
        )

    # ---- after the commit --------------------------------------------------------------------------

    def _settle(self, closed: Sequence[Closed], answers: list[Answer], now: datetime) -> list[Item]:
        """Answer what was closed; what never left and may go at once is taken again."""
        again = []
        for judged, contact, answer in closed:
            del self._under_way[contact.id]
            if contact.state is ContactState.HELD and _due(contact, now):
                again.append(Item(contact.contact, judged.item.line, contact, judged.item.person))
            else:
                answers.append(answer)
        return again

    def _hand_over(
        self, plan: Plan, recorded: Sequence[Event], committed: datetime, answers: list[Answer]
    ) -> None:
        """Give each opened attempt to its channel; everything else is answered already."""
        opened = [each for each in plan.judged if plan.contacts[each.contact_id].state is ContactState.OPEN]
        heights: dict[str, int] = {}
        for judged in opened:  # the heights judged on, then those after the commit
            heights.update(judged.positions)
        heights.update((event.stream, event.seq) for event in recorded)
        look = LastLook(self._parts.ledger, heights)
        for judged in plan.judged:
            contact = plan.contacts[judged.contact_id]
            if contact.state is ContactState.OPEN:
                self._under_way[contact.id] = contact
                streams = (contact.person, *judged.positions)
                self._delivery.start(Opened(judged, streams, committed, look))
            else:
                answers.append(answer_of(judged, contact))


class _Rows:
    """Items in their order, taken in groups that their channels can send before the passes expire.

    ``waiting``: the next item, where its channel had no room.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self.waiting: Item | None = None

    def take(self, most: int, room: Callable[[Contact], int]) -> list[Item]:
        """At most so many; it ends early at an item whose channel has no room left."""
        taken: list[Item] = []
        left: dict[tuple[str, str], int] = {}
        while len(taken) < most:
            item = self.waiting or next(self._items, None)
            if item is None:
                break
            way = (item.contact.channel, item.contact.creditor)
            if way not in left:
                left[way] = room(item.contact)
            self.waiting = item if left[way] <= 0 else None
            if self.waiting:
                break
            left[way] -= 1
            taken.append(item)
        return taken


@dataclass(slots=True)
class _Checked:
    fresh: list[Item] = field(default_factory=list)
    again: list[Item] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


def _due(contact: StoredContact, now: datetime) -> bool:
    return contact.due is not None and contact.due <= now


def _left_held(item: Item) -> Answer:
    assert item.stored is not None
    return answer_stored(item.stored, item.line)
