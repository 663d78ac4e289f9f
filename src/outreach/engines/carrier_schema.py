"""The carrier's tables: procrastinate's schema, made where it is missing and brought up to date.

procrastinate ships its schema whole and as steps, and leaves it to its users to remember which steps a
database has taken. A step *before* (``pre``) suits old and new code alike; a step *after* (``post``) takes
away what only old code uses. So this is safe while machines change over one by one: steps before are taken
at once, steps after wait until no worker is alive that does not know them.

Lost tables are no loss: they hold wake-ups, and those are made anew from the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from procrastinate import sql
from procrastinate.schema import SchemaManager

from outreach import logs
from outreach.engines.carrier_address import SCHEMA
from outreach.errors import LedgerError

__all__ = ["FUNCTIONS", "GONE", "NOTE_WORKER", "missing", "newest_step", "prepare"]

_log = logs.get(__name__)

GONE: Final = """(worker.id IS NULL OR greatest(worker.last_heartbeat, pg_postmaster_start_time())
    < now() - make_interval(secs => %(silent)s))"""
"""Whether a ``worker`` is gone. That nobody was heard while the server itself was away says nothing."""

FUNCTIONS: Final = (
    "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = %s"
)
"""The names of the functions in a schema; what :func:`missing` asks for."""

NOTE_WORKER: Final = """WITH past AS (
    DELETE FROM outreach_workers WHERE worker NOT IN (SELECT id FROM procrastinate_workers))
INSERT INTO outreach_workers (worker, newest) VALUES (%s, %s) ON CONFLICT DO NOTHING"""
"""Note the newest step that a worker's code knows, and forget workers of the past."""

_OURS: Final = """
CREATE TABLE outreach_steps (name text PRIMARY KEY, taken_at timestamptz NOT NULL);
CREATE TABLE outreach_workers (worker bigint PRIMARY KEY, newest text NOT NULL);
"""
_LIVING: Final = f"""SELECT ours.newest FROM procrastinate_workers worker
    LEFT JOIN outreach_workers ours ON ours.worker = worker.id WHERE NOT {GONE}"""

_CALLED: Final = re.compile(r"\bprocrastinate_\w+_v\d+(?=\s*\()")

Connection = psycopg.Connection[Any]


def prepare(connection: Connection, now: datetime, silent: float) -> None:
    """Make or bring up to date. Several at once take turns.

    :param connection: in autocommit, and closed by the caller: that ends its turn.
    :param silent: seconds without a heartbeat after which a worker is gone.
    :raises LedgerError: if the tables are not ours, or are those of a later version that left us behind.
    """
    connection.execute("SET lock_timeout = '60s'")
    connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [SCHEMA])
    if not _there(connection, "to_regnamespace", SCHEMA):  # "if not exists" would want the right to make one
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
    if not _there(connection, "to_regclass", "outreach_steps"):
        _make(connection, now)
        return
    taken = {name for (name,) in connection.execute("SELECT name FROM outreach_steps")}
    steps = _steps()
    _refuse_if_left_behind(connection, taken - steps.keys())
    lacking = [name for name in steps if name not in taken]
    for name in lacking:
        if "_post_" not in name:
            _take(connection, steps[name], now)
    for name in lacking:
        if "_post_" in name and _all_know(connection, name, silent):
            _take(connection, steps[name], now)


def missing(there: Collection[str]) -> set[str]:
    """Which functions this version of procrastinate calls and the database lacks, of those that are there."""
    called = {name for query in sql.queries.values() for name in _CALLED.findall(query)}
    return called - set(there)


def newest_step() -> str:
    """The last step this version knows."""
    return max(_steps())


def _make(connection: Connection, now: datetime) -> None:
    if _there(connection, "to_regclass", "procrastinate_jobs"):
        raise LedgerError(
            f"the schema {SCHEMA} holds tables that outreach did not make",
            remedy=f"if nobody else needs them: DROP SCHEMA {SCHEMA} CASCADE, and run this again",
        )
    with connection.transaction():
        connection.execute(_OURS)
        connection.execute(SchemaManager.get_schema())
        for name in _steps():
            _note(connection, name, now)


def _take(connection: Connection, step: Path, now: datetime) -> None:
    """Take one step, and note it. Each by itself: a later one may need a value of an enum it adds."""
    with connection.transaction():
        connection.execute(step.read_bytes())
        _note(connection, step.stem, now)
    _log.info("step taken", revision=step.stem.partition("_")[0])


def _note(connection: Connection, name: str, now: datetime) -> None:
    connection.execute("INSERT INTO outreach_steps (name, taken_at) VALUES (%s, %s)", [name, now])


def _steps() -> dict[str, Path]:
    """What procrastinate ships, in order, by name."""
    return {each.stem: each for each in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))}


def _all_know(connection: Connection, step: str, silent: float) -> bool:
    """Whether every worker alive runs code that knows this step. One that has not said so yet does not."""
    older = sum(
        newest is None or newest < step for (newest,) in connection.execute(_LIVING, {"silent": silent})
    )
    if older:
        _log.info("step waits for older workers", count=older)
    return not older


def _refuse_if_left_behind(connection: Connection, unknown: Collection[str]) -> None:
    """Steps of a later version are no harm as long as all is there that this version calls."""
    if not unknown:
        return
    there = [name for (name,) in connection.execute(FUNCTIONS, [SCHEMA])]
    if lost := missing(there):
        raise LedgerError(
            "the tables of wake-ups were made by a later version of outreach",
            where=SCHEMA,
            why=f"{min(lost)} is gone",
            remedy="install the version that the other machines run",
        )


def _there(connection: Connection, ask: str, name: str) -> bool:
    row = connection.execute(f"SELECT {ask}(%s) IS NOT NULL", [name]).fetchone()
    return bool(row and row[0])
