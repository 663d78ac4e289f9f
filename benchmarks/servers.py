"""Private servers for the peers: started on the loopback for a benchmark, gone afterwards."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from figures import NotMeasured

_ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def redis_server() -> Iterator[str]:
    """The address of a redis that writes nothing to the disk, as celery's users mostly have it.

    :raises NotMeasured: if there is none on the path.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise NotMeasured("redis-server is missing")
    port = _free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen([program, *words, "--dir", folder], stdout=subprocess.DEVNULL) as running,
    ):
        try:
            _await(port, running)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            running.terminate()
            running.wait(20)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of an empty database in a PostgreSQL that keeps what it has answered.

    :raises NotMeasured: if no programs of PostgreSQL are to be found.
    """
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))
    from tests.postgres import DURABLE, Server

    try:
        server = Server(**DURABLE)
    except RuntimeError as trouble:
        raise NotMeasured(str(trouble)) from trouble
    with server:
        yield server.url(server.new_database(), tcp=True)


@contextmanager
def queue_file(folder: Path) -> Iterator[str]:
    """The path of a file that is not there yet, for a queue that needs no server."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield str(Path(name) / "queue.db")


def _await(port: int, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and running.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise NotMeasured("redis-server did not start")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
