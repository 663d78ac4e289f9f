"""The ledger in one SQLite file."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from outreach.domain import SYSTEM, Clock, Event, new_id
from outreach.errors import LedgerError
from outreach.ledger.backup import copy_to
from outreach.ledger.chain import micros
from outreach.ledger.copies import check_copies, copy_seals, refuse_other_history
from outreach.ledger.exporting import export
from outreach.ledger.failures import in_folder, translated
from outreach.ledger.interface import (
    LostAttempt,
    Reading,
    Run,
    Sealed,
    SealsFound,
    Signer,
    Subject,
    Verification,
    Writing,
)
from outreach.ledger.locks import exclusive, try_lock
from outreach.ledger.migrations import REVISIONS
from outreach.ledger.news import move_cursors, news_of
from outreach.ledger.people import add_stream
from outreach.ledger.projection import differences
from outreach.ledger.reading import SqliteReading
from outreach.ledger.remains import texts_in_files
from outreach.ledger.runs import LeasedRun, RunRecord, boot_id, fate_of, host_name
from outreach.ledger.sealing import check_seals, take_seal
from outreach.ledger.shared import Shared
from outreach.ledger.sqlite import APPLICATION_ID, Database, beside, connect, is_empty
from outreach.ledger.tokens import InstallationKey
from outreach.ledger.verify import verify
from outreach.ledger.writing import SqliteWriting

__all__ = ["SqliteLedger", "create"]


class SqliteLedger:
    """See :class:`outreach.ledger.interface.Ledger`. Safe to use from several threads and processes.

    :param key: of the endpoint index; ``None``: it is read from its file when first needed.
    """

    def __init__(self, path: Path, clock: Clock, busy_seconds: float, key: InstallationKey | None) -> None:
        self.path = path
        self._clock = clock
        self._database = Database(path, busy_seconds)
        self._given_key = key
        self._known: Shared | None = None
        self._guard = threading.Lock()
        with self._database.opened():
            pass  # a foreign or missing file is refused here, whatever is asked first

    # -- reading and writing --

    @contextmanager
    def read(self) -> Iterator[Reading]:
        with self._database.reading() as connection:
            yield SqliteReading(connection, self._shared(connection))

    @contextmanager
    def write(self, subjects: Collection[Subject] = (), *, first: bool = False) -> Iterator[Writing]:
        """SQLite has one lock, and so ``subjects`` are all held by whoever writes."""
        with self._database.writing(first=first) as connection:
            writing = SqliteWriting(connection, self._shared(connection))
            yield writing
            writing.commit()

    def _shared(self, connection: sqlite3.Connection) -> Shared:
        if self._known is None:
            with self._guard:
                if self._known is None:
                    self._known = Shared(self._clock, self._key(connection))
        return self._known

    def _key(self, connection: sqlite3.Connection) -> InstallationKey:
        key = self._given_key or InstallationKey.load(beside(self.path, "key"))
        row = connection.execute("SELECT value FROM installation WHERE name = 'endpoint_key'").fetchone()
        if row is None or row[0] != key.id:
            raise LedgerError(
                "the key of the endpoint index is not this ledger's",
                where=str(self.path),
                why=f"the ledger was made with key {row[0] if row else '(none)'}, this is {key.id}",
                remedy="put back the key file from the backup made with this ledger",
            )
        return key

    def token(self, sort: str, value: str) -> str:
        if self._known is None:
            with self._database.reading() as connection:
                self._shared(connection)
        assert self._known is not None
        return self._known.key.token(sort, value)

    def changes(self) -> int:
        return self._database.changes()

    # -- runs --

    def begin_run(self) -> Run:
        folder = beside(self.path, "runs")
        moment = self._clock.now()
        with self._database.writing() as connection, in_folder(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            self._sweep(connection, folder)
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

    def _end_run(self, run: str) -> None:
        with self._database.writing() as connection:
            connection.execute("UPDATE run SET ended = ? WHERE id = ?", (micros(self._clock.now()), run))

    def _sweep(self, connection: sqlite3.Connection, folder: Path) -> None:
        """Remove journals of runs that are gone and have nothing left to tell. Inside a write: no run begins
        meanwhile."""
        open_runs = {each.run for each in SqliteReading(connection, self._shared(connection)).open_contacts()}
        for journal in folder.iterdir():
            if journal.name in open_runs:
                continue
            file = os.open(journal, os.O_RDWR)
            try:
                if try_lock(file):
                    journal.unlink()
            finally:
                os.close(file)

    def lost_attempts(self) -> tuple[LostAttempt, ...]:
        folder = beside(self.path, "runs")
        with self._database.reading() as connection:
            contacts = SqliteReading(connection, self._shared(connection)).open_contacts()
            known = {
                row[0]: RunRecord(row[0], row[1], row[2], row[3], bool(row[4]))
                for row in connection.execute("SELECT id, host, boot, pid, ended FROM run")
            }
        runs = {each.run for each in contacts if each.run}
        with in_folder(folder):
            fates = {run: fate_of(known.get(run), folder / run) for run in sorted(runs)}
        return tuple(
            LostAttempt(each, tell(each.attempt))
            for each in contacts
            if each.run and (tell := fates[each.run]) is not None
        )

    # -- observers --

    def news(self, observer: str, limit: int) -> tuple[Event, ...]:
        with self._database.reading() as connection:
            return news_of(connection, observer, limit)

    def served(self, observer: str, events: Sequence[Event]) -> None:
        if events:
            with self._database.writing() as connection:
                move_cursors(connection, observer, events)

    # -- care --

    def verify(self, progress: Callable[[int], None] | None = None) -> Verification:
        return verify(self._database, progress)

    def seal(self, signer: Signer | None = None, copies: Path | None = None) -> Sealed | None:
        if copies is not None:
            refuse_other_history(self._database, copies)
        sealed = take_seal(self._database, self._clock.now(), signer)
        if copies is not None:
            copy_seals(self._database, copies)
        return sealed

    def verify_seals(self, keys: Collection[str] = (), copies: Path | None = None) -> SealsFound:
        found, hashes = check_seals(self._database, keys)
        if copies is not None:
            copied, others = check_copies(copies, hashes)
            found = replace(found, copied=copied, broken=(*found.broken, *others))
        return found

    def export(self, folder: Path, *, keys: Collection[str] = (), words: bool = False) -> Verification:
        return export(self._database, folder, self._clock.now(), keys, words)

    def rebuild(self) -> dict[str, int]:
        with self._database.reading() as connection:
            shared = self._shared(connection)
        return differences(self._database, shared)

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

    def check(self) -> None:
        self._database.check()

    def upgrade(self) -> tuple[str, str]:
        before = self._database.revision()
        if before not in ("", *REVISIONS):
            self._database.check()  # made by a later version: says so
        if before != REVISIONS[-1]:
            self.close()
            with in_folder(self.path), exclusive(beside(self.path, "upgrade"), self._database.busy_seconds):
                _migrate(self.path, self._database.busy_seconds)
        return before, self._database.revision()

    def close(self) -> None:
        self._database.close()


def create(path: Path, busy_seconds: float, key: InstallationKey | None) -> None:
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
            _migrate(path, busy_seconds, key.id)


def _migrate(path: Path, busy_seconds: float, new_key: str = "") -> None:
    """Bring the schema up to date in one transaction; a new ledger also gets its first rows."""
    from outreach.ledger.migrate import upgrade_sqlite  # noqa: PLC0415 - Alembic loads slower than a command runs

    with translated(path, busy_seconds), closing(connect(path, busy_seconds)) as connection:

        def first_rows() -> None:
            if new_key:
                add_stream(connection, SYSTEM)
                connection.execute("INSERT INTO installation VALUES ('endpoint_key', ?)", (new_key,))
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")

        if new_key:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        upgrade_sqlite(connection, first_rows)
