"""A project under a machine's hands: its ledger, its two processes, and everything that must hold of them.

:meth:`World.look` goes over the wire, the agents' hands and the ledger after each step and asks the oracle.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from outreach.assemble import Outreach
from outreach.domain import Contact, Event, FrozenClock
from outreach.ledger import ContactState, StoredContact, open_ledger
from outreach.pipeline.items import Answer, Answered, Item
from outreach.worklist import Task, WorkList
from tests.property.crashes import Crash, Plan, interrupted, run
from tests.property.forbidden import objections
from tests.property.known import Known, Note, Try
from tests.property.limits import PACK, over_limit
from tests.property.strategies import CAST, Fact
from tests.support import Project

__all__ = ["World", "prepare"]

PASS = timedelta(seconds=60)
"""How long after its commit an attempt may leave."""

TOLD_BY_OUTREACH = {"wrong_number", "opt_out"}
"""What outreach itself records of a person: an agent's word, a provider's word."""


def prepare(project: Project) -> None:
    """Add the house rules of the oracle to a project, and an empty ledger to begin each example with."""
    (project.folder / "policies").mkdir()
    (project.folder / "policies" / "pack.yaml").write_text(PACK)
    project.close()
    project.app = project.open()
    open_ledger(f"sqlite:///{project.folder / 'empty.db'}", project.clock, create=True).close()


class World:
    """One example's ledger and whoever works on it."""

    def __init__(self, project: Project, name: str, start: datetime) -> None:
        self.project = project
        self.clock = FrozenClock(start)
        self.path = project.folder / f"{name}.db"
        for ending in ("", "-key"):
            shutil.copy(project.folder / f"empty.db{ending}", f"{self.path}{ending}")
        for left in ("sent.jsonl", "script.json"):
            (project.folder / left).unlink(missing_ok=True)
        self.apps = [self.open(), self.open()]
        self.known = Known()
        self.tasks: list[Task] = []
        self.rows: dict[str, Contact] = {}  # by key, those whose content was taken
        self.doubtful: dict[str, list[Contact]] = {}  # by key, what was sent in by a run that died
        self.refused = 0
        self.wrong_numbers = 0
        self.sound = True
        self._handed: list[str] = []  # attempts put into an agent's hands since the last look
        self._seen: set[str] = set()
        self._read = 0
        self._delivered: Counter[str] = Counter()  # by contact

    # ---- doing ---------------------------------------------------------------------------------------

    def open(self) -> Outreach:
        """A process of its own over the project's ledger."""
        app = self.project.app
        ledger = open_ledger(f"sqlite:///{self.path}", self.clock)
        parts = replace(app.parts, ledger=ledger, clock=self.clock)
        return Outreach(app.settings, app.registry, parts, app.retention)

    def restart(self, which: int) -> None:
        """What was in that process's memory is gone."""
        self.apps[which].close()
        self.apps[which] = self.open()

    def close(self) -> None:
        for app in self.apps:
            app.close()
        for file in self.path.parent.glob(f"{self.path.name}*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink()

    def tell(self, which: int, person: str, fact: Fact) -> Note:
        """Record a fact."""
        event = fact.event(self.clock.now())
        recorded, strangers = self.apps[which].inbound.events([(person, event, f"k{len(self.known.notes)}")])
        assert strangers == []
        event, *moved = recorded.events  # a fact may move unanswered calls to another debt
        assert {"correction"} >= {each.kind for each in moved}
        note = Note(person, fact.kind, event.at, fact.fields, event.id)
        self.known.notes.append(note)
        return note

    def run(self, which: int, items: Iterable[Item], plan: Plan, group: int) -> list[Answer] | None:
        answers = run(self.apps[which], items, plan, group)
        if answers is None:
            self.restart(which)
        return answers

    def send(self, which: int, rows: Sequence[Contact], plan: Plan, group: int) -> None:
        """Send these rows; each must get exactly one answer, and the answer it should get."""
        items = [Item(contact, line) for line, contact in enumerate(rows, 1)]
        answers = self.run(which, items, plan, group)
        if answers is None:
            for contact in rows:
                self.doubtful.setdefault(contact.key, []).append(contact)
            return
        assert sorted(a.line for a in answers) == [item.line for item in items], "a row without an answer"
        for answer in sorted(answers, key=lambda each: each.line):
            contact = rows[answer.line - 1]
            first = self._first(contact)
            if self._usable(contact) and first == contact:
                assert answer.answered is not Answered.REJECTED, answer
                self.rows[contact.key] = contact
            else:
                assert answer.answered is Answered.REJECTED, answer
                self.refused += 1

    def work(self, which: int, plan: Plan, group: int) -> None:
        """Everything that is due now."""
        app = self.apps[which]
        with app.ledger.read() as reading:
            due = reading.due(self.clock.now(), 1000)
            persons = reading.persons_by_id({contact.person for contact in due})
        items = [Item(each.contact, stored=each, person=persons[each.person]) for each in due]
        answers = self.run(which, items, plan, group)
        assert answers is None or len(answers) == len(items)

    def take(self, which: int, plan: Plan) -> Task | None:
        """An agent asks for the next call task."""
        try:
            task, _ = WorkList(interrupted(self.apps[which].parts, plan)).next("agent")
        except Crash:
            self.restart(which)
            return None
        if task is not None:
            self.tasks.append(task)
            self._handed.append(task.attempt)
        return task

    def _usable(self, contact: Contact) -> bool:
        consumer = next((each for each in CAST if each.id == contact.person), None)
        return consumer is not None and all(consumer.debt(debt) for debt in contact.debts)

    def _first(self, contact: Contact) -> Contact:
        """The content a key stands for: the first that was taken, by whichever run."""
        if contact.key in self.rows:
            return self.rows[contact.key]
        with self.apps[0].ledger.read() as reading:
            stored = reading.contacts_by_key([(contact.campaign, contact.key)])
        found = stored[contact.campaign, contact.key].contact if stored else contact
        assert found in [contact, *self.doubtful.get(contact.key, ())], "a content nobody sent"
        return found

    # ---- looking -------------------------------------------------------------------------------------

    def look(self) -> None:
        """Everything that must hold at any time."""
        self.sound = False
        ledger = self.apps[0].ledger
        with ledger.read() as reading:
            persons = reading.persons([each.id for each in CAST])
            knowledge = reading.knowledge([each.id for each in persons.values()])
            system = reading.system_events()
        events = {ref: knowledge[person.id].events for ref, person in persons.items()}
        self._nothing_told_is_lost(events)
        for ref, told in events.items():
            self.known.read_tries(ref, told)
        tries = {each.id: each for them in self.known.tries.values() for each in them}
        contacts = self._every_row_has_its_answer(events, system)
        self._limits_hold(tries)
        self._nothing_forbidden_left(tries, contacts)
        self._no_contact_is_made_twice(tries, events)
        assert ledger.verify().broken == ()
        assert ledger.rebuild() == {}
        self.sound = True

    def _nothing_told_is_lost(self, events: dict[str, tuple[Event, ...]]) -> None:
        """What was told stands in the ledger once, as it was told; the rest outreach itself said."""
        known = {note.id: note for note in self.known.notes}
        ours: list[Note] = []
        for ref, told in events.items():
            for event in told:
                if event.kind == "correction":
                    self.known.corrections[event.fields["of"]] = event.fields
                elif event.id in known:
                    note = known.pop(event.id)
                    assert (note.person, note.kind, note.at) == (ref, event.kind, event.at)
                    assert dict(note.fields) == dict(event.fields)
                elif event.kind in TOLD_BY_OUTREACH:
                    ours.append(Note(ref, event.kind, event.at, event.fields, event.id))
        assert known == {}, "told, and not in the ledger"
        assert sum(note.kind == "wrong_number" for note in ours) == self.wrong_numbers
        self.known.notes += ours
        self.wrong_numbers = 0

    def _every_row_has_its_answer(
        self, events: dict[str, tuple[Event, ...]], system: Sequence[Event]
    ) -> dict[str, StoredContact]:
        """Promise 6: received once, judged or expired; a row that cannot be used is recorded too."""
        with self.apps[1].ledger.read() as reading:
            stored = reading.contacts_by_key([("test", key) for key in {*self.rows, *self.doubtful}])
        received = Counter(
            e.fields["contact"] for told in events.values() for e in told if e.kind == "contact_received"
        )
        judged = {
            e.fields["contact"]
            for told in events.values()
            for e in told
            if e.kind in ("decided", "contact_expired")
        }
        contacts = {each.id: each for each in stored.values()}
        assert set(received) == set(contacts) == judged
        assert set(received.values()) <= {1}
        assert {("test", key) for key in self.rows} <= set(stored)
        refused = sum(event.kind == "row_rejected" for event in system)
        assert refused >= self.refused
        return contacts

    def _limits_hold(self, tries: dict[str, Try]) -> None:
        """Promise 4: what was opened since the last look and counts, counts within every limit."""
        for new in tries.values():
            if new.ours and new.left and new.id not in self._seen:
                assert list(over_limit(self.known, new)) == [], new
        self._seen |= tries.keys()

    def _nothing_forbidden_left(self, tries: dict[str, Try], contacts: dict[str, StoredContact]) -> None:
        """Promises 1 and 2: what left stands in the ledger, and nothing known forbade it when it left."""
        lines = self.project.sent[self._read :]
        self._read += len(lines)
        for line in lines:
            assert line["attempt"] in tries, "it left, and no ledger knows of it"
            made = tries[line["attempt"]]
            if made.channel != "letter":
                assert line["to"] == made.to
            self._delivered[made.contact] += 1
        for attempt in [line["attempt"] for line in lines] + self._handed:
            made = tries[attempt]
            wish = contacts[made.contact].contact
            assert (made.channel, made.to, made.whom) == (wish.channel, wish.to, wish.to_person)
            assert self.clock.now() - made.at <= PASS, "sent on an expired pass"
            names = {"campaign": wish.campaign, "template": wish.template, "creditor": "mill"}
            assert list(objections(self.known, made, self.clock.now(), **names)) == [], made
        self._handed.clear()

    def _no_contact_is_made_twice(self, tries: dict[str, Try], events: dict[str, tuple[Event, ...]]) -> None:
        """Promise 5: at most once on the wire, and never again after an end that is not "it never left"."""
        assert all(count == 1 for count in self._delivered.values())
        for told in events.values():
            last: dict[str, str] = {}  # by contact, how its latest attempt ended when the next was opened
            of: dict[str, str] = {}  # the contact of an attempt, of its end
            left: set[str] = set()  # of which some attempt is known, or for all we know, to have left
            for event in told:
                if event.kind == "attempt_opened":
                    contact = of[event.fields["attempt"]] = event.fields["contact"]
                    assert last.get(contact, "not_sent") == "not_sent", "made again"
                    assert contact not in left, "made again"
                    last[contact] = "open"
                elif event.kind == "attempt_closed":
                    contact = of[event.id] = of[event.fields["attempt"]]
                    last[contact] = event.fields["outcome"]
                elif (
                    event.kind == "correction"
                    and event.fields["of"] in of
                    and event.fields["set"]["outcome"] in ("accepted", "unknown")
                ):
                    left.add(of[event.fields["of"]])

    # ---- at the end ----------------------------------------------------------------------------------

    def finish(self) -> None:
        """Nothing waits for ever, and every decision can be made again."""
        (self.project.folder / "script.json").unlink(missing_ok=True)
        for days in (1, 1, 1, 18):
            self.clock.advance(timedelta(days=days))
            self.work(0, Plan(), 500)
            self.look()
        with self.apps[0].ledger.read() as reading:
            states = reading.states()
        assert (states[ContactState.HELD], states[ContactState.OPEN]) == (0, 0)
        self.replay()

    def replay(self) -> None:
        """Promise 8: same knowledge, same packs, same versions, same decision."""
        app = self.apps[1]
        with app.ledger.read() as reading:
            for person in reading.knowledge(reading.person_ids()).values():
                for event in person.events:
                    if event.kind == "decided":
                        again = app.replayer.replay(reading, event)
                        assert again.differs == ()
                        assert again.same, (event, again.decision)
