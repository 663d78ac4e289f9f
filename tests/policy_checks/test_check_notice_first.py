"""notice_first and barred: what has to come before a contact, and ways that are forbidden outright."""

from __future__ import annotations

from typing import Any

import pytest
from checkcases import (
    LOS_ANGELES,
    MOBILE,
    NEW_YORK,
    case,
    consumer,
    event,
    utc,
)

from outreach.domain import Case, Debt, Event, Finding, Verdict
from outreach.policy.checks.barred import Barred
from outreach.policy.checks.notice_first import NoticeFirst

NOTICE = {
    "notice": frozenset({"first_notice", "validation_notice"}),
    "by": frozenset({"letter", "email"}),
    "wait": 6,
    "channels": frozenset({"call", "email"}),
}


def ask(case: Case, exceptions: dict[str, dict[str, Any]] | None = None, **parameters: Any) -> Finding:
    made = NoticeFirst.Parameters.model_validate({**NOTICE, **parameters}, strict=False)
    return NoticeFirst().judge(case, made, exceptions or {})


def letter(at: str, outcome: str = "sent", **fields: Any) -> Event:
    stated = {"channel": "letter", "to": "home", "debts": ["d1"], "purpose": "first_notice"}
    return event(at, "attempt", **{**stated, "outcome": outcome, **fields})


def test_without_a_notice_nothing_leaves_by_these_ways() -> None:
    found = ask(case("2026-04-07T15:00:00-04:00"))
    assert (Verdict.BLOCK, ["d1"]) == (found.verdict, found.facts["debts"])
    assert Verdict.BLOCK is ask(case("2026-04-07T15:00:00-04:00", "voicemail")).verdict
    assert Verdict.ALLOW is ask(case("2026-04-07T15:00:00-04:00", "letter")).verdict


@pytest.mark.parametrize(
    ("notice", "until", "zones"),
    [
        ("2026-03-17T09:00:00-04:00", "2026-03-24T00:00:00-04:00", (NEW_YORK,)),
        ("2026-03-17T23:59:59-04:00", "2026-03-24T00:00:00-04:00", (NEW_YORK,)),
        ("2026-03-05T09:00:00-05:00", "2026-03-12T00:00:00-04:00", (NEW_YORK,)),  # clocks go forward
        ("2026-10-29T09:00:00-04:00", "2026-11-05T00:00:00-05:00", (NEW_YORK,)),  # and back
        ("2026-03-18T01:00:00-04:00", "2026-03-25T00:00:00-04:00", (NEW_YORK, LOS_ANGELES)),
        ("2026-03-17T09:00:00-04:00", "2026-03-24T00:00:00-07:00", (NEW_YORK, LOS_ANGELES)),
    ],
)
def test_the_days_of_waiting_follow_the_day_of_the_notice(
    notice: str, until: str, zones: tuple[str, ...]
) -> None:
    history = [letter(notice)]
    held = ask(case(utc(notice).replace(hour=20), history=history, zones=zones))
    assert (Verdict.HOLD, utc(until)) == (held.verdict, held.until)
    assert Verdict.ALLOW is ask(case(until, history=history, zones=zones)).verdict


@pytest.mark.parametrize(
    ("notice", "until"),
    [
        ("2026-03-12T09:00:00-04:00", "2026-03-18T00:00:00-04:00"),  # Friday, Monday and Tuesday pass
        ("2026-03-14T09:00:00-04:00", "2026-03-19T00:00:00-04:00"),  # a Saturday
        ("2026-05-21T09:00:00-04:00", "2026-05-28T00:00:00-04:00"),  # Memorial Day is none
    ],
)
def test_business_days_leave_out_the_week_end_and_holidays(notice: str, until: str) -> None:
    asked = case(utc(notice).replace(hour=20), history=[letter(notice)])
    held = ask(asked, wait=3, unit="business_days", holidays={"country": "US"})
    assert (Verdict.HOLD, utc(until)) == (held.verdict, held.until)


def test_nought_days_of_waiting_ask_only_that_the_notice_has_left() -> None:
    history = [letter("2026-03-17T09:00:00-04:00")]
    assert Verdict.ALLOW is ask(case("2026-03-17T09:00:00-04:00", history=history), wait=0).verdict
    assert Verdict.BLOCK is ask(case("2026-03-17T08:59:59-04:00", history=history), wait=0).verdict


@pytest.mark.parametrize("outcome", ["bounced", "open", "unknown", "refused", "not_sent"])
def test_a_notice_that_came_back_or_is_not_known_to_have_left_is_none(outcome: str) -> None:
    history = [letter("2026-03-17T09:00:00-04:00", outcome)]
    assert Verdict.BLOCK is ask(case("2026-04-07T15:00:00-04:00", history=history)).verdict


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": "sms", "to": MOBILE},
        {"purpose": "collect"},
        {"debts": ["other"]},
        {"collector": "another"},
        {"person": "p1"},
    ],
)
def test_another_way_purpose_debt_collector_or_person_is_no_notice(fields: dict[str, Any]) -> None:
    history = [letter("2026-03-17T09:00:00-04:00", **fields)]
    assert Verdict.BLOCK is ask(case("2026-04-07T15:00:00-04:00", history=history)).verdict


def test_a_second_notice_starts_no_new_wait_but_one_after_a_return_does() -> None:
    first, second = letter("2026-03-17T09:00:00-04:00"), letter("2026-03-23T09:00:00-04:00")
    returned = event("2026-03-20T09:00:00-04:00", "validation_notice", debts=["d1"], outcome="bounced")
    at = "2026-03-24T10:00:00-04:00"
    assert Verdict.ALLOW is ask(case(at, history=[first, second])).verdict
    assert Verdict.BLOCK is ask(case(at, history=[first, returned])).verdict
    held = ask(case(at, history=[first, returned, second]))
    assert (Verdict.HOLD, utc("2026-03-30T00:00:00-04:00")) == (held.verdict, held.until)


def test_a_recorded_validation_notice_is_one() -> None:
    history = [event("2026-03-17T09:00:00-04:00", "validation_notice", debts=["d1"])]
    assert Verdict.ALLOW is ask(case("2026-04-07T15:00:00-04:00", history=history)).verdict
    other = ask(case("2026-04-07T15:00:00-04:00", history=history), notice=frozenset({"first_notice"}))
    assert Verdict.BLOCK is other.verdict


def test_each_debt_needs_its_own_and_only_debts_of_the_kinds_named() -> None:
    who = consumer([Debt("d1", kind="medical"), Debt("d2", kind="credit_card")])
    asked = case("2026-04-07T15:00:00-04:00", history=[letter("2026-03-17T09:00:00-04:00")], who=who)
    assert ["d2"] == ask(asked).facts["debts"]
    medical = {"debt_kinds": frozenset({"medical"})}
    assert Verdict.ALLOW is ask(asked, **medical).verdict
    cards = case("2026-04-07T15:00:00-04:00", who=who, debts=["d2"])
    assert Verdict.ALLOW is ask(cards, **medical).verdict


def test_the_notice_itself_never_waits_and_an_answer_only_where_the_rule_says_so() -> None:
    at = "2026-04-07T15:00:00-04:00"
    assert Verdict.ALLOW is ask(case(at, "email", purpose="first_notice")).verdict
    message = event("2026-04-06T10:00:00-04:00", "inbound", channel="email")
    answer = case(at, "email", purpose="respond", history=[message])
    assert Verdict.BLOCK is ask(answer).verdict
    assert "answered-request" == ask(answer, {"answered-request": {}}).lifted


# ---- barred --------------------------------------------------------------------------------------


def bar(case: Case, exceptions: dict[str, dict[str, Any]] | None = None, **parameters: Any) -> Finding:
    made = Barred.Parameters.model_validate({"channels": frozenset({"visit"}), **parameters}, strict=False)
    return Barred().judge(case, made, exceptions or {})


def test_a_barred_way_is_blocked_whatever_the_hour_and_others_are_not() -> None:
    at = "2026-04-07T15:00:00-04:00"
    assert Verdict.BLOCK is bar(case(at, "visit", "home")).verdict
    assert Verdict.ALLOW is bar(case(at)).verdict
    assert Verdict.BLOCK is bar(case(at, "voicemail"), channels=frozenset({"call"})).verdict


def test_only_what_the_rule_lists_lifts_a_bar() -> None:
    at = "2026-04-07T15:00:00-04:00"
    service = case(at, "visit", "home", purpose="legally_required")
    listed = {"required-notice": {"purposes": ["legally_required"]}}
    assert Verdict.BLOCK is bar(service).verdict
    assert (Verdict.ALLOW, "required-notice") == (bar(service, listed).verdict, bar(service, listed).lifted)
    consent = event("2026-04-01T10:00:00-04:00", "consent", scope="any", until="2026-04-07")
    agreed = bar(case(at, "visit", "home", history=[consent]), {"consent": {"scopes": ["any"]}})
    assert ("consent", utc("2026-04-08T00:00:00-04:00")) == (agreed.lifted, agreed.until)
