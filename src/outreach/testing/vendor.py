"""A vendor on loopback: a real HTTP server that answers as scripted, or misbehaves as real ones do."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["Asked", "FakeVendor", "Reply"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that arrived whole."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        """The value of a JSON body."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the vendor answers: a status with a JSON value or bytes, after so many seconds."""

    status: int = 200
    value: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    after: float = 0.0

    def encoded(self) -> bytes:
        """The body."""
        return self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()


Misbehave = Callable[[socket.socket, Reply], None]


class FakeVendor:
    """Serves ``answer`` for each request, unless :meth:`next` says otherwise for the ones to come.

    :param answer: what a request is answered when nothing else is scripted.
    """

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self._scripted: deque[Reply | Misbehave] = deque()
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def next(self, *replies: Reply | Misbehave) -> None:
        """Script the next requests, one each, in this order."""
        with self._lock:
            self._scripted.extend(replies)

    @property
    def unused(self) -> int:
        """How many scripted requests have not come."""
        with self._lock:
            return len(self._scripted)

    def forget(self) -> None:
        """Drop what is scripted and has not come."""
        with self._lock:
            self._scripted.clear()

    @contextmanager
    def serving(self) -> Iterator[FakeVendor]:
        """Listen on a free port of loopback meanwhile."""
        server = self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)

    # ---- how real vendors misbehave: hand these to ``next`` ------------------------------------------

    @staticmethod
    def reset(connection: socket.socket, _: Reply) -> None:
        """Read the request whole, then reset the connection without an answer."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    @staticmethod
    def cut(connection: socket.socket, reply: Reply) -> None:
        """Break off in the middle of the answer."""
        body = reply.encoded()
        head = f"HTTP/1.1 {reply.status} OK\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body[: len(body) // 2])
        connection.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def silence(seconds: float) -> Misbehave:
        """Take the request, and say nothing for so long."""

        def silent(connection: socket.socket, _: Reply) -> None:
            threading.Event().wait(seconds)
            connection.close()

        return silent

    @staticmethod
    def troubles() -> dict[str, Reply | Misbehave]:
        """What any vendor may do, by name; each invites a careless client to ask again at once."""
        at_once = (("Retry-After", "0"),)
        return {
            "throttled": Reply(429, {}, at_once),
            "unavailable": Reply(503, {}, at_once),
            "broken": Reply(500, {}),
            "a page instead of an answer": Reply(502, b"<html>bad gateway</html>"),
            "reset": FakeVendor.reset,
            "hung up": FakeVendor.silence(0),
        }

    def _take(self, asked: Asked) -> tuple[Reply, Misbehave | None]:
        with self._lock:
            self.asked.append(asked)
            scripted = self._scripted.popleft() if self._scripted else None
        if isinstance(scripted, Reply):
            return scripted, None
        return self.answer(asked), scripted

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, ValueError):  # the client left, or we closed under the handler
                    self.close_connection = True

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, body)
                reply, misbehave = vendor._take(asked)
                if misbehave is not None:
                    self.close_connection = True
                    misbehave(self.connection, reply)
                    return
                if reply.after:
                    threading.Event().wait(reply.after)
                content = reply.encoded()
                self.send_response(reply.status)
                for name, value in (("Content-Type", "application/json"), *reply.headers):
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: requests hold addresses and words."""

        return Handler
