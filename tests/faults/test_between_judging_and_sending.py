"""What happens after a contact was allowed and before it leaves: the last look, and the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from outreach.domain import Contact, Event, Outcome
from outreach.ledger import ContactState
from outreach.pipeline.items import Answer, Answered
from tests.faults.wires import ONE_BY_ONE
from tests.support import TUESDAY, Project, consents, consumer, email, phone, sms

OPENS = datetime.fromisoformat("2026-06-03T08:00-04:00")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Three people who may be texted, over a wire that sends one thing at a time."""
    made = Project(tmp_path / "agency", wire=ONE_BY_ONE)
    made.consumers(consumer(), consumer("p2"), consumer("p3"))
    made.events(*(consents(f"p{n}", n) for n in (1, 2, 3)))
    yield made
    made.close()


@contextmanager
def while_sending(project: Project, *contacts: Contact) -> Iterator[Callable[[], list[Answer]]]:
    """The first of these is on the wire and stays there while the block runs; the others wait behind it.

    What is yielded tells all answers, once the block is left.
    """
    project.script(**{contacts[0].to: "waits:go"})
    answers: list[Answer] = []
    sending = threading.Thread(target=lambda: answers.extend(project.send(*contacts)))
    sending.start()
    try:
        wait_for(project.folder / "waiting")
        yield lambda: answers
    finally:
        (project.folder / "go").touch()
        sending.join(timeout=60)
    assert not sending.is_alive()


def wait_for(file: Path) -> None:
    until = time.monotonic() + 80
    while not file.exists():
        assert time.monotonic() < until, "nothing reached the wire"
        time.sleep(0.005)


def closings(project: Project, ref: str) -> list[tuple[str, str]]:
    return [(e.get("outcome"), e.get("code", "")) for e in project.stream(ref) if e.kind == "attempt_closed"]


def verdicts(project: Project, ref: str) -> list[str]:
    return [event.get("verdict") for event in project.stream(ref) if event.kind == "decided"]


def counted(project: Project, ref: str) -> int:
    """How many attempts count: slots that were given back do not."""
    outcomes = [outcome for outcome, _ in closings(project, ref)]
    return project.kinds(ref).count("attempt_opened") - outcomes.count(Outcome.NOT_SENT.value)


def test_a_stop_between_judging_and_sending_is_seen_by_the_last_look(project: Project) -> None:
    with while_sending(project, sms(), sms("p2", 2), sms("p3", 3)) as answers:
        stop = Event("opt_out", project.clock.now(), {"channel": "sms"})
        project.app.inbound.events([("p2", stop, "stop")])
    told = {answer.contact.person: answer for answer in answers()}
    assert [phone(1), phone(3)] == sorted(sent["to"] for sent in project.sent)
    assert Answered.BLOCKED is told["p2"].answered
    assert "us.regf.medium-refused" == told["p2"].rule
    assert {Answered.SENT} == {told["p1"].answered, told["p3"].answered}
    assert [("not_sent", "expired")] == closings(project, "p2")
    assert ["allow", "block"] == verdicts(project, "p2")
    assert 0 == counted(project, "p2"), "its slot was given back"


def test_an_opt_out_of_a_shared_number_stops_what_waits_for_the_other_person(project: Project) -> None:
    project.consumers(consumer("p2", phones=[{"number": phone(3), "kind": "mobile"}]))
    project.events({**consents("p2", 3), "key": "shared"})
    with while_sending(project, sms(), sms("p2", 3)) as answers:
        stop = Event("opt_out", project.clock.now(), {"to": phone(3)})
        project.app.inbound.events([("p3", stop, "stop")])
    assert [phone(1)] == [sent["to"] for sent in project.sent]
    [told] = [answer for answer in answers() if answer.contact.person == "p2"]
    assert Answered.BLOCKED is told.answered
    assert ["allow", "block"] == verdicts(project, "p2")


def test_a_pause_in_the_middle_of_a_run_stops_what_has_not_left(project: Project) -> None:
    contacts = [sms(), sms("p2", 2), sms("p3", 3)]
    with while_sending(project, *contacts) as answers:
        project.app.inbound.pause("channel", "sms", "letterhead under review", "kim")
    told = {answer.contact.person: answer for answer in answers()}
    assert [phone(1)] == [sent["to"] for sent in project.sent]
    for ref in ("p2", "p3"):
        assert (Answered.BLOCKED, "house.pause") == (told[ref].answered, told[ref].rule)
        assert 0 == counted(project, ref)
    again = project.send(*contacts)
    assert all(answer.repeated for answer in again)
    assert 1 == len(project.sent)


def test_a_resumed_pause_of_another_channel_disturbs_nothing(project: Project) -> None:
    project.app.inbound.pause("channel", "letter", "x", "kim")
    with while_sending(project, sms(), sms("p2", 2)):
        project.app.inbound.pause("channel", "letter", "x", "kim", resume=True)
    assert ["allow"] == verdicts(project, "p2")
    assert 2 == len(project.sent)


def test_a_group_that_crosses_the_closing_hour_stops_there_and_goes_on_in_the_morning(
    project: Project,
) -> None:
    """Allowed at 20:59:30. The first is on the wire when it strikes nine; the others may not leave."""
    project.clock.set(datetime.fromisoformat("2026-06-02T20:59:30-04:00"))
    contacts = [email(), email("p2", 2), email("p3", 3)]
    with while_sending(project, *contacts) as answers:
        project.clock.set(datetime.fromisoformat("2026-06-02T21:00:01-04:00"))
    told = {answer.contact.person: answer for answer in answers()}
    assert ["person1@example.com"] == [sent["to"] for sent in project.sent]
    assert Answered.SENT is told["p1"].answered
    for ref in ("p2", "p3"):
        assert (Answered.HELD, OPENS) == (told[ref].answered, told[ref].until)
        assert "us.regf.hours" == told[ref].rule
        assert [("not_sent", "expired")] == closings(project, ref)
        assert ["allow", "hold"] == verdicts(project, ref)
    assert [] == project.work()
    project.clock.set(OPENS)
    assert {Answered.SENT} == {answer.answered for answer in project.work()}
    assert 3 == len(project.sent)


def test_at_the_stroke_of_the_closing_hour_nothing_leaves(project: Project) -> None:
    project.clock.set(datetime.fromisoformat("2026-06-02T20:59:30-04:00"))
    with while_sending(project, email(), email("p2", 2)):
        project.clock.set(datetime.fromisoformat("2026-06-02T21:00:00-04:00"))
    assert ["person1@example.com"] == [sent["to"] for sent in project.sent]


def test_a_pass_older_than_a_minute_is_judged_afresh_and_then_sent(project: Project) -> None:
    """However often that happens it is not given up: nothing was wrong with the contact."""
    contacts = [sms(), sms("p2", 2)]
    with while_sending(project, *contacts) as answers:
        project.clock.advance(timedelta(seconds=61))
    assert {Answered.SENT} == {answer.answered for answer in answers()}
    assert [("not_sent", "expired"), ("accepted", "")] == closings(project, "p2")
    assert 2 == len(project.sent)


def test_being_late_does_not_use_up_the_tries_of_a_contact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one try only: p3 waits behind p1, then behind p2, expires both times and is sent all the same."""
    monkeypatch.setenv("OUTREACH_TRIES", "1")
    project = Project(tmp_path / "agency", wire=ONE_BY_ONE)
    project.consumers(consumer(), consumer("p2"), consumer("p3"))
    waiting = project.folder / "waiting"
    with while_sending(project, email(), email("p2", 2), email("p3", 3)) as answers:
        project.script(**{"person2@example.com": "waits:go2"})
        project.clock.advance(timedelta(seconds=61))
        waiting.unlink()
        (project.folder / "go").touch()
        wait_for(waiting)
        project.clock.advance(timedelta(seconds=61))
        (project.folder / "go2").touch()
    assert {Answered.SENT} == {answer.answered for answer in answers()}
    assert [("not_sent", "expired")] * 2 + [("accepted", "")] == closings(project, "p3")
    assert 3 == len(project.sent)
    project.close()


def test_a_clock_that_jumps_back_in_mid_run_lets_nothing_out_under_an_old_pass(project: Project) -> None:
    """Allowed at 15:00; while it waits the clock is set to seven in the morning."""
    with while_sending(project, email(), email("p2", 2)) as answers:
        project.clock.set(datetime.fromisoformat("2026-06-02T07:00-04:00"))
    told = {answer.contact.person: answer for answer in answers()}
    assert ["person1@example.com"] == [sent["to"] for sent in project.sent]
    assert Answered.HELD is told["p2"].answered
    assert [("not_sent", "expired")] == closings(project, "p2")
    project.clock.set(TUESDAY + timedelta(minutes=5))
    assert [Answered.SENT] == [answer.answered for answer in project.work()]


def test_a_clock_that_jumps_back_between_runs_exceeds_no_limit_and_loses_nothing(project: Project) -> None:
    """What is recorded ahead of the clock still counts, and a hold waits for its moment."""
    project.send(email())
    project.clock.set(TUESDAY - timedelta(hours=1))
    [answer] = project.send(email(key="second"))
    assert Answered.HELD is answer.answered
    assert answer.until is not None
    assert TUESDAY <= answer.until
    assert [] == project.work()
    project.clock.set(TUESDAY + timedelta(minutes=10))
    assert [Answered.SENT] == [each.answered for each in project.work()]
    assert 2 == len(project.sent)
    assert project.app.ledger.verify().broken == ()


def test_nothing_stays_open_whatever_came_between(project: Project) -> None:
    with while_sending(project, sms(), sms("p2", 2), sms("p3", 3)):
        project.app.inbound.pause("everything", "", "x", "kim")
        project.clock.advance(timedelta(seconds=61))
    with project.app.ledger.read() as reading:
        assert 0 == reading.states().get(ContactState.OPEN, 0)
    assert not any(project.app.ledger.rebuild().values())
