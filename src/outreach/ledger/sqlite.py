"""SQLite underneath: connections and transactions.

WAL with synchronous=FULL: one fsync a commit, readers never wait. Python's own driver is used as it is;
SQLAlchemy only describes and migrates the schema, because loading it costs more than most commands.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from outreach.errors import LedgerError
from outreach.ledger.failures import in_folder, primary_code, translated
from outreach.ledger.locks import Turnstile, busy
from outreach.ledger.revisions import FACTS, refuse_other_version
from outreach.ledger.sql import Doubled, Rows, with_lists

__all__ = ["APPLICATION_ID", "SqliteConnection", "SqliteDatabase", "beside", "connect", "is_empty"]

APPLICATION_ID: Final = 0x6F757472  # "outr": tells our files from others'
_CHECKPOINT_PAGES: Final = 4000  # 16 MB: rarer checkpoints write each page once instead of often
_CACHE_KIB: Final = 8_192  # of each connection; more saved no time, and was what grew with a campaign
_SHORT_WAIT_MS: Final = 25


def beside(path: Path, what: str) -> Path:
    """The path of something that belongs to a ledger and lies beside it."""
    return path.with_name(f"{path.name}-{what}")


class SqliteConnection:
    """See :class:`outreach.ledger.sql.Connection`. Whoever writes has the only lock there is."""

    __slots__ = ("raw",)
    alone = True

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        return self.raw.execute(_rendered(sql), values)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        try:
            return max(0, self.raw.executemany(_rendered(sql), rows).rowcount)
        except sqlite3.IntegrityError as error:
            raise Doubled from error

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        marks = ", ".join("?" * (columns.count(",") + 1))
        self.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        return self.raw.execute(_rendered(sql), values)

    def lock(self, sql: str, values: Sequence[Any], of: str) -> None:
        """Nothing to do."""

    def claim(self, sql: str, values: Sequence[Any], of: str) -> list[Any]:
        return self.raw.execute(_rendered(sql), values).fetchall()

    def renumber(self, table: str, column: str) -> None:
        """Nothing to do: a new row's number is one more than the highest."""

    def exclusive(self, what: str) -> None:
        """Nothing to do."""

    def version(self) -> object | None:
        return self.raw, self.raw.execute("PRAGMA data_version").fetchone()[0]

    @contextmanager
    def overwriting(self) -> Iterator[None]:
        before = self.raw.execute("PRAGMA secure_delete").fetchone()[0]
        self.raw.execute("PRAGMA secure_delete = 1")
        try:
            yield
        finally:
            self.raw.execute(f"PRAGMA secure_delete = {before}")

    def commit(self) -> None:
        self.raw.commit()


@lru_cache(maxsize=512)
def _rendered(sql: str) -> str:
    return with_lists(sql, _list)


def _list(columns: list[tuple[str, str]]) -> str:
    if columns[0][0] == "value":
        return "json_each(?)"
    parts = [f"json_extract(value, '$[{place}]') AS {name}" for place, (name, _) in enumerate(columns)]
    return f"(SELECT {', '.join(parts)} FROM json_each(?))"


class SqliteDatabase:
    """One SQLite file, used from several threads; several processes may have one each.

    :param busy_seconds: how long to wait for the write lock.
    """

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.path = path
        self.where = str(path)
        self.busy_seconds = busy_seconds
        self._turnstile = Turnstile(beside(path, "turnstile"))
        self._forget()

    def _forget(self) -> None:
        """Start without connections; also after a fork, whose sides must not share one."""
        self._owner = os.getpid()
        self._idle: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self._turn = threading.Lock()
        self._watching = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._checked = False

    # -- transactions --

    @contextmanager
    def reading(self) -> Iterator[SqliteConnection]:
        """A connection inside one snapshot, fixed at entry."""
        with translated(self.path, self.busy_seconds), self._reader() as connection:
            self._check_once(connection)
            connection.execute("BEGIN")
            try:
                connection.execute("SELECT 1 FROM stream LIMIT 1").fetchone()
                yield SqliteConnection(connection)
            finally:
                connection.rollback()

    @contextmanager
    def writing(self, *, first: bool = False) -> Iterator[SqliteConnection]:
        """A connection that holds the write lock; commits at the end, or rolls back on an error."""
        if self._owner != os.getpid():
            self._forget()
        with translated(self.path, self.busy_seconds):
            if not self._checked:
                with self._reader() as connection:
                    self._check_once(connection)
            with self._turned(first) as connection:
                try:
                    yield SqliteConnection(connection)
                    connection.commit()
                except BaseException:
                    if connection.in_transaction:
                        connection.rollback()
                    raise

    def changes(self) -> int:
        """SQLite's ``data_version``, seen by one connection that never writes: any commit changes it."""
        if self._owner != os.getpid():
            self._forget()
        with translated(self.path, self.busy_seconds), self._watching:
            if self._watcher is None:
                self._watcher = self._connect()
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])

    def take(self, what: str) -> bool:
        """Nobody keeps others away from a file: an observer may be told the same by two processes."""
        return True

    def leave(self, what: str) -> None:
        """Nothing to do."""

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """A connection outside any transaction, whatever the schema's revision."""
        with translated(self.path, self.busy_seconds), self._reader() as connection:
            yield connection

    @contextmanager
    def _turned(self, first: bool) -> Iterator[sqlite3.Connection]:
        """Past the turnstile, before the other threads of this process, then SQLite's own lock."""
        deadline = time.monotonic() + self.busy_seconds
        with in_folder(self.path), ExitStack() as ahead:
            if first:
                ahead.enter_context(self._turnstile.ahead(deadline))
            else:
                self._turnstile.pass_through(deadline)
            if not self._turn.acquire(timeout=max(0.0, deadline - time.monotonic())):
                raise busy(self.path, self.busy_seconds)
            try:
                connection = self._begun(deadline)
            except BaseException:
                self._turn.release()
                raise
        try:
            yield connection
        except sqlite3.Error:
            self._writer = None  # whatever state it is in, nobody else gets it
            connection.close()
            raise
        finally:
            self._turn.release()

    def _begun(self, deadline: float) -> sqlite3.Connection:
        connection = self._writer
        if connection is None:
            connection = self._writer = self._connect()
            # Short waits here, over and over: SQLite's own grow to 0.1 s between two looks.
            connection.execute(f"PRAGMA busy_timeout = {_SHORT_WAIT_MS}")
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
            else:
                return connection

    # -- connections --

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """An idle connection, or a new one; it goes back unless SQLite failed on it."""
        if self._owner != os.getpid():
            self._forget()
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        except sqlite3.Error:
            connection.close()
            raise
        except BaseException:
            self._idle.append(connection)
            raise
        self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        with in_folder(self.path):
            if not self.path.is_file():
                raise LedgerError(
                    "there is no ledger here",
                    where=str(self.path),
                    remedy="make one with outreach init, or name another file in the settings ([ledger] url)",
                )
        connection = connect(self.path, self.busy_seconds)
        try:
            refuse_foreign(connection, self.path)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA recursive_triggers = ON")  # else REPLACE would pass by the triggers
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None

    # -- the schema's revision --

    def revision(self) -> str:
        """The revision the file stands at; "" before the first migration."""
        with self.opened() as connection:
            return _revision(connection)

    def facts(self) -> dict[str, str]:
        with self.opened() as connection:
            return _facts(connection)

    def unmark(self, fact: str) -> None:
        with self.opened() as connection:
            connection.execute("DELETE FROM installation WHERE name = ?", (fact,))

    def check(self) -> None:
        with self.opened() as connection:
            refuse_other_version(self.where, _revision(connection), _facts(connection))

    def _check_once(self, connection: sqlite3.Connection) -> None:
        if not self._checked:
            refuse_other_version(self.where, _revision(connection), _facts(connection))
            self._checked = True


def connect(path: Path, wait: float) -> sqlite3.Connection:
    """A bare connection in autocommit mode; transactions are begun by name.

    Nothing else in this process may open the file: closing any handle of it lets go of every lock that
    SQLite holds on it (POSIX advisory locks), and two writers then damage it.
    """
    return sqlite3.connect(
        path, timeout=wait, isolation_level=None, check_same_thread=False, cached_statements=256
    )


def is_empty(path: Path) -> bool:
    """Whether the file holds nothing yet: no byte, or a database without a table (a creation cut short)."""
    if path.stat().st_size == 0:
        return True
    with closing(connect(path, 0)) as connection:
        return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """:raises LedgerError: if the database is another program's."""
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    if found == APPLICATION_ID:
        return
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    raise LedgerError(
        "this file is not a ledger of outreach",
        where=str(path),
        why=f"it is an SQLite database of another program (application id {found:#x}, "
        f"{len(tables)} tables{': ' + ', '.join(tables[:3]) if tables else ''})",
        remedy="name another file in the settings ([ledger] url)",
    )


def _revision(connection: sqlite3.Connection) -> str:
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return ""
        raise
    return str(row[0]) if row else ""


def _facts(connection: sqlite3.Connection) -> dict[str, str]:
    try:
        return dict(connection.execute(FACTS).fetchall())
    except sqlite3.OperationalError:
        return {}  # there is no such table yet: the revision tells the rest
