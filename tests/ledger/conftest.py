"""One suite for every database: a backend makes a ledger and lets a test meddle with its rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import pytest

from outreach.domain import SYSTEM, FrozenClock
from outreach.ledger import Ledger, SealKey, open_ledger
from tests.ledger.made import NOW, ana, noted, plain, record, save


class Backend(Protocol):
    """A database the suite runs over."""

    def open(self, clock: FrozenClock, **options: Any) -> Ledger: ...

    def rows(self, sql: str, *values: Any) -> list[Any]: ...

    def meddle(self, sql: str, *values: Any) -> None: ...


class SqliteFile:
    """SQLite in a file, with fsync, as it is used."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "outreach.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def open(self, clock: FrozenClock, **options: Any) -> Ledger:
        return open_ledger(self.url, clock, **{"create": True, **options})

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


BACKENDS = {"sqlite": SqliteFile}


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    return BACKENDS[request.param](tmp_path)


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
