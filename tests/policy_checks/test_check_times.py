"""hours, inconvenient, cooling_off and spacing: exact instants."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from checkcases import (
    LANDLINE,
    LOS_ANGELES,
    MAIL,
    MOBILE,
    NEW_YORK,
    SPOUSE,
    ask,
    call,
    case,
    checks,
    consumer,
    event,
    rule,
    utc,
    when,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from outreach.domain import CONSUMER, Address, Debt, Event, Phone, Verdict
from outreach.domain.words import EndpointKind
from outreach.policy.checks.hours import Hours
from outreach.policy.holidays import Calendar, business_day_after, holiday
from outreach.policy.zones import local

HOURS = "us.regf.hours"
TIMES = "us.regf.inconvenient-time"
PLACES = "us.regf.inconvenient-place"
COOLING = "us.regf.call-after-conversation"
SPACING = "house.call-spacing"


# ---- hours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "verdict", "until"),
    [
        ("2026-05-12T07:59:59.999999-04:00", Verdict.HOLD, "2026-05-12T08:00:00-04:00"),
        ("2026-05-12T08:00:00-04:00", Verdict.ALLOW, "2026-05-12T21:00:00-04:00"),
        ("2026-05-12T20:59:59.999999-04:00", Verdict.ALLOW, "2026-05-12T21:00:00-04:00"),
        ("2026-05-12T21:00:00-04:00", Verdict.HOLD, "2026-05-13T08:00:00-04:00"),
        ("2026-03-07T21:30:00-05:00", Verdict.HOLD, "2026-03-08T08:00:00-04:00"),
        ("2026-10-31T21:30:00-04:00", Verdict.HOLD, "2026-11-01T08:00:00-05:00"),
    ],
)
def test_the_opening_instant_is_lawful_and_the_closing_one_is_not(
    at: str, verdict: Verdict, until: str
) -> None:
    found = ask(HOURS, case(at))
    assert (verdict, utc(until)) == (found.verdict, found.until)


def test_every_plausible_zone_must_suit() -> None:
    zones = (NEW_YORK, LOS_ANGELES)
    early = ask(HOURS, case("2026-06-10T10:59:59-04:00", zones=zones))
    assert (Verdict.HOLD, utc("2026-06-10T11:00:00-04:00")) == (early.verdict, early.until)
    assert LOS_ANGELES == early.facts["zone"]
    open_ = ask(HOURS, case("2026-06-10T11:00:00-04:00", zones=zones))
    assert (Verdict.ALLOW, utc("2026-06-10T21:00:00-04:00")) == (open_.verdict, open_.until)


def test_without_a_zone_no_time_is_known_to_suit() -> None:
    assert Verdict.BLOCK is ask(HOURS, case("2026-06-10T12:00:00-04:00", zones=())).verdict


def test_zones_too_far_apart_to_share_an_hour_block() -> None:
    parameters = Hours.Parameters.model_validate({"opens": "09:00", "closes": "12:00"}, strict=False)
    found = Hours().judge(case("2026-06-10T12:00:00-04:00", zones=(NEW_YORK, "Asia/Tokyo")), parameters, {})
    assert Verdict.BLOCK is found.verdict


def test_the_same_answer_comes_from_the_kept_window_and_from_a_fresh_one() -> None:
    check, parameters, exceptions = rule(HOURS)
    for minute in range(0, 3 * 24 * 60, 7):
        at = when("2026-03-07T00:00:00-05:00") + timedelta(minutes=minute)
        kept = check.judge(case(at), parameters, exceptions)
        fresh = Hours().judge(case(at), parameters, exceptions)
        assert (fresh.verdict, fresh.until) == (kept.verdict, kept.until)
        wall = at.astimezone(ZoneInfo(NEW_YORK))
        assert (8 <= wall.hour < 21) == (kept.verdict is Verdict.ALLOW)


def test_weekdays_channels_and_the_margin_narrow_the_window() -> None:
    parameters = Hours.Parameters.model_validate(
        {
            "opens": "08:00",
            "closes": "21:00",
            "weekdays": {"sun": None, "sat": {"opens": "09:00", "closes": "17:00"}},
            "channels": {"sms": {"opens": "10:00", "closes": "19:00"}},
            "margin_before_close": 30,
        },
        strict=False,
    )
    check = Hours()

    def answer(at: str, channel: str = "call") -> tuple[Verdict, datetime | None]:
        found = check.judge(case(at, channel), parameters, {})
        return found.verdict, found.until

    saturday = "2026-05-16"
    assert (Verdict.ALLOW, utc(f"{saturday}T16:30:00-04:00")) == answer(f"{saturday}T16:29:59-04:00")
    assert (Verdict.HOLD, utc("2026-05-18T08:00:00-04:00")) == answer(f"{saturday}T16:30:00-04:00")
    assert (Verdict.HOLD, utc("2026-05-18T10:00:00-04:00")) == answer("2026-05-17T12:00:00-04:00", "sms")
    assert (Verdict.HOLD, utc("2026-05-18T10:00:00-04:00")) == answer("2026-05-18T09:59:59-04:00", "sms")


def on_calendar(at: str, **more: object) -> tuple[Verdict, datetime | None]:
    """What an Irish rule of nine to nine, closed on Sundays, says; ``more``: parameters."""
    stated = {
        "opens": "09:00",
        "closes": "21:00",
        "weekdays": {"sun": None},
        "holidays": {"country": "IE"},
        **more,
    }
    parameters = Hours.Parameters.model_validate(stated, strict=False)
    found = Hours().judge(case(at, zones=("Europe/Dublin",)), parameters, {})
    return found.verdict, found.until


@pytest.mark.parametrize(
    ("at", "verdict", "until"),
    [
        ("2026-03-16T20:59:59+00:00", Verdict.ALLOW, "2026-03-16T21:00:00+00:00"),
        ("2026-03-17T00:00:00+00:00", Verdict.HOLD, "2026-03-18T09:00:00+00:00"),  # Saint Patrick's Day
        ("2026-03-17T12:00:00+00:00", Verdict.HOLD, "2026-03-18T09:00:00+00:00"),
        ("2026-04-04T21:00:00+01:00", Verdict.HOLD, "2026-04-07T09:00:00+01:00"),  # Easter: Sunday, Monday
        ("2026-12-24T21:00:00+00:00", Verdict.HOLD, "2026-12-28T09:00:00+00:00"),  # two holidays, a Sunday
        ("2026-03-28T20:59:59+00:00", Verdict.ALLOW, "2026-03-28T21:00:00+00:00"),
        ("2026-03-28T21:00:00+00:00", Verdict.HOLD, "2026-03-30T09:00:00+01:00"),  # clocks go forward
    ],
)
def test_public_holidays_are_closed_to_the_second(at: str, verdict: Verdict, until: str) -> None:
    assert (verdict, utc(until)) == on_calendar(at)


def test_a_holiday_may_have_a_window_of_its_own() -> None:
    window = {"opens": "13:00", "closes": "17:00"}
    held = on_calendar("2026-03-17T12:59:59+00:00", on_holidays=window)
    assert (Verdict.HOLD, utc("2026-03-17T13:00:00+00:00")) == held
    open_ = on_calendar("2026-03-17T13:00:00+00:00", on_holidays=window)
    assert (Verdict.ALLOW, utc("2026-03-17T17:00:00+00:00")) == open_


def test_a_holiday_does_not_open_a_day_that_is_closed_anyway() -> None:
    window = {"opens": "13:00", "closes": "17:00"}  # Saint Patrick's Day of 2030 is a Sunday
    held = on_calendar("2030-03-17T14:00:00+00:00", on_holidays=window)
    assert (Verdict.HOLD, utc("2030-03-18T09:00:00+00:00")) == held


def test_regions_and_days_named_beside_the_calendar_are_holidays_too() -> None:
    quebec = Calendar(country="CA", region="QC")
    with_easter = Calendar(country="CA", region="QC", also=("Easter Monday",))
    assert "Saint John the Baptist Day" == holiday(quebec, date(2026, 6, 24))
    assert "" == holiday(Calendar(country="CA", region="ON"), date(2026, 6, 24))
    assert ("", "Easter Monday") == tuple(holiday(each, date(2026, 4, 6)) for each in (quebec, with_easter))
    assert "" == holiday(with_easter, date(2026, 11, 11))
    without = Calendar.model_validate({"country": "CA", "region": "QC", "except": ("Canada Day",)})
    assert ("Canada Day", "") == tuple(holiday(each, date(2026, 7, 1)) for each in (quebec, without))


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar(country="ZZ"),
        Calendar(country="IE", region="XX"),
        Calendar(country="IE", also=("Towel Day",)),
    ],
)
def test_a_calendar_nobody_knows_raises_which_blocks(calendar: Calendar) -> None:
    with pytest.raises(ValueError, match=calendar.country):
        holiday(calendar, date(2026, 1, 5))


def test_business_days_skip_weekends_and_holidays() -> None:
    federal = Calendar(country="US")
    assert date(2026, 5, 8) == business_day_after(federal, date(2026, 5, 1), 5)
    assert date(2026, 5, 29) == business_day_after(federal, date(2026, 5, 21), 5)  # Memorial Day
    assert date(2026, 5, 28) == business_day_after(None, date(2026, 5, 21), 5)
    assert date(2026, 5, 21) == business_day_after(federal, date(2026, 5, 21), 0)


@pytest.mark.parametrize(
    ("overdue", "verdict"), [((16, 20), Verdict.ALLOW), ((16, 15), Verdict.HOLD), ((16, None), Verdict.HOLD)]
)
def test_long_overdue_lifts_only_if_every_debt_is_known_to_be(
    overdue: tuple[int | None, ...], verdict: Verdict
) -> None:
    debts = [Debt(f"d{number}", days_past_due=days) for number, days in enumerate(overdue)]
    check, parameters, _ = rule(HOURS)
    asked = case("2026-05-12T22:00:00-04:00", who=consumer(debts))
    found = check.judge(asked, parameters, {"long-overdue": {"cite": "a law", "days": 15}})
    assert verdict is found.verdict
    assert ("long-overdue" if verdict is Verdict.ALLOW else "") == found.lifted


def test_a_known_convenient_time_joins_the_window_it_touches() -> None:
    history = [event("2026-05-04T14:00:00-04:00", "convenient", from_="21:00", to="22:00")]
    found = ask(HOURS, case("2026-05-12T20:30:00-04:00", history=history))
    assert (Verdict.ALLOW, utc("2026-05-12T22:00:00-04:00"), "") == (found.verdict, found.until, found.lifted)
    late = ask(HOURS, case("2026-05-12T21:30:00-04:00", history=history))
    assert (Verdict.ALLOW, "known-convenient") == (late.verdict, late.lifted)
    assert Verdict.HOLD is ask(HOURS, case("2026-05-12T22:00:00-04:00", history=history)).verdict


def test_in_each_zone_a_convenient_time_may_stand_in_for_the_window() -> None:
    history = [event("2026-05-04T14:00:00-04:00", "convenient", from_="21:00", to="22:00")]
    zones = (NEW_YORK, LOS_ANGELES)
    found = ask(HOURS, case("2026-05-12T21:30:00-04:00", history=history, zones=zones))
    assert (Verdict.ALLOW, utc("2026-05-12T22:00:00-04:00")) == (found.verdict, found.until)


def test_a_consent_without_end_lifts_the_hours_for_good() -> None:
    history = [event("2026-05-04T14:00:00-04:00", "consent", scope="any")]
    found = ask(HOURS, case("2026-05-12T23:30:00-04:00", history=history))
    assert (Verdict.ALLOW, None, "agreed-time") == (found.verdict, found.until, found.lifted)


# ---- inconvenient --------------------------------------------------------------------------------


def test_an_allow_is_good_until_the_inconvenient_time_begins() -> None:
    history = [event("2026-05-04T14:00:00-04:00", "inconvenient", days=["wed"], from_="15:00", to="17:00")]
    found = ask(TIMES, case("2026-05-12T10:00:00-04:00", history=history))
    assert (Verdict.ALLOW, utc("2026-05-13T15:00:00-04:00")) == (found.verdict, found.until)


def test_a_named_time_that_the_clocks_leave_out_is_not_there() -> None:
    """From two to three does not exist in New York on 8 March 2026."""
    history = [event("2026-02-04T14:00:00-05:00", "inconvenient", from_="02:00", to="03:00")]
    before = ask(TIMES, case("2026-03-08T01:30:00-05:00", history=history))
    assert (Verdict.ALLOW, utc("2026-03-09T02:00:00-04:00")) == (before.verdict, before.until)


def test_a_named_time_that_comes_twice_ends_with_the_second() -> None:
    """Half past one comes twice in New York on 1 November 2026."""
    history = [event("2026-02-04T14:00:00-05:00", "inconvenient", from_="01:00", to="02:00")]
    found = ask(TIMES, case("2026-11-01T01:30:00-04:00", history=history))
    assert (Verdict.HOLD, utc("2026-11-01T02:00:00-05:00")) == (found.verdict, found.until)


def test_the_named_time_holds_in_every_plausible_zone() -> None:
    history = [event("2026-05-04T14:00:00-04:00", "inconvenient", from_="12:00", to="13:00")]
    both = (NEW_YORK, LOS_ANGELES)
    found = ask(TIMES, case("2026-05-12T15:30:00-04:00", history=history, zones=both))
    assert (Verdict.HOLD, utc("2026-05-12T16:00:00-04:00")) == (found.verdict, found.until)
    assert Verdict.ALLOW is ask(TIMES, case("2026-05-12T15:30:00-04:00", history=history)).verdict


def test_the_latest_word_stands() -> None:
    words = [
        event("2026-05-01T10:00:00-04:00", "inconvenient", days=["sat", "sun"]),
        event("2026-05-02T10:00:00-04:00", "convenient", days=["sat"]),
    ]
    saturday, sunday = "2026-05-16T10:00:00-04:00", "2026-05-17T10:00:00-04:00"
    assert Verdict.ALLOW is ask(TIMES, case(saturday, history=words)).verdict
    assert Verdict.HOLD is ask(TIMES, case(sunday, history=words)).verdict
    again = [*words, event("2026-05-03T10:00:00-04:00", "inconvenient", days=["sat"])]
    assert Verdict.HOLD is ask(TIMES, case(saturday, history=again)).verdict


def test_a_word_about_a_place_leaves_the_times_alone_and_the_other_way_round() -> None:
    words = [
        event("2026-05-01T10:00:00-04:00", "inconvenient", days=["sat", "sun"]),
        event("2026-05-01T10:00:00-04:00", "inconvenient", place="home"),
        event("2026-05-02T10:00:00-04:00", "convenient", place="home"),
    ]
    saturday = case("2026-05-16T10:00:00-04:00", to=LANDLINE, history=words)
    assert Verdict.HOLD is ask(TIMES, saturday).verdict
    assert Verdict.ALLOW is ask(PLACES, saturday).verdict


def test_everything_named_for_good_blocks() -> None:
    history = [event("2026-05-01T10:00:00-04:00", "inconvenient")]
    assert Verdict.BLOCK is ask(TIMES, case("2026-05-16T10:00:00-04:00", history=history)).verdict


def test_a_far_end_is_found() -> None:
    history = [event("2026-05-01T10:00:00-04:00", "inconvenient", until="2026-12-31")]
    found = ask(TIMES, case("2026-05-16T10:00:00-04:00", history=history))
    assert (Verdict.HOLD, utc("2027-01-01T00:00:00-05:00")) == (found.verdict, found.until)


def test_a_number_of_unknown_kind_may_be_the_landline_at_home() -> None:
    who = consumer(phones=(Phone(MOBILE, EndpointKind.UNKNOWN),))
    history = [event("2026-05-01T10:00:00-04:00", "inconvenient", place="home")]
    assert Verdict.BLOCK is ask(PLACES, case("2026-05-16T10:00:00-04:00", history=history, who=who)).verdict


def test_what_one_person_named_does_not_bind_contact_with_another() -> None:
    history = [event("2026-05-01T10:00:00-04:00", "inconvenient", days=["sat"])]
    spouse = case("2026-05-16T10:00:00-04:00", to=SPOUSE, person="p2", history=history)
    assert Verdict.ALLOW is ask(TIMES, spouse).verdict


def test_a_missed_call_of_hers_may_be_answered_once_by_telephone() -> None:
    history = [
        event("2026-05-04T14:00:00-04:00", "inconvenient", from_="15:00", to="17:00"),
        event("2026-05-12T15:10:00-04:00", "inbound", channel="call", from_=MOBILE),
    ]
    reply = case("2026-05-12T15:20:00-04:00", purpose="respond", history=history)
    assert "reply-once" == ask(TIMES, reply).lifted
    talked = [
        *history[:1],
        event("2026-05-12T15:10:00-04:00", "inbound", channel="call", from_=MOBILE, conversation=True),
    ]
    again = case("2026-05-12T15:20:00-04:00", purpose="respond", history=talked)
    assert Verdict.HOLD is ask(TIMES, again).verdict


def test_a_reply_to_another_address_is_no_reply() -> None:
    history = [
        event("2026-05-04T14:00:00-04:00", "inconvenient", from_="15:00", to="17:00"),
        event("2026-05-12T15:10:00-04:00", "inbound", channel="email", from_="other@example.com"),
    ]
    reply = case("2026-05-12T15:20:00-04:00", "email", purpose="respond", history=history)
    assert Verdict.HOLD is ask(TIMES, reply).verdict


SPANS = st.builds(
    lambda kind, days, opens, closes, until: (kind, days, opens, closes, until),
    st.sampled_from(["inconvenient", "inconvenient", "convenient"]),
    st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])),
    st.none() | st.integers(0, 23),
    st.integers(0, 23),
    st.none() | st.integers(0, 20),
)


@settings(max_examples=120)
@given(
    st.lists(SPANS, min_size=1, max_size=4),
    st.sets(st.sampled_from([NEW_YORK, LOS_ANGELES, "Asia/Kolkata"]), min_size=1).map(sorted).map(tuple),
    st.integers(0, 21 * 24 * 2),
)
def test_named_times_agree_with_plain_loops_over_half_hours(
    spans: list[tuple[str, set[str], int | None, int, int | None]], zones: tuple[str, ...], half: int
) -> None:
    start = when("2026-03-02T00:00:00+00:00")
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    history: list[Event] = []
    for number, (kind, days, opens, closes, until) in enumerate(spans):
        fields: dict[str, object] = {"days": sorted(days)} if days else {}
        if opens is not None:
            fields |= {"from_": f"{opens:02}:00", "to": f"{closes:02}:00"}
        if until is not None:
            fields["until"] = (start.date() + timedelta(days=until)).isoformat()
        history.append(event(start - timedelta(days=9) + timedelta(hours=number), kind, **fields))

    def barred(moment: datetime) -> bool:
        for zone in zones:
            wall = moment.astimezone(ZoneInfo(zone))
            state = False
            for kind, days, opens, closes, until in spans:
                covered = False
                for begins in (wall.date(), wall.date() - timedelta(days=1)):
                    if days and names[begins.weekday()] not in days:
                        continue
                    if until is not None and begins > start.date() + timedelta(days=until):
                        continue
                    if opens is None:
                        covered = covered or begins == wall.date()
                    elif opens < closes:
                        covered = covered or (begins == wall.date() and opens <= wall.hour < closes)
                    elif begins == wall.date():
                        covered = covered or wall.hour >= opens
                    else:
                        covered = covered or wall.hour < closes
                if covered:
                    state = kind == "inconvenient"
            if state:
                return True
        return False

    at = start + timedelta(minutes=30 * half)
    found = ask(TIMES, case(at, history=history, zones=zones))
    steps = [at + timedelta(minutes=30 * number) for number in range(35 * 48)]
    first = next((moment for moment in steps if barred(moment) != barred(at)), None)
    if barred(at):
        assert (Verdict.HOLD, first) == (found.verdict, found.until) or (
            first is None and found.verdict is Verdict.BLOCK
        )
    else:
        assert (Verdict.ALLOW, first) == (found.verdict, found.until)


# ---- cooling_off ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("talked", "last", "free"),
    [
        ("2026-08-13T20:59:00-04:00", "2026-08-19T23:59:59-04:00", "2026-08-20T00:00:00-04:00"),
        ("2026-03-05T00:00:00-05:00", "2026-03-11T23:59:59-04:00", "2026-03-12T00:00:00-04:00"),
        ("2026-10-29T10:00:00-04:00", "2026-11-04T23:59:59-05:00", "2026-11-05T00:00:00-05:00"),
    ],
)
def test_the_day_of_the_conversation_is_the_first_of_seven(talked: str, last: str, free: str) -> None:
    history = [call(talked, "conversation")]
    held = ask(COOLING, case(last, history=history))
    assert (Verdict.HOLD, utc(free)) == (held.verdict, held.until)
    assert Verdict.ALLOW is ask(COOLING, case(free, history=history)).verdict


def test_a_call_of_hers_starts_the_quiet_days_if_we_talked() -> None:
    talked = [event("2026-08-13T11:00:00-04:00", "inbound", channel="call", from_=MOBILE, conversation=True)]
    missed = [event("2026-08-13T11:00:00-04:00", "inbound", channel="call", from_=MOBILE)]
    at = "2026-08-19T10:00:00-04:00"
    assert Verdict.HOLD is ask(COOLING, case(at, history=talked)).verdict
    assert Verdict.ALLOW is ask(COOLING, case(at, history=missed)).verdict


def test_a_general_conversation_counts_for_one_debt() -> None:
    who = consumer([Debt("d1"), Debt("d2")])
    history = [call("2026-08-13T11:00:00-04:00", "conversation", debts=["d1", "d2"], discussed=[])]
    at = "2026-08-14T10:00:00-04:00"
    assert Verdict.HOLD is ask(COOLING, case(at, history=history, who=who, debts=["d1"])).verdict
    assert Verdict.ALLOW is ask(COOLING, case(at, history=history, who=who, debts=["d2"])).verdict
    both = ask(COOLING, case(at, history=history, who=who))
    assert (Verdict.HOLD, ["d1"]) == (both.verdict, both.facts["debts"])


def test_unknown_history_may_hold_a_conversation() -> None:
    known = when("2026-08-13T11:00:00-04:00")
    held = ask(COOLING, case("2026-08-14T10:00:00-04:00", known_since=known))
    assert (Verdict.HOLD, utc("2026-08-20T00:00:00-04:00")) == (held.verdict, held.until)
    assert Verdict.ALLOW is ask(COOLING, case("2026-08-20T00:00:00-04:00", known_since=known)).verdict


def test_the_strictest_zone_tells_the_day_of_the_conversation() -> None:
    history = [call("2026-08-13T00:30:00-04:00", "conversation")]  # the 12th in Los Angeles
    both = ask(COOLING, case("2026-08-19T02:00:00-04:00", history=history, zones=(NEW_YORK, LOS_ANGELES)))
    assert utc("2026-08-20T00:00:00-04:00") == both.until


# ---- spacing -------------------------------------------------------------------------------------


def test_spacing_ends_to_the_second() -> None:
    history = [call("2026-05-12T10:00:00-04:00", person=CONSUMER)]
    held = ask(SPACING, case("2026-05-12T10:29:59-04:00", history=history))
    assert (Verdict.HOLD, utc("2026-05-12T10:30:00-04:00")) == (held.verdict, held.until)
    assert Verdict.ALLOW is ask(SPACING, case("2026-05-12T10:30:00-04:00", history=history)).verdict


def test_spacing_passes_over_what_did_not_connect_to_what_did() -> None:
    history = [call("2026-05-12T10:00:00-04:00"), call("2026-05-12T10:10:00-04:00", "busy")]
    held = ask(SPACING, case("2026-05-12T10:15:00-04:00", history=history))
    assert utc("2026-05-12T10:30:00-04:00") == held.until


def test_spacing_counts_unknown_history_as_an_attempt() -> None:
    known = when("2026-05-12T10:00:00-04:00")
    held = ask(SPACING, case("2026-05-12T10:15:00-04:00", known_since=known))
    assert (Verdict.HOLD, utc("2026-05-12T10:30:00-04:00")) == (held.verdict, held.until)


def test_an_email_has_no_spacing_from_a_call() -> None:
    history = [event("2026-05-12T10:00:00-04:00", "attempt", channel="email", to=MAIL, outcome="sent")]
    assert Verdict.ALLOW is ask(SPACING, case("2026-05-12T10:01:00-04:00", history=history)).verdict


# ---- by whose clock ------------------------------------------------------------------------------


def _at_eight_in(zones: str, to: str, **more: object) -> str | None:
    """Where it is eight in the morning when such a rule first lets a contact of three at night through."""
    check = checks()["hours"]
    stated = check.Parameters.model_validate({"opens": time(8), "closes": time(21), "zones": zones})
    who = consumer(
        addresses=(
            Address(EndpointKind.HOME, "US", "CA", "90012"),
            Address(EndpointKind.WORK, "US", "CO", "80202"),
        ),
        phones=(Phone(to, EndpointKind.LANDLINE),),
        **more,
    )
    asked = case("2026-05-12T03:00:00-04:00", to=to, who=who, zones=(LOS_ANGELES, "America/Denver", NEW_YORK))
    until = check.judge(asked, stated, {}).until
    assert until is not None
    return next(
        (each for each in (NEW_YORK, "America/Denver", LOS_ANGELES) if local(each, until).hour == 8), None
    )


@pytest.mark.parametrize(
    ("zones", "to", "where"),
    [
        ("every-plausible", MOBILE, LOS_ANGELES),  # an Ohio number, but she may be at home
        ("area-code-else-residence", MOBILE, NEW_YORK),
        ("area-code-else-residence", "+13035550123", "America/Denver"),
        ("area-code-else-residence", "+18005550123", LOS_ANGELES),  # toll-free: her residence
        ("residence", MOBILE, LOS_ANGELES),
        ("America/Denver", MOBILE, "America/Denver"),
    ],
)
def test_a_law_may_presume_where_a_call_is_received(zones: str, to: str, where: str) -> None:
    assert where == _at_eight_in(zones, to)


def test_where_nothing_can_be_presumed_every_plausible_zone_stays() -> None:
    check = checks()["hours"]
    stated = check.Parameters.model_validate({"opens": time(8), "closes": time(21), "zones": "residence"})
    asked = case("2026-05-12T08:00:00-04:00", who=consumer(addresses=()), zones=(LOS_ANGELES, NEW_YORK))
    assert utc("2026-05-12T08:00:00-07:00") == check.judge(asked, stated, {}).until


def test_a_clock_that_is_no_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="name of a time zone"):
        checks()["hours"].Parameters.model_validate({"opens": time(8), "closes": time(21), "zones": "Mars"})
