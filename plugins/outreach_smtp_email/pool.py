"""Connections kept between messages: as many as there are threads that send, each used by one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from outreach.channels import SendFailed
from outreach_smtp_email.connection import Connection, Lost
from outreach_smtp_email.message import Envelope

__all__ = ["Pool"]


class Pool:
    """Lends connections; the one used last is lent first, so that those not needed grow old and are closed.

    :param connect: makes a connection, or raises :class:`Lost`.
    :param idle_seconds: one not used for so long is not used again.
    """

    def __init__(self, connect: Callable[[], Connection], idle_seconds: float) -> None:
        self._connect = connect
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._kept: list[tuple[float, Connection]] = []

    def carry(self, envelope: Envelope) -> str:
        """Send through a kept connection or a new one.

        A server may close a connection it has kept at any time. That shows with the next message, before it
        is handed over, so it is tried once more, on a new connection.

        :raises SendFailed: see :meth:`Connection.carry`.
        """
        try:
            kept = self._take()
            if kept is not None:
                try:
                    return self._through(kept, envelope)
                except Lost:
                    pass
            return self._through(self._connect(), envelope)
        except Lost as lost:
            raise SendFailed.not_sent(lost.code, retry=True) from None

    def close(self) -> None:
        """Close all that are kept."""
        with self._lock:
            kept, self._kept = self._kept, []
        for _, connection in kept:
            connection.close(politely=True)

    def _through(self, connection: Connection, envelope: Envelope) -> str:
        kept = False
        try:
            answer = connection.carry(envelope)
            kept = True
        except SendFailed:
            kept = True
            raise
        finally:
            # After anything else, what the connection would say next belongs to another question.
            if kept and connection.usable:
                with self._lock:
                    self._kept.append((time.monotonic(), connection))
            else:
                connection.close()
        return answer

    def _take(self) -> Connection | None:
        oldest = time.monotonic() - self._idle_seconds
        with self._lock:
            old = [connection for used, connection in self._kept if used < oldest]
            self._kept = [each for each in self._kept if each[0] >= oldest]
            taken = self._kept.pop()[1] if self._kept else None
        for connection in old:
            connection.close(politely=True)
        return taken
