"""Public holidays by country and subdivision, from the ``holidays`` library.

A pack names a calendar; which days it holds is looked up for the year in question and kept. The library
is loaded only when a rule asks, and its version stands in every decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Calendar", "business_day_after", "holiday"]

_ROOM = 512


class Calendar(BaseModel):
    """The public holidays of a country (ISO 3166-1) or of one of its subdivisions (as ISO 3166-2 ends).

    ``also``: days that the library lists under other headings and that this rule names too, by their
    English names, such as ``Easter Monday``; ``except_``: public holidays that it leaves out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    region: str = ""
    also: tuple[str, ...] = ()
    except_: Annotated[tuple[str, ...], Field(alias="except")] = ()


def holiday(calendar: Calendar, day: date) -> str:
    """The name of the holiday on that local date, "" if it is none.

    :raises ValueError: if the library knows no such calendar, or not one of the days named.
    """
    return _year(calendar, day.year).get(day, "")


def business_day_after(calendar: Calendar | None, day: date, count: int) -> date:
    """The date ``count`` business days after ``day``: Saturdays, Sundays and holidays are none."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and not (calendar and holiday(calendar, day)):
            count -= 1
    return day


@lru_cache(maxsize=_ROOM)
def _year(calendar: Calendar, year: int) -> Mapping[date, str]:
    import holidays  # noqa: PLC0415  most projects' rules never ask

    known = holidays.list_supported_countries(include_aliases=False)
    if calendar.country not in known:
        raise ValueError(f"no calendar of {calendar.country} is known")
    if calendar.region and calendar.region not in known[calendar.country]:
        raise ValueError(f"no calendar of {calendar.country}-{calendar.region} is known")

    def listed(*categories: str) -> dict[date, str]:
        found = holidays.country_holidays(
            calendar.country,
            subdiv=calendar.region or None,
            years=year,
            language="en_US",
            categories=categories,
        )
        return {day: found.get(day) or "" for day in found}

    days = listed("public")
    kinds = holidays.country_holidays(calendar.country).supported_categories if calendar.also else ()
    others = {day: name for kind in kinds if kind != "public" for day, name in listed(kind).items()}
    for wanted in calendar.also:
        named = {day: name for day, name in others.items() if wanted in name.split("; ")}
        if not named and wanted not in days.values():
            raise ValueError(f"the calendar of {calendar.country} has no {wanted} in {year}")
        days |= named
    return {day: name for day, name in days.items() if not set(name.split("; ")) <= set(calendar.except_)}
