"""Moving a ledger into another database: every row as it is, every chain proven on arrival.

At no moment do both go on. What arrives is marked unfinished until the source is marked moved; a move that
was cut short between the two is finished by repeating it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from outreach.errors import LedgerError
from outreach.ledger.revisions import MOVED_TO, UNFINISHED
from outreach.ledger.sealing import check_seals
from outreach.ledger.sql import Connection, Database
from outreach.ledger.verify import verify

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys

__all__ = ["Moved", "finish", "move"]

_AT_ONCE: Final = 5000
_OF_THE_PLACE: Final = frozenset({"partition", "turn"})  # who works on what there means nothing here
_NUMBERED: Final = {
    "stream": "id",
    "entry": "id",
    "growth": "id",
    "person_version": "id",
    "contact": "arrival",
}
_SET: Final = (
    "INSERT INTO installation (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved and proven: rows in all, and streams, events and seals among them."""

    rows: int
    streams: int
    events: int
    seals: int


def move(
    source: Database,
    target: Database,
    progress: Callable[[int], None] | None = None,
    master: MasterKeys | None = None,
) -> Moved:
    """Copy everything into a new ledger and prove it; then mark the source as moved.

    Nobody writes to the source meanwhile. What is encrypted moves as it is.

    :param progress: told, again and again, how many rows more have been copied.
    :raises LedgerError: if an attempt is open, the target holds something, or what arrived does not hold.
    """
    with source.writing() as leaving:
        leaving.exclusive("growth")
        _refuse_open(leaving, source.where)
        with target.writing() as arriving:
            _refuse_used(arriving, target.where)
            rows = _copy(leaving, arriving, progress)
            arriving.execute(_SET, (UNFINISHED, source.where))
        found = verify(target, None, master)
        seals, _ = check_seals(target, ())
        trouble = [each.why for each in found.broken] + [each.why for each in seals.broken]
        if trouble or _counted(leaving) != (found.streams, found.events):
            raise LedgerError(
                "what arrived is not what left; the source goes on as before",
                where=target.where,
                why=trouble[0] if trouble else "events are missing",
                remedy="outreach audit verify on the source; then move into another empty database",
            )
        leaving.execute(_SET, (MOVED_TO, target.where))
    target.unmark(UNFINISHED)
    return Moved(rows, found.streams, found.events, seals.seals)


def finish(source: Database, target: Database) -> bool:
    """Finish a move that was cut short after everything had arrived; whether there was one."""
    if source.facts().get(MOVED_TO) != target.where or not target.facts().get(UNFINISHED):
        return False
    target.unmark(UNFINISHED)
    return True


def _refuse_open(connection: Connection, where: str) -> None:
    """An agent's call task may move with the ledger; a run's attempt may not."""
    (standing,) = connection.execute(
        "SELECT count(*) FROM contact WHERE state = 'open' AND standing LIKE '%\"run\":\"%'"
    ).fetchone()
    if standing:
        raise LedgerError(
            f"{standing} attempts of a run are open",
            where=where,
            why="what tells whether they left lies on this machine, beside the ledger",
            remedy="stop every run; outreach work --once sets right what a crash left; then move",
        )


def _refuse_used(connection: Connection, where: str) -> None:
    if connection.execute("SELECT 1 FROM growth UNION ALL SELECT 1 FROM person LIMIT 1").fetchone():
        raise LedgerError(
            "the database to move into holds a ledger already", where=where, remedy="name an empty one"
        )


def _copy(leaving: Connection, arriving: Connection, progress: Callable[[int], None] | None) -> int:
    """Every table, in an order in which what is referred to comes first."""
    from outreach.ledger.schema import metadata  # noqa: PLC0415 - SQLAlchemy loads slower than a command runs

    for table in reversed(metadata.sorted_tables):
        if table.name in ("stream", "installation"):  # the rows a new ledger begins with
            arriving.execute(f"DELETE FROM {table.name}")
    copied = 0
    for table in metadata.sorted_tables:
        if table.name in _OF_THE_PLACE:
            continue
        columns = ", ".join(column.name for column in table.columns)
        key = ", ".join(column.name for column in table.primary_key)
        rows = leaving.each(f"SELECT {columns} FROM {table.name} ORDER BY {key}")
        for some in _portions(rows):
            arriving.insert(table.name, columns, some)
            copied += len(some)
            if progress is not None:
                progress(len(some))
    for name, column in _NUMBERED.items():
        arriving.renumber(name, column)
    return copied


def _portions(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while some := list(islice(rows, _AT_ONCE)):
        yield some


def _counted(connection: Connection) -> tuple[int, int]:
    """Streams and events, as the rows tell."""
    (streams,) = connection.execute("SELECT count(*) FROM stream").fetchone()
    (events,) = connection.execute("SELECT coalesce(sum(upto - seq + 1), 0) FROM entry").fetchone()
    return int(streams), int(events)
