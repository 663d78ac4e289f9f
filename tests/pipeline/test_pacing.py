"""What providers can take: a pace, a day, a rest after failures. What is beyond is held, never failed."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.channels import Rate, SendFailed
from outreach.domain import FrozenClock
from outreach.dryrun import DryRun
from outreach.ledger import ContactState
from outreach.pipeline.items import Answered, Item
from outreach.pipeline.lanes import Lane
from outreach.pipeline.pacing import Breaker
from tests.support import TUESDAY, WIRE, Project, consumer, email

PEOPLE = range(1, 9)


@contextmanager
def paced(tmp_path: Path, rate: str, more: str = "", wire: str = WIRE, group: int = 500) -> Iterator[Project]:
    """A project whose wire keeps this rate; eight people with e-mail."""
    made = Project(tmp_path / "agency", wire=wire.replace("Rate(at_once=4)", rate), more=more, group=group)
    made.consumers(*(consumer(f"p{n}") for n in PEOPLE))
    yield made
    made.close()


def send(project: Project, *, start: int = 1, stop: int = 9) -> list[Any]:
    return project.send(*(email(f"p{n}", n) for n in range(start, stop)))


# ---- a day -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [500, 3])
def test_what_a_day_cannot_take_is_held_until_the_next_one(tmp_path: Path, group: int) -> None:
    with paced(tmp_path, "Rate(at_once=4, per_day=5)", group=group) as project:
        answers = send(project)
        assert 5 == sum(each.answered is Answered.SENT for each in answers)
        held = [each for each in answers if each.answered is Answered.HELD]
        assert {datetime(2026, 6, 3, tzinfo=UTC)} == {each.until for each in held}
        assert "has used up what its provider takes in a day" in held[0].reason
        assert 5 == len(project.sent)
        assert [] == project.work()  # the day is not over
        project.clock.set(datetime(2026, 6, 3, 15, 0, tzinfo=UTC))
        assert [Answered.SENT] * 3 == [each.answered for each in project.work()]
        assert 8 == len(project.sent)


@pytest.mark.parametrize("group", [500, 3])
def test_a_dry_run_holds_what_a_day_cannot_take_and_takes_nothing(tmp_path: Path, group: int) -> None:
    with paced(tmp_path, "Rate(at_once=4, per_day=5)", group=group) as project:
        rows = [Item(email(f"p{n}", n), n) for n in range(1, 9)]
        for _ in range(2):
            dry = DryRun(project.app.parts)
            answers = [each for answers in dry.dispatch(rows) for each in answers]
            held = [each for each in answers if each.answered is Answered.HELD]
            assert 3 == len(held)
            assert {datetime(2026, 6, 3, tzinfo=UTC)} == {each.until for each in held}
        real = send(project)
        assert 5 == sum(each.answered is Answered.SENT for each in real), "the dry runs took nothing"


def test_a_day_is_remembered_by_the_ledger_and_not_by_the_process(tmp_path: Path) -> None:
    with paced(tmp_path, "Rate(at_once=4, per_day=5)") as project:
        send(project, stop=5)
        other = project.open()
        answers = project.send(*(email(f"p{n}", n) for n in range(5, 9)), app=other)
        other.close()
        assert 1 == sum(each.answered is Answered.SENT for each in answers)
        assert 5 == len(project.sent)


def test_each_sender_has_a_day_of_its_own(tmp_path: Path) -> None:
    second = (
        '[[senders]]\nid = "mail2"\nchannel = "email"\naddress = "two@northgate.example"\ncreditor = "two"\n'
    )
    more = '[creditors.two]\nname = "Two Bank"\n' + second
    with paced(tmp_path, "Rate(at_once=4, sender_per_day=2)", more) as project:
        first = project.send(*(email(f"p{n}", n) for n in (1, 2, 3)))
        other = project.send(*(email(f"p{n}", n, creditor="two") for n in (4, 5, 6)))
    for answers in (first, other):
        assert [Answered.SENT, Answered.SENT, Answered.HELD] == [each.answered for each in answers]


def test_the_record_still_stands_as_the_events_say(tmp_path: Path) -> None:
    with paced(tmp_path, "Rate(at_once=4, per_day=5)") as project:
        send(project)
        assert {} == project.app.ledger.rebuild()


# ---- a rest ------------------------------------------------------------------------------------------

THROTTLED = WIRE.replace(
    'raise SendFailed.not_sent("line down", retry=True)',
    'raise SendFailed.not_sent("429", retry=True, after=120)',
).replace("Rate(at_once=4)", "Rate(at_once=1)")


def test_a_provider_that_asks_for_a_pause_gets_it_and_nothing_fails(tmp_path: Path) -> None:
    with paced(tmp_path, "", wire=THROTTLED) as project:
        project.script(**{"person1@example.com": "not_sent"})
        answers = send(project)
        assert {Answered.HELD} == {each.answered for each in answers}
        assert [] == project.sent
        assert {TUESDAY + timedelta(seconds=120)} == {each.until for each in answers[1:]}
        with project.app.ledger.read() as reading:
            tries = [reading.contacts([each.contact_id])[each.contact_id].tries for each in answers]
        assert [1, 0, 0, 0, 0, 0, 0, 0] == tries  # a rest costs no try
        project.script()
        project.clock.advance(timedelta(seconds=600))
        assert [Answered.SENT] * 8 == [each.answered for each in project.work()]
        assert 8 == len(project.sent)


def test_while_a_channel_rests_no_attempt_is_opened(tmp_path: Path) -> None:
    with paced(tmp_path, "", wire=THROTTLED, group=1) as project:
        project.script(**{"person1@example.com": "not_sent"})
        answers = send(project, stop=4)
        assert Answered.HELD is answers[-1].answered
        assert "" == answers[-1].attempt_id
        assert "rests after failures" in answers[-1].reason
        assert "attempt_opened" not in project.kinds("p3")


def test_five_failures_in_a_row_let_a_channel_rest_and_a_success_ends_the_count() -> None:
    breaker, now = Breaker(), TUESDAY
    down = SendFailed.not_sent("line down", retry=True)
    for _ in range(4):
        breaker.failed(down, now)
    assert breaker.until is None
    breaker.succeeded()
    for _ in range(5):
        breaker.failed(down, now)
    assert now + timedelta(seconds=30) == breaker.until


def test_each_rest_is_longer_than_the_one_before_up_to_a_quarter_of_an_hour() -> None:
    breaker, now, rests = Breaker(), TUESDAY, []
    for _ in range(5):
        breaker.failed(SendFailed.unknown("silence"), now)
    for _ in range(7):
        assert breaker.until is not None
        rests.append((breaker.until - now).total_seconds())
        now = breaker.until
        breaker.failed(SendFailed.unknown("silence"), now)
    assert [30, 60, 120, 240, 480, 900, 900] == rests


@pytest.mark.parametrize(
    "refusal", [SendFailed.refused("x"), SendFailed.opted_out("x"), SendFailed.cannot_say("x")]
)
def test_a_refusal_says_nothing_about_the_next_contact(refusal: SendFailed) -> None:
    breaker = Breaker()
    for _ in range(20):
        breaker.failed(refusal, TUESDAY)
    assert breaker.until is None


# ---- the pace ----------------------------------------------------------------------------------------


class _Channel:
    name = "toy"

    def __init__(self, rate: Rate) -> None:
        self.rate = rate


class _Slept(FrozenClock):
    """Sleeping moves it on, so that a pace can be read off."""

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))


def begun(rate: Rate, senders: list[str]) -> list[tuple[str, float]]:
    clock, done = _Slept(TUESDAY), queue.SimpleQueue[tuple[str, float]]()
    lane: Lane[str, tuple[str, float]] = Lane(
        _Channel(rate),  # type: ignore[arg-type]
        clock,
        lambda _channel, given: (given, (clock.now() - TUESDAY).total_seconds()),
        done,
    )
    for sender in senders:
        lane.put(sender, sender)
    found = [done.get(timeout=30) for _ in senders]
    lane.close()
    return found


def test_each_sender_keeps_its_own_pace() -> None:
    found = begun(Rate(at_once=1, sender_per_second=2), ["a", "a", "b", "a"])
    assert [("a", 0.0), ("a", 0.5), ("b", 0.5), ("a", 1.0)] == found


def test_the_channel_keeps_its_pace_over_all_senders() -> None:
    found = begun(Rate(at_once=1, per_second=4, sender_per_second=2), ["a", "b", "a", "b"])
    assert [("a", 0.0), ("b", 0.25), ("a", 0.5), ("b", 0.75)] == found


def test_contacts_taken_at_once_fit_the_pace_of_one_sender() -> None:
    lane: Lane[str, str] = Lane(
        _Channel(Rate(at_once=1, sender_per_second=1)),  # type: ignore[arg-type]
        FrozenClock(TUESDAY),
        lambda _channel, given: given,
        queue.SimpleQueue(),
    )
    lane._sends, lane._busy = 100, timedelta(seconds=0.1)
    assert 42 == lane.room(timedelta(seconds=60))


def test_held_for_a_provider_is_held_in_the_ledger(tmp_path: Path) -> None:
    with paced(tmp_path, "Rate(at_once=4, per_day=5)") as project:
        send(project)
        with project.app.ledger.read() as reading:
            assert 3 == reading.states()[ContactState.HELD]
