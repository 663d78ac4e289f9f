"""cessation, represented, workplace, third_party, medium_refused, consent, suppression and pause."""

from __future__ import annotations

from datetime import timedelta

import pytest
from checkcases import (
    LANDLINE,
    LOS_ANGELES,
    MAIL,
    MOBILE,
    NEIGHBOR,
    NEW_YORK,
    OTHER,
    SPOUSE,
    WORK,
    WORK_MAIL,
    ask,
    call,
    case,
    consumer,
    event,
    rule,
    utc,
    when,
)

from outreach.domain import Debt, Event, History, Pause, Purpose, Verdict, Way
from outreach.policy.checks.suppression import Suppression

AT = "2026-05-12T10:00:00-04:00"
BEFORE = "2026-05-04T10:00:00-04:00"
LATER = "2026-05-06T10:00:00-04:00"

REFUSED = "us.regf.medium-refused"
ATTORNEY = "us.regf.attorney"
CEASE = "us.regf.cease"


# ---- medium refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "channel", "to", "refused"),
    [
        ({"channel": "call"}, "call", OTHER, True),
        ({"channel": "call"}, "voicemail", MOBILE, True),
        ({"channel": "call"}, "sms", MOBILE, False),
        ({"channel": "sms"}, "sms", OTHER, True),
        ({"channel": "sms"}, "email", MAIL, False),
        ({"to": MOBILE}, "call", MOBILE, True),
        ({"to": MOBILE}, "sms", MOBILE, True),
        ({"to": MOBILE}, "call", OTHER, False),
        ({"channel": "sms", "to": MOBILE}, "sms", MOBILE, True),
        ({"channel": "sms", "to": MOBILE}, "call", MOBILE, False),
        ({"channel": "email", "to": MAIL}, "email", MAIL, True),
        ({"channel": "voicemail", "to": MOBILE}, "call", MOBILE, True),
        ({"channel": "call", "to": MOBILE}, "sms", MOBILE, False),
        ({"channel": "letter"}, "letter", "home", True),
    ],
)
def test_a_request_reaches_as_far_as_it_says(
    request_: dict[str, str], channel: str, to: str, refused: bool
) -> None:
    found = ask(REFUSED, case(AT, channel, to, history=[event(BEFORE, "opt_out", **request_)]))
    assert (Verdict.BLOCK if refused else Verdict.ALLOW) is found.verdict


@pytest.mark.parametrize(
    ("out", "in_", "verdict"),
    [
        ({"channel": "sms"}, {"channel": "sms"}, Verdict.ALLOW),
        ({"channel": "sms"}, {"to": MOBILE}, Verdict.ALLOW),
        ({"channel": "sms", "to": MOBILE}, {"channel": "sms"}, Verdict.BLOCK),
        ({"to": MOBILE}, {"channel": "sms"}, Verdict.BLOCK),
        ({"to": MOBILE}, {"channel": "sms", "to": MOBILE}, Verdict.ALLOW),
    ],
)
def test_only_as_exact_a_word_takes_a_request_back(
    out: dict[str, str], in_: dict[str, str], verdict: Verdict
) -> None:
    history = [event(BEFORE, "opt_out", **out), event(LATER, "opt_in", **in_)]
    assert verdict is ask(REFUSED, case(AT, "sms", history=history)).verdict
    reversed_ = [event(BEFORE, "opt_in", **in_), event(LATER, "opt_out", **out)]
    assert Verdict.BLOCK is ask(REFUSED, case(AT, "sms", history=reversed_)).verdict


def test_an_opt_out_of_an_address_holds_for_everybody_who_has_it() -> None:
    shared = History([event(BEFORE, "opt_out", channel="sms", to=MOBILE)])
    assert Verdict.BLOCK is ask(REFUSED, case(AT, "sms", shared=shared)).verdict
    medium_only = History([event(BEFORE, "opt_out", channel="sms")])
    assert Verdict.ALLOW is ask(REFUSED, case(AT, "sms", shared=medium_only)).verdict


def test_a_request_that_will_be_made_later_is_not_known_yet() -> None:
    history = [event("2026-05-12T10:00:01-04:00", "opt_out", channel="call")]
    assert Verdict.ALLOW is ask(REFUSED, case(AT, history=history)).verdict
    assert Verdict.BLOCK is ask(REFUSED, case("2026-05-12T10:00:01-04:00", history=history)).verdict


def test_an_unknown_end_of_the_confirmation_uses_it_up() -> None:
    history = [
        event(BEFORE, "opt_out", channel="sms", to=MOBILE),
        event(LATER, "attempt", channel="sms", to=MOBILE, outcome="unknown", purpose="opt_out_confirmation"),
    ]
    assert (
        Verdict.BLOCK
        is ask(REFUSED, case(AT, "sms", purpose="opt_out_confirmation", history=history)).verdict
    )
    failed = [
        history[0],
        event(LATER, "attempt", channel="sms", to=MOBILE, outcome="not_sent", purpose="opt_out_confirmation"),
    ]
    found = ask(REFUSED, case(AT, "sms", purpose="opt_out_confirmation", history=failed))
    assert "confirmation" == found.lifted


def test_each_of_two_messages_may_be_answered_once() -> None:
    history = [
        event(BEFORE, "opt_out", channel="sms", to=MOBILE),
        event("2026-05-07T10:00:00-04:00", "inbound", channel="sms", from_=MOBILE),
        event("2026-05-07T11:00:00-04:00", "inbound", channel="sms", from_=MOBILE),
    ]
    answers = [
        event(
            f"2026-05-07T1{number}:30:00-04:00",
            "attempt",
            channel="sms",
            to=MOBILE,
            outcome="sent",
            purpose="respond",
        )
        for number in (2, 3)
    ]
    verdicts = [
        ask(REFUSED, case(AT, "sms", purpose="respond", history=[*history, *answers[:count]])).verdict
        for count in range(3)
    ]
    assert [Verdict.ALLOW, Verdict.ALLOW, Verdict.BLOCK] == verdicts


# ---- cessation, represented ----------------------------------------------------------------------


def test_a_cease_notice_counts_from_its_receipt() -> None:
    history = [event("2026-05-12T10:00:01-04:00", "cease", debts=["d1"], channel="letter")]
    assert Verdict.ALLOW is ask(CEASE, case(AT, history=history)).verdict
    assert Verdict.BLOCK is ask(CEASE, case("2026-05-12T10:00:01-04:00", history=history)).verdict


def test_a_notice_that_may_still_be_given_is_lifted_with_its_name() -> None:
    history = [event(BEFORE, "cease", channel="letter")]
    for purpose, name in (("terminate_notice", "terminate-notice"), ("remedy_notice", "remedy-notice")):
        assert name == ask(CEASE, case(AT, "letter", purpose=purpose, history=history)).lifted
    mortgage = consumer([Debt("d1", kind="mortgage")])
    statement = case(AT, "letter", purpose="legally_required", history=history, who=mortgage)
    assert "legally-required" == ask(CEASE, statement).lifted
    call_ = case(AT, "call", purpose="legally_required", history=history, who=mortgage)
    assert Verdict.BLOCK is ask(CEASE, call_).verdict


def test_the_finding_names_the_debts_that_stand_in_the_way() -> None:
    who = consumer([Debt("d1"), Debt("d2")])
    found = ask(CEASE, case(AT, who=who, history=[event(BEFORE, "cease", debts=["d2"])]))
    assert ["d2"] == found.facts["debts"]
    known = ask(ATTORNEY, case(AT, who=who, history=[event(BEFORE, "attorney", debts=["d2"])]))
    assert ["d2"] == known.facts["debts"]


def test_an_ending_that_the_rule_does_not_list_ends_nothing() -> None:
    check, parameters, exceptions = rule(ATTORNEY)
    history = [event(BEFORE, "attorney"), event(LATER, "attorney_unresponsive")]
    fewer = {name: each for name, each in exceptions.items() if name != "attorney-unresponsive"}
    assert Verdict.ALLOW is check.judge(case(AT, history=history), parameters, exceptions).verdict
    assert Verdict.BLOCK is check.judge(case(AT, history=history), parameters, fewer).verdict


def test_a_consent_lapses_with_its_date_and_its_withdrawal() -> None:
    history = [event(BEFORE, "attorney"), event(LATER, "consent", scope="any", until="2026-05-12")]
    assert "agreed-time" == ask(ATTORNEY, case(AT, history=history)).lifted
    next_day = "2026-05-13T10:00:00-04:00"
    assert Verdict.BLOCK is ask(ATTORNEY, case(next_day, history=history)).verdict
    taken = [*history, event("2026-05-11T10:00:00-04:00", "consent_withdrawn", scope="any")]
    assert Verdict.BLOCK is ask(ATTORNEY, case(AT, history=taken)).verdict


# ---- workplace -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "to", "verdict"),
    [
        ("call", WORK, Verdict.BLOCK),
        ("sms", WORK, Verdict.BLOCK),
        ("letter", "work", Verdict.BLOCK),
        ("visit", "work", Verdict.BLOCK),
        ("call", MOBILE, Verdict.ALLOW),
        ("call", LANDLINE, Verdict.ALLOW),
        ("letter", "home", Verdict.ALLOW),
    ],
)
def test_what_the_employer_forbids_is_contact_at_work(channel: str, to: str, verdict: Verdict) -> None:
    history = [event(BEFORE, "employer_prohibits")]
    assert verdict is ask("us.regf.workplace", case(AT, channel, to, history=history)).verdict


def test_an_address_that_the_data_call_a_work_address_is_known_to_be_one() -> None:
    email = "us.regf.employer-email"
    assert Verdict.BLOCK is ask(email, case(AT, "email", WORK_MAIL)).verdict
    assert Verdict.ALLOW is ask(email, case(AT, "email", MAIL)).verdict
    told = [event(BEFORE, "employer_provided", to=MAIL)]
    assert Verdict.BLOCK is ask(email, case(AT, "email", MAIL, history=told)).verdict
    general = [event(BEFORE, "consent", scope="any")]
    assert Verdict.BLOCK is ask(email, case(AT, "email", WORK_MAIL, history=general)).verdict
    exact = [event(BEFORE, "consent", scope="email", to=WORK_MAIL)]
    assert "consented-address" == ask(email, case(AT, "email", WORK_MAIL, history=exact)).lifted
    used = [event(BEFORE, "inbound", channel="email", from_=WORK_MAIL)]
    assert "used-by-the-person" == ask(email, case(AT, "email", WORK_MAIL, history=used)).lifted


# ---- third parties -------------------------------------------------------------------------------


def test_only_those_in_her_place_are_told() -> None:
    told = "us.regf.third-party"
    assert Verdict.BLOCK is ask(told, case(AT, to=NEIGHBOR, person="p1")).verdict
    assert Verdict.ALLOW is ask(told, case(AT, to=SPOUSE, person="p2")).verdict
    assert "location" == ask(told, case(AT, to=NEIGHBOR, person="p1", purpose="location")).lifted
    assert Verdict.BLOCK is ask(told, case(AT, to=NEIGHBOR, person="stranger", purpose="relay")).verdict


@pytest.mark.parametrize("result", ["voicemail", "conversation", "unknown", "open"])
def test_what_was_or_may_have_been_a_communication_is_the_one(result: str) -> None:
    once = "us.regf.location-once"
    history = [call(BEFORE, result, NEIGHBOR, person="p1", purpose="location")]
    assert (
        Verdict.BLOCK
        is ask(once, case(AT, to=NEIGHBOR, person="p1", purpose="location", history=history)).verdict
    )


def test_a_wish_to_be_asked_again_is_used_up_by_the_next_talk() -> None:
    once = "us.regf.location-once"
    history = [
        call(BEFORE, "conversation", NEIGHBOR, person="p1", purpose="location"),
        event("2026-05-04T10:05:00-04:00", "callback_requested", person="p1"),
    ]
    again = case(AT, to=NEIGHBOR, person="p1", purpose="location", history=history)
    assert "callback-requested" == ask(once, again).lifted
    used = [*history, call(LATER, "conversation", NEIGHBOR, person="p1", purpose="location")]
    assert (
        Verdict.BLOCK
        is ask(once, case(AT, to=NEIGHBOR, person="p1", purpose="location", history=used)).verdict
    )


def test_a_wrong_number_holds_for_everybody_who_was_thought_to_have_it() -> None:
    number = "us.regf.not-her-number"
    shared = History([event(BEFORE, "wrong_number", to=MOBILE)])
    assert Verdict.BLOCK is ask(number, case(AT, shared=shared)).verdict
    elsewhere = [event(BEFORE, "wrong_number", to=OTHER)]
    assert Verdict.ALLOW is ask(number, case(AT, history=elsewhere)).verdict


def test_a_disclosed_address_is_barred_for_messages_only() -> None:
    rule_id = "us.regf.disclosed-address"
    history = [event(BEFORE, "disclosure_led", to=MOBILE)]
    assert Verdict.BLOCK is ask(rule_id, case(AT, "sms", history=history)).verdict
    assert Verdict.ALLOW is ask(rule_id, case(AT, "call", history=history)).verdict


# ---- consent -------------------------------------------------------------------------------------


def test_a_consent_must_cover_every_debt_of_the_contact() -> None:
    who = consumer([Debt("d1"), Debt("d2")])
    history = [event(BEFORE, "consent", scope="sms", to=MOBILE, debts=["d1"])]
    text = "us.tcpa.text-consent"
    assert Verdict.ALLOW is ask(text, case(AT, "sms", who=who, debts=["d1"], history=history)).verdict
    assert Verdict.BLOCK is ask(text, case(AT, "sms", who=who, history=history)).verdict


@pytest.mark.parametrize(
    ("stop", "verdict"),
    [
        ({"channel": "sms", "to": MOBILE}, Verdict.BLOCK),
        ({"channel": "sms"}, Verdict.BLOCK),
        ({"to": MOBILE}, Verdict.BLOCK),
        ({"channel": "sms", "to": OTHER}, Verdict.ALLOW),
        ({"channel": "call"}, Verdict.ALLOW),
    ],
)
def test_stop_revokes_what_it_reaches(stop: dict[str, str], verdict: Verdict) -> None:
    history = [event(BEFORE, "consent", scope="sms"), event(LATER, "opt_out", **stop)]
    assert verdict is ask("us.tcpa.text-consent", case(AT, "sms", history=history)).verdict


def test_a_consent_to_a_creditor_serves_only_where_the_rule_says_so() -> None:
    check, parameters, exceptions = rule("us.tcpa.text-consent")
    history = [event(BEFORE, "consent", scope="sms", given_to="creditor")]
    assert Verdict.BLOCK is check.judge(case(AT, "sms", history=history), parameters, exceptions).verdict
    wider = parameters.model_copy(update={"given_to": frozenset({"collector", "creditor"})})
    assert Verdict.ALLOW is check.judge(case(AT, "sms", history=history), wider, exceptions).verdict


# ---- suppression, pause --------------------------------------------------------------------------


def test_a_moratorium_ends_with_its_last_day_in_the_last_zone() -> None:
    history = [event(BEFORE, "breathing_space", until="2026-06-30")]
    zones = (NEW_YORK, LOS_ANGELES)
    held = ask("house.suppression", case(AT, history=history, zones=zones))
    assert (Verdict.HOLD, utc("2026-07-01T00:00:00-07:00")) == (held.verdict, held.until)
    free = case("2026-07-01T00:00:00-07:00", history=history, zones=zones)
    assert Verdict.ALLOW is ask("house.suppression", free).verdict


def test_a_moratorium_may_name_its_instant_or_no_end() -> None:
    exact = [event(BEFORE, "breathing_space", until="2026-06-30T12:00:00-04:00")]
    assert utc("2026-06-30T12:00:00-04:00") == ask("house.suppression", case(AT, history=exact)).until
    without = [event(BEFORE, "breathing_space")]
    assert Verdict.BLOCK is ask("house.suppression", case(AT, history=without)).verdict


def test_bankruptcy_bars_the_debts_it_names() -> None:
    who = consumer([Debt("d1"), Debt("d2")])
    history = [event(BEFORE, "bankrupt", debts=["d1"])]
    assert Verdict.BLOCK is ask("house.suppression", case(AT, who=who, history=history)).verdict
    assert Verdict.ALLOW is ask("house.suppression", case(AT, who=who, debts=["d2"], history=history)).verdict


def test_a_list_that_must_be_asked_and_was_not_blocks() -> None:
    parameters = Suppression.Parameters(reasons=frozenset(), lists=frozenset({"do_not_contact"}))
    check = Suppression()
    assert Verdict.BLOCK is check.judge(case(AT), parameters, {}).verdict
    assert Verdict.BLOCK is check.judge(case(AT, facts={"do_not_contact": True}), parameters, {}).verdict
    assert Verdict.ALLOW is check.judge(case(AT, facts={"do_not_contact": False}), parameters, {}).verdict


def test_a_source_that_says_suppressed_is_heard_without_being_named() -> None:
    assert Verdict.BLOCK is ask("house.suppression", case(AT, facts={"suppressed": True})).verdict
    assert Verdict.ALLOW is ask("house.suppression", case(AT, facts={"suppressed": False})).verdict
    assert Verdict.ALLOW is ask("house.suppression", case(AT)).verdict


@pytest.mark.parametrize(
    ("scope", "value", "verdict"),
    [
        ("everything", "", Verdict.BLOCK),
        ("channel", "call", Verdict.BLOCK),
        ("channel", "sms", Verdict.ALLOW),
        ("creditor", "bank", Verdict.BLOCK),
        ("creditor", "other", Verdict.ALLOW),
        ("template", "early", Verdict.BLOCK),
        ("template", "late", Verdict.ALLOW),
        ("campaign", "may", Verdict.BLOCK),
        ("campaign", "june", Verdict.ALLOW),
        ("something new", "", Verdict.BLOCK),
    ],
)
def test_a_pause_stops_what_it_names(scope: str, value: str, verdict: Verdict) -> None:
    pauses = (Pause(scope, value, "test", when(BEFORE)),)
    paused = case(
        AT, "voicemail", pauses=pauses, contact={"creditor": "bank", "template": "early", "campaign": "may"}
    )
    assert Way.VOICEMAIL is paused.contact.channel
    assert Purpose.COLLECT is paused.contact.purpose
    found = ask("house.pause", paused)
    assert verdict is found.verdict
    if verdict is Verdict.BLOCK:
        assert {"scope": scope, "value": value, "since": when(BEFORE).isoformat()} == found.facts


@pytest.mark.parametrize(
    ("rule_id", "at", "channel", "before"),
    [
        ("us.regf.hours", "2026-05-12T22:00:00-04:00", "call", []),
        ("us.regf.attorney", AT, "call", [event(BEFORE, "attorney")]),
        ("us.regf.inconvenient-time", AT, "call", [event(BEFORE, "inconvenient")]),
        ("us.regf.call-after-conversation", AT, "call", [call("2026-05-11T10:00:00-04:00", "conversation")]),
        ("us.tcpa.text-consent", AT, "sms", []),
    ],
)
def test_a_consent_counts_from_its_moment_on(
    rule_id: str, at: str, channel: str, before: list[Event]
) -> None:
    scope = "call" if "conversation" in rule_id else "any"
    instant = when(at)
    later = [*before, event(instant + timedelta(microseconds=1), "consent", scope=scope)]
    now = [*before, event(instant, "consent", scope=scope)]
    assert ask(rule_id, case(at, channel, history=before)).objects
    assert ask(rule_id, case(at, channel, history=later)).objects
    assert not ask(rule_id, case(at, channel, history=now)).objects
