"""The short form of the fault tests: each step is somebody's last once, and one small storm of chance.

The long form is ``make chaos``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.faults import STEPS
from tests.chaos.run import Storm, storm
from tests.chaos.stores import STORES

pytestmark = pytest.mark.timeout(300)  # many processes, on a machine that may be busy


@pytest.fixture(params=sorted(STORES))
def store_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def assert_nothing_was_broken(told: Storm) -> None:
    assert () == told.breaches, f"{told.store}, seed {told.seed}"
    assert told.report is not None
    assert told.report.handed_over > 20, "so much left that something could have gone wrong"
    assert told.replayed > 40, "promise 8 was asked"
    assert {"chaos.spacing", "us.regf.hours"} <= set(told.report.objections), "limits were met"


@pytest.mark.xdist_group("chaos-steps")
def test_promises_hold_whatever_step_is_a_process_last(store_name: str, tmp_path: Path) -> None:
    with STORES[store_name](tmp_path) as store:
        told = storm(store, tmp_path, 11, contacts=140, kills=len(STEPS), steps=STEPS, days=1.0, troubles=())
    assert set(STEPS) <= set(told.kills)
    assert_nothing_was_broken(told)


@pytest.mark.xdist_group("chaos-storm")
def test_promises_hold_in_a_small_storm(store_name: str, tmp_path: Path) -> None:
    with STORES[store_name](tmp_path) as store:
        told = storm(store, tmp_path, 12, contacts=180, kills=10, days=1.0)
    assert told.kills.total() >= 10
    assert len(told.troubles) >= 4
    assert_nothing_was_broken(told)
