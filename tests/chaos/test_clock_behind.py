"""A clock that is set back by a second, or another machine's that is a second behind.

What is recorded of the person herself, or of another who has the same number or owes the same debt, holds her
contacts until the clock has caught up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.pipeline.items import Answered
from tests.faults.test_shared_numbers import ONE_A_NUMBER
from tests.support import TUESDAY, Project, consents, consumer, email, phone, sms

SECOND = timedelta(seconds=1)
ONE_A_DEBT = """
  - id: test.debt
    title: One e-mail a day about a debt, whoever owes it
    check: frequency
    standard: prohibition
    cites: [this test]
    applies_to: {channel: [email]}
    in_force: {"2026-01-01": {at_most: 1, within: 1, unit: days, per: [debt], channels: [email]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two people with one number and one debt; one text a day to a number, one e-mail a day about a debt."""
    made = Project(tmp_path / "agency")
    (made.folder / "policies").mkdir()
    (made.folder / "policies" / "pack.yaml").write_text(ONE_A_NUMBER + ONE_A_DEBT)
    made.close()
    made.app = made.open()
    made.consumers(consumer("a1"), consumer("b1", debts=consumer("a1")["debts"]))
    made.events(consents("a1", 1), consents("b1", 1))
    yield made
    made.close()


def test_what_is_recorded_of_herself_holds_until_the_clock_has_caught_up(project: Project) -> None:
    assert Answered.SENT is project.send(sms("a1", 1))[0].answered
    project.clock.advance(-SECOND)
    assert Answered.HELD is project.send(sms("a1", 1, key="again"))[0].answered
    assert 1 == len(project.sent)


def test_promise_4_a_limit_per_number_holds_though_the_clock_went_back(project: Project) -> None:
    assert Answered.SENT is project.send(sms("a1", 1))[0].answered
    project.clock.advance(-SECOND)
    assert Answered.HELD is project.send(sms("b1", 1))[0].answered
    assert 1 == len(project.sent)


def test_promise_4_a_limit_per_debt_holds_though_the_clock_went_back(project: Project) -> None:
    assert Answered.SENT is project.send(email("a1", 1))[0].answered
    project.clock.advance(-SECOND)
    assert Answered.HELD is project.send(email("b1", 1))[0].answered
    assert 1 == len(project.sent)


def test_promise_10_a_stop_by_another_who_has_the_number_holds_though_the_clock_went_back(
    project: Project,
) -> None:
    stop = {"consumer": "a1", "key": "stop", "event": "opt_out", "channel": "sms", "to": phone(1)}
    project.events(stop | {"at": TUESDAY.isoformat()})
    project.clock.advance(-SECOND)
    assert project.send(sms("b1", 1))[0].answered in (Answered.BLOCKED, Answered.HELD)
    assert [] == project.sent
