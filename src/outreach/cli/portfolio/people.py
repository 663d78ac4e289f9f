"""Invented consumers: names, numbers, addresses and debts that cannot be anybody's.

Numbers are of the range 555-0100 to 555-0199, kept free for fiction in every area code; e-mail addresses
of the domains kept free for examples; national ids of a range never given out. ZIP codes are real, so
that zones and states can be found.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from outreach.cli.portfolio.names import CREDITORS, NAMES, PEOPLE_AROUND, STREETS
from outreach.cli.portfolio.places import PLACES, ZONES, Place

__all__ = ["STORIES", "Person", "invent"]

STORIES: Final = {
    "plain": 436,
    "seven_in_seven": 60,
    "talked": 75,
    "inconvenient_now": 100,
    "inconvenient_else": 40,
    "cease": 25,
    "attorney": 20,
    "attorney_released": 12,
    "opt_out_channel": 25,
    "opt_out_address": 15,
    "just_opted_out": 6,
    "employer": 15,
    "wrong_number": 15,
    "reassigned": 8,
    "dispute": 15,
    "deceased": 7,
    "bankrupt": 8,
    "promise": 30,
    "plan": 10,
    "kept": 15,
    "location": 18,
    "consent_withdrawn": 8,
    "household": 20,
    "new": 40,
}
"""What happened to people, and how many of a thousand it happened to."""

_LANGUAGES = {"en": 66, "es": 15, "es-MX": 8, "zh": 11}
_EAST = tuple(place for place in PLACES if place.zone == "E")
_WEST = tuple(place for place in PLACES if place.zone == "P")


@dataclass(slots=True)
class Person:
    """An invented consumer: her row for the file, and what the story needs at hand."""

    id: str
    story: str
    place: Place
    row: dict[str, Any]
    mobile: str = ""
    landline: str = ""
    work: str = ""
    email: str = ""
    debts: list[str] = field(default_factory=list)
    third: dict[str, Any] = field(default_factory=dict)
    consented: bool = False

    @property
    def zone(self) -> Any:
        """Her own clock."""
        return ZONES[self.place.zone]

    @property
    def stage(self) -> str:
        """How late her first debt is: early, middle or late."""
        days = self.row["debts"][0]["days_past_due"]
        return "early" if days < 60 else "middle" if days < 120 else "late"


class _Numbers:
    """Fictional numbers, each given out once while there are any: a hundred in an area code."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def take(self, area_code: str) -> str:
        """The next number; when an area code has no more, people begin to share them."""
        count = self._given.get(area_code, 0)
        self._given[area_code] = count + 1
        return f"+1{area_code}55501{count % 100:02d}"


def invent(rng: random.Random, consumers: int, now: datetime) -> list[Person]:
    """So many people, each with a story; every story comes at least once if there are people enough."""
    numbers = _Numbers()
    stories = list(STORIES)
    if consumers > len(stories):
        stories += rng.choices(list(STORIES), list(STORIES.values()), k=consumers - len(stories))
    people: list[Person] = []
    for index, story in enumerate(stories[:consumers], start=1):
        person = _person(rng, index, story, numbers, now)
        if story == "household" and people:
            _share(person, people[-1])
        people.append(person)
    return people


def _person(rng: random.Random, index: int, story: str, numbers: _Numbers, now: datetime) -> Person:
    place = home = rng.choice(PLACES)
    if rng.random() < 0.03:
        place, home = rng.choice(_EAST), rng.choice(_WEST)  # moved west and kept the number
    language = rng.choices(list(_LANGUAGES), list(_LANGUAGES.values()))[0]
    name, plain = rng.choice(NAMES[language[:2]])
    row: dict[str, Any] = {"id": f"p{index:05d}", "name": name, "language": language}
    born = now - timedelta(days=rng.randrange(21 * 365, 80 * 365))
    row["date_of_birth"] = born.date().isoformat()
    if rng.random() < 0.4:
        row["national_id"] = (
            f"9{rng.randrange(100):02d}-{rng.randrange(1, 49):02d}-{rng.randrange(10000):04d}"
        )
    if rng.random() < 0.03:
        row["timezone"] = ZONES[home.zone].key
    row["addresses"] = [_address(rng, "home", home)]
    person = Person(row["id"], story, home, row)
    if story != "location":
        _reachable(rng, person, place.area_code, f"{plain}{index}", numbers)
    _around(rng, person, place.area_code, numbers)
    row["debts"] = _debts(rng, person, now)
    return person


def _address(rng: random.Random, kind: str, place: Place) -> dict[str, Any]:
    return {
        "kind": kind,
        "lines": [f"{rng.randrange(100, 9900)} {rng.choice(STREETS)}"],
        "city": place.city,
        "region": place.state,
        "postal_code": place.zip,
        "country": "US",
    }


def _reachable(rng: random.Random, person: Person, area: str, mailbox: str, numbers: _Numbers) -> None:
    phones = person.row["phones"] = []
    if person.story != "household" and (rng.random() < 0.92 or person.story in _NEED_MOBILE):
        person.mobile = numbers.take(area)
        phones.append({"number": person.mobile, "kind": "mobile"})
    if not person.mobile or rng.random() < 0.35:
        person.landline = numbers.take(area)
        phones.append({"number": person.landline, "kind": "landline"})
    if person.story == "employer" or rng.random() < 0.06:
        person.work = numbers.take(area)
        phones.append({"number": person.work, "kind": "work"})
        person.row["addresses"].append(_address(rng, "work", person.place))
    if rng.random() < 0.85 or person.story in _NEED_EMAIL:
        person.email = f"{mailbox}@example.{rng.choice(('com', 'net', 'org'))}"
        person.row["emails"] = [{"address": person.email, "kind": "personal"}]


_NEED_MOBILE = frozenset({"reassigned", "consent_withdrawn", "just_opted_out", "opt_out_channel", "promise"})
_NEED_EMAIL = frozenset({"plan", "kept", "opt_out_address", "dispute"})


def _around(rng: random.Random, person: Person, area: str, numbers: _Numbers) -> None:
    """Someone who may know where she is, her attorney, her spouse."""
    if person.story == "location":
        relation = rng.choice(PEOPLE_AROUND)
    elif person.story in ("attorney", "attorney_released"):
        relation = "attorney"
    elif rng.random() < 0.04:
        relation = "spouse"
    else:
        return
    person.third = {
        "id": f"{person.id}-{relation}",
        "relation": relation,
        "name": rng.choice(NAMES[person.row["language"][:2]])[0],
        "phones": [{"number": numbers.take(area), "kind": "mobile"}],
    }
    person.row["people"] = [person.third]


def _debts(rng: random.Random, person: Person, now: datetime) -> list[dict[str, Any]]:
    creditor = rng.choice(list(CREDITORS))
    late = 20 if person.story == "new" else rng.randrange(30, 240)
    made = []
    for number in range(1, rng.choices((1, 2, 3), (70, 22, 8))[0] + 1):
        debt: dict[str, Any] = {
            "id": f"{person.id}-d{number}",
            "kind": rng.choice(CREDITORS[creditor][1]),
            "creditor": creditor,
            "account_number": f"{rng.randrange(10**11, 10**12)}",
            "balance": {"minor": rng.randrange(4_000, 900_000), "currency": "USD"},
            "as_of": (now - timedelta(days=rng.randrange(1, 20))).date().isoformat(),
            "days_past_due": late + rng.randrange(15),
        }
        if debt["kind"] == "student_loan":
            debt["servicing_account"] = f"{person.id}-s"
        if rng.random() < 0.3:
            fees = debt["balance"]["minor"] // 20
            debt["itemization"] = [
                {"label": "balance on the itemization date", "minor": debt["balance"]["minor"] - fees},
                {"label": "fees", "minor": fees},
            ]
        made.append(debt)
    person.debts = [debt["id"] for debt in made]
    return made


def _share(person: Person, other: Person) -> None:
    """They live together and share the telephone at home."""
    if other.story == "location":
        return
    person.place = other.place
    person.row["addresses"][0] = dict(other.row["addresses"][0])
    if other.landline:
        person.row["phones"][0]["number"] = person.landline = other.landline
    else:
        other.landline = person.landline
        other.row["phones"].append({"number": person.landline, "kind": "landline"})
