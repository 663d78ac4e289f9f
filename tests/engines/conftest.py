"""A real PostgreSQL for the engines' tests, and in it a new database for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engines.workers import Processes
from tests.postgres import Server


@dataclass(frozen=True)
class Database:
    """An empty database."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def rows(self, sql: str) -> list[Any]:
        """What one statement answers, or nothing."""
        return self.server.run_sql(sql, self.name)

    def value(self, sql: str) -> Any:
        """The one value that a statement answers."""
        return self.rows(sql)[0][0]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


@pytest.fixture
def database(server: Server) -> Database:
    return Database(server, server.new_database())


@pytest.fixture
def processes(database: Database, tmp_path: Path) -> Iterator[Processes]:
    made = Processes(database.url, tmp_path)
    yield made
    made.kill()
