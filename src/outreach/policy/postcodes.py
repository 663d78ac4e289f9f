"""Zones, states and counties of addresses in the United States, from one table beside this module.

``postcodes.tsv`` holds what two published tables say, which check one another. ``zipcodes`` knows the state;
its zone differs from the map for some two dozen codes, and one code has a zone that does not exist.
``zip2info`` is right there and lacks others. Where they differ both zones are plausible. Codes of military
post offices have no zone in either, rightly: they move. ``tools/postcodes.py`` writes the file anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from outreach.policy import zones

__all__ = ["MILITARY", "TERRITORIES", "counties", "look_up", "versions"]

TERRITORIES: Final = frozenset({"PR", "GU", "VI", "AS", "MP", "UM"})
"""Codes of ISO 3166-1 that are the United States' own land, and stand in ISO 3166-2:US too."""
MILITARY: Final = frozenset({"AA", "AE", "AP"})
"""Military "states" of the post: no place, no law."""

_FILE: Final = files("outreach.policy").joinpath("postcodes.tsv")
_CODE: Final = re.compile(r"([0-9]{5})(-?[0-9]{4})?\Z")


class _Row(NamedTuple):
    """A county, or the part of one whose codes may lie in the same zones."""

    state: str
    county: str
    zones: tuple[str, ...]
    cities: str  # all names the post knows, in small letters, parted by ;


class _Table(NamedTuple):
    by_code: Mapping[str, _Row]
    by_state: Mapping[str, Sequence[_Row]]


def versions() -> dict[str, str]:
    """The published tables that the codes come from, and the version of each: the file's first line."""
    with _FILE.open(encoding="utf-8") as file:
        return dict(each.split("==") for each in file.readline().removeprefix("# ").split())


def look_up(region: str, postal_code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Zones (sorted) and states an address points to.

    A code that is known decides; where it lies in another state than the one written, both count.
    Without one, the zones of the whole state; without a state, those of the whole country.
    """
    found = _row(postal_code)
    states = {state for state in (region, found.state if found else "") if state and state not in MILITARY}
    if found is None:
        if region in MILITARY:
            return (), ()
        where = _of_state(region) if region else zones.zones_of_country("US")
        return where, tuple(states)
    if len(states) > 1:
        return tuple(sorted({*found.zones, *_of_state(region)})), tuple(states)
    return found.zones, tuple(states)


def counties(state: str, postal_code: str, city: str) -> frozenset[str] | None:
    """The counties of that state in which an address may lie; ``None``: in any of them.

    A code that lies in the state decides, else a city that the state has.
    """
    found = _row(postal_code)
    if found is not None and found.state == state:
        return frozenset({found.county})
    return _cities(state).get(" ".join(city.casefold().split()))


def _row(postal_code: str) -> _Row | None:
    match = _CODE.match(postal_code.strip())
    return _table().by_code.get(match[1]) if match else None


@cache
def _table() -> _Table:
    """The file, read once: some ten megabytes and hundredths of a second."""
    by_code: dict[str, _Row] = {}
    by_state: dict[str, list[_Row]] = {}
    for line in _FILE.read_text("utf-8").splitlines()[
        3:
    ]:  # below what it was made of, by what, and the names
        state, county, where, codes, cities = line.split("\t")
        row = _Row(state, county, tuple(where.split()), cities)
        by_code.update(dict.fromkeys(codes.split(), row))
        by_state.setdefault(state, []).append(row)
    return _Table(by_code, by_state)


@lru_cache(maxsize=64)
def _cities(state: str) -> dict[str, frozenset[str]]:
    """The counties of each city of a state, by every name the post knows it by."""
    found: dict[str, set[str]] = {}
    for row in _table().by_state.get(state, ()):
        for city in row.cities.split(";"):
            found.setdefault(city, set()).add(row.county)
    return {city: frozenset(where) for city, where in found.items()}


@lru_cache(maxsize=512)
def _of_state(state: str) -> tuple[str, ...]:
    """Every zone of every code of a state; none for a state nobody knows."""
    return tuple(sorted({zone for row in _table().by_state.get(state, ()) for zone in row.zones}))
