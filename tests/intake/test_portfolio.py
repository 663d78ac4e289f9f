"""The invented portfolio: real formats, nobody's data, the same from the same seed."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.cli.portfolio import CREDITORS, Portfolio, write_large_campaign, write_portfolio
from outreach.cli.portfolio.people import STORIES
from outreach.domain import Purpose, Way
from outreach.intake import (
    ConsumerRow,
    ContactRow,
    EventRow,
    Rejection,
    read_consumers,
    read_contacts,
    read_events,
)

NOW = datetime(2026, 3, 10, 19, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    return write_portfolio(tmp_path_factory.mktemp("portfolio"), seed=7, consumers=600, now=NOW)


@pytest.fixture(scope="module")
def people(portfolio: Portfolio) -> list[ConsumerRow | Rejection]:
    return list(read_consumers(portfolio.consumers_path))


@pytest.fixture(scope="module")
def history(portfolio: Portfolio) -> list[EventRow | Rejection]:
    return list(read_events(portfolio.events_path, now=NOW))


@pytest.fixture(scope="module")
def campaign(portfolio: Portfolio) -> list[ContactRow | Rejection]:
    return list(read_contacts(portfolio.campaign_path, now=NOW))


def test_people_and_history_are_taken_whole(
    portfolio: Portfolio,
    people: list[ConsumerRow | Rejection],
    history: list[EventRow | Rejection],
) -> None:
    assert [] == [row for row in [*people, *history] if isinstance(row, Rejection)]
    assert (600, portfolio.counts["events"]) == (len(people), len(history))


def test_the_same_seed_and_moment_give_the_same_bytes(portfolio: Portfolio, tmp_path: Path) -> None:
    again = write_portfolio(tmp_path / "a", seed=7, consumers=600, now=NOW)
    other = write_portfolio(tmp_path / "b", seed=8, consumers=600, now=NOW)
    for name in ("consumers_path", "events_path", "campaign_path"):
        assert getattr(portfolio, name).read_bytes() == getattr(again, name).read_bytes()
        assert getattr(portfolio, name).read_bytes() != getattr(other, name).read_bytes()
    assert portfolio.counts == again.counts


def test_nobody_can_be_reached_at_what_is_invented(portfolio: Portfolio) -> None:
    everything = portfolio.consumers_path.read_text() + portfolio.events_path.read_text()
    numbers = set(re.findall(r"\+\d+", re.sub(r"T[\d:+.-]+", "", everything)))
    assert numbers
    assert all(re.fullmatch(r"\+1\d{3}55501\d\d", number) for number in numbers)
    assert {"example.com", "example.net", "example.org"} == set(re.findall(r"@([\w.-]+)", everything))
    ids = set(re.findall(r'"national_id": "(\d+)-(\d+)', everything))
    assert ids
    assert all(area.startswith("9") and int(group) < 50 for area, group in ids)


def test_every_story_is_told(portfolio: Portfolio) -> None:
    assert set(STORIES) == {
        name.removeprefix("story:") for name in portfolio.counts if name.startswith("story:")
    }


def test_languages_states_and_split_area_codes_are_there(people: list[ConsumerRow | Rejection]) -> None:
    consumers = [row.consumer for row in people if isinstance(row, ConsumerRow)]
    assert {"en", "es", "es-MX", "zh"} == {one.language for one in consumers}
    assert len({address.region for one in consumers for address in one.addresses}) > 20
    areas = {phone.number[2:5] for one in consumers for phone in one.phones}
    assert {"850", "270", "208", "605", "574", "602"} <= areas
    moved = [
        one
        for one in consumers
        if one.addresses[0].region in ("CA", "WA", "OR")
        and any(phone.number[2:5] in ("212", "614", "404", "617", "718", "216") for phone in one.phones)
    ]
    assert moved, "somebody moved from east to west and kept the number"
    owners = Counter(phone.number for one in consumers for phone in one.phones)
    assert any(count > 1 for count in owners.values()), "some share a number"


def test_what_happened_covers_the_vocabulary(history: list[EventRow | Rejection]) -> None:
    events = [row.event for row in history if isinstance(row, EventRow)]
    kinds = {event.kind for event in events}
    expected = (
        "attempt inbound consent consent_withdrawn opt_out cease inconvenient attorney attorney_released "
        "employer_prohibits wrong_number reassigned_check dispute validation_notice deceased bankrupt "
        "promise promise_kept"
    )
    assert set(expected.split()) <= kinds
    outcomes = {event.fields["outcome"] for event in events if event.kind == "attempt"}
    assert {
        "conversation",
        "no_answer",
        "busy",
        "voicemail",
        "limited_content_message",
        "dropped",
    } <= outcomes
    promised = {event.id for event in events if event.kind == "promise"}
    assert {event.fields["of"] for event in events if event.kind == "promise_kept"} <= promised


def test_the_campaign_speaks_of_people_on_file(
    people: list[ConsumerRow | Rejection], campaign: list[ContactRow | Rejection]
) -> None:
    consumers = {row.consumer.id: row.consumer for row in people if isinstance(row, ConsumerRow)}
    contacts = [row.contact for row in campaign if isinstance(row, ContactRow)]
    known = [one for one in contacts if not one.key.startswith("demo-bad") and one.person in consumers]
    assert {Way.CALL, Way.SMS, Way.EMAIL, Way.LETTER} == {one.channel for one in known}
    assert {Purpose.COLLECT, Purpose.LOCATION, Purpose.OPT_OUT_CONFIRMATION} == {one.purpose for one in known}
    for one in known:
        consumer = consumers[one.person]
        assert one.to == "home" or consumer.owner_of(one.to) == one.to_person
        assert all(consumer.debt(debt) for debt in one.debts)
    assert {debt.creditor for consumer in consumers.values() for debt in consumer.debts} == set(CREDITORS)


def test_bad_rows_are_among_the_good(portfolio: Portfolio, campaign: list[ContactRow | Rejection]) -> None:
    assert portfolio.counts["contacts"] == len(campaign)
    rejected = [row for row in campaign if isinstance(row, Rejection)]
    assert {"to", "not_before", "channel", "expires_at", "template", ""} == {row.column for row in rejected}
    contacts = [row.contact for row in campaign if isinstance(row, ContactRow)]
    assert ["p99999"] == [one.person for one in contacts if one.person == "p99999"]
    keys = Counter(one.key for one in contacts)
    assert [2] == [count for count in keys.values() if count > 1], (
        "one key is used for another contact as well"
    )


def test_a_small_portfolio_works_too(tmp_path: Path) -> None:
    portfolio = write_portfolio(tmp_path, seed=1, consumers=3, now=NOW)
    assert 3 == sum(isinstance(row, ConsumerRow) for row in read_consumers(portfolio.consumers_path))


def test_a_large_campaign_is_whole_and_takes_little_memory(tmp_path: Path) -> None:
    few, many = (_large(tmp_path / str(rows), rows) for rows in (500, 4_000))
    assert many < few + 131_072


def _large(folder: Path, rows: int) -> int:
    tracemalloc.start()
    try:
        portfolio = write_large_campaign(folder, rows, now=NOW)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    contacts = [row for row in read_contacts(portfolio.campaign_path) if isinstance(row, ContactRow)]
    assert rows == len(contacts) == portfolio.counts["contacts"]
    assert not any(isinstance(row, Rejection) for row in read_consumers(portfolio.consumers_path))
    assert not any(isinstance(row, Rejection) for row in read_events(portfolio.events_path, now=NOW))
    lines = portfolio.consumers_path.read_text(encoding="utf-8").splitlines()
    numbers = [json.loads(line)["phones"][0]["number"] for line in lines]
    assert len(set(numbers)) == len(numbers)
    return held


def test_rows_each_gives_one_person_several_contacts(tmp_path: Path) -> None:
    portfolio = write_large_campaign(tmp_path, 10, now=NOW, rows_each=3, channels=("email", "letter"))
    assert (4, 10, None) == tuple(portfolio.counts.get(name) for name in ("consumers", "contacts", "events"))
