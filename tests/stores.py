"""Databases for projects of tests: copies of one on a real server in which a ledger was made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outreach.domain import FrozenClock
from outreach.ledger import open_ledger
from tests import support
from tests.postgres import Server

__all__ = ["OnServer", "kept_on", "prepared"]


def prepared(server: Server) -> str:
    """A database with an empty ledger, made once for each server; its key lies in the server's folder."""
    if not (server.folder / "ledger.key").exists():
        server.run_sql("CREATE DATABASE prepared")
        clock = FrozenClock(support.TUESDAY)
        open_ledger(server.url("prepared"), clock, create=True, folder=server.folder).close()
    return "prepared"


class OnServer(support.Store):
    """Each project gets a database of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.names: list[str] = []

    def ledger(self, folder: Path) -> str:
        name = self._server.new_database(like=prepared(self._server))
        self.names.append(name)
        key = folder / ".outreach" / "ledger.key"
        key.parent.mkdir(mode=0o700)
        shutil.copy2(self._server.folder / "ledger.key", key)
        return f'[ledger]\nurl = "{self._server.url(name)}"\n'


@contextmanager
def kept_on(server: Server) -> Iterator[None]:
    """In here projects keep their ledgers on this server."""
    before, support.STORE = support.STORE, OnServer(server)
    try:
        yield
    finally:
        for name in support.STORE.names:
            server.run_sql(f"DROP DATABASE {name} WITH (FORCE)")
        support.STORE = before
