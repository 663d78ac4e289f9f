"""What may be set right afterwards, by whom, and what follows for a contact that waits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from outreach.domain import History, Outcome, Result
from outreach.errors import InputError
from outreach.ledger import ContactState
from outreach.pipeline.taking import take
from outreach.worklist import Disposition
from tests.support import Project, call, consents, consumer, email, phone, sms


def the(project: Project, kind: str) -> Any:
    """The latest event of this kind."""
    return [event for event in project.stream("p1") if event.kind == kind][-1]


@pytest.mark.parametrize("kind", ["contact_received", "decided", "attempt_opened"])
@pytest.mark.parametrize("change", [{"void": True}, {"set": {"contact": "other"}}])
def test_what_outreach_did_cannot_be_corrected_away(
    project: Project, kind: str, change: dict[str, Any]
) -> None:
    project.consumers(consumer())
    project.send(email())
    with pytest.raises(InputError, match="what outreach did"):
        project.app.inbound.correct(the(project, kind).id, change, "a mistake", "officer")
    assert project.app.ledger.rebuild() == {}


def test_a_correction_is_not_corrected_the_event_is_corrected_again(project: Project) -> None:
    """The latest counts, so an opt-out that was voided by mistake stands again."""
    project.consumers(consumer())
    project.events(consents("p1", 1), stop())
    opt_out = the(project, "opt_out")
    project.app.inbound.correct(opt_out.id, {"void": True}, "typed wrongly", "officer")
    with pytest.raises(InputError, match="not corrected itself"):
        project.app.inbound.correct(the(project, "correction").id, {"void": True}, "it was right", "officer")
    project.app.inbound.correct(opt_out.id, {"set": {"channel": "sms"}}, "it was right", "officer")
    project.send(sms())
    assert project.sent == []


@pytest.mark.parametrize("change", [{"result": "no_answer"}, {"counted_to": ["p1-d1"]}, {"discussed": []}])
def test_a_conversation_that_was_none_needs_an_officer(project: Project, change: dict[str, Any]) -> None:
    """It ends seven quiet days, so it permits more."""
    project.consumers(consumer())
    project.send(call())
    project.closed(Disposition(Result.CONVERSATION))
    with pytest.raises(InputError, match="permit more"):
        project.app.inbound.correct(the(project, "call_result").id, {"set": change}, "wrong code")


def test_a_call_that_was_a_conversation_needs_no_officer(project: Project) -> None:
    project.consumers(consumer())
    project.send(call())
    project.closed(Disposition(Result.NO_ANSWER))
    change = {"set": {"result": "conversation"}}
    project.app.inbound.correct(the(project, "call_result").id, change, "wrong code")
    assert project.kinds("p1")[-1] == "correction"


def test_promise_5_what_left_after_all_is_not_made_again(project: Project) -> None:
    """A provider said "not sent"; its log says otherwise while the contact waits for another try."""
    project.consumers(consumer())
    project.events(consents("p1", 1))
    project.script(**{phone(1): "not_sent"})
    [held] = project.send(sms())
    closing = the(project, "attempt_closed")
    project.app.inbound.correct(closing.id, {"set": {"outcome": "accepted"}}, "the provider's log shows it")
    project.script()
    project.clock.advance(timedelta(hours=1))
    assert project.work() == []
    assert project.sent == []
    with project.app.ledger.read() as reading:
        contact = reading.contacts([held.contact_id])[held.contact_id]
    assert (contact.state, contact.outcome) == (ContactState.DONE, Outcome.ACCEPTED)
    assert project.app.ledger.rebuild() == {}


@pytest.mark.parametrize("change", [{"void": True}, {"set": {"outcome": "lost"}}, {"set": {"attempt": "a"}}])
def test_of_an_ending_only_the_outcome_can_be_corrected(project: Project, change: dict[str, Any]) -> None:
    project.consumers(consumer())
    project.send(email())
    with pytest.raises(InputError, match="only the outcome"):
        project.app.inbound.correct(the(project, "attempt_closed").id, change, "a mistake", "officer")


def test_a_stop_between_an_agents_taking_and_getting_a_task_is_seen(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last look of DESIGN 2 holds for call tasks too: the slot returns, the task is judged afresh."""
    project.consumers(consumer())
    project.send(call())

    def interrupted(*given: Any) -> Any:
        taken = take(*given)
        project.events(stop(channel="call"))
        return taken

    monkeypatch.setattr("outreach.worklist.take", interrupted)
    task, [answer] = project.app.worklist.next("agent")
    assert task is None
    assert answer.answered == "blocked"
    assert the(project, "attempt_closed").get("outcome") == "not_sent"


def test_promise_4_a_contact_about_all_debts_counts_for_the_one_two_people_share(project: Project) -> None:
    """A contact that names no debt is about each; a limit per debt sees it in whoever's stream it stands."""
    joint = {"id": "joint", "kind": "credit_card", "creditor": "mill", "as_of": "2026-05-31"}
    joint |= {"account_number": "4000000000000001", "balance": {"minor": 100, "currency": "USD"}}
    (project.folder / "policies").mkdir()
    (project.folder / "policies" / "pack.yaml").write_text(ONCE)
    project.close()
    project.app = project.open()
    project.consumers(consumer("p1", debts=[joint]), consumer("p2", debts=[joint]))
    first, second = project.send(email("p1", 1), email("p2", 2))
    assert [first.answered, second.answered] == ["sent", "held"]
    [later] = project.send(email("p2", 2, key="later"))
    assert later.answered == "held"


def stop(**changes: str) -> dict[str, str]:
    at = {"consumer": "p1", "key": "stop", "at": "2026-06-02T10:00:00-04:00"}
    return {**at, "event": "opt_out", "channel": "sms"} | changes


ONCE = """
pack: test
title: Once a week about one debt
jurisdiction: any
authority: this test
checked: {on: "2026-01-01", against: "this test", again_by: "2030-01-01"}
evidence: text
force: house
rules:
  - id: test.once
    title: Once a week about one debt, whoever owes it
    check: frequency
    standard: prohibition
    cites: [this test]
    applies_to: {channel: [email]}
    in_force:
      "2026-01-01": {at_most: 1, within: 7, unit: days, per: [debt], channels: [email], what: attempts}
"""


# ---- an unanswered call is booked to one of its debts, and anew when a later fact requires it ---------


def calls(count: int, debts: list[str], day: int, booked: str = "", hour: int = 10) -> list[dict[str, Any]]:
    """So many unanswered calls about these debts, one a day from this one of May on."""
    return [
        {
            "consumer": "p1",
            "event": "attempt",
            "at": f"2026-05-{day + number:02}T{hour}:00:00-04:00",
            "channel": "call",
            "to": phone(1),
            "debts": debts,
            "outcome": "no_answer",
            **({"counted_to": [booked]} if booked else {}),
        }
        for number in range(count)
    ]


def two_debts() -> dict[str, Any]:
    [debt] = consumer()["debts"]
    return consumer(debts=[debt, {**debt, "id": "p1-d2"}])


def booked(project: Project) -> Counter[str]:
    with project.app.ledger.read() as reading:
        person = reading.persons(["p1"])["p1"]
        history = History(reading.knowledge([person.id])[person.id].events)
    return Counter(debt for each in history.attempts for debt in each.counted_to or each.debts)


def test_a_late_fact_moves_a_call_from_a_full_debt_to_one_with_room(project: Project) -> None:
    project.consumers(two_debts())
    project.events(*calls(4, ["p1-d1", "p1-d2"], 27, "p1-d1"))
    assert {"p1-d1": 4} == booked(project)
    project.events(*calls(3, ["p1-d1"], 27, hour=12))
    assert {"p1-d1": 7} == booked(project)  # seven are lawful: nothing is moved
    project.events(*calls(1, ["p1-d1"], 30, hour=12))
    assert {"p1-d1": 7, "p1-d2": 1} == booked(project)
    correction = the(project, "correction")
    assert {"counted_to": ["p1-d2"]} == correction.fields["set"]
    assert "12 CFR 1006.14(b)(4)" in correction.fields["because"]


def test_where_no_debt_has_room_or_a_person_corrected_the_call_nothing_is_moved(project: Project) -> None:
    project.consumers(two_debts())
    project.events(*calls(1, ["p1-d1", "p1-d2"], 27, "p1-d1"))
    said = {"set": {"counted_to": ["p1-d1"]}}
    project.app.inbound.correct(the(project, "attempt").id, said, "it was about the first", "officer")
    project.events(*calls(4, ["p1-d1"], 27, hour=12), *calls(3, ["p1-d1"], 28, hour=14))
    assert {"p1-d1": 8} == booked(project)
    assert 1 == project.kinds("p1").count("correction")
