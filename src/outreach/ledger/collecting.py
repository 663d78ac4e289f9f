"""Sparing the garbage collector work that cannot pay.

A group's events are some hundred thousand new lists and dictionaries, all of them alive. Each few hundred
make Python look through the youngest for garbage, and again and again through everything there is: a
quarter of the time of a write. So the collector rests while a batch is made, some milliseconds.
"""

from __future__ import annotations

import gc
import threading
from types import TracebackType

__all__ = ["no_collecting"]


class _Resting:
    """Counts who is inside: threads may overlap, and the last to leave wakes the collector."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._inside = 0
        self._was_on = False

    def __enter__(self) -> None:
        with self._guard:
            if self._inside == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._inside -= 1
            if self._inside == 0 and self._was_on:
                gc.enable()


no_collecting = _Resting()
