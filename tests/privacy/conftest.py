from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project at three on a Tuesday afternoon in New York."""
    made = Project(tmp_path / "agency")
    yield made
    made.close()
