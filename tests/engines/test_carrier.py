"""Wake-ups over a real PostgreSQL: none doubled, none lost, whoever dies and whatever goes away."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from outreach.domain import SystemClock
from outreach.engines.carrier import ProcrastinateJobs
from outreach.engines.jobs import JobCounts, Periodic
from outreach.errors import LedgerError
from outreach.testing import Heard
from tests.engines.conftest import Database
from tests.engines.workers import EACH_SECOND, SILENT, Processes, carrier, until, working
from tests.postgres import Server

NEVER = Periodic("never", "0 0 1 1 *", lambda: None)
WORKERS = "SELECT count(*) FROM outreach_jobs.procrastinate_workers"


@pytest.fixture
def jobs(database: Database) -> Iterator[ProcrastinateJobs]:
    made = carrier(database.url)
    made.prepare()
    yield made
    made.close()


def _quiet(jobs: ProcrastinateJobs) -> Callable[[], bool]:
    return lambda: jobs.counts() == JobCounts()


# -- asking --


def test_a_partition_has_one_wake_up_waiting_however_often_it_is_asked_for(jobs: ProcrastinateJobs) -> None:
    """From several threads at once, in any order, some new and some known each time."""
    failed: list[Exception] = []

    def ask(first: int) -> None:
        try:
            for number in range(25):
                jobs.wake([(first * 7 + number * step) % 40 for step in (3, 1, 11, 3)])
        except Exception as error:  # noqa: BLE001  it is raised in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=ask, args=(each,)) for each in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    jobs.wake([])
    jobs.wake(range(40))

    assert [] == failed
    assert JobCounts(waiting=40) == jobs.counts()


def test_a_wake_up_for_a_partition_that_is_being_served_waits_and_is_served_after(
    jobs: ProcrastinateJobs,
) -> None:
    seen: list[JobCounts] = []
    under_way = threading.Lock()

    def serve(partition: int) -> None:
        with under_way:
            if not seen:
                jobs.wake([partition])
                jobs.wake([partition])
            seen.append(jobs.counts())

    jobs.wake([7])
    with working(jobs, serve) as worker:
        until(lambda: 2 == len(seen))
        until(_quiet(jobs))

    assert [7, 7] == worker.served
    assert [JobCounts(waiting=1, running=1), JobCounts(running=1)] == seen


# -- sharing --


def test_two_processes_share_the_partitions_and_each_wake_up_is_served_once(
    database: Database, jobs: ProcrastinateJobs, processes: Processes
) -> None:
    # Longer than the interval of polling: one that came too late to hear of them finds the rest by itself.
    pids = {processes.start("serve", seconds=0.08).pid for _ in range(2)}
    until(lambda: 2 == database.value(WORKERS))

    jobs.wake(range(60))
    until(lambda: 60 == len(processes.notes("end")))
    until(_quiet(jobs))
    processes.stop()

    assert sorted(range(60)) == sorted(int(each.of) for each in processes.notes("end"))
    assert pids == {each.pid for each in processes.notes("end")}
    assert 0 == database.value(WORKERS)
    assert 0 == database.value("SELECT count(*) FROM outreach_jobs.procrastinate_jobs")


def test_a_periodic_runs_at_most_one_at_a_time_and_never_piles_up(
    database: Database, jobs: ProcrastinateJobs, processes: Processes
) -> None:
    """Its turn comes each second and takes longer; two workers are free to take it."""
    for _ in range(2):
        processes.start("serve", seconds=1.4, cron=EACH_SECOND)
    waiting = set()

    def two_turns() -> bool:
        waiting.add(
            database.value("SELECT count(*) FROM outreach_jobs.procrastinate_jobs WHERE status = 'todo'")
        )
        return len(processes.notes("end")) >= 2

    until(two_turns)
    processes.stop()

    begins, ends = ([each.at for each in processes.notes(what)] for what in ("begin", "end"))
    assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False))
    assert waiting <= {0, 1}
    assert {"sweep"} == {each.of for each in processes.notes("begin")}


def test_a_periodic_goes_before_wake_ups_that_wait(jobs: ProcrastinateJobs) -> None:
    order: list[object] = []
    jobs.wake(range(200))
    with working(
        jobs,
        lambda partition: (order.append(partition), time.sleep(0.02))[0],
        [Periodic("sweep", EACH_SECOND, lambda: order.append("sweep"))],
    ):
        until(lambda: "sweep" in order)

    assert order.index("sweep") < 150


# -- workers that die, or seem to --


def test_what_a_killed_worker_was_doing_is_stalled_until_it_is_let_go(
    jobs: ProcrastinateJobs, processes: Processes
) -> None:
    killed = processes.start("serve", seconds=60)
    jobs.wake([1])
    until(lambda: processes.notes("begin"))
    killed.kill()
    killed.wait()
    assert JobCounts(running=1) == jobs.counts()
    assert 0 == jobs.revive()

    with working(jobs) as other:
        jobs.wake([2])
        until(lambda: [2] == other.served)
        until(lambda: JobCounts(stalled=1) == jobs.counts())
        assert 1 == jobs.revive()
        assert 0 == jobs.revive()
        assert JobCounts() == jobs.counts()
        jobs.wake([1])
        until(lambda: [2, 1] == other.served)


@pytest.mark.parametrize("stopped", [False, True], ids=["working", "stopping"])
def test_a_worker_whose_job_takes_long_is_not_taken_for_lost(jobs: ProcrastinateJobs, stopped: bool) -> None:
    """Its thread is blocked twice as long as a silent worker is waited for; also when it is told to stop."""
    ended: list[float] = []

    def block(_: int) -> None:
        time.sleep(2 * SILENT)
        ended.append(time.monotonic())

    jobs.wake([1])
    with working(jobs, block) as worker:
        until(lambda: worker.served)
        if stopped:
            worker.stopping.set()
        seen = set()
        while not ended:
            seen.add((jobs.counts(), jobs.revive()))
            time.sleep(0.05)
        until(_quiet(jobs))
        worker.stopping.set()
        worker.join()

    assert time.monotonic() - ended[0] < 3
    assert {(JobCounts(running=1), 0)} >= seen - {(JobCounts(), 0)}
    assert [1] == worker.served


def test_a_worker_taken_for_lost_by_mistake_goes_on(database: Database, jobs: ProcrastinateJobs) -> None:
    """As after its machine stood still: its row is forgotten and its job let go while it still serves."""
    release = threading.Event()
    jobs.wake([1])
    with working(jobs, lambda _: bool(release.wait(15)) and None) as worker:
        until(lambda: worker.served)
        database.rows("DELETE FROM outreach_jobs.procrastinate_workers")
        assert 1 == jobs.revive()
        release.set()
        jobs.wake([2])
        until(lambda: [1, 2] == worker.served)
        until(_quiet(jobs))


# -- a database that goes away --


def test_a_server_that_restarts_while_nothing_is_served_is_waited_for(
    server: Server, jobs: ProcrastinateJobs
) -> None:
    """Also one that is away when the work begins."""
    with working(jobs) as worker:
        jobs.wake([1])
        until(lambda: [1] == worker.served)
        server.stop()
        with working(jobs) as late:
            time.sleep(0.6)
            server.start()
            jobs.wake([2])
            until(lambda: 2 in worker.served + late.served)
        jobs.wake([3])
        until(lambda: 3 in worker.served)


def test_a_server_that_restarts_in_the_middle_of_a_job_ends_nothing(
    server: Server, database: Database, jobs: ProcrastinateJobs
) -> None:
    """Away for longer than a silent worker is waited for, it takes nobody for lost when it is back."""
    release = threading.Event()
    jobs.wake([1])
    with working(jobs, lambda _: bool(release.wait(15)) and None, [NEVER]) as worker:
        until(lambda: worker.served)
        server.stop()
        time.sleep(SILENT)
        server.start()
        assert JobCounts(running=1) == jobs.counts()
        assert 0 == jobs.revive()
        up = database.value("SELECT pg_postmaster_start_time()")
        beats = "SELECT max(last_heartbeat) FROM outreach_jobs.procrastinate_workers"
        until(lambda: database.value(beats) > up)
        release.set()
        until(_quiet(jobs))
        jobs.wake([2])
        until(lambda: [1, 2] == worker.served)


def test_cut_connections_are_made_anew(database: Database, jobs: ProcrastinateJobs) -> None:
    with working(jobs, periodic=[NEVER]) as worker:
        for number in range(3):
            jobs.wake([number])
            until(lambda: number in worker.served)  # noqa: B023  it is asked before the next turn
            database.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


# -- trouble and stopping --


def test_what_serving_raises_ends_nothing_and_is_logged_by_its_type(
    jobs: ProcrastinateJobs, heard: Heard
) -> None:
    def fail(partition: int) -> None:
        raise RuntimeError("Ana Torres, +1 212 555 0147")

    def break_down() -> None:
        raise ZeroDivisionError("Ana Torres")

    jobs.wake([1])
    with working(jobs, fail, [Periodic("sweep", EACH_SECOND, break_down)]) as worker:
        until(lambda: any("ZeroDivisionError" in line for line in heard.lines))
        jobs.wake([2])
        until(lambda: [1, 2] == worker.served)
        until(lambda: 0 == jobs.counts().waiting + jobs.counts().running)

    failed = [json.loads(line) for line in heard.lines if "job failed" in line]
    assert {("wake", "RuntimeError"), ("periodic", "ZeroDivisionError")} == {
        (each["kind"], each["error"]) for each in failed
    }
    assert "Torres" not in "".join(heard.lines)


def test_stopping_finishes_the_one_under_way_and_takes_no_other(jobs: ProcrastinateJobs) -> None:
    jobs.wake(range(5))
    with working(jobs, lambda _: (worker.stopping.set(), time.sleep(0.3))[1]) as worker:
        until(lambda: worker.ended)

    assert [0] == worker.served
    assert JobCounts(waiting=4) == jobs.counts()


def test_a_worker_with_nothing_to_do_stops_at_once(database: Database, jobs: ProcrastinateJobs) -> None:
    with working(jobs, periodic=[NEVER]) as worker:
        until(lambda: 1 == database.value(WORKERS))
        began = time.monotonic()
        worker.stopping.set()
        worker.join()

    assert time.monotonic() - began < 3
    assert 0 == database.value(WORKERS)


def test_a_worker_without_a_database_stops_at_once() -> None:
    jobs = carrier("postgresql://127.0.0.1:1/none")
    with working(jobs) as worker:
        time.sleep(0.3)
        began = time.monotonic()
        worker.stopping.set()
        worker.join()
    jobs.close()

    assert time.monotonic() - began < 3
    assert [] == worker.served


def test_work_without_tables_or_with_an_unreadable_cron_is_refused(
    database: Database, jobs: ProcrastinateJobs
) -> None:
    with pytest.raises(ValueError, match="columns"):
        jobs.work(lambda _: None, [Periodic("odd", "every day", lambda: None)], threading.Event())
    database.rows("DROP SCHEMA outreach_jobs CASCADE")
    with pytest.raises(LedgerError, match="not there"):
        jobs.work(lambda _: None, [], threading.Event())


# -- what is said --


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:s3kr%40t@127.0.0.1:1/none",
        "postgresql://u:s3kr%40t@127.0.0.1:port/none",
        "postgresql://u:s3kr%40t@127.0.0.1:1/none?colour=blue",
        "postgresql//u:s3kr%40t@127.0.0.1/none",
    ],
    ids=["refused", "port", "option", "scheme"],
)
def test_an_error_never_tells_the_password(url: str) -> None:
    with pytest.raises(LedgerError) as told:
        carrier(url).prepare()

    error: BaseException | None = told.value
    while error is not None:
        assert "s3kr" not in str(error)
        error = error.__cause__ if error.__suppress_context__ else error.__context__


def test_options_of_the_url_are_kept(database: Database) -> None:
    jobs = ProcrastinateJobs(database.url + "&options=-c%20TimeZone%3DAsia/Tokyo", SystemClock())
    jobs.prepare()
    with jobs._connection() as connection:
        asked = "SELECT current_setting('TimeZone'), current_setting('search_path')"
        assert ("Asia/Tokyo", "outreach_jobs") == connection.execute(asked).fetchone()
    jobs.close()


def test_without_its_packages_it_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    for name in [name for name in sys.modules if name.startswith("outreach.engines.carrier")]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(LedgerError) as told:
        __import__("outreach.engines.carrier")
    assert "pip install 'outreach[postgres]'" == told.value.remedy
