"""Who is to be contacted in a storm, how, and within which limits: what the checker believes.

Nothing here comes from outreach's own reading of law or places. People are chosen so that nobody can doubt
their zone (address and telephone agree), and every limit is written twice: in the pack that outreach
reads, and in :class:`Limits`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["Human", "Limits", "Plan", "Refused", "Row", "make_plan"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What may not be exceeded. Calls: 12 CFR 1006.14(b)(2)(i)(A) and (B); the rest is the house's."""

    opens: int = 8  # hour of the day, local to the person
    closes: int = 21
    calls: int = 7  # to a person about a debt, in `call_days`
    call_days: int = 7
    quiet_days: int = 7  # after a conversation, its own day the first
    emails: int = 2  # to a person, in `email_days`
    debt_emails: int = 3  # about a debt, whoever owes it, in `email_days`
    email_days: int = 7
    texts: int = 1  # to a number, whoever has it, in a day
    gap_hours: int = 4  # between any two contacts to a person


@dataclass(frozen=True, slots=True)
class Human:
    """A person on file. ``ref`` is the client's id of her."""

    ref: str
    zone: str
    phone: str
    email: str
    debts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One good row of a campaign file."""

    file: str
    line: int
    campaign: str
    key: str
    person: str
    channel: str
    to: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used, and the column that is at fault."""

    file: str
    line: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a storm wants to happen."""

    people: tuple[Human, ...]
    rows: tuple[Row, ...]
    refused: tuple[Refused, ...]
    limits: Limits = field(default_factory=Limits)

    @property
    def files(self) -> dict[str, str]:
        """The campaign files, each with the campaign it is sent as."""
        return {row.file: row.campaign for row in self.rows}

    @property
    def keys(self) -> set[tuple[str, str]]:
        """What each good row is answered under."""
        return {(row.campaign, row.key) for row in self.rows}


_PLACES = (
    ("America/New_York", "OH", "43215", "Columbus", "+1614555"),
    ("America/Chicago", "TX", "75201", "Dallas", "+1214555"),
    ("America/Los_Angeles", "CA", "90012", "Los Angeles", "+1213555"),
)
_Wishes = tuple[tuple[str, int], ...]
_SPRING: _Wishes = (("email", 2), ("sms", 2), ("call", 3))
_SUMMER: _Wishes = (("email", 2), ("sms", 1), ("call", 2))
_OFTEN_CALLED = 8  # calls more for every fourth person, so that seven in seven days are reached
_A_PERSON = sum(count for _, count in (*_SPRING, *_SUMMER)) + _OFTEN_CALLED // 4


def make_plan(contacts: int) -> Plan:
    """A plan with about so many contacts: two campaigns over the same people, and a file that overlaps.

    People come in pairs, of which one has one number, the next one debt, the third nothing in common.
    """
    people = _people(max(6, 2 * round(contacts / (2 * _A_PERSON))))
    spring = list(_campaign("spring", people, _SPRING))
    summer = list(_campaign("summer", people, _SUMMER, _OFTEN_CALLED))
    overlap = [replace(row, file="overlap.csv") for row in spring[::2]]
    # The same keys, other wishes: whichever comes first has the key.
    overlap += [
        replace(row, file="overlap.csv", channel="sms", to=people[number].phone)
        for number, row in enumerate(r for r in spring if r.key.endswith("-email0"))
        if number % 5 == 0
    ]
    rows = tuple(row for rows in (spring, summer, overlap) for row in _numbered(rows))
    return Plan(people, rows, tuple(_bad_rows(rows)))


def _people(count: int) -> tuple[Human, ...]:
    people: list[Human] = []
    for number in range(count):
        pair, second = divmod(number, 2)
        zone, *_, area = _PLACES[(pair + pair // 3) % 3]
        first = people[-1] if second else None
        ref, phone, email = f"p{number}", f"{area}{number:04d}", f"person{number}@example.com"
        debts = (f"{ref}-d1", f"{ref}-d2") if number % 5 == 0 else (f"{ref}-d1",)
        if pair % 3 == 0 and first is not None:
            phone = first.phone
            email = first.email if pair % 2 == 0 else email
        elif pair % 3 == 1:
            debts = (f"joint-{pair}",)
        people.append(Human(ref, zone, phone, email, debts))
    return tuple(people)


def _campaign(name: str, people: tuple[Human, ...], wishes: _Wishes, often: int = 0) -> Iterator[Row]:
    """:param often: how many calls more for every fourth person."""
    for number, person in enumerate(people):
        for channel, count in wishes if number % 2 else wishes[::-1]:
            count += often if channel == "call" and number % 4 == 0 else 0
            for which in range(count):
                to = person.email if channel == "email" else person.phone
                key = f"{person.ref}-{channel}{which}"
                yield Row(f"{name}.csv", 0, name, key, person.ref, channel, to)


def _numbered(rows: list[Row]) -> Iterator[Row]:
    for line, row in enumerate(rows, 2):  # the first line has the names
        yield replace(row, line=line)


def _bad_rows(rows: tuple[Row, ...]) -> Iterator[Refused]:
    """At the end of each file: a stranger, a channel nobody has heard of, a row with a cell missing."""
    last = {row.file: row.line for row in rows}
    for file, line in last.items():
        yield Refused(file, line + 1, "person", f"x1,nobody-{file},email,nobody@example.com,reminder")
        yield Refused(file, line + 2, "channel", "x2,p0,pigeon,person0@example.com,reminder")
        yield Refused(file, line + 3, "", "x3,p0,email")


def consumer(person: Human, number: int) -> dict[str, Any]:
    """A person as import files have her."""
    place = next(each for each in _PLACES if each[0] == person.zone)
    _, region, postal_code, city, _ = place
    home = {"kind": "home", "country": "US", "region": region, "postal_code": postal_code, "city": city}
    return {
        "id": person.ref,
        "name": f"Alex Example {number}",
        "language": "en",
        "addresses": [home | {"lines": [f"{number + 1} High Street"]}],
        "phones": [{"number": person.phone, "kind": "mobile"}],
        "emails": [{"address": person.email, "kind": "personal"}],
        "debts": [
            {
                "id": debt,
                "kind": "credit_card",
                "creditor": "mill",
                "account_number": f"4000{abs(_digits(debt)):012d}",
                "balance": {"minor": 123450, "currency": "USD"},
                "as_of": "2026-05-31",
            }
            for debt in person.debts
        ],
    }


def _digits(text: str) -> int:
    return int("".join(letter for letter in text if letter.isdigit()))


def consent(person: Human) -> dict[str, Any]:
    """Consent to texts, given to us."""
    return {
        "consumer": person.ref,
        "key": f"consent-{person.ref}",
        "at": "2026-05-20T10:00:00-04:00",
        "event": "consent",
        "scope": "sms",
        "to": person.phone,
        "given_to": "collector",
    }
