"""Zones come from the tzdata wheel, and changes of clocks are read on the stricter side."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.policy import zones


def test_vancouver_in_january_2027_is_seven_hours_behind_whatever_the_system_says() -> None:
    """Older tables have eight: the wheel must win, and nothing global may change for it."""
    before = zoneinfo.TZPATH
    moment = datetime(2027, 1, 15, 20, tzinfo=UTC)
    assert zones.local("America/Vancouver", moment).utcoffset() == timedelta(hours=-7)
    assert before == zoneinfo.TZPATH


@pytest.mark.parametrize("key", ["Napakiak", "", "../zone.tab", "America", "america/new_york", "/etc/passwd"])
def test_an_unknown_key_raises_key_error(key: str) -> None:
    assert not zones.known(key)
    with pytest.raises(KeyError):
        zones.zone(key)


def test_every_key_can_be_read() -> None:
    assert len(zones.all_keys()) > 400
    for key in zones.all_keys():
        assert zones.zone(key).key == key


@pytest.mark.parametrize(
    ("day", "wall", "opening", "expected"),
    [
        # 2026-03-08: from 02:00 to 03:00 there is no time in New York
        ((2026, 3, 8), (2, 30), True, "2026-03-08T07:30:00+00:00"),
        ((2026, 3, 8), (2, 30), False, "2026-03-08T06:30:00+00:00"),
        # 2026-11-01: from 01:00 to 02:00 time comes twice
        ((2026, 11, 1), (1, 30), True, "2026-11-01T06:30:00+00:00"),
        ((2026, 11, 1), (1, 30), False, "2026-11-01T05:30:00+00:00"),
        ((2026, 5, 12), (8, 0), True, "2026-05-12T12:00:00+00:00"),
        ((2026, 5, 12), (8, 0), False, "2026-05-12T12:00:00+00:00"),
    ],
)
def test_a_wall_time_is_read_on_the_stricter_side(
    day: tuple[int, int, int], wall: tuple[int, int], opening: bool, expected: str
) -> None:
    found = zones.instant("America/New_York", date(*day), time(*wall), opening=opening)
    assert found == datetime.fromisoformat(expected)
    assert found.tzinfo is UTC


@settings(max_examples=100)
@given(
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]),
    st.dates(date(2010, 1, 1), date(2030, 12, 31)),
    st.times().map(lambda each: each.replace(microsecond=0)),
)
def test_opening_is_never_before_closing_and_exact_where_clocks_do_not_change(
    key: str, day: date, wall: time
) -> None:
    late = zones.instant(key, day, wall, opening=True)
    early = zones.instant(key, day, wall, opening=False)
    assert early <= late
    if early == late:
        shown = zones.local(key, late)
        assert (shown.date(), shown.time()) == (day, wall)


def test_countries_and_zones_know_each_other() -> None:
    assert zones.zones_of_country("jp") == ("Asia/Tokyo",)
    assert "America/Adak" in zones.zones_of_country("US")
    assert zones.zones_of_country("XX") == ()
    assert (zones.country_of("Europe/Berlin"), zones.country_of("UTC")) == ("DE", "")
