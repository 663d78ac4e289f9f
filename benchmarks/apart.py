"""Running a piece of a benchmark in a process of its own: a fresh heap, as a command has."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def apart(function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """What this function of a module answers in a fresh process; what it raises is raised here."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(function, *args, **options).result()
