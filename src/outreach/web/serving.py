"""Running the application: uvicorn with limits on every way in which a client can be slow or greedy."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["server"]

_AT_ONCE = 512  # connections; a provider opens a few
_HEAD = 16_384  # bytes of request line and headers
_IDLE = 5  # seconds a kept connection may rest


class _Patient(H11Protocol):
    """Lets nobody dribble headers: uvicorn limits rests between requests, not the time one may take."""

    seconds = 10.0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._late = self.loop.call_later(self.seconds, self._close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        waits = self.conn.their_state is h11.IDLE  # the head of a request has not come whole
        if waits and self._late is None:
            self._late = self.loop.call_later(self.seconds, self._close)
        elif not waits:
            self._in_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close(self) -> None:
        self._late = None
        if not self.transport.is_closing():
            self.transport.close()


def server(app: Any, *, head_seconds: float) -> uvicorn.Server:
    """A server for an ASGI application: ``run(sockets=...)`` serves until a signal or ``should_exit``.

    :param head_seconds: how long the request line and headers may take.
    """
    protocol = type("Patient", (_Patient,), {"seconds": head_seconds})
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # the links are keys
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=10,
        limit_concurrency=_AT_ONCE,
        h11_max_incomplete_event_size=_HEAD,
    )
    return uvicorn.Server(config)
