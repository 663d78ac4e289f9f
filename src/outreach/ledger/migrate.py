"""Bringing a database to this version's schema, with Alembic. Loaded only when that is asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    import psycopg

__all__ = ["config_for", "upgrade_postgres", "upgrade_sqlite"]


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


def upgrade_postgres(connection: psycopg.Connection[Any], then: Callable[[], None]) -> None:
    """The same on PostgreSQL, where other machines may want to do it at the same moment: they wait."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as wrapped, wrapped.begin():
        wrapped.exec_driver_sql("BEGIN")
        wrapped.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended('outreach upgrade', 0))")
        command.upgrade(config_for(wrapped), "head")
        then()
        wrapped.exec_driver_sql("COMMIT")
