"""P5: the same on PostgreSQL: one, two and four workers, beside one COPY connection and a naive guard.

Workers are processes that send a campaign each to people of their own, from one start to the last end. The
naive guard does for each contact what a careful programmer does first: lock the person, count her last seven
days, insert, commit; it judges nothing else.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import project
import psycopg
from apart import apart
from dispatch import timed_run
from figures import Figure, How, figure, in_turn, middle
from raw_store import rows_of
from servers import postgres_server

from outreach.cli.heap import for_long

_GROUP = 500
_WORKERS = (1, 2, 4)
_WARMING = 500


def measure(how: How) -> list[Figure]:
    """Everything in turn, on one server that keeps what it has answered."""
    contacts = how.pick(2_000, 6_000)
    with postgres_server() as url, tempfile.TemporaryDirectory(dir=how.folder) as name:
        folder = Path(name)
        told = in_turn(
            how.pick(2, 3),
            lambda _: apart(copied, url, how.pick(20_000, 50_000)),
            lambda _: apart(naive, url, how.pick(1_000, 4_000)),
            *(
                lambda number, workers=workers: in_processes(
                    folder / f"{number}-{workers}", url, workers, contacts
                )
                for workers in _WORKERS
            ),
        )
    copy, alone, one, two, four = zip(*told, strict=True)
    beside = {
        "copy_rows_per_second": middle(copy),
        "naive_contacts_per_second": middle(alone),
        **{
            f"contacts_per_second_{workers}": middle(rates)
            for workers, rates in zip(_WORKERS, (one, two, four), strict=True)
        },
        "contacts_each": contacts,
    }
    share = [mine / raw for mine, raw in zip(one, copy, strict=True)]
    return [
        figure("P5 share", "one worker on PostgreSQL, as a share of one COPY connection", share, **beside),
        figure("P5 scaling", "two workers against one", _ratios(two, one)),
        figure("P5 four", "four workers against one", _ratios(four, one)),
        figure("P5 naive", "one worker against lock, count and insert for each contact", _ratios(one, alone)),
    ]


def _ratios(ours: tuple[float, ...], theirs: tuple[float, ...]) -> list[float]:
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


# -- the references --


def copied(url: str, rows: int) -> float:
    """Rows a second that one connection takes by COPY, 500 a transaction; 25 columns, two indexes."""
    with _table(url) as connection:
        began = time.perf_counter()
        for group in rows_of(rows, _GROUP):
            with (
                connection.transaction(),
                connection.cursor() as cursor,
                cursor.copy("COPY attempt FROM STDIN") as copy,
            ):
                for row in group:
                    copy.write_row(row)
        return rows / (time.perf_counter() - began)


def naive(url: str, contacts: int) -> float:
    """Contacts a second: lock the person, count her last seven days, insert, commit."""
    [rows] = [list(group) for group in rows_of(contacts, contacts)]
    with _table(url) as connection:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE person (id text PRIMARY KEY)")
            cursor.executemany("INSERT INTO person VALUES (%s)", [(row[1],) for row in rows])
        began = time.perf_counter()
        marks = ", ".join(["%s"] * len(rows[0]))
        for row in rows:
            with connection.transaction():
                connection.execute("SELECT 1 FROM person WHERE id = %s FOR UPDATE", (row[1],))
                count = "SELECT count(*) FROM attempt WHERE c0 = %s AND c1 > '2026-05-26'"
                connection.execute(count, (row[1],)).fetchone()
                connection.execute(f"INSERT INTO attempt VALUES ({marks})".encode(), row)
        took = time.perf_counter() - began
        connection.execute("DROP TABLE person")
        return contacts / took


@contextmanager
def _table(url: str) -> Iterator[psycopg.Connection[Any]]:
    names = ", ".join(f"c{number} text" for number in range(24))
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("DROP TABLE IF EXISTS attempt, person")
        connection.execute(f"CREATE TABLE attempt (id bigint PRIMARY KEY, {names})".encode())
        connection.execute("CREATE INDEX by_person ON attempt (c0, c1)")
        connection.execute("CREATE UNIQUE INDEX by_key ON attempt (c2)")
        yield connection
        connection.execute("DROP TABLE attempt")


# -- ours --


def in_processes(folder: Path, url: str, workers: int, contacts: int) -> float:
    """Contacts a second of so many workers together, each with so many people of its own."""
    address = apart(prepared, folder, url, workers * (contacts + _WARMING))
    fresh = multiprocessing.get_context("spawn")
    start, queue = fresh.Barrier(workers), fresh.SimpleQueue()
    size = contacts + _WARMING
    running = [
        fresh.Process(target=send, args=(folder, address, range(n * size, (n + 1) * size), start, queue))
        for n in range(workers)
    ]
    for each in running:
        each.start()
    spans = [queue.get() for _ in running]
    for each in running:
        each.join()
    apart(dropped, url, address)
    return workers * contacts / (max(end for _, end in spans) - min(begin for begin, _ in spans))


def prepared(folder: Path, url: str, people: int) -> str:
    """The address of a new database with a ledger of so many people; the project lies in the folder."""
    project.make(folder)
    name = f"bench_{time.monotonic_ns()}"
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    address = f"{url.rpartition('/')[0]}/{name}"
    with project.opened(folder, ledger={"url": address}) as app:
        project.take_in(app, range(people))
        app.note_documents()
    return address


def dropped(url: str, address: str) -> None:
    """Remove that database."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(f"DROP DATABASE {address.rpartition('/')[2]} WITH (FORCE)".encode())


def send(folder: Path, address: str, numbers: range, start: Barrier, told: Any) -> None:
    """One worker: warm up, wait for the others, send; tells when it began and ended."""
    with project.opened(folder, ledger={"url": address}) as app:
        for_long()  # as the command does
        timed_run(app, project.items(numbers[:_WARMING], "warming"), _WARMING)
        start.wait()
        began = time.perf_counter()
        timed_run(app, project.items(numbers[_WARMING:]), len(numbers) - _WARMING)
        told.put((began, time.perf_counter()))  # one clock for all processes of a machine
