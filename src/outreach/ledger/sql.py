"""The port between the ledger and the database that holds it.

Statements are written once, in what SQLite and PostgreSQL have in common: ``?`` stands for a value, and
``list_of(name type, ...)`` for one bound JSON text read as rows. A list of plain values has one column,
called ``value``; a list of lists has as many as are named. So a statement stays the same whatever the length
of a list, and its plan is made once. ``CROSS JOIN ... ON`` fixes the order of a join for SQLite, which else
might walk through a whole index; elsewhere it is a plain join.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

import msgspec

__all__ = ["Connection", "Database", "Doubled", "Rows", "as_list", "with_lists"]

_LIST: Final = re.compile(r"\blist_of\(([^)]*)\)")
_encode = msgspec.json.encode


class Doubled(Exception):
    """The database refused a row because a unique index holds its like already."""


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection inside a transaction.

    ``alone``: nobody else writes while this transaction does, so that no row need be locked.
    """

    alone: bool

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        """Run one statement."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run one statement for each of these rows; how many rows it changed in all.

        :raises Doubled: if a unique index holds one of them.
        """
        ...

    def insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Add many rows at once, in the fastest way there is.

        :raises Doubled: if a unique index holds one of them.
        """
        ...

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """The rows of a query one after another; never all of them in memory."""
        ...

    def lock(self, sql: str, values: Sequence[Any], of: str) -> None:
        """Lock the rows found in the table called ``of``, in the query's order, until the end."""
        ...

    def claim(self, sql: str, values: Sequence[Any], of: str) -> list[Any]:
        """Lock and give the rows of a query, passing over those that others have locked in ``of``."""
        ...

    def renumber(self, table: str, column: str) -> None:
        """After rows came with numbers of their own: let the next one go on behind them."""
        ...

    def exclusive(self, what: str) -> None:
        """Be the only transaction past this point for ``what``, until the end."""
        ...

    def version(self) -> object | None:
        """Equal only if nobody else has committed since; ``None`` where that cannot be told."""
        ...

    def overwriting(self) -> AbstractContextManager[None]:
        """In here what is deleted is overwritten too, where the database can do that."""
        ...

    def commit(self) -> None:
        """Make everything durable."""
        ...


class Database(Protocol):
    """A database that holds a ledger, used from several threads. ``where``: how errors name it."""

    where: str
    busy_seconds: float

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection inside one snapshot, fixed at entry."""
        ...

    def writing(self, *, first: bool = False) -> AbstractContextManager[Connection]:
        """A connection inside a transaction that commits at the end, or rolls back on an error."""
        ...

    def changes(self) -> int:
        """Another number whenever events may have been committed since it was last asked."""
        ...

    def take(self, what: str) -> bool:
        """Be the only process that does ``what``, until :meth:`leave` or the end; whether that was free."""
        ...

    def leave(self, what: str) -> None:
        """Let others do it."""
        ...

    def facts(self) -> dict[str, str]:
        """What the ledger says of itself (see ``revisions``), whatever its state."""
        ...

    def unmark(self, fact: str) -> None:
        """Take back one of them."""
        ...

    def revision(self) -> str:
        """The revision its schema stands at; "" before the first migration."""
        ...

    def check(self) -> None:
        """:raises outreach.errors.LedgerError: if this version cannot work with it, naming the cure."""
        ...

    def close(self) -> None:
        """Close what is idle."""
        ...


def as_list(values: Iterable[Any]) -> str:
    """A list as one bound value."""
    return _encode(list(values)).decode()


def with_lists(sql: str, made: Callable[[list[tuple[str, str]]], str]) -> str:
    """The statement with each ``list_of(...)`` put as the database wants it.

    :param made: from (name, type) pairs to what stands in a FROM clause, with one ``?``.
    """

    def rendered(found: re.Match[str]) -> str:
        columns = [tuple(each.split()) for each in found[1].split(",")]
        return made([(name, sort) for name, sort in columns])

    return _LIST.sub(rendered, sql)
