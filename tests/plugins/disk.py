"""A disk that refuses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def disk_says(number: int, call: str) -> Iterator[None]:
    """The operating system answers this call as it does on a full or read-only disk."""
    with patch.object(os, call, side_effect=OSError(number, os.strerror(number))):
        yield
