"""One worker: what it serves, its heartbeat, and how it comes back when the database was away.

procrastinate's own worker fetches, runs and finishes the jobs. Around it stands what it leaves to others:
it ends when the database goes away, so it is begun anew; and it stops its heartbeat *before* it waits for
the job under way, so the heart beats here.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.sql import queries
from procrastinate.worker import Worker

from outreach import logs
from outreach.engines.carrier_address import SCHEMA, Address
from outreach.engines.carrier_schema import FUNCTIONS, NOTE_WORKER, missing, newest_step
from outreach.engines.jobs import Periodic
from outreach.errors import LedgerError

__all__ = ["QUEUE", "WAKE", "Serving"]

_log = logs.get(__name__)

QUEUE: Final = "outreach"  # notices cross schemas; the name keeps those of other applications out
WAKE: Final = "wake"
_PERIODIC: Final = "periodic"

_LOST: Final = (psycopg.Error, ConnectorException, OSError)  # OSError: time-outs too
_SHORTEST, _LONGEST = 0.5, 30.0  # seconds between two attempts to come back
_RETRY: Final = 1.0  # seconds between two attempts at a heartbeat that failed
_GLANCE: Final = 0.05  # seconds between two looks at whether to stop
_POLL: Final = 2.0  # seconds; only for a wake-up whose notice was lost
_PATIENCE: Final = 5.0  # seconds that a statement waits for a connection
_NEVER: Final = 86_400.0  # seconds; of what procrastinate's worker does by itself and is done here

_TRY_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext(%s), hashtext(%s))"
_UNLOCK: Final = "SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))"

Heart = psycopg.AsyncConnection[Any]


class Serving:
    """One call of :meth:`outreach.engines.jobs.Jobs.work`.

    :param heartbeat: seconds between two signs of life.
    """

    def __init__(
        self,
        address: Address,
        on_wake: Callable[[int], None],
        periodic: Sequence[Periodic],
        stopping: threading.Event,
        heartbeat: float,
    ) -> None:
        self._address = address
        self._on_wake = on_wake
        self._periodic = {each.name: each for each in periodic}
        self._stopping = stopping
        self._heartbeat = heartbeat
        self._stop: Callable[[], object] = lambda: None
        self._alive_since = math.inf  # on the monotonic clock

    def run(self) -> None:
        """Serve until told to stop."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        asyncio.get_running_loop().set_exception_handler(_tell)
        pause = _SHORTEST
        while not self._stopping.is_set():
            why, self._alive_since = "", math.inf
            try:
                await self._until_stopped()
            except _LOST as error:
                why = type(error.__cause__ or error).__name__
            if self._stopping.is_set():
                return
            if time.monotonic() - self._alive_since > pause:
                pause = _SHORTEST
            _log.warning("database away", error=why or "ConnectorException", seconds=pause)
            await self._rest(pause)
            pause = min(pause * 2, _LONGEST)

    async def _rest(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not self._stopping.is_set() and time.monotonic() < ends:
            await asyncio.sleep(_GLANCE)

    async def _until_stopped(self) -> None:
        """One connection's life. Ends by itself, or with an error of its, when the database goes away."""
        session = asyncio.create_task(self._session())
        self._stop = session.cancel  # until there is a worker, which ends in good order
        while not session.done():
            await asyncio.wait({session}, timeout=_GLANCE)
            if self._stopping.is_set():
                self._stop()
        with suppress(asyncio.CancelledError):
            await session

    async def _session(self) -> None:
        heart = await self._connect()
        try:
            there = await (await heart.execute(FUNCTIONS, [SCHEMA])).fetchall()
            _refuse_if_not_prepared([name for (name,) in there])
            app = self._app()
            try:
                await app.open_async()
                await self._live(app, heart)
            finally:
                await app.close_async()
        finally:
            await heart.close()

    async def _live(self, app: App, heart: Heart) -> None:
        worker: Any = Worker(  # its methods carry no types
            app,
            queues=[QUEUE],
            concurrency=1,
            fetch_job_polling_interval=_POLL,
            abort_job_polling_interval=_NEVER,
            update_heartbeat_interval=_NEVER,
            # At its start it forgets workers that were silent for so long. Were that short, the first to come
            # back after the server was away would have all others taken for gone.
            stalled_worker_timeout=_NEVER,
            delete_jobs="always",
            install_signal_handlers=False,
        )
        self._stop = worker.stop
        self._alive_since = time.monotonic()
        beating = asyncio.create_task(self._beat(worker, heart))
        try:
            await worker.run()
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self, worker: Any, heart: Heart) -> None:
        """Give signs of life, on a connection of their own, for as long as the worker or its job lives."""
        noted = 0
        pause, silent = self._heartbeat, False
        try:
            while True:
                await asyncio.sleep(pause)
                number = worker.worker_id
                try:
                    if heart.closed:
                        heart = await self._connect()
                    await heart.execute(queries["update_heartbeat"], {"worker_id": number})
                    if number is not None and number != noted:
                        await heart.execute(NOTE_WORKER, [number, newest_step()])
                        noted = number
                    pause, silent = self._heartbeat, False
                except _LOST as error:
                    await heart.close()
                    if not silent:  # said once, not each second that the database is away
                        _log.warning("no heartbeat", error=type(error).__name__)
                    pause, silent = min(self._heartbeat, _RETRY), True
        finally:
            await heart.close()

    async def _connect(self) -> Heart:
        return await psycopg.AsyncConnection.connect(self._address.conninfo, autocommit=True)

    # -- what it serves --

    def _app(self) -> App:
        connector = PsycopgConnector(
            conninfo=self._address.conninfo,
            min_size=1,
            max_size=3,
            timeout=_PATIENCE,
            reconnect_timeout=_PATIENCE,
            name="jobs-worker",
        )
        app = App(connector=connector)
        app.task(name=WAKE, queue=QUEUE)(self._wake)
        task = app.task(name=_PERIODIC, queue=QUEUE, priority=1)(self._turn)
        for each in self._periodic.values():
            app.periodic(
                cron=each.cron,
                periodic_id=each.name,
                queueing_lock=f"{_PERIODIC}-{each.name}",
                task_kwargs={"name": each.name},
            )(task)
        for registered in app.periodic_registry.periodic_tasks.values():
            registered.croniter  # noqa: B018  it is read here, so that a wrong one is told at once
        return app

    def _wake(self, partition: int) -> None:
        """Serve one wake-up. A plain function, which procrastinate runs in a thread: the loop stays free."""
        self._quietly("wake", lambda: self._on_wake(partition))

    def _turn(self, timestamp: int, name: str) -> None:
        """Do one periodic's turn, unless another worker is still at the one before: then it is left out."""
        if name in self._periodic:  # else it is of a worker of another version
            self._quietly("periodic", lambda: self._run_alone(self._periodic[name]))

    def _run_alone(self, periodic: Periodic) -> None:
        """Under a lock of the connection: unlike procrastinate's, it falls when this process dies."""
        key = [SCHEMA, periodic.name]
        with self._address.connect() as connection:
            row = connection.execute(_TRY_LOCK, key).fetchone()
            if row and row[0]:
                try:
                    periodic.run()
                finally:
                    connection.execute(_UNLOCK, key)  # sooner than the server sees that the connection ended

    def _quietly(self, kind: str, serve: Callable[[], None]) -> None:
        try:
            serve()
        except Exception as trouble:  # noqa: BLE001  what is to be done stands in the ledger and will be found again
            _log.error("job failed", kind=kind, error=type(trouble).__name__)
        if self._stopping.is_set():
            self._stop()  # from here, so that it takes no other before the loop looks


def _refuse_if_not_prepared(there: Sequence[str]) -> None:
    if lost := missing(there):
        raise LedgerError(
            "the tables of wake-ups are not there, or are those of another version",
            where=SCHEMA,
            why=f"{min(lost)} is missing",
            remedy="prepare the database, with the version that the other machines run",
        )


def _tell(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody waited for, by its type: mostly a job whose end could not be noted."""
    _log.warning("worker trouble", error=type(context.get("exception")).__name__)
