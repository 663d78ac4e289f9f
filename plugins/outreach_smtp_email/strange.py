"""Bounces that keep to no standard, known by their looks (flufl.bounce)."""

from __future__ import annotations

import logging
import re
from typing import Final

from flufl.bounce import all_failures

from outreach_smtp_email.bounds import parsed, reduced

__all__ = ["looks_failed"]

# Its patterns are tried on every line, and some take the square of a line's length.
_MOST_LINES: Final = 300
_LONGEST_LINE: Final = 200
_LOG = "flufl.bounce"
# Of these it takes some for failures.
_NOT_YET = re.compile(
    rb"this is a warning message only|transient non-fatal errors|will (?:continue|keep) (?:to try|trying)",
    re.IGNORECASE,
)


def looks_failed(content: bytes) -> bool | None:
    """Whether it could not be delivered for good; ``False``: not yet, ``None``: it is no bounce we know."""
    # It logs each message it cannot read, and what it raised may quote it.
    logging.getLogger(_LOG).setLevel(logging.CRITICAL + 1)
    if _NOT_YET.search(content):
        return False
    try:
        later, for_good = all_failures(parsed(reduced(content, _MOST_LINES, _LONGEST_LINE)))
    except Exception:  # noqa: BLE001 - it raises whatever its patterns did not foresee; then it knows nothing
        return None
    if for_good:
        return True
    return False if later else None
