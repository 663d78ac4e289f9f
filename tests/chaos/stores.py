"""Where a storm's ledger lives, and what can be done to that place.

A store gives the address of a ledger by the name of its project, and can be restarted, cut off and filled
up. What it cannot suffer is not among its ``troubles``, and a storm leaves it out.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

from tests.chaos.proxy import Proxy
from tests.postgres import DURABLE, Server

__all__ = ["STORES", "PostgresStore", "SqliteStore", "Store"]


class Store(Protocol):
    """One place for ledgers.

    ``name``: for the table. ``shared``: whether workers of the distributed engine can share it.
    ``troubles``: those of ``restart``, ``cut`` and ``disk`` that it can suffer.
    ``patience``: real seconds after which the lease of a killed run is gone for certain.
    """

    name: str
    shared: bool
    troubles: frozenset[str]
    patience: float

    def url(self, name: str) -> str:
        """Where the ledger of the project of this name lives: the setting ``[ledger] url``.

        Whatever is done to the store from now on is done to this one.
        """
        ...

    def restart(self) -> None:
        """Let it die and come back; what it had committed is still there."""
        ...

    def cut(self) -> None:
        """Nobody can write to it, until :meth:`heal`."""
        ...

    def heal(self) -> None:
        """Undo a cut, and make room on a full disk."""
        ...

    def fill_disk(self) -> int | None:
        """Let its disk be full, until :meth:`heal`.

        :returns: how many bytes a file of a process that starts now may have, where the disk that fills up
            is that of the processes; ``None`` where it is the store's own.
        """
        ...


class SqliteStore:
    """A file in each project's folder. There is no server to restart; cut off means that it is locked.

    :param root: the folder of the projects.
    """

    name = "sqlite"
    shared = False
    troubles = frozenset({"cut", "disk"})
    patience = 0.0  # the kernel ends a lease together with its process

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root / "outreach.db"
        self._holding: sqlite3.Connection | None = None

    def url(self, name: str) -> str:
        self._file = self._root / name / "outreach.db"
        return f"sqlite:///{self._file}"

    def restart(self) -> None:
        raise NotImplementedError("a file cannot be restarted")

    def cut(self) -> None:
        """Another program keeps the write lock, as a backup tool might."""
        self._holding = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        self._holding.execute("BEGIN IMMEDIATE")

    def heal(self) -> None:
        if self._holding is not None:
            with closing(self._holding):
                self._holding.rollback()
            self._holding = None

    def fill_disk(self) -> int | None:
        """The log of SQLite has room for a few commits more, and whatever is smaller for more than that.

        The wire's own record must never be what does not fit: it is our witness.
        """
        log = self._file.with_name("outreach.db-wal")
        witness = self._file.with_name("sent.jsonl")
        sizes = {file: file.stat().st_size if file.exists() else 0 for file in (log, witness)}
        return max(sizes[log] + 150_000, 2 * sizes[witness] + 100_000)


@contextmanager
def _sqlite(root: Path) -> Iterator[Store]:
    store = SqliteStore(root)
    try:
        yield store
    finally:
        store.heal()


class PostgresStore:
    """A real server that keeps what it has answered, reached through a way that can be cut.

    :param room: a disk of its own for the server, of limited size; ``None``: where none can be had its disk
        is not filled.
    """

    name = "postgres"
    shared = True
    patience = 0.0  # all workers are this machine's, and their journals' locks tell at once

    def __init__(self, server: Server, room: Path | None) -> None:
        self._server = server
        self._proxy = Proxy(server.port)
        self._filler = room / "filler" if room else None
        self.troubles = frozenset({"cut", "restart", *(["disk"] if room else [])})

    def url(self, name: str) -> str:
        database = self._server.new_database()
        return f"postgresql://postgres@127.0.0.1:{self._proxy.port}/{database}"

    def restart(self) -> None:
        self._server.stop("immediate")
        self._server.start()

    def cut(self) -> None:
        self._proxy.cut()

    def heal(self) -> None:
        self._proxy.heal()
        if self._filler is not None and self._filler.exists():
            self._filler.unlink()
            if not self._server.is_running:  # a server that cannot write its log ends
                self._server.start()

    def fill_disk(self) -> int | None:
        assert self._filler is not None
        free = shutil.disk_usage(self._filler.parent).free
        with self._filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free - 100_000))
        return None

    def close(self) -> None:
        """Let the way go; the server is its owner's."""
        self.heal()
        self._proxy.close()


@contextmanager
def _postgres(root: Path) -> Iterator[Store]:
    with small_disk(600) as room, Server(within=room, **DURABLE) as server:
        store = PostgresStore(server, room)
        try:
            yield store
        finally:
            store.close()


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path | None]:
    """A file system of this size, in memory; ``None`` where we may not have one."""
    folder = Path(tempfile.mkdtemp(prefix="disk-", dir="/tmp"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    try:
        yield folder if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)
        folder.rmdir()


STORES: Mapping[str, Callable[[Path], AbstractContextManager[Store]]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
}
"""How to have each store, by name, given the folder of the projects."""
