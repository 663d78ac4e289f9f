"""Contacts, events, agents, crashes and clocks in any order, over a real project, against an oracle.

The oracle (``known``, ``limits``, ``forbidden``) goes by what the wire wrote down, by what this machine told,
and by the raw events of the ledger. It shares no code with the checks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from outreach.domain import CONSUMER, Consumer, Contact, Outcome, Purpose, Result, Way
from outreach.domain.words import CALL_RESULTS
from outreach.errors import InputError
from outreach.worklist import Disposition
from tests.property.crashes import Plan
from tests.property.depth import examples
from tests.property.known import EAST, WEST
from tests.property.strategies import CAST, KINDS, Fact, contacts, facts, moved_west
from tests.property.world import World, prepare
from tests.support import Project

STARTS = [
    *[datetime(2026, 6, 2, 15, 0, tzinfo=EAST)] * 3,
    datetime(2026, 6, 5, 20, 40, tzinfo=EAST),
    datetime(2026, 6, 3, 7, 15, tzinfo=EAST),
    datetime(2026, 3, 7, 14, 0, tzinfo=EAST),  # clocks go forward in the night
    datetime(2026, 10, 31, 14, 0, tzinfo=EAST),  # and back
]
STEPS = [timedelta(seconds=each) for each in (1, 59, 61)]
STEPS += [timedelta(minutes=each) for each in (6, 31, 62)] + [timedelta(hours=each) for each in (3, 24)]
STEPS += [timedelta(days=each) for each in (2, 5, 7, 8)]
CLOCKS = [
    *[time(11), time(12), time(15)] * 3,
    time(7, 59, 59),
    time(8),
    time(20, 59, 30),
    time(21),
    time(23, 59, 59),
]

TEMPLATES = {
    Purpose.COLLECT: "reminder",
    Purpose.RESPOND: "payment_plan_confirmation",
    Purpose.OPT_OUT_CONFIRMATION: "opt_out_confirmation",
    Purpose.LOCATION: "location",
}
OFTEN = [
    "opt_out",
    "opt_in",
    "consent",
    "consent",
    "inbound",
    "inconvenient",
    "convenient",
    "attempt",
    "cease",
]
TELLING = [*OFTEN * 4, *KINDS]
STOPPING = ["opt_out"] * 3 + [
    "consent_withdrawn",
    "inbound",
    "inconvenient",
    "wrong_number",
    "cease",
    "attorney",
]
DIALLED = [Result.NO_ANSWER, Result.NO_ANSWER, Result.VOICEMAIL, Result.BUSY, Result.CONVERSATION, None]
ENDINGS = ["", "", "", "", "unknown", "unknown", "not_sent", "refused", "opted_out", "cannot_say", "raises"]
PAUSES = [("everything", ""), ("channel", "sms"), ("channel", "call"), ("template", "reminder")]
PAUSES += [("campaign", "test"), ("creditor", "mill"), ("channel", "letter"), ("channel", "email")]

SETTLED = [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.NOT_SENT]
TOLD = tuple(KINDS)
STAYS = ("contact_received", "decided", "attempt_opened", "task_offered", "correction")
SHARED = [("family@example.com", Way.EMAIL), ("+16145550001", Way.SMS), ("home", Way.LETTER)]

PROCESS = st.integers(0, 1)
GROUPS = st.sampled_from([1, 2, 3, 500])
INDEX = st.integers(0, 99)
WHO = st.integers(0, len(CAST) - 1)
_names = itertools.count()


class Machine(RuleBasedStateMachine):
    """Three people, two processes, one ledger."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.world = World(project, f"ledger-{next(_names)}", STARTS[0])
        self.now = self.world.clock.now
        self.pauses: list[tuple[str, str]] = []
        self.west = False

    # ---- how it begins -------------------------------------------------------------------------------

    @initialize(data=st.data(), start=st.sampled_from(STARTS), unknown=st.sampled_from([None, None, 0, 3, 7]))
    def begin(self, data: st.DataObject, start: datetime, unknown: int | None) -> None:
        """Everybody is on file with something behind her; of one, little is known."""
        world = self.world
        world.clock.set(start)
        inbound = world.apps[0].inbound
        inbound.consumers(CAST[:2], None)
        since = None if unknown is None else self.now() - timedelta(days=unknown)
        inbound.consumers(CAST[2:], since)
        if since is not None:
            world.known.known_since["p3"] = since
        for consumer in CAST:
            promise = {"amount": {"minor": 2500, "currency": "USD"}, "due": "2026-12-01"}
            world.tell(0, consumer.id, Fact("promise", promise, timedelta(days=9)))
            if data.draw(st.sampled_from([True, True, False]), label="may be texted"):
                world.tell(0, consumer.id, Fact("consent", {"scope": "sms"}, timedelta(days=9)))
            about, to = consumer.debts[0].id, consumer.phones[0].number
            for number in range(data.draw(st.sampled_from([0, 4, 5, 6]), label="calls before")):
                ago = timedelta(hours=data.draw(st.integers(1, 8 * 24)), seconds=number)
                end = data.draw(st.sampled_from(["no_answer", "no_answer", "voicemail", "busy"]))
                fields = {"channel": "call", "to": to, "debts": [about], "outcome": end}
                world.tell(0, consumer.id, Fact("attempt", fields, ago))

    # ---- campaigns -----------------------------------------------------------------------------------

    def _wish(self, data: st.DataObject) -> Contact:
        """A row: mostly a new wish, sometimes one sent before, its key with other content, or nonsense."""
        sent = [*self.world.rows.values(), *(c for them in self.world.doubtful.values() for c in them)]
        what = data.draw(st.sampled_from(["new"] * 8 + ["same", "same", "other", "bad"]))
        earlier = sent[data.draw(INDEX) % len(sent)] if sent else None
        if what == "same" and earlier is not None:
            return earlier
        wish: Contact = data.draw(contacts(CAST[data.draw(WHO)]))
        later = data.draw(st.sampled_from([None] * 6 + [timedelta(hours=2), timedelta(hours=14)]))
        ends = data.draw(st.sampled_from([None] * 6 + [timedelta(hours=1), timedelta(days=2)]))
        template = "early" if wish.channel is Way.CALL else TEMPLATES[wish.purpose]
        wish = replace(
            wish,
            campaign="test",
            key=earlier.key if what == "other" and earlier is not None else f"c{next(_names)}",
            template=template,
            not_before=None if later is None else self.now() + later,
            expires_at=None if ends is None else self.now() + ends,
            priority=data.draw(st.integers(1, 3)),
        )
        if what == "bad":
            stranger = data.draw(st.booleans())
            wish = replace(wish, person="p9") if stranger else replace(wish, debts=("strange",))
        return wish

    def _wishes(self, data: st.DataObject, most: int = 8) -> list[Contact]:
        count = data.draw(st.integers(1, most), label="rows")
        if data.draw(st.sampled_from([False, False, False, True]), label="flood"):
            to, channel = data.draw(st.sampled_from(SHARED))
            return [self._shared(data, to, channel) for _ in range(count)]
        return [self._wish(data) for _ in range(count)]

    def _shared(self, data: st.DataObject, to: str, channel: Way) -> Contact:
        """One of many to what two people share: a number, a mailbox, a debt."""
        person = data.draw(st.sampled_from(["p1", "p2"]))
        debts = data.draw(st.sampled_from([(), ("joint",)]))
        key = f"c{next(_names)}"
        return Contact(person, channel, to, debts=debts, campaign="test", key=key, template="reminder")

    @rule(data=st.data(), group=GROUPS)
    def one_sends(self, data: st.DataObject, group: int) -> None:
        plan = self._plan(data)
        self.world.send(0, self._wishes(data), plan, group)

    @rule(data=st.data(), group=GROUPS)
    def the_other_sends(self, data: st.DataObject, group: int) -> None:
        plan = self._plan(data)
        self.world.send(1, self._wishes(data), plan, group)

    @rule(data=st.data(), which=PROCESS, group=GROUPS)
    def morning_comes(self, data: st.DataObject, which: int, group: int) -> None:
        """A lawful hour of the same or the next day; what was held goes out."""
        self._wait_until(data.draw(st.sampled_from([time(8), time(11), time(15)])), WEST)
        self.world.work(which, self._plan(data), group)

    @rule(data=st.data(), which=PROCESS, group=GROUPS)
    def work(self, data: st.DataObject, which: int, group: int) -> None:
        self.world.work(which, self._plan(data), group)

    # ---- what goes wrong -----------------------------------------------------------------------------

    def _plan(self, data: st.DataObject, *, agent: bool = False) -> Plan:
        """Nothing, or a death, or another process at work at some moment in between."""
        what = data.draw(st.sampled_from(["nothing"] * 3 + ["death", "meanwhile", "meanwhile"]))
        if what == "death":
            commits = ["before-commit", "after-commit"]
            dies = data.draw(st.sampled_from(commits if agent else [*commits, "opened", "opened", "noted"]))
            return Plan(dies=dies, at=data.draw(st.integers(0, 2)), late=data.draw(st.booleans()))
        if what == "nothing":
            return Plan(late=data.draw(st.booleans()))
        moment = data.draw(st.sampled_from(["lock", "commit"] if agent else ["lock", "send", "commit"]))
        return Plan(meanwhile=self._meanwhile(data), moment=moment, late=data.draw(st.booleans()))

    def _meanwhile(self, data: st.DataObject) -> Callable[[], None]:
        """What another process does, or another thread of this one; drawn now, done then."""
        which = data.draw(PROCESS)
        what = data.draw(st.sampled_from(["tell"] * 4 + ["pause", "send", "take", "work", "time"]))
        note(f"meanwhile: {what}")
        if what == "tell":
            person, fact = self._fact(data, [*STOPPING * 2, *KINDS])
            return lambda: void(self.world.tell(which, person, fact))
        if what == "pause":
            pause = data.draw(st.sampled_from(PAUSES))
            return lambda: self._pause(which, pause)
        if what == "send":
            rows = self._wishes(data, 2)
            return lambda: self.world.send(which, rows, Plan(), 500)
        if what == "take":
            return lambda: void(self.world.take(which, Plan()))
        if what == "work":
            return lambda: self.world.work(which, Plan(), 500)
        step = data.draw(st.sampled_from(STEPS[:8]))
        return lambda: self.world.clock.advance(step)

    @rule(data=st.data())
    def script(self, data: st.DataObject) -> None:
        """How the wire ends from now on, by address."""
        owners = {phone.number for each in CAST for phone in each.phones}
        owners |= {email.address for each in CAST for email in each.emails}
        endings = st.sampled_from(ENDINGS)
        ends = {address: data.draw(endings) for address in sorted(owners)}
        self.world.project.script(**ends)

    # ---- agents --------------------------------------------------------------------------------------

    @rule(data=st.data(), which=PROCESS)
    def take(self, data: st.DataObject, which: int) -> None:
        self.world.take(which, self._plan(data, agent=True))

    @rule(data=st.data(), which=PROCESS, index=INDEX)
    def hang_up(self, data: st.DataObject, which: int, index: int) -> None:
        """An agent closes a task or gives it back; one that is not open any more cannot be closed."""
        if not self.world.tasks:
            return
        task = self.world.tasks[index % len(self.world.tasks)]
        worklist = self.world.apps[which].worklist
        debts = task.contact.contact.debts
        named = bool(data.draw(st.booleans(), label="debt named"))
        wrong = data.draw(st.sampled_from([False, False, False, True]), label="wrong number")
        result = data.draw(st.none() | st.sampled_from(sorted(CALL_RESULTS)))
        discussed = debts[:1] if named and debts and result is Result.CONVERSATION else None
        is_open = self._is_open(task.attempt)
        try:
            if result is None:
                worklist.release(task.attempt)
            else:
                worklist.done(task.attempt, Disposition(result, discussed, wrong, "agent"))
        except InputError:
            assert not is_open
        else:
            assert is_open
            wish = task.contact.contact
            person = next(each for each in CAST if each.id == wish.person)
            shared = wish.to_person != CONSUMER and person.owner_of(wish.to) == CONSUMER
            self.world.wrong_numbers += (1 + shared) * (wrong and result is not None)  # hers neither

    def _is_open(self, attempt: str) -> bool:
        tries = {each.id: each for them in self.world.known.tries.values() for each in them}
        return tries[attempt].end == "open"

    @rule(data=st.data(), which=PROCESS, who=WHO, count=st.integers(2, 5))
    def dial(self, data: st.DataObject, which: int, who: int, count: int) -> None:
        """An agent calls somebody again and again, mostly half an hour apart; not every call is closed."""
        self.world.send(which, [self._call(data, CAST[who]) for _ in range(count)], Plan(), 500)
        for _ in range(count):
            task = self.world.take(which, Plan())
            self.world.look()
            self.world.clock.advance(timedelta(minutes=data.draw(st.sampled_from([0, 29, 31, 31, 31]))))
            end = data.draw(st.sampled_from(DIALLED))
            if task is not None and end is not None:
                self.world.apps[which].worklist.done(task.attempt, Disposition(end))
                self.world.look()

    def _call(self, data: st.DataObject, consumer: Consumer) -> Contact:
        wish: Contact = data.draw(contacts(consumer, [Way.CALL]))
        key = f"c{next(_names)}"
        return replace(wish, campaign="test", key=key, template="early", purpose=Purpose.COLLECT)

    # ---- what comes back -----------------------------------------------------------------------------

    def _fact(self, data: st.DataObject, kinds: Sequence[str] = TELLING) -> tuple[str, Fact]:
        consumer = CAST[data.draw(WHO)]
        fact: Fact = data.draw(facts(consumer, self.now().astimezone(EAST).date(), kinds))
        return consumer.id, fact

    @rule(data=st.data(), count=st.integers(1, 3), corrects=st.sampled_from([False, False, True]))
    def one_hears(self, data: st.DataObject, count: int, corrects: bool) -> None:
        """Facts; and sometimes that one of them, or an earlier one, was none."""
        for _ in range(count):
            self.world.tell(0, *self._fact(data))
        if corrects:
            self._correct(data, 0)

    @rule(data=st.data())
    def the_other_hears(self, data: st.DataObject) -> None:
        self.world.tell(1, *self._fact(data, STOPPING))

    @rule(data=st.data(), which=PROCESS)
    def set_right(self, data: st.DataObject, which: int) -> None:
        """A person says what became of an attempt whose end nobody knew, or corrects what is recorded."""
        app = self.world.apps[which]
        with app.ledger.read() as reading:
            unknown = reading.unknown(100)
        settles = bool(data.draw(st.booleans(), label="settle"))
        if unknown and settles:
            attempt = unknown[data.draw(INDEX) % len(unknown)].attempt
            app.inbound.settle(attempt, data.draw(st.sampled_from(SETTLED)), "asked", "officer")
        else:
            self._correct(data, which)

    def _correct(self, data: st.DataObject, which: int) -> None:
        """An officer corrects a fact or how an attempt ended; what outreach did stays as it is."""
        app = self.world.apps[which]
        with app.ledger.read() as reading:
            streams = reading.knowledge(reading.person_ids()).values()
        kinds = data.draw(st.sampled_from([TOLD, TOLD, ("attempt_closed", "call_result"), STAYS]))
        events = [e for s in streams for e in s.events if e.kind in kinds]
        if not events:
            return
        events.sort(key=lambda event: (event.recorded_at, event.at), reverse=True)
        event = events[data.draw(INDEX) % min(len(events), 12)]  # mostly what was told lately
        change: dict[str, Any] = {"void": True}
        if event.kind == "attempt_closed":
            change = {"set": {"outcome": data.draw(st.sampled_from([*SETTLED, Outcome.UNKNOWN])).value}}
        elif event.kind in ("call_result", "attempt"):
            name = "result" if event.kind == "call_result" else "outcome"
            ends = ["busy", "no_answer", "conversation"]
            if event.kind == "call_result" or event.fields["channel"] == "call":
                end = data.draw(st.none() | st.sampled_from(ends))
                change = change if end is None else {"set": {name: end}}
        try:
            app.inbound.correct(event.id, change, "typed wrongly", "officer")
        except InputError:
            assert event.kind in STAYS
        else:
            assert event.kind not in STAYS

    # ---- the switch, the clock, the people -----------------------------------------------------------

    def _pause(self, which: int, pause: tuple[str, str]) -> None:
        self.world.apps[which].inbound.pause(*pause, "under review", "officer")
        self.world.known.pauses.add(pause)

    @rule(which=PROCESS, pause=st.sampled_from(PAUSES), resume=st.sampled_from([False, True, True]))
    def switch(self, which: int, pause: tuple[str, str], resume: bool) -> None:
        """Something is paused, or everything goes on."""
        if not resume:
            self._pause(which, pause)
            return
        for pause in sorted(self.world.known.pauses):
            self.world.apps[which].inbound.pause(*pause, "done", "officer", resume=True)
        self.world.known.pauses.clear()

    @rule(data=st.data(), by_clock=st.booleans())
    def time_passes(self, data: st.DataObject, by_clock: bool) -> None:
        if by_clock:
            zone = data.draw(st.sampled_from([EAST, EAST, WEST]))
            self._wait_until(data.draw(st.sampled_from(CLOCKS)), zone)
        else:
            self.world.clock.advance(data.draw(st.sampled_from(STEPS)))

    def _wait_until(self, clock: time, zone: ZoneInfo) -> None:
        """The next time a clock on the wall shows this."""
        wall = self.now().astimezone(zone)
        day = wall.date() if wall.time() < clock else wall.date() + timedelta(days=1)
        self.world.clock.set(datetime.combine(day, clock, zone))

    @precondition(lambda self: not self.west)
    @rule(which=PROCESS)
    def move(self, which: int) -> None:
        """The second person moves to California; her number still says Ohio."""
        self.west = True
        self.world.apps[which].inbound.consumers([moved_west(CAST[1])], None)
        self.world.known.zones["p2"] = (EAST, WEST)

    # ---- what must hold ------------------------------------------------------------------------------

    @invariant()
    def everything_promised_holds(self) -> None:
        if self.world.known.notes:  # begun
            self.world.look()

    def teardown(self) -> None:
        try:
            if self.world.sound and self.world.known.notes:
                self.world.finish()
        finally:
            self.world.close()


def void(_: object) -> None:
    """What came of it does not matter."""


@pytest.mark.timeout(300)
def test_promises_4_5_6_and_8_hold_whatever_happens_in_whatever_order(tmp_path: Path) -> None:
    project = Project(tmp_path / "agency")
    prepare(project)
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

    class Here(Machine):
        def __init__(self) -> None:
            super().__init__(project)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples(25), stateful_step_count=25, deadline=None, suppress_health_check=slow
        ),
    )
    project.close()
