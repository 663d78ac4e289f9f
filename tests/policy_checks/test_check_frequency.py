"""frequency: counting calls, on both sides of every number, and against an oracle of plain loops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from checkcases import (
    LANDLINE,
    LOS_ANGELES,
    MOBILE,
    NEIGHBOR,
    NEW_YORK,
    OTHER,
    ask,
    call,
    case,
    consumer,
    event,
    rule,
    utc,
    when,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain import Debt, History, Verdict
from outreach.policy.checks import choose_debt
from outreach.policy.checks.frequency import Frequency

RULE = "us.regf.call-frequency"


def days(count: int, hour: str = "10:00", month: str = "2026-04", offset: str = "-04:00") -> list[object]:
    return [call(f"{month}-{day:02}T{hour}:00{offset}") for day in range(1, count + 1)]


def test_the_seventh_call_is_allowed_and_the_eighth_waits_for_the_first_to_drop_out() -> None:
    seventh = ask(RULE, case("2026-04-07T10:00:00-04:00", history=days(6)))
    eighth = ask(RULE, case("2026-04-07T15:00:00-04:00", history=days(7)))
    assert (Verdict.ALLOW, 6) == (seventh.verdict, seventh.facts["counted"])
    assert (Verdict.HOLD, utc("2026-04-08T00:00:00-04:00")) == (eighth.verdict, eighth.until)
    assert (7, 7) == (eighth.facts["counted"], eighth.facts["at_most"])


def test_a_call_drops_out_at_midnight_whatever_its_hour() -> None:
    history = [call("2026-04-01T23:59:59-04:00"), *days(7)[1:]]
    assert Verdict.HOLD is ask(RULE, case("2026-04-07T23:59:59-04:00", history=history)).verdict
    assert Verdict.ALLOW is ask(RULE, case("2026-04-08T00:00:00-04:00", history=history)).verdict


@pytest.mark.parametrize(
    ("first", "until"),
    [
        ("2026-03-02", "2026-03-09T00:00:00-04:00"),  # the clocks went forward in between: one hour less
        ("2026-10-27", "2026-11-03T00:00:00-05:00"),  # and back: one hour more
    ],
)
def test_the_window_is_of_calendar_days_over_a_change_of_clocks(first: str, until: str) -> None:
    start = datetime.combine(date.fromisoformat(first), time(10), ZoneInfo(NEW_YORK))
    history = [call(start + timedelta(minutes=number)) for number in range(7)]
    found = ask(RULE, case(start + timedelta(days=6), history=history))
    assert utc(until) == found.until


def test_the_day_of_the_strictest_plausible_zone_decides() -> None:
    history = [call("2026-04-01T00:30:00-04:00"), *days(6)]  # 31 March in Los Angeles
    at = "2026-04-07T15:00:00-04:00"
    assert Verdict.ALLOW is ask(RULE, case(at, history=history, zones=(LOS_ANGELES,))).verdict
    both = ask(RULE, case(at, history=history, zones=(LOS_ANGELES, NEW_YORK)))
    assert (Verdict.HOLD, utc("2026-04-08T00:00:00-04:00")) == (both.verdict, both.until)


@pytest.mark.parametrize("result", ["open", "unknown", "some_new_word", "mailbox_full", "dropped"])
def test_what_may_have_connected_counts(result: str) -> None:
    history = [*days(6), call("2026-04-06T16:00:00-04:00", result)]
    assert Verdict.HOLD is ask(RULE, case("2026-04-07T10:00:00-04:00", history=history)).verdict


@pytest.mark.parametrize("result", ["busy", "not_in_service", "refused", "not_sent", "opted_out"])
def test_what_never_connected_does_not_count(result: str) -> None:
    history = [*days(6), call("2026-04-06T16:00:00-04:00", result)]
    assert Verdict.ALLOW is ask(RULE, case("2026-04-07T10:00:00-04:00", history=history)).verdict


def test_the_finding_tells_what_was_not_counted_and_why() -> None:
    history = [*days(7), call("2026-04-06T16:00:00-04:00", "busy")]
    found = ask(RULE, case("2026-04-07T15:00:00-04:00", history=history))
    assert {"not-connected": 1} == found.facts["not_counted"]
    assert utc("2026-04-01T00:00:00-04:00") == when(found.facts["since"])


def test_a_call_that_stands_open_counts_for_every_debt_it_is_about() -> None:
    who = consumer([Debt("d1"), Debt("d2")])
    history = [*days(6), call("2026-04-07T09:00:00-04:00", "open", debts=["d1", "d2"])]
    at = "2026-04-07T10:00:00-04:00"
    assert Verdict.HOLD is ask(RULE, case(at, history=history, who=who, debts=["d1"])).verdict
    closed = [*days(6), call("2026-04-07T09:00:00-04:00", debts=["d1", "d2"])]
    assert Verdict.ALLOW is ask(RULE, case(at, history=closed, who=who, debts=["d1"])).verdict


def test_history_before_it_is_known_counts_as_full() -> None:
    known = when("2026-04-02T12:00:00-04:00")
    held = ask(RULE, case("2026-04-08T10:00:00-04:00", known_since=known))
    assert (Verdict.HOLD, utc("2026-04-09T00:00:00-04:00")) == (held.verdict, held.until)
    assert Verdict.ALLOW is ask(RULE, case("2026-04-09T00:00:00-04:00", known_since=known)).verdict
    exact = when("2026-04-02T00:00:00-04:00")
    assert Verdict.ALLOW is ask(RULE, case("2026-04-08T10:00:00-04:00", known_since=exact)).verdict


def test_without_a_zone_days_cannot_be_counted() -> None:
    assert Verdict.BLOCK is ask(RULE, case("2026-04-07T10:00:00-04:00", history=days(1), zones=())).verdict


def test_an_imported_call_to_a_neighbor_counts_for_the_neighbor() -> None:
    history = [call(f"2026-04-0{day}T10:00:00-04:00", to=NEIGHBOR) for day in range(1, 8)]
    at = "2026-04-07T15:00:00-04:00"
    assert Verdict.ALLOW is ask(RULE, case(at, history=history)).verdict
    location = case(at, to=NEIGHBOR, person="p1", purpose="location", history=history)
    assert Verdict.HOLD is ask(RULE, location).verdict


def test_a_permitted_call_is_good_until_the_permission_ends() -> None:
    history = [*days(7), event("2026-04-07T16:00:00-04:00", "consent", scope="call", to=MOBILE)]
    found = ask(RULE, case("2026-04-08T10:00:00-04:00", history=history))
    assert ("asked-to-call-again", utc("2026-04-14T00:00:00-04:00")) == (found.lifted, found.until)
    assert Verdict.ALLOW is ask(RULE, case("2026-04-14T09:00:00-04:00", history=history)).verdict


def test_the_seven_days_of_a_permission_end_in_the_first_zone_to_reach_their_end() -> None:
    history = [*days(7), event("2026-04-08T00:30:00-04:00", "consent", scope="call")]  # the 7th in Nevada
    zones = (NEW_YORK, LOS_ANGELES)
    found = ask(RULE, case("2026-04-08T00:45:00-04:00", history=history, zones=zones))
    assert utc("2026-04-14T00:00:00-04:00") == found.until


def test_a_permission_outlives_the_talk_in_which_it_was_given() -> None:
    at = "2026-04-07T16:00:00-04:00"
    history = [*days(7), call(at, "conversation"), event(at, "consent", scope="call")]
    found = ask(RULE, case("2026-04-08T10:00:00-04:00", history=history))
    assert "asked-to-call-again" == found.lifted


def test_a_call_in_the_very_moment_of_learning_was_misdirected_too() -> None:
    history = [call(f"2026-04-0{day}T10:00:00-04:00", to=OTHER) for day in range(1, 8)]
    learned = event("2026-04-07T10:00:00-04:00", "wrong_number", to=OTHER)
    at = "2026-04-07T15:00:00-04:00"
    assert Verdict.HOLD is ask(RULE, case(at, history=history)).verdict
    found = ask(RULE, case(at, history=[*history, learned]))
    assert {"misdirected": 7} == found.facts["not_counted"]


def test_calls_asked_for_on_another_number_do_not_count_either() -> None:
    asked = event("2026-04-01T09:00:00-04:00", "consent", scope="call", to=OTHER)
    history = [asked, *(call(f"2026-04-0{day}T10:00:00-04:00", to=OTHER) for day in range(1, 8))]
    found = ask(RULE, case("2026-04-07T15:00:00-04:00", history=history))
    assert (Verdict.ALLOW, {"asked-to-call-again": 7}) == (found.verdict, found.facts["not_counted"])


@pytest.mark.parametrize(
    ("unit", "within", "drops"),
    [("hours", 48, "2026-04-09T10:00:00-04:00"), ("weeks", 1, "2026-04-14T00:00:00-04:00")],
)
def test_other_units_slide_or_count_days(unit: str, within: int, drops: str) -> None:
    parameters = Frequency.Parameters.model_validate(
        {
            "at_most": 1,
            "within": within,
            "unit": unit,
            "per": frozenset({"person"}),
            "channels": frozenset({"call"}),
        },
        strict=False,
    )
    history = [call("2026-04-07T10:00:00-04:00")]
    check = Frequency()
    held = check.judge(case("2026-04-07T11:00:00-04:00", history=history), parameters, {})
    assert (Verdict.HOLD, utc(drops)) == (held.verdict, held.until)
    assert Verdict.ALLOW is check.judge(case(drops, history=history), parameters, {}).verdict


def test_counted_over_an_endpoint_the_calls_to_everybody_who_has_it_count() -> None:
    parameters = Frequency.Parameters.model_validate(
        {
            "at_most": 2,
            "within": 1,
            "unit": "days",
            "per": frozenset({"endpoint"}),
            "channels": frozenset({"call"}),
        },
        strict=False,
    )
    mine, theirs = [call("2026-04-07T09:00:00-04:00")], [call("2026-04-07T10:00:00-04:00")]
    at = "2026-04-07T11:00:00-04:00"
    check = Frequency()
    assert Verdict.ALLOW is check.judge(case(at, history=mine), parameters, {}).verdict
    shared = case(at, history=mine, shared=History(theirs))
    assert Verdict.HOLD is check.judge(shared, parameters, {}).verdict


def test_counted_by_conversation_an_unanswered_call_is_nothing() -> None:
    parameters = Frequency.Parameters.model_validate(
        {
            "at_most": 1,
            "within": 7,
            "unit": "days",
            "per": frozenset({"person"}),
            "channels": frozenset({"call"}),
            "what": "conversations",
        },
        strict=False,
    )
    at = "2026-04-07T11:00:00-04:00"
    check = Frequency()
    unanswered = [call("2026-04-06T09:00:00-04:00")]
    assert Verdict.ALLOW is check.judge(case(at, history=unanswered), parameters, {}).verdict
    talked = [call("2026-04-06T09:00:00-04:00", "conversation")]
    assert Verdict.HOLD is check.judge(case(at, history=talked), parameters, {}).verdict


def test_none_at_all_blocks() -> None:
    _, parameters, _ = rule(RULE)
    none = parameters.model_copy(update={"at_most": 0})
    assert Verdict.BLOCK is Frequency().judge(case("2026-04-07T11:00:00-04:00"), none, {}).verdict


# ---- booking at close ----------------------------------------------------------------------------


def test_an_unanswered_call_is_booked_to_the_debt_with_most_calls_left_then_the_lowest() -> None:
    who = consumer([Debt("d1"), Debt("d2"), Debt("d3")])
    at = when("2026-04-07T10:00:00-04:00")
    history = History(
        [call("2026-04-06T10:00:00-04:00", debts=["d1"]), call("2026-04-05T10:00:00-04:00", debts=["d2"])]
    )
    assert "d3" == choose_debt(["d1", "d2", "d3"], history, at, consumer=who, within=7, zones=(NEW_YORK,))
    assert "d1" == choose_debt(["d2", "d1"], history, at, consumer=who, within=7, zones=(NEW_YORK,))
    assert "d2" == choose_debt(["d2"], history, at, consumer=who, within=7)
    earlier = when("2026-04-12T23:00:00-04:00")  # the call of the 5th has dropped out, that of the 6th not
    assert "d2" == choose_debt(["d1", "d2"], history, earlier, consumer=who, within=7, zones=(NEW_YORK,))


# ---- the oracle ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    at: datetime
    to: str
    debts: tuple[str, ...]
    result: str
    booked: str | None


@dataclass(frozen=True)
class Asked:
    at: datetime
    debts: tuple[str, ...]
    to: str | None
    until: date | None
    withdrawn: datetime | None


ZONES = (NEW_YORK, LOS_ANGELES, "America/Denver", "Asia/Kolkata")
START = datetime(2026, 3, 3, tzinfo=UTC)  # the clocks change on 8 March
# Every three hours, so that things also happen at one instant and on both sides of a midnight.
MOMENTS = st.integers(0, 9 * 8).map(lambda number: START + timedelta(hours=3 * number))
DEBTS = st.sets(st.sampled_from(["d1", "d2", "d3"]), min_size=1).map(lambda found: tuple(sorted(found)))
CALLS = st.builds(
    Call,
    at=MOMENTS,
    to=st.sampled_from([MOBILE, OTHER, LANDLINE]),
    debts=DEBTS,
    result=st.sampled_from(
        ["no_answer", "no_answer", "voicemail", "busy", "limited_content_message", "unknown", "conversation"]
    ),
    booked=st.none() | st.sampled_from(["d1", "d2"]),
)
ASKED = st.builds(
    Asked,
    at=MOMENTS,
    debts=st.just(()) | DEBTS,
    to=st.none() | st.sampled_from([MOBILE, OTHER]),
    until=st.none() | st.dates(date(2026, 3, 3), date(2026, 3, 16)),
    withdrawn=st.none() | MOMENTS,
)


def day_of(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def in_last_days(moment: datetime, at: datetime, zone: str, within: int) -> bool:
    today = day_of(at, zone)
    return any(day_of(moment, zone) == today - timedelta(days=back) for back in range(within))


def book(
    calls: list[Call], wrong: tuple[str, datetime] | None, zones: tuple[str, ...], within: int
) -> list[tuple[Call, set[str], set[str]]]:
    """Each call that counts, with the debts it counts for and those talked about, by plain loops."""
    result: list[tuple[Call, set[str], set[str]]] = []
    for each in calls:
        if each.result == "busy" or (wrong and each.to == wrong[0] and each.at <= wrong[1]):
            continue
        talked = set(each.debts) if each.result == "conversation" else set()
        if each.booked:
            result.append((each, {each.booked}, talked))
            continue
        if each.result in ("voicemail", "unknown", "conversation"):
            result.append((each, set(each.debts), talked))
            continue
        best, fewest = "", 10**9
        for debt in sorted(each.debts):
            used = max(
                sum(
                    debt in placed and in_last_days(other.at, each.at, zone, within)
                    for other, placed, _ in result
                )
                for zone in zones
            )
            if used < fewest:
                best, fewest = debt, used
        result.append((each, {best}, talked))
    return result


def asked_for(
    moment: datetime,
    to: str,
    debt: str,
    asked: list[Asked],
    booked: list[tuple[Call, set[str], set[str]]],
    zones: tuple[str, ...],
    now: datetime,
) -> bool:
    for each in asked:
        if each.at > now or moment < each.at or (each.debts and debt not in each.debts):
            continue
        if each.to and each.to != to:
            continue
        received = min(day_of(each.at, zone) for zone in zones)
        if any((day_of(moment, zone) - received).days > 6 for zone in zones):
            continue
        if each.until and any(day_of(moment, zone) > each.until for zone in zones):
            continue
        if each.withdrawn and each.at <= each.withdrawn <= min(moment, now):
            continue
        if any(debt in talked and each.at < other.at < moment for other, _, talked in booked):
            continue
        return True
    return False


def oracle(
    at: datetime,
    debts: tuple[str, ...],
    calls: list[Call],
    asked: list[Asked],
    wrong: tuple[str, datetime] | None,
    zones: tuple[str, ...],
    limit: tuple[int, int],
) -> bool:
    """Whether the rule lets a call to the mobile number be placed at that moment."""
    at_most, within = limit
    wrong = wrong if wrong and wrong[1] <= at else None
    booked = book([each for each in calls if each.at <= at], wrong, zones, within)
    for debt in debts:
        if asked_for(at, MOBILE, debt, asked, booked, zones, at):
            continue
        for zone in zones:
            counted = 0
            for each, placed, _ in booked:
                inside = debt in placed and in_last_days(each.at, at, zone, within)
                if inside and not asked_for(each.at, each.to, debt, asked, booked, zones, at):
                    counted += 1
            if counted >= at_most:
                return False
    return True


@settings(max_examples=400)
@given(
    st.lists(CALLS, max_size=12),
    st.lists(ASKED, max_size=2),
    st.none() | st.tuples(st.sampled_from([OTHER, LANDLINE]), MOMENTS),
    st.sets(st.sampled_from(ZONES), min_size=1, max_size=3).map(sorted).map(tuple),
    DEBTS,
    st.integers(0, 10 * 8).map(lambda number: START + timedelta(hours=3 * number)),
    st.tuples(st.integers(1, 3), st.integers(1, 7)),
)
def test_the_count_agrees_with_plain_loops_over_days(
    calls: list[Call],
    asked: list[Asked],
    wrong: tuple[str, datetime] | None,
    zones: tuple[str, ...],
    debts: tuple[str, ...],
    at: datetime,
    limit: tuple[int, int],
) -> None:
    calls = sorted(calls, key=lambda each: each.at)
    history = [
        call(
            each.at,
            each.result,
            each.to,
            debts=list(each.debts),
            **({"counted_to": [each.booked]} if each.booked else {}),
        )
        for each in calls
    ]
    for each in asked:
        fields = {"debts": list(each.debts), "to": each.to, "until": each.until and each.until.isoformat()}
        history.append(event(each.at, "consent", scope="call", **{k: v for k, v in fields.items() if v}))
        if each.withdrawn:
            history.append(
                event(
                    each.withdrawn, "consent_withdrawn", scope="call", **({"to": each.to} if each.to else {})
                )
            )
    # A withdrawal without an address takes back every consent to calls.
    asked = [
        Asked(
            one.at,
            one.debts,
            one.to,
            one.until,
            min(
                (
                    other.withdrawn
                    for other in asked
                    if other.withdrawn
                    and other.withdrawn >= one.at
                    and (not other.to or not one.to or other.to == one.to)
                ),
                default=None,
            ),
        )
        for one in asked
    ]
    if wrong:
        history.append(event(wrong[1], "wrong_number", to=wrong[0]))
    who = consumer([Debt("d1"), Debt("d2"), Debt("d3")])
    check, shipped, exceptions = rule(RULE)
    parameters = shipped.model_copy(update={"at_most": limit[0], "within": limit[1]})

    def asked_check(moment: datetime) -> tuple[Verdict, datetime | None]:
        found = check.judge(
            case(moment, history=history, zones=zones, who=who, debts=debts), parameters, exceptions
        )
        return found.verdict, found.until

    verdict, until = asked_check(at)
    assert (
        Verdict.ALLOW if oracle(at, debts, calls, asked, wrong, zones, limit) else Verdict.HOLD
    ) is verdict
    if verdict is Verdict.HOLD and not asked:
        # If nothing else happens: free at ``until``, and at no local midnight before.
        assert until is not None
        past = [each for each in calls if each.at <= at]
        learned = wrong if wrong and wrong[1] <= at else None
        assert oracle(until, debts, past, asked, learned, zones, limit)
        midnights = {
            datetime.combine(day_of(at, zone) + timedelta(days=ahead), time(0), ZoneInfo(zone)).astimezone(
                UTC
            )
            for zone in zones
            for ahead in range(1, 9)
        }
        for moment in sorted(midnights):
            if at < moment < until:
                assert not oracle(moment, debts, past, asked, learned, zones, limit)
