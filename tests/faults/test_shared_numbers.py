"""Two workers, two persons, one number: a limit per number holds over both.

That a stop by one of them reaches what waits for the other stands in test_between_judging_and_sending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.processes import finish, start
from tests.support import Project, consents, consumer, phone

PAIRS = 12

ONE_A_NUMBER = """
pack: test
title: Numbers
jurisdiction: any
authority: this test
checked: {on: "2026-01-01", against: "this test", again_by: "2030-01-01"}
evidence: text
force: house
rules:
  - id: test.number
    title: One text a day to a number, whoever has it
    check: frequency
    standard: prohibition
    cites: [this test]
    applies_to: {channel: [sms]}
    in_force: {"2026-01-01": {at_most: 1, within: 1, unit: days, per: [endpoint], channels: [sms]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Couples with one number each: a1 and b1 share a number, a2 and b2 another, and so on."""
    made = Project(tmp_path / "agency", group=4)
    (made.folder / "policies").mkdir()
    (made.folder / "policies" / "pack.yaml").write_text(ONE_A_NUMBER)
    made.close()
    made.app = made.open()
    for who in "ab":
        numbers = range(1, PAIRS + 1)
        made.consumers(*(consumer(f"{who}{n}") for n in numbers))
        made.events(*(consents(f"{who}{n}", n) for n in numbers))
    yield made
    made.close()


def campaign(project: Project, who: str, order: int) -> Path:
    file = project.folder / f"{who}.csv"
    rows = [f"{who}{n},sms,{phone(n)},reminder" for n in range(1, PAIRS + 1)][::order]
    file.write_text("\n".join(["person,channel,to,template", *rows]) + "\n")
    return file


def test_promise_4_two_workers_do_not_exceed_a_limit_per_number_between_them(project: Project) -> None:
    running = [
        start("send", project.folder, campaign(project, who, order)) for who, order in (("a", 1), ("b", -1))
    ]
    answers = Counter(answered for process in running for _, answered, _ in finish(process))
    assert {phone(n): 1 for n in range(1, PAIRS + 1)} == Counter(sent["to"] for sent in project.sent)
    assert {"sent": PAIRS, "held": PAIRS} == answers
    with project.app.ledger.read() as reading:
        held = reading.due(project.clock.now().replace(year=2027), 100)
    assert PAIRS == len(held)
    assert project.app.ledger.verify().broken == ()
