"""The joint earliest lawful instant: all rules are asked again until none objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain import ALLOWED, Case, Decision, Finding, Places, Verdict
from outreach.policy import load_documents
from tests.policy.toys import HEAD, NOON, case, checks, policy, rule, scripted

HOURS = rule("toy.hours", "opening", '{opens: "08:00", closes: "21:00"}', "1 TOY hours")
EAST, CENTRAL, MOUNTAIN, WEST = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def until(moment: datetime) -> Callable[[Case], Finding]:
    return lambda asked: Finding.hold("waits", until=moment) if asked.at < moment else ALLOWED


def where(*zones: str) -> Places:
    return Places(zones, ("us",))


@pytest.mark.parametrize(
    ("zones", "moment", "expected"),
    [
        ([EAST], "2026-05-12T21:30:00-04:00", "2026-05-13T08:00:00-04:00"),
        ([EAST], "2026-05-12T07:59:59-04:00", "2026-05-12T08:00:00-04:00"),
        ([EAST], "2026-05-12T21:00:00-04:00", "2026-05-13T08:00:00-04:00"),
        # comment 6(b)(1)(i)-2: Eastern area code, Pacific address: 11:00 to 21:00 Eastern
        ([EAST, WEST], "2026-05-12T10:59:59-04:00", "2026-05-12T11:00:00-04:00"),
        ([EAST, WEST], "2026-05-12T21:00:00-04:00", "2026-05-13T11:00:00-04:00"),
        # Eastern mobile, Mountain landline: 10:00 to 21:00 Eastern
        ([EAST, MOUNTAIN], "2026-05-12T09:00:00-04:00", "2026-05-12T10:00:00-04:00"),
        # the night in which clocks go forward (8 March) and back (1 November)
        ([EAST], "2026-03-07T22:00:00-05:00", "2026-03-08T08:00:00-04:00"),
        ([EAST], "2026-10-31T22:00:00-04:00", "2026-11-01T08:00:00-05:00"),
    ],
)
def test_a_hold_ends_at_the_first_instant_open_in_every_zone(
    tmp_path: Path, zones: list[str], moment: str, expected: str
) -> None:
    decision = policy(tmp_path, HOURS).decide(case(at=at(moment), places=where(*zones)))
    assert (decision.verdict, decision.until) == (Verdict.HOLD, at(expected))


@pytest.mark.parametrize("moment", ["2026-05-12T11:00:00-04:00", "2026-05-12T20:59:59-04:00"])
def test_open_in_every_zone_is_allowed_until_the_first_closes(tmp_path: Path, moment: str) -> None:
    decision = policy(tmp_path, HOURS).decide(case(at=at(moment), places=where(EAST, WEST)))
    assert decision.verdict is Verdict.ALLOW
    assert decision.good_until == at("2026-05-12T21:00:00-04:00")


def test_an_opening_hour_that_does_not_exist_or_comes_twice_opens_late(tmp_path: Path) -> None:
    night = rule("toy.hours", "opening", '{opens: "02:30", closes: "21:00"}')
    loaded = policy(tmp_path, night)
    skipped = loaded.decide(case(at=at("2026-03-08T00:00:00-05:00"), places=where(EAST)))
    assert skipped.until == at("2026-03-08T03:30:00-04:00")
    twice = policy(tmp_path, night.replace("02:30", "01:30")).decide(
        case(at=at("2026-11-01T00:00:00-04:00"), places=where(EAST))
    )
    assert twice.until == at("2026-11-01T01:30:00-05:00")


def test_rules_that_push_each_other_on_are_followed_to_the_end(tmp_path: Path) -> None:
    """A week's limit frees at midnight; midnight is outside hours; eight o'clock is inside a pause."""
    midnight, ten = at("2026-05-19T00:00:00-04:00"), at("2026-05-19T10:00:00-04:00")

    def pause(asked: Case) -> Finding:
        eight = at("2026-05-19T08:00:00-04:00")
        return Finding.hold("pause", until=ten) if eight <= asked.at < ten else ALLOWED

    loaded = policy(tmp_path, HOURS + scripted("week", "pause"), {"week": until(midnight), "pause": pause})
    decision = loaded.decide(case())
    assert (decision.verdict, decision.until) == (Verdict.HOLD, ten)
    assert decision.reason == "toy.pause: pause"
    assert [each.rule for each in decision.objections] == ["toy.week"]


def test_the_joint_instant_is_lawful_and_nothing_before_it_is(tmp_path: Path) -> None:
    loaded = policy(tmp_path, HOURS + scripted("wait"), {"wait": until(at("2026-05-15T22:15:00-04:00"))})
    decision = loaded.decide(case())
    assert decision.until == at("2026-05-16T08:00:00-04:00")
    assert loaded.decide(case(at=decision.until)).verdict is Verdict.ALLOW
    assert loaded.decide(case(at=decision.until - timedelta(seconds=1))).verdict is Verdict.HOLD


def test_a_rule_that_blocks_at_the_candidate_blocks_and_is_cited(tmp_path: Path) -> None:
    def only_today(asked: Case) -> Finding:
        return ALLOWED if asked.at < NOON + timedelta(hours=12) else Finding.block("the case is closed")

    loaded = policy(
        tmp_path,
        scripted("wait", "today"),
        {"wait": until(NOON + timedelta(days=2)), "today": only_today},
    )
    decision = loaded.decide(case())
    assert decision.verdict is Verdict.BLOCK
    assert "1 TOY today" in {cite for each in decision.objections for cite in each.cites}
    standing = next(each.finding for each in decision.findings if each.rule == "toy.today")
    assert standing.facts["asked_at"] == (NOON + timedelta(days=2)).isoformat()


def days(count: float) -> Callable[[Case], Finding]:
    return until(NOON + timedelta(days=count))


def decided(tmp_path: Path, **script: Callable[[Case], Finding]) -> Decision:
    return policy(tmp_path, scripted(*script), script).decide(case())


def test_sixty_days_are_within_reach_and_a_second_more_is_one_rules_known_end(tmp_path: Path) -> None:
    assert decided(tmp_path / "a", one=days(60), two=days(59)).until == NOON + timedelta(days=60)
    late = NOON + timedelta(days=60, seconds=1)
    decision = decided(tmp_path / "b", one=until(late), two=days(59))
    assert (decision.verdict, decision.until) == (Verdict.HOLD, late)


def test_a_moratorium_of_seventy_days_stays_a_hold_with_its_end(tmp_path: Path) -> None:
    decision = decided(tmp_path, moratorium=days(70))
    assert (decision.verdict, decision.until) == (Verdict.HOLD, NOON + timedelta(days=70))


def test_behind_a_moratorium_the_other_rules_are_asked_too(tmp_path: Path) -> None:
    loaded = policy(tmp_path, HOURS + scripted("m"), {"m": until(at("2026-08-01T00:00:00-04:00"))})
    assert loaded.decide(case()).until == at("2026-08-01T08:00:00-04:00")


def test_two_rules_beyond_sixty_days_block_citing_both(tmp_path: Path) -> None:
    decision = decided(tmp_path, one=days(70), two=days(80), three=days(1))
    assert decision.verdict is Verdict.BLOCK
    assert {"toy.one", "toy.two"} <= {each.rule for each in decision.objections}
    assert "60 days" in decision.reason


def test_a_rule_that_always_names_a_later_instant_blocks_and_is_cited(tmp_path: Path) -> None:
    def never(step: timedelta) -> Callable[[Case], Finding]:
        return lambda asked: Finding.hold("later", until=asked.at + step)

    for name, step in (("fast", timedelta(minutes=1)), ("slow", timedelta(days=20))):
        decision = decided(tmp_path / name, endless=never(step))
        assert decision.verdict is Verdict.BLOCK
        assert [each.rule for each in decision.objections] == ["toy.endless"]


def test_five_hundred_steps_are_taken_and_no_more(tmp_path: Path) -> None:
    def steps(count: int) -> Callable[[Case], Finding]:
        end = NOON + timedelta(minutes=count)
        return lambda asked: (
            Finding.hold("later", until=asked.at + timedelta(minutes=1)) if asked.at < end else ALLOWED
        )

    assert decided(tmp_path / "a", slow=steps(500)).verdict is Verdict.HOLD
    assert decided(tmp_path / "b", slow=steps(501)).verdict is Verdict.BLOCK


ZONES = st.lists(st.sampled_from([EAST, CENTRAL, MOUNTAIN, WEST]), min_size=1, max_size=3, unique=True)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(
    lambda each: each.replace(tzinfo=UTC)
)


@settings(max_examples=40)
@given(ZONES, MOMENTS, st.integers(8, 11), st.integers(15, 21), st.integers(0, 80))
def test_a_hold_is_allowed_at_its_end_and_every_minute_before_it_objects(
    zones: list[str], moment: datetime, opens: int, closes: int, hours: int
) -> None:
    """Against a walk over the minutes, written without the search."""
    text = (
        HEAD.format(name="us.toy", jurisdiction="us")
        + rule("toy.hours", "opening", f'{{opens: "{opens:02}:00", closes: "{closes:02}:00"}}')
        + scripted("wait")
    )
    loaded = load_documents([text], checks({"wait": until(moment + timedelta(hours=hours))}))
    decision = loaded.decide(case(at=moment, places=where(*zones)))
    if decision.verdict is Verdict.ALLOW:
        return
    assert decision.until is not None
    assert loaded.decide(case(at=decision.until, places=where(*zones))).verdict is Verdict.ALLOW
    step = (decision.until - moment) / 40
    for number in range(40):
        earlier = loaded.decide(case(at=moment + step * number, places=where(*zones)))
        assert earlier.verdict is Verdict.HOLD
        assert earlier.until == decision.until


@pytest.mark.parametrize(
    ("days", "verdict"),
    [(timedelta(days=60), Verdict.HOLD), (timedelta(days=60, microseconds=1), Verdict.BLOCK)],
)
def test_two_rules_that_together_lead_beyond_sixty_days_block(
    tmp_path: Path, days: timedelta, verdict: Verdict
) -> None:
    script = {"a": until(NOON + days), "b": until(NOON + days)}
    decision = policy(tmp_path, scripted("a", "b"), script).decide(case())
    assert verdict is decision.verdict
    assert verdict is Verdict.HOLD or "no lawful moment within 60 days" in decision.reason


def test_what_blocks_at_the_later_moment_is_said_with_its_rule(tmp_path: Path) -> None:
    def closes(asked: Case) -> Finding:
        return Finding.block("gone") if asked.at > NOON else ALLOWED

    script = {"a": until(NOON + timedelta(hours=1)), "b": closes}
    decision = policy(tmp_path, scripted("a", "b"), script).decide(case())
    assert (Verdict.BLOCK, "waiting does not help: toy.b: gone") == (decision.verdict, decision.reason)
