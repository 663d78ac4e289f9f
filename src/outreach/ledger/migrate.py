"""Bringing a database to this version's schema, with Alembic. Loaded only when that is asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

__all__ = ["config_for", "upgrade_sqlite"]


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the scripts in this package."""
    config = Config()
    config.set_main_option("script_location", "outreach.ledger:migrations")
    config.attributes["connection"] = connection
    return config


def upgrade_sqlite(connection: sqlite3.Connection, then: Callable[[], None]) -> None:
    """Run what is missing on this connection and then ``then``, all in one transaction.

    SQLite's schema changes are transactional: a failed upgrade leaves nothing behind.
    """
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def begin(wrapped: Connection) -> None:
        wrapped.exec_driver_sql("BEGIN IMMEDIATE")  # the driver itself begins nothing in autocommit mode

    with engine.connect() as wrapped, wrapped.begin():
        command.upgrade(config_for(wrapped), "head")
        then()
