"""What the threads of a long run share."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_HEAPS = """
import ctypes, sys, threading
from outreach.cli.heap import one_heap
if sys.argv[1] == "one":
    assert one_heap()
library, all_at_work = ctypes.CDLL(None), threading.Barrier(4)
def work():
    kept = [bytes(5_000) for _ in range(100)]
    all_at_work.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for each in threads: each.start()
for each in threads: each.join()
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only the GNU library has a heap for each thread"
)
def test_threads_begun_afterwards_share_one_heap() -> None:
    assert 1 == _heaps("one")
    assert 1 < _heaps("many")


def _heaps(wanted: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _HEAPS, wanted], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.count("<heap nr=")
