"""Where the carrier's database is: how it is reached, and what may be said of it when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from outreach.errors import LedgerError

__all__ = ["SCHEMA", "Address"]

SCHEMA: Final = "outreach_jobs"
"""The carrier's own schema of the database. Whoever runs procrastinate for other ends keeps it elsewhere."""

# A cut is noticed within half a minute, not after the two hours of TCP. What the URL says comes first.
_MANNERS: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "fallback_application_name": "outreach jobs",
}


class Address:
    """A database, by its URL.

    :param url: ``postgresql://``, as libpq reads it.
    :raises LedgerError: if it cannot be read.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
        except psycopg.Error:
            # Not "from": its text repeats the URL, and with it the password.
            raise LedgerError(
                "the URL of the database cannot be read",
                remedy="write it as postgresql://USER:PASSWORD@HOST:PORT/NAME, with %xx for odd characters",
            ) from None
        # procrastinate's SQL names no schema, so where it is at home is set from outside.
        options = f"{parts.pop('options', '')} -c search_path={SCHEMA}".strip()
        self.conninfo: str = make_conninfo(**{**_MANNERS, **parts, "options": options})
        self.where: str = f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}/" + parts.get(
            "dbname", ""
        )
        self._password = parts.get("password", "")

    def connect(self) -> psycopg.Connection:
        """A connection of one's own, in autocommit."""
        return psycopg.connect(self.conninfo, autocommit=True)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what PostgreSQL refuses into our words."""
        try:
            yield
        except psycopg.Error as error:
            said = (str(error).splitlines() or [""])[0]
            if self._password:
                said = said.replace(self._password, "…")
            raise LedgerError(
                "the database that carries the wake-ups cannot be used",
                where=self.where,
                why=f"{said} ({type(error).__name__})",
                remedy="see that it runs, can be reached from here, and lets this user make "
                f"the schema {SCHEMA} and write in it",
            ) from error
