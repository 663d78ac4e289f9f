"""Call tasks: an agent takes one (it is judged then), closes it, or gives it back before dialling.

Several agents take from one list at once, as threads, processes or terminals. While an agent has a task of a
person, nobody is given another of hers, not even the same agent: two calls to one person never overlap.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from outreach.channels import SendFailed
from outreach.domain import NewEvent, Outcome, Result
from outreach.errors import ContainedError, InputError, NotCleared
from outreach.ledger import ContactState, KnownPerson, StoredContact, Subject, undisturbed
from outreach.pipeline.attributing import booked_to
from outreach.pipeline.books import Book
from outreach.pipeline.briefing import Brief, brief_of
from outreach.pipeline.closing import attempt_closed
from outreach.pipeline.delivery import clear
from outreach.pipeline.dispositions import Call, Disposition, Promise, refuse_impossible
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.follow_ups import follow_ups, said_of_call
from outreach.pipeline.items import Answer
from outreach.pipeline.parts import Parts
from outreach.pipeline.recording import answer_of
from outreach.pipeline.recovery import close_forgotten
from outreach.pipeline.taking import Taken, take

__all__ = ["Disposition", "Promise", "Task", "WorkList"]

_UNANSWERED = frozenset({Result.NO_ANSWER, Result.MAILBOX_FULL, Result.DROPPED, Result.THIRD_PARTY_ANSWERED})
_PAGE = 50
_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Task:
    """A call task an agent has taken: allowed at this moment, its attempt open."""

    attempt: str
    contact: StoredContact
    answer: Answer
    sections: tuple[tuple[str, str], ...]
    text: str
    brief: Brief


class WorkList:
    """The agents' list of call tasks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._drafter = Drafter(parts)

    def next(self, agent: str) -> tuple[Task | None, list[Answer]]:
        """The first task that is lawful now, opened for this agent.

        :returns: the task (``None``: nothing may be called now) and the answers of tasks that, judged
            now, were held or blocked on the way.
        :raises ContainedError: if tasks were lawful, and none of them could be handed over.
        """
        close_forgotten(self._parts)  # who left a task open an hour ago keeps nobody from her any longer
        passed: list[Answer] = []
        failed: Exception | None = None
        waiting: deque[StoredContact] = deque()
        place: StoredContact | None = None
        while True:
            if not waiting:
                waiting = self._waiting(place)
            if not waiting:
                break
            task = place = waiting.popleft()
            taken = self._take(task)
            while taken is not None and taken.is_outdated:
                self.release(taken.stored.attempt)
                taken = self._take(task)  # judged afresh, on what was told meanwhile
            if taken is None:
                waiting.clear()  # another agent was quicker, or it is being changed: the list is read anew
            elif taken.stored.state is not ContactState.OPEN:
                passed.append(answer_of(taken.judged, taken.stored))
            else:
                try:
                    return self._hand_over(taken, agent), passed
                except Exception as trouble:  # noqa: BLE001  whatever it was, the agent never saw the task
                    self.release(taken.stored.attempt)
                    failed = trouble
        if failed is not None:
            raise _not_handed_over(failed) from failed
        return None, passed

    def done(self, attempt: str, disposition: Disposition) -> StoredContact:
        """Close a task with what happened; the counts follow from it. All of it is recorded, or nothing.

        :raises InputError: if the attempt is not open, or what is said cannot be so.
        """
        contact = self._open(attempt)
        with self._parts.ledger.write({Subject("person", contact.person)}, first=True) as writing:
            contact = self._still_open(writing.contacts([contact.id])[contact.id])
            now = self._parts.clock.now()
            book = Book(writing.knowledge([contact.person])[contact.person])
            call = Call(contact.contact, book.person, now, self._zone(book.person))
            refuse_impossible(disposition, call)
            booked = ""
            if disposition.result in _UNANSWERED:  # about several debts, it is booked to one of them
                booked = booked_to(self._parts, contact.contact, book, now)
            said = said_of_call(disposition, contact.attempt, booked)
            more = follow_ups(disposition, call)
            closing = attempt_closed(contact.person, contact.attempt, Outcome.ACCEPTED, now)
            writing.append([closing, NewEvent(contact.person, "call_result", now, said), *more])
            closed = replace(
                contact, state=ContactState.DONE, outcome=Outcome.ACCEPTED, reason=disposition.result
            )
            writing.update_contacts([closed])
            if disposition.result in (Result.BUSY, Result.NOT_IN_SERVICE) or more:
                writing.wake([contact.person], now)
        return closed

    def release(self, attempt: str, agent: str = "") -> StoredContact:
        """Give a task back before dialling; nothing left, so nothing counts.

        :raises InputError: if the attempt is not open.
        """
        contact = self._open(attempt)
        with self._parts.ledger.write({Subject("person", contact.person)}, first=True) as writing:
            contact = self._still_open(writing.contacts([contact.id])[contact.id])
            now = self._parts.clock.now()
            writing.append(
                [attempt_closed(contact.person, contact.attempt, Outcome.NOT_SENT, now, "released")]
            )
            listed = replace(contact, state=ContactState.LISTED, outcome=None, reason="", opened_at=None)
            writing.update_contacts([listed])
            writing.wake([contact.person], now)
        return listed

    # ---- taking ------------------------------------------------------------------------------------

    def _take(self, task: StoredContact) -> Taken | None:
        return undisturbed(self._parts.clock, lambda: take(self._parts, self._drafter, task))

    def _waiting(self, place: StoredContact | None) -> deque[StoredContact]:
        """The next tasks behind this place, without those of persons whom an agent is calling."""
        while True:
            with self._parts.ledger.read() as reading:
                page = reading.listed(_PAGE, after=place)
                called = {each.person for each in reading.open_tasks(_EVER)}
            free = deque(each for each in page if each.person not in called)
            if free or len(page) < _PAGE:
                return free
            place = page[-1]

    def _hand_over(self, taken: Taken, agent: str) -> Task:
        judged, contact = taken.judged, taken.stored
        draft = judged.item.draft
        assert draft is not None
        assert draft.words is not None
        channel = self._parts.channel(draft.via)
        if channel is None:
            raise NotCleared("no channel carries call tasks")
        assert contact.opened_at is not None
        zones = self._parts.policy.places(taken.book.person.consumer).zones
        brief = brief_of(judged, taken.book, zones, self._parts.creditors)
        cleared = clear(self._parts, judged, contact.opened_at, agent, brief.text())
        channel.deliver(cleared, self._parts.clock)
        words = draft.words
        return Task(contact.attempt, contact, answer_of(judged, contact), words.sections, words.text, brief)

    # ---- closing -----------------------------------------------------------------------------------

    def _open(self, attempt: str) -> StoredContact:
        with self._parts.ledger.read() as reading:
            contact = reading.contact_of_attempt(attempt)
        if contact is None:
            raise InputError(
                "no attempt has this id", where=attempt, remedy="`outreach calls next` prints it"
            )
        return self._still_open(contact)

    @staticmethod
    def _still_open(contact: StoredContact) -> StoredContact:
        if contact.state is not ContactState.OPEN:
            raise InputError(
                "this call task is not open",
                where=contact.attempt,
                why=f"it is {contact.state.value}",
                remedy="`outreach explain` shows how it ended; a wrong ending is set right with a correction",
            )
        return contact

    def _zone(self, person: KnownPerson) -> str:
        """Her first plausible zone; "" if none is known."""
        return next(iter(self._parts.policy.places(person.consumer).zones), "")


def _not_handed_over(trouble: Exception) -> ContainedError:
    return ContainedError(
        "no task could be handed over; those that are lawful are on the list again",
        why=trouble.code if isinstance(trouble, SendFailed) else type(trouble).__name__,
        remedy="look at the settings of the plugin that carries calls, and at the room on the disk",
    )
