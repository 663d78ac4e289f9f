"""Workers over one ledger on a real server: every row is sent once, whoever comes and goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from outreach.cli.working import jobs_of
from outreach.domain import FrozenClock
from outreach.engines.carrier import ProcrastinateJobs
from outreach.engines.distributed import Worker
from outreach.engines.standing import standing_of
from outreach.ledger import ContactState, partition_of
from outreach.pipeline.items import Answered, Item
from outreach.pipeline.queueing import Queueing
from tests.postgres import DURABLE, Server
from tests.stores import kept_on
from tests.support import WIRE, Project, consumer, email

ROOT = Path(__file__).resolve().parents[2]
EPOCH = time.time()
ROWS = 60


@pytest.fixture
def project(tmp_path: Path, postgres: Server) -> Iterator[Project]:
    with kept_on(postgres):
        made = Project(tmp_path / "agency", group=10)
        made.consumers(*(consumer(f"p{n}") for n in range(1, ROWS + 1)))
        yield made
        made.close()


def take_in(project: Project, *lines: int, wake: Callable[..., object] | None = None) -> list[Answered]:
    """Rows of these people, taken in for workers."""
    with jobs_of(project.app) as jobs:
        queueing = Queueing(project.app.parts, wake or jobs.wake)
        items = [Item(email(f"p{n}", n), n) for n in lines or range(1, ROWS + 1)]
        return [answer.answered for answers in queueing.dispatch(items) for answer in answers]


def states(project: Project) -> dict[ContactState, int]:
    with project.app.ledger.read() as reading:
        return {state: count for state, count in reading.states().items() if count}


def wait_until(well: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not well():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.02)


_begun: list[Thread] = []


@pytest.fixture(autouse=True)
def nobody_is_left() -> Iterator[None]:
    """No worker outlives its test, however that ends."""
    yield
    while _begun:
        _begun[-1].stop()


class Thread:
    """A worker in a thread of this process, with connections of its own."""

    def __init__(self, project: Project) -> None:
        self.app = project.open()
        self.jobs = ProcrastinateJobs(self.app.settings.ledger_url(), self.app.clock, heartbeat=1, silent=3)
        self.worker = Worker(self.app, self.jobs)
        self._thread = threading.Thread(target=self.worker.work, daemon=True)
        self._thread.start()
        _begun.append(self)

    def stop(self) -> None:
        _begun.remove(self)
        self.worker.stop()
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.jobs.close()
        self.app.close()


def process(project: Project) -> subprocess.Popen[str]:
    """A worker in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engines.worker"],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TEST_EPOCH": str(EPOCH)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def settle(project: Project) -> None:
    """Until everything is done. What never left waits some minutes, and the clock stands still meanwhile."""
    assert isinstance(project.clock, FrozenClock)
    for _ in range(12):
        until = time.monotonic() + 8
        while time.monotonic() < until:
            found = states(project)
            if sum(found.values()) == found.get(ContactState.DONE, 0):
                return
            time.sleep(0.02)
        project.clock.advance(timedelta(minutes=6))
    raise AssertionError(f"it did not come to that: {states(project)}")


def sent_to(project: Project) -> Counter[str]:
    return Counter(sent["to"] for sent in project.sent)


def test_what_is_taken_in_is_recorded_held_and_sent_once_by_two_workers(project: Project) -> None:
    assert ROWS * [Answered.HELD] == take_in(project)
    assert {ContactState.HELD: ROWS} == states(project)
    workers = [Thread(project), Thread(project)]
    wait_until(lambda: states(project) == {ContactState.DONE: ROWS})
    for each in workers:
        each.stop()
    assert {1} == set(sent_to(project).values())
    assert ROWS == len(project.sent)
    assert ROWS == sum(each.worker.summary.count(Answered.SENT) for each in workers)
    assert () == project.app.ledger.verify().broken
    assert {} == project.app.ledger.rebuild()


def test_promise_6_taken_in_twice_it_is_there_once_and_another_wish_under_its_key_is_refused(
    project: Project,
) -> None:
    take_in(project, 1, 2)
    assert [Answered.HELD] * 2 == take_in(project, 1, 2)
    with jobs_of(project.app) as jobs:
        queueing = Queueing(project.app.parts, jobs.wake)
        other = email("p3", 3, key="p1-email", campaign="test")
        stranger = email("p99", 99)
        [answers] = queueing.dispatch([Item(other, 1), Item(stranger, 2)])
    assert {"key", "person"} == {answer.column for answer in answers}
    assert {ContactState.HELD: 2} == states(project)


def test_a_wake_up_that_is_lost_changes_nothing(project: Project) -> None:
    """Nobody is told of the rows; the sweep finds them."""
    take_in(project, 1, 2, 3, wake=lambda partitions: None)
    worker = Thread(project)
    wait_until(lambda: states(project) == {ContactState.DONE: 3})
    worker.stop()


def test_wake_ups_doubled_and_for_nothing_change_nothing(project: Project) -> None:
    take_in(project, 1, 2, 3)
    workers = [Thread(project), Thread(project)]
    with jobs_of(project.app) as jobs:
        for _ in range(5):
            jobs.wake(range(64))
            time.sleep(0.05)
    wait_until(lambda: states(project) == {ContactState.DONE: 3})
    for each in workers:
        each.stop()
    assert [1, 1, 1] == list(sent_to(project).values())


def test_what_is_held_goes_out_by_itself_when_its_moment_comes(project: Project) -> None:
    assert isinstance(project.clock, FrozenClock)
    project.clock.set(datetime.fromisoformat("2026-06-02T22:00-04:00"))
    take_in(project, *range(1, 6))
    worker = Thread(project)
    wait_until(lambda: all(each.decision for each in held(project)))
    assert [] == project.sent
    project.clock.set(datetime.fromisoformat("2026-06-03T08:00-04:00"))
    wait_until(lambda: len(project.sent) == 5)
    worker.stop()
    assert {ContactState.DONE: 5} == states(project)


def held(project: Project) -> list[object]:
    with project.app.ledger.read() as reading:
        return [
            contact
            for person in reading.persons([f"p{n}" for n in range(1, 6)]).values()
            for contact in reading.contacts_of(person.id)
        ]


def test_promise_5_workers_killed_in_the_middle_send_nothing_twice_and_lose_nothing(
    project: Project,
) -> None:
    project.script(**{f"person{n}@example.com": "sleeps:0.1" for n in range(1, ROWS + 1)})
    take_in(project)
    first = [process(project), process(project)]
    wait_until(lambda: len(project.sent) >= 10)
    for each in first:
        each.kill()
        each.communicate()
    second = process(project)
    wait_until(lambda: sum(states(project).values()) == states(project).get(ContactState.DONE, 0))
    second.send_signal(signal.SIGTERM)
    _, err = second.communicate(timeout=60)
    assert 0 == second.returncode, err
    assert {1} == set(sent_to(project).values())
    with project.app.ledger.read() as reading:
        unknown = {each.contact.to for each in reading.unknown(ROWS)}
    assert set(sent_to(project)) | unknown == {f"person{n}@example.com" for n in range(1, ROWS + 1)}
    assert len(unknown) <= 2 * 2 * 10  # at most what two groups of each had under way
    assert () == project.app.ledger.verify().broken


def test_sigterm_finishes_what_is_under_way_and_leaves_the_rest_to_others(project: Project) -> None:
    project.script(**{f"person{n}@example.com": "sleeps:0.1" for n in range(1, ROWS + 1)})
    take_in(project)
    worker = process(project)
    wait_until(lambda: len(project.sent) >= 3)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=60)
    assert 0 == worker.returncode
    found = states(project)
    assert {ContactState.DONE, ContactState.HELD} == set(found)
    assert found[ContactState.DONE] == len(project.sent)
    with project.app.ledger.read() as reading:
        assert () == reading.unknown(10)


def test_the_server_restarted_under_the_workers_ends_nothing_and_nothing_is_sent_twice(
    tmp_path: Path,
) -> None:
    with Server(**DURABLE) as server, kept_on(server):
        project = Project(tmp_path / "agency", group=10)
        project.consumers(*(consumer(f"p{n}") for n in range(1, ROWS + 1)))
        project.script(**{f"person{n}@example.com": "sleeps:0.05" for n in range(1, ROWS + 1)})
        take_in(project)
        workers = [Thread(project), Thread(project)]
        wait_until(lambda: len(project.sent) >= 5)
        server.stop("immediate")
        time.sleep(0.5)
        server.start()
        settle(project)
        for each in workers:
            each.stop()
        assert {1} == set(sent_to(project).values())
        with project.app.ledger.read() as reading:
            unknown = {each.contact.to for each in reading.unknown(ROWS)}
        assert ROWS == len(set(sent_to(project)) | unknown)
        assert () == project.app.ledger.verify().broken
        project.close()


def test_a_providers_pace_holds_for_all_workers_together(tmp_path: Path, postgres: Server) -> None:
    """Ten a second, four workers: sixty take six seconds and not one and a half."""
    with kept_on(postgres):
        wire = WIRE.replace("rate = Rate(at_once=4)", "rate = Rate(at_once=4, per_second=20)")
        project = Project(tmp_path / "agency", group=10, wire=wire)
        project.consumers(*(consumer(f"p{n}") for n in range(1, ROWS + 1)))
        began = project.clock.now()
        with jobs_of(project.app):
            pass
        runs = [project.open() for _ in range(2)]
        turns: list[timedelta] = []
        steps = {"wire-email": timedelta(seconds=1 / 20)}
        for _ in range(10):
            turns += [wait for app in runs if (wait := app.ledger.turn(steps)) is not None]
        assert [timedelta(seconds=n / 20) for n in range(20)] == turns
        project.clock.set(began + timedelta(seconds=2))
        assert timedelta(0) == runs[0].ledger.turn(steps)
        for app in runs:
            app.close()
        project.close()


def test_the_standing_shows_what_waits_who_works_and_what_providers_took(project: Project) -> None:
    assert isinstance(project.clock, FrozenClock)
    take_in(project, wake=lambda partitions: None)
    project.clock.advance(timedelta(seconds=90))
    with jobs_of(project.app) as jobs:
        before = standing_of(project.app, jobs)
    with project.app.ledger.read() as reading:
        people = reading.persons([f"p{n}" for n in range(1, ROWS + 1)])
    dealt = Counter(partition_of(person.id) for person in people.values())
    assert dealt == {share.partition: share.due for share in before.partitions}
    assert (ROWS, ROWS, 90.0) == (before.held, before.due, before.lag_seconds)
    assert () == before.workers
    project.script(**{f"person{n}@example.com": "sleeps:0.2" for n in range(1, ROWS + 1)})
    workers = [Thread(project), Thread(project)]
    with jobs_of(project.app) as jobs:
        wait_until(lambda: any(each.partitions for each in standing_of(project.app, jobs).workers))
        while_working = standing_of(project.app, jobs)
    assert 2 == len(while_working.workers)
    assert all(each.pid == os.getpid() for each in while_working.workers)
    for each in workers:
        each.stop()
    after = standing_of(project.app)
    assert () == after.workers
    taken = {each.via: each.today for each in after.providers}
    assert taken["wire-email"] is None  # it has no daily limit, and so nothing is counted
