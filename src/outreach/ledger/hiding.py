"""What a write encrypts on its way to the database. With encryption off nothing here is called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from outreach.domain import SYSTEM
from outreach.errors import LedgerError
from outreach.ledger.encrypted import RECEIVED, WORDS
from outreach.ledger.records import hidden_standing
from outreach.ledger.revisions import mark_encrypted
from outreach.ledger.shared import Head, Shared
from outreach.ledger.sql import Connection, as_list
from outreach.ledger.values import StoredContact

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys, StreamCipher

__all__ = ["cipher_of", "hidden_contacts", "hidden_words", "hide_keys"]


class View(Protocol):
    """What of an open write is needed here."""

    def streams(self, names: Iterable[str]) -> dict[str, Head]: ...


def hide_keys(
    connection: Connection,
    shared: Shared,
    master: MasterKeys,
    heads: Iterable[Head],
    locked: Collection[str],
) -> bool:
    """Encrypt keys that were stored in plain before encryption was on; whether the ledger now says it is.

    :param locked: the streams whose rows this write has locked, where they have to be.
    """
    for head in heads:
        if head.exposed and (connection.alone or head.name in locked):
            (key,) = connection.execute("SELECT key FROM stream WHERE id = ?", (head.number,)).fetchone()
            connection.execute(
                "UPDATE stream SET key = ? WHERE id = ? AND key = ?",
                (master.wrap(head.name, key), head.number, key),
            )
            head.exposed = False
    if shared.marked or not any(not head.exposed and not head.aliases.erased for head in heads):
        return shared.marked
    mark_encrypted(connection, master)
    return True


def hidden_contacts(
    contacts: Sequence[StoredContact], rows: Sequence[Sequence[Any]], columns: str, heads: Mapping[str, Head]
) -> list[list[Any]]:
    """Rows of new contacts with what is personal in them encrypted.

    :param columns: what the rows hold, in order.
    :raises LedgerError: if one is of nobody on file, or of a person erased: no key could hide it.
    """
    names = columns.split(", ")
    received, standing = names.index("received"), names.index("standing")
    hidden = []
    for stored, row in zip(contacts, map(list, rows), strict=True):
        cipher = cipher_of(heads, stored.person)
        if cipher is None:
            raise LedgerError("a contact of nobody on file, or of a person erased", where=stored.person)
        row[received] = cipher.encrypt(RECEIVED.name, stored.id, row[received])
        if stored.reason:
            row[standing] = hidden_standing(stored.id, row[standing], cipher)
        hidden.append(row)
    return hidden


def hidden_words(
    connection: Connection, view: View, words: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Words of attempts, under the key of whose attempt it is; the system's where nobody can tell yet."""
    words = list(words)
    owners = dict(
        connection.execute(
            "SELECT e.name, s.name FROM list_of(value text) AS wanted JOIN entry AS e "
            "ON e.name = wanted.value JOIN stream AS s ON s.id = e.stream",
            (as_list(attempt for attempt, _ in words),),
        ).fetchall()
    )
    heads = view.streams({SYSTEM, *owners.values()})
    hidden = []
    for attempt, text in words:
        cipher = cipher_of(heads, owners.get(attempt, SYSTEM)) or cipher_of(heads, SYSTEM)
        hidden.append((attempt, text if cipher is None else cipher.encrypt(WORDS.name, attempt, text)))
    return hidden


def cipher_of(heads: Mapping[str, Head], stream: str) -> StreamCipher | None:
    """A stream's cipher; ``None`` if she was erased."""
    head = heads.get(stream)
    return None if head is None else head.aliases.cipher
