"""By which clocks a rule on hours is read, where its law presumes where a person is.

Most laws say nothing, and the time must then suit every place where she may be. Some presume that a call
is received where the area code of the number lies, or else at her residence; some name one clock.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator

from outreach.domain import Address, Case, Consumer, EndpointKind
from outreach.policy import numbers, places, zones

__all__ = ["EVERY", "WhoseClock", "read_there"]

EVERY: Final = "every-plausible"
RESIDENCE: Final = "residence"
AREA_CODE: Final = "area-code-else-residence"
_ROOM: Final = 4096


def _a_clock(text: str) -> str:
    if text not in (EVERY, RESIDENCE, AREA_CODE) and not zones.known(text):
        raise ValueError(f"zones is {EVERY}, {RESIDENCE}, {AREA_CODE} or the name of a time zone")
    return text


WhoseClock = Annotated[str, AfterValidator(_a_clock)]
"""``every-plausible``, ``residence``, ``area-code-else-residence``, or one zone such as America/New_York."""


def read_there(case: Case, choice: str) -> Case:
    """The case as that law sees it: with only the zones whose clocks it reads.

    A location known for certain goes before a presumption; where none can be made, every plausible zone
    stays.
    """
    if choice == EVERY:
        return case
    return replace(case, places=replace(case.places, zones=_chosen(case, choice) or case.places.zones))


def _chosen(case: Case, choice: str) -> tuple[str, ...]:
    if zones.known(choice):
        return (choice,)
    if case.consumer.timezone:
        return ()  # it already decides alone
    if choice == AREA_CODE:
        called = numbers.look_up(numbers.key_of(case.contact.to)).zones
        if called:
            return called
    return _at_home(tuple(each for each in case.consumer.addresses if each.kind is EndpointKind.HOME))


@lru_cache(maxsize=_ROOM)
def _at_home(homes: tuple[Address, ...]) -> tuple[str, ...]:
    return places.places(Consumer("", addresses=homes)).zones
