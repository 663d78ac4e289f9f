"""The carrier's tables: made once, brought up to date, and fit for two versions at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from outreach.engines.carrier import ProcrastinateJobs
from outreach.errors import LedgerError
from tests.engines.conftest import Database
from tests.engines.workers import Processes, carrier, until, working
from tests.postgres import Server

STEPS = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
TAKEN = "SELECT name FROM outreach_jobs.outreach_steps ORDER BY name"

CATALOG = {
    "functions": """SELECT proname, pg_get_function_arguments(oid), pg_get_function_result(oid), prosrc
        FROM pg_proc WHERE pronamespace = 'outreach_jobs'::regnamespace""",
    "columns": """SELECT table_name, column_name, udt_name, character_maximum_length, is_nullable,
        column_default FROM information_schema.columns WHERE table_schema = 'outreach_jobs'""",
    "indexes": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'outreach_jobs'",
    "triggers": """SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
        WHERE relnamespace = 'outreach_jobs'::regnamespace AND NOT tgisinternal""",
    "constraints": """SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'outreach_jobs'::regnamespace""",
    "labels": """SELECT typname, enumlabel FROM pg_enum JOIN pg_type t ON t.oid = enumtypid
        WHERE typnamespace = 'outreach_jobs'::regnamespace""",
}


@pytest.fixture
def jobs(database: Database) -> Iterator[ProcrastinateJobs]:
    made = carrier(database.url)
    yield made
    made.close()


def catalog(database: Database) -> dict[str, list[Any]]:
    """What stands in the schema; blanks do not count."""
    return {
        what: sorted(
            " ".join(str(row).replace("\\n", " ").replace("\\t", " ").split()) for row in database.rows(sql)
        )
        for what, sql in CATALOG.items()
    }


def make_as_of(database: Database, version: str) -> None:
    """The tables as a version of ours left them that knew procrastinate's steps up to this one."""
    with closing(psycopg.connect(database.url, autocommit=True)) as connection:
        connection.execute("CREATE SCHEMA outreach_jobs")
        connection.execute("SET search_path = outreach_jobs")
        connection.execute(
            "CREATE TABLE outreach_steps (name text PRIMARY KEY, taken_at timestamptz NOT NULL)"
        )
        connection.execute("CREATE TABLE outreach_workers (worker bigint PRIMARY KEY, newest text NOT NULL)")
        for step in STEPS:
            if step.stem.partition("_")[0] <= version:
                connection.execute(step.read_bytes())
                connection.execute("INSERT INTO outreach_steps VALUES (%s, now())", [step.stem])


@pytest.fixture(scope="module")
def fresh(server: Server) -> dict[str, list[Any]]:
    """The catalog of a database that was made by this version."""
    made = Database(server, server.new_database())
    with closing(carrier(made.url)) as jobs:
        jobs.prepare()
    return catalog(made)


def test_four_processes_prepare_one_database_at_once(
    database: Database, processes: Processes, fresh: dict[str, list[Any]]
) -> None:
    started = [processes.start("prepare") for _ in range(4)]
    assert [0] * 4 == [each.wait(30) for each in started]
    assert fresh == catalog(database)


@pytest.mark.parametrize("version", ["02.14.01", "03.00.00", "03.03.00"])
def test_older_tables_become_those_of_today(
    database: Database, jobs: ProcrastinateJobs, fresh: dict[str, list[Any]], version: str
) -> None:
    make_as_of(database, version)
    jobs.prepare()

    assert fresh == catalog(database)
    assert [(step.stem,) for step in STEPS] == database.rows(TAKEN)
    jobs.wake([1, 2])
    with working(jobs) as worker:
        until(lambda: [1, 2] == worker.served)


def test_preparing_again_changes_nothing(
    database: Database, jobs: ProcrastinateJobs, fresh: dict[str, list[Any]]
) -> None:
    jobs.prepare()
    jobs.wake([1])
    jobs.prepare()

    assert 1 == jobs.counts().waiting
    assert fresh == catalog(database)


def test_what_older_workers_use_is_taken_away_only_when_they_are_gone(
    database: Database, jobs: ProcrastinateJobs
) -> None:
    make_as_of(database, "03.03.00")
    before, after = (step.stem for step in STEPS if step.stem.startswith("03.04.00"))
    number = database.value("INSERT INTO outreach_jobs.procrastinate_workers DEFAULT VALUES RETURNING id")

    jobs.prepare()  # it has not said what it knows
    assert (before,) in database.rows(TAKEN)
    assert (after,) not in database.rows(TAKEN)

    database.rows(f"INSERT INTO outreach_jobs.outreach_workers VALUES ({number}, '{before}')")
    jobs.prepare()
    assert (after,) not in database.rows(TAKEN)

    database.rows(f"UPDATE outreach_jobs.outreach_workers SET newest = '{after}'")
    jobs.prepare()
    assert (after,) in database.rows(TAKEN)


def test_a_worker_tells_what_it_knows_and_is_forgotten_after_it_left(
    database: Database, jobs: ProcrastinateJobs
) -> None:
    jobs.prepare()
    noted = "SELECT worker, newest FROM outreach_jobs.outreach_workers"
    for _ in range(2):
        with working(jobs):
            until(lambda: database.value("SELECT count(*) FROM outreach_jobs.procrastinate_workers"))
            alive = database.value("SELECT id FROM outreach_jobs.procrastinate_workers")
            until(lambda: [(alive, STEPS[-1].stem)] == database.rows(noted))  # noqa: B023  asked in this turn


def test_an_older_version_goes_on_while_all_is_there_that_it_calls(
    database: Database, jobs: ProcrastinateJobs
) -> None:
    jobs.prepare()
    for later in ("99.00.00_01_pre_something", "99.00.00_50_post_something"):
        database.rows(f"INSERT INTO outreach_jobs.outreach_steps VALUES ('{later}', now())")
    jobs.prepare()
    jobs.wake([1])
    with working(jobs) as worker:
        until(lambda: worker.served)

    database.rows("DROP FUNCTION outreach_jobs.procrastinate_fetch_job_v2")
    with pytest.raises(LedgerError, match="later version") as told:
        jobs.prepare()
    assert "procrastinate_fetch_job_v2 is gone" == told.value.why


def test_tables_of_somebody_else_are_left_alone(database: Database, jobs: ProcrastinateJobs) -> None:
    database.rows("CREATE SCHEMA outreach_jobs")
    database.rows("CREATE TABLE outreach_jobs.procrastinate_jobs (id int)")
    with pytest.raises(LedgerError, match="did not make"):
        jobs.prepare()


def test_those_of_another_application_stand_beside(database: Database, jobs: ProcrastinateJobs) -> None:
    """procrastinate's schema in the public one, used by somebody else, is neither seen nor touched."""
    with closing(psycopg.connect(database.url, autocommit=True)) as connection:
        connection.execute(SchemaManager.get_schema())
    jobs.prepare()
    jobs.wake([1])

    assert 1 == jobs.counts().waiting
    assert 0 == database.value("SELECT count(*) FROM public.procrastinate_jobs")


def test_a_user_without_rights_on_the_database_works_in_a_schema_made_for_it(
    database: Database, jobs: ProcrastinateJobs
) -> None:
    role = f"plain_{database.name}"
    database.rows(f"CREATE ROLE {role} LOGIN")
    plain = carrier(database.url.replace("postgres@", f"{role}@"))
    with pytest.raises(LedgerError, match="cannot be used") as told:
        plain.prepare()
    assert "InsufficientPrivilege" in told.value.why

    database.rows(f"CREATE SCHEMA outreach_jobs AUTHORIZATION {role}")
    plain.prepare()
    plain.wake([3])
    assert 1 == plain.counts().waiting
    plain.close()
