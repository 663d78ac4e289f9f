"""Call tasks: an agent takes one (it is judged then), closes it, or gives it back before dialling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from outreach.channels import SendFailed
from outreach.domain import NewEvent, Outcome, Result
from outreach.domain.words import CALL_RESULTS
from outreach.errors import ContainedError, InputError, NotCleared
from outreach.ledger import ContactState, Knowledge, StoredContact, Subject
from outreach.pipeline.attributing import booked_to
from outreach.pipeline.books import Book
from outreach.pipeline.closing import attempt_closed
from outreach.pipeline.delivery import LastLook, clear
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.items import Answer, Item, Judged
from outreach.pipeline.judging import Books, subjects_of
from outreach.pipeline.opening import judge_group
from outreach.pipeline.parts import Parts
from outreach.pipeline.preparing import prepare, refresh, store
from outreach.pipeline.recording import answer_of

__all__ = ["Disposition", "Task", "WorkList"]

_UNANSWERED = frozenset({Result.NO_ANSWER, Result.MAILBOX_FULL, Result.DROPPED, Result.THIRD_PARTY_ANSWERED})


@dataclass(frozen=True, slots=True)
class Task:
    """A call task an agent has taken: allowed at this moment, its attempt open."""

    attempt: str
    contact: StoredContact
    answer: Answer
    sections: tuple[tuple[str, str], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Disposition:
    """How a call ended. ``discussed``: debts talked about in a conversation (``None``: those of the task)."""

    result: Result
    discussed: tuple[str, ...] | None = None
    wrong_number: bool = False
    agent: str = ""
    note: str = ""


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
        passed: list[Answer] = []
        skipped: set[str] = set()
        failed: Exception | None = None
        while True:
            with self._parts.ledger.read() as reading:
                listed = [task for task in reading.listed(len(skipped) + 1) if task.id not in skipped]
            if not listed:
                if failed is not None:
                    raise _not_handed_over(failed) from failed
                return None, passed
            judged, stored, look = self._take(listed[0])
            if judged is None or stored is None or look is None:
                skipped.add(listed[0].id)  # another agent was quicker, or it is being changed
            elif stored.state is ContactState.OPEN:
                if look.news_in((stored.person, *judged.positions)):
                    self.release(stored.attempt)  # judged afresh, on what was told meanwhile
                    continue
                try:
                    return self._hand_over(judged, stored, agent), passed
                except Exception as trouble:  # noqa: BLE001  whatever it was, the agent never saw the task
                    self.release(stored.attempt)
                    skipped.add(stored.id)
                    failed = trouble
            else:
                passed.append(answer_of(judged, stored))

    def done(self, attempt: str, disposition: Disposition) -> StoredContact:
        """Close a task with what happened; the counts follow from it.

        :raises InputError: if the attempt is not open, the result no word of a call, or a debt not hers.
        """
        if disposition.result not in CALL_RESULTS:
            words = ", ".join(sorted(CALL_RESULTS))
            raise InputError(
                f"{disposition.result} does not say how a call ended", remedy=f"use one of {words}"
            )
        contact = self._open(attempt)
        with self._parts.ledger.write({Subject("person", contact.person)}, first=True) as writing:
            contact = self._still_open(writing.contacts([contact.id])[contact.id])
            now = self._parts.clock.now()
            knowledge = writing.knowledge([contact.person])[contact.person]
            _refuse_strange(disposition, knowledge)
            writing.append(
                [
                    attempt_closed(contact.person, contact.attempt, Outcome.ACCEPTED, now),
                    self._result(contact, disposition, knowledge),
                    *self._follow_ups(contact, disposition),
                ]
            )
            closed = replace(
                contact, state=ContactState.DONE, outcome=Outcome.ACCEPTED, reason=disposition.result
            )
            writing.update_contacts([closed])
            if disposition.result in (Result.BUSY, Result.NOT_IN_SERVICE) or disposition.wrong_number:
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

    def _take(self, task: StoredContact) -> tuple[Judged | None, StoredContact | None, LastLook | None]:
        """Judge one listed task with its subjects locked, and open its attempt if it is allowed.

        :returns: with a last look at what the decision rested on, for just before the agent gets it.
        """
        with self._parts.ledger.read() as reading:
            person = reading.persons_by_id([task.person])[task.person]
        item = Item(task.contact, stored=task, person=person)
        books = prepare(self._parts, self._drafter, [item])
        subjects = subjects_of([(task.contact, person)], self._parts.policy.subjects)
        with self._parts.ledger.write(subjects, first=True) as writing:
            now = self._parts.clock.now()
            standing = writing.contacts([task.id])[task.id]
            refresh(writing, books)
            if standing.state is not ContactState.LISTED or item.inputs != self._drafter.inputs(
                books[person.id]
            ):
                return None, None, None
            item.stored = standing
            plan = judge_group(
                self._parts,
                Books(self._parts, writing, [(task.contact, person)], books=books),
                [item],
                now,
                system_height=writing.heights(["system"]).get("system", 0),
                taking=True,
            )
            recorded = writing.append(plan.events)
            store(writing, plan)
        judged = plan.judged[0]
        heights = {**judged.positions, **{event.stream: event.seq for event in recorded}}
        return judged, plan.contacts[judged.contact_id], LastLook(self._parts.ledger, heights)

    def _hand_over(self, judged: Judged, contact: StoredContact, agent: str) -> Task:
        draft = judged.item.draft
        assert draft is not None
        assert draft.words is not None
        channel = self._parts.channel(draft.via)
        if channel is None:
            raise NotCleared("no channel carries call tasks")
        assert contact.opened_at is not None
        channel.deliver(clear(self._parts, judged, contact.opened_at, agent), self._parts.clock)
        return Task(
            contact.attempt, contact, answer_of(judged, contact), draft.words.sections, draft.words.text
        )

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

    def _result(self, contact: StoredContact, disposition: Disposition, knowledge: Knowledge) -> NewEvent:
        """The call's result; an unanswered call about several debts is booked to one of them."""
        fields: dict[str, object] = {"attempt": contact.attempt, "result": disposition.result.value}
        if disposition.result is Result.CONVERSATION and disposition.discussed is not None:
            fields["discussed"] = list(disposition.discussed)
        if disposition.agent:
            fields["agent"] = disposition.agent
        if disposition.result in _UNANSWERED:
            booked = booked_to(self._parts, contact.contact, Book(knowledge), self._parts.clock.now())
            if booked:
                fields["counted_to"] = [booked]
        if disposition.note:
            fields["note"] = disposition.note
        return NewEvent(contact.person, "call_result", self._parts.clock.now(), fields)

    def _follow_ups(self, contact: StoredContact, disposition: Disposition) -> Sequence[NewEvent]:
        if not disposition.wrong_number:
            return ()
        return (
            NewEvent(contact.person, "wrong_number", self._parts.clock.now(), {"to": contact.contact.to}),
        )


def _not_handed_over(trouble: Exception) -> ContainedError:
    return ContainedError(
        "no task could be handed over; those that are lawful are on the list again",
        why=trouble.code if isinstance(trouble, SendFailed) else type(trouble).__name__,
        remedy="look at the settings of the plugin that carries calls, and at the room on the disk",
    )


def _refuse_strange(disposition: Disposition, knowledge: Knowledge) -> None:
    """:raises InputError: if a debt that was talked about is not this consumer's."""
    if any(knowledge.person.consumer.debt(debt) is None for debt in disposition.discussed or ()):
        raise InputError(
            "a debt that was talked about is not this consumer's",
            where="--discussed",
            remedy="name debts of hers, joined by ';'",
        )
