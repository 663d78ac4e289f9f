"""Disposition codes: what each records, what it refuses, and that it is all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from outreach.domain import Code, Money, Purpose, Result
from outreach.domain.dispositions import SHIPPED, Follows, wrong_with
from outreach.domain.words import CALL_RESULTS
from outreach.errors import InputError
from outreach.ledger.writing import SqlWriting
from outreach.pipeline.items import Answered
from outreach.worklist import Disposition, Promise, Task
from tests.support import Project, call, consumer, letter, phone

FIFTY = Promise(Money(5000, "USD"), "2026-06-15")
FRIDAY = datetime.fromisoformat("2026-06-05T15:00-04:00")
SPOUSE = {"id": "p1-spouse", "relation": "spouse", "name": "Sam Example"} | {
    "phones": [{"number": phone(51), "kind": "mobile"}]
}
NEIGHBOR = {"id": "p1-neighbor", "relation": "neighbor", "name": "Nic Example"} | {
    "phones": [{"number": phone(52), "kind": "mobile"}]
}

GIVEN: Mapping[str, Mapping[str, Any]] = {
    "RPC-PTP": {"promise": FIFTY},
    "RPC-CB": {"call_back": FRIDAY},
    "CB": {"call_back": FRIDAY},
    "INC": {"inconvenient": {"days": ["sat", "sun"]}},
    "LANG": {"note": "speaks Portuguese"},
}
CONSENT = {"scope": "call", "to": phone(1), "debts": ["p1-d1"], "given_to": "collector", "channel": "call"}
AT_THREE = CONSENT | {"from": "2026-06-05T15:00:00-04:00", "until": "2026-06-05"}

FOLLOWS: Mapping[str, list[tuple[str, dict[str, Any]]]] = {
    "RPC-PTP": [
        ("promise", {"debts": ["p1-d1"], "amount": {"minor": 5000, "currency": "USD"}, "due": "2026-06-15"})
    ],
    "RPC-CB": [("consent", AT_THREE)],
    "CB": [("consent", AT_THREE)],
    "INC": [("inconvenient", {"days": ["sat", "sun"], "channel": "call"})],
    "DA": [("dispute", {"debts": ["p1-d1"], "channel": "call"})],
    "AR": [("attorney", {"debts": ["p1-d1"], "form": "oral"})],
    "CEASE": [("opt_out", {"channel": "call", "form": "oral"})],
    "TP-CEASE": [("opt_out", {"channel": "call", "to": phone(1), "form": "oral"})],
    "DEC": [("deceased", {})],
    "WN": [("wrong_number", {"to": phone(1)})],
}


def taken(project: Project, *more: Any, **changes: Any) -> Task:
    """A task an agent has taken; with ``more`` tasks left on the list."""
    project.consumers(consumer(people=[SPOUSE, NEIGHBOR]))
    project.send(call(**changes), *more)
    task, _ = project.app.worklist.next("kim")
    assert task is not None
    return task


def told(name: str, **more: Any) -> Disposition:
    return Disposition.coded(SHIPPED[name], agent="kim", **{**GIVEN.get(name, {}), **more})


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_code_records_its_result_and_what_follows_and_nothing_else(
    project: Project, name: str
) -> None:
    task = taken(project)
    before = len(project.stream("p1"))
    project.app.worklist.done(task.attempt, told(name))
    closing, result, *more = project.stream("p1")[before:]
    assert ("attempt_closed", "accepted") == (closing.kind, closing.get("outcome"))
    assert (SHIPPED[name].result.value, name) == (result.get("result"), result.get("code"))
    assert SHIPPED[name].right_party is result.get("right_party")
    assert FOLLOWS.get(name, []) == [(event.kind, dict(event.fields)) for event in more]


def test_the_shipped_codes_reach_every_end_of_a_call_and_none_contradicts_itself() -> None:
    assert CALL_RESULTS == {code.result for code in SHIPPED.values()}
    assert [] == [code.name for code in SHIPPED.values() if wrong_with(code)]


@pytest.mark.parametrize(
    ("code", "because"),
    [
        (Code("X", Result.SENT), "does not say how a call ended"),
        (Code("X", Result.BUSY, right_party=True), "not on the line"),
        (Code("X", Result.CONVERSATION, right_party=True, wrong_number=True), "wrong number"),
        (Code("X", Result.DROPPED, right_party=True, promise=True), "in a conversation"),
        (Code("X", Result.CONVERSATION, promise=True), "only the right party"),
        (Code("X", Result.NO_ANSWER, call_back=True), "nobody asked"),
        (Code("X", Result.THIRD_PARTY_ANSWERED, call_back=True, wrong_number=True), "wrong number"),
        (Code("X", Result.VOICEMAIL, follows=Follows.DECEASED), "nobody told us"),
        (Code("X", Result.THIRD_PARTY_ANSWERED, follows=Follows.DISPUTE), "for the right party"),
    ],
)
def test_a_code_that_contradicts_itself_is_no_code(code: Code, because: str) -> None:
    assert because in wrong_with(code)


YESTERDAY = datetime.fromisoformat("2026-06-01T15:00-04:00")


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("RPC-PTP", {"promise": None}, "RPC-PTP needs --promise and --due"),
        ("RPC-CB", {"call_back": None}, "RPC-CB needs --call-back"),
        ("INC", {"inconvenient": None}, "INC needs --inconvenient"),
        ("LANG", {"note": " "}, "LANG needs --note"),
        ("RPC-PTP", {"promise": Promise(Money(0, "USD"), "2026-06-15")}, "more than nothing"),
        ("RPC-PTP", {"promise": Promise(Money(1, "USD"), "2026-06-01")}, "this day is over"),
        ("RPC-PTP", {"promise": Promise(Money(1, "EUR"), "2026-06-15")}, "another currency"),
        ("RPC-NP", {"promise": FIFTY}, "RPC-NP tells of no promise"),
        ("RPC-NP", {"call_back": FRIDAY}, "no wish to be called back"),
        ("CB", {"call_back": YESTERDAY}, "this is over"),
        ("CB", {"call_back": date(2026, 6, 1)}, "this is over"),
        ("CB", {"discussed": ("p1-d1",)}, "no debt was talked about"),
        ("NA", {"discussed": ("p1-d1",)}, "no debt was talked about"),
        ("RPC-NP", {"discussed": ("p2-d1",)}, "not this consumer's"),
        ("RPC-NP", {"wrong_number": True}, "she was on the line"),
        ("TP", {"inconvenient": {"days": ["sat"]}}, "did not tell us when"),
    ],
)
def test_what_is_missing_or_cannot_be_so_is_named_and_nothing_is_written(
    project: Project, name: str, more: Mapping[str, Any], said: str
) -> None:
    task = taken(project)
    before = project.app.ledger.verify().events
    with pytest.raises(InputError) as refused:
        project.app.worklist.done(task.attempt, told(name, **more))
    assert said in refused.value.what
    assert refused.value.remedy
    assert before == project.app.ledger.verify().events
    project.app.worklist.done(task.attempt, told("NA"))  # it is still open, to be closed as it was


def test_a_third_person_who_answers_cannot_ask_for_a_call_to_her(project: Project) -> None:
    code = Code("TP-CB", Result.THIRD_PARTY_ANSWERED, call_back=True)
    task = taken(project)
    with pytest.raises(InputError, match="somebody else cannot ask"):
        project.app.worklist.done(task.attempt, Disposition.coded(code, call_back=FRIDAY))


def test_closing_and_all_that_follows_is_one_write(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between the two leaves the task open and nothing of the promise."""
    task = taken(project)
    kinds = project.kinds("p1")

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patched.setattr(SqlWriting, "update_contacts", dies)
        project.app.worklist.done(task.attempt, told("RPC-PTP"))
    assert kinds == project.kinds("p1")
    project.app.worklist.done(task.attempt, told("RPC-PTP"))
    assert [*kinds, "attempt_closed", "call_result", "promise"] == project.kinds("p1")


def test_without_a_code_the_outcome_alone_can_still_be_told(project: Project) -> None:
    task = taken(project)
    project.app.worklist.done(task.attempt, Disposition(Result.NO_ANSWER, agent="kim"))
    result = project.stream("p1")[-1]
    assert ("no_answer", "no_answer", "kim", None) == tuple(
        result.get(name) for name in ("result", "code", "agent", "right_party")
    )


# ---- what the limits make of it ----------------------------------------------------------------------


def allowed(project: Project, at: str, number: int = 1, **changes: Any) -> bool:
    """Whether a call would be allowed then."""
    project.clock.set(datetime.fromisoformat(f"{at}-04:00"))
    [answer] = project.send(call(number=number, key=f"at {at} {number} {changes}", **changes))
    return answer.answered is Answered.OFFERED


def test_a_call_back_permits_a_call_from_the_moment_said_until_that_day_is_over_and_no_more(
    project: Project,
) -> None:
    """The conversation owes her seven quiet days; her consent lifts them only as far as it goes."""
    second = [{"number": phone(1), "kind": "mobile"}, {"number": phone(61), "kind": "mobile"}]
    project.consumers(consumer(phones=second))
    project.send(call())
    project.closed(told("RPC-CB"))
    assert not allowed(project, "2026-06-04T15:00")
    assert not allowed(project, "2026-06-05T14:59")
    assert allowed(project, "2026-06-05T15:00")
    assert not allowed(project, "2026-06-05T15:00", 61), "she said at which number"
    assert allowed(project, "2026-06-05T20:59")
    assert not allowed(project, "2026-06-05T21:30"), "it is no consent to unusual hours"
    assert not allowed(project, "2026-06-06T15:00")


def test_a_call_back_on_a_day_holds_for_that_day_of_hers(project: Project) -> None:
    project.consumers(consumer())
    project.send(call())
    project.closed(told("RPC-CB", call_back=date(2026, 6, 5)))
    assert not allowed(project, "2026-06-04T20:00")
    assert allowed(project, "2026-06-05T08:00")
    assert not allowed(project, "2026-06-06T08:00")


def test_a_call_back_asked_for_by_a_third_party_is_recorded_as_his_wish_and_not_as_her_consent(
    project: Project,
) -> None:
    task = taken(project, number=52, to_person="p1-neighbor", purpose=Purpose.LOCATION, template="location")
    project.app.worklist.done(task.attempt, told("CB"))
    event = project.stream("p1")[-1]
    assert ("callback_requested", {"person": "p1-neighbor"}) == (event.kind, dict(event.fields))


def test_what_a_spouse_says_is_recorded_as_hers(project: Project) -> None:
    task = taken(project, number=51, to_person="p1-spouse")
    project.app.worklist.done(task.attempt, told("CEASE"))
    assert {"channel": "call", "form": "oral", "person": "p1-spouse"} == dict(project.stream("p1")[-1].fields)


def test_a_conversation_that_named_no_debt_counts_for_one_of_them(project: Project) -> None:
    code = Code("RPC-ND", Result.CONVERSATION, right_party=True, discusses=False)
    project.consumers(consumer())
    project.send(call(), call(key="next"))
    project.closed(Disposition.coded(code))
    assert [] == next(e for e in project.stream("p1") if e.kind == "call_result").get("discussed")
    _, [answer] = project.app.worklist.next("a")
    assert answer.cites[0].startswith("12 CFR 1006.14(b)(2)(i)(B)")


@pytest.mark.parametrize(
    ("name", "cite"),
    [
        ("CEASE", "12 CFR 1006.14(h)"),
        ("TP-CEASE", "12 CFR 1006.14(h)"),
        ("AR", "12 CFR 1006.6(b)(2)"),
    ],
)
def test_after_a_wish_or_an_attorney_the_next_task_of_hers_is_blocked(
    project: Project, name: str, cite: str
) -> None:
    task = taken(project, call(key="next"))
    project.app.worklist.done(task.attempt, told(name))
    project.clock.advance(timedelta(days=8))
    _, [answer] = project.app.worklist.next("a")
    assert Answered.BLOCKED is answer.answered
    assert cite == answer.cites[0][: len(cite)]


def test_an_oral_wish_for_no_more_calls_bars_no_letter(project: Project) -> None:
    """Only a written notice is a cessation (1006.6(c)); said on the telephone it is about the telephone."""
    task = taken(project)
    project.app.worklist.done(task.attempt, told("CEASE"))
    [answer] = project.send(letter())
    assert Answered.SENT is answer.answered


def test_an_oral_dispute_is_noted_and_stops_nothing_by_itself(project: Project) -> None:
    """12 CFR 1006.38(d)(2) is about a dispute in writing; the quiet days of the talk hold all the same."""
    task = taken(project, call(key="next"))
    project.app.worklist.done(task.attempt, told("DA"))
    project.clock.advance(timedelta(days=7))
    again, _ = project.app.worklist.next("a")
    assert again is not None
    assert "dispute" in project.kinds("p1")
