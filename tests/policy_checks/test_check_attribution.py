"""To which of several debts a call is booked, and what is left of each debt's calls afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from checkcases import LOS_ANGELES, MOBILE, NEIGHBOR, NEW_YORK, OTHER, call, consumer, event, when

from outreach.domain import Debt, Event, History
from outreach.policy import choose_debt, placed_counts
from outreach.policy.checks.attribution import PlacedCounts

LOANS = [
    Debt("s1", kind="student_loan", servicing_account="a"),
    Debt("s2", kind="student_loan", servicing_account="a"),
]
WHO = consumer([Debt("d1"), Debt("d2"), *LOANS])
NOW = when("2026-05-12T10:00:00-04:00")


def chosen(
    history: Sequence[Event],
    debts: Sequence[str] = ("d1", "d2"),
    *,
    within: int = 7,
    at: str = "",
    **more: object,
) -> str:
    options = {"zones": (NEW_YORK,), **more}
    moment = when(at) if at else NOW
    return choose_debt(debts, History(history), moment, consumer=WHO, within=within, **options)  # type: ignore[arg-type]


def placed(at: str, *debts: str, to: str = MOBILE, outcome: str = "voicemail") -> Event:
    return call(at, outcome, to, debts=list(debts))


# ---- the debt with most calls left ---------------------------------------------------------------


def test_without_a_zone_days_are_taken_as_twenty_four_hours() -> None:
    early = placed("2026-05-05T10:00:00-04:00", "d1")  # seven times 24 hours ago
    late = placed("2026-05-05T10:00:01-04:00", "d1")
    assert "d1" == chosen([early], zones=())
    assert "d2" == chosen([late], zones=())
    assert "d1" == chosen([late])  # with a zone: the day of the 5th has dropped out


def test_a_window_of_hours_stays_one() -> None:
    early = placed("2026-05-12T08:00:00-04:00", "d1")
    assert "d1" == chosen([early], within=2, unit="hours")
    assert "d1" == chosen([early], within=2, unit="hours", zones=())
    assert "d2" == chosen([early], within=3, unit="hours")
    assert "d2" == chosen([early], within=3, unit="hours", zones=())


def test_a_window_of_weeks_is_one_of_seven_days_each() -> None:
    call_ = placed("2026-05-01T10:00:00-04:00", "d1")
    assert "d2" == chosen([call_], within=2, unit="weeks")
    assert "d1" == chosen([call_], within=1, unit="weeks")


def test_the_day_of_the_last_zone_decides_what_is_still_counted() -> None:
    history = [placed("2026-05-05T23:30:00-07:00", "d1")]
    assert "d1" == chosen(history, at="2026-05-13T00:30:00-04:00")
    assert "d2" == chosen(history, at="2026-05-13T00:30:00-04:00", zones=(NEW_YORK, LOS_ANGELES), within=8)


def test_what_came_later_and_what_went_to_others_takes_no_room() -> None:
    assert "d1" == chosen([placed("2026-05-12T10:00:01-04:00", "d1")])
    assert "d2" == chosen([placed("2026-05-12T10:00:00-04:00", "d1")])
    neighbor = placed("2026-05-11T10:00:00-04:00", "d1", to=NEIGHBOR)
    assert "d1" == chosen([neighbor])
    assert "d2" == chosen([neighbor], person="p1")


def test_an_earlier_call_that_named_no_debt_was_booked_in_its_turn() -> None:
    first = placed("2026-05-10T10:00:00-04:00", "d1", "d2", outcome="no_answer")
    assert "d2" == chosen([first])
    assert "d1" == chosen([first, placed("2026-05-11T10:00:00-04:00", "d1", "d2", outcome="no_answer")])


def test_of_equal_debts_the_lowest_id_was_taken_not_the_first_named() -> None:
    who = consumer([Debt("b1"), Debt("a2")])
    first = History([placed("2026-05-10T10:00:00-04:00", "b1", "a2", outcome="no_answer")])
    assert "b1" == choose_debt(["a2", "b1"], first, NOW, consumer=who, within=7, zones=(NEW_YORK,))
    loans = consumer([Debt("b1"), Debt("c3", kind="student_loan", servicing_account="x")])
    other = History([placed("2026-05-10T10:00:00-04:00", "c3", "b1", outcome="no_answer")])
    assert "c3" == choose_debt(["b1", "c3"], other, NOW, consumer=loans, within=7, zones=(NEW_YORK,))


def test_loans_under_one_account_have_their_calls_in_common() -> None:
    used = placed("2026-05-11T10:00:00-04:00", "s2")
    assert "d1" == chosen([used], ["s1", "d1"])
    assert "s1" == chosen([], ["s2", "s1"])


def test_a_debt_that_is_not_on_file_can_be_chosen() -> None:
    assert "new" == chosen([placed("2026-05-11T10:00:00-04:00", "d1")], ["d1", "new"])


# ---- what is counted for each --------------------------------------------------------------------


def counts(*history: Event, zones: Sequence[str] = (NEW_YORK,)) -> PlacedCounts:
    return placed_counts(History(history), NOW, consumer=WHO, within=7, zones=zones)


def test_a_call_moved_from_one_debt_to_another_leaves_one_and_joins_the_other() -> None:
    found = counts(
        *(placed(f"2026-05-{day:02}T09:00:00-04:00", "d1") for day in (8, 9, 10)),
        *(placed(f"2026-05-{day:02}T09:30:00-04:00", "s1") for day in (8, 9)),
    )
    assert (3, 0, 2, 2) == tuple(map(found.of, ("d1", "d2", "s1", "s2")))
    found.move("d1", "s2")
    assert (2, 0, 3, 3) == tuple(map(found.of, ("d1", "d2", "s1", "s2")))
    found.move("s2", "d2")
    assert (2, 1, 2, 2) == tuple(map(found.of, ("d1", "d2", "s1", "s2")))
    found.move("not on file", "d1")
    found.move("d1", "not on file")
    assert (2, 1, 0) == tuple(map(found.of, ("d1", "d2", "not on file")))


@pytest.mark.parametrize(
    ("event_", "number"),
    [
        (placed("2026-05-11T10:00:00-04:00", "d1"), 1),
        (placed("2026-05-11T10:00:00-04:00", "d1", outcome="busy"), 0),
        (placed("2026-05-11T10:00:00-04:00", "d1", outcome="not_in_service"), 0),
        (placed("2026-05-11T10:00:00-04:00", "d1", outcome="not_sent"), 0),
        (placed("2026-05-11T10:00:00-04:00", "d1", to=NEIGHBOR), 0),
        (placed("2026-05-06T00:00:00-04:00", "d1"), 1),
        (placed("2026-05-05T23:59:59-04:00", "d1"), 0),
        (
            event(
                "2026-05-11T10:00:00-04:00", "attempt", channel="sms", to=MOBILE, debts=["d1"], outcome="sent"
            ),
            0,
        ),
    ],
)
def test_calls_to_her_inside_the_window_are_counted(event_: Event, number: int) -> None:
    assert number == counts(event_).of("d1")


@pytest.mark.parametrize(
    ("wrong", "number"),
    [
        (event("2026-05-12T10:00:00-04:00", "wrong_number", to=MOBILE), 0),
        (event("2026-05-12T10:00:01-04:00", "wrong_number", to=MOBILE), 1),
        (event("2026-05-12T10:00:00-04:00", "wrong_number", to=OTHER), 1),
    ],
)
def test_calls_to_a_number_found_wrong_are_none(wrong: Event, number: int) -> None:
    """Comment 14(b)(2)(i)-3."""
    assert number == counts(placed("2026-05-11T10:00:00-04:00", "d1"), wrong).of("d1")


def test_a_call_that_dropped_out_of_the_window_cannot_be_booked_anew() -> None:
    dropped = replace(placed("2026-05-05T10:00:00-04:00", "d1"), id="first")
    inside = replace(placed("2026-05-11T10:00:00-04:00", "d1"), id="second")
    found = counts(dropped, inside)
    assert (False, True, False) == tuple(map(found.holds, ("first", "second", "third")))
