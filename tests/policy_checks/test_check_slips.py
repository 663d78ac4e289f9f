"""What a check could overlook: one behind another that does not count, the very instant, a fact shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from checkcases import (
    LANDLINE,
    MAIL,
    MOBILE,
    NEIGHBOR,
    OTHER,
    ask,
    asked,
    call,
    case,
    consumer,
    event,
    utc,
    when,
)

from outreach.domain import Debt, EndpointKind, Event, History, Phone, Verdict
from outreach.policy.checks.related_persons import out_of_contact

AT = "2026-05-12T10:00:00-04:00"
JUST_AFTER = "2026-05-12T10:00:00.000001-04:00"
BEFORE = "2026-05-04T10:00:00-04:00"
LATER = "2026-05-06T10:00:00-04:00"
YESTERDAY = "2026-05-11T10:00:00-04:00"
TWO_DEBTS = consumer([Debt("d1"), Debt("d2")])

COOLING = "us.regf.call-after-conversation"
FREQUENCY = "us.regf.call-frequency"
TIMES = "us.regf.inconvenient-time"
SPOKEN_FIRST = "us.regf.initial-disclosure-spoken"
SPOKEN_LATER = "us.regf.later-disclosure-spoken"


def sent(at: str, channel: str = "sms", to: str = MOBILE, **fields: Any) -> Event:
    return event(
        at, "attempt", **{"channel": channel, "to": to, "outcome": "sent", "debts": ["d1"], **fields}
    )


# ---- one that does not count hides none that does ----------------------------------------------------


@pytest.mark.parametrize("consented", ["d1", "d2"])
def test_a_call_asked_for_about_one_debt_is_not_asked_for_about_the_other(consented: str) -> None:
    """12 CFR 1006.14(b)(2)(i)(B) is by particular debt, and so is the consent of (b)(3)(i)."""
    talk = call(YESTERDAY, "conversation", debts=["d1", "d2"])
    consent = event("2026-05-11T11:00:00-04:00", "consent", scope="call", debts=[consented])
    found = ask(COOLING, case(AT, who=TWO_DEBTS, history=[talk, consent]))
    assert (Verdict.HOLD, utc("2026-05-18T00:00:00-04:00")) == (found.verdict, found.until)
    (other,) = {"d1", "d2"} - {consented}
    assert [other] == found.facts["debts"]
    alone = ask(COOLING, case(AT, who=TWO_DEBTS, debts=[consented], history=[talk, consent]))
    assert (Verdict.ALLOW, "asked-to-call-again") == (alone.verdict, alone.lifted)


def test_a_call_about_no_debt_is_quiet_after_a_talk_about_any() -> None:
    found = ask(COOLING, case(AT, debts=[], history=[call(YESTERDAY, "conversation")]))
    assert (Verdict.HOLD, utc("2026-05-18T00:00:00-04:00")) == (found.verdict, found.until)
    assert [] == found.facts["debts"]


@pytest.mark.parametrize(
    "since",
    [
        call(LATER),
        call(LATER, "limited_content_message"),
        call(LATER, "conversation", NEIGHBOR),
        sent(LATER, purpose="opt_out_confirmation"),
    ],
)
def test_what_told_her_nothing_hides_no_communication_before_it(since: Event) -> None:
    """12 CFR 1006.18(e)(1) and (2); 1006.2(d): a later call in vain makes nothing the first again."""
    about = case(AT, body="You owe a debt.", history=[call(BEFORE, "conversation"), since])
    assert Verdict.NOT_APPLICABLE is ask(SPOKEN_FIRST, about).verdict
    assert Verdict.NOT_APPLICABLE is not ask(SPOKEN_LATER, about).verdict
    none = case(AT, body="You owe a debt.", history=[since])
    assert Verdict.NOT_APPLICABLE is not ask(SPOKEN_FIRST, none).verdict
    assert Verdict.NOT_APPLICABLE is ask(SPOKEN_LATER, none).verdict


# ---- whose it was ------------------------------------------------------------------------------------


def test_a_consent_to_any_use_of_her_address_is_one_to_email() -> None:
    """12 CFR 1006.6(d)(4)(i)(B)."""
    consent = event(BEFORE, "consent", scope="any", to=MAIL)
    found = ask("us.regf.email-procedure", case(AT, "email", history=[consent]))
    assert (Verdict.ALLOW, "consented to") == (found.verdict, found.facts["route"])
    back = event(LATER, "consent_withdrawn", scope="any")
    found = ask("us.regf.email-procedure", case(AT, "email", history=[consent, back]))
    assert Verdict.BLOCK is found.verdict


@pytest.mark.parametrize(
    ("stop", "verdict"),
    [
        ({"to": MOBILE}, Verdict.BLOCK),
        ({"to": LANDLINE}, Verdict.ALLOW),
        ({"channel": "sms"}, Verdict.ALLOW),
    ],
)
def test_a_request_about_an_address_holds_whoever_of_the_household_made_it(
    stop: dict[str, str], verdict: Verdict
) -> None:
    """Comment 14(h)(1)-2: one about a medium alone is that person's own."""
    history = [event(BEFORE, "opt_out", person="p2", **stop)]
    assert verdict is ask("us.regf.medium-refused", case(AT, "sms", history=history)).verdict


def test_a_notice_about_another_debt_is_none_about_this_one() -> None:
    rule = {"notice": ["validation_notice"], "by": ["letter"], "wait": 2, "channels": ["call"]}
    notice = event(BEFORE, "validation_notice", debts=["d1"], channel="letter")

    def verdict(debt: str) -> Verdict:
        return asked("notice_first", case(AT, who=TWO_DEBTS, debts=[debt], history=[notice]), **rule).verdict

    assert Verdict.ALLOW is verdict("d1")
    assert Verdict.BLOCK is verdict("d2")


def test_no_number_of_any_debt_of_hers_is_shown_whatever_the_message_is_about() -> None:
    who = consumer([Debt("d1"), Debt("d2", account_number="AB-1234567")])
    about = case(AT, "letter", body="Your account AB-1234567", who=who, debts=["d1"])
    assert Verdict.BLOCK is ask("house.personal-data", about).verdict


LIMIT = {"at_most": 1, "within": 7, "unit": "days", "per": ["person"], "channels": ["call", "sms"]}
ANSWERED: dict[str, dict[str, Any]] = {"answered-request": {}}


@pytest.mark.parametrize(("from_", "verdict"), [(MOBILE, Verdict.ALLOW), (NEIGHBOR, Verdict.HOLD)])
def test_an_answer_to_her_answers_no_message_of_somebody_else(from_: str, verdict: Verdict) -> None:
    message = event(BEFORE, "inbound", channel="sms", from_=from_)
    about = case("2026-05-07T10:00:00-04:00", history=[message, sent(LATER, purpose="respond")])
    assert verdict is asked("frequency", about, ANSWERED, **LIMIT).verdict


def test_two_messages_of_one_instant_are_two() -> None:
    messages = [event(BEFORE, "inbound", channel="sms", from_=MOBILE, text=text) for text in ("one", "two")]
    answers = [sent(LATER, purpose="respond", debts=debts) for debts in (["d1"], [])]
    about = case("2026-05-07T10:00:00-04:00", history=[*messages, *answers])
    found = asked("frequency", about, ANSWERED, **LIMIT)
    assert (Verdict.ALLOW, {"answered-request": 2}) == (found.verdict, found.facts["not_counted"])


def test_a_talk_that_another_owner_of_the_number_had_counts_where_numbers_are_counted() -> None:
    talks = {**LIMIT, "per": ["endpoint"], "what": "conversations", "channels": ["call"]}
    shared = History([call(LATER, "conversation")])
    assert Verdict.HOLD is asked("frequency", case(AT, shared=shared), **talks).verdict
    assert Verdict.ALLOW is asked("frequency", case(AT, to=LANDLINE, shared=shared), **talks).verdict


# ---- what does not count is not in the count shown ---------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "result", "counted"),
    [
        ("wrong_number", "", 0),
        ("reassigned_check", "reassigned", 0),
        ("reassigned_check", "not_reassigned", 1),
    ],
)
def test_calls_to_a_number_found_not_to_be_hers_are_shown_as_not_counted(
    kind: str, result: str, counted: int
) -> None:
    """Comment 14(b)(2)(i)-3."""
    history = [call(LATER), event(YESTERDAY, kind, to=MOBILE, result=result)]
    found = ask(FREQUENCY, case(AT, to=LANDLINE, history=history))
    shown = {} if counted else {"misdirected": 1}
    assert (Verdict.ALLOW, counted, shown) == (
        found.verdict,
        found.facts["counted"],
        found.facts.get("not_counted", {}),
    )


def test_a_call_asked_for_is_shown_as_not_counted() -> None:
    """12 CFR 1006.14(b)(3)(i)."""
    asked_for = event("2026-05-10T10:00:00-04:00", "consent", scope="call", to=MOBILE)
    found = ask(FREQUENCY, case(AT, to=LANDLINE, history=[asked_for, call(YESTERDAY)]))
    assert (Verdict.ALLOW, 0, {"asked-to-call-again": 1}) == (
        found.verdict,
        found.facts["counted"],
        found.facts["not_counted"],
    )


def test_a_text_is_no_call_where_calls_are_counted_debt_by_debt() -> None:
    """12 CFR 1006.14(b)(2)(i)(A) counts telephone calls."""
    calls = [call(f"2026-05-{day:02}T09:00:00-04:00") for day in range(7, 12)]
    found = ask(FREQUENCY, case(AT, who=TWO_DEBTS, debts=["d1"], history=[*calls, sent(YESTERDAY)]))
    assert (len(calls), ["d1"]) == (found.facts["counted"], found.facts["debts"])


def test_a_call_about_no_debt_is_counted_with_those_about_any() -> None:
    calls = [call(f"2026-05-{day:02}T09:00:00-04:00") for day in range(6, 13)]
    found = ask(FREQUENCY, case(AT, debts=[], history=calls))
    assert (Verdict.HOLD, utc("2026-05-13T00:00:00-04:00"), 7) == (
        found.verdict,
        found.until,
        found.facts["counted"],
    )
    assert "debts" not in found.facts


def test_a_hold_for_unknown_history_shows_what_is_known() -> None:
    known_since = when(YESTERDAY)
    found = ask(FREQUENCY, case(AT, history=[call("2026-05-12T09:00:00-04:00")], known_since=known_since))
    assert (Verdict.HOLD, 1, known_since.isoformat()) == (
        found.verdict,
        found.facts["counted"],
        found.facts["known_since"],
    )


# ---- the very instant --------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "verdict"), [(AT, Verdict.ALLOW), (JUST_AFTER, Verdict.BLOCK)])
def test_a_dispute_is_answered_from_the_instant_in_which_the_answer_was_sent(
    at: str, verdict: Verdict
) -> None:
    dispute = event(BEFORE, "dispute", channel="letter", debts=["d1"])
    for answer in (
        sent(at, "letter", "home", purpose="respond"),
        event(at, "dispute_answered", debts=["d1"]),
    ):
        assert verdict is ask("us.regf.dispute", case(AT, history=[dispute, answer])).verdict


@pytest.mark.parametrize(("at", "verdict"), [(AT, Verdict.BLOCK), (JUST_AFTER, Verdict.ALLOW)])
def test_an_attorney_stands_between_us_from_the_instant_we_know(at: str, verdict: Verdict) -> None:
    """12 CFR 1006.6(b)(2)."""
    history = [event(at, "attorney", debts=["d1"])]
    assert verdict is ask("us.regf.attorney", case(AT, history=history)).verdict


@pytest.mark.parametrize(("at", "verdict"), [(AT, Verdict.HOLD), (JUST_AFTER, Verdict.ALLOW)])
def test_a_time_is_inconvenient_from_the_instant_it_was_said(at: str, verdict: Verdict) -> None:
    """12 CFR 1006.6(b)(1)(i)."""
    word = event(at, "inconvenient", days=["tue"], from_="09:00", to="12:00")
    assert verdict is ask(TIMES, case(AT, history=[word])).verdict


@pytest.mark.parametrize(("second", "out"), [(AT, True), (JUST_AFTER, False)])
def test_a_call_in_vain_counts_from_its_own_instant(second: str, out: bool) -> None:
    about = case(
        AT,
        history=[call(YESTERDAY), call(second)],
        who=consumer(phones=(Phone(MOBILE, EndpointKind.MOBILE),)),
    )
    assert out is bool(out_of_contact(about, 2))


# ---- what an officer reads, and until when -----------------------------------------------------------

MORNINGS = event(BEFORE, "inconvenient", days=["tue"], from_="09:00", to="12:00")


def test_a_reply_at_an_inconvenient_time_is_good_for_the_day_of_the_message() -> None:
    """Comment 6(b)(1)-2."""
    message = event("2026-05-12T09:30:00-04:00", "inbound", channel="sms", from_=MOBILE)
    about = case(AT, "sms", purpose="respond", history=[MORNINGS, message])
    found = ask(TIMES, about)
    assert (Verdict.ALLOW, "reply-once", utc("2026-05-13T00:00:00-04:00")) == (
        found.verdict,
        found.lifted,
        found.until,
    )
    west = replace(about, places=replace(about.places, zones=("America/New_York", "America/Chicago")))
    assert utc("2026-05-13T00:00:00-04:00") == ask(TIMES, west).until
    for listed in ({}, {"channels": ["call"]}):
        bare = asked("inconvenient", about, {"reply-once": listed}, about="times")
        assert (Verdict.HOLD, utc("2026-05-12T12:00:00-04:00")) == (bare.verdict, bare.until)


def test_a_hold_for_what_she_named_as_inconvenient_shows_when_she_said_it_and_by_whose_clock() -> None:
    found = ask(TIMES, case(AT, history=[MORNINGS]))
    assert {"said": when(BEFORE).isoformat(), "zones": ["America/New_York"]} == found.facts


def test_a_wait_after_a_notice_shows_the_notice() -> None:
    rule = {"notice": ["first_notice"], "by": ["letter"], "wait": 2, "channels": ["call"]}
    notice = sent(YESTERDAY, "letter", "home", purpose="first_notice")
    found = asked("notice_first", case(AT, history=[notice]), **rule)
    assert (Verdict.HOLD, {"notice": notice.at.isoformat()}) == (found.verdict, found.facts)
    assert "the notice is not 2 days old" == found.reason


def test_a_second_confirmation_is_refused_with_the_moment_of_the_opt_out() -> None:
    """12 CFR 1006.14(h)(2)(i)."""
    stop = event(BEFORE, "opt_out", channel="sms", to=MOBILE)
    confirmed = sent(LATER, purpose="opt_out_confirmation")
    about = case(AT, "sms", purpose="opt_out_confirmation", history=[stop, confirmed])
    found = ask("us.regf.medium-refused", about)
    assert "this opt-out was confirmed already" == found.reason
    assert {"refused": when(BEFORE).isoformat()} == found.facts


@pytest.mark.parametrize(
    ("clock", "at"),
    [({"from_": "06:00"}, "2026-05-12T06:30:00-04:00"), ({"to": "07:00"}, "2026-05-12T06:30:00-04:00")],
)
def test_a_convenient_time_may_have_one_end(clock: dict[str, str], at: str) -> None:
    found = ask("us.regf.hours", case(at, history=[event(BEFORE, "convenient", **clock)]))
    assert (Verdict.ALLOW, "known-convenient") == (found.verdict, found.lifted)


@pytest.mark.parametrize(
    "beside", [[], [event("2026-03-01T10:00:00-05:00", "wrong_number", to=OTHER)]], ids=len
)
@pytest.mark.parametrize("outcome", ["refused", "not_sent", "opted_out"])
def test_a_call_that_never_left_is_not_counted(outcome: str, beside: list[Event]) -> None:
    """Promise 7. Six calls that rang, and one that did not leave, are six; so they are beside a message."""
    made = [*beside, *(call(f"2026-03-0{day}T10:00:00-05:00") for day in range(2, 8))]
    last, at = "2026-03-07T12:00:00-05:00", "2026-03-08T12:00:00-04:00"
    never, text = call(last, outcome), call(last, "sent", channel="sms")
    assert Verdict.ALLOW is ask("us.regf.call-frequency", case(at, history=[*made, never, text])).verdict
    assert Verdict.HOLD is ask("us.regf.call-frequency", case(at, history=[*made, call(last)])).verdict


def test_calls_to_somebody_else_with_her_number_are_not_hers_where_persons_are_counted() -> None:
    """12 CFR 1006.14(b)(2)(i): calls are counted for a particular person, on both ways of counting."""
    shared = History(call(f"2026-03-0{day}T10:00:00-05:00") for day in range(1, 8))
    wrong = event("2026-02-01T10:00:00-05:00", "wrong_number", to=OTHER)
    for history in ([], [call("2026-03-02T11:00:00-05:00")], [wrong]):
        asked_for = case("2026-03-07T12:00:00-05:00", history=history, shared=shared)
        assert Verdict.ALLOW is ask("us.regf.call-frequency", asked_for).verdict
