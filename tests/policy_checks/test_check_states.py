"""What the packs of states ask of checks: days told from the next one, time to answer, wishes that lapse."""

from __future__ import annotations

from typing import Any

import pytest
from checkcases import (
    LANDLINE,
    LOS_ANGELES,
    MOBILE,
    NEW_YORK,
    WORK,
    call,
    case,
    checks,
    consumer,
    event,
    shipped,
    utc,
)

from outreach.domain import Address, Case, EndpointKind, Event, Finding, Phone, Verdict

TWO = (NEW_YORK, LOS_ANGELES)


def ask(
    kind: str, asked: Case, exceptions: dict[str, dict[str, Any]] | None = None, **parameters: Any
) -> Finding:
    check = checks()[kind]
    made = check.Parameters.model_validate(
        {name: frozenset(each) if isinstance(each, list) else each for name, each in parameters.items()},
        strict=False,
    )
    return check.judge(asked, made, exceptions or {})


# ---- days of quiet after a conversation ----------------------------------------------------------


@pytest.mark.parametrize(
    ("talk", "first_day", "until", "zones"),
    [
        ("2026-05-06T10:00:00-04:00", "same", "2026-05-13T00:00:00-04:00", (NEW_YORK,)),
        ("2026-05-06T10:00:00-04:00", "next", "2026-05-14T00:00:00-04:00", (NEW_YORK,)),
        ("2026-03-05T10:00:00-05:00", "next", "2026-03-13T00:00:00-04:00", (NEW_YORK,)),  # clocks forward
        ("2026-10-29T10:00:00-04:00", "next", "2026-11-06T00:00:00-05:00", (NEW_YORK,)),  # and back
        ("2026-05-06T01:00:00-04:00", "next", "2026-05-14T00:00:00-04:00", TWO),  # the 5th in the west
        ("2026-05-06T10:00:00-04:00", "next", "2026-05-14T00:00:00-07:00", TWO),
    ],
)
def test_quiet_begins_on_the_day_of_the_talk_or_on_the_next(
    talk: str, first_day: str, until: str, zones: tuple[str, ...]
) -> None:
    limit = {"days": 7, "first_day": first_day, "per": ["person"]}
    history = [call(talk, "conversation")]
    held = ask("cooling_off", case(utc(talk).replace(hour=20), history=history, zones=zones), **limit)
    assert (Verdict.HOLD, utc(until)) == (held.verdict, held.until)
    assert Verdict.ALLOW is ask("cooling_off", case(until, history=history, zones=zones), **limit).verdict


def test_an_answer_to_her_message_may_break_the_quiet_where_the_rule_says_so() -> None:
    limit = {"days": 7, "per": ["person"]}
    history = [
        call("2026-05-06T10:00:00-04:00", "conversation"),
        event("2026-05-07T10:00:00-04:00", "inbound", channel="call", from_=MOBILE),
    ]
    asked = case("2026-05-08T10:00:00-04:00", history=history, purpose="respond")
    assert Verdict.HOLD is ask("cooling_off", asked, **limit).verdict
    assert "answered-request" == ask("cooling_off", asked, {"answered-request": {}}, **limit).lifted


# ---- an attorney's time to answer ----------------------------------------------------------------

SILENT = {"attorney-unresponsive": {"days": 30}, "attorney-released": {}}


def attorney(at: str, *more: Event) -> list[Event]:
    return [event(at, "attorney", debts=["d1"]), *more]


@pytest.mark.parametrize(
    ("known", "until", "zones"),
    [
        ("2026-05-01T10:00:00-04:00", "2026-06-01T00:00:00-04:00", (NEW_YORK,)),
        ("2026-02-20T10:00:00-05:00", "2026-03-23T00:00:00-04:00", (NEW_YORK,)),
        ("2026-10-20T10:00:00-04:00", "2026-11-20T00:00:00-08:00", TWO),
    ],
)
def test_silence_counts_once_the_time_to_answer_is_over(
    known: str, until: str, zones: tuple[str, ...]
) -> None:
    silent = event(utc(known).replace(hour=23), "attorney_unresponsive", debts=["d1"])
    history = attorney(known, silent)
    at = utc(known).replace(hour=23, minute=30)
    held = ask("represented", case(at, history=history, zones=zones), SILENT)
    assert (Verdict.HOLD, utc(until)) == (held.verdict, held.until)
    found = ask("represented", case(until, history=history, zones=zones), SILENT)
    assert (Verdict.ALLOW, "attorney-unresponsive") == (found.verdict, found.lifted)


def test_without_silence_time_alone_frees_nothing() -> None:
    asked = case("2026-08-01T10:00:00-04:00", history=attorney("2026-05-01T10:00:00-04:00"))
    assert Verdict.BLOCK is ask("represented", asked, SILENT).verdict


def test_a_release_needs_no_time() -> None:
    released = event("2026-05-02T10:00:00-04:00", "attorney_released", debts=["d1"])
    asked = case("2026-05-02T11:00:00-04:00", history=attorney("2026-05-01T10:00:00-04:00", released))
    assert Verdict.ALLOW is ask("represented", asked, SILENT).verdict


# ---- an oral wish about work ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "until", "zones"),
    [
        ("2026-05-08T10:00:00-04:00", "2026-05-19T00:00:00-04:00", (NEW_YORK,)),
        ("2026-03-02T10:00:00-05:00", "2026-03-13T00:00:00-04:00", (NEW_YORK,)),
        ("2026-10-28T10:00:00-04:00", "2026-11-08T00:00:00-08:00", TWO),
    ],
)
def test_an_oral_wish_lapses(said: str, until: str, zones: tuple[str, ...]) -> None:
    history = [event(said, "employer_prohibits", form="oral")]
    ten = {"about": "place", "oral_days": 10}
    at = utc(said).replace(hour=22)
    held = ask("workplace", case(at, to=WORK, history=history, zones=zones), **ten)
    assert (Verdict.HOLD, utc(until)) == (held.verdict, held.until)
    assert (
        Verdict.ALLOW is ask("workplace", case(until, to=WORK, history=history, zones=zones), **ten).verdict
    )
    for_good = ask("workplace", case(until, to=WORK, history=history, zones=zones), about="place")
    assert Verdict.BLOCK is for_good.verdict


@pytest.mark.parametrize("fields", [{"form": "written"}, {"channel": "letter"}, {}])
def test_a_wish_in_writing_or_of_unknown_form_stands_beside_an_oral_one(fields: dict[str, str]) -> None:
    history = [
        event("2026-05-07T10:00:00-04:00", "employer_prohibits", **fields),
        event("2026-05-08T10:00:00-04:00", "employer_prohibits", form="oral"),
    ]
    asked = case("2026-07-01T10:00:00-04:00", to=WORK, history=history)
    assert Verdict.BLOCK is ask("workplace", asked, about="place", oral_days=10).verdict


# ---- work only if not reached elsewhere ----------------------------------------------------------

ELSEWHERE = {"not-reached-elsewhere": {"endpoint_kinds": ["landline", "mobile"]}}


@pytest.mark.parametrize(
    ("history", "verdict"),
    [
        ([], Verdict.BLOCK),
        ([call("2026-05-11T18:00:00-04:00")], Verdict.ALLOW),
        ([call("2026-05-11T18:00:00-04:00", to=LANDLINE)], Verdict.ALLOW),
        ([call("2026-05-11T18:00:00-04:00", to=WORK)], Verdict.BLOCK),
        ([call("2026-05-11T18:00:00-04:00", "not_sent")], Verdict.BLOCK),
        ([call("2026-05-11T18:00:00-04:00", "open")], Verdict.BLOCK),
        (
            [call("2026-05-11T18:00:00-04:00"), call("2026-05-11T19:00:00-04:00", "conversation")],
            Verdict.BLOCK,
        ),
    ],
)
def test_work_is_barred_until_the_latest_call_elsewhere_was_in_vain(
    history: list[Event], verdict: Verdict
) -> None:
    asked = case("2026-05-12T10:00:00-04:00", to=WORK, history=history)
    assert verdict is ask("barred", asked, ELSEWHERE, channels=["call"]).verdict


def test_who_has_no_other_number_may_be_called_at_work() -> None:
    who = consumer(phones=(Phone(WORK, EndpointKind.WORK),))
    asked = case("2026-05-12T10:00:00-04:00", to=WORK, who=who)
    assert "not-reached-elsewhere" == ask("barred", asked, ELSEWHERE, channels=["call"]).lifted


# ---- recordings, and confirmations in time -------------------------------------------------------


def test_only_recordings_count_where_the_rule_is_about_them() -> None:
    limit = {"at_most": 1, "within": 30, "unit": "days", "per": ["endpoint"], "channels": ["voicemail"]}
    recorded = call("2026-05-11T10:00:00-04:00", "voicemail", channel="voicemail", ringless=True)
    spoken = call("2026-05-11T11:00:00-04:00", "voicemail", channel="voicemail")
    at, ringless = "2026-05-12T10:00:00-04:00", {"ringless": True}
    one_more = case(at, "voicemail", history=[recorded, spoken], contact=ringless)
    assert Verdict.HOLD is ask("frequency", one_more, ringless_only=True, **limit).verdict
    first = case(at, "voicemail", history=[spoken], contact=ringless)
    assert Verdict.ALLOW is ask("frequency", first, ringless_only=True, **limit).verdict
    by_voice = case(at, "voicemail", history=[recorded])
    assert Verdict.NOT_APPLICABLE is ask("frequency", by_voice, ringless_only=True, **limit).verdict


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2026-05-12T10:00:00-04:00", Verdict.ALLOW),
        ("2026-05-12T10:04:59.999999-04:00", Verdict.ALLOW),
        ("2026-05-12T10:05:00-04:00", Verdict.BLOCK),
    ],
)
def test_a_confirmation_follows_within_its_minutes(at: str, verdict: Verdict) -> None:
    needs = {
        "channels": ["sms"],
        "endpoint_kinds": ["mobile"],
        "scopes": ["sms"],
        "given_to": ["collector"],
    }
    history = [event("2026-05-12T10:00:00-04:00", "opt_out", channel="sms", to=MOBILE)]
    asked = case(at, "sms", purpose="opt_out_confirmation", history=history)
    found = ask("consent", asked, {"confirmation": {"minutes": 5}}, **needs)
    assert verdict is found.verdict
    if verdict is Verdict.ALLOW:
        assert utc("2026-05-12T10:05:00-04:00") == found.until
    plain = case(at, "sms", history=history)
    assert Verdict.BLOCK is ask("consent", plain, {"confirmation": {"minutes": 5}}, **needs).verdict


# ---- who is where --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "code", "number", "packs", "warning"),
    [
        (
            "TX",
            "78701",
            "+15125550123",
            set(),
            ("no pack for US-TX is loaded: judged by the law of US",),
        ),
        ("MA", "02108", "+16175550123", {"us.ma"}, ()),
        (
            "NY",
            "11201",
            "+17185550123",
            {"us.ny.nyc"},
            (
                "no pack for US-NY is loaded: judged by the law of US",
            ),  # the state's own law, beside the city's
        ),
        (
            "NY",
            "12207",
            "+15185550123",
            set(),
            ("no pack for US-NY is loaded: judged by the law of US",),
        ),
        ("CT", "06103", "+16175550123", {"us.ma"}, ("no pack for US-CT is loaded: judged by the law of US",)),
    ],
)
def test_a_person_is_judged_by_every_law_of_where_she_may_be(
    state: str, code: str, number: str, packs: set[str], warning: tuple[str, ...]
) -> None:
    who = consumer(
        addresses=(Address(EndpointKind.HOME, "US", state, code),),
        phones=(Phone(number, EndpointKind.MOBILE),),
    )
    asked = case("2026-10-13T12:00:00-04:00", to=number, who=who, places=shipped().places(who))
    decision = shipped().decide(asked)
    assert warning == decision.warnings
    assert packs == {name for name in decision.packs if name.startswith("us.") and "federal" not in name}
