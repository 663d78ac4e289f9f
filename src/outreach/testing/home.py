"""What a plugin does to the world outside: to other machines while it runs, to this one on import."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

__all__ = ["imported_alone", "staying_home"]


@contextmanager
def staying_home() -> Iterator[list[str]]:
    """Refuse every look-up of a foreign name and every connection to a foreign address meanwhile.

    :returns: what was refused: hosts, in order. A client sees the error it would see without a network.
    """
    strangers: list[str] = []
    look_up, connect, connect_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex

    def looked_up(host: Any, *arguments: Any, **named: Any) -> Any:
        if _is_foreign(host):
            strangers.append(str(host))
            raise socket.gaierror(socket.EAI_NONAME, "a test may not look this name up")
        return look_up(host, *arguments, **named)

    def guarded(real: Any) -> Any:
        def connected(self: socket.socket, address: Any) -> Any:
            if isinstance(address, tuple) and _is_foreign(address[0]):
                strangers.append(str(address[0]))
                raise ConnectionRefusedError("a test may not leave this machine")
            return real(self, address)

        return connected

    with (
        patch.object(socket, "getaddrinfo", looked_up),
        patch.object(socket.socket, "connect", guarded(connect)),
        patch.object(socket.socket, "connect_ex", guarded(connect_ex)),
    ):
        yield strangers


def _is_foreign(host: Any) -> bool:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "localhost")
    if text.lower().rstrip(".") in ("localhost", "ip6-localhost", socket.gethostname().lower()):
        return False
    try:
        return not ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return True


def imported_alone(module: str) -> str:
    """What importing this module does beyond importing, in a process of its own; "" is right."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", _IMPORT_ALONE, module],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        timeout=60,
    )
    return done.stdout if done.returncode == 0 else done.stderr or "it cannot be imported"


_IMPORT_ALONE = """
import importlib, sys, threading
importlib.import_module("outreach.channels"), importlib.import_module("outreach.hookspecs")
done = []
def hear(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.mkdir"):
        done.append(event)
    elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        done.append("open for writing")
sys.addaudithook(hear)
importlib.import_module(sys.argv[1])
if threading.active_count() > 1:
    done.append("thread")
if done:
    print(", ".join(done))
"""
