from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.processes import end_all
from tests.stores import kept_on

# What is about files, or about nothing that a store could change, is tried on one of them.
_ON_BOTH = ("crashes", "agents", "between_judging_and_sending", "runs", "shared_numbers", "all_media")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.removeprefix("tests.faults.test_") in _ON_BOTH:
        metafunc.parametrize("store", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(autouse=True)
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the projects of this test keep their ledgers."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        yield kind
        return
    with kept_on(request.getfixturevalue("postgres")):
        yield kind


@pytest.fixture(autouse=True)
def processes() -> Iterator[None]:
    """No process outlives the test that started it."""
    yield
    end_all()
