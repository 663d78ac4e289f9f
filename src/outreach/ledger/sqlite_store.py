"""The ledger in one SQLite file."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.domain import Clock, new_id
from outreach.ledger.backup import copy_to
from outreach.ledger.chain import from_micros, micros
from outreach.ledger.failures import in_folder, translated
from outreach.ledger.interface import Run
from outreach.ledger.locks import exclusive
from outreach.ledger.migrations import REVISIONS
from outreach.ledger.people import first_rows
from outreach.ledger.reading import SqlReading
from outreach.ledger.remains import texts_in_files
from outreach.ledger.runs import LeasedRun, RunRecord, boot_id, fate_of, host_name, sweep
from outreach.ledger.sql import Connection
from outreach.ledger.sqlite import (
    APPLICATION_ID,
    SqliteConnection,
    SqliteDatabase,
    beside,
    connect,
    is_empty,
)
from outreach.ledger.store import SqlLedger
from outreach.ledger.tokens import InstallationKey
from outreach.ledger.values import StoredContact, Worker

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys

__all__ = ["SqliteLedger", "create"]


class SqliteLedger(SqlLedger):
    """See :class:`outreach.ledger.interface.Ledger`."""

    def __init__(self, path: Path, clock: Clock, busy_seconds: float, key: InstallationKey | None) -> None:
        self._database = SqliteDatabase(path, busy_seconds)
        super().__init__(self._database, clock, key, beside(path, "key"))
        self.path = path
        with self._database.opened():
            pass  # a foreign or missing file is refused here, whatever is asked first

    # -- runs --

    def begin_run(self) -> Run:
        folder = beside(self.path, "runs")
        moment = self._clock.now()
        with self._database.writing() as connection, in_folder(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            # Inside a write: no run begins meanwhile.
            sweep(folder, {each.run for each in self._open(connection)})
            run = LeasedRun(new_id(moment), folder, self._end_run)
            try:
                connection.execute(
                    "INSERT INTO run (id, host, boot, pid, started, ended) VALUES (?, ?, ?, ?, ?, 0)",
                    (run.id, host_name(), boot_id(), os.getpid(), micros(moment)),
                )
            except BaseException:
                run.abandon()
                raise
        return run

    def _open(self, connection: Connection) -> tuple[StoredContact, ...]:
        return SqlReading(connection, self._shared(connection)).open_contacts()

    def _end_run(self, run: str) -> None:
        with self._database.writing() as connection:
            connection.execute("UPDATE run SET ended = ? WHERE id = ?", (micros(self._clock.now()), run))

    def workers(self) -> tuple[Worker, ...]:
        folder = beside(self.path, "runs")
        with self._database.reading() as connection:
            rows = list(
                connection.execute("SELECT id, host, boot, pid, started FROM run WHERE ended = 0 ORDER BY id")
            )
        return tuple(
            Worker(run, host, pid, from_micros(started), 0.0)
            for run, host, boot, pid, started in rows
            if fate_of(RunRecord(run, host, boot, pid, False), folder / run) is None
        )

    def _fates(
        self, connection: Connection, runs: Collection[str]
    ) -> dict[str, Callable[[str], bool] | None]:
        folder = beside(self.path, "runs")
        known = {
            row[0]: RunRecord(row[0], row[1], row[2], row[3], bool(row[4]))
            for row in connection.execute("SELECT id, host, boot, pid, ended FROM run")
        }
        with in_folder(folder):
            return {run: fate_of(known.get(run), folder / run) for run in sorted(runs)}

    # -- care --

    def compact(self) -> bool:
        with translated(self.path, self._database.busy_seconds), self._database.opened() as connection:
            connection.execute("VACUUM")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def texts_in_files(self, texts: Collection[str]) -> frozenset[str]:
        return texts_in_files([self.path, beside(self.path, "wal")], texts)

    def backup(self, target: Path) -> None:
        with self._database.opened() as connection:
            copy_to(connection, self.path, target, self._database.busy_seconds)

    def upgrade(self) -> tuple[str, str]:
        before = self._database.revision()
        if before not in ("", *REVISIONS):
            self._database.check()  # made by a later version: says so
        elif before != REVISIONS[-1]:
            self.close()
            with in_folder(self.path), exclusive(beside(self.path, "upgrade"), self._database.busy_seconds):
                _migrate(self.path, self._database.busy_seconds)
        return before, self._database.revision()


def create(
    path: Path, busy_seconds: float, key: InstallationKey | None, master: MasterKeys | None = None
) -> None:
    """Make a new ledger, unless there is one: file, schema, key, the system's stream."""
    with in_folder(path), translated(path, busy_seconds):
        path.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(beside(path, "upgrade"), busy_seconds):
            if path.exists() and not is_empty(path):
                return
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            file = beside(path, "key")
            if key is None:
                key = InstallationKey.load(file) if file.exists() else InstallationKey.create(file)
            _migrate(path, busy_seconds, key.id, master)


def _migrate(path: Path, busy_seconds: float, new_key: str = "", master: MasterKeys | None = None) -> None:
    """Bring the schema up to date in one transaction; a new ledger also gets its first rows."""
    from outreach.ledger.migrate import upgrade_sqlite  # noqa: PLC0415 - Alembic loads slower than a command runs

    with translated(path, busy_seconds), closing(connect(path, busy_seconds)) as connection:

        def begin() -> None:
            if new_key:
                first_rows(SqliteConnection(connection), new_key, master)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")

        if new_key:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        upgrade_sqlite(connection, begin)
