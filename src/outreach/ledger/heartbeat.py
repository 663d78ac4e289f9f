"""Runs that other machines must be able to tell dead: a heartbeat beside the lock on the journal.

A thread writes down every few seconds, by the database's clock, that the run lives. One that could not do so
for a while hands over nothing more, long before anybody takes it for gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from outreach.errors import LedgerError, OutreachError
from outreach.ledger.runs import LeasedRun
from outreach.ledger.sql import Database

__all__ = ["DATABASE_NOW", "GONE_AFTER", "HeartbeatRun"]

EVERY: Final = 5.0
"""Seconds between two beats."""
SILENT_AFTER: Final = 20.0
"""Seconds without a beat after which a run hands over nothing, by its own clock."""
GONE_AFTER: Final = 60.0
"""Seconds without a beat after which a run is taken for gone, by the database's clock. The difference is for
sends that began just before, and for clocks that do not run alike."""

DATABASE_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class HeartbeatRun(LeasedRun):
    """See :class:`outreach.ledger.interface.Run`."""

    def __init__(self, run_id: str, folder: Path, ended: Callable[[str], None], database: Database) -> None:
        super().__init__(run_id, folder, ended)
        self._database = database
        self._over = threading.Event()
        self._beaten = time.monotonic()
        self._longest = 0.0
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Beat from now on: the run is in the database."""
        self._beaten = time.monotonic()
        self._thread.start()

    @property
    def doubtful(self) -> bool:
        """Whether somebody may have taken it for gone and recovered what it had open."""
        return max(self._longest, time.monotonic() - self._beaten) > SILENT_AFTER

    def hand_over(self, attempt: str) -> None:
        if time.monotonic() - self._beaten > SILENT_AFTER:
            raise LedgerError(
                "this run could not tell the ledger that it lives; nothing is handed over",
                where=self.id,
                remedy="see that the database can be reached",
            )
        super().hand_over(attempt)

    def close(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(2 * EVERY)
        super().close()

    def _beat(self) -> None:
        while not self._over.wait(EVERY):
            before = time.monotonic()  # not after: the answer may have taken its time
            try:
                with self._database.writing() as connection:
                    connection.execute(f"UPDATE run SET beat = {DATABASE_NOW} WHERE id = ?", (self.id,))
            except OutreachError:
                continue
            self._longest = max(self._longest, before - self._beaten)
            self._beaten = before
