"""Time zones, always from the ``tzdata`` wheel, and the stricter side of every change of clocks.

``zoneinfo`` prefers the system's copy, which may be years older: the same case would then be judged
differently on two machines. The wheel is read directly, so that its version, which every decision
records, is what was used; nothing global is changed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.resources import files
from zoneinfo import ZoneInfo

__all__ = [
    "all_keys",
    "country_of",
    "instant",
    "known",
    "local",
    "tzdata_version",
    "zone",
    "zones_of_country",
]


@lru_cache(maxsize=1)
def all_keys() -> frozenset[str]:
    """Every zone key of the wheel."""
    return frozenset(files("tzdata").joinpath("zones").read_text("ascii").split())


def known(key: str) -> bool:
    """Whether there is a zone of that key."""
    return key in all_keys()


@cache
def zone(key: str) -> ZoneInfo:
    """The zone of an IANA key such as ``America/New_York``.

    :raises KeyError: if the wheel has no such zone.
    """
    if key not in all_keys():
        raise KeyError(key)
    with files("tzdata").joinpath("zoneinfo", *key.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=key)


def local(where: str | ZoneInfo, moment: datetime) -> datetime:
    """What the clock on the wall shows there at an aware moment.

    :raises KeyError: if there is no such zone.
    """
    return moment.astimezone(zone(where) if isinstance(where, str) else where)


def instant(where: str | ZoneInfo, day: date, wall: time, *, opening: bool) -> datetime:
    """The moment, in UTC, at which the clock on the wall shows ``wall`` on ``day``.

    Where clocks change, a wall time may come twice or not at all. What opens a window is then read as
    the later of the two readings, what closes it as the earlier: the stricter side both times.

    :param opening: whether this is the start of a time in which contact is allowed.
    :raises KeyError: if there is no such zone.
    """
    there = zone(where) if isinstance(where, str) else where
    naive = datetime.combine(day, wall.replace(tzinfo=None))
    first = naive.replace(tzinfo=there, fold=0).astimezone(UTC)
    second = naive.replace(tzinfo=there, fold=1).astimezone(UTC)
    return max(first, second) if opening else min(first, second)


@lru_cache(maxsize=1)
def _by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, key, *_ = line.split("\t")
            found.setdefault(country, []).append(key)
    return {country: tuple(sorted(zones)) for country, zones in found.items()}


def zones_of_country(country: str) -> tuple[str, ...]:
    """All zones of a country (ISO 3166-1 alpha-2), sorted; none for an unknown country."""
    return _by_country().get(country.upper(), ())


@lru_cache(maxsize=1)
def _country_by_zone() -> dict[str, str]:
    return {key: country for country, zones in _by_country().items() for key in zones}


def country_of(key: str) -> str:
    """The country a zone lies in (ISO 3166-1 alpha-2); "" for zones that name no country's place."""
    return _country_by_zone().get(key, "")


@lru_cache(maxsize=1)
def tzdata_version() -> str:
    """The version of the wheel, for decisions."""
    return version("tzdata")
