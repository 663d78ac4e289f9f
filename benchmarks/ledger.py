"""The ledger alone: what it costs to reserve and close a contact, beside raw rows in the same run.

    python benchmarks/ledger.py [--groups 40] [--persons 20000]

The reference is a plain batched insert of one row of 25 columns with two indexes per contact, 500 a commit,
WAL and synchronous=FULL. For each contact the ledger records four events in two commits, keeps the contact,
its state and its words. Only the ratio means anything; groups of both are interleaved.
"""

from __future__ import annotations

import argparse
import gc
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from outreach.domain import (
    Consumer,
    Contact,
    Debt,
    FrozenClock,
    NewEvent,
    Outcome,
    Phone,
    Way,
    Words,
    new_id,
    new_ids,
)
from outreach.ledger import ContactState, KnownPerson, Ledger, StoredContact, open_ledger

GROUP = 500
NOW = datetime(2026, 3, 3, 20, tzinfo=UTC)
TEXT = "This is from a debt collector. Please call us about your account. " * 9


def moment(number: int) -> datetime:
    """When a group is under way: ids follow time, so that a standing clock would scatter them."""
    return NOW + number * timedelta(milliseconds=50)


def raw_store(folder: Path, persons: int) -> Callable[[int], float]:
    """A function that inserts one group of raw rows and tells the seconds it took."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    columns = ", ".join(f"c{number}" for number in range(25))
    connection.execute(f"CREATE TABLE attempt (id INTEGER PRIMARY KEY, {columns})")
    connection.execute("CREATE UNIQUE INDEX by_id ON attempt (c0)")
    connection.execute("CREATE INDEX by_person ON attempt (c1, c2)")
    insert = f"INSERT INTO attempt ({columns}) VALUES ({', '.join('?' * 25)})"
    chance = random.Random(1)

    def group(number: int) -> float:
        ids = new_ids(moment(number), GROUP)
        rows = [
            (
                *(ids[place], f"p{chance.randrange(persons):06}", 1_790_000_000_000_000 + place, "sms"),
                *("+15551234567", "collect", "autumn", f"k{number}-{place}", "reminder", "house", "s1"),
                *(ids[place], "allow", None, 1_790_000_000_000_000, "x" * 64, "y" * 64, "z" * 40, 0, 1, 2),
                *("accepted", "SM" * 17, "queued", None),
            )
            for place in range(GROUP)
        ]
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, rows)
        connection.execute("COMMIT")
        return time.perf_counter() - began

    return group


FINDINGS = {
    "passed": [f"us.regf.rule-{number}" for number in range(14)],
    "not_applicable": [f"us.regf.other-{number}" for number in range(6)],
    "told": [{"rule": "us.regf.call-frequency", "verdict": "allow", "facts": {"count": 3, "of": 7}}],
}


class Campaign:
    """Groups of contacts through the ledger, the endings of each riding on the next commit."""

    def __init__(self, ledger: Ledger, clock: FrozenClock, people: list[KnownPerson]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._people = people
        self._open: list[StoredContact] = []

    def group(self, number: int) -> float:
        """Reserve one group and close the one before; the seconds it took."""
        people = [self._people[(number * GROUP + place) % len(self._people)] for place in range(GROUP)]
        now = moment(number)
        self._clock.set(now)
        contacts, events, words = self._made(number, now, people)
        closing = [
            NewEvent(each.person, "attempt_closed", now, {"attempt": each.attempt, "outcome": "accepted"})
            for each in self._open
        ]
        began = time.perf_counter()
        done = [replace(each, state=ContactState.DONE, outcome=Outcome.ACCEPTED) for each in self._open]
        with self._ledger.write() as writing:
            writing.append([*closing, *events])
            writing.update_contacts(done)
            writing.add_contacts(contacts)
            writing.keep_words(words)
        seconds = time.perf_counter() - began
        self._open = contacts
        return seconds

    def _made(
        self, number: int, now: datetime, people: list[KnownPerson]
    ) -> tuple[list[StoredContact], list[NewEvent], list[tuple[str, Words]]]:
        contacts: list[StoredContact] = []
        events: list[NewEvent] = []
        words: list[tuple[str, Words]] = []
        for place, person in enumerate(people):
            contact, attempt = new_id(now), new_id(now)
            to, debt = person.consumer.phones[0].number, person.consumer.debts[0].id
            wish = Contact(
                person.consumer.id, Way.SMS, to, debts=(debt,), campaign="c", key=f"{number}-{place}"
            )
            about = {"contact": contact, "channel": "sms", "to": to, "debts": [debt], "person": "consumer"}
            events += (
                NewEvent(person.id, "contact_received", now, {**about, "campaign": "c"}),
                NewEvent(
                    person.id,
                    "decided",
                    now,
                    {"contact": contact, "attempt": attempt, "verdict": "allow", "findings": FINDINGS}
                    | {"positions": {"system": 1, person.id: 4}, "packs": {"house": "a" * 64}},
                    new_id(now),
                ),
                NewEvent(person.id, "attempt_opened", now, {**about, "attempt": attempt, "run": "r1"}),
            )
            words.append((attempt, Words(TEXT, languages=("en",), template="reminder")))
            contacts.append(
                StoredContact(
                    *(contact, person.id, wish, "x" * 64, ContactState.OPEN),
                    attempt=attempt,
                    opened_at=now,
                    run="r1",
                )
            )
        return contacts, events, words


def people_of(ledger: Ledger, count: int) -> list[KnownPerson]:
    """As many consumers with a number and a debt each."""
    found: list[KnownPerson] = []
    for first in range(0, count, 1000):
        consumers = [
            Consumer(f"p{each}", "Ann", phones=(Phone(f"+1555{each:07}"),), debts=(Debt(f"d{each}"),))
            for each in range(first, first + 1000)
        ]
        with ledger.write() as writing:
            found += writing.save_persons(consumers, known_since=None)
    random.Random(2).shuffle(found)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--persons", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clock = FrozenClock(NOW)
        ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}", clock, create=True)
        campaign = Campaign(ledger, clock, people_of(ledger, options.persons))
        raw = raw_store(folder, options.persons)
        gc.freeze()  # the people of this benchmark are no part of a campaign's heap
        ours: list[float] = []
        theirs: list[float] = []
        for number in range(options.groups):
            theirs.append(raw(number))
            ours.append(campaign.group(number))
        ledger.close()
    reference, seconds = statistics.median(theirs), statistics.median(ours[1:])
    print(f"raw rows           {GROUP / reference:>10,.0f} /s")
    print(f"ledger, contacts   {GROUP / seconds:>10,.0f} /s   longest group {max(ours) * 1000:.0f} ms")
    print(f"share of the raw store   {reference / seconds:.2f}")


if __name__ == "__main__":
    main()
