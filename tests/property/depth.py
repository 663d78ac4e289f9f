"""How deep the properties search: a little in every run, for long when asked."""

from __future__ import annotations

import os

__all__ = ["LONG", "examples"]

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def examples(number: int) -> int:
    """How many examples a property tries; fifty times as many with ``HYPOTHESIS_PROFILE=long``."""
    return number * 50 if LONG else number
