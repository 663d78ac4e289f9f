"""Contacts as they stand: by key, by attempt, by person, and what waits when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from outreach.ledger.chain import from_micros, micros, read_entry
from outreach.ledger.records import CONTACT_COLUMNS, UNKNOWN_STATE, contact_from
from outreach.ledger.sql import as_list
from outreach.ledger.values import ContactState, StoredContact, Waiting
from outreach.ledger.view import LAST, MIN_BEGINNING, View

if TYPE_CHECKING:
    from outreach.ledger.encryption import StreamCipher

__all__ = ["ContactReading"]

_LISTED = "contact AS c WHERE c.state = 'listed'"


class ContactReading(View):
    """The part of :class:`outreach.ledger.interface.Reading` that asks for contacts."""

    def _contacts(self, clause: str, *values: Any) -> tuple[StoredContact, ...]:
        rows = self._all(f"SELECT {CONTACT_COLUMNS} FROM {clause}", *values)
        if self._shared.master is not None and rows:
            ciphers = self._ciphers_of({row[2] for row in rows})
            return tuple(contact_from(row, ciphers.get(row[2]), encrypting=True) for row in rows)
        return tuple(contact_from(row) for row in rows)

    def _ciphers_of(self, persons: set[str]) -> dict[str, StreamCipher | None]:
        """The ciphers of these persons (internal ids), where encryption is on."""
        known = {name: self._heads[name].aliases.cipher for name in persons if name in self._heads}
        if len(known) == len(persons):
            return known
        keys = self._all(
            "SELECT s.name, s.key FROM list_of(value text) AS wanted "
            "JOIN stream AS s ON s.name = wanted.value",
            as_list(persons - known.keys()),
        )
        return known | {name: self._ciphers.of(name, key).cipher for name, key in keys}

    def contacts_by_key(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], StoredContact]:
        found = self._contacts(
            "list_of(campaign text, key text) AS wanted JOIN contact AS c ON c.campaign = wanted.campaign "
            "AND c.key = wanted.key",
            as_list(keys),
        )
        return {(each.contact.campaign, each.contact.key): each for each in found}

    def contacts(self, ids: Collection[str]) -> dict[str, StoredContact]:
        found = self._contacts(
            "list_of(value text) AS wanted JOIN contact AS c ON c.id = wanted.value", as_list(ids)
        )
        return {each.id: each for each in found}

    def contact_of_attempt(self, attempt: str) -> StoredContact | None:
        bodies = self._all("SELECT body FROM entry WHERE name = ?", attempt)
        if not bodies and len(attempt) >= MIN_BEGINNING:
            # Ids of one moment begin alike: beyond some hundred rows a beginning cannot be unique.
            bodies = self._all(
                "SELECT body FROM entry WHERE name >= ? AND name < ? LIMIT 1000", attempt, attempt + LAST
            )
        found = {
            record.fields["contact"]
            for (body,) in bodies
            for record in read_entry(body).events
            if record.kind == "attempt_opened" and record.fields["attempt"].startswith(attempt)
        }
        if len(found) != 1:
            return None
        return next(iter(self.contacts(found).values()), None)

    def contacts_of(self, person: str) -> tuple[StoredContact, ...]:
        head = self.streams([person]).get(person)
        if head is None:
            return ()
        named = {
            record.fields["contact"]
            for _, _, body, _ in self._entries([head.number])
            for record in read_entry(body).events
            if "contact" in record.fields
        }
        waiting = self._contacts("contact AS c WHERE c.state = 'held' AND c.person = ?", person)
        found = {**self.contacts(named), **{each.id: each for each in waiting}}
        return tuple(sorted(found.values(), key=lambda each: each.arrival))

    def spent(self, day: date) -> dict[tuple[str, str], int]:
        rows = self._all("SELECT via, sender, attempts FROM spent WHERE day = ?", day.isoformat())
        return {(via, sender): attempts for via, sender, attempts in rows}

    def due(self, now: datetime, limit: int, *, partition: int | None = None) -> tuple[StoredContact, ...]:
        """One range of the index for each priority, so that what is not yet due is never looked at."""
        found: list[StoredContact] = []
        share, shared = ("", ()) if partition is None else ("AND c.partition = ? ", (partition,))
        for priority in self._priorities_held():
            found += self._contacts(
                f"contact AS c WHERE c.state = 'held' {share}AND c.priority = ? AND c.due <= ? "
                "ORDER BY c.due, c.arrival LIMIT ?",
                *shared,
                priority,
                micros(now),
                limit - len(found),
            )
            if len(found) >= limit:
                break
        return tuple(found)

    def waiting(self, now: datetime) -> tuple[Waiting, ...]:
        moment = micros(now)
        rows = self._all(
            "SELECT c.partition, count(*), sum(CASE WHEN c.due <= ? THEN 1 ELSE 0 END), min(c.due), "
            "coalesce(max(p.worker), '') FROM contact AS c LEFT JOIN partition AS p ON p.id = c.partition "
            "WHERE c.state = 'held' GROUP BY c.partition ORDER BY c.partition",
            moment,
        )
        return tuple(
            Waiting(number, held, int(due), from_micros(first) if due else None, worker)
            for number, held, due, first, worker in rows
        )

    def _priorities_held(self) -> list[int]:
        rows = self._all(
            "WITH RECURSIVE p(n) AS (SELECT min(priority) FROM contact WHERE state = 'held' UNION ALL "
            "SELECT (SELECT min(priority) FROM contact WHERE state = 'held' AND priority > p.n) FROM p "
            "WHERE p.n IS NOT NULL) SELECT n FROM p WHERE n IS NOT NULL"
        )
        return [row[0] for row in rows]

    def next_due(self) -> datetime | None:
        moments = [
            self._one("SELECT min(due) FROM contact WHERE state = 'held' AND priority = ?", priority)[0]
            for priority in self._priorities_held()
        ]
        return from_micros(min(moments)) if moments else None

    def listed(self, limit: int, *, after: StoredContact | None = None) -> tuple[StoredContact, ...]:
        """The rest of the priority reached, then those behind it: each is a range of the index."""
        if after is None:
            return self._contacts(f"{_LISTED} ORDER BY c.priority, c.arrival LIMIT ?", limit)
        priority = after.contact.priority
        found = self._contacts(
            f"{_LISTED} AND c.priority = ? AND c.arrival > ? ORDER BY c.arrival LIMIT ?",
            priority,
            after.arrival,
            limit,
        )
        if len(found) < limit:
            found += self._contacts(
                f"{_LISTED} AND c.priority > ? ORDER BY c.priority, c.arrival LIMIT ?",
                priority,
                limit - len(found),
            )
        return found

    def open_contacts(self) -> tuple[StoredContact, ...]:
        """Contacts whose attempt is open, in order of arrival."""
        return self._contacts("contact AS c WHERE c.state = 'open' ORDER BY c.arrival")

    def open_tasks(self, opened_before: datetime) -> tuple[StoredContact, ...]:
        return tuple(
            each
            for each in self.open_contacts()
            if not each.run and each.opened_at is not None and each.opened_at < opened_before
        )

    def unknown(self, limit: int) -> tuple[StoredContact, ...]:
        return self._contacts("contact AS c WHERE c.state = 'unknown' ORDER BY c.arrival LIMIT ?", limit)

    def states(self) -> dict[ContactState, int]:
        found = dict.fromkeys(ContactState, 0)
        for state, count in self._all("SELECT state, count(*) FROM contact GROUP BY state"):
            found[ContactState.DONE if state == UNKNOWN_STATE else ContactState(state)] += count
        return found
