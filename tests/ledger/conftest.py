"""One suite for every database: a backend makes a ledger and lets a test meddle with its rows."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest

from outreach.domain import SYSTEM, FrozenClock
from outreach.ledger import Ledger, SealKey, open_ledger
from tests.ledger.made import NOW, ana, noted, plain, record, save
from tests.postgres import Server
from tests.stores import prepared

MASTER_KEYS = "1f" * 32
"""What the encrypted backends are encrypted with."""


class Backend(Protocol):
    """A database the suite runs over. ``runs``: where journals lie. ``options``: what opening it takes.

    ``wholesale``: how to get rid of a table's rows without deleting one.
    """

    url: str
    runs: Path
    key: Path
    wholesale: str
    options: dict[str, Any]

    def open(self, clock: FrozenClock, **options: Any) -> Ledger: ...

    def rows(self, sql: str, *values: Any) -> list[Any]: ...

    def meddle(self, sql: str, *values: Any) -> None: ...

    def attempt(self, sql: str) -> str: ...

    def close(self) -> None: ...


class SqliteFile:
    """SQLite in a file, with fsync, as it is used."""

    wholesale = "REPLACE INTO {0} SELECT * FROM {0}"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "outreach.db"
        self.runs = folder / "outreach.db-runs"
        self.key = folder / "outreach.db-key"
        self.options: dict[str, Any] = {}
        self.url = f"sqlite:///{self.path}"

    def open(self, clock: FrozenClock, **options: Any) -> Ledger:
        return open_ledger(self.url, clock, **{"create": True, **self.options, **options})

    def rows(self, sql: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql, values).fetchall()

    def meddle(self, sql: str, *values: Any) -> None:
        """What someone with the file and without scruples can do: the triggers do not hold him."""
        with closing(sqlite3.connect(self.path)) as connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(sql, values)
            connection.commit()

    def attempt(self, sql: str) -> str:
        """What the database says to a change that somebody tries by hand."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA recursive_triggers = ON")
            try:
                connection.execute(sql)
                connection.commit()
            except sqlite3.IntegrityError as refused:
                return str(refused)
        return ""

    def close(self) -> None:
        """A file needs none."""


class Postgres:
    """A database of a real server, a copy of one in which a ledger was made."""

    wholesale = "TRUNCATE {0} CASCADE"

    def __init__(self, folder: Path, server: Server) -> None:
        self._server = server
        self.name = server.new_database(like=prepared(server))
        self.url = server.url(self.name)
        self.options = {"folder": folder / "machine"}
        self.runs = folder / "machine" / "runs"
        self.key = folder / "machine" / "ledger.key"
        self.key.parent.mkdir(mode=0o700)
        shutil.copy2(server.folder / "ledger.key", self.key)

    def open(self, clock: FrozenClock, **options: Any) -> Ledger:
        return open_ledger(self.url, clock, **{"create": True, **self.options, **options})

    def rows(self, sql: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(_marked(sql), values).fetchall()

    def meddle(self, sql: str, *values: Any) -> None:
        """What the server's superuser can do: neither triggers nor foreign keys hold him."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(_marked(sql), values)

    def attempt(self, sql: str) -> str:
        with psycopg.connect(self.url) as connection:
            try:
                connection.execute(sql.encode())
            except psycopg.Error as refused:
                connection.rollback()
                return str(refused)
        return ""

    def close(self) -> None:
        self._server.run_sql(f"DROP DATABASE {self.name} WITH (FORCE)")


def _marked(sql: str) -> bytes:
    return sql.replace("%", "%%").replace("?", "%s").encode()


BACKENDS = ("sqlite", "postgres", "sqlite encrypted", "postgres encrypted")

# Where what is encrypted is written and read; all of it with TESTS_ENCRYPTED=1.
ENCRYPTED_TOO = ("test_chain", "test_people", "test_contacts", "test_encryption")
_MOVED = "test_it_goes_on_at_the_new_place_with_the_same_key_and_numbers"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the encrypted backends out where they could tell little."""
    if os.environ.get("TESTS_ENCRYPTED"):
        return
    left_out = [
        item
        for item in items
        if _is_encrypted(item) and item.path.stem not in ENCRYPTED_TOO and not item.name.startswith(_MOVED)
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_encrypted(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and any("encrypted" in str(value) for value in callspec.params.values())


def make_backend(kind: str, request: pytest.FixtureRequest, folder: Path) -> Backend:
    """A database of this kind."""
    name, _, encrypted = kind.partition(" ")
    made: Backend = (
        SqliteFile(folder) if name == "sqlite" else Postgres(folder, request.getfixturevalue("postgres"))
    )
    if encrypted:
        made.options = {**made.options, "master_keys": MASTER_KEYS}
    return made


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    made = make_backend(request.param, request, tmp_path)
    yield made
    made.close()


@pytest.fixture
def ledger(backend: Backend, clock: FrozenClock) -> Iterator[Ledger]:
    opened = backend.open(clock)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> SealKey:
    """The key that signs seals."""
    return SealKey.create(tmp_path_factory.mktemp("key") / "seals.key")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder for copies of seals."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture
def history(backend: Backend, ledger: Ledger, key: SealKey) -> str:
    """Two people with five events each, sealed twice, and an unsealed event; the id of the second."""
    other, person = save(ledger, plain("p1"), ana())
    for number in range(1, 6):
        record(ledger, noted(person.id, f"note {number}"), noted(other.id))
        if number in (3, 5):
            ledger.seal(key)
    record(ledger, noted(SYSTEM))
    return person.id
