"""Reading: everything of many people in a few queries.

Lists go into a query as one JSON text (``json_each``), so that a statement stays the same whatever their
length and its plan is made once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import msgspec

from outreach.domain import SYSTEM, Consumer, Event, Pause, Words
from outreach.ledger.chain import event_ids, from_micros, micros, read_entry
from outreach.ledger.interface import ContactState, Knowledge, KnownPerson, StoredContact, Subject
from outreach.ledger.records import (
    CONTACT_COLUMNS,
    UNKNOWN_STATE,
    Aside,
    consumer_from,
    contact_from,
    words_from,
)
from outreach.ledger.shared import Head, Shared
from outreach.ledger.tokens import Aliases, holder_value

__all__ = ["SqliteReading", "as_list", "events_of_entry"]

_aside = msgspec.json.Decoder(Aside).decode
_MIN_BEGINNING: Final = 6
_PLACE: Final = itemgetter(0, 1)
_LAST: Final = "\U0010ffff"  # no id goes beyond it: the end of a range of ids with one beginning

_PERSON: Final = (
    "SELECT p.ref, s.name, v.data, v.version, p.known_since FROM json_each(?) AS wanted {} "
    "JOIN person_version AS v ON v.id = p.version"
)
_BY_REF: Final = _PERSON.format(
    "JOIN person AS p ON p.ref = wanted.value JOIN stream AS s ON s.id = p.stream"
)
_BY_ID: Final = _PERSON.format(
    "JOIN stream AS s ON s.name = wanted.value JOIN person AS p ON p.stream = s.id"
)
_ENTRIES: Final = (
    "SELECT e.stream, e.seq, e.body, e.aside FROM json_each(?) AS wanted "
    "CROSS JOIN entry AS e ON e.stream = wanted.value"
)
_HEADS: Final = (
    "SELECT s.name, s.id, s.key, s.aliases, coalesce(e.upto, 0), coalesce(e.hash, ''), "
    "coalesce(e.recorded_at, 0) FROM json_each(?) AS wanted JOIN stream AS s ON s.name = wanted.value "
    "LEFT JOIN entry AS e ON e.stream = s.id "
    "AND e.seq = (SELECT max(l.seq) FROM entry AS l WHERE l.stream = s.id)"
)
_HEIGHTS: Final = (
    "SELECT s.name, (SELECT e.upto FROM entry AS e WHERE e.stream = s.id ORDER BY e.seq DESC LIMIT 1) "
    "FROM json_each(?) AS wanted JOIN stream AS s ON s.name = wanted.value"
)

# From the row that holds the height asked about: rows hold several events, and a height may lie inside one.
_SINCE: Final = (
    "SELECT s.name, wanted.value, e.body FROM json_each(?) AS wanted JOIN stream AS s ON s.name = wanted.key "
    "JOIN entry AS e ON e.stream = s.id AND e.upto > wanted.value AND e.seq >= coalesce((SELECT max(l.seq) "
    "FROM entry AS l WHERE l.stream = s.id AND l.seq <= wanted.value), 0)"
)
_encode = msgspec.json.encode


def as_list(values: Iterable[Any]) -> str:
    """A list as one bound value."""
    return _encode(list(values)).decode()


def events_of_entry(
    body: str, aside: str, aliases: Aliases | None, *, cut: int | None = None
) -> Iterator[Event]:
    """The events of a row: in plain values with their free text; without ``aliases`` as in the chain.

    :param cut: the last number wanted.
    """
    entry = read_entry(body)
    beside = _aside(aside).fields if aside and aliases is not None else None
    recorded_at = from_micros(entry.recorded_at)
    hidden = aliases if '"~' in body else None
    ids = event_ids(entry)
    for seq, record in enumerate(entry.events, entry.seq):
        if cut is not None and seq > cut:
            return
        fields = record.fields
        if hidden is not None:
            hidden.show(record.kind, fields)
        if beside and (private := beside.get(str(seq))):
            fields.update(private)
        yield Event(record.kind, from_micros(record.at), fields, recorded_at, next(ids), entry.stream, seq)


class SqliteReading:
    """One consistent view. :param shared: what the ledger's views have in common."""

    def __init__(self, connection: sqlite3.Connection, shared: Shared) -> None:
        self._connection = connection
        self._shared = shared
        self._heads: dict[str, Head] = {}

    # -- the ways to the database --

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Any) -> Any:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    def streams(self, names: Iterable[str]) -> dict[str, Head]:
        """Key, tokens and chain head of each stream that exists; remembered within this view."""
        missing = [name for name in names if name not in self._heads]
        if missing:
            for name, number, key, aliases, height, head, last in self._all(_HEADS, as_list(missing)):
                self._heads[name] = Head(number, name, Aliases(key, aliases), height, head, last)
        return self._heads

    def _entries(self, streams: Iterable[int]) -> list[Any]:
        """The rows of these streams: stream, first number, text, aside; each stream's in order."""
        rows = self._all(_ENTRIES, as_list(streams))
        rows.sort(key=_PLACE)  # they come so already; only SQL does not promise it
        return rows

    # -- people --

    def persons(self, refs: Collection[str]) -> dict[str, KnownPerson]:
        return {row[0]: self._person(row) for row in self._all(_BY_REF, as_list(refs))}

    def person_ids(self) -> tuple[str, ...]:
        rows = self._all(
            "SELECT s.name FROM person AS p JOIN stream AS s ON s.id = p.stream ORDER BY p.stream"
        )
        return tuple(row[0] for row in rows)

    def persons_by_id(self, ids: Collection[str]) -> dict[str, KnownPerson]:
        return {row[1]: self._person(row) for row in self._all(_BY_ID, as_list(ids))}

    def _person(self, row: Sequence[Any]) -> KnownPerson:
        _, name, data, version, known_since = row
        consumer = self._shared.consumer(name, version, data)
        return KnownPerson(name, consumer, version, None if known_since is None else from_micros(known_since))

    def person_version(self, person: str, version: str) -> Consumer | None:
        row = self._one(
            "SELECT v.data FROM stream AS s JOIN person_version AS v ON v.stream = s.id AND v.version = ? "
            "WHERE s.name = ?",
            version,
            person,
        )
        return consumer_from(row[0]) if row and row[0] else None

    def sharers(self, subjects: Collection[Subject]) -> dict[Subject, frozenset[str]]:
        wanted: dict[str, list[Subject]] = {}
        for subject in subjects:
            value = holder_value(subject.kind, subject.value)
            if value is not None:
                wanted.setdefault(self._shared.key.digest(subject.kind, value), []).append(subject)
        holders: dict[str, set[str]] = {}
        for digest, name in self._all(
            "SELECT h.digest, s.name FROM json_each(?) AS wanted JOIN holder AS h ON h.digest = wanted.value "
            "JOIN stream AS s ON s.id = h.stream",
            as_list(wanted),
        ):
            holders.setdefault(digest, set()).add(name)
        return {
            subject: frozenset(names)
            for digest, names in holders.items()
            if len(names) > 1
            for subject in wanted[digest]
        }

    # -- events --

    def knowledge(
        self, persons: Collection[str], *, up_to: Mapping[str, int] | None = None
    ) -> dict[str, Knowledge]:
        known = self.persons_by_id(persons)
        heads = self.streams(known)
        by_number = {heads[name].number: heads[name] for name in known}
        events: dict[int, list[Event]] = {number: [] for number in by_number}
        for number, _, body, aside in self._entries(by_number):
            head = by_number[number]
            cut = None if up_to is None else up_to.get(head.name)
            events[number].extend(events_of_entry(body, aside, head.aliases, cut=cut))
        return {
            head.name: Knowledge(known[head.name], tuple(told), told[-1].seq if told else 0)
            for head in by_number.values()
            for told in (events[head.number],)
        }

    def system_events(self, kinds: Collection[str] = (), *, up_to: int | None = None) -> tuple[Event, ...]:
        head = self.streams([SYSTEM])[SYSTEM]
        wanted = frozenset(kinds)
        return tuple(
            event
            for _, _, body, aside in self._entries([head.number])
            for event in events_of_entry(body, aside, head.aliases, cut=up_to)
            if not wanted or event.kind in wanted
        )

    def pauses(self, *, up_to: int | None = None) -> tuple[Pause, ...]:
        height = self.heights([SYSTEM])[SYSTEM]
        if up_to is None:
            known = self._shared.pauses_at(height)
            if known is not None:
                return known
        pauses = _in_force(self.system_events(("paused", "resumed", "correction"), up_to=up_to))
        if up_to is None:
            self._remember_pauses(height, pauses)
        return pauses

    def _remember_pauses(self, height: int, pauses: tuple[Pause, ...]) -> None:
        self._shared.keep_pauses(height, pauses)

    def heights(self, streams: Collection[str]) -> dict[str, int]:
        found = dict.fromkeys(streams, 0)
        for name, height in self._all(_HEIGHTS, as_list(streams)):
            found[name] = height or 0
        return found

    def kinds_since(self, positions: Mapping[str, int]) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name, height, body in self._all(_SINCE, _encode(positions).decode()):
            entry = read_entry(body)
            kinds = {record.kind for seq, record in enumerate(entry.events, entry.seq) if seq > height}
            found.setdefault(name, set()).update(kinds)
        return {name: frozenset(kinds) for name, kinds in found.items()}

    def event(self, event_id: str) -> Event | None:
        row = self._one(
            "SELECT e.body, e.aside, i.seq FROM event_id AS i JOIN entry AS e ON e.stream = i.stream "
            "AND i.seq BETWEEN e.seq AND e.upto WHERE i.id = ?",
            event_id,
        )
        if row is not None:
            return next(event for event in self._told(row[0], row[1]) if event.seq == row[2])
        if len(event_id) < _MIN_BEGINNING:
            return None
        # A row's name begins the ids of its events; an id may also be longer than the name.
        rows = self._all(
            "SELECT body, aside FROM entry WHERE name >= ? AND name < ? OR name = ? LIMIT 3",
            event_id,
            event_id + _LAST,
            event_id.rsplit("-", 1)[0],
        )
        found = [each for body, aside in rows for each in self._told(body, aside)]
        for each in found:
            if each.id == event_id:
                return each
        beginning = [each for each in found if each.id.startswith(event_id)]
        given = self._all(
            "SELECT id FROM event_id WHERE id >= ? AND id < ? LIMIT 2", event_id, event_id + _LAST
        )
        if len(beginning) + len(given) != 1:
            return None
        return beginning[0] if beginning else self.event(given[0][0])

    def _told(self, body: str, aside: str) -> list[Event]:
        stream = read_entry(body).stream
        return list(events_of_entry(body, aside, self.streams([stream])[stream].aliases))

    # -- contacts --

    def _contacts(self, clause: str, *values: Any) -> tuple[StoredContact, ...]:
        rows = self._all(f"SELECT {CONTACT_COLUMNS} FROM {clause}", *values)
        return tuple(contact_from(row) for row in rows)

    def contacts_by_key(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], StoredContact]:
        found = self._contacts(
            "json_each(?) AS wanted JOIN contact AS c ON c.campaign = json_extract(wanted.value, '$[0]') "
            "AND c.key = json_extract(wanted.value, '$[1]')",
            as_list(keys),
        )
        return {(each.contact.campaign, each.contact.key): each for each in found}

    def contacts(self, ids: Collection[str]) -> dict[str, StoredContact]:
        found = self._contacts(
            "json_each(?) AS wanted JOIN contact AS c ON c.id = wanted.value", as_list(ids)
        )
        return {each.id: each for each in found}

    def contact_of_attempt(self, attempt: str) -> StoredContact | None:
        bodies = self._all("SELECT body FROM entry WHERE name = ?", attempt)
        if not bodies and len(attempt) >= _MIN_BEGINNING:
            # Ids of one moment begin alike: beyond some hundred rows a beginning cannot be unique.
            bodies = self._all(
                "SELECT body FROM entry WHERE name >= ? AND name < ? LIMIT 1000", attempt, attempt + _LAST
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

    def due(self, now: datetime, limit: int) -> tuple[StoredContact, ...]:
        """One range of the index for each priority, so that what is not yet due is never looked at."""
        found: list[StoredContact] = []
        for priority in self._priorities_held():
            found += self._contacts(
                "contact AS c WHERE c.state = 'held' AND c.priority = ? AND c.due <= ? "
                "ORDER BY c.due, c.arrival LIMIT ?",
                priority,
                micros(now),
                limit - len(found),
            )
            if len(found) >= limit:
                break
        return tuple(found)

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

    def listed(self, limit: int) -> tuple[StoredContact, ...]:
        return self._contacts(
            "contact AS c WHERE c.state = 'listed' ORDER BY c.priority, c.arrival LIMIT ?", limit
        )

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

    # -- what was said, what was kept --

    def words(self, attempt: str) -> Words | None:
        row = self._one("SELECT aside FROM entry WHERE name = ?", attempt)
        words = _aside(row[0]).words if row and row[0] else None
        if words is None:
            row = self._one("SELECT data FROM words WHERE attempt = ?", attempt)
            words = words_from(row[0]) if row else None
        return words

    def document(self, digest: str) -> str | None:
        row = self._one("SELECT text FROM document WHERE digest = ?", digest)
        return row[0] if row else None


def _in_force(events: Sequence[Event]) -> tuple[Pause, ...]:
    """The pauses not resumed; one that was made by mistake and voided was never there."""
    void = {event.fields["of"] for event in events if event.kind == "correction" and event.fields.get("void")}
    pauses: dict[tuple[str, str], Pause] = {}
    for event in events:
        if event.id in void or event.kind == "correction":
            continue
        scope, value = event.fields.get("scope", ""), event.fields.get("value", "")
        if event.kind == "paused":
            pauses[scope, value] = Pause(scope, value, event.fields.get("reason", ""), event.at)
        else:
            pauses.pop((scope, value), None)
    return tuple(pauses.values())
