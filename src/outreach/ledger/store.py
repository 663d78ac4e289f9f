"""The ledger, whichever database holds it. What differs stands in ``sqlite_store`` and ``postgres_store``."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from outreach.domain import Clock, Event
from outreach.errors import LedgerError
from outreach.ledger.chain import micros
from outreach.ledger.copies import check_copies, copy_seals, refuse_other_history
from outreach.ledger.encrypted import MASTER_KEY, key_needed
from outreach.ledger.encrypting import encrypt, rotate
from outreach.ledger.exporting import export
from outreach.ledger.failures import in_folder
from outreach.ledger.interface import Reading, Run, Writing
from outreach.ledger.moving import Moved, finish, move
from outreach.ledger.news import move_cursors, news_of
from outreach.ledger.private_files import write_private
from outreach.ledger.projection import differences
from outreach.ledger.reading import SqlReading
from outreach.ledger.sealing import check_seals, take_seal
from outreach.ledger.shared import Shared
from outreach.ledger.sql import Connection, Database
from outreach.ledger.tokens import InstallationKey
from outreach.ledger.values import (
    Encrypted,
    LostAttempt,
    Rotated,
    Sealed,
    SealsFound,
    Signer,
    StoredContact,
    Subject,
    Verification,
    Worker,
)
from outreach.ledger.verify import verify
from outreach.ledger.writing import SqlWriting

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys

__all__ = ["SqlLedger"]

_SERVED_BY: Final = (
    "INSERT INTO partition (id, worker, until) VALUES (?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET worker = excluded.worker, until = excluded.until"
)


class SqlLedger(ABC):
    """See :class:`outreach.ledger.interface.Ledger`. Safe to use from several threads and processes.

    :param key: of the endpoint index; ``None``: it is read from ``key_file`` when first needed.

    ``master``: the master keys, set before it is used; ``None``: nothing is encrypted.
    """

    def __init__(self, database: Database, clock: Clock, key: InstallationKey | None, key_file: Path) -> None:
        self._store = database
        self._clock = clock
        self._given_key = key
        self._key_file = key_file
        self.master: MasterKeys | None = None
        self._known: Shared | None = None
        self._guard = threading.Lock()

    # -- reading and writing --

    @contextmanager
    def read(self) -> Iterator[Reading]:
        with self._store.reading() as connection:
            yield SqlReading(connection, self._shared(connection))

    @contextmanager
    def write(
        self, subjects: Collection[Subject] = (), *, first: bool = False, contacts: Collection[str] = ()
    ) -> Iterator[Writing]:
        with self._store.writing(first=first) as connection:
            writing = SqlWriting(connection, self._shared(connection))
            writing.claim(contacts)
            writing.hold(subjects)
            yield writing
            writing.commit()

    def _shared(self, connection: Connection) -> Shared:
        if self._known is None:
            with self._guard:
                if self._known is None:
                    key = self._key(connection)
                    self._known = Shared(self._clock, key, self.master, marked=self._is_encrypted(connection))
        return self._known

    @property
    def encrypted(self) -> bool:
        return self.master is not None

    def _is_encrypted(self, connection: Connection) -> bool:
        """Whether the ledger says that it is encrypted.

        :raises LedgerError: if it is, and not with a master key that is given.
        """
        row = connection.execute("SELECT value FROM installation WHERE name = ?", (MASTER_KEY,)).fetchone()
        if row is not None and self.master is None:
            raise key_needed()
        if row is not None and self.master is not None and row[0] not in self.master.ids:
            raise self.master.missing(row[0])
        return row is not None

    def _key(self, connection: Connection) -> InstallationKey:
        key = self.key
        row = connection.execute("SELECT value FROM installation WHERE name = 'endpoint_key'").fetchone()
        if row is None or row[0] != key.id:
            raise LedgerError(
                "the key of the endpoint index is not this ledger's",
                where=self._store.where,
                why=f"the ledger was made with key {row[0] if row else '(none)'}, this is {key.id}",
                remedy="put back the key file from the backup made with this ledger",
            )
        return key

    def token(self, sort: str, value: str) -> str:
        if self._known is None:
            with self._store.reading() as connection:
                self._shared(connection)
        assert self._known is not None
        return self._known.key.token(sort, value)

    def changes(self) -> int:
        return self._store.changes()

    def take(self, what: str) -> bool:
        return self._store.take(what)

    def leave(self, what: str) -> None:
        self._store.leave(what)

    # -- runs --

    @abstractmethod
    def begin_run(self) -> Run: ...

    @abstractmethod
    def _fates(
        self, connection: Connection, runs: Collection[str]
    ) -> dict[str, Callable[[str], bool] | None]:
        """For each run: ``None`` while it lives or may live, else what tells if an attempt may have left."""

    def note_partition(self, partition: int, run: str) -> None:
        with self._store.writing() as connection:
            connection.execute(_SERVED_BY, (partition, run, micros(self._clock.now())))

    def turn(self, steps: Mapping[str, timedelta]) -> timedelta | None:
        return None

    @abstractmethod
    def workers(self) -> tuple[Worker, ...]: ...

    def lost_attempts(self) -> tuple[LostAttempt, ...]:
        with self._store.reading() as connection:
            contacts: tuple[StoredContact, ...] = SqlReading(
                connection, self._shared(connection)
            ).open_contacts()
            fates = self._fates(connection, {each.run for each in contacts if each.run})
        return tuple(
            LostAttempt(each, tell(each.attempt))
            for each in contacts
            if each.run and (tell := fates[each.run]) is not None
        )

    # -- observers --

    def news(self, observer: str, limit: int) -> tuple[Event, ...]:
        name = f"observer {observer}"
        if not self._store.take(name):
            return ()
        with self._store.reading() as connection:
            found = news_of(connection, observer, limit)
        if not found:
            self._store.leave(name)
        return found

    def served(self, observer: str, events: Sequence[Event]) -> None:
        if events:
            with self._store.writing() as connection:
                move_cursors(connection, observer, events)

    # -- care --

    def verify(self, progress: Callable[[int], None] | None = None) -> Verification:
        return verify(self._store, progress, self.master)

    def seal(self, signer: Signer | None = None, copies: Path | None = None) -> Sealed | None:
        if copies is not None:
            refuse_other_history(self._store, copies)
        sealed = take_seal(self._store, self._clock.now(), signer)
        if copies is not None:
            copy_seals(self._store, copies)
        return sealed

    def verify_seals(self, keys: Collection[str] = (), copies: Path | None = None) -> SealsFound:
        found, hashes = check_seals(self._store, keys)
        if copies is not None:
            copied, others = check_copies(copies, hashes)
            found = replace(found, copied=copied, broken=(*found.broken, *others))
        return found

    def export(self, folder: Path, *, keys: Collection[str] = (), words: bool = False) -> Verification:
        return export(self._store, folder, self._clock.now(), keys, words, self.master)

    def rebuild(self) -> dict[str, int]:
        with self._store.reading() as connection:
            shared = self._shared(connection)
        return differences(self._store, shared)

    def encrypt(self, progress: Callable[[int], None] | None = None) -> Encrypted:
        with self._store.reading() as connection:
            shared = self._shared(connection)
        return encrypt(self._store, shared, progress)

    def rotate(self, progress: Callable[[int], None] | None = None) -> Rotated:
        with self._store.reading() as connection:
            shared = self._shared(connection)
        return rotate(self._store, shared, progress)

    @abstractmethod
    def compact(self) -> bool: ...

    @abstractmethod
    def texts_in_files(self, texts: Collection[str]) -> frozenset[str] | None: ...

    @abstractmethod
    def backup(self, target: Path) -> None: ...

    @abstractmethod
    def upgrade(self) -> tuple[str, str]: ...

    def move_to(self, target: SqlLedger, progress: Callable[[int], None] | None = None) -> Moved | None:
        """Move everything into a new, empty ledger; see :mod:`outreach.ledger.moving`.

        :returns: ``None`` if only the end of an earlier move was still missing.
        """
        if finish(self._store, target._store):
            return None
        return move(self._store, target._store, progress, self.master)

    @property
    def key(self) -> InstallationKey:
        """The key of the endpoint index."""
        return self._given_key or InstallationKey.load(self._key_file)

    def keep_key(self) -> None:
        """Write the key where it is looked for, unless it lies there."""
        if not self._key_file.exists():
            with in_folder(self._key_file):
                write_private(self._key_file, f"{self.key.secret.hex()}\n".encode())

    def check(self) -> None:
        self._store.check()

    def close(self) -> None:
        self._store.close()
