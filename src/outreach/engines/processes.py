"""Several workers on one machine: a process each, since one interpreter keeps only one core busy."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

from outreach import logs

__all__ = ["Processes"]

_log = logs.get(__name__)

_GLANCE: Final = 0.1  # seconds
_PAUSE: Final = 2.0  # seconds before one that died is begun anew


class Processes:
    """Keeps so many processes of one command going until it is told to stop.

    :param words: the command, without the interpreter: ``-m outreach work ...``.
    """

    def __init__(self, words: Sequence[str], count: int) -> None:
        self._words = [sys.executable, *words]
        self._count = count
        self._stopping = threading.Event()
        self._running: list[subprocess.Popen[bytes]] = []

    def stop(self) -> None:
        """Let each finish what it has under way."""
        self._stopping.set()

    def keep(self) -> int:
        """Run until stopped, beginning anew what dies; the status of the first that ended badly, or 0."""
        self._running = [self._begin() for _ in range(self._count)]
        while not self._stopping.wait(_GLANCE):
            for place, each in enumerate(self._running):
                status = each.poll()
                if status is not None and not self._stopping.is_set():
                    _log.warning("worker_died", status=status)
                    self._stopping.wait(_PAUSE)
                    self._running[place] = self._begin()
        for each in self._running:
            if each.poll() is None:
                each.terminate()
        return next((status for each in self._running if (status := each.wait()) not in (0, 130)), 0)

    def _begin(self) -> subprocess.Popen[bytes]:
        # A session of its own: a Ctrl-C of the terminal reaches it through us, once.
        return subprocess.Popen(self._words, start_new_session=True)
