"""The way of a contact from row to close, over the real parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import Outcome, Purpose
from outreach.ledger import ContactState
from outreach.pipeline.items import Answered
from outreach.pipeline.lanes import Lane
from tests.support import Project, call, consents, consumer, email, letter, phone, sms


def test_an_allowed_text_is_sent_once_with_the_words_that_were_judged(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    [answer] = project.send(sms())
    assert answer.answered is Answered.SENT, answer
    [sent] = project.sent
    assert sent["attempt"] == answer.attempt_id
    assert sent["to"] == phone(1)
    with project.app.ledger.read() as reading:
        words = reading.words(answer.attempt_id)
    assert words is not None
    assert words.text == sent["text"]


def test_promise_1_every_event_of_the_way_stands_in_the_ledger_in_order(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    project.send(sms())
    assert project.kinds("p1") == [
        "consent",
        "contact_received",
        "decided",
        "attempt_opened",
        "attempt_closed",
    ]


def test_the_same_contact_again_is_shown_its_first_answer(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    [first] = project.send(sms())
    [second] = project.send(sms())
    assert second.repeated
    assert second.answered is Answered.SENT
    assert second.attempt_id == first.attempt_id
    assert len(project.sent) == 1


def test_promise_6_the_same_key_twice_in_one_group_is_sent_once(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    first, second = project.send(sms(), sms())
    assert {first.answered, second.answered} == {Answered.SENT}
    assert second.repeated
    assert len(project.sent) == 1


def test_the_same_key_with_another_wish_is_refused_and_names_the_first(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    [first] = project.send(sms())
    [second] = project.send(sms(template="receipt"))
    assert second.answered is Answered.REJECTED
    assert second.column == "key"
    assert first.contact_id in second.reason


def test_a_text_without_consent_is_blocked_and_cites(project: Project) -> None:
    project.consumers(consumer())
    [answer] = project.send(sms())
    assert answer.answered is Answered.BLOCKED
    assert answer.rule.startswith("us.tcpa")
    assert answer.cites
    assert project.sent == []
    assert project.kinds("p1") == ["contact_received", "decided"]


def test_promise_2_a_stop_request_blocks_by_the_regulation(project: Project) -> None:
    project.consumers(consumer())
    project.events(
        consents("p1", 1),
        {
            "consumer": "p1",
            "key": "stop",
            "at": "2026-06-01T10:00:00-04:00",
            "event": "opt_out",
            "channel": "sms",
        },
    )
    [answer] = project.send(sms())
    assert answer.answered is Answered.BLOCKED
    assert answer.cites[0].startswith("12 CFR 1006.14(h)")


def test_a_contact_at_night_is_held_until_morning_and_goes_out_by_itself(project: Project) -> None:
    project.clock.set(datetime.fromisoformat("2026-06-02T22:00-04:00"))
    project.consumers(consumer())
    [answer] = project.send(email())
    assert answer.answered is Answered.HELD
    assert answer.until == datetime.fromisoformat("2026-06-03T08:00-04:00")
    assert project.work() == []
    project.clock.set(datetime.fromisoformat("2026-06-03T08:00-04:00"))
    [later] = project.work()
    assert later.answered is Answered.SENT
    assert len(project.sent) == 1


def test_a_held_contact_is_judged_afresh_when_due(project: Project) -> None:
    project.clock.set(datetime.fromisoformat("2026-06-02T22:00-04:00"))
    project.consumers(consumer())
    project.send(email())
    project.events({"consumer": "p1", "key": "c", "at": "2026-06-02T21:59:00-04:00", "event": "cease"})
    project.clock.set(datetime.fromisoformat("2026-06-03T08:00-04:00"))
    [later] = project.work()
    assert later.answered is Answered.BLOCKED
    assert project.sent == []


def test_a_held_contact_expires_and_that_is_recorded(project: Project) -> None:
    project.clock.set(datetime.fromisoformat("2026-06-02T22:00-04:00"))
    project.consumers(consumer())
    project.send(email(expires_at=datetime.fromisoformat("2026-06-03T07:00-04:00")))
    project.clock.set(datetime.fromisoformat("2026-06-03T08:00-04:00"))
    [later] = project.work()
    assert later.answered is Answered.EXPIRED
    assert project.kinds("p1")[-1] == "contact_expired"


def test_a_contact_is_not_made_before_its_own_time(project: Project) -> None:
    project.consumers(consumer())
    wished = datetime.fromisoformat("2026-06-04T10:00-04:00")
    [answer] = project.send(email(not_before=wished))
    assert answer.answered is Answered.HELD
    assert answer.until == wished


def test_two_contacts_to_one_person_in_a_group_see_each_other(project: Project) -> None:
    """With a spacing rule of the house only one of two texts may go at once."""
    (project.folder / "policies").mkdir()
    (project.folder / "policies" / "pack.yaml").write_text(SPACED)
    project.close()
    project.app = project.open()
    project.consumers(consumer())
    project.events(consents("p1", 1))
    first, second = project.send(sms(key="a"), sms(key="b"))
    assert [first.answered, second.answered] == [Answered.SENT, Answered.HELD]
    assert second.rule == "test.spacing"


def test_unknown_people_debts_and_addresses_are_rejected_and_spend_no_key(project: Project) -> None:
    project.consumers(consumer(), consumer("p2"))
    project.events(consents("p1", 1))
    stranger, debts, address = project.send(sms("p9"), sms(debts=("p2-d1",)), sms(to=phone(77)))
    assert [stranger.column, debts.column, address.column] == ["person", "debts", "to"]
    assert {a.answered for a in (stranger, debts, address)} == {Answered.REJECTED}
    [answer] = project.send(sms())
    assert answer.answered is Answered.SENT


def test_no_template_in_her_language_blocks_with_the_reason(project: Project) -> None:
    project.consumers(consumer(language="fr"))
    project.events(consents("p1", 1))
    [answer] = project.send(sms())
    assert answer.answered is Answered.BLOCKED
    assert "fr" in answer.reason


def test_a_letter_goes_to_the_postal_address(project: Project) -> None:
    project.consumers(consumer())
    [answer] = project.send(letter())
    assert answer.answered is Answered.SENT, answer
    assert "1 High Street" in project.sent[0]["to"]


def test_a_validation_notice_says_when_its_period_ends_and_what_may_be_seen_outside(project: Project) -> None:
    """12 CFR 1006.34(b)(5): five business days after Tuesday, 2 June, and thirty days."""
    items = {"balance on the itemization date": 123450, "interest": 0, "fees": 0, "payments": 0, "credits": 0}
    person = consumer()
    person["debts"][0] |= {
        "itemization": [{"label": label, "minor": minor} for label, minor in items.items()],
        "itemization_date": "2025-11-30",
        "itemization_creditor": "Mill Bank",
    }
    project.consumers(person)
    [answer] = project.send(letter(template="validation_notice", purpose=Purpose.VALIDATION_NOTICE))
    assert answer.answered is Answered.SENT, answer
    with project.app.ledger.read() as reading:
        words = reading.words(answer.attempt_id)
    assert words is not None
    assert 3 == words.text.count("on or before July 9, 2026")
    assert words.envelope == tuple(dict(words.sections)["letterhead"].splitlines()[1:-1])
    assert words.envelope


def test_promise_7_what_never_left_is_tried_again_and_counts_nothing(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    project.script(**{phone(1): "not_sent"})
    [answer] = project.send(sms())
    assert answer.answered is Answered.HELD
    assert project.sent == []
    project.script()
    project.clock.advance(timedelta(minutes=10))
    [later] = project.work()
    assert later.answered is Answered.SENT
    assert len(project.sent) == 1


def test_promise_5_an_unknown_end_counts_and_is_never_repeated(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    project.script(**{phone(1): "unknown"})
    [answer] = project.send(sms())
    assert answer.answered is Answered.UNKNOWN
    project.script()
    project.clock.advance(timedelta(days=1))
    assert project.work() == []
    [again] = project.send(sms())
    assert again.repeated
    assert again.answered is Answered.UNKNOWN
    assert len(project.sent) == 1


def test_promise_5_whatever_a_channel_raises_is_unknown(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    project.script(**{phone(1): "raises"})
    [answer] = project.send(sms())
    assert answer.outcome is Outcome.UNKNOWN


def test_an_unknown_end_is_settled_by_a_person_as_a_correction(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    project.script(**{phone(1): "unknown"})
    [answer] = project.send(sms())
    project.app.inbound.settle(answer.attempt_id, Outcome.ACCEPTED, "the provider's log shows it")
    with project.app.ledger.read() as reading:
        assert reading.unknown(10) == ()
    assert project.kinds("p1")[-1] == "correction"


def test_a_refused_send_is_final_and_counts_nothing(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    project.script(**{phone(1): "refused"})
    [answer] = project.send(sms())
    assert answer.answered is Answered.FAILED
    assert answer.outcome is Outcome.REFUSED


def test_an_opt_out_the_provider_knows_of_becomes_an_event_and_blocks(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    project.script(**{phone(1): "opted_out"})
    project.send(sms())
    assert "opt_out" in project.kinds("p1")
    [answer] = project.send(sms(key="another"))
    assert answer.answered is Answered.BLOCKED
    assert answer.cites[0].startswith("12 CFR 1006.14(h)")


def test_a_pause_blocks_and_names_itself_and_resuming_frees(project: Project) -> None:
    project.consumers(consumer())
    project.events(consents("p1", 1))
    project.app.inbound.pause("channel", "sms", "letterhead under review", "officer")
    [answer] = project.send(sms())
    assert answer.answered in (Answered.BLOCKED, Answered.HELD)
    assert project.sent == []
    project.app.inbound.pause("channel", "sms", "done", "officer", resume=True)
    [after] = project.send(sms(key="after"))
    assert after.answered is Answered.SENT


def test_a_call_task_is_offered_then_judged_when_taken(project: Project) -> None:
    project.consumers(consumer())
    [answer] = project.send(call())
    assert answer.answered is Answered.OFFERED
    assert "attempt_opened" not in project.kinds("p1")
    task, passed = project.app.worklist.next("agent")
    assert passed == []
    assert task is not None
    assert task.contact.state is ContactState.OPEN
    assert project.kinds("p1")[-1] == "attempt_opened"
    assert [name for name, _ in task.sections][:2] == ["opening", "identity"]


SPACED = """
pack: test
title: Spacing
jurisdiction: any
authority: this test
checked: {on: "2026-01-01", against: "this test", again_by: "2030-01-01"}
evidence: text
force: house
rules:
  - id: test.spacing
    title: An hour between texts
    check: spacing
    standard: prohibition
    cites: [this test]
    in_force: {"2026-01-01": {at_least: 60, unit: minutes, per: [person], channels: [sms]}}
"""


def test_promise_4_nothing_leaves_while_the_clock_stands_before_what_is_recorded(project: Project) -> None:
    """A clock that jumped back sees no window rightly; the contact waits until it has caught up."""
    project.consumers(consumer())
    project.events(
        {
            "consumer": "p1",
            "key": "talk",
            "at": "2026-06-02T14:59:00-04:00",
            "event": "inbound",
            "channel": "email",
        }
    )
    project.clock.advance(timedelta(hours=-2))
    [answer] = project.send(email())
    assert answer.answered is Answered.HELD
    assert answer.rule == "gate.clock"
    assert answer.until == datetime.fromisoformat("2026-06-02T14:59-04:00")
    assert project.sent == []
    project.clock.advance(timedelta(hours=2))
    [later] = project.work()
    assert later.answered is Answered.SENT


def test_no_more_than_three_groups_wait_for_a_channel_slower_than_the_judging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most, put = 0, Lane.put

    def counted(lane: Lane[Any, Any], given: Any, sender: str) -> None:
        nonlocal most
        put(lane, given, sender)
        most = max(most, lane.waiting)

    monkeypatch.setattr(Lane, "put", counted)
    project, numbers = Project(tmp_path / "agency", group=4), range(1, 41)
    project.consumers(*(consumer(f"p{n}") for n in numbers))
    project.script(**{f"person{n}@example.com": "sleeps:0.05" for n in numbers})
    answers = project.send(*(email(f"p{n}", n) for n in numbers))
    project.close()
    assert [Answered.SENT] * 40 == [each.answered for each in answers]
    assert 2 <= most <= 12
