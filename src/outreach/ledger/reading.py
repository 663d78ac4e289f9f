"""Reading: everything of many people in a few queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from outreach.domain import SYSTEM, Consumer, Event, Pause, Words, pauses_in_force
from outreach.ledger.chain import from_micros, read_entry, read_growth
from outreach.ledger.collecting import no_collecting
from outreach.ledger.contacts import ContactReading
from outreach.ledger.encrypted import ASIDE, DATA, LATE_WORDS
from outreach.ledger.records import consumer_from, words_from
from outreach.ledger.remains import texts_within
from outreach.ledger.sql import as_list
from outreach.ledger.tokens import erased_ref, holder_value
from outreach.ledger.values import Knowledge, KnownPerson, Subject
from outreach.ledger.view import LAST, MIN_BEGINNING, events_of_entry, read_aside

__all__ = ["SqlReading"]

_PERSON: Final = (
    "SELECT p.ref, s.name, v.data, v.version, p.known_since, s.key FROM list_of(value text) AS wanted {} "
    "JOIN person_version AS v ON v.id = p.version"
)
_BY_REF: Final = _PERSON.format(
    "JOIN person AS p ON p.ref = wanted.value JOIN stream AS s ON s.id = p.stream"
)
_BY_ID: Final = _PERSON.format(
    "JOIN stream AS s ON s.name = wanted.value JOIN person AS p ON p.stream = s.id"
)
_HEIGHTS: Final = (
    "SELECT s.name, (SELECT e.upto FROM entry AS e WHERE e.stream = s.id ORDER BY e.seq DESC LIMIT 1) "
    "FROM list_of(value text) AS wanted JOIN stream AS s ON s.name = wanted.value"
)

# From the row that holds the height asked about: rows hold several events, and a height may lie inside one.
_SINCE: Final = (
    "SELECT s.name, wanted.height, e.body FROM list_of(name text, height bigint) AS wanted "
    "JOIN stream AS s ON s.name = wanted.name JOIN entry AS e ON e.stream = s.id AND e.upto > wanted.height "
    "AND e.seq >= coalesce((SELECT max(l.seq) FROM entry AS l WHERE l.stream = s.id "
    "AND l.seq <= wanted.height), 0)"
)

_NOBODY: Final = Consumer("")


class SqlReading(ContactReading):
    """One consistent view. See :class:`outreach.ledger.interface.Reading`."""

    # -- people --

    def persons(self, refs: Collection[str]) -> dict[str, KnownPerson]:
        found = {row[0]: self._person(row) for row in self._all(_BY_REF, as_list(refs))}
        missing = {erased_ref(self._shared.key, ref): ref for ref in refs if ref not in found}
        if missing:
            for row in self._all(_BY_REF, as_list(missing)):
                ref = missing[row[0]]
                found[ref] = replace(self._person(row), consumer=Consumer(ref))
        return found

    def person_ids(self) -> tuple[str, ...]:
        rows = self._all(
            "SELECT s.name FROM person AS p JOIN stream AS s ON s.id = p.stream ORDER BY p.stream"
        )
        return tuple(row[0] for row in rows)

    def persons_by_id(self, ids: Collection[str]) -> dict[str, KnownPerson]:
        return {row[1]: self._person(row) for row in self._all(_BY_ID, as_list(ids))}

    def _person(self, row: Sequence[Any]) -> KnownPerson:
        _, name, data, version, known_since, key = row
        if not data:
            return KnownPerson(name, _NOBODY, version, erased=not key)
        consumer = self._shared.known_consumer(name, version)
        if consumer is None:
            data = self._ciphers.plain(DATA, name, key, version, data)
            consumer = self._shared.consumer(name, version, data)
        return KnownPerson(name, consumer, version, None if known_since is None else from_micros(known_since))

    def person_version(self, person: str, version: str) -> Consumer | None:
        row = self._one(
            "SELECT v.data, s.key FROM stream AS s "
            "JOIN person_version AS v ON v.stream = s.id AND v.version = ? WHERE s.name = ?",
            version,
            person,
        )
        if not row or not row[0]:
            return None
        return consumer_from(self._ciphers.plain(DATA, person, row[1], version, row[0]))

    def versions_of(self, person: str) -> tuple[Consumer, ...]:
        rows = self._all(
            "SELECT v.data, v.version, s.key FROM stream AS s JOIN person_version AS v ON v.stream = s.id "
            "WHERE s.name = ? ORDER BY v.id",
            person,
        )
        return tuple(
            consumer_from(self._ciphers.plain(DATA, person, key, version, data))
            for data, version, key in rows
            if data
        )

    def texts_within(self, texts: Collection[str], person: str = "") -> frozenset[str]:
        return texts_within(self._connection, texts, self._ciphers, person)

    def sharers(self, subjects: Collection[Subject]) -> dict[Subject, frozenset[str]]:
        return {subject: names for subject, names in self.holders(subjects).items() if len(names) > 1}

    def holders(self, subjects: Collection[Subject]) -> dict[Subject, frozenset[str]]:
        wanted: dict[str, list[Subject]] = {}
        for subject in subjects:
            value = holder_value(subject.kind, subject.value)
            if value is not None:
                digest = self._shared.key.digest(subject.kind, value)
                wanted.setdefault(digest, []).append(subject)
                self._asked[digest] = subject.value
        holders: dict[str, set[str]] = {}
        for digest, name in self._all(
            "SELECT h.digest, s.name FROM list_of(value text) AS wanted "
            "JOIN holder AS h ON h.digest = wanted.value JOIN stream AS s ON s.id = h.stream",
            as_list(wanted),
        ):
            holders.setdefault(digest, set()).add(name)
        return {subject: frozenset(names) for digest, names in holders.items() for subject in wanted[digest]}

    # -- events --

    def knowledge(
        self, persons: Collection[str], *, up_to: Mapping[str, int] | None = None
    ) -> dict[str, Knowledge]:
        known = self.persons_by_id(persons)
        heads = self.streams(known)
        by_number = {heads[name].number: heads[name] for name in known}
        events: dict[int, list[Event]] = {number: [] for number in by_number}
        with no_collecting:
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

    def latest(self) -> datetime | None:
        row = self._one("SELECT recorded_at FROM entry ORDER BY id DESC LIMIT 1")
        return from_micros(row[0]) if row else None

    def pauses(self, *, up_to: int | None = None) -> tuple[Pause, ...]:
        height = self.heights([SYSTEM])[SYSTEM]
        if up_to is None:
            known = self._shared.pauses_at(height)
            if known is not None:
                return known
        pauses = pauses_in_force(self.system_events(("paused", "resumed", "correction"), up_to=up_to))
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
        for name, height, body in self._all(_SINCE, as_list(positions.items())):
            entry = read_entry(body)
            kinds = {record.kind for seq, record in enumerate(entry.events, entry.seq) if seq > height}
            found.setdefault(name, set()).update(kinds)
        return {name: frozenset(kinds) for name, kinds in found.items()}

    def grown(self, since: int | None) -> tuple[int, frozenset[str]]:
        if since is None:
            return self._one("SELECT coalesce(max(id), 0) FROM growth")[0], frozenset()
        rows = self._all("SELECT id, streams FROM growth WHERE id > ? ORDER BY id", since)
        numbers = {stream for _, streams in rows for stream, _, _ in read_growth(streams)}
        names = self._all(
            "SELECT s.name FROM list_of(value bigint) AS wanted JOIN stream AS s ON s.id = wanted.value",
            as_list(numbers),
        )
        return (rows[-1][0] if rows else since), frozenset(name for (name,) in names)

    def event(self, event_id: str) -> Event | None:
        row = self._one(
            "SELECT e.body, e.aside, i.seq FROM event_id AS i JOIN entry AS e ON e.stream = i.stream "
            "AND i.seq BETWEEN e.seq AND e.upto WHERE i.id = ?",
            event_id,
        )
        if row is not None:
            return next(event for event in self._told(row[0], row[1]) if event.seq == row[2])
        if len(event_id) < MIN_BEGINNING:
            return None
        # A row's name begins the ids of its events; an id may also be longer than the name.
        rows = self._all(
            "SELECT body, aside FROM entry WHERE name >= ? AND name < ? OR name = ? LIMIT 3",
            event_id,
            event_id + LAST,
            event_id.rsplit("-", 1)[0],
        )
        found = [each for body, aside in rows for each in self._told(body, aside)]
        for each in found:
            if each.id == event_id:
                return each
        beginning = [each for each in found if each.id.startswith(event_id)]
        given = self._all(
            "SELECT id FROM event_id WHERE id >= ? AND id < ? LIMIT 2", event_id, event_id + LAST
        )
        if len(beginning) + len(given) != 1:
            return None
        return beginning[0] if beginning else self.event(given[0][0])

    def _told(self, body: str, aside: str) -> list[Event]:
        stream = read_entry(body).stream
        return list(events_of_entry(body, aside, self.streams([stream])[stream].aliases))

    # -- what was said, what was kept --

    def words(self, attempt: str) -> Words | None:
        row = self._one(f"SELECT e.aside, e.seq, s.name, s.key FROM {ASIDE.source} WHERE e.name = ?", attempt)
        words = None
        if row and row[0]:
            aside, seq, stream, key = row
            words = read_aside(self._ciphers.plain(ASIDE, stream, key, seq, aside)).words
        if words is None:
            row = self._one(f"SELECT {LATE_WORDS} WHERE w.attempt = ?", attempt)
            words = words_from(self._ciphers.words(*row)) if row else None
        return words

    def document(self, digest: str) -> str | None:
        row = self._one("SELECT text FROM document WHERE digest = ?", digest)
        if row is None and len(digest) >= MIN_BEGINNING:
            rows = self._all(
                "SELECT text FROM document WHERE digest >= ? AND digest < ? LIMIT 2", digest, digest + LAST
            )
            row = rows[0] if len(rows) == 1 else None
        return row[0] if row else None
