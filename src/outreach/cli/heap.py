"""What a process does with its memory when it is to work for long: one heap, and rare collections."""

from __future__ import annotations

import gc
from typing import Final

__all__ = ["collect_rarely", "for_long", "one_heap"]

_M_ARENA_MAX: Final = -8  # malloc.h of the GNU C library; its manual, "Malloc Tunable Parameters"
_YOUNGEST: Final = 200_000  # objects; some eight groups of contacts


def for_long() -> None:
    """Make this process fit for a campaign. Called once everything is loaded.

    What is loaded lives as long as the process, so that looking through it for garbage is in vain.
    """
    one_heap()
    collect_rarely()
    gc.collect()
    gc.freeze()


def collect_rarely() -> None:
    """Look for garbage each few hundred thousand objects, not each few hundred.

    What is imported stays, and what a group makes is mostly let go by itself when the group is done. Looking
    through both in vain was a sixth of the time of a short command, and a quarter of that of a contact.
    """
    gc.set_threshold(_YOUNGEST, 20, 20)


def one_heap() -> bool:
    """Let threads that are begun from now on share one heap; true if the system's library can.

    The GNU library gives threads heaps of their own. What one thread makes and another lets go leaves holes
    that nobody fills: the process grows for hours though nothing more is alive in it. Threads here share one
    interpreter lock, so a heap each gains nothing. The same as MALLOC_ARENA_MAX=1 in the environment.
    """
    import ctypes
    import platform

    if platform.libc_ver()[0] != "glibc":
        return False
    return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1))
