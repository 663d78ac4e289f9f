"""What only a server can do to a ledger: locks by row, lost connections, restarts, people without rights."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine

from outreach.domain import SYSTEM, FrozenClock
from outreach.errors import InputError, LedgerBusy, LedgerConflict, LedgerError
from outreach.ledger import Ledger, Subject, heartbeat, open_ledger, upgrade_ledger
from outreach.ledger.migrate import config_for
from outreach.ledger.migrations import REVISIONS
from tests.ledger.conftest import Postgres
from tests.ledger.made import DEBT, NOW, NUMBER, ana, noted, opened, plain, record, save, stored, told
from tests.ledger.processes import ended, said, start
from tests.postgres import DURABLE, Server


@pytest.fixture
def backend(tmp_path: Path, postgres: Server) -> Iterator[Postgres]:
    made = Postgres(tmp_path, postgres)
    yield made
    made.close()


# ---- locks -------------------------------------------------------------------------------------------


def test_promise_4_writes_about_the_same_subject_go_one_after_the_other(ledger: Ledger) -> None:
    """Each sees what the one before it wrote: the person, or somebody else who has the number or the debt."""
    first, second = save(ledger, ana("p1"), ana("p2"))
    for subjects in (
        [{Subject("person", first.id)}] * 2,
        [{Subject("endpoint", NUMBER)}] * 2,
        [{Subject("person", first.id), Subject("debt", DEBT)}, {Subject("debt", DEBT)}],
    ):
        inside, seen = threading.Event(), []

        def follow(wanted: set[Subject], inside: threading.Event = inside, seen: list[int] = seen) -> None:
            inside.wait(20)
            with ledger.write(wanted) as writing:
                seen.append(writing.heights([second.id])[second.id])

        follower = threading.Thread(target=follow, args=(subjects[1],))
        follower.start()
        with ledger.write(subjects[0]) as writing:
            inside.set()
            follower.join(0.15)
            assert follower.is_alive()
            height = writing.append([noted(second.id)])[0].seq
        follower.join(20)
        assert [height] == seen


def test_writes_about_different_people_do_not_wait_for_each_other(ledger: Ledger) -> None:
    first, second = save(ledger, plain("p1"), plain("p2"))
    with ledger.write({Subject("person", first.id)}), ledger.write({Subject("person", second.id)}) as other:
        other.append([noted(second.id)])
    assert 1 == len(told(ledger, second.id))


def test_promise_4_groups_that_share_people_in_any_order_never_lock_each_other_out(ledger: Ledger) -> None:
    people = [each.id for each in save(ledger, *(ana(f"p{n}") for n in range(8)))]

    def group(number: int) -> None:
        for turn in range(10):
            ids = people[number % 8 :] + people[: number % 8]
            if turn % 2:
                ids.reverse()
            subjects = {*(Subject("person", each) for each in ids), Subject("endpoint", NUMBER)}
            with ledger.write(subjects) as writing:
                writing.append([noted(each) for each in ids])
                writing.append([noted(SYSTEM)])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(group, range(6)))
    assert () == ledger.verify().broken
    assert [60] * 8 == [len(told(ledger, each)) for each in people]


def test_two_writes_that_wait_for_each_other_end_in_a_conflict_and_nothing_of_the_loser_is_kept(
    ledger: Ledger,
) -> None:
    """Possible only for a stream that was not named at the start."""
    first, second = save(ledger, plain("p1"), plain("p2"))
    meet = threading.Barrier(2)

    def cross(mine: str, others: str) -> str:
        try:
            with ledger.write({Subject("person", mine)}) as writing:
                meet.wait(20)
                writing.append([noted(others, "crossed")])
        except LedgerConflict as conflict:
            return type(conflict).__name__
        return "done"

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(cross, (first.id, second.id), (second.id, first.id)))
    assert ["LedgerConflict", "done"] == sorted(ends)
    assert 1 == len(told(ledger, first.id)) + len(told(ledger, second.id))


def test_growth_is_in_the_order_of_the_commits_so_that_nobody_who_follows_it_misses_one(
    ledger: Ledger, backend: Postgres
) -> None:
    """A seal, an observer and the last look all rest on it."""
    people = [each.id for each in save(ledger, *(plain(f"p{n}") for n in range(6)))]
    stop = threading.Event()
    heard: list[tuple[str, int]] = []

    def observe() -> None:
        while not stop.is_set() or ledger.news("feed", 50):
            news = ledger.news("feed", 50)
            heard.extend((event.stream, event.seq) for event in news)
            ledger.served("feed", news)

    observer = threading.Thread(target=observe)
    observer.start()

    def write(person: str) -> None:
        for turn in range(20):
            with ledger.write({Subject("person", person)}) as writing:
                writing.append([noted(person)])
                time.sleep(0.001 * (turn % 3))
                writing.append([noted(SYSTEM)])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, people))
    stop.set()
    observer.join(30)
    for stream in (*people, SYSTEM):
        seen = [seq for name, seq in heard if name == stream]
        assert list(range(1, (120 if stream == SYSTEM else 20) + 1)) == seen


def test_one_process_at_a_time_serves_an_observer(backend: Postgres, ledger: Ledger, clock) -> None:
    other = backend.open(clock)
    record(ledger, noted(SYSTEM))
    news = ledger.news("feed", 10)
    assert 1 == len(news)
    assert () == other.news("feed", 10)  # it is being served
    assert 1 == len(other.news("another", 10))
    ledger.served("feed", news)
    assert () == ledger.news("feed", 10)  # nothing is left, so somebody else may
    record(ledger, noted(SYSTEM))
    assert 1 == len(other.news("feed", 10))
    other.close()


def test_what_a_provider_takes_in_a_day_is_counted_by_one_group_at_a_time(ledger: Ledger) -> None:
    day = NOW.date()

    def spend(_: int) -> None:
        with ledger.write() as writing:
            if writing.spent(day).get(("sms", "line"), 0) < 7:
                time.sleep(0.005)
                writing.spend(day, {("sms", "line"): 1})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(spend, range(12)))
    with ledger.read() as reading:
        assert {("sms", "line"): 7} == reading.spent(day)


# ---- the way to the server ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server that may be stopped; it keeps what it answered."""
    with Server(**DURABLE) as server:
        yield server


@pytest.fixture
def shaken(tmp_path: Path, own: Server) -> Iterator[Postgres]:
    made = Postgres(tmp_path, own)
    yield made
    made.close()


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_after_a_restart_of_the_server_everything_goes_on(
    shaken: Postgres, own: Server, clock: FrozenClock, how: str
) -> None:
    ledger = shaken.open(clock)
    person = save(ledger, plain("p1"))[0]
    record(ledger, noted(person.id, "before"))
    assert ledger.news("feed", 10)
    before = ledger.changes()
    own.stop(how)
    own.start()
    assert before == ledger.changes()
    assert ledger.news("feed", 10)
    record(ledger, noted(person.id, "after"))
    assert ["before", "after"] == [event.fields["note"] for event in told(ledger, person.id)]
    assert () == ledger.verify().broken
    ledger.close()


def test_promise_3_while_the_server_is_away_nothing_is_handed_over_and_that_is_said(
    shaken: Postgres, own: Server, clock: FrozenClock
) -> None:
    ledger = shaken.open(clock, busy_seconds=0.5)
    record(ledger, noted(SYSTEM))
    own.stop("immediate")
    try:
        for use in (lambda: record(ledger, noted(SYSTEM)), ledger.changes, ledger.verify):
            with pytest.raises(LedgerError, match="cannot be reached") as caught:
                use()
            assert "what was answered is kept" in caught.value.remedy
            assert "postgres@" not in str(caught.value)
    finally:
        own.start()
    record(ledger, noted(SYSTEM))
    ledger.close()


def test_a_connection_that_ends_in_the_middle_of_a_write_keeps_nothing_of_it(
    shaken: Postgres, own: Server, clock: FrozenClock
) -> None:
    ledger = shaken.open(clock)
    with pytest.raises(LedgerError, match="connection was lost"), ledger.write() as writing:  # noqa: PT012
        writing.append([noted(SYSTEM, "lost")])
        writing.heights([SYSTEM])
        own.run_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{shaken.name}' AND state LIKE 'idle in transaction%'"
        )
        writing.heights([SYSTEM])
    with ledger.read() as reading:
        assert 0 == reading.heights([SYSTEM])[SYSTEM]
    record(ledger, noted(SYSTEM))
    ledger.close()


# ---- runs --------------------------------------------------------------------------------------------


def test_promise_5_a_run_on_another_machine_is_recovered_only_after_its_silence(
    backend: Postgres, ledger: Ledger, tmp_path: Path
) -> None:
    """Its journal is out of reach, so all it had open may have left."""
    person = save(ledger, ana())[0]
    crashed = start("crash", backend, person.id)
    run = said(crashed)
    crashed.kill()
    crashed.communicate()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    backend.meddle("UPDATE run SET host = 'far away', boot = 'another' WHERE id = ?", run)
    other = open_ledger(
        backend.url, FrozenClock(NOW), folder=elsewhere, endpoint_key=backend.key.read_text().strip()
    )
    assert () == other.lost_attempts()
    silent = int((heartbeat.GONE_AFTER + 1) * 1_000_000)
    backend.meddle("UPDATE run SET beat = beat - ?", silent)
    assert [True, True] == [each.handed_over for each in other.lost_attempts()]
    other.close()


def test_promise_5_a_run_that_could_not_say_that_it_lives_hands_over_nothing_more(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ledger.begin_run()
    run.hand_over("A" * 26)
    assert not run.doubtful
    later = time.monotonic() + heartbeat.SILENT_AFTER + 1
    with monkeypatch.context() as patched:
        patched.setattr("outreach.ledger.heartbeat.time.monotonic", lambda: later)
        with pytest.raises(LedgerError, match="nothing is handed over"):
            run.hand_over("B" * 26)
        assert run.doubtful
    run.close()
    assert heartbeat.EVERY * 2 < heartbeat.SILENT_AFTER < heartbeat.GONE_AFTER / 2


def test_a_living_run_beats(backend: Postgres, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY", 0.05)
    run = ledger.begin_run()
    [(first,)] = backend.rows("SELECT beat FROM run")
    until = time.monotonic() + 20
    while backend.rows("SELECT beat FROM run") == [(first,)]:
        assert time.monotonic() < until
        time.sleep(0.02)
    run.close()


# ---- making, upgrading, rights -----------------------------------------------------------------------


def test_the_migrations_make_exactly_the_schema(backend: Postgres, ledger: Ledger) -> None:
    ledger.close()
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(backend.url))
    with engine.connect() as connection:
        command.check(config_for(connection))
    engine.dispose()


def test_several_machines_make_and_upgrade_a_ledger_at_once(postgres: Server, tmp_path: Path) -> None:
    name = postgres.new_database()
    clock = FrozenClock(NOW)

    def make(_: int) -> tuple[str, str]:
        ledger = open_ledger(postgres.url(name), clock, create=True, endpoint_key="ab" * 32, folder=tmp_path)
        record(ledger, noted(SYSTEM))
        ledger.close()
        return upgrade_ledger(postgres.url(name), clock, endpoint_key="ab" * 32, folder=tmp_path)

    with ThreadPoolExecutor(4) as pool:
        assert {(REVISIONS[-1], REVISIONS[-1])} == set(pool.map(make, range(4)))
    ledger = open_ledger(postgres.url(name), clock, endpoint_key="ab" * 32, folder=tmp_path)
    assert 4 == ledger.verify().events
    ledger.close()
    postgres.run_sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_an_empty_database_is_no_ledger_and_one_that_is_not_there_is_named(
    postgres: Server, tmp_path: Path
) -> None:
    name = postgres.new_database()
    with pytest.raises(LedgerError, match="no ledger in this database") as caught:
        open_ledger(postgres.url(name), FrozenClock(NOW), folder=tmp_path)
    assert "outreach init" in caught.value.remedy
    postgres.run_sql(f"DROP DATABASE {name}")
    with pytest.raises(LedgerError, match=r"cannot be reached|no such database"):
        open_ledger(postgres.url(name), FrozenClock(NOW), busy_seconds=0.5, folder=tmp_path)


def test_no_error_repeats_a_password(tmp_path: Path) -> None:
    for url in ("postgresql://me:hunter2@127.0.0.1:1/x", "postgresql://me:hunter2@127.0.0.1:bad/x"):
        with pytest.raises(LedgerError) as caught:
            open_ledger(url, FrozenClock(NOW), busy_seconds=0.3, folder=tmp_path)
        assert "hunter2" not in str(caught.value)


def test_a_user_without_rights_is_told_which(backend: Postgres, ledger: Ledger, postgres: Server) -> None:
    postgres.run_sql("DROP ROLE IF EXISTS reader")
    postgres.run_sql("CREATE ROLE reader LOGIN")
    postgres.run_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", backend.name)
    reader = open_ledger(
        backend.url.replace("postgres@", "reader@"), FrozenClock(NOW), folder=backend.key.parent
    )
    assert () == reader.verify().broken
    with pytest.raises(LedgerError, match="does not allow this") as caught:
        record(reader, noted(SYSTEM))
    assert "read and write" in caught.value.remedy
    reader.close()
    postgres.run_sql("DROP OWNED BY reader", backend.name)
    postgres.run_sql("DROP ROLE reader")


def test_a_text_that_a_server_cannot_keep_is_refused_and_named(ledger: Ledger) -> None:
    person = save(ledger, plain("p1"))[0]
    with pytest.raises((LedgerError, InputError), match="character"), ledger.write() as writing:
        writing.add_contacts([stored(person, key="a\0b")])
    assert 1 == len(told(ledger, person.id)) + 1


def test_a_lock_that_is_not_had_in_time_says_so_and_nothing_was_done(
    backend: Postgres, ledger: Ledger, clock: FrozenClock
) -> None:
    person = save(ledger, plain("p1"))[0]
    hasty = backend.open(clock, busy_seconds=0.2)
    wanted = {Subject("person", person.id)}
    with ledger.write(wanted), pytest.raises(LedgerBusy, match=r"more than 0\.2 s"), hasty.write(wanted):
        pass
    record(hasty, noted(person.id))
    hasty.close()


def test_compacting_writes_the_tables_anew(backend: Postgres, ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    record(ledger, noted(person.id, "gone soon"))
    with ledger.write({Subject("person", person.id), Subject("person", SYSTEM)}) as writing:
        writing.erase(person.id, keep=())
    assert ledger.compact()
    assert [(0,)] == backend.rows("SELECT count(*) FROM entry WHERE aside <> ''")
    assert () == ledger.verify().broken


def test_a_backup_is_the_servers_and_that_is_said(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="the server's own means") as caught:
        ledger.backup(tmp_path / "copy")
    assert "pg_dump" in caught.value.remedy


def test_opened_attempts_of_two_processes_are_both_kept(backend: Postgres, ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    others = [start("append", backend, person.id, 10) for _ in range(2)]
    for number in range(10):
        record(ledger, opened(person.id, f"{number:026}"))
    for other in others:
        ended(other)
    assert list(range(1, 31)) == [event.seq for event in told(ledger, person.id)]
    assert timedelta(0) <= told(ledger, person.id)[-1].recorded_at - NOW  # type: ignore[operator]
    with closing(psycopg.connect(backend.url)) as connection:
        assert [(0,)] == connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchall()


def test_while_machines_are_renewed_one_after_the_other_those_of_before_go_on(
    backend: Postgres, ledger: Ledger, clock: FrozenClock
) -> None:
    """A schema that only added something says with whom it works; one that took something away does not."""
    person = save(ledger, ana())[0]
    backend.meddle("ALTER TABLE contact ADD COLUMN colour text NOT NULL DEFAULT ''")
    backend.meddle("UPDATE alembic_version SET version_num = '9999'")
    record(ledger, noted(person.id, "was at work all the while"))
    begun_later = backend.open(clock, create=False)
    with begun_later.write() as writing:
        writing.add_contacts([stored(person)])
    assert ("9999", "9999") == begun_later.upgrade()
    begun_later.close()
    backend.meddle("UPDATE installation SET value = '9999' WHERE name = 'works_with'")
    left_behind = backend.open(clock, create=False)
    with pytest.raises(LedgerError, match="later version"):
        record(left_behind, noted(person.id))
    left_behind.close()
