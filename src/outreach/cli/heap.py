"""One heap for all threads, so that a long campaign's memory stays level."""

from __future__ import annotations

import ctypes
import platform
from typing import Final

__all__ = ["one_heap"]

_M_ARENA_MAX: Final = -8  # malloc.h of the GNU C library; its manual, "Malloc Tunable Parameters"


def one_heap() -> bool:
    """Let threads that are begun from now on share one heap; true if the system's library can.

    The GNU library gives threads heaps of their own. What one thread makes and another lets go leaves holes
    that nobody fills: the process grows for hours though nothing more is alive in it. Threads here share one
    interpreter lock, so a heap each gains nothing. The same as MALLOC_ARENA_MAX=1 in the environment.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1))
