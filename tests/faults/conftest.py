from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.processes import end_all


@pytest.fixture(autouse=True)
def processes() -> Iterator[None]:
    """No process outlives the test that started it."""
    yield
    end_all()
