"""What all tests share: hypothesis tries the same examples in every run, and nothing personal is said."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from outreach.testing import Heard, listening
from tests.postgres import Server

settings.register_profile("outreach", derandomize=True, deadline=None)
settings.load_profile("outreach")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "says_personal_data: an error says it on purpose, the log may not")


# What they keep was read from files; a mutant of what reads them needs a process that has read nothing.
_READERS = ("yamlfile", "postcodes", "zones", "numbers", "holidays")
_TABLES = tuple(f"outreach.policy.{name}" for name in _READERS)


def pytest_sessionstart() -> None:
    """Forget what an earlier run of the same process worked out: a mutated copy has to answer for itself."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("tests", "test_", "checkcases", "outreach.policy")) and name not in _TABLES:
            for each in list(vars(module).values()):
                if callable(clear := getattr(each, "cache_clear", None)):
                    clear()


@pytest.fixture(autouse=True)
def heard(request: pytest.FixtureRequest) -> Iterator[Heard]:
    """Promise 9: what this test made outreach log, and its errors, hold nothing that looks personal."""
    with listening() as said:
        yield said
    if request.node.get_closest_marker("says_personal_data") is not None:
        said.errors.clear()
    assert [] == said.personal()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of PostgreSQL for as long as the tests of this process last."""
    with Server() as server:
        yield server
