"""Writing: events at the ends of their chains, people, contacts, words; in one commit or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from outreach.domain import SYSTEM, Consumer, Event, NewEvent, Words, new_ids
from outreach.errors import InputError, KeyTaken, LedgerError
from outreach.ledger.chain import micros, plain_fields
from outreach.ledger.collecting import no_collecting
from outreach.ledger.erasing import erase
from outreach.ledger.hiding import cipher_of, hidden_contacts, hidden_words, hide_keys
from outreach.ledger.people import save_persons
from outreach.ledger.reading import SqlReading
from outreach.ledger.records import contact_row, standing_row, words_text
from outreach.ledger.rows import Row, make_row, refuse_unknown, rows_of
from outreach.ledger.shared import Head, Shared
from outreach.ledger.sql import Connection, Doubled, as_list
from outreach.ledger.tokens import holder_value
from outreach.ledger.values import Erased, KnownPerson, StoredContact, Subject

__all__ = ["SqlWriting"]

_ENTRY: Final = "stream, seq, upto, recorded_at, name, body, aside, hash"
_CONTACT: Final = "id, person, campaign, key, state, priority, due, partition, received, standing"
# In this order, so that two writes that want some of the same never wait for each other.
_PERSONS: Final = (
    "SELECT s.id FROM list_of(value text) AS wanted JOIN stream AS s ON s.name = wanted.value ORDER BY s.id"
)
_HOLDERS: Final = (
    "SELECT 1 FROM list_of(value text) AS wanted JOIN holder AS h ON h.digest = wanted.value "
    "ORDER BY h.digest, h.stream"
)
_CLAIMED: Final = (
    "SELECT c.id FROM list_of(value text) AS wanted JOIN contact AS c ON c.id = wanted.value "
    "WHERE c.state = 'held' ORDER BY c.id"
)
# What is claimed is being judged, and its judging sees the new fact: it has to wait for the same lock.
_WAKEABLE: Final = (
    "SELECT c.id FROM list_of(value text) AS wanted JOIN contact AS c ON c.person = wanted.value "
    "WHERE c.state = 'held' AND c.due > ? ORDER BY c.id"
)
_LATE_WORDS: Final = (
    "INSERT INTO words (attempt, data) VALUES (?, ?) ON CONFLICT (attempt) DO UPDATE SET data = excluded.data"
)
_encode = msgspec.json.encode


class SqlWriting(SqlReading):
    """An open write. Rows of the chain are kept back until they are read or committed."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        super().__init__(connection, shared)
        self._rows: list[Row] = []
        self._of_attempt: dict[str, Row] = {}
        self._grown: dict[int, list[int]] = {}
        self._late_words: list[tuple[str, str]] = []
        self._spoiled = False
        self.claimed: frozenset[str] = frozenset()
        self._marked = False
        self._held: set[str] = set()  # streams whose rows are locked, where they have to be
        self._version = connection.version()
        self._known = {} if self._version is None else shared.heads_at(self._version)

    # -- locks --

    def hold(self, subjects: Iterable[Subject]) -> None:
        """Lock subjects until the end: persons by their streams, endpoints and debts by who has them."""
        if self._connection.alone:
            return
        subjects = list(subjects)
        self._hold_streams(each.value for each in subjects if each.kind == "person")
        digests = {
            self._shared.key.digest(each.kind, value)
            for each in subjects
            if each.kind != "person" and (value := holder_value(each.kind, each.value)) is not None
        }
        if digests:
            self._connection.lock(_HOLDERS, (as_list(sorted(digests)),), of="h")

    def claim(self, contacts: Collection[str]) -> None:
        """Before any lock that waits: see :attr:`outreach.ledger.interface.Writing.claimed`."""
        if contacts:
            found = self._connection.claim(_CLAIMED, (as_list(sorted(contacts)),), of="c")
            self.claimed = frozenset(row[0] for row in found)

    def _hold_streams(self, names: Iterable[str]) -> None:
        """Lock these streams too; the system's last, since every other write may want it."""
        if self._connection.alone:
            return
        wanted = set(names) - self._held
        for some in (wanted - {SYSTEM}, wanted & {SYSTEM}):
            if some:
                self._connection.lock(_PERSONS, (as_list(sorted(some)),), of="s")
        for name in wanted:
            self._heads.pop(name, None)  # what was read without the lock may be old
        self._held |= wanted

    # -- the ways to the database --

    def _all(self, sql: str, *values: Any) -> list[Any]:
        if self._rows:
            self._flush()
        return super()._all(sql, *values)

    def _many(self, sql: str, rows: Iterable[Any]) -> int:
        try:
            return self._connection.executemany(sql, rows)
        except Exception:
            self._spoiled = True  # some of the rows may be in: nothing of this write may be committed
            raise

    def _insert(self, table: str, columns: str, rows: Sequence[Any]) -> None:
        try:
            self._connection.insert(table, columns, rows)
        except Exception:
            self._spoiled = True
            raise

    def _flush(self) -> None:
        rows, self._rows, self._of_attempt = self._rows, [], {}
        self._insert(
            "entry",
            _ENTRY,
            [
                (
                    *(row.stream, row.seq, row.upto, row.recorded_at, row.name, row.body),
                    row.beside(),
                    row.hash,
                )
                for row in rows
            ],
        )

    def streams(self, names: Iterable[str]) -> dict[str, Head]:
        if self._known:
            names = list(names)
            self._heads.update(
                {name: self._known[name] for name in names if name in self._known and name not in self._heads}
            )
        return super().streams(names)

    def finish(self) -> None:
        """Write down what was kept back.

        :raises LedgerError: if something in this write had failed, whoever may have caught it.
        """
        if self._spoiled:
            raise LedgerError("a part of this write had failed; nothing of it was kept")
        if self._rows:
            self._flush()
        self._keep_aliases()
        if self._late_words:
            self._many(_LATE_WORDS, self._late())
        master = self._shared.master
        if master is not None:
            self._marked = hide_keys(self._connection, self._shared, master, self._heads.values(), self._held)
        if self._grown:
            grown = [[number, first, last] for number, (first, last) in self._grown.items()]
            # Past this point one after the other: whoever follows growth sees it in the order of the commits.
            self._connection.exclusive("growth")
            self._connection.execute("INSERT INTO growth (streams) VALUES (?)", (as_list(grown),))

    def commit(self) -> None:
        """Make all of it durable. Then, with the lock still held, what is known of the chains' ends is kept
        for the next write.
        """
        self.finish()
        self._connection.commit()
        self._shared.marked = self._shared.marked or self._marked
        if self._version is not None:
            self._shared.keep_heads(self._version, self._heads)

    def _late(self) -> list[tuple[str, str]]:
        if self._shared.master is None:
            return self._late_words
        return hidden_words(self._connection, self, self._late_words)

    def _hiding(self, persons: set[str]) -> dict[str, Head]:
        """The streams of these persons, locked where their keys are still to be encrypted."""
        heads = self.streams(persons)
        self._hold_streams(name for name in persons if name in heads and heads[name].exposed)
        return self.streams(persons)

    def _keep_aliases(self) -> None:
        grown = [head for head in self._heads.values() if head.aliases.grown]
        if not grown:
            return
        self._many(
            "UPDATE stream SET aliases = ? WHERE id = ?",
            [(head.tokens(), head.number) for head in grown],
        )
        digests = [
            (self._shared.key.digest(sort, shared), head.number)
            for head in grown
            if head.name != SYSTEM  # who wrote and is not on file has nothing, as far as we know
            for sort, value in head.aliases.fresh
            if (shared := holder_value(sort, value)) is not None
        ]
        self._many("INSERT INTO holder (digest, stream) VALUES (?, ?) ON CONFLICT DO NOTHING", digests)
        for head in grown:
            head.aliases.grown = False
            head.aliases.fresh.clear()

    def _remember_pauses(self, height: int, pauses: Any) -> None:
        """What this write has seen may yet be rolled back."""

    # -- events --

    def append(self, events: Sequence[NewEvent]) -> list[Event]:
        try:
            with no_collecting:
                return self._append(events)
        except BaseException:
            self._spoiled = True
            raise

    def _append(self, events: Sequence[NewEvent]) -> list[Event]:
        names = dict.fromkeys(event.stream for event in events)
        self._hold_streams(names)
        heads = self.streams(names)
        for event in events:
            refuse_unknown(event, heads)
        fields = plain_fields([event.fields for event in events])
        told: list[Event | None] = [None] * len(events)
        keyed = [place for place, event in enumerate(events) if event.key]
        doubles = self._known_keys(events, keyed, heads, told) if keyed else {}
        new = [place for place, known in enumerate(told) if known is None and place not in doubles]
        groups = rows_of(events, new)
        moment = self._shared.clock.now()
        now = micros(moment)
        for (stream, places), name in zip(groups, new_ids(moment, len(groups)), strict=True):
            head = heads[stream]
            row, made = make_row(
                head, name, max(now, head.last), [events[at] for at in places], [fields[at] for at in places]
            )
            self._rows.append(row)
            if row.attempt:
                self._of_attempt[row.attempt] = row
            self._grown.setdefault(row.stream, [row.seq, 0])[1] = row.upto
            for place, event_told in zip(places, made, strict=True):
                told[place] = event_told
        result = [told[doubles.get(place, place)] for place in range(len(events))]
        self._keep_ids(events, [event for event in result if event is not None], new)
        if keyed:
            self._keep_keys(events, keyed, heads, told, doubles)
        return [event for event in result if event is not None]

    def _keep_ids(self, events: Sequence[NewEvent], told: Sequence[Event], new: Sequence[int]) -> None:
        heads = self._heads
        rows = [
            (events[place].id, heads[events[place].stream].number, told[place].seq)
            for place in new
            if events[place].id
        ]
        try:
            self._many("INSERT INTO event_id (id, stream, seq) VALUES (?, ?, ?)", rows)
        except Doubled:
            raise InputError(
                "an event with this id is already recorded",
                why="an id names one event for ever",
                remedy="leave the id out, and give the outside id as its key",
            ) from None

    def _known_keys(
        self,
        events: Sequence[NewEvent],
        keyed: Sequence[int],
        heads: Mapping[str, Head],
        told: list[Event | None],
    ) -> dict[int, int]:
        """Fill in events recorded before; which places repeat an earlier key of this batch."""
        tokens = {place: _key(events[place], heads) for place in keyed}
        rows = self._all(
            "SELECT k.stream, k.key, e.body, e.aside, k.seq FROM list_of(stream bigint, key text) AS wanted "
            "JOIN event_key AS k ON k.stream = wanted.stream AND k.key = wanted.key "
            "JOIN entry AS e ON e.stream = k.stream AND k.seq BETWEEN e.seq AND e.upto",
            as_list(set(tokens.values())),
        )
        known = {
            (stream, key): event
            for stream, key, body, aside, seq in rows
            for event in self._told(body, aside)
            if event.seq == seq
        }
        first: dict[tuple[int, str], int] = {}
        doubles: dict[int, int] = {}
        for place, token in tokens.items():
            told[place] = known.get(token)
            if told[place] is None and first.setdefault(token, place) != place:
                doubles[place] = first[token]
        return doubles

    def _keep_keys(
        self,
        events: Sequence[NewEvent],
        keyed: Sequence[int],
        heads: Mapping[str, Head],
        told: Sequence[Event | None],
        doubles: Collection[int],
    ) -> None:
        rows = [
            (*_key(events[place], heads), event.seq)
            for place in keyed
            if place not in doubles and (event := told[place]) is not None
        ]
        self._many("INSERT INTO event_key (stream, key, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows)

    # -- people --

    def save_persons(
        self, consumers: Sequence[Consumer], *, known_since: datetime | None
    ) -> list[KnownPerson]:
        try:
            return save_persons(self, self._connection, self._shared, consumers, known_since)
        except BaseException:
            self._spoiled = True
            raise

    def set_known_since(self, persons: Collection[str], known_since: datetime | None) -> None:
        since = None if known_since is None else micros(known_since)
        self._many(
            "UPDATE person SET known_since = ? WHERE stream = (SELECT id FROM stream WHERE name = ?)",
            [(since, person) for person in persons],
        )

    def texts_within(self, texts: Collection[str], person: str = "") -> frozenset[str]:
        self._flush()
        self._keep_aliases()
        return super().texts_within(texts, person)

    def erase(self, person: str, *, keep: Collection[str], spare: Collection[int] = ()) -> Erased:
        try:
            self._flush()
            self._keep_aliases()
            erased = erase(self, self._connection, self._shared, person, keep, spare)
        except BaseException:
            self._spoiled = True
            raise
        del self._heads[person]  # it held her key
        self._shared.forget(person)
        return erased

    # -- contacts --

    def add_contacts(self, contacts: Sequence[StoredContact]) -> None:
        try:
            rows: Sequence[Sequence[Any]] = [contact_row(each) for each in contacts]
            if self._shared.master is not None:
                rows = hidden_contacts(
                    contacts, rows, _CONTACT, self._hiding({each.person for each in contacts})
                )
            self._insert("contact", _CONTACT, rows)
        except Doubled:
            raise KeyTaken(
                "a contact with this campaign and key is already in the ledger",
                why="a key is answered once in a campaign",
                remedy="ask for the first answer (contacts_by_key) inside the same write",
            ) from None

    def update_contacts(self, contacts: Sequence[StoredContact]) -> None:
        rows = map(standing_row, contacts)
        if self._shared.master is not None:
            heads = self._hiding({each.person for each in contacts if each.reason})
            rows = map(standing_row, contacts, [cipher_of(heads, each.person) for each in contacts])
        changed = self._many("UPDATE contact SET state = ?, due = ?, standing = ? WHERE id = ?", rows)
        if contacts and changed != len(contacts):
            self._spoiled = True
            raise LedgerError(f"{len(contacts) - changed} contacts to be updated are not in the ledger")

    def wake(self, persons: Collection[str], now: datetime) -> int:
        moment = micros(now)
        if self._rows:
            self._flush()
        found = self._connection.claim(_WAKEABLE, (as_list(sorted(persons)), moment), of="c")
        return self._many("UPDATE contact SET due = ? WHERE id = ?", [(moment, row[0]) for row in found])

    def spent(self, day: date) -> dict[tuple[str, str], int]:
        self._connection.exclusive("spent")
        return super().spent(day)

    def spend(self, day: date, attempts: Mapping[tuple[str, str], int]) -> None:
        self._many(
            "INSERT INTO spent (day, via, sender, attempts) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (day, via, sender) DO UPDATE SET attempts = spent.attempts + excluded.attempts",
            [(day.isoformat(), via, sender, count) for (via, sender), count in attempts.items()],
        )

    # -- words and texts --

    def keep_words(self, words: Sequence[tuple[str, Words]]) -> None:
        for attempt, said in words:
            row = self._of_attempt.get(attempt)
            if row is not None:
                row.aside.words = said
            else:
                self._late_words.append((attempt, words_text(said)))

    def keep_documents(self, documents: Mapping[str, str]) -> None:
        self._many(
            "INSERT INTO document (digest, text) VALUES (?, ?) ON CONFLICT DO NOTHING",
            sorted(documents.items()),
        )


def _key(event: NewEvent, heads: Mapping[str, Head]) -> tuple[int, str]:
    head = heads[event.stream]
    return head.number, head.aliases.hmac.short("key", event.key)
