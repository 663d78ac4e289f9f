"""The very instant, the second of two, the one that does not count: where a check may be off by one."""

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

from outreach.domain import Case, Collector, Debt, Event, History, Verdict

AT = "2026-05-12T10:00:00-04:00"
BEFORE = "2026-05-04T10:00:00-04:00"
LATER = "2026-05-06T10:00:00-04:00"
TWO_DEBTS = consumer([Debt("d1"), Debt("d2")])
FREQUENCY = "us.regf.call-frequency"
COOLING = "us.regf.call-after-conversation"


# ---- calls counted -----------------------------------------------------------------------------------


def test_a_call_in_the_first_instant_of_the_window_is_in_it() -> None:
    calls = [call(f"2026-05-{day:02}T00:00:00-04:00") for day in range(6, 13)]
    found = ask(FREQUENCY, case(AT, history=calls))
    assert (Verdict.HOLD, utc("2026-05-13T00:00:00-04:00")) == (found.verdict, found.until)
    assert 6 == ask(FREQUENCY, case(AT, history=calls[:-1])).facts["counted"]
    early = [call("2026-05-05T23:59:59.999999-04:00"), *calls[1:]]
    assert Verdict.ALLOW is ask(FREQUENCY, case(AT, history=early)).verdict


def test_the_day_from_which_history_is_known_is_told_as_she_counts_days() -> None:
    known_since = when("2026-05-12T02:00:00+00:00")  # the 11th still, where she lives
    found = ask(FREQUENCY, case(AT, known_since=known_since))
    assert "history before 2026-05-11 is not known and counts as full" == found.reason
    hours = {"at_most": 1, "within": 48, "unit": "hours", "per": ["person"], "channels": ["call"]}
    nowhere = asked("frequency", case(AT, zones=(), known_since=known_since), **hours)
    assert "history before 2026-05-12 is not known and counts as full" == nowhere.reason


@pytest.mark.parametrize(
    ("wrong", "verdict"),
    [
        ({"to": MOBILE}, Verdict.ALLOW),
        ({"to": MOBILE, "at": "2026-05-12T10:00:01-04:00"}, Verdict.HOLD),  # not known yet
        ({"to": MOBILE, "person": "p1"}, Verdict.HOLD),  # found to be another's, but not the neighbor's
        ({"to": OTHER}, Verdict.HOLD),
        ({}, Verdict.HOLD),
    ],
)
def test_calls_were_misdirected_once_the_number_is_known_to_be_no_number_of_hers(
    wrong: dict[str, Any], verdict: Verdict
) -> None:
    """Comment 14(b)(2)(i)-3."""
    calls = [call(f"2026-05-{day:02}T09:00:00-04:00") for day in range(6, 13)]
    history = [*calls, event(**{"kind": "wrong_number", "at": AT, **wrong})]
    assert verdict is ask(FREQUENCY, case(AT, to=LANDLINE, history=history)).verdict


AFTER = {
    "at_most": 1,
    "within": 7,
    "unit": "days",
    "per": ["person"],
    "channels": ["call"],
    "after": "conversation",
}


@pytest.mark.parametrize(("from_", "verdict"), [(MOBILE, Verdict.HOLD), (NEIGHBOR, Verdict.ALLOW)])
def test_a_talk_that_somebody_else_began_was_none_with_her(from_: str, verdict: Verdict) -> None:
    talk = event(BEFORE, "inbound", channel="call", from_=from_, conversation=True)
    about = case("2026-05-07T10:00:00-04:00", history=[talk, call(LATER)])
    assert verdict is asked("frequency", about, **AFTER).verdict


# ---- quiet after a talk: 12 CFR 1006.14(b)(2)(i)(B) ----------------------------------------------------

QUIET = {"days": 7, "per": ["person", "debt", "collector"]}
MISDIRECTED: dict[str, dict[str, Any]] = {"misdirected": {"events": ["wrong_number", "reassigned"]}}
TALK = call("2026-05-11T10:00:00-04:00", "conversation", debts=["d2"])


def test_one_of_two_debts_that_was_talked_about_is_enough() -> None:
    held = asked("cooling_off", case(AT, who=TWO_DEBTS, history=[TALK]), **QUIET)
    assert (Verdict.HOLD, utc("2026-05-18T00:00:00-04:00")) == (held.verdict, held.until)
    assert {"days": 7, "conversation": "2026-05-11T14:00:00+00:00", "debts": ["d2"]} == {
        **held.facts,
        "conversation": when(held.facts["conversation"]).astimezone(utc(AT).tzinfo).isoformat(),
    }
    assert "the debt was talked about; 7 days of quiet follow" == held.reason
    first = call("2026-05-10T10:00:00-04:00", "conversation", debts=["d1"])
    both = asked("cooling_off", case(AT, who=TWO_DEBTS, history=[first, TALK]), **QUIET)
    assert (utc("2026-05-18T00:00:00-04:00"), ["d2"]) == (both.until, both.facts["debts"])
    other = asked("cooling_off", case(AT, who=TWO_DEBTS, debts=["d1"], history=[TALK]), **QUIET)
    assert Verdict.ALLOW is other.verdict


def test_quiet_that_is_over_for_one_debt_ends_none_of_the_next() -> None:
    over = call("2026-05-05T23:30:00-04:00", "conversation", debts=["d1"])
    for debts in (["d1", "d2"], ["d2", "d1"]):
        history = [
            replace(over, fields={**over.fields, "debts": debts[:1]}),
            call(LATER, "conversation", debts=debts[1:]),
        ]
        held = asked("cooling_off", case(AT, who=TWO_DEBTS, history=history), **QUIET)
        assert (utc("2026-05-13T00:00:00-04:00"), debts[1:]) == (held.until, held.facts["debts"])


def test_debts_under_one_account_are_quiet_together_where_the_rule_says_so() -> None:
    who = consumer([Debt("d1", servicing_account="a"), Debt("d2", servicing_account="a")])
    about = case(AT, who=who, debts=["d1"], history=[TALK])
    assert Verdict.ALLOW is asked("cooling_off", about, **QUIET).verdict
    by_account = {"days": 7, "per": ["person", "account_group"]}
    assert Verdict.HOLD is asked("cooling_off", about, **by_account).verdict
    other = replace(who, debts=(*who.debts, Debt("d3", servicing_account="b")))
    assert (
        Verdict.ALLOW
        is asked("cooling_off", case(AT, who=other, debts=["d3"], history=[TALK]), **by_account).verdict
    )


@pytest.mark.parametrize(
    ("collector", "per", "verdict"),
    [
        ("", ["person", "collector"], Verdict.HOLD),
        ("we", ["person", "collector"], Verdict.HOLD),
        ("another", ["person", "collector"], Verdict.ALLOW),
        ("another", ["person"], Verdict.HOLD),
        ("we", ["person"], Verdict.HOLD),
    ],
)
def test_a_talk_with_another_collector_counts_where_the_rule_does_not_part_them(
    collector: str, per: list[str], verdict: Verdict
) -> None:
    talk = call("2026-05-11T10:00:00-04:00", "conversation", collector=collector)
    about = case(AT, history=[talk], collector=Collector("we"))
    assert verdict is asked("cooling_off", about, days=7, per=per).verdict


def test_a_talk_on_a_number_found_wrong_was_none_with_her_where_the_rule_says_so() -> None:
    talk = call("2026-05-11T10:00:00-04:00", "conversation")
    about = case(AT, to=OTHER, history=[talk, event(AT, "wrong_number", to=MOBILE)])
    assert Verdict.HOLD is asked("cooling_off", about, **QUIET).verdict
    assert Verdict.ALLOW is asked("cooling_off", about, MISDIRECTED, **QUIET).verdict
    later = case(AT, to=OTHER, history=[talk, event("2026-05-10T10:00:00-04:00", "wrong_number", to=MOBILE)])
    assert Verdict.HOLD is asked("cooling_off", later, MISDIRECTED, **QUIET).verdict


def test_quiet_that_comes_of_unknown_history_says_so() -> None:
    found = ask(COOLING, case(AT, known_since=when("2026-05-11T10:00:00-04:00")))
    assert "earlier history is not known; 7 days of quiet follow" == found.reason
    assert (utc("2026-05-18T00:00:00-04:00"), None) == (found.until, found.facts["conversation"])


def test_a_call_asked_for_in_the_quiet_days_names_what_lifts_them() -> None:
    consent = event("2026-05-11T11:00:00-04:00", "consent", scope="call")
    found = ask(COOLING, case(AT, history=[call("2026-05-11T10:00:00-04:00", "conversation"), consent]))
    assert (Verdict.ALLOW, "asked-to-call-again") == (found.verdict, found.lifted)


# ---- asked for, agreed to ----------------------------------------------------------------------------

LIMIT = {"at_most": 1, "within": 7, "unit": "days", "per": ["person"], "channels": ["call", "sms", "email"]}
AGREED: dict[str, dict[str, Any]] = {"consent": {"scopes": ["sms", "any"]}}
ANSWERED: dict[str, dict[str, Any]] = {"answered-request": {}}


def sent(at: str, channel: str = "sms", to: str = MOBILE, **fields: Any) -> Event:
    return event(
        at, "attempt", **{"channel": channel, "to": to, "outcome": "sent", "debts": ["d1"], **fields}
    )


def not_counted(past: Event, now: Case, *history: Event) -> bool:
    found = asked("frequency", replace(now, history=History([*history, past])), AGREED, **LIMIT)
    assert (Verdict.ALLOW if "not_counted" in found.facts else Verdict.HOLD) is found.verdict
    return "not_counted" in found.facts


def test_a_past_attempt_is_judged_by_the_consent_for_what_it_was() -> None:
    """Not for what the contact now asked about is."""
    texts = event(BEFORE, "consent", scope="sms")
    now = case(AT, "email", who=TWO_DEBTS)
    assert not_counted(sent(LATER), now, texts)
    assert not not_counted(sent(LATER, "email", MAIL), case(AT, "email"), texts)
    assert not not_counted(call(LATER), case(AT), texts)
    one_number = event(BEFORE, "consent", scope="sms", to=MOBILE)
    assert not not_counted(sent(LATER, to=OTHER), now, one_number)
    one_debt = event(BEFORE, "consent", scope="sms", debts=["d1"])
    assert not_counted(sent(LATER), now, one_debt)
    assert not not_counted(sent(LATER, debts=["d2"]), now, one_debt)
    assert not not_counted(sent(LATER, debts=[]), now, one_debt)  # about all, and so about d2
    ended = event(BEFORE, "consent", scope="sms", until="2026-05-05")
    assert not not_counted(sent(LATER), now, ended)
    assert not_counted(sent("2026-05-05T23:59:59-04:00"), case("2026-05-06T10:00:00-04:00", "email"), ended)


def test_a_past_attempt_to_another_is_not_covered_by_her_consent() -> None:
    texts = event(BEFORE, "consent", scope="sms")
    about = case(AT, "email", history=[texts, sent(LATER, to=NEIGHBOR, person="p1")])
    found = asked("frequency", about, AGREED, **{**LIMIT, "per": ["debt"]})
    assert Verdict.HOLD is found.verdict


def test_of_two_consents_either_may_cover_the_moment() -> None:
    over = event(BEFORE, "consent", scope="sms", until="2026-05-05")
    standing = event(LATER, "consent", scope="sms", until="2026-05-20")
    for first, second in (
        (over, standing),
        (replace(standing, at=when(BEFORE)), replace(over, at=when(LATER))),
    ):
        about = case(AT, "sms", history=[first, second, sent("2026-05-11T10:00:00-04:00", "email", MAIL)])
        found = asked("frequency", about, AGREED, **LIMIT)
        assert ("the person agreed to it", "consent") == (found.reason, found.lifted)


def test_a_consent_taken_back_hides_none_given_anew() -> None:
    history = [
        event(BEFORE, "consent", scope="sms"),
        event(LATER, "consent_withdrawn", scope="sms"),
        event("2026-05-07T10:00:00-04:00", "consent", scope="sms"),
        sent("2026-05-11T10:00:00-04:00", "email", MAIL),
    ]
    assert "consent" == asked("frequency", case(AT, "sms", history=history), AGREED, **LIMIT).lifted
    assert (
        Verdict.HOLD
        is asked("frequency", case(AT, "sms", history=[*history[:2], history[3]]), AGREED, **LIMIT).verdict
    )


def test_two_messages_take_two_answers_out_of_the_count_and_what_is_to_come_takes_none() -> None:
    messages = [
        event(f"2026-05-06T0{hour}:00:00-04:00", "inbound", channel="sms", from_=MOBILE) for hour in (8, 9)
    ]
    answers = [sent(f"2026-05-06T1{hour}:00:00-04:00", purpose="respond") for hour in (0, 1)]
    later = event("2026-05-13T08:00:00-04:00", "inbound", channel="sms", from_=MOBILE)
    found = asked("frequency", case(AT, history=[*messages, *answers, later]), ANSWERED, **LIMIT)
    assert (Verdict.ALLOW, {"answered-request": 2}) == (found.verdict, found.facts["not_counted"])


# ---- pauses between attempts -------------------------------------------------------------------------

PAUSE = {"at_least": 60, "unit": "minutes", "channels": ["call"], "per": ["person"]}


def test_a_voicemail_is_a_call_between_which_and_the_next_a_pause_is_due() -> None:
    left = call("2026-05-12T09:30:00-04:00", "voicemail", channel="voicemail")
    assert utc("2026-05-12T10:30:00-04:00") == asked("spacing", case(AT, history=[left]), **PAUSE).until
    texts = {**PAUSE, "channels": ["sms"]}
    assert Verdict.ALLOW is asked("spacing", case(AT, "sms", history=[left]), **texts).verdict


def test_the_pause_runs_from_the_very_instant_and_to_the_very_instant() -> None:
    assert utc("2026-05-12T11:00:00-04:00") == asked("spacing", case(AT, history=[call(AT)]), **PAUSE).until
    over = call("2026-05-12T09:00:00-04:00")
    assert Verdict.ALLOW is asked("spacing", case(AT, history=[over]), **PAUSE).verdict
    to_come = call("2026-05-12T10:00:01-04:00")
    assert Verdict.ALLOW is asked("spacing", case(AT, history=[to_come]), **PAUSE).verdict


def test_a_call_that_did_not_connect_hides_none_before_it() -> None:
    busy = {"not-connected": {"results": ["busy"]}}
    rang, engaged = call("2026-05-12T09:30:00-04:00"), call("2026-05-12T09:50:00-04:00", "busy")
    found = asked("spacing", case(AT, history=[rang, engaged]), busy, **PAUSE)
    assert utc("2026-05-12T10:30:00-04:00") == found.until
    assert {"at_least": "60 minutes", "latest": rang.at.isoformat()} == found.facts
    alone = asked("spacing", case(AT, history=[engaged]), busy, **PAUSE)
    assert (Verdict.ALLOW, {"not-connected": 1}) == (alone.verdict, alone.facts["not_counted"])


def test_only_her_own_calls_and_those_of_the_number_keep_the_pause() -> None:
    neighbor = call("2026-05-12T09:30:00-04:00", to=NEIGHBOR)
    assert Verdict.ALLOW is asked("spacing", case(AT, history=[neighbor]), **PAUSE).verdict
    number = {**PAUSE, "per": ["endpoint"]}
    elsewhere = [call("2026-05-12T09:30:00-04:00"), call("2026-05-12T09:50:00-04:00", to=OTHER)]
    assert utc("2026-05-12T10:30:00-04:00") == asked("spacing", case(AT, history=elsewhere), **number).until
    first, last = [call("2026-05-12T09:30:00-04:00")], [call("2026-05-12T09:40:00-04:00")]
    for hers, others in ((first, last), (last, first)):
        found = asked("spacing", case(AT, history=hers, shared=History(others)), **number)
        assert utc("2026-05-12T10:40:00-04:00") == found.until


def test_unknown_history_and_a_known_call_keep_the_later_of_their_pauses() -> None:
    for known, since in (("09:30", "09:20"), ("09:20", "09:30")):
        about = case(
            AT,
            history=[call(f"2026-05-12T{known}:00-04:00")],
            known_since=when(f"2026-05-12T{since}:00-04:00"),
        )
        assert utc("2026-05-12T10:30:00-04:00") == asked("spacing", about, **PAUSE).until


# ---- notices, disputes, wishes -----------------------------------------------------------------------


def test_with_no_debt_known_a_notice_about_any_is_the_notice() -> None:
    first = event(
        BEFORE, "attempt", channel="letter", to="home", debts=["d1"], purpose="first_notice", outcome="sent"
    )
    about = case(AT, who=consumer([]), history=[first])
    limit = {"notice": ["first_notice"], "by": ["letter"], "wait": 0, "channels": ["call"]}
    found = asked("notice_first", about, **limit)
    assert (Verdict.ALLOW, first.at.isoformat()) == (found.verdict, found.facts["notice"])
    waited = asked("notice_first", about, **{**limit, "wait": 2})
    assert (Verdict.ALLOW, first.at.isoformat()) == (waited.verdict, waited.facts["notice"])


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2026-03-02T09:59:59-05:00", Verdict.ALLOW),
        ("2026-03-02T10:00:00-05:00", Verdict.BLOCK),
        ("2026-04-08T23:59:59-04:00", Verdict.BLOCK),
        ("2026-04-09T00:00:00-04:00", Verdict.ALLOW),
    ],
)
def test_what_stands_against_a_dispute_is_barred_while_she_may_dispute(at: str, verdict: Verdict) -> None:
    """12 CFR 1006.38(b)(1): from the notice until thirty days after the fifth business day."""
    notice = event("2026-03-02T10:00:00-05:00", "validation_notice", debts=["d1"])
    body = "It is too late to dispute this debt."
    found = ask("us.regf.overshadowing", case(at, "letter", body=body, who=TWO_DEBTS, history=[notice]))
    assert verdict is found.verdict
    if verdict is Verdict.BLOCK:
        shown = {"phrase": "too late to dispute", "period_ends": "2026-04-09T04:00:00+00:00"}
        assert shown == found.facts
    other = case(at, "letter", body=body, who=TWO_DEBTS, debts=["d2"], history=[notice])
    assert Verdict.ALLOW is ask("us.regf.overshadowing", other).verdict


def test_the_earliest_open_dispute_is_shown_and_said_by_its_name() -> None:
    second = event(LATER, "dispute", channel="letter", debts=["d1"])
    first = event(BEFORE, "original_creditor_request", channel="letter", debts=["d2"])
    found = ask("us.regf.dispute", case(AT, who=TWO_DEBTS, history=[first, second]))
    assert (["d1", "d2"], first.at.isoformat()) == (found.facts["debts"], found.facts["since"])
    assert (
        "the person asked for the original creditor of this debt in writing, and has no answer yet"
        == found.reason
    )
    alone = ask("us.regf.dispute", case(AT, who=TWO_DEBTS, history=[second]))
    assert "the person disputed this debt in writing, and has no answer yet" == alone.reason


def test_a_confirmation_in_the_very_instant_of_the_opt_out_is_the_one() -> None:
    stop = event(BEFORE, "opt_out", channel="sms", to=MOBILE)
    confirmed = sent(BEFORE, purpose="opt_out_confirmation")
    about = case(AT, "sms", purpose="opt_out_confirmation", history=[stop, confirmed])
    assert Verdict.BLOCK is ask("us.regf.medium-refused", about).verdict


def test_a_wish_said_in_a_call_is_oral() -> None:
    """An employer's ban that was said, its form not told: by the channel it came by."""
    for channel, verdict in (("call", Verdict.HOLD), ("voicemail", Verdict.HOLD), ("letter", Verdict.BLOCK)):
        wish = event(LATER, "employer_prohibits", channel=channel)
        about = case(AT, to="+16145550177", history=[wish])
        assert verdict is asked("workplace", about, about="place", oral_days=10).verdict


# ---- on the envelope: 12 CFR 1006.22(f)(2) -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Ana Marlow", Verdict.ALLOW),
        ("ANA  MARLOW", Verdict.ALLOW),
        ("Ben Marlow", Verdict.BLOCK),
        ("12 Elm Street", Verdict.ALLOW),
        ("Elm Street", Verdict.BLOCK),
        ("Columbus OH 43215", Verdict.ALLOW),
        ("PO Box 7", Verdict.ALLOW),
        ("Call us today", Verdict.BLOCK),
    ],
)
def test_an_envelope_bears_names_and_lines_of_addresses(text: str, verdict: Verdict) -> None:
    about = case(AT, "letter", who=consumer(name="Ana Marlow"), contact={"envelope": ("Meadow LLC", text)})
    found = ask("us.regf.envelope", about)
    assert verdict is found.verdict
    assert {} == found.facts if verdict is Verdict.ALLOW else {"text": 2} == found.facts


def test_a_postcard_is_refused_with_its_reason() -> None:
    found = ask("us.regf.envelope", case(AT, "letter", contact={"form": "postcard"}))
    assert (Verdict.BLOCK, "a postcard lets others read it") == (found.verdict, found.reason)


# ---- personal data -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("Account AB-1234", Verdict.ALLOW),  # ends before the number does
        ("Account AB1234567x AB-1234", Verdict.ALLOW),  # the same after one that is longer
        ("AB-1234 AB1234567", Verdict.BLOCK),
        ("Account AB-123456-7", Verdict.BLOCK),
        ("Account AB-123456-78", Verdict.ALLOW),
        ("Broken \ud800 sign, account AB-1234567", Verdict.BLOCK),
        ("Broken \ud800 sign", Verdict.ALLOW),
    ],
)
def test_a_number_is_found_at_the_end_of_the_words_and_not_half(body: str, verdict: Verdict) -> None:
    who = consumer([Debt("d1", account_number="AB-1234567")])
    assert verdict is ask("house.personal-data", case(AT, "letter", body=body, who=who)).verdict


def test_who_has_no_number_on_file_is_looked_for_with_none() -> None:
    assert Verdict.ALLOW is ask("house.personal-data", case(AT, "letter", body="Hello", to=LANDLINE)).verdict
