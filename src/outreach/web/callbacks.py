"""The door for what comes back: providers' callbacks, and the one click that ends e-mail.

A request is checked in this order, and whatever fails is answered without a trace in the ledger: size and
time, the channel, its signature, its content. It is acknowledged only after the commit; where the ledger is
busy it is answered so that the provider repeats. No log line holds anything of a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from outreach.assemble import Outreach
from outreach.channels import Ability, Callback, CallbackRefused, Channel, OptOutNews
from outreach.domain import Way
from outreach.errors import LedgerBusy
from outreach.logs import get
from outreach.web.pages import asked, closed, unknown

__all__ = ["callback_app"]

log = get(__name__)

_ONE_CLICK = "one-click"
"""Under which name a click is recorded, where callbacks bear that of their channel."""

_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",  # the link itself is the key
    "X-Robots-Tag": "noindex",
}


class _TooMuch(Exception):
    """A body over the limit."""


def callback_app(app: Outreach) -> Starlette:
    """The ASGI application over an open project; it announces what it has recorded."""
    door = _Door(app)
    return Starlette(
        routes=[
            Route("/callbacks/{via}", door.callback, methods=["POST"]),
            Route("/callbacks/{via}/{attempt}", door.callback, methods=["POST"]),
            Route("/opt-out/{token}", door.opt_out, methods=["GET", "POST"]),
            Route("/health", door.health, methods=["GET"]),
        ]
    )


class _Door:
    def __init__(self, app: Outreach) -> None:
        self._app = app
        self._limits = app.settings.callbacks

    async def callback(self, request: Request) -> Response:
        """A provider tells something. 204 once it is durable."""
        via = request.path_params["via"]
        channel = self._app.registry.channels.get(via)
        if channel is None or Ability.CALLBACKS not in channel.abilities:
            return PlainTextResponse("no such channel\n", 404)
        return await self._with_body(request, via, lambda body: self._take(channel, request, body))

    async def opt_out(self, request: Request) -> Response:
        """One click (RFC 8058) posts. Who follows the link is asked first: machines fetch links too."""
        attempt = await anyio.to_thread.run_sync(
            self._app.parts.links.attempt_of, request.path_params["token"]
        )
        if not attempt:
            return HTMLResponse(unknown(), 404, _PAGE_HEADERS)
        if request.method != "POST":
            return HTMLResponse(asked(self._app.settings.collector.name), 200, _PAGE_HEADERS)
        return await self._with_body(request, _ONE_CLICK, lambda _body: self._close_address(attempt))

    async def health(self, _request: Request) -> Response:
        """Whether the ledger can be read."""
        try:
            await anyio.to_thread.run_sync(self._app.ledger.check)
        except Exception as trouble:  # noqa: BLE001  whatever it is, nothing can be recorded now
            log.error("health", error=type(trouble).__name__)
            return PlainTextResponse("the ledger cannot be used\n", 503)
        return PlainTextResponse("ok\n")

    # ---- one request -------------------------------------------------------------------------------

    async def _with_body(self, request: Request, via: str, take: Callable[[bytes], Response]) -> Response:
        """Read the body within its limits, then do the work in a thread: the ledger waits for the disk."""
        try:
            async with asyncio.timeout(self._limits.read_seconds):
                body = await self._body(request)
        except _TooMuch:
            return PlainTextResponse("too large\n", 413)
        except TimeoutError:
            return PlainTextResponse("too slow\n", 408, {"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        return await _answered(via, lambda: anyio.to_thread.run_sync(take, body))

    async def _body(self, request: Request) -> bytes:
        if int(request.headers.get("content-length") or 0) > self._limits.max_bytes:
            raise _TooMuch
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self._limits.max_bytes:
                raise _TooMuch
            parts.append(part)
        return b"".join(parts)

    def _take(self, channel: Channel, request: Request, body: bytes) -> Response:
        callback = Callback(
            url=self._public(request),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            received_at=self._app.clock.now(),
            method=request.method,
            attempt=request.path_params.get("attempt", ""),
        )
        channel.verify_callback(callback)
        news = list(channel.read_callback(callback))
        if news:
            self._app.inbound.receive(channel.name, news)
            self._app.announce()
        return Response(status_code=204)

    def _public(self, request: Request) -> str:
        """The URL the provider called: ours by the settings, whatever proxies made of host and scheme."""
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        query = request.scope["query_string"].decode("latin-1")
        url = f"{self._limits.public_url}{path}"
        return f"{url}?{query}" if query else url

    def _close_address(self, attempt: str) -> Response:
        with self._app.ledger.read() as reading:
            contact = reading.contact_of_attempt(attempt)
        if contact is None or contact.contact.channel is not Way.EMAIL:
            return HTMLResponse(unknown(), 404, _PAGE_HEADERS)
        news = OptOutNews(Way.EMAIL, contact.contact.to, "one_click", attempt)
        self._app.inbound.receive(_ONE_CLICK, [news])
        self._app.announce()
        return HTMLResponse(closed(self._app.settings.collector.name), 200, _PAGE_HEADERS)


async def _answered(via: str, work: Callable[[], Awaitable[Any]]) -> Response:
    """The answer of some work; a failure is answered so that the sender knows whether to repeat."""
    try:
        answer: Response = await work()
    except CallbackRefused as refused:
        log.warning("callback_refused", via=via, why=refused.what)
        return PlainTextResponse("refused\n", 403)
    except LedgerBusy:
        return PlainTextResponse("busy; repeat it\n", 503, {"Retry-After": "5"})
    except Exception as trouble:  # noqa: BLE001  nothing was recorded, so the sender has to repeat it
        log.error("callback_failed", via=via, error=type(trouble).__name__)
        return PlainTextResponse("not recorded; repeat it\n", 500, {"Retry-After": "30"})
    return answer
