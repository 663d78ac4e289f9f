"""Windows and spans to the instant, also where a midnight comes twice: what the mutation run asked for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from checkcases import LOS_ANGELES, NEW_YORK, event, utc

from outreach.policy.checks.days import DAY, Window, as_date, first_midnight, last_midnight
from outreach.policy.checks.spans import Span, days_around, span_of, stretches

AZORES = "Atlantic/Azores"  # on 25 October 2026 the clocks go from 01:00 back to 00:00
TWICE = date(2026, 10, 25)
FIRST, SECOND = utc("2026-10-25T00:00:00+00:00"), utc("2026-10-25T00:00:00-01:00")
TICK = timedelta(microseconds=1)


def test_a_midnight_that_comes_twice_is_read_on_the_stricter_side() -> None:
    assert (FIRST, SECOND) == (first_midnight([AZORES], TWICE), last_midnight([AZORES], TWICE))
    both = [NEW_YORK, LOS_ANGELES]
    assert utc("2026-05-12T00:00:00-04:00") == first_midnight(both, date(2026, 5, 12))
    assert utc("2026-05-12T00:00:00-07:00") == last_midnight(both, date(2026, 5, 12))


@pytest.mark.parametrize("days", [1, 7])
def test_a_window_of_days_begins_at_the_earlier_midnight(days: int) -> None:
    at = utc("2026-10-25T12:00:00-01:00") + timedelta(days=days - 1)
    assert FIRST == Window(days, "days").start(at, [AZORES])
    changes, begins = Window(days, "days").starts(at, [AZORES])
    assert (FIRST,) == begins
    assert utc("2026-10-26T00:00:00-01:00") + timedelta(days=days - 1) == changes


def test_until_the_next_midnight_the_beginnings_stay_as_they_are() -> None:
    at = utc("2026-05-12T23:30:00-04:00")
    changes, begins = Window(7, "days").starts(at, [NEW_YORK, LOS_ANGELES])
    assert utc("2026-05-13T00:00:00-04:00") == changes
    assert (utc("2026-05-06T00:00:00-04:00"), utc("2026-05-06T00:00:00-07:00")) == begins
    assert FIRST == Window(2, "days").starts(utc("2026-10-24T12:00:00+00:00"), [AZORES])[0]


def test_what_has_to_have_passed_has_passed_at_the_later_midnight() -> None:
    call = utc("2026-10-18T12:00:00+00:00")
    assert SECOND == Window(7, "days").clears(call, [AZORES])
    assert SECOND == Window(7, "days").frees([call], call, [AZORES], 1)
    assert SECOND == Window(1, "weeks").clears(call, [AZORES])


def test_unknown_history_clears_with_the_day_before_it_is_known() -> None:
    midnight = utc("2026-05-12T00:00:00-04:00")
    assert utc("2026-05-18T00:00:00-04:00") == Window(7, "days").clears_unknown(midnight, [NEW_YORK])
    assert utc("2026-05-19T00:00:00-04:00") == Window(7, "days").clears_unknown(midnight + TICK, [NEW_YORK])
    assert midnight - TICK + timedelta(hours=3) == Window(3, "hours").clears_unknown(midnight, [NEW_YORK])


def test_hours_slide_to_the_instant() -> None:
    window, at = Window(2, "hours"), utc("2026-05-12T12:00:00-04:00")
    moments = [at - timedelta(minutes=minutes) for minutes in (110, 60, 10)]
    assert at - timedelta(hours=2) == window.start(at, [])
    assert at + timedelta(minutes=10) == window.frees(moments, at, [], 3)
    assert at + timedelta(minutes=60) == window.frees(moments, at, [], 2)
    assert at == window.frees(moments, at, [], 4)
    assert at - timedelta(minutes=110) + timedelta(hours=2) == window.clears(moments[0], [])


def test_dates_are_read_from_dates_and_timestamps() -> None:
    for value in ("2026-05-12", "2026-05-12T23:00:00+00:00", date(2026, 5, 12), datetime(2026, 5, 12, 23)):
        assert date(2026, 5, 12) == as_date(value)


def spoken(**fields: object) -> Span:
    return span_of(event("2026-05-01T12:00:00-04:00", "inconvenient", **fields))


def test_a_span_is_read_as_it_was_said() -> None:
    every = frozenset(range(7))
    assert Span(frozenset({0, 5}), None, None, None, None) == spoken(days=["mon", "Saturday"])
    assert Span(every, time(15), time(17), None, None) == spoken(from_="15:00", to="17:00")
    assert Span(every, time(20), time(0), None, None) == spoken(from_="20:00")
    assert Span(every, time(0), time(8), None, None) == spoken(to="08:00")
    assert Span(every, time(20), time(0), None, date(2026, 6, 1)) == spoken(
        from_="20:00", to="24:00", until="2026-06-01"
    )
    assert Span(every, time(20), time(0), None, None) == spoken(from_="20:00", to="24:00:00")
    assert Span(every, None, None, None, None) == spoken(from_="", to="")


def test_the_from_of_a_dated_consent_is_its_first_day() -> None:
    consent = event(
        "2026-05-01T12:00:00-04:00", "consent", scope="any", from_="2026-05-10", until="2026-05-12"
    )
    span = span_of(consent, dated=True)
    assert Span(frozenset(range(7)), None, None, date(2026, 5, 10), date(2026, 5, 12)) == span
    assert [False, True, True, False] == [span.on(date(2026, 5, day)) for day in (9, 10, 12, 13)]


def test_a_named_time_opens_late_and_closes_early_where_clocks_change() -> None:
    """From 00:00 to 00:30 comes twice: the later opening is past the earlier closing; nothing is left."""
    every = frozenset(range(7))
    assert [] == stretches(Span(every, time(0), time(0, 30), None, None), AZORES, [TWICE])
    [(start, end)] = stretches(Span(every, time(0, 15), time(2), None, None), AZORES, [TWICE])
    assert (SECOND + timedelta(minutes=15), SECOND + timedelta(hours=2)) == (start, end)
    [(start, end)] = stretches(Span(every, time(22), time(0, 30), None, None), AZORES, [TWICE - DAY])
    assert (FIRST - timedelta(hours=2), FIRST + timedelta(minutes=30)) == (start, end)


def test_whole_days_and_nights_are_stretches_of_the_days_on_which_they_start() -> None:
    monday, tuesday = date(2026, 5, 11), date(2026, 5, 12)
    only_tuesday = Span(frozenset({1}), None, None, None, None)
    assert [(utc("2026-05-12T00:00:00-04:00"), utc("2026-05-13T00:00:00-04:00"))] == stretches(
        only_tuesday, NEW_YORK, [monday, tuesday]
    )
    night = Span(frozenset({0}), time(22), time(6), None, None)
    assert [(utc("2026-05-11T22:00:00-04:00"), utc("2026-05-12T06:00:00-04:00"))] == stretches(
        night, NEW_YORK, [monday, tuesday]
    )
    same = Span(frozenset({0}), time(6), time(6), None, None)
    assert [(utc("2026-05-11T06:00:00-04:00"), utc("2026-05-12T06:00:00-04:00"))] == stretches(
        same, NEW_YORK, [monday]
    )


def test_days_around_begin_with_yesterday() -> None:
    at = utc("2026-05-12T23:30:00-04:00")
    assert [date(2026, 5, day) for day in (11, 12, 13)] == days_around(NEW_YORK, at, 1)
