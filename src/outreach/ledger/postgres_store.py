"""The ledger in a PostgreSQL database that several machines share."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from outreach.domain import Clock, new_id
from outreach.errors import LedgerError
from outreach.ledger.chain import from_micros, micros
from outreach.ledger.failures import in_folder
from outreach.ledger.heartbeat import DATABASE_NOW, GONE_AFTER, HeartbeatRun
from outreach.ledger.interface import Run
from outreach.ledger.migrations import REVISIONS
from outreach.ledger.people import first_rows
from outreach.ledger.postgres import PostgresConnection, PostgresDatabase
from outreach.ledger.reading import SqlReading
from outreach.ledger.runs import RunRecord, boot_id, fate_of, host_name, sweep
from outreach.ledger.sql import Connection, as_list
from outreach.ledger.store import SqlLedger
from outreach.ledger.tokens import InstallationKey
from outreach.ledger.values import Worker

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys

__all__ = ["PostgresLedger", "create"]

_MICROSECOND: Final = timedelta(microseconds=1)
# A step behind the turn before it, or now. One so far away that the clock must have gone back is forgotten.
_TURN: Final = (
    "INSERT INTO turn (name, next) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next = CASE "
    "WHEN turn.next > excluded.next + ? THEN excluded.next ELSE greatest(turn.next + ?, excluded.next) END "
    "RETURNING next"
)
_FAR: Final = 1000  # steps


class PostgresLedger(SqlLedger):
    """See :class:`outreach.ledger.interface.Ledger`.

    :param folder: of this machine: journals of its runs, and the key of the endpoint index unless given.
    """

    def __init__(
        self, url: str, clock: Clock, busy_seconds: float, key: InstallationKey | None, folder: Path
    ) -> None:
        self._database = PostgresDatabase(url, busy_seconds)
        super().__init__(self._database, clock, key, folder / "ledger.key")
        self._folder = folder
        try:
            self._refuse_empty()
        except BaseException:
            self.close()
            raise

    def _refuse_empty(self) -> None:
        with closing(self._database.connect()):
            pass  # a server that is not there is told at once: only one that goes away is waited for
        if not self._database.revision():
            raise LedgerError(
                "there is no ledger in this database",
                where=self._database.where,
                remedy="make one with outreach init or outreach db create, or name another in the settings",
            )

    # -- runs --

    def begin_run(self) -> Run:
        journals = self._folder / "runs"
        moment = self._clock.now()
        with in_folder(journals):
            journals.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._database.writing() as connection:
                connection.exclusive(f"runs of {host_name()}")  # no run begins here meanwhile
                still_open = SqlReading(connection, self._shared(connection)).open_contacts()
                gone = sweep(journals, {each.run for each in still_open})
                connection.executemany(
                    "UPDATE run SET ended = ? WHERE id = ? AND ended = 0",
                    [
                        (micros(moment), each) for each in gone
                    ],  # its lock has proven it, sooner than its silence
                )
                run = HeartbeatRun(new_id(moment), journals, self._end_run, self._database)
                try:
                    connection.execute(
                        "INSERT INTO run (id, host, boot, pid, started, ended, beat) "
                        f"VALUES (?, ?, ?, ?, ?, 0, {DATABASE_NOW})",
                        (run.id, host_name(), boot_id(), os.getpid(), micros(moment)),
                    )
                except BaseException:
                    run.abandon()
                    raise
        run.start()
        return run

    def _end_run(self, run: str) -> None:
        with self._database.writing() as connection:
            connection.execute("UPDATE run SET ended = ? WHERE id = ?", (micros(self._clock.now()), run))

    def workers(self) -> tuple[Worker, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT id, host, pid, started, ({DATABASE_NOW} - beat) / 1000000.0 FROM run "
                "WHERE ended = 0 ORDER BY id"
            ).fetchall()
            fates = self._fates(connection, [row[0] for row in rows])
        return tuple(
            Worker(run, host, pid, from_micros(started), max(0.0, float(silent)))
            for run, host, pid, started, silent in rows
            if fates[run] is None
        )

    def turn(self, steps: Mapping[str, timedelta]) -> timedelta | None:
        """It need not outlive the server: a turn that is lost costs one turn."""
        now, waits = micros(self._clock.now()), [0]
        with self._database.writing() as connection:
            connection.execute("SET LOCAL synchronous_commit = off")
            for name, each in sorted(steps.items()):
                step = each // _MICROSECOND
                row = connection.execute(_TURN, (name, now + step, _FAR * step, step)).fetchone()
                waits.append(row[0] - step - now)
        return max(waits) * _MICROSECOND

    def _fates(
        self, connection: Connection, runs: Collection[str]
    ) -> dict[str, Callable[[str], bool] | None]:
        journals = self._folder / "runs"
        silent = int(GONE_AFTER * 1_000_000)
        rows = connection.execute(
            f"SELECT id, host, boot, pid, ended, beat < {DATABASE_NOW} - ? FROM run WHERE ended = 0 "
            "OR id IN (SELECT value FROM list_of(value text) AS wanted)",
            (silent, as_list(sorted(runs))),
        )
        known = {row[0]: (RunRecord(row[0], row[1], row[2], row[3], bool(row[4])), row[5]) for row in rows}
        fates: dict[str, Callable[[str], bool] | None] = {}
        with in_folder(journals):
            for run in sorted(runs):
                record, is_silent = known.get(run, (None, True))
                if (journals / run).exists():  # one of this machine's: its lock is better proof than silence
                    fates[run] = fate_of(record, journals / run)
                elif record is None or record.ended or is_silent:
                    fates[run] = lambda attempt: True
                else:
                    fates[run] = None
        return fates

    # -- care --

    def compact(self) -> bool:
        with self._database.opened() as raw:
            raw.execute("VACUUM (FULL, ANALYZE)")
        return True

    def texts_in_files(self, texts: Collection[str]) -> frozenset[str] | None:
        """Its log of writes, replicas and backups keep what was, too."""
        return None

    def backup(self, target: Path) -> None:
        raise LedgerError(
            "a ledger in PostgreSQL is copied with the server's own means",
            where=self._database.where,
            remedy="pg_dump --format=custom; keep the key of the endpoint index with it, but elsewhere",
        )

    def upgrade(self) -> tuple[str, str]:
        before = self._database.revision()
        if before not in ("", *REVISIONS):
            self._database.check()  # made by a later version: says so, or lets it be
        elif before != REVISIONS[-1]:
            with closing(self._database.connect()) as raw, self._database.translating():
                _migrate(raw)
        return before, self._database.revision()


def create(
    url: str,
    busy_seconds: float,
    key: InstallationKey | None,
    folder: Path,
    master: MasterKeys | None = None,
) -> None:
    """Make a new ledger in an empty database, unless there is one: schema, key, the system's stream."""
    database = PostgresDatabase(url, busy_seconds)
    try:
        with in_folder(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(database.connect()) as raw, database.translating():
            _migrate(raw, lambda: _first_rows(raw, key, folder / "ledger.key", master))
    finally:
        database.close()


def _first_rows(
    raw: psycopg.Connection[Any], key: InstallationKey | None, file: Path, master: MasterKeys | None
) -> None:
    connection = PostgresConnection(raw)
    if connection.execute("SELECT 1 FROM stream LIMIT 1").fetchone() is not None:
        return
    if key is None:
        with in_folder(file):
            key = InstallationKey.load(file) if file.exists() else InstallationKey.create(file)
    first_rows(connection, key.id, master)


def _migrate(raw: psycopg.Connection[Any], then: Callable[[], None] = lambda: None) -> None:
    """Bring the schema up to date in one transaction, while no other machine does."""
    from outreach.ledger.migrate import upgrade_postgres  # noqa: PLC0415 - Alembic loads slower than a command

    upgrade_postgres(raw, then)
