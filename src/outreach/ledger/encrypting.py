"""Encrypting what was written before encryption was on, and changing the master key: both in portions.

Each portion is a write of its own that others wait for some milliseconds. What is done stays done: cut short,
the next call goes on with what is left. No row of the chain is touched, only what lies beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from outreach.errors import LedgerError
from outreach.ledger.conflicts import undisturbed
from outreach.ledger.encrypted import (
    ASIDE,
    COLUMNS,
    DATA,
    RECEIVED,
    STANDING,
    TOKENS,
    WORDS,
    Column,
)
from outreach.ledger.hiding import cipher_of
from outreach.ledger.records import hidden_standing
from outreach.ledger.revisions import name_master_key
from outreach.ledger.shared import Shared
from outreach.ledger.sql import Connection, Database, as_list
from outreach.ledger.values import Encrypted, Rotated, Subject
from outreach.ledger.writing import SqlWriting

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys, StreamCipher

__all__ = ["encrypt", "rotate"]

_AT_ONCE: Final = 500
_PLAIN_KEY: Final = "substr(s.key, 1, 3) <> 'k1:'"
_Progress = Callable[[int], None] | None


def encrypt(database: Database, shared: Shared, progress: _Progress = None) -> Encrypted:
    """Encrypt whatever is still plain.

    :param progress: told, again and again, how many values more have been encrypted.
    :raises LedgerError: if no master key is given, or one that is needed is not.
    """
    _needed(shared)
    tell = progress or (lambda count: None)
    keys = 0
    for names in _portions(database, "s.id", "s.name", "stream AS s", f"s.key <> '' AND {_PLAIN_KEY}"):
        hide = partial(_hide_keys, database, shared, set(names.values()))
        keys += _told(tell, undisturbed(shared.clock, hide))
    done = {}
    for column in COLUMNS:
        condition = f"{column.key} <> '' AND {column.is_plain}"
        found = _portions(database, column.id, column.stream, column.source, condition)
        done[column.name] = sum(
            _told(tell, undisturbed(shared.clock, partial(_hide_values, database, shared, column, names)))
            for names in found
        )
    return Encrypted(
        keys,
        done[TOKENS.name],
        done[DATA.name],
        done[ASIDE.name] + done[WORDS.name],
        done[RECEIVED.name],
        done[STANDING.name],
    )


def rotate(database: Database, shared: Shared, progress: _Progress = None) -> Rotated:
    """Encrypt the keys of all streams under the current master key, the first of those given.

    :param progress: told, again and again, how many keys more have been looked at.
    :raises LedgerError: if no master key is given, or one of those in use is not.
    """
    master = _needed(shared)
    tell = progress or (lambda count: None)
    with _write(database, shared, ()) as view:
        name_master_key(view._connection, master)
    others = f"s.key <> '' AND substr(s.key, 1, {len(master.beginning)}) <> '{master.beginning}'"
    changed = 0
    for names in _portions(database, "s.id", "s.name", "stream AS s", others):
        change = partial(_change_keys, database, shared, master, set(names.values()))
        changed += undisturbed(shared.clock, change)
        tell(len(names))
    with database.reading() as connection:
        (every,) = connection.execute("SELECT count(*) FROM stream WHERE key <> ''").fetchone()
        (left,) = connection.execute(f"SELECT count(*) FROM stream AS s WHERE {others}").fetchone()
    return Rotated(changed, every - changed - left, left, master.current)


def _needed(shared: Shared) -> MasterKeys:
    if shared.master is None:
        raise LedgerError(
            "no master key is given",
            remedy="make one with outreach db key, and put it into the environment or .env as "
            "OUTREACH_LEDGER__MASTER_KEYS",
        )
    return shared.master


def _portions(
    database: Database, key: str, stream: str, source: str, condition: str
) -> Iterator[dict[Any, str]]:
    """What is to be done, looked for outside the writes: the names of streams by the keys of rows."""
    last: tuple[Any, ...] = ()
    while True:
        beyond = f"AND {key} > ? " if last else ""
        with database.reading() as connection:
            rows = connection.execute(
                f"SELECT {key}, {stream} FROM {source} WHERE {condition} {beyond}ORDER BY {key} LIMIT ?",
                (*last, _AT_ONCE),
            ).fetchall()
        if not rows:
            return
        yield dict(rows)
        last = (rows[-1][0],)


@contextmanager
def _write(database: Database, shared: Shared, streams: Collection[str]) -> Iterator[SqlWriting]:
    """A write that holds these streams; keys still stored in plain are encrypted at its end."""
    with database.writing() as connection:
        view = SqlWriting(connection, shared)
        view.hold(Subject("person", name) for name in streams)
        with connection.overwriting():
            yield view
            view.commit()


def _hide_keys(database: Database, shared: Shared, streams: set[str]) -> int:
    with _write(database, shared, streams) as view:
        return sum(view.streams(streams)[name].exposed for name in streams)


def _hide_values(database: Database, shared: Shared, column: Column, names: dict[Any, str]) -> int:
    kind = "text" if column is WORDS else "bigint"
    streams = set(names.values())
    with _write(database, shared, streams) as view:
        heads = view.streams(streams)
        rows = view._connection.execute(
            f"SELECT {column.id}, {column.row}, {column.value}, {column.stream} FROM {column.source} "
            f"WHERE {column.id} IN (SELECT value FROM list_of(value {kind}) AS wanted) "
            f"AND {column.is_plain}",
            (as_list(names),),
        ).fetchall()
        changes = [
            (_hidden(column, row, text, cipher), key, text)
            for key, row, text, stream in rows
            if (cipher := cipher_of(heads, stream)) is not None
        ]
        key, value = column.id.partition(".")[2], column.column
        return view._connection.executemany(
            f"UPDATE {column.table} SET {value} = ? WHERE {key} = ? AND {value} = ?", changes
        )


def _hidden(column: Column, row: object, text: str, cipher: StreamCipher) -> str:
    if column is STANDING:
        return hidden_standing(str(row), text, cipher)
    return cipher.encrypt(column.name, row, text)


def _change_keys(database: Database, shared: Shared, master: MasterKeys, streams: set[str]) -> int:
    """How many of these streams' keys were changed; one that cannot be read stays as it is."""
    with _write(database, shared, streams) as view:
        rows = _stored(view._connection, streams)
        changes = [
            (master.wrap(name, key), number, stored)
            for number, name, stored in rows
            if not stored.startswith(master.beginning) and (key := master.unwrap(name, stored))
        ]
        return view._connection.executemany("UPDATE stream SET key = ? WHERE id = ? AND key = ?", changes)


def _stored(connection: Connection, streams: set[str]) -> list[Any]:
    return connection.execute(
        "SELECT s.id, s.name, s.key FROM list_of(value text) AS wanted "
        "JOIN stream AS s ON s.name = wanted.value ORDER BY s.id",
        (as_list(sorted(streams)),),
    ).fetchall()


def _told(tell: Callable[[int], None], count: int) -> int:
    tell(count)
    return count
