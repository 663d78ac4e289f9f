"""The append-only memory: open it with :func:`open_ledger`, use it through ``ledger.interface``.

What it is asked with and answers with stands in ``ledger.values``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outreach.domain import Clock
from outreach.errors import LedgerError
from outreach.ledger.conflicts import undisturbed
from outreach.ledger.interface import Ledger, Reading, Run, Writing
from outreach.ledger.moving import Moved
from outreach.ledger.records import partition_of
from outreach.ledger.signing import SealKey
from outreach.ledger.sqlite_store import SqliteLedger
from outreach.ledger.sqlite_store import create as make
from outreach.ledger.store import SqlLedger
from outreach.ledger.tokens import InstallationKey
from outreach.ledger.values import (
    PARTITIONS,
    Broken,
    BrokenSeal,
    ContactState,
    Encrypted,
    Erased,
    Knowledge,
    KnownPerson,
    LostAttempt,
    Rotated,
    Sealed,
    SealsFound,
    Signer,
    StoredContact,
    Subject,
    Verification,
    Waiting,
    Worker,
)

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys

__all__ = [
    "PARTITIONS",
    "Broken",
    "BrokenSeal",
    "ContactState",
    "Encrypted",
    "Erased",
    "Knowledge",
    "KnownPerson",
    "Ledger",
    "LostAttempt",
    "Moved",
    "Reading",
    "Rotated",
    "Run",
    "SealKey",
    "Sealed",
    "SealsFound",
    "Signer",
    "StoredContact",
    "Subject",
    "Verification",
    "Waiting",
    "Worker",
    "Writing",
    "move_ledger",
    "new_master_key",
    "open_ledger",
    "partition_of",
    "undisturbed",
    "upgrade_ledger",
]

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def open_ledger(
    url: str,
    clock: Clock,
    *,
    create: bool = False,
    busy_seconds: float = 30.0,
    endpoint_key: str = "",
    folder: Path = Path(".outreach"),
    master_keys: str = "",
) -> Ledger:
    """Open the ledger at ``url``: ``sqlite:///path`` (``sqlite:////`` from the root), ``postgresql://...``.

    A ledger of another version opens, so that it can be upgraded; the first read or write refuses it.

    :param create: make it if there is none.
    :param busy_seconds: how long to wait for the write lock.
    :param endpoint_key: 64 hexadecimal digits, the key of the endpoint index; "": its file, which lies beside
        the ledger or, for one on a server, in ``folder``.
    :param folder: of this machine, for a ledger on a server: journals of runs, and the key.
    :param master_keys: keys of 64 hexadecimal digits, parted by commas: with the first what lies beside the
        chains is encrypted, the others are believed too; "": nothing is encrypted.
    :raises LedgerError: if there is none, or the file is not a ledger, naming what it is and the cure.
    """
    return _opened(
        url,
        clock,
        create=create,
        busy_seconds=busy_seconds,
        endpoint_key=endpoint_key,
        folder=folder,
        master=_master(master_keys),
    )


def new_master_key() -> str:
    """A new master key, 64 hexadecimal digits.

    :raises LedgerError: if the package for encryption is not installed.
    """
    return _encryption().new()


def _opened(
    url: str,
    clock: Clock,
    *,
    create: bool = False,
    busy_seconds: float = 30.0,
    endpoint_key: str = "",
    folder: Path,
    master: MasterKeys | None = None,
) -> SqlLedger:
    try:
        key = InstallationKey.parse(endpoint_key) if endpoint_key else None
    except ValueError:
        raise LedgerError(
            "the key of the endpoint index is no key", remedy="give 64 hexadecimal digits"
        ) from None
    if url.startswith(_POSTGRES):
        return _on_a_server(url, clock, create, busy_seconds, key, folder, master)
    path = _path_of(url)
    if create:
        make(path, busy_seconds, key, master)
    ledger = SqliteLedger(path, clock, busy_seconds, key)
    ledger.master = master
    return ledger


def _master(keys: str) -> MasterKeys | None:
    return _encryption().parse(keys) if keys.strip() else None


def _encryption() -> type[MasterKeys]:
    try:
        from outreach.ledger.encryption import MasterKeys  # noqa: PLC0415 - an extra
    except ImportError:
        raise LedgerError(
            "encryption needs the package cryptography", remedy="pip install 'outreach[encryption]'"
        ) from None
    return MasterKeys


def _on_a_server(
    url: str,
    clock: Clock,
    create: bool,
    busy_seconds: float,
    key: InstallationKey | None,
    folder: Path,
    master: MasterKeys | None,
) -> SqlLedger:
    try:
        from outreach.ledger import postgres_store  # noqa: PLC0415 - an extra
    except ImportError as missing:
        raise LedgerError(
            "a ledger in PostgreSQL needs a package that is not installed",
            where=missing.name or "",
            remedy="pip install 'outreach[postgres]'",
        ) from None
    if create:
        postgres_store.create(url, busy_seconds, key, folder, master)
    ledger = postgres_store.PostgresLedger(url, clock, busy_seconds, key, folder)
    ledger.master = master
    return ledger


def upgrade_ledger(url: str, clock: Clock, **options: Any) -> tuple[str, str]:
    """Bring the schema of the ledger at ``url`` to this version; (from, to) revisions.

    :raises LedgerError: if there is none, or it was made by a later version.
    """
    ledger = open_ledger(url, clock, **options)
    try:
        return ledger.upgrade()
    finally:
        ledger.close()


def move_ledger(
    url: str,
    target: str,
    clock: Clock,
    *,
    progress: Callable[[int], None] | None = None,
    endpoint_key: str = "",
    folder: Path = Path(".outreach"),
    master_keys: str = "",
) -> Moved | None:
    """Move the ledger at ``url`` into an empty database and prove every chain there; it goes on there only.

    :returns: what was moved; ``None`` if an earlier move was cut short and only its end was missing.
    :raises LedgerError: if something is under way, the target holds something, or what arrived does not hold;
        then the source goes on as before.
    """
    master = _master(master_keys)
    with closing(_opened(url, clock, endpoint_key=endpoint_key, folder=folder, master=master)) as source:
        key = source.key.secret.hex()
        with closing(
            _opened(target, clock, create=True, endpoint_key=key, folder=folder, master=master)
        ) as arriving:
            moved = source.move_to(arriving, progress)
            if not endpoint_key:
                arriving.keep_key()
            return moved


def _path_of(url: str) -> Path:
    if not url.startswith(_SQLITE) or len(url) == len(_SQLITE):
        raise LedgerError(
            "this ledger's address is not understood",
            where=url.split("://", 1)[0],
            remedy="write sqlite:///path/to/outreach.db or postgresql://user@host/database",
        )
    return Path(url.removeprefix(_SQLITE))
