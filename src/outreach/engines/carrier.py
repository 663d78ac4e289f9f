"""Wake-ups on PostgreSQL, carried by procrastinate.

A wake-up is a job that is due at once and held up by no other: nothing here is scheduled, and nothing bears
one of procrastinate's locks, since a job that waits for a moment or for a dead worker would keep all others
of its lock waiting too. Two workers may therefore serve one partition at a time; that is for whoever serves
to part, by what is locked in the ledger.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from outreach import logs
from outreach.domain import Clock
from outreach.engines.jobs import JobCounts, Periodic
from outreach.errors import LedgerError

try:
    import psycopg
    from psycopg_pool import ConnectionPool

    from outreach.engines.carrier_address import Address
    from outreach.engines.carrier_schema import GONE, prepare
    from outreach.engines.carrier_worker import QUEUE, WAKE, Serving
except ModuleNotFoundError as error:
    raise LedgerError(
        "running on several machines needs packages that are not installed",
        why=f"there is no {error.name}",
        remedy="pip install 'outreach[postgres]'",
    ) from error

__all__ = ["ProcrastinateJobs"]

_log = logs.get(__name__)

_HEARTBEAT: Final = 10.0  # seconds
_SILENT: Final = 30.0  # seconds
_PATIENCE: Final = 10.0  # seconds for a connection; a server that restarts is mostly back by then

# One statement, and no race: what is waiting already is passed over by the index that forbids a second.
# procrastinate's own way to add many lets one that is waiting undo all others. In order, so that no two
# callers wait for each other in a circle.
_ASK: Final = """INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args)
SELECT %(queue)s, %(task)s, 'partition-' || number, jsonb_build_object('partition', number)
FROM unnest(%(partitions)s::int[]) AS number ORDER BY number ON CONFLICT DO NOTHING"""

_COUNT: Final = f"""SELECT count(*) FILTER (WHERE job.status = 'todo'),
    count(*) FILTER (WHERE job.status = 'doing' AND NOT {GONE}),
    count(*) FILTER (WHERE job.status = 'doing' AND {GONE})
FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
WHERE job.task_name = %(task)s"""

# What procrastinate does to a job that is finished as failed and not kept, for many at once.
_LET_GO: Final = f"""WITH left_over AS (
    SELECT job.id FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing' AND {GONE} FOR UPDATE OF job SKIP LOCKED)
DELETE FROM procrastinate_jobs USING left_over WHERE procrastinate_jobs.id = left_over.id
RETURNING procrastinate_jobs.id"""


class ProcrastinateJobs:
    """:class:`outreach.engines.jobs.Jobs` on PostgreSQL.

    :param url: ``postgresql://``. Its password is never told.
    :param heartbeat: seconds between two signs of life of a worker.
    :param silent: seconds without one after which a worker is taken to be gone; several heartbeats.
    :raises outreach.errors.LedgerError: if the URL cannot be read; every method too, if the database cannot
        be used.
    """

    def __init__(
        self, url: str, clock: Clock, *, heartbeat: float = _HEARTBEAT, silent: float = _SILENT
    ) -> None:
        self._address = Address(url)
        self._clock = clock
        self._heartbeat = heartbeat
        self._silent = silent
        self._pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            self._address.conninfo,
            min_size=0,
            max_size=4,
            timeout=_PATIENCE,
            reconnect_timeout=_PATIENCE,
            check=ConnectionPool.check_connection,  # one that died with the server is replaced
            kwargs={"autocommit": True},
            name="jobs",
            open=False,
        )

    def prepare(self) -> None:
        """Make or bring up to date the schema ``outreach_jobs``; several may call it at once."""
        with self._address.told(), self._address.connect() as connection:
            prepare(connection, self._clock.now(), self._silent)

    def wake(self, partitions: Collection[int]) -> None:
        """Ask for a look at these partitions. Each has at most one wake-up waiting."""
        if partitions:
            values = {"queue": QUEUE, "task": WAKE, "partitions": sorted(set(partitions))}
            with self._connection() as connection:
                connection.execute(_ASK, values)

    def work(
        self, on_wake: Callable[[int], None], periodic: Sequence[Periodic], stopping: threading.Event
    ) -> None:
        """Serve wake-ups until ``stopping`` is set; see :class:`outreach.engines.jobs.Jobs`.

        ``on_wake`` and the periodics run one at a time, in a thread of their own. A periodic goes before
        wake-ups that wait. While the database is away, stopping may take some seconds.

        :raises outreach.errors.LedgerError: if :meth:`prepare` was not called, or a later version took away
            what this one needs. A database that is away is waited for.
        :raises ValueError: if the cron of a periodic cannot be read.
        """
        Serving(self._address, on_wake, periodic, stopping, self._heartbeat).run()

    def revive(self) -> int:
        """Finish as failed, and remove, what workers were doing that are gone; how many jobs that were."""
        with self._connection() as connection:
            count = connection.execute(_LET_GO, {"silent": self._silent}).rowcount
        if count:
            _log.warning("jobs of lost workers let go", count=count)
        return count

    def counts(self) -> JobCounts:
        """Wake-ups that wait, that are served by a living worker, and that a lost one left. Not periodics."""
        with self._connection() as connection:
            row = connection.execute(_COUNT, {"task": WAKE, "silent": self._silent}).fetchone()
        return JobCounts(*row) if row else JobCounts()

    def close(self) -> None:
        """Let go of connections. Calling it again does nothing."""
        self._pool.close()

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        with self._address.told():
            self._pool.open()
            with self._pool.connection() as connection:
                yield connection
