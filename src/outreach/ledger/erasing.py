"""Erasing a person: all that lies beside her chain goes; the chain stays, and leads nowhere.

In SQLite what is deleted is overwritten (``secure_delete``), but older copies of it may lie in pages set free
before: they go when the file is written anew (``Ledger.compact``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from outreach.domain import SYSTEM
from outreach.errors import InputError
from outreach.ledger.chain import Entry, read_entry
from outreach.ledger.reading import SqlReading
from outreach.ledger.records import emptied_row
from outreach.ledger.shared import Head, Shared
from outreach.ledger.sql import Connection, as_list
from outreach.ledger.tokens import erased_ref, holder_value
from outreach.ledger.values import Erased, StoredContact, Subject

__all__ = ["erase"]


def erase(
    view: SqlReading,
    connection: Connection,
    shared: Shared,
    person: str,
    keep: Collection[str],
    spare: Collection[int],
) -> Erased:
    """See :meth:`outreach.ledger.interface.Writing.erase`."""
    head = view.streams([person])[person]
    contacts = view.contacts_of(person)
    rows = [read_entry(body) for _, _, body, _ in view._entries([head.number])]
    with connection.overwriting():
        texts = _system_texts(view, connection, head, spare)
        texts += _words(connection, head, rows)
        return Erased(
            versions=_data(connection, shared, head),
            texts=texts,
            contacts=_contacts(connection, contacts),
            documents=_documents(connection, head, rows),
            kept=_tokens(connection, shared, head, keep),
        )


def _data(connection: Connection, shared: Shared, head: Head) -> int:
    """Every version of her data, and the client's id for her."""
    (ref,) = connection.execute("SELECT ref FROM person WHERE stream = ?", (head.number,)).fetchone()
    connection.execute(
        "UPDATE person SET ref = ?, known_since = NULL WHERE stream = ?",
        (erased_ref(shared.key, ref), head.number),
    )
    return connection.execute("UPDATE person_version SET data = '' WHERE stream = ?", (head.number,)).rowcount


def _words(connection: Connection, head: Head, rows: Iterable[Entry]) -> int:
    """Free text and the words of her attempts; how many texts it were."""
    attempts = [
        (record.fields["attempt"],)
        for row in rows
        for record in row.events
        if record.kind == "attempt_opened"
    ]
    late = connection.executemany("DELETE FROM words WHERE attempt = ?", attempts)
    emptied = connection.execute(
        "UPDATE entry SET aside = '' WHERE stream = ? AND aside <> ''", (head.number,)
    )
    return max(0, late) + emptied.rowcount


def _contacts(connection: Connection, contacts: Collection[StoredContact]) -> int:
    """What was received of them. One of unknown end is settled by nobody any more, and waits for nobody."""
    connection.executemany(
        "UPDATE contact SET state = CASE state WHEN 'unknown' THEN 'done' ELSE state END, "
        "key = ?, received = ?, standing = ? WHERE id = ?",
        map(emptied_row, contacts),
    )
    return len(contacts)


def _documents(connection: Connection, head: Head, rows: Iterable[Entry]) -> int:
    """Outside facts that no decision of anybody else rested on."""
    told = {
        record.fields["facts"]
        for row in rows
        for record in row.events
        if record.kind == "decided" and record.fields.get("facts")
    }
    if not told:
        return 0
    others = connection.each(
        'SELECT body FROM entry WHERE stream <> ? AND body LIKE \'%"facts":"%\'', (head.number,)
    )
    for (body,) in others:
        for record in read_entry(body).events:
            told.discard(record.fields.get("facts", ""))
        if not told:
            return 0
    return connection.execute(
        "DELETE FROM document WHERE digest IN (SELECT value FROM list_of(value text) AS told)",
        (as_list(told),),
    ).rowcount


def _tokens(connection: Connection, shared: Shared, head: Head, keep: Collection[str]) -> int:
    """Her key and tokens, and her place in the index but for the endpoints kept; how many these are."""
    digests = {
        value: shared.key.digest("endpoint", compared)
        for value in keep
        if (compared := holder_value("endpoint", value)) is not None
    }
    connection.execute(
        "UPDATE stream SET key = '', aliases = ? WHERE id = ?", (head.aliases.kept(digests), head.number)
    )
    connection.execute(
        "DELETE FROM holder WHERE stream = ? "
        "AND digest NOT IN (SELECT value FROM list_of(value text) AS kept)",
        (head.number, as_list(digests.values())),
    )
    connection.execute("DELETE FROM event_key WHERE stream = ?", (head.number,))
    return len(set(digests.values()))


def _system_texts(view: SqlReading, connection: Connection, head: Head, spare: Collection[int]) -> int:
    """What came from an endpoint of hers alone when nobody was known to have it: its text and its token."""
    system = view.streams([SYSTEM])[SYSTEM]
    held = view.holders({Subject("endpoint", value) for value in head.aliases.values("endpoint")})
    alone = [subject.value for subject, names in held.items() if names == {head.name}]
    tokens = system.aliases.forget("endpoint", alone)
    if not tokens:
        return 0
    emptied = []
    for _, seq, body, aside in view._entries([system.number]):
        if aside and any(token in body for token in tokens.values()):
            if any(seq <= each < seq + len(read_entry(body).events) for each in spare):
                raise InputError(
                    "a message that waits to be read lies in one row with one of hers",
                    remedy="settle it first: outreach replies list",
                )
            emptied.append((system.number, seq))
    connection.executemany("UPDATE entry SET aside = '' WHERE stream = ? AND seq = ?", emptied)
    return len(emptied)
