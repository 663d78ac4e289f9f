"""Zones and states of addresses in the United States, from two tables that check one another.

``zipcodes`` knows the state; its zone differs from the map for some two dozen codes, and one code has a
zone that does not exist. ``zip2info`` is right there and lacks others. Where they differ both zones are
plausible. Codes of military post offices have no zone in either, rightly: they move.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from typing import Final

import zipcodes

from outreach.policy import zones

__all__ = ["MILITARY", "TERRITORIES", "counties", "look_up"]

TERRITORIES: Final = frozenset({"PR", "GU", "VI", "AS", "MP", "UM"})
"""Codes of ISO 3166-1 that are the United States' own land, and stand in ISO 3166-2:US too."""
MILITARY: Final = frozenset({"AA", "AE", "AP"})
"""Military "states" of the post: no place, no law."""

_CODE: Final = re.compile(r"([0-9]{5})(-?[0-9]{4})?\Z")


def look_up(region: str, postal_code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Zones (sorted) and states an address points to.

    A code that is known decides; where it lies in another state than the one written, both count.
    Without one, the zones of the whole state; without a state, those of the whole country.
    """
    match = _CODE.match(postal_code.strip())
    found = _sector(match[1][:3]).get(match[1]) if match else None
    states = {state for state in (region, found[0] if found else "") if state and state not in MILITARY}
    if found is None:
        if region in MILITARY:
            return (), ()
        where = _of_state(region) if region else zones.zones_of_country("US")
        return where, tuple(states)
    where = _of_code(match[1] if match else "", found[1])
    if len(states) > 1:
        where = tuple(sorted({*where, *_of_state(region)}))
    return where, tuple(states)


def counties(state: str, postal_code: str, city: str) -> frozenset[str] | None:
    """The counties of that state in which an address may lie; ``None``: in any of them.

    A code that lies in the state decides, else a city that the state has.
    """
    match = _CODE.match(postal_code.strip())
    found = _sector(match[1][:3]).get(match[1]) if match else None
    if found is not None and found[0] == state:
        return frozenset({found[2]})
    return _cities(state).get(" ".join(city.casefold().split()))


@cache
def _sector(prefix: str) -> dict[str, tuple[str, str, str]]:
    """State, zone and county, as ``zipcodes`` has them, of the codes that begin with these three digits.

    Read piece by piece: the whole table would cost a second and a hundred megabytes for a moment.
    """
    rows = zipcodes.similar_to(prefix)  # type: ignore[no-untyped-call]
    return {row["zip_code"]: (row["state"], row["timezone"], row["county"]) for row in rows}


@lru_cache(maxsize=64)
def _cities(state: str) -> dict[str, frozenset[str]]:
    """The counties of each city of a state, by every name the post knows it by."""
    found: dict[str, set[str]] = {}
    for row in zipcodes.filter_by(state=state):  # type: ignore[no-untyped-call]
        for city in (row["city"], *row["acceptable_cities"], *row["unacceptable_cities"]):
            found.setdefault(city.casefold(), set()).add(row["county"])
    return {city: frozenset(where) for city, where in found.items()}


def _of_code(code: str, zone: str) -> tuple[str, ...]:
    """What both tables say of a code; keys that no zone has are left out."""
    return tuple(sorted(each for each in {zone, _second_opinion()(code)} if each and zones.known(each)))


@lru_cache(maxsize=1)
def _second_opinion() -> Callable[[str], str | None]:
    """``zip2info.timezone``, imported when first wanted: its table is a large module."""
    ask: Callable[[str], str | None] = import_module("zip2info").timezone
    return ask


@lru_cache(maxsize=512)
def _of_state(state: str) -> tuple[str, ...]:
    """Every zone of every code of a state; none for a state nobody knows."""
    rows = zipcodes.filter_by(state=state)  # type: ignore[no-untyped-call]
    return tuple(sorted({zone for row in rows for zone in _of_code(row["zip_code"], row["timezone"])}))
