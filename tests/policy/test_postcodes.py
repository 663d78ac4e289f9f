"""The table of postal codes is what the two published tables say, and is read as they would be asked."""

from __future__ import annotations

from importlib.metadata import version
from random import Random

import pytest
import zip2info
import zipcodes

from outreach.policy import postcodes, zones
from tests.tools import postcodes as tool


def test_the_table_is_what_the_two_published_ones_say() -> None:
    assert tool.TABLE.read_text("utf-8") == tool.table(), "run python tools/postcodes.py, read the difference"


def test_it_tells_which_published_tables_it_was_made_of() -> None:
    assert postcodes.versions() == {name: version(name) for name in ("zipcodes", "zip2info")}


@pytest.mark.parametrize("row", Random(1).sample(zipcodes.list_all(), 300), ids=lambda row: row["zip_code"])
def test_a_code_and_a_city_are_answered_as_the_published_tables_would(row: dict[str, str]) -> None:
    code, state = row["zip_code"], row["state"]
    said = {zone for zone in (row["timezone"], zip2info.timezone(code)) if zone and zones.known(zone)}
    land = () if state in postcodes.MILITARY else (state,)
    assert postcodes.look_up("", code) == (tuple(sorted(said)), land)
    assert postcodes.counties(state, code, "") == {row["county"]}
    same_city = postcodes.counties(state, "", f" {row['city'].upper()} ")
    assert same_city is not None
    assert row["county"] in same_city


def test_every_zone_of_the_table_exists() -> None:
    states = {row["state"] for row in zipcodes.list_all()} - postcodes.MILITARY
    assert [] == [
        state for state in states for zone in postcodes.look_up(state, "")[0] if not zones.known(zone)
    ]
    assert all(postcodes.look_up(state, "")[0] for state in states)
