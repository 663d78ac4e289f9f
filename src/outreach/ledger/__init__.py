"""The append-only memory: open it with :func:`open_ledger`, use it through ``ledger.interface``."""

from __future__ import annotations

from pathlib import Path

from outreach.domain import Clock
from outreach.errors import LedgerError
from outreach.ledger.interface import (
    Broken,
    BrokenSeal,
    ContactState,
    Erased,
    Knowledge,
    KnownPerson,
    Ledger,
    LostAttempt,
    Reading,
    Run,
    Sealed,
    SealsFound,
    Signer,
    StoredContact,
    Subject,
    Verification,
    Writing,
)
from outreach.ledger.signing import SealKey
from outreach.ledger.store import SqliteLedger
from outreach.ledger.store import create as make
from outreach.ledger.tokens import InstallationKey

__all__ = [
    "Broken",
    "BrokenSeal",
    "ContactState",
    "Erased",
    "Knowledge",
    "KnownPerson",
    "Ledger",
    "LostAttempt",
    "Reading",
    "Run",
    "SealKey",
    "Sealed",
    "SealsFound",
    "Signer",
    "StoredContact",
    "Subject",
    "Verification",
    "Writing",
    "open_ledger",
    "upgrade_ledger",
]

_SQLITE = "sqlite:///"


def open_ledger(
    url: str, clock: Clock, *, create: bool = False, busy_seconds: float = 30.0, endpoint_key: str = ""
) -> Ledger:
    """Open the ledger at ``url``: ``sqlite:///relative/path`` or ``sqlite:////absolute/path``.

    A ledger of another version opens, so that it can be upgraded; the first read or write refuses it.

    :param create: make it if there is none.
    :param busy_seconds: how long to wait for the write lock.
    :param endpoint_key: 64 hexadecimal digits, the key of the endpoint index; "": the file beside the ledger.
    :raises LedgerError: if there is none, or the file is not a ledger, naming what it is and the cure.
    """
    path = _path_of(url)
    try:
        key = InstallationKey.parse(endpoint_key) if endpoint_key else None
    except ValueError:
        raise LedgerError(
            "the key of the endpoint index is no key", remedy="give 64 hexadecimal digits"
        ) from None
    if create:
        make(path, busy_seconds, key)
    return SqliteLedger(path, clock, busy_seconds, key)


def upgrade_ledger(url: str, clock: Clock) -> tuple[str, str]:
    """Bring the schema of the ledger at ``url`` to this version; (from, to) revisions.

    :raises LedgerError: if there is none, or it was made by a later version.
    """
    ledger = open_ledger(url, clock)
    try:
        return ledger.upgrade()
    finally:
        ledger.close()


def _path_of(url: str) -> Path:
    if not url.startswith(_SQLITE) or len(url) == len(_SQLITE):
        raise LedgerError(
            "this ledger's address is not understood",
            where=url.split("://", 1)[0],
            remedy="write sqlite:///path/to/outreach.db",
        )
    return Path(url.removeprefix(_SQLITE))
