"""A view of the ledger: a connection, what it has learned of streams, and how rows are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Final

import msgspec

from outreach.domain import Event
from outreach.ledger.chain import from_micros, id_in_row, made_event, read_entry
from outreach.ledger.encrypted import ASIDE, TOKENS, WRAPPED, key_needed
from outreach.ledger.records import Aside
from outreach.ledger.shared import Head, Shared
from outreach.ledger.sql import Connection, as_list
from outreach.ledger.tokens import Aliases

__all__ = ["LAST", "MIN_BEGINNING", "View", "events_of_entry", "read_aside"]

MIN_BEGINNING: Final = 6
"""The fewest characters by which an id may be named."""

LAST: Final = "\U0010ffff"
"""No id goes beyond it: the end of a range of ids with one beginning."""

_PLACE: Final = itemgetter(0, 1)
_ENTRIES: Final = (
    "SELECT e.stream, e.seq, e.body, e.aside FROM list_of(value bigint) AS wanted "
    "CROSS JOIN entry AS e ON e.stream = wanted.value"
)
_HEADS: Final = (
    "SELECT s.name, s.id, s.key, s.aliases, coalesce(e.upto, 0), coalesce(e.hash, ''), "
    "coalesce(e.recorded_at, 0) FROM list_of(value text) AS wanted JOIN stream AS s ON s.name = wanted.value "
    "LEFT JOIN entry AS e ON e.stream = s.id "
    "AND e.seq = (SELECT max(l.seq) FROM entry AS l WHERE l.stream = s.id)"
)
read_aside: Final = msgspec.json.Decoder(Aside).decode


def events_of_entry(body: str, aside: str, aliases: Aliases | None, *, cut: int | None = None) -> list[Event]:
    """The events of a row: in plain values with their free text; without ``aliases`` as in the chain.

    :param cut: the last number wanted.
    """
    entry = read_entry(body)
    recorded_at, name, stream, seq = from_micros(entry.recorded_at), entry.name, entry.stream, entry.seq
    beside = None
    if aside and aliases is not None:
        if aliases.cipher is not None:
            aside = aliases.cipher.decrypt(ASIDE.name, seq, aside)
        beside = read_aside(aside).fields
    hidden = aliases if '"~' in body else None
    last = len(entry.events)
    told = []
    for number, record in enumerate(entry.events, 1):
        if cut is not None and seq > cut:
            break
        kind, fields = record.kind, record.fields
        if hidden is not None:
            hidden.show(kind, fields)
        if beside and (private := beside.get(str(seq))):
            fields.update(private)
        event_id = record.id or id_in_row(name, number, last)
        told.append(made_event(kind, from_micros(record.at), fields, recorded_at, event_id, stream, seq))
        seq += 1
    return told


class View:
    """:param shared: what the ledger's views have in common."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        self._connection = connection
        self._shared = shared
        self._heads: dict[str, Head] = {}
        self._asked: dict[str, str] = {}  # values of the endpoint index that were asked for, by digest
        self._ciphers = shared.ciphers

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Any) -> Any:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    def streams(self, names: Iterable[str]) -> dict[str, Head]:
        """Key, tokens and chain head of each stream that exists; remembered within this view."""
        missing = [name for name in names if name not in self._heads]
        if missing:
            rows = self._all(_HEADS, as_list(missing))
            if self._shared.master is not None:
                self._heads.update({row[0]: self._decrypted(*row) for row in rows})
                return self._heads
            for name, number, key, aliases, height, head, last in rows:
                if key[:3] == WRAPPED:
                    raise key_needed()
                self._heads[name] = Head(number, name, Aliases(key, aliases, self._asked), height, head, last)
        return self._heads

    def _decrypted(
        self, name: str, number: int, stored: str, tokens: str, height: int, head: str, last: int
    ) -> Head:
        key, cipher = self._ciphers.of(name, stored)
        tokens = self._ciphers.plain(TOKENS, name, stored, "", tokens)
        exposed = key != "" and key == stored
        return Head(number, name, Aliases(key, tokens, self._asked, cipher), height, head, last, exposed)

    def _entries(self, streams: Iterable[int]) -> list[Any]:
        """The rows of these streams: stream, first number, text, aside; each stream's in order."""
        rows = self._all(_ENTRIES, as_list(streams))
        rows.sort(key=_PLACE)  # they come so already; only SQL does not promise it
        return rows
