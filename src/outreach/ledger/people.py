"""Saving people: a stream, a key and tokens for each, and every version of their data."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from outreach.domain import Consumer, new_ids
from outreach.errors import InputError
from outreach.ledger.chain import micros
from outreach.ledger.interface import KnownPerson
from outreach.ledger.reading import SqliteReading
from outreach.ledger.records import consumer_text, value_sorts
from outreach.ledger.shared import Head, Shared
from outreach.ledger.tokens import Aliases

__all__ = ["add_stream", "save_persons"]


def add_stream(connection: sqlite3.Connection, name: str) -> int:
    """Begin a chain, with a random key of its own; its number."""
    added = connection.execute(
        "INSERT INTO stream (name, key, aliases) VALUES (?, ?, '')", (name, Aliases.new_key())
    )
    return added.lastrowid or 0


def save_persons(
    view: SqliteReading,
    connection: sqlite3.Connection,
    shared: Shared,
    consumers: Sequence[Consumer],
    known_since: datetime | None,
) -> list[KnownPerson]:
    """Create or update people by their client ids; of two with one id in a batch, the later holds."""
    known = view.persons({consumer.id for consumer in consumers})
    if any(person.erased for person in known.values()):
        raise InputError("this consumer was erased", remedy="a new placement needs an id of its own")
    fresh = {consumer.id for consumer in consumers} - known.keys()
    names = dict(zip(sorted(fresh), new_ids(shared.clock.now(), len(fresh)), strict=True))
    for name in names.values():
        add_stream(connection, name)
    heads = view.streams([*names.values(), *(person.id for person in known.values())])
    since = None if known_since is None else micros(known_since)
    for consumer in consumers:
        name = names[consumer.id] if consumer.id in names else known[consumer.id].id
        head = heads[name]
        before = known.get(consumer.id)
        version, text = _version(head, consumer)
        for sort, value in value_sorts(consumer):
            head.aliases.token(sort, value)
        if before is None:
            row = _add_version(connection, head, version, text)
            connection.execute(
                "INSERT INTO person (stream, ref, version, known_since) VALUES (?, ?, ?, ?)",
                (head.number, consumer.id, row, since),
            )
        elif before.version != version:
            row = _add_version(connection, head, version, text)
            connection.execute("UPDATE person SET version = ? WHERE stream = ?", (row, head.number))
        known[consumer.id] = KnownPerson(
            name, consumer, version, known_since if before is None else before.known_since
        )
    return [known[consumer.id] for consumer in consumers]


def _version(head: Head, consumer: Consumer) -> tuple[str, str]:
    """The digest of a person's data, and the data; keyed, since who knows most of it could guess the rest."""
    text = consumer_text(consumer)
    return head.aliases.hmac.short("version", text), text


def _add_version(connection: sqlite3.Connection, head: Head, version: str, text: str) -> int:
    """The row of this version, which may have been hers before."""
    connection.execute(
        "INSERT OR IGNORE INTO person_version (stream, version, data) VALUES (?, ?, ?)",
        (head.number, version, text),
    )
    row = connection.execute(
        "SELECT id FROM person_version WHERE stream = ? AND version = ?", (head.number, version)
    ).fetchone()
    return int(row[0])
