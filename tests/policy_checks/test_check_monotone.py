"""Promise 10, rule by rule: what a check says can only restrict it never turns no into yes.

The properties are made from each check's own ``restricts`` and ``lifts``. Two named single-use lifts
stand apart, as the promise says: the confirmation of an opt-out, and one reply to a message.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from checkcases import (
    LANDLINE,
    LOS_ANGELES,
    MAIL,
    MOBILE,
    NEIGHBOR,
    NEW_YORK,
    OTHER,
    WORK,
    WORK_MAIL,
    case,
    checks,
    consumer,
    shipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain import EVENT_FIELDS, Case, Debt, Event, Finding

START = datetime(2026, 3, 2, tzinfo=UTC)
MOMENTS = st.integers(0, 10 * 24 * 2).map(lambda number: START + timedelta(minutes=30 * number))
ADDRESSES = st.sampled_from([MOBILE, OTHER, LANDLINE, WORK, NEIGHBOR, MAIL, WORK_MAIL])
DEBTS = st.just([]) | st.sampled_from([["d1"], ["d2"], ["d1", "d2"]])
CLOCKS = st.sampled_from(["08:00", "12:00", "15:00", "21:00", "22:00"])
DAYS = st.sampled_from([["mon"], ["sat", "sun"], ["tue", "thu"]])
DATES = st.integers(0, 14).map(lambda number: (START.date() + timedelta(days=number)).isoformat())


def maybe(field: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.just({}) | values.map(lambda value: {field: value})


def some(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(
        lambda found: {name: value for part in found for name, value in part.items()}
    )


CALL_RESULTS = st.sampled_from(
    [
        "no_answer",
        "no_answer",
        "voicemail",
        "conversation",
        "busy",
        "unknown",
        "open",
        "limited_content_message",
    ]
)
# A call about several debts that was unanswered is booked when it is closed; only then is it *counted*.
ATTEMPTS = st.one_of(
    some(
        st.just({"channel": "call"}),
        ADDRESSES.filter(lambda to: to.startswith("+")).map(lambda to: {"to": to}),
        st.sampled_from(["d1", "d2"]).map(lambda debt: {"debts": [debt]}),
        CALL_RESULTS.map(lambda result: {"outcome": result}),
        maybe("purpose", st.sampled_from(["collect", "location"])),
    ),
    some(
        st.just({"channel": "call", "to": MOBILE, "debts": ["d1", "d2"], "outcome": "no_answer"}),
        st.sampled_from(["d1", "d2"]).map(lambda debt: {"counted_to": [debt]}),
    ),
    some(
        st.sampled_from(["sms", "email", "letter"]).map(lambda channel: {"channel": channel}),
        ADDRESSES.map(lambda to: {"to": to}),
        st.just({"outcome": "sent"}),
    ),
)
SPAN = some(
    maybe("days", DAYS),
    maybe("until", DATES),
    st.just({}) | st.tuples(CLOCKS, CLOCKS).map(lambda two: {"from": two[0], "to": two[1]}),
)
FIELDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "attempt": ATTEMPTS,
    "inbound": some(
        st.sampled_from(["call", "sms", "email"]).map(lambda channel: {"channel": channel}),
        st.sampled_from([MOBILE, MAIL]).map(lambda address: {"from": address}),
        maybe("conversation", st.just(True)),
        maybe("debts", DEBTS),
    ),
    "consent": some(
        st.sampled_from(["call", "sms", "email", "any"]).map(lambda scope: {"scope": scope}),
        maybe("to", ADDRESSES),
        maybe("debts", DEBTS),
        maybe("until", DATES),
        maybe("given_to", st.sampled_from(["collector", "creditor"])),
    ),
    "consent_withdrawn": some(
        maybe("scope", st.sampled_from(["call", "any", "sms"])), maybe("to", ADDRESSES), maybe("debts", DEBTS)
    ),
    "opt_out": st.one_of(
        some(
            st.sampled_from(["call", "sms", "email", "letter"]).map(lambda channel: {"channel": channel}),
            maybe("to", ADDRESSES),
        ),
        ADDRESSES.map(lambda to: {"to": to}),
    ),
    "cease": maybe("debts", DEBTS),
    "inconvenient": some(SPAN, maybe("place", st.sampled_from(["home", "work"]))),
    "convenient": some(SPAN, maybe("place", st.sampled_from(["home", "work"]))),
    "attorney": some(maybe("debts", DEBTS), maybe("name_known", st.booleans())),
    "attorney_released": maybe("debts", DEBTS),
    "attorney_unresponsive": maybe("debts", DEBTS),
    "attorney_consents": maybe("debts", DEBTS),
    "employer_prohibits": st.just({}),
    "employer_provided": ADDRESSES.map(lambda to: {"to": to}),
    "wrong_number": ADDRESSES.map(lambda to: {"to": to}),
    "reassigned_check": some(
        ADDRESSES.map(lambda to: {"to": to}),
        st.sampled_from(["reassigned", "not_reassigned"]).map(lambda result: {"result": result}),
    ),
    "disclosure_led": ADDRESSES.map(lambda to: {"to": to}),
    "prior_collector_used": some(ADDRESSES.map(lambda to: {"to": to}), maybe("immediate", st.booleans())),
    "callback_requested": st.just({"person": "p1"}),
    "breathing_space": maybe("until", DATES),
    "deceased": st.just({}),
    "bankrupt": some(maybe("debts", DEBTS), maybe("until", DATES)),
    "opt_in": some(maybe("channel", st.sampled_from(["call", "sms", "email"])), maybe("to", ADDRESSES)),
    "validation_notice": some(maybe("debts", DEBTS), maybe("outcome", st.just("bounced"))),
    "dispute": some(
        st.sampled_from(["letter", "email", "call"]).map(lambda channel: {"channel": channel}),
        maybe("debts", DEBTS),
    ),
    "dispute_answered": maybe("debts", DEBTS),
    "original_creditor_request": maybe("debts", DEBTS),
    "original_creditor_given": maybe("debts", DEBTS),
    "creditor_notice": some(
        st.just({"to": MAIL}),
        st.sampled_from(["2026-03-05", "2026-05-01"]).map(lambda day: {"opt_out_by": day}),
    ),
    "promise_kept": st.just({"amount": {"minor": 5000, "currency": "USD"}}),
}


def events(*kinds: str) -> st.SearchStrategy[Event]:
    return st.one_of([st.builds(Event, st.just(kind), MOMENTS, FIELDS[kind]) for kind in kinds])


CONTACTS = st.one_of(
    st.tuples(
        st.just("call"),
        st.sampled_from([MOBILE, OTHER, LANDLINE, WORK]),
        st.just("consumer"),
        st.sampled_from(["collect", "respond"]),
    ),
    st.tuples(st.just("call"), st.just(NEIGHBOR), st.just("p1"), st.just("location")),
    st.tuples(st.just("sms"), st.sampled_from([MOBILE, OTHER]), st.just("consumer"), st.just("collect")),
    st.tuples(
        st.just("email"),
        st.sampled_from([MAIL, WORK_MAIL]),
        st.just("consumer"),
        st.sampled_from(["collect", "respond"]),
    ),
    st.tuples(st.just("letter"), st.just("home"), st.just("consumer"), st.just("collect")),
)
ZONES = st.sets(st.sampled_from([NEW_YORK, LOS_ANGELES, "Asia/Kolkata"]), min_size=1).map(sorted).map(tuple)
WHO = consumer([Debt("d1"), Debt("d2")])

RULES = [
    each
    for each in shipped().rules.values()
    if each.check.kind not in ("required_words", "forbidden_words", "overshadowing")
]
"""Rules about words turn on the words, not on facts that come and go."""


def answer(
    rule: Any,
    history: list[Event],
    contact: tuple[str, str, str, str],
    at: datetime,
    zones: tuple[str, ...],
    debts: list[str],
) -> tuple[Case, Finding]:
    channel, to, person, purpose = contact
    asked = case(
        at, channel, to, person=person, purpose=purpose, history=history, zones=zones, who=WHO, debts=debts
    )
    latest = next(each.parameters for each in reversed(rule.periods) if each.parameters is not None)
    return asked, rule.check.judge(asked, latest, rule.exceptions)


def uses_a_single_use_lift(finding: Finding) -> bool:
    """One reply, one confirmation; or a reply of before, told from a contact by its message."""
    return finding.lifted in (
        "reply-once",
        "confirmation",
        "answered-request",
    ) or "answered-request" in finding.facts.get("not_counted", {})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_promise_10_one_more_restricting_fact_never_turns_no_into_yes(rule: Any) -> None:
    check = rule.check
    if not check.restricts:
        assert check.kind in ("personal_data", "pause", "envelope")
        return
    history = st.lists(events(*sorted((check.restricts | check.lifts) & FIELDS.keys())), max_size=8)

    @settings(max_examples=30)
    @given(
        history,
        events(*sorted(check.restricts)),
        CONTACTS,
        MOMENTS,
        ZONES,
        st.sampled_from([["d1"], ["d1", "d2"]]),
    )
    def never(
        before: list[Event],
        more: Event,
        contact: tuple[str, str, str, str],
        at: datetime,
        zones: tuple[str, ...],
        debts: list[str],
    ) -> None:
        at += timedelta(days=2)
        _, old = answer(rule, before, contact, at, zones, debts)
        _, new = answer(rule, [*before, more], contact, at, zones, debts)
        if old.objects and not uses_a_single_use_lift(new):
            assert new.objects, (more, old, new)

    never()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_promise_10_one_lifting_fact_less_never_turns_no_into_yes(rule: Any) -> None:
    check = rule.check
    lifting = sorted(check.lifts & FIELDS.keys())
    if not lifting:
        assert check.kind in ("suppression", "spacing", "cessation", "personal_data", "pause", "envelope")
        return
    # What both counts and answers (an attempt that is a reply, an inbound that is a talk) is no pure lift.
    pure = [kind for kind in lifting if kind not in check.restricts and kind not in ("attempt",)]
    history = st.lists(events(*sorted((check.restricts | check.lifts) & FIELDS.keys())), max_size=8)

    @settings(max_examples=30)
    @given(history, events(*pure), CONTACTS, MOMENTS, ZONES, st.sampled_from([["d1"], ["d1", "d2"]]))
    def never(
        rest: list[Event],
        lift: Event,
        contact: tuple[str, str, str, str],
        at: datetime,
        zones: tuple[str, ...],
        debts: list[str],
    ) -> None:
        at += timedelta(days=2)
        _, with_it = answer(rule, [*rest, lift], contact, at, zones, debts)
        _, without = answer(rule, rest, contact, at, zones, debts)
        if with_it.objects and lift.kind != "reassigned_check":
            assert without.objects, (lift, with_it, without)

    never()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_promise_10_one_more_plausible_zone_never_turns_no_into_yes(rule: Any) -> None:
    kinds = sorted((rule.check.restricts | rule.check.lifts) & FIELDS.keys()) or ["deceased"]

    @settings(max_examples=20)
    @given(
        st.lists(events(*kinds), max_size=8),
        CONTACTS,
        MOMENTS,
        ZONES,
        st.sampled_from([NEW_YORK, LOS_ANGELES, "Pacific/Auckland"]),
    )
    def never(
        history: list[Event],
        contact: tuple[str, str, str, str],
        at: datetime,
        zones: tuple[str, ...],
        more: str,
    ) -> None:
        at += timedelta(days=2)
        _, old = answer(rule, history, contact, at, zones, ["d1", "d2"])
        _, new = answer(rule, history, contact, at, tuple(sorted({*zones, more})), ["d1", "d2"])
        if old.objects and not uses_a_single_use_lift(new):
            assert new.objects

    never()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_hold_ends_no_later_than_it_says_and_an_allow_no_earlier(rule: Any) -> None:
    """At ``until`` of a hold the same rule allows; until ``until`` of an allow it goes on allowing."""
    kinds = sorted((rule.check.restricts | rule.check.lifts) & FIELDS.keys()) or ["deceased"]

    @settings(max_examples=30)
    @given(st.lists(events(*kinds), max_size=8), CONTACTS, ZONES, st.sampled_from([["d1"], ["d1", "d2"]]))
    def exact(
        history: list[Event], contact: tuple[str, str, str, str], zones: tuple[str, ...], debts: list[str]
    ) -> None:
        at = START + timedelta(days=11, hours=15)  # after all that happened
        _, now = answer(rule, history, contact, at, zones, debts)
        tick = timedelta(microseconds=1)
        if now.until is None:
            return
        assert now.until > at
        _, then = answer(rule, history, contact, now.until, zones, debts)
        _, just_before = answer(rule, history, contact, now.until - tick, zones, debts)
        if now.objects:
            assert just_before.objects
            assert not then.objects
        elif not uses_a_single_use_lift(now):
            assert not just_before.objects

    exact()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_happens_later_changes_nothing_now(rule: Any) -> None:
    kinds = sorted((rule.check.restricts | rule.check.lifts) & FIELDS.keys()) or ["deceased"]

    @settings(max_examples=20)
    @given(st.lists(events(*kinds), max_size=6), st.lists(events(*kinds), max_size=4), CONTACTS, ZONES)
    def nothing(
        before: list[Event],
        after: list[Event],
        contact: tuple[str, str, str, str],
        zones: tuple[str, ...],
    ) -> None:
        at = START + timedelta(days=11, hours=15)
        later = [replace(each, at=each.at + timedelta(days=12)) for each in after]
        _, now = answer(rule, before, contact, at, zones, ["d1", "d2"])
        _, same = answer(rule, [*before, *later], contact, at, zones, ["d1", "d2"])
        assert (now.verdict, now.until, now.lifted) == (same.verdict, same.until, same.lifted)

    nothing()


def test_every_kind_of_check_says_what_restricts_and_what_lifts_it_in_words_of_the_vocabulary() -> None:
    for check in checks().values():
        assert (check.restricts | check.lifts) <= EVENT_FIELDS.keys(), check.kind
        assert set(check.stricter) == set(check.Parameters.model_fields), check.kind
