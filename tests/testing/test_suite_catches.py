"""The suites notice: for each behaviour there is a channel or check without it, and just its tests fail."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from outreach.testing import ChannelSuite, CheckSuite
from tests.testing import broken_channels, broken_checks
from tests.testing.inner import failures_in

HERE = Path(__file__).parent

Ran = Mapping[str, set[str]]


def suites(module: ModuleType) -> list[Any]:
    return [each for name, each in vars(module).items() if name.startswith("Test")]


def behaviours(suite: type) -> set[str]:
    return {name for name in dir(suite) if name.startswith("test_")}


@pytest.fixture(scope="module")
def channels_ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return failures_in(HERE / "broken_channels.py", tmp_path_factory.mktemp("channels"))


@pytest.fixture(scope="module")
def checks_ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return failures_in(HERE / "broken_checks.py", tmp_path_factory.mktemp("checks"))


@pytest.mark.xdist_group("broken-channels")
@pytest.mark.parametrize("suite", suites(broken_channels), ids=lambda suite: suite.__name__)
def test_of_a_broken_channel_exactly_the_tests_of_what_is_broken_fail(suite: Any, channels_ran: Ran) -> None:
    assert suite.breaks == channels_ran[suite.__name__]


@pytest.mark.xdist_group("broken-checks")
@pytest.mark.parametrize("suite", suites(broken_checks), ids=lambda suite: suite.__name__)
def test_of_a_broken_check_exactly_the_tests_of_what_is_broken_fail(suite: Any, checks_ran: Ran) -> None:
    assert suite.breaks == checks_ran[suite.__name__]


@pytest.mark.parametrize(
    ("suite", "module"),
    [(ChannelSuite, broken_channels), (CheckSuite, broken_checks)],
    ids=["channel", "check"],
)
def test_every_behaviour_of_a_suite_is_missing_from_something_that_is_noticed(
    suite: type, module: ModuleType
) -> None:
    missed: set[str] = set().union(*(each.breaks for each in suites(module)))
    assert behaviours(suite) == missed


def test_the_suites_are_of_the_size_the_pages_say() -> None:
    assert 40 <= len(behaviours(ChannelSuite))
    assert 15 <= len(behaviours(CheckSuite))
