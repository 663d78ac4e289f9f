"""Several at once: threads, processes, who goes first, and what a crash leaves behind."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.domain import SYSTEM
from outreach.errors import InputError, LedgerBusy, LedgerError
from outreach.ledger import ContactState, KnownPerson, Ledger, Subject
from tests.ledger.conftest import Backend
from tests.ledger.made import ana, closed, noted, opened, plain, record, save, stored, told
from tests.ledger.processes import ended, said, start

WHOLE = {Subject("person", SYSTEM)}
"""What every write that wants it has to wait for, on a server too."""


@pytest.fixture
def person(ledger: Ledger) -> KnownPerson:
    return save(ledger, ana())[0]


def test_promise_4_eight_threads_leave_no_gap(ledger: Ledger, person: KnownPerson) -> None:
    def work(number: int) -> None:
        for turn in range(15):
            with ledger.write(first=number == 0) as writing:
                writing.append([noted(person.id, f"{number} {turn}"), noted(SYSTEM)])
            with ledger.read() as reading:
                known = reading.knowledge([person.id])[person.id]
                assert list(range(1, known.height + 1)) == [event.seq for event in known.events]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    events = told(ledger, person.id)
    assert list(range(1, 121)) == [event.seq for event in events]
    assert 120 == len({event.fields["note"] for event in events})
    assert () == ledger.verify().broken


def test_promise_4_several_processes_leave_no_gap(
    backend: Backend, ledger: Ledger, person: KnownPerson
) -> None:
    others = [start("append", backend, person.id, 25) for _ in range(3)]
    for _ in range(25):
        record(ledger, noted(person.id), noted(SYSTEM))
    for other in others:
        ended(other)
    assert list(range(1, 101)) == [event.seq for event in told(ledger, person.id)]
    found = ledger.verify()
    assert (200, ()) == (found.events, found.broken)


def test_promise_6_of_two_processes_with_one_key_one_is_first(
    backend: Backend, ledger: Ledger, person: KnownPerson
) -> None:
    others = [start("claim", backend, person.id, 20) for _ in range(2)]
    assert 20 == sum(int(ended(other)) for other in others)
    with ledger.read() as reading:
        assert 20 == reading.states()[ContactState.OPEN]


def test_promise_6_of_many_threads_with_one_key_one_is_first(ledger: Ledger, person: KnownPerson) -> None:
    def claim(number: int) -> int:
        try:
            with ledger.write() as writing:
                writing.add_contacts([stored(person, f"c{number}", "same")])
        except InputError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert 1 == sum(pool.map(claim, range(8)))


def test_a_reader_is_never_kept_waiting_and_sees_one_moment(ledger: Ledger, person: KnownPerson) -> None:
    with ledger.read() as reading:
        record(ledger, noted(person.id))
        with ledger.write() as writing:
            writing.append([noted(person.id)])
            assert 0 == reading.heights([person.id])[person.id]
            with ledger.read() as later:
                assert 1 == later.heights([person.id])[person.id]
        assert () == reading.knowledge([person.id])[person.id].events


def test_equal_changes_prove_that_nobody_has_committed(backend: Backend, ledger: Ledger, clock) -> None:
    other = backend.open(clock)
    before = ledger.changes()
    with ledger.read() as reading:
        reading.states()
    with pytest.raises(KeyError), ledger.write() as writing:  # noqa: PT012
        writing.append([noted(SYSTEM)])
        raise KeyError
    assert before == ledger.changes()
    for write in (ledger, other):
        before = ledger.changes()
        record(write, noted(SYSTEM))
        assert before != ledger.changes()
    other.close()


def test_a_write_that_cannot_be_had_in_time_says_so(backend: Backend, ledger: Ledger, clock) -> None:
    hasty = backend.open(clock, busy_seconds=0.2)
    holder = start("hold", backend, 20)
    assert "holding" == said(holder)
    for first in (False, True):
        with pytest.raises(LedgerBusy, match=r"locked for more than 0\.2 s"), hasty.write(WHOLE, first=first):
            pass
    holder.kill()
    holder.communicate()
    record(hasty, noted(SYSTEM, "free again"))
    hasty.close()


def test_threads_of_one_process_wait_no_longer_either(backend: Backend, clock) -> None:
    ledger = backend.open(clock, busy_seconds=0.2)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with ledger.write(WHOLE):
            inside.set()
            leave.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(20)
    with pytest.raises(LedgerBusy), ledger.write(WHOLE):
        pass
    leave.set()
    holder.join()
    record(ledger, noted(SYSTEM))
    ledger.close()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # a server locks people, and not all of them
def test_events_from_outside_go_before_a_waiting_campaign(backend: Backend, ledger: Ledger) -> None:
    """While the first waits for the lock, the campaign may finish its group but not begin another."""
    running = start("campaign", backend, 60)
    for _ in range(3):
        said(running)
    for _ in range(5):
        before = int(said(running))
        with ledger.write(first=True) as writing:
            mine = writing.append([noted(SYSTEM, "stop")])[0].seq
        # One group that was under way, and one more that had passed the turnstile already.
        assert mine - before <= 4
    running.kill()
    running.communicate()


def test_nobody_passes_while_somebody_is_ahead(tmp_path: Path) -> None:
    from outreach.ledger.locks import Turnstile

    turnstile = Turnstile(tmp_path / "turnstile")
    passed = threading.Event()

    def follow() -> None:
        turnstile.pass_through(time.monotonic() + 20)
        passed.set()

    with turnstile.ahead(time.monotonic() + 1), turnstile.ahead(time.monotonic() + 1):
        follower = threading.Thread(target=follow)
        follower.start()
        assert not passed.wait(0.1)
        with pytest.raises(LedgerBusy):
            turnstile.pass_through(time.monotonic() + 0.02)
    assert passed.wait(20)
    follower.join()


def test_promise_5_after_kill_9_what_was_committed_is_there_and_what_left_is_told_apart(
    backend: Backend, ledger: Ledger, person: KnownPerson
) -> None:
    crashed = start("crash", backend, person.id)
    run = said(crashed)
    assert run
    assert () == ledger.lost_attempts()  # it lives, whatever it does
    crashed.kill()
    crashed.communicate()
    lost = {each.contact.attempt: each.handed_over for each in ledger.lost_attempts()}
    assert {"left" * 6: True, "kept" * 6: False} == lost
    assert ["attempt_opened"] * 2 == [event.kind for event in told(ledger, person.id)]
    assert () == ledger.verify().broken
    record(ledger, noted(person.id, "goes on"))
    assert 3 == told(ledger, person.id)[-1].seq


@pytest.mark.parametrize("changed", ["boot", "host"])
def test_promise_5_on_another_boot_or_host_every_open_attempt_may_have_left(
    backend: Backend, ledger: Ledger, person: KnownPerson, changed: str
) -> None:
    crashed = start("crash", backend, person.id)
    run = said(crashed)
    crashed.kill()
    crashed.communicate()
    backend.meddle(f"UPDATE run SET {changed} = 'another' WHERE id = ?", run)
    assert [True, True] == [each.handed_over for each in ledger.lost_attempts()]


def test_promise_5_without_its_journal_every_open_attempt_of_a_dead_run_may_have_left(
    backend: Backend, ledger: Ledger, person: KnownPerson
) -> None:
    crashed = start("crash", backend, person.id)
    journal = backend.runs / said(crashed)
    kept = journal.read_bytes()
    journal.unlink()
    assert () == ledger.lost_attempts()  # its process lives: nothing is proven
    crashed.kill()
    crashed.communicate()
    backend.meddle("UPDATE run SET beat = 0")  # long ago
    assert b"left" * 6 + b"\n" == kept
    assert [True, True] == [each.handed_over for each in ledger.lost_attempts()]


def test_a_live_run_is_never_recovered_and_a_closed_one_is(
    ledger: Ledger, person: KnownPerson, clock
) -> None:
    run = ledger.begin_run()
    with ledger.write() as writing:
        writing.append([opened(person.id, "A" * 26, run=run.id)])
        writing.add_contacts([stored(person, attempt="A" * 26, run=run.id)])
    clock.advance(timedelta(days=400))
    assert () == ledger.lost_attempts()
    run.close()
    run.close()
    assert [("c1", False)] == [(each.contact.id, each.handed_over) for each in ledger.lost_attempts()]
    with pytest.raises(LedgerError, match="ended"):
        run.hand_over("B" * 26)


def test_an_agents_open_task_is_no_runs_lost_attempt(ledger: Ledger, person: KnownPerson) -> None:
    with ledger.write() as writing:
        writing.append([opened(person.id, "A" * 26)])
        writing.add_contacts([stored(person, attempt="A" * 26)])
    assert () == ledger.lost_attempts()


def test_journals_with_nothing_left_to_tell_are_removed(backend: Backend, ledger: Ledger, person) -> None:
    folder = backend.runs
    first, live = ledger.begin_run(), ledger.begin_run()
    with ledger.write() as writing:
        writing.append([opened(person.id, "A" * 26, run=first.id)])
        writing.add_contacts([stored(person, attempt="A" * 26, run=first.id)])
    first.close()
    third = ledger.begin_run()
    assert {first.id, live.id, third.id} == set(os.listdir(folder))
    with ledger.write() as writing:
        writing.append([closed(person.id, "A" * 26)])
        writing.update_contacts([stored(person, attempt="A" * 26, state=ContactState.DONE)])
    third.close()
    fourth = ledger.begin_run()
    assert {live.id, fourth.id} == set(os.listdir(folder))
    for run in (live, fourth):
        run.close()


def test_a_run_that_cannot_write_its_journal_says_do_not_send(ledger: Ledger, monkeypatch) -> None:
    run = ledger.begin_run()

    def full(file: int, line: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("outreach.ledger.runs.os.write", full)
        with pytest.raises(LedgerError, match="nothing is sent"):
            run.hand_over("A" * 26)
    run.hand_over("A" * 26)
    run.close()


def test_what_another_process_wrote_between_two_writes_is_built_upon(
    backend: Backend, ledger: Ledger, person: KnownPerson
) -> None:
    """The ends of chains are remembered from write to write only while nobody else writes."""
    record(ledger, noted(person.id))
    ended(start("append", backend, person.id, 1))
    record(ledger, noted(person.id))
    record(ledger, noted(person.id))
    assert [1, 2, 3, 4] == [event.seq for event in told(ledger, person.id)]
    assert () == ledger.verify().broken


def test_a_write_that_was_rolled_back_is_not_built_upon(ledger: Ledger, person: KnownPerson) -> None:
    record(ledger, noted(person.id))
    for _ in range(2):
        with pytest.raises(KeyError), ledger.write() as writing:  # noqa: PT012
            writing.append([noted(person.id, "lost")])
            raise KeyError
    record(ledger, noted(person.id))
    assert [1, 2] == [event.seq for event in told(ledger, person.id)]
    assert () == ledger.verify().broken


def test_a_child_after_fork_uses_connections_of_its_own(ledger: Ledger, person: KnownPerson) -> None:
    record(ledger, noted(person.id, "parent"))
    child = os.fork()
    if child == 0:  # pragma: no cover - counted in the parent only
        try:
            record(ledger, noted(person.id, "child"))
            os._exit(0)
        except BaseException:  # noqa: BLE001  whatever it was, the parent must see it failed
            os._exit(1)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    record(ledger, noted(person.id, "parent"))
    assert ["parent", "child", "parent"] == [event.fields["note"] for event in told(ledger, person.id)]


def test_people_are_made_once_by_two_at_once(ledger: Ledger) -> None:
    def make(number: int) -> str:
        return save(ledger, plain("same"))[0].id

    with ThreadPoolExecutor(4) as pool:
        assert 1 == len(set(pool.map(make, range(8))))
    with ledger.read() as reading:
        assert 1 == len(reading.person_ids())
