"""Saving people: a stream, a key and tokens for each, and every version of their data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from outreach.domain import SYSTEM, Consumer, new_ids
from outreach.errors import InputError
from outreach.ledger.chain import micros
from outreach.ledger.encrypted import DATA
from outreach.ledger.records import consumer_text, value_sorts
from outreach.ledger.revisions import mark_encrypted
from outreach.ledger.shared import Head, Shared
from outreach.ledger.sql import Connection
from outreach.ledger.tokens import Aliases
from outreach.ledger.values import KnownPerson, Subject

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys

__all__ = ["add_stream", "first_rows", "save_persons"]


class View(Protocol):
    """What of an open write is needed here."""

    def persons(self, refs: Collection[str]) -> dict[str, KnownPerson]: ...

    def hold(self, subjects: Iterable[Subject]) -> None: ...

    def streams(self, names: Iterable[str]) -> dict[str, Head]: ...


def add_stream(connection: Connection, name: str, master: MasterKeys | None = None) -> int:
    """Begin a chain, with a random key of its own; its number."""
    key = Aliases.new_key()
    (number,) = connection.execute(
        "INSERT INTO stream (name, key, aliases) VALUES (?, ?, '') RETURNING id",
        (name, key if master is None else master.wrap(name, key)),
    ).fetchone()
    return int(number)


def first_rows(connection: Connection, key_id: str, master: MasterKeys | None = None) -> None:
    """What a new ledger holds: the system's stream, and which key its endpoint index is made with."""
    add_stream(connection, SYSTEM, master)
    connection.execute("INSERT INTO installation (name, value) VALUES ('endpoint_key', ?)", (key_id,))
    if master is not None:
        mark_encrypted(connection, master)


def save_persons(
    view: View,
    connection: Connection,
    shared: Shared,
    consumers: Sequence[Consumer],
    known_since: datetime | None,
) -> list[KnownPerson]:
    """Create or update people by their client ids; of two with one id in a batch, the later holds."""
    connection.exclusive("people")  # of two that bring in the same person one makes her, the other finds her
    known = view.persons({consumer.id for consumer in consumers})
    if any(person.erased for person in known.values()):
        raise InputError("this consumer was erased", remedy="a new placement needs an id of its own")
    fresh = {consumer.id for consumer in consumers} - known.keys()
    names = dict(zip(sorted(fresh), new_ids(shared.clock.now(), len(fresh)), strict=True))
    for name in names.values():
        add_stream(connection, name, shared.master)
    view.hold(Subject("person", person.id) for person in known.values())
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


def _add_version(connection: Connection, head: Head, version: str, text: str) -> int:
    """The row of this version, which may have been hers before."""
    if head.aliases.cipher is not None:
        text = head.aliases.cipher.encrypt(DATA.name, version, text)
    connection.execute(
        "INSERT INTO person_version (stream, version, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (head.number, version, text),
    )
    row = connection.execute(
        "SELECT id FROM person_version WHERE stream = ? AND version = ?", (head.number, version)
    ).fetchone()
    return int(row[0])
