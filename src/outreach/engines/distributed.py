"""The distributed engine: a ledger on a server, and workers on any number of machines.

What there is to do stands in the ledger. A wake-up only says where to look, so that one lost, doubled or late
changes nothing: the sweep finds what is due, and of two workers in one partition the second goes home. That
nothing is sent twice rests on the ledger's locks alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from outreach import logs
from outreach.assemble import Outreach, Run
from outreach.engines.jobs import Jobs, Periodic
from outreach.engines.local import Working
from outreach.engines.summary import Summary
from outreach.errors import LedgerError, OutreachError
from outreach.pipeline.recovery import recover

__all__ = ["Worker"]

_log = logs.get(__name__)

_FIRST_PAUSE: Final = 0.5  # seconds; doubled after each failure
_LONGEST_PAUSE: Final = 30.0


class Worker:
    """One process that serves wake-ups, one partition at a time, and takes its turn at periodic work."""

    def __init__(self, app: Outreach, jobs: Jobs) -> None:
        self._app = app
        self._jobs = jobs
        self._stopping = threading.Event()
        self._leave = threading.Event()  # ends this run: we are to stop, or the ledger failed under it
        self._run: Run | None = None
        self.summary = Summary()

    def stop(self) -> None:
        """Finish what is under way, open nothing more, and return."""
        self._stopping.set()
        self._leave.set()
        if self._run is not None:
            self._run.dispatcher.stop()

    def work(self) -> None:
        """Work until stopped. While the database is away nothing is done, and it is tried again."""
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            self._leave.clear()
            try:
                self._jobs.prepare()
                with self._lease():
                    pause = _FIRST_PAUSE
                    self._sweep()
                    self._jobs.work(self._serve, self._periodic(), self._leave)
            except LedgerError as trouble:
                _log.warning("ledger_away", error=trouble.what)
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    @contextmanager
    def _lease(self) -> Iterator[None]:
        """A run; what the one before it left open is set right first."""
        with self._app.run() as self._run:
            if self._stopping.is_set():
                self._leave.set()
            try:
                yield
            finally:
                run, self._run = self._run, None
                run.dispatcher.stop()

    # -- wake-ups --

    def _serve(self, partition: int) -> None:
        """Everything that is due in a partition, unless another worker is at it."""
        run, ledger = self._run, self._app.ledger
        if run is None or self._leave.is_set():
            return
        name = f"partition {partition}"
        try:
            if not ledger.take(name):
                return
            try:
                ledger.note_partition(partition, run.id)
                for answers in Working(self._app, run, partition=partition).once():
                    for answer in answers:
                        self.summary.add(answer)
            finally:
                with suppress(OutreachError):  # whoever is gone is let go of by the server
                    ledger.note_partition(partition, "")
                    ledger.leave(name)
        except LedgerError as trouble:
            # Whether its last commit was made is not known. The run ends, and what it opened and did not hand
            # over is recovered by the next.
            _log.warning("run_given_up", error=trouble.what)
            self._leave.set()

    # -- periodic work --

    def _periodic(self) -> Sequence[Periodic]:
        wanted = [
            Periodic("sweep", "* * * * * */5", self._sweep),
            Periodic("recover", "* * * * *", self._recover),
            Periodic("reconcile", "*/15 * * * *", self._reconcile),
            Periodic("seal", "0 * * * *", self._seal),
        ]
        if self._app.settings.retention.officer:
            wanted.append(Periodic("retention", "30 2 * * *", self._retain))
        return wanted

    def _sweep(self) -> None:
        """Wake whatever has something due, and let go of what workers that are gone were called for."""
        self._jobs.revive()
        with self._app.ledger.read() as reading:
            waiting = reading.waiting(self._app.clock.now())
        self._jobs.wake([each.partition for each in waiting if each.due])

    def _recover(self) -> None:
        found = recover(self._app.parts)
        if found.returned or found.unknown:
            _log.warning("recovered", returned=found.returned, unknown=found.unknown)

    def _reconcile(self) -> None:
        for _ in self._app.inbound.ask_providers():
            pass

    def _seal(self) -> None:
        self._app.seal()

    def _retain(self) -> None:
        """Files are written anew by whoever chooses the hour: ``outreach privacy compact``."""
        erased = self._app.privacy.sweep(self._app.settings.retention.officer, compact=False)
        if erased:
            _log.info("retention", count=len(erased))
