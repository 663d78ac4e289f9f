"""Which versions of the schema this version of outreach works with.

A change of the schema only adds, so that programs of the version before go on while machines are renewed one
after the other; what they no longer need goes in a later change (expand, then contract). Each schema says in
``installation`` the oldest revision whose programs can work with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from outreach.errors import LedgerError
from outreach.ledger.encrypted import MASTER_KEY
from outreach.ledger.migrations import REVISIONS

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys
    from outreach.ledger.sql import Connection

__all__ = [
    "FACTS",
    "MOVED_TO",
    "UNFINISHED",
    "WORKS_WITH",
    "mark_encrypted",
    "name_master_key",
    "refuse_other_version",
]

WORKS_WITH: Final = "works_with"
"""Names the oldest revision whose programs can work with the schema."""
MOVED_TO: Final = "moved_to"
"""Names the database this ledger was moved to: it goes on there and nowhere else."""
UNFINISHED: Final = "unfinished"
"""Marks a ledger that is being moved to where it stands: it does not go on here yet."""
_ENCRYPTS: Final = "0005"
"""The oldest revision whose programs can read what is encrypted."""
FACTS: Final = "SELECT name, value FROM installation WHERE name IN ('works_with', 'moved_to', 'unfinished')"


def refuse_other_version(where: str, found: str, facts: Mapping[str, str]) -> None:
    """Pass if this version can work with a schema at revision ``found``, and the ledger goes on here.

    :param facts: what :data:`FACTS` gives.
    :raises LedgerError: if it cannot, naming the cure.
    """
    if facts.get(MOVED_TO) or facts.get(UNFINISHED):
        raise LedgerError(
            "this ledger was moved" if facts.get(MOVED_TO) else "this ledger is not yet moved here",
            where=where,
            why=f"it goes on at {facts[MOVED_TO]}"
            if facts.get(MOVED_TO)
            else "outreach db move did not come to its end",
            remedy="name its place in the settings ([ledger] url); if the move was cut short, repeat it",
        )
    ours = REVISIONS[-1]
    if found == ours:
        return
    if found in ("", *REVISIONS):
        raise LedgerError(
            "the ledger was made by an earlier version of outreach",
            where=where,
            why=f"its schema is at {found or 'no revision'}, this version works with {ours}",
            remedy="outreach db backup, then outreach db upgrade",
        )
    if facts.get(WORKS_WITH) in REVISIONS:
        return
    raise LedgerError(
        "the ledger was made by a later version of outreach",
        where=where,
        why=f"its schema is at {found}, this version works with {ours}",
        remedy="install that version of outreach, then run outreach db upgrade with it",
    )


def mark_encrypted(connection: Connection, master: MasterKeys) -> None:
    """Say in the ledger that it is encrypted, and with which master key; nothing if it says so already.

    Programs of before, which may have been at work on it until now, then know that they cannot work with it.

    :raises LedgerError: if somebody else was faster, with a master key that is not given here.
    """
    connection.execute(
        "INSERT INTO installation (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        (MASTER_KEY, master.current),
    )
    (named,) = connection.execute("SELECT value FROM installation WHERE name = ?", (MASTER_KEY,)).fetchone()
    if named not in master.ids:
        raise master.missing(named)
    connection.execute(
        "UPDATE installation SET value = ? WHERE name = ? AND value < ?", (_ENCRYPTS, WORKS_WITH, _ENCRYPTS)
    )


def name_master_key(connection: Connection, master: MasterKeys) -> None:
    """Say which master key is current from now on: who does not have it is refused."""
    mark_encrypted(connection, master)
    connection.execute("UPDATE installation SET value = ? WHERE name = ?", (master.current, MASTER_KEY))
