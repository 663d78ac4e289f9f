"""The command the pages' readers type, started once for each worker of the test run."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def command() -> Iterator[Path]:
    """A folder with an ``outreach`` that answers at once, see warm.py. Its path is short, as sockets need."""
    with tempfile.TemporaryDirectory(prefix="outreach-") as folder:
        server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("warm.py")), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert server.stdin is not None
        assert server.stdout is not None
        assert b"ready\n" == server.stdout.readline()
        yield Path(folder)
        server.stdin.close()
        server.wait(20)
        server.stdout.close()
