"""PostgreSQL underneath: connections, transactions, and its errors in our words.

Read committed for writes, whose subjects are locked first; repeatable read for everything that only reads.
psycopg and its pool come with the extra ``postgres`` and are loaded only when such a ledger is opened.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout

from outreach.errors import InputError, LedgerBusy, LedgerConflict, LedgerError
from outreach.ledger.revisions import FACTS, refuse_other_version
from outreach.ledger.sql import Doubled, Rows, with_lists

__all__ = ["PostgresConnection", "PostgresDatabase", "in_our_words", "place_of"]

_CONNECTIONS: Final = 20
_IN_STEPS: Final = 1000  # rows of a long walk that are on their way at once
# A peer that is gone is noticed within half a minute, whatever is being waited for.
_NETWORK: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# The snapshot is taken by the first query, and so there is one at once.
_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT 1"
_TAKE: Final = "SELECT pg_try_advisory_lock(hashtextextended('outreach ' || %s, 0))"
_LEAVE: Final = "SELECT pg_advisory_unlock(hashtextextended('outreach ' || %s, 0))"
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('outreach ' || %s, 0))"


class PostgresConnection:
    """See :class:`outreach.ledger.sql.Connection`."""

    __slots__ = ("_counter", "raw")
    alone = False

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw
        self._counter = 0

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        return self.raw.execute(_rendered(sql), values)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        with _unique(), self.raw.cursor() as cursor:
            cursor.executemany(_rendered(sql), rows)
            return max(0, cursor.rowcount)

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        with (
            _unique(),
            self.raw.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        self._counter += 1
        with self.raw.cursor(name=f"each_{self._counter}") as cursor:
            cursor.itersize = _IN_STEPS
            cursor.execute(_rendered(sql), values)
            yield from cursor

    def lock(self, sql: str, values: Sequence[Any], of: str) -> None:
        self.raw.execute(_rendered(f"{sql} FOR NO KEY UPDATE OF {of}"), values)

    def claim(self, sql: str, values: Sequence[Any], of: str) -> list[Any]:
        statement = _rendered(f"{sql} FOR NO KEY UPDATE OF {of} SKIP LOCKED")
        return self.raw.execute(statement, values).fetchall()

    def renumber(self, table: str, column: str) -> None:
        self.raw.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), "
            f"(SELECT coalesce(max({column}), 0) + 1 FROM {table}), false)".encode()
        )

    def exclusive(self, what: str) -> None:
        self.raw.execute(_LOCK, (what,))

    def version(self) -> object | None:
        return None

    @contextmanager
    def overwriting(self) -> Iterator[None]:
        """Old versions of a row stay in its pages until they are vacuumed: see ``Ledger.compact``."""
        yield

    def commit(self) -> None:
        self.raw.execute("COMMIT")


@lru_cache(maxsize=512)
def _rendered(statement: str) -> bytes:
    text = with_lists(statement.replace("CROSS JOIN", "JOIN"), _list)
    return text.replace("%", "%%").replace("?", "%s").encode()


def _list(columns: list[tuple[str, str]]) -> str:
    if columns[0][0] == "value":
        value = "value" if columns[0][1] == "text" else f"value::{columns[0][1]} AS value"
        return f"(SELECT {value} FROM jsonb_array_elements_text(?::jsonb) AS listed(value))"
    parts = [f"(value->>{place})::{sort} AS {name}" for place, (name, sort) in enumerate(columns)]
    return f"(SELECT {', '.join(parts)} FROM jsonb_array_elements(?::jsonb) AS listed(value))"


@contextmanager
def _unique() -> Iterator[None]:
    try:
        yield
    except errors.UniqueViolation as error:
        raise Doubled from error


class PostgresDatabase:
    """A database on a server, used from several threads; any number of processes may use it.

    :param url: ``postgresql://...``; what it lacks is taken from libpq's environment.
    :param busy_seconds: how long to wait for a lock, and for the server to be reached.
    """

    def __init__(self, url: str, busy_seconds: float) -> None:
        self.busy_seconds = busy_seconds
        try:
            given = conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            raise LedgerError(
                "this ledger's address is not understood",
                remedy="write postgresql://user@host:port/database",
            ) from None
        options = (
            f"-c lock_timeout={int(busy_seconds * 1000)} -c idle_in_transaction_session_timeout=120000 "
            "-c timezone=UTC -c default_transaction_isolation=read\\ committed -c jit=off"
        )
        given["options"] = f"{given.get('options') or ''} {options}".strip()
        known: dict[str, Any] = {**_NETWORK, "application_name": "outreach", **given}
        self._conninfo = make_conninfo(**known)
        self.where = place_of(self._conninfo)
        self._forget()

    def _forget(self) -> None:
        """Start without connections; also after a fork, whose sides must not share one."""
        self._owner = os.getpid()
        self._pool: ConnectionPool[psycopg.Connection[Any]] | None = None
        self._guard = threading.Lock()
        self._checked = False
        self._keeper: psycopg.Connection[Any] | None = None
        self._taken: set[str] = set()
        self._watcher: psycopg.Connection[Any] | None = None
        self._watching = threading.Lock()
        self._keeping = threading.Lock()

    # -- transactions --

    @contextmanager
    def reading(self) -> Iterator[PostgresConnection]:
        with self._within(_SNAPSHOT) as connection:
            try:
                yield connection
            finally:
                with suppress(psycopg.Error):  # a connection that is gone has rolled back by itself
                    connection.raw.execute("ROLLBACK")

    @contextmanager
    def writing(self, *, first: bool = False) -> Iterator[PostgresConnection]:
        """Rows are locked, and so there is nobody to go before."""
        with self._within("BEGIN") as connection:
            try:
                yield connection
                if connection.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                    connection.commit()
            except BaseException:
                with suppress(psycopg.Error):
                    connection.raw.execute("ROLLBACK")
                raise

    @contextmanager
    def _within(self, begin: str) -> Iterator[PostgresConnection]:
        with in_our_words(self.where, self.busy_seconds), self._connections().connection() as raw:
            if not self._checked:
                refuse_other_version(self.where, *_standing(raw))
                self._checked = True
            raw.execute(begin.encode())
            yield PostgresConnection(raw)

    @contextmanager
    def opened(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection outside any transaction, whatever the schema's revision."""
        with in_our_words(self.where, self.busy_seconds), self._connections().connection() as raw:
            yield raw

    def _connections(self) -> ConnectionPool[psycopg.Connection[Any]]:
        if self._owner != os.getpid():
            self._forget()
        with self._guard:
            if self._pool is None:
                self._pool = ConnectionPool(
                    self._conninfo,
                    min_size=0,
                    max_size=_CONNECTIONS,
                    timeout=self.busy_seconds,
                    max_idle=60,
                    reconnect_timeout=max(self.busy_seconds, 1),
                    check=ConnectionPool.check_connection,  # after a restart of the server none is alive
                    kwargs={"autocommit": True},
                    name="outreach",
                    num_workers=1,
                    open=True,
                )
            return self._pool

    # -- cheap questions, on connections of their own --

    def changes(self) -> int:
        """The number of the last commit that recorded an event: they are made one after the other."""
        if self._owner != os.getpid():
            self._forget()
        with in_our_words(self.where, self.busy_seconds), self._watching:
            for attempt in (1, 2):
                try:
                    if self._watcher is None or self._watcher.closed:
                        self._watcher = self._connect()
                    row = self._watcher.execute("SELECT coalesce(max(id), 0) FROM growth").fetchone()
                    return int(row[0]) if row else 0
                except psycopg.OperationalError:
                    self._watcher = None
                    if attempt == 2:
                        raise
        raise AssertionError

    def take(self, what: str) -> bool:
        """A lock of the session: the server lets go of it when this process, or the way to it, is gone."""
        if self._owner != os.getpid():
            self._forget()
        with in_our_words(self.where, self.busy_seconds), self._keeping:
            keeper = self._kept()
            if what not in self._taken:
                row = keeper.execute(_TAKE, (what,)).fetchone()
                if row and row[0]:
                    self._taken.add(what)
            return what in self._taken

    def leave(self, what: str) -> None:
        with in_our_words(self.where, self.busy_seconds), self._keeping:
            keeper = self._kept()
            if what in self._taken:
                self._taken.discard(what)
                keeper.execute(_LEAVE, (what,))

    def _kept(self) -> psycopg.Connection[Any]:
        """The connection whose session holds what was taken; a new one, holding nothing, if it has ended."""
        if self._keeper is not None:
            try:
                self._keeper.execute("SELECT 1")
            except psycopg.OperationalError:
                self._keeper.close()
                self._keeper = None
        if self._keeper is None:
            self._taken.clear()
            self._keeper = self._connect()
        return self._keeper

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._conninfo, autocommit=True)

    # -- the schema's revision --

    def revision(self) -> str:
        with self.opened() as raw:
            return _standing(raw)[0]

    def facts(self) -> dict[str, str]:
        with self.opened() as raw:
            return _standing(raw)[1]

    def unmark(self, fact: str) -> None:
        with self.opened() as raw:
            raw.execute("DELETE FROM installation WHERE name = %s", (fact,))

    def check(self) -> None:
        with self.opened() as raw:
            refuse_other_version(self.where, *_standing(raw))

    def translating(self) -> AbstractContextManager[None]:
        """In here its errors are told in our words."""
        return in_our_words(self.where, self.busy_seconds)

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of its own, outside any transaction."""
        with in_our_words(self.where, self.busy_seconds):
            return self._connect()

    def close(self) -> None:
        with self._guard:
            if self._pool is not None and self._owner == os.getpid():
                self._pool.close()
            self._pool = None
        for each in (self._keeper, self._watcher):
            if each is not None:
                each.close()
        self._keeper = self._watcher = None
        self._taken.clear()


def place_of(conninfo: str) -> str:
    """Host, port and database of a connection, for errors; never its user's password."""
    known = conninfo_to_dict(conninfo)
    host, port = known.get("host") or "(local)", known.get("port") or ""
    return f"postgresql://{host}{f':{port}' if port else ''}/{known.get('dbname') or ''}"


def _standing(raw: psycopg.Connection[Any]) -> tuple[str, dict[str, str]]:
    """The schema's revision ("" before the first migration), and what it says of itself."""
    row = raw.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return "", {}
    found = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else "", dict(raw.execute(FACTS.encode()).fetchall())


@contextmanager
def in_our_words(where: str, busy_seconds: float) -> Iterator[None]:
    """Turn PostgreSQL's errors into ours. Of its texts only the class is told: they may hold values."""
    try:
        yield
    except PoolTimeout as error:
        raise _unreachable(where, error) from None
    except errors.LockNotAvailable as error:
        raise LedgerBusy(
            f"the ledger was locked for more than {busy_seconds:g} s; nothing was done",
            where=where,
            why="another process is writing about the same people",
            remedy="try again; if it stays so: SELECT * FROM pg_locks WHERE NOT granted",
        ) from error
    except (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation, Doubled) as error:
        raise LedgerConflict(where=where, why=type(error).__name__, remedy="try again") from error
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if isinstance(error, psycopg.DataError) and state in _NUL:
            raise InputError(
                "a text cannot be kept: it holds the character NUL", where=where, remedy="take it out"
            ) from None
        for beginning, (what, remedy) in _ERRORS.items():
            if state.startswith(beginning):
                why = f"{type(error).__name__} ({state})"
                raise LedgerError(what, where=where, why=why, remedy=remedy) from None
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            raise _unreachable(where, error) from None
        raise LedgerError(
            "the ledger cannot be used",
            where=where,
            why=f"{type(error).__name__}{f' ({state})' if state else ''}",
            remedy="outreach db check; outreach audit verify",
        ) from error


def _unreachable(where: str, error: Exception) -> LedgerError:
    return LedgerError(
        "the ledger's database cannot be reached, or the connection was lost",
        where=where,
        why=type(error).__name__,
        remedy="see that the server runs and can be reached, then run it again: what was answered is kept",
    )


_NUL: Final = ("", "22021", "22P05")
_ERRORS: Final = {
    "53": (
        "the database has no room or no connections left; the last write was not made",
        "make room on the server, or raise max_connections, and run it again: what was answered is kept",
    ),
    "28": ("the database does not let us in", "see user and password in [ledger] url and pg_hba.conf"),
    "3D": ("there is no such database", "create it: createdb --encoding UTF8 NAME"),
    "42501": (
        "the database does not allow this",
        "let the user that runs outreach read and write the ledger's tables",
    ),
    "25006": ("the ledger cannot be written", "this server takes no writes: name the primary"),
    "XX001": ("the ledger is damaged", "put back the last backup and run outreach audit verify on it"),
}
