"""Where a telephone number points: zones, country and state, as far as its digits tell.

In North America the area code is all that counts: several span two zones, and the tables of
``phonenumbers`` then name only the commonest for most of their numbers. Its longer prefixes, read
together, name them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, timezone
from phonenumbers.tzdata import TIMEZONE_DATA

from outreach.policy import zones
from outreach.policy.areacodes import STATE_OF

__all__ = ["Found", "key_of", "look_up"]

_NOWHERE: Final = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
"""Kinds that ring anywhere: they say nothing about where their owner is."""

_INTERNATIONAL: Final = "001"


@dataclass(frozen=True, slots=True)
class Found:
    """``source`` is for people and holds no number; ``country`` is ISO 3166-1, "" where unknown."""

    source: str
    zones: tuple[str, ...] = ()
    country: str = ""
    region: str = ""


def key_of(number: str) -> str:
    """What of a number (E.164) tells where it points: its North American area code, elsewhere all of it."""
    if len(number) == 12 and number.startswith("+1") and number[2:].isdigit():
        return f"area code {number[2:5]}"
    return number


@lru_cache(maxsize=16_384)
def look_up(key: str) -> Found:
    """Where the numbers of this key point (see :func:`key_of`)."""
    if key.startswith("area code "):
        return _area_code(key[-3:])
    try:
        number = phonenumbers.parse(key)
    except NumberParseException:
        return Found("unreadable number")
    return _abroad(number) if phonenumbers.is_possible_number(number) else Found("impossible number")


def _area_code(code: str) -> Found:
    """The union of all zones of an area code. Toll-free and premium codes are in no table of zones."""
    where = _area_zones().get(code, ())
    if not where:
        return Found(f"area code {code}")
    # Any number of the code tells its country; this one is well formed under every code.
    country = phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{code}2345678")) or ""
    return Found(f"area code {code}", where, country, STATE_OF.get(code, "") if country == "US" else "")


@lru_cache(maxsize=1)
def _area_zones() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for prefix, where in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4:
            found.setdefault(prefix[1:4], set()).update(where)
    return {code: _known(where) for code, where in found.items()}


def _abroad(number: PhoneNumber) -> Found:
    kind = phonenumbers.number_type(number)
    country = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
    if kind in _NOWHERE or country == _INTERNATIONAL:
        return Found("number without a place")
    if country in ("", "ZZ", None):
        return Found("number of an unknown country")
    if kind == PhoneNumberType.UNKNOWN:  # not in the plan as known here: its digits still begin somewhere
        where = timezone.time_zones_for_geographical_number(number)
    else:
        where = timezone.time_zones_for_number(number)
    return Found(f"number in {country}", _known(where), country)


def _known(where: object) -> tuple[str, ...]:
    names = where if isinstance(where, tuple | set | list) else ()
    return tuple(sorted(str(zone) for zone in names if zones.known(str(zone))))
