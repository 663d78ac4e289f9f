"""Doing a write again that another machine's write got in the way of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from outreach.domain import Clock
from outreach.errors import KeyTaken, LedgerConflict

__all__ = ["undisturbed"]

Done = TypeVar("Done")

_PAUSES = (0.02, 0.1, 0.5, 2.0)  # seconds


def undisturbed(clock: Clock, write: Callable[[], Done]) -> Done:
    """What ``write`` gives. Where a conflict undid it, it is made again, on what is then known.

    Of two machines that bring the same key, the slower thus finds the faster one's contact.
    """
    for pause in _PAUSES:
        try:
            return write()
        except (LedgerConflict, KeyTaken):
            clock.sleep(pause)
    return write()
