"""Moving a ledger: everything arrives, is proven, and goes on at one place only."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import SYSTEM, FrozenClock
from outreach.errors import LedgerError
from outreach.ledger import ContactState, SealKey, move_ledger, moving
from outreach.ledger.chain import read_entry
from tests.ledger.conftest import MASTER_KEYS, Backend, Postgres, SqliteFile
from tests.ledger.made import NOW, NUMBER, ana, closed, noted, opened, plain, record, save, stored, told
from tests.postgres import Server

THERE, BACK = "sqlite to postgres", "postgres to sqlite"
WAYS = [THERE, BACK, f"{THERE} encrypted", f"{BACK} encrypted"]


class Places:
    """Two databases: one with a ledger in it, one empty; and the folder of the machine."""

    def __init__(self, way: str, folder: Path, server: Server) -> None:
        file = SqliteFile(folder)
        base = Postgres(folder, server)
        self.clock = FrozenClock(NOW)
        if "encrypted" in way:
            for each in (file, base):
                each.options["master_keys"] = MASTER_KEYS
        self.source: Backend = file if way.startswith(THERE) else base
        self.target: Backend = base if way.startswith(THERE) else file
        self.folder = folder / "machine"
        if way.startswith(THERE):
            base.close()  # its prepared ledger is not empty of rows
            server.run_sql(f"CREATE DATABASE {base.name}")
            shutil.rmtree(self.folder)
        self._base = base

    def move(self, **options: Any) -> Any:
        options = {**self.source.options, "folder": self.folder, **options}
        return move_ledger(self.source.url, self.target.url, self.clock, **options)

    def open(self, place: Backend) -> Any:
        return place.open(self.clock, folder=self.folder, create=False)

    def close(self) -> None:
        self._base.close()


@pytest.fixture(params=WAYS)
def places(request: pytest.FixtureRequest, tmp_path: Path, postgres: Server) -> Iterator[Places]:
    made = Places(request.param, tmp_path, postgres)
    yield made
    made.close()


@pytest.fixture
def filled(places: Places, key: SealKey) -> Places:
    """Two people, contacts in every state, free text, words, an observer half way, three seals."""
    ledger = places.source.open(places.clock, folder=places.folder)
    other, person = save(ledger, plain("p1"), ana())
    with ledger.write() as writing:
        writing.append([opened(person.id, "A" * 26), noted(SYSTEM), noted(other.id, key="k")])
        writing.add_contacts([stored(person, attempt="A" * 26)])
        writing.add_contacts([stored(other, "c2", "k2", state=ContactState.HELD, due=places.clock.now())])
        writing.keep_documents({"d" * 64: "text"})
        writing.spend(places.clock.now().date(), {("twilio-sms", "line"): 3})
    ledger.seal(key)
    for number in range(4):
        places.clock.advance(timedelta(minutes=1))
        record(ledger, noted(person.id, f"Grüße, 漢字 {number}"), noted(other.id))
    ledger.seal(key)
    ledger.served("feed", ledger.news("feed", 3))
    record(ledger, closed(person.id, "A" * 26))
    ledger.close()
    return places


def everything(place: Backend) -> dict[str, list[Any]]:
    """Every row of every table but those that speak of the place itself."""
    from outreach.ledger.schema import metadata

    return {
        table.name: sorted(map(repr, place.rows(f"SELECT * FROM {table.name}")))
        for table in metadata.sorted_tables
        if table.name not in ("installation", "partition", "turn")
    }


def test_every_row_arrives_and_every_chain_and_seal_holds(filled: Places, key: SealKey) -> None:
    before = everything(filled.source)
    source = filled.open(filled.source)
    differing = source.rebuild()
    source.close()
    ticks: list[int] = []
    moved = filled.move(progress=ticks.append)
    assert before == everything(filled.target)
    assert moved.rows == sum(ticks) >= sum(map(len, before.values()))
    ledger = filled.open(filled.target)
    found = ledger.verify()
    assert (moved.streams, moved.events, ()) == (found.streams, found.events, found.broken)
    sealed = ledger.verify_seals([key.public])
    assert (2, ()) == (sealed.seals, sealed.broken)
    assert differing == ledger.rebuild()
    ledger.close()


def test_it_goes_on_at_the_new_place_with_the_same_key_and_numbers(filled: Places, key: SealKey) -> None:
    filled.move()
    ledger = filled.open(filled.target)
    with ledger.read() as reading:
        person = reading.persons(["p17"])["p17"]
        assert ana() == person.consumer
        assert ["c2"] == [each.id for each in reading.due(filled.clock.now(), 10)]
    height = len(told(ledger, person.id))
    record(ledger, noted(person.id, "goes on"), noted(SYSTEM))
    assert height + 1 == told(ledger, person.id)[-1].seq
    assert NUMBER == told(ledger, person.id)[0].fields["to"]  # its token can be read
    save(ledger, plain("p99"))
    with ledger.write() as writing:
        writing.add_contacts([stored(person, "c9", "k9")])
    assert ledger.seal(key) is not None
    assert () == ledger.verify().broken
    assert () == ledger.verify_seals([key.public]).broken
    last = filled.target.rows("SELECT body FROM entry ORDER BY id DESC LIMIT 1")[0][0]
    assert read_entry(last).events
    ledger.close()


def test_the_old_place_refuses_work_and_names_the_new_one(filled: Places) -> None:
    filled.move()
    old = filled.open(filled.source)
    for use in (lambda: record(old, noted(SYSTEM)), old.check, old.begin_run):
        with pytest.raises(LedgerError, match="this ledger was moved") as caught:
            use()
        assert "it goes on at" in caught.value.why
    old.close()
    with pytest.raises(LedgerError, match="moved"):
        filled.move()


def test_cut_short_before_the_end_neither_goes_on_twice_and_repeating_it_finishes(
    filled: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything has arrived, the source is marked, and the process dies before the last step."""
    with monkeypatch.context() as patched:
        for kind in ("sqlite.SqliteDatabase", "postgres.PostgresDatabase"):
            patched.setattr(f"outreach.ledger.{kind}.unmark", _dies)
        with pytest.raises(KeyError):
            filled.move()
    for place, what in ((filled.source, "was moved"), (filled.target, "not yet moved here")):
        ledger = filled.open(place)
        with pytest.raises(LedgerError, match=what):
            record(ledger, noted(SYSTEM))
        ledger.close()
    assert filled.move() is None
    ledger = filled.open(filled.target)
    record(ledger, noted(SYSTEM))
    assert () == ledger.verify().broken
    ledger.close()


def _dies(*_: object) -> None:
    raise KeyError


def test_cut_short_in_the_middle_the_source_goes_on_and_what_arrived_does_not(
    filled: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(moving, "check_seals", _dies)
        with pytest.raises(KeyError):
            filled.move()
    ledger = filled.open(filled.source)
    record(ledger, noted(SYSTEM))
    ledger.close()
    half = filled.open(filled.target)
    with pytest.raises(LedgerError, match="not yet moved here"):
        half.check()
    half.close()


def test_a_chain_that_does_not_hold_is_not_moved(filled: Places) -> None:
    filled.source.meddle("UPDATE entry SET body = replace(body, 'deceased', 'bankrupt') WHERE seq = 3")
    with pytest.raises(LedgerError, match="what arrived is not what left"):
        filled.move()


def test_while_a_runs_attempt_is_open_nothing_is_moved(filled: Places) -> None:
    ledger = filled.open(filled.source)
    with ledger.read() as reading:
        person = reading.persons(["p17"])["p17"]
    with ledger.write() as writing:
        writing.append([opened(person.id, "B" * 26, "c5", run="somebody")])
        writing.add_contacts([stored(person, "c5", "k5", attempt="B" * 26, run="somebody")])
    ledger.close()
    with pytest.raises(LedgerError, match="1 attempts of a run are open"):
        filled.move()


def test_a_database_that_holds_a_ledger_is_not_moved_into(filled: Places) -> None:
    there = filled.target.open(filled.clock, folder=filled.folder, endpoint_key="")
    save(there, plain("p1"))
    there.close()
    with pytest.raises(LedgerError, match=r"holds a ledger already|not this ledger's"):
        filled.move()
