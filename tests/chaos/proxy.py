"""The way to a server, which can be cut: nothing goes through, and nobody is told.

What was under way at the cut is lost, a commit's answer as well as a commit; when the way is there again the
old connections are dead, as after a failure of the network.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

__all__ = ["Proxy"]

_SIZE = 65_536


class Proxy:
    """Forwards connections to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._whole = threading.Event()
        self._whole.set()
        self._guard = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Swallow whatever is sent, in both directions; who connects waits."""
        self._whole.clear()

    def heal(self) -> None:
        """Let new connections through. Those from before the cut are dead."""
        if self._whole.is_set():
            return
        with self._guard:
            for each in self._ends:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._whole.set()

    def close(self) -> None:
        """Forward nothing more."""
        self._whole.clear()
        self.heal()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._whole.wait()
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:  # it is being restarted
                client.close()
                continue
            with self._guard:
                self._ends |= {client, server}
            for each in (client, server):  # else small messages wait for each other, 40 ms at a time
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_SIZE):
                if self._whole.is_set():
                    target.sendall(data)
        with self._guard:
            self._ends -= {source, target}
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
