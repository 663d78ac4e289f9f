"""Events told, corrected and learned too late; agents' dispositions; replay."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from outreach.domain import Result
from outreach.errors import InputError
from outreach.ledger import ContactState
from outreach.pipeline.explaining import explain
from outreach.pipeline.items import Answered
from outreach.worklist import Disposition
from tests.support import Project, call, consents, consumer, email, phone, sms


def stop(at: str = "2026-06-02T10:00:00-04:00") -> dict[str, str]:
    return {"consumer": "p1", "key": "stop", "at": at, "event": "opt_out", "channel": "sms"}


def test_an_event_with_a_known_key_is_recorded_once(project: Project) -> None:
    project.consumers(consumer())
    first = project.events(stop())
    second = project.events(stop())
    assert first["imported"] == 1
    assert (second["imported"], second["known_before"]) == (0, 1)
    assert project.kinds("p1") == ["opt_out"]


def test_a_consent_frees_what_it_may_free(project: Project) -> None:
    """A new fact wakes the person's holds; they are judged afresh, not simply let go."""
    project.clock.set(datetime.fromisoformat("2026-06-02T22:00-04:00"))
    project.consumers(consumer())
    [held] = project.send(email())
    assert held.answered is Answered.HELD
    consent = {
        "consumer": "p1",
        "key": "late-hours",
        "at": "2026-06-02T21:59:00-04:00",
        "event": "convenient",
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "from": "21:00",
        "to": "23:00",
    }
    project.events(consent)
    [answer] = project.work()
    assert answer.answered is Answered.SENT


def test_a_cease_letter_typed_in_two_days_late_is_put_to_the_officer(project: Project) -> None:
    project.consumers(consumer())
    [sent] = project.send(email())
    assert sent.answered is Answered.SENT
    project.clock.advance(timedelta(days=2))
    counts = project.events(
        {
            "consumer": "p1",
            "key": "cease",
            "at": "2026-06-02T09:00:00-04:00",
            "event": "cease",
            "channel": "letter",
        }
    )
    assert counts["late"] == 1
    with project.app.ledger.read() as reading:
        ids = reading.person_ids()
    [late] = project.app.inbound.late(ids)
    assert late.decision.get("attempt") == sent.attempt_id
    assert late.would_be == "block"


def test_a_late_fact_that_would_have_changed_nothing_is_no_matter_for_the_officer(project: Project) -> None:
    project.consumers(consumer())
    project.send(email())
    project.clock.advance(timedelta(days=2))
    counts = project.events({**stop("2026-06-02T09:00:00-04:00")})
    assert counts["late"] == 0


def test_promise_8_a_sent_a_held_and_a_blocked_decision_replay_the_same(project: Project) -> None:
    project.consumers(consumer(), consumer("p2"), consumer("p3"))
    project.events(consents("p1", 1), {**stop(), "consumer": "p3"})
    night = datetime.fromisoformat("2026-06-02T22:00-04:00")
    sent, blocked = project.send(sms("p1", 1), sms("p3", 3))
    project.clock.set(night)
    [held] = project.send(email("p2", 2))
    answers = {sent.answered: sent, held.answered: held, blocked.answered: blocked}
    assert set(answers) == {Answered.SENT, Answered.HELD, Answered.BLOCKED}
    project.clock.advance(timedelta(days=30))
    project.events({"consumer": "p1", "key": "x", "at": "2026-06-20T10:00:00-04:00", "event": "cease"})
    with project.app.ledger.read() as reading:
        for answer in answers.values():
            told = explain(project.app.parts, reading, answer.decision_id)
            replayed = project.app.replayer.replay(reading, told.decided)
            assert replayed.same, (answer.answered, replayed.decision)
            assert replayed.differs == ()


def test_promise_8_with_another_pack_replay_still_uses_the_pack_of_then(project: Project) -> None:
    project.consumers(consumer())
    [sent] = project.send(email())
    (project.folder / "policies").mkdir()
    (project.folder / "policies" / "pack.yaml").write_text(NO_EMAIL)
    project.close()
    project.app = project.open()
    with project.app.run():
        pass
    [blocked] = project.send(email(key="another"))
    assert blocked.answered is Answered.BLOCKED
    with project.app.ledger.read() as reading:
        told = explain(project.app.parts, reading, sent.decision_id)
        replayed = project.app.replayer.replay(reading, told.decided)
    assert replayed.same
    assert replayed.decision.verdict == "allow"


def test_a_correction_needs_a_reason_and_one_that_permits_more_an_officer(project: Project) -> None:
    project.consumers(consumer())
    project.events(stop())
    event = project.stream("p1")[0]
    with pytest.raises(InputError, match="reason"):
        project.app.inbound.correct(event.id, {"void": True}, " ", "officer")
    with pytest.raises(InputError, match="permit more"):
        project.app.inbound.correct(event.id, {"void": True}, "typed for the wrong person")
    project.app.inbound.correct(event.id, {"void": True}, "typed for the wrong person", "officer")
    project.events(consents("p1", 1))
    [answer] = project.send(sms())
    assert answer.answered is Answered.SENT
    assert project.kinds("p1")[:2] == ["opt_out", "correction"], "the event itself stays"


def test_a_correction_cannot_change_person_or_moment(project: Project) -> None:
    project.consumers(consumer())
    project.events(stop())
    event = project.stream("p1")[0]
    with pytest.raises(InputError, match="cannot change at"):
        project.app.inbound.correct(event.id, {"set": {"at": "2026-01-01"}}, "typo", "officer")


def test_an_agents_disposition_changes_the_counts(project: Project) -> None:
    """A conversation begins seven quiet days; the next task is held until the eighth."""
    project.consumers(consumer())
    project.send(call(), call(key="next"))
    project.closed(Disposition(Result.CONVERSATION, agent="agent"))
    nothing, passed = project.app.worklist.next("agent")
    assert nothing is None
    [answer] = passed
    assert answer.answered is Answered.HELD
    assert answer.until == datetime.fromisoformat("2026-06-09T08:00-04:00")
    assert answer.cites[0].startswith("12 CFR 1006.14(b)(2)(i)(B)")


def test_a_released_task_counts_nothing_and_can_be_taken_again(project: Project) -> None:
    project.consumers(consumer())
    project.send(call())
    task, _ = project.app.worklist.next("a")
    assert task is not None
    released = project.app.worklist.release(task.attempt)
    assert released.state is ContactState.LISTED
    again, _ = project.app.worklist.next("b")
    assert again is not None
    assert again.attempt != task.attempt


def test_a_closed_task_cannot_be_closed_again(project: Project) -> None:
    project.consumers(consumer())
    project.send(call())
    task = project.closed(Disposition(Result.NO_ANSWER))
    with pytest.raises(InputError, match="not open"):
        project.app.worklist.done(task.attempt, Disposition(Result.BUSY))


def test_a_task_not_closed_in_time_becomes_unknown_and_counts(project: Project) -> None:
    project.consumers(consumer())
    project.send(call())
    task, _ = project.app.worklist.next("a")
    assert task is not None
    project.clock.advance(timedelta(minutes=61))
    project.work()
    with project.app.ledger.read() as reading:
        [unknown] = reading.unknown(10)
    assert unknown.attempt == task.attempt


def test_a_wrong_number_told_by_an_agent_closes_that_number(project: Project) -> None:
    project.consumers(consumer())
    project.send(call(), call(key="next"))
    project.closed(Disposition(Result.THIRD_PARTY_ANSWERED, wrong_number=True))
    nothing, [answer] = project.app.worklist.next("a")
    assert nothing is None
    assert answer.answered is Answered.BLOCKED


def test_promise_4_an_opt_out_of_a_shared_number_holds_for_everyone_who_has_it(project: Project) -> None:
    shared = [{"number": phone(1), "kind": "mobile"}]
    project.consumers(consumer(), consumer("p2", phones=shared))
    project.events(
        consents("p1", 1),
        {**consents("p2", 1)},
        {
            "consumer": "p1",
            "key": "stop",
            "at": "2026-06-02T10:00:00-04:00",
            "event": "opt_out",
            "to": phone(1),
        },
    )
    [answer] = project.send(sms("p2", 1))
    assert answer.answered is Answered.BLOCKED


NO_EMAIL = """
pack: test
title: No e-mail
jurisdiction: any
authority: this test
checked: {on: "2026-01-01", against: "this test", again_by: "2030-01-01"}
evidence: text
force: house
phrases:
  example: {en: [Example]}
rules:
  - id: test.words
    title: Nothing that says Example
    check: forbidden_words
    standard: prohibition
    cites: [this test]
    applies_to: {channel: [email]}
    in_force: {"2026-01-01": {phrases: [example]}}
"""
