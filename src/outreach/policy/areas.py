"""Parts of a state that have a law of their own, such as a city: which places belong to them.

A pack says so itself, under ``area``: the counties it covers and the area codes of its telephones. Which
county an address lies in is told by its postal code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outreach.policy import postcodes

__all__ = ["Area", "of_address", "of_area_code"]


@dataclass(frozen=True, slots=True)
class Area:
    """``jurisdiction`` such as ``us.ny.nyc``; ``state`` (as ISO 3166-2 ends) holds all of its counties."""

    jurisdiction: str
    state: str
    counties: frozenset[str]
    area_codes: frozenset[str]


def of_address(areas: Iterable[Area], states: Iterable[str], postal_code: str, city: str) -> tuple[str, ...]:
    """The areas in which an address may lie.

    Without a known postal code and without a city that the state has, it may lie in any of the state's.
    """
    found = []
    for area in areas:
        if area.state in states:
            where = postcodes.counties(area.state, postal_code, city)
            if where is None or where & area.counties:
                found.append(area.jurisdiction)
    return tuple(found)


def of_area_code(areas: Iterable[Area], key: str) -> tuple[str, ...]:
    """The areas whose telephones have this area code (a key of ``numbers.key_of``)."""
    return tuple(area.jurisdiction for area in areas if key.removeprefix("area code ") in area.area_codes)
