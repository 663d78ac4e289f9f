"""procrastinate alone: one job each, put in one by one and run by one worker, durable PostgreSQL."""

from __future__ import annotations

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from told import broker, count_asked, rate_of, worker

app = App(connector=PsycopgConnector(conninfo=broker()))


@app.task
def nothing(number: int) -> None:
    """Do nothing."""


def main() -> None:
    """Done when no job is left that has not succeeded."""
    with (
        app.replace_connector(SyncPsycopgConnector(conninfo=broker())) as putting,
        putting.open(),
        psycopg.connect(broker(), autocommit=True) as asking,
    ):
        if not putting.check_connection():
            putting.schema_manager.apply_schema()
        query = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'"

        def done() -> bool:
            found = asking.execute(query).fetchone()
            return found is not None and not found[0]

        with worker("procrastinate", "--app", "procrastinate_pg.app", "worker", "--concurrency", "8"):
            rate_of(lambda: nothing.defer(number=7), done, count_asked())


if __name__ == "__main__":
    import procrastinate_pg  # the task keeps the name by which the worker knows it

    procrastinate_pg.main()
