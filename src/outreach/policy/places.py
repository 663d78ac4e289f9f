"""Where a person may be: every zone her addresses and numbers point to, and every law that may hold.

Contact must be convenient in all of them (12 CFR 1006.6(b)(1)(i), comment 6(b)(1)(i)-2), so nothing that
points somewhere is left out: work counts like home, a mobile like a landline. A source that points
nowhere adds nothing and is named in a warning; nothing is guessed for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from outreach.domain import Consumer, Places
from outreach.policy import areas as parts
from outreach.policy import numbers, postcodes, zones
from outreach.policy.areas import Area
from outreach.policy.regions import zones_of_region

__all__ = ["Pointing", "places"]


@dataclass(frozen=True, slots=True)
class Pointing:
    """Where one address or number points: zones, jurisdictions, and what to call it to people."""

    source: str
    zones: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()


AddressKey = tuple[str, str, str, str, str]
Areas = tuple[Area, ...]
_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
_REGION: Final = re.compile(r"[A-Z0-9]{1,3}\Z")
# What bounds memory in a campaign of a million: a person is met a few times, close together, and pieced
# together anew from remembered places in a few microseconds.
_PEOPLE: Final = 4_096
_PLACES: Final = 16_384


def places(consumer: Consumer, areas: Areas = ()) -> Places:
    """Zones and jurisdictions of a consumer; those of the people around her do not place her.

    A ``timezone`` of hers, known for certain, decides alone about zones, and names its country too.

    :param areas: parts of states that have a law of their own.
    """
    return _together(
        consumer.timezone,
        tuple(
            (each.kind.value, each.country, each.region, each.postal_code, each.city)
            for each in consumer.addresses
        ),
        tuple(numbers.key_of(phone.number) for phone in consumer.phones),
        areas,
    )


@lru_cache(maxsize=_PEOPLE)
def _together(
    timezone: str, addresses: tuple[AddressKey, ...], phones: tuple[str, ...], areas: Areas
) -> Places:
    pointings = list(
        dict.fromkeys(
            [
                *(_of_address(*each, areas) for each in addresses),
                *(_of_number(each, areas) for each in phones),
            ]
        )
    )
    found = {place for each in pointings for place in each.jurisdictions}
    warnings = [f"{each.source}: no time zone is known" for each in pointings if not each.zones]
    sources = tuple((each.source, each.zones) for each in pointings)
    if timezone:
        country = zones.country_of(timezone)
        return Places(
            zones=(timezone,),  # one that is unknown is refused by the gate
            jurisdictions=_widest_first(found | ({country.lower()} if country else set())),
            sources=(("known location", (timezone,)), *sources),
        )
    return Places(
        zones=tuple(sorted({zone for each in pointings for zone in each.zones})),
        jurisdictions=_widest_first(found),
        sources=sources,
        warnings=tuple(warnings),
    )


def _widest_first(jurisdictions: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(jurisdictions, key=lambda place: (place.count("."), place)))


@lru_cache(maxsize=_PLACES)
def _of_address(kind: str, country: str, region: str, postal_code: str, city: str, areas: Areas) -> Pointing:
    country, region = country.strip().upper(), region.strip().upper()
    if not _REGION.match(region):  # free text in the wrong column must not travel into decisions
        region = ""
    if country and not _COUNTRY.match(country):
        country = "ZZ"  # somewhere, under a law we cannot name
    if country in postcodes.TERRITORIES:  # ISO 3166 knows them both as countries and as regions of US
        country, region = "US", country
    name = f"{kind} address"
    if not country:
        return Pointing(name)
    if country != "US":
        lowered = country.lower()
        places = (lowered, f"{lowered}.{region.lower()}") if region else (lowered,)
        label = f"{country}-{region}" if region else country
        return Pointing(f"{name} in {label}", zones_of_region(country, region), places)
    where, states = postcodes.look_up(region, postal_code)
    label = "-".join(("US", *sorted(states)))
    within = parts.of_address(areas, states, postal_code, city)
    return Pointing(
        f"{name} in {label}", where, ("us", *sorted(f"us.{state.lower()}" for state in states), *within)
    )


@lru_cache(maxsize=_PLACES)
def _of_number(key: str, areas: Areas) -> Pointing:
    found = numbers.look_up(key)
    places: tuple[str, ...] = ()
    if found.country in postcodes.TERRITORIES:
        places = ("us", f"us.{found.country.lower()}")
    elif found.country:
        country = found.country.lower()
        places = (country, f"{country}.{found.region.lower()}") if found.region else (country,)
        places += parts.of_area_code(areas, key)
    return Pointing(found.source, found.zones, places)
