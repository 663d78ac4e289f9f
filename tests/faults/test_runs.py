"""A run that is long, slow or fails in the middle: every row is answered, every ending written."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach import dispatcher
from outreach.domain import FrozenClock
from outreach.engines.local import Working
from outreach.ledger import ContactState
from outreach.pipeline.items import Answered, Item
from tests.faults.wires import ONE_BY_ONE
from tests.support import TUESDAY, WIRE, Project, consumer, email

NIGHT = datetime.fromisoformat("2026-06-02T22:00-04:00")
MORNING = datetime.fromisoformat("2026-06-03T08:00-04:00")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path / "agency", group=5)
    made.consumers(*(consumer(f"p{number}") for number in range(1, 13)))
    yield made
    made.close()


def states(project: Project) -> dict[ContactState, int]:
    with project.app.ledger.read() as reading:
        return {state: count for state, count in reading.states().items() if count}


def test_one_run_of_work_goes_on_sending_sweep_after_sweep(project: Project) -> None:
    """The threads of a channel serve as long as the run does, however many sends they have behind them."""
    project.clock.set(NIGHT)
    project.send(*(email(f"p{n}", n, not_before=MORNING + timedelta(hours=n)) for n in range(1, 13)))
    sent: list[int] = []

    def sweeps() -> None:
        with project.app.run() as run:
            working = Working(project.app, run)
            for hour in range(1, 13):
                project.clock.set(MORNING + timedelta(hours=hour))
                sent.append(sum(len(answers) for answers in working.once()))

    worker = threading.Thread(target=sweeps, daemon=True)
    worker.start()
    worker.join(timeout=60)
    assert not worker.is_alive(), f"work stands still after {len(project.sent)} sends"
    assert 12 * [1] == sent
    assert 12 == len(project.sent)


@pytest.mark.parametrize("per_second", ["0.005", "0.5", "20"])
def test_however_slow_a_channel_every_row_is_sent_and_no_pass_expires(
    tmp_path: Path, per_second: str
) -> None:
    """One in 200 seconds, one in two seconds, twenty a second; the frozen clock runs while the wire waits."""
    wire = WIRE.replace("rate = Rate(at_once=4)", f"rate = Rate(at_once=1, per_second={per_second})")
    project = Project(
        tmp_path / "agency", wire=wire, clock=FrozenClock(datetime.fromisoformat("2026-06-02T09:00-04:00"))
    )
    project.consumers(*(consumer(f"p{number}") for number in range(1, 31)))
    began = project.clock.now()
    answers = project.send(*(email(f"p{n}", n) for n in range(1, 31)))
    assert 30 * [Answered.SENT] == [answer.answered for answer in answers]
    assert 30 == len(project.sent)
    took = (project.clock.now() - began).total_seconds()
    assert took >= 29 / float(per_second) * 0.99
    late = [e for n in range(1, 31) for e in project.stream(f"p{n}") if e.get("code") == "expired"]
    assert [] == late
    project.close()


def test_what_left_before_a_failure_in_the_middle_is_recorded_as_it_ended(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second group cannot be judged; the first was sent. Nothing becomes unknown for that."""
    real = dispatcher.judge_group

    def poisoned(parts: Any, books: Any, items: Sequence[Item], *more: Any, **named: Any) -> Any:
        if any(item.contact.person == "p6" for item in items):
            raise RuntimeError("something nobody thought of")
        return real(parts, books, items, *more, **named)

    contacts = [email(f"p{n}", n) for n in range(1, 13)]
    with monkeypatch.context() as broken:
        broken.setattr(dispatcher, "judge_group", poisoned)
        with pytest.raises(RuntimeError, match="nobody thought of"):
            project.send(*contacts)
    assert 5 == len(project.sent)
    assert {ContactState.DONE: 5} == states(project)
    answers = project.send(*contacts)
    assert 12 * [Answered.SENT] == [answer.answered for answer in answers]
    assert 12 == len({sent["to"] for sent in project.sent}) == len(project.sent)


def test_a_reader_that_goes_away_in_the_middle_leaves_nothing_open(tmp_path: Path) -> None:
    """As with ``outreach send --json | head -1``: what was handed over is finished and recorded."""
    project = Project(tmp_path / "agency", group=5, wire=ONE_BY_ONE)
    project.consumers(*(consumer(f"p{number}") for number in range(1, 13)))
    items = [Item(email(f"p{n}", n), n) for n in range(1, 13)]

    def read_a_little() -> None:
        with project.app.run() as run:
            for _ in run.dispatcher.dispatch(items):
                raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        read_a_little()
    assert ContactState.OPEN not in states(project)
    assert len(project.sent) == states(project).get(ContactState.DONE, 0)
    project.send(*(item.contact for item in items))
    assert 12 == len({sent["to"] for sent in project.sent}) == len(project.sent)
    project.close()


def test_every_contact_is_answered_once_in_a_long_run_of_small_groups(project: Project) -> None:
    contacts = [email(f"p{n}", n, key=f"k{k}-{n}") for k in range(3) for n in range(1, 13)]
    answers = project.send(*contacts)
    assert list(range(1, 37)) == [answer.line for answer in answers]
    assert {Answered.SENT} == {answer.answered for answer in answers}
    assert 36 == len(project.sent)
    assert TUESDAY == project.clock.now()
