"""Bad files, full disks, wrong versions: each ends in a clear error that names the cure."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from outreach.domain import SYSTEM, FrozenClock
from outreach.errors import LedgerError
from outreach.ledger import Ledger, Subject, open_ledger, upgrade_ledger
from outreach.ledger.migrate import config_for
from outreach.ledger.migrations import REVISIONS
from tests.ledger.conftest import SqliteFile
from tests.ledger.made import DEBT, NOW, ana, noted, record, save, stored, told
from tests.ledger.processes import ended, start

CLOCK = FrozenClock(NOW)


@pytest.fixture
def backend(tmp_path: Path) -> SqliteFile:
    """Files only; what a server has of its own trouble stands in test_postgres.py."""
    return SqliteFile(tmp_path)


def opening(path: Path, **options: object) -> Ledger:
    return open_ledger(f"sqlite:///{path}", CLOCK, **options)  # type: ignore[arg-type]


def test_there_has_to_be_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger here") as caught:
        opening(tmp_path / "none.db")
    assert "outreach init" in caught.value.remedy
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["mysql://here", "sqlite:///", "outreach.db"])
def test_an_address_that_is_not_understood_is_refused(url: str) -> None:
    with pytest.raises(LedgerError, match="not understood"):
        open_ledger(url, CLOCK)


def test_another_programs_database_is_recognised_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 252006673")
        connection.execute("CREATE TABLE letters (id)")
        connection.commit()
    before = path.read_bytes()
    for create in (False, True):
        with pytest.raises(LedgerError, match="not a ledger of outreach") as caught:
            opening(path, create=create)
        assert "another program" in caught.value.why
        assert "letters" in caught.value.why
        assert "[ledger] url" in caught.value.remedy
    assert before == path.read_bytes()


def test_a_file_that_is_no_database_is_recognised_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, this is no database at all")
    for create in (False, True):
        with pytest.raises(LedgerError, match="not a ledger"):
            opening(path, create=create)
    assert path.read_text().startswith("Dear Sir")


@pytest.mark.parametrize("begun", ["nothing", "an empty file", "an empty database"])
def test_a_creation_that_was_cut_short_is_finished(tmp_path: Path, begun: str) -> None:
    path = tmp_path / "outreach.db"
    if begun == "an empty file":
        path.touch()
    elif begun == "an empty database":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    for _ in range(2):
        ledger = opening(path, create=True)
        record(ledger, noted(SYSTEM))
        ledger.close()
    assert 0o600 == path.stat().st_mode & 0o777 or begun != "nothing"


def test_a_ledger_of_a_later_version_is_refused(backend: SqliteFile, ledger: Ledger, tmp_path: Path) -> None:
    ledger.close()
    backend.meddle("UPDATE alembic_version SET version_num = '9999'")
    backend.meddle("UPDATE installation SET value = '9998' WHERE name = 'works_with'")
    later = opening(backend.path)
    for use in (later.check, later.upgrade, lambda: record(later, noted(SYSTEM)), later.begin_run):
        with pytest.raises(LedgerError, match="later version") as caught:
            use()
        assert "install that version" in caught.value.remedy
    later.close()


def test_a_ledger_of_a_later_version_that_only_added_is_worked_with(
    backend: SqliteFile, ledger: Ledger
) -> None:
    """As while machines are renewed one after the other: those not yet renewed go on."""
    ledger.close()
    backend.meddle("UPDATE alembic_version SET version_num = '9999'")
    backend.meddle("ALTER TABLE contact ADD COLUMN colour TEXT NOT NULL DEFAULT ''")
    assert ("9999", "9999") == upgrade_ledger(backend.url, CLOCK)
    older = opening(backend.path)
    older.check()
    person = save(older, ana())[0]
    with older.write() as writing:
        writing.add_contacts([stored(person)])
    assert not older.rebuild().get("missing")
    older.close()


def test_a_ledger_of_an_earlier_version_is_refused_until_upgraded(
    backend: SqliteFile, ledger: Ledger
) -> None:
    ledger.close()
    backend.meddle("DELETE FROM alembic_version")
    earlier = opening(backend.path)
    with pytest.raises(LedgerError, match="earlier version") as caught:
        record(earlier, noted(SYSTEM))
    assert "outreach db upgrade" in caught.value.remedy
    earlier.close()


def test_an_empty_schema_is_upgraded_to_this_versions(backend: SqliteFile, ledger: Ledger) -> None:
    ledger.close()
    with closing(sqlite3.connect(backend.path)) as connection:
        kinds = "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'trigger')"
        for kind, name in sorted(connection.execute(kinds).fetchall(), reverse=True):
            connection.execute(f"DROP {kind} {name}")
    assert ("", REVISIONS[-1]) == upgrade_ledger(backend.url, CLOCK)
    assert (REVISIONS[-1], REVISIONS[-1]) == upgrade_ledger(backend.url, CLOCK)
    assert 0 == backend.rows("SELECT count(*) FROM entry")[0][0]


def test_the_migrations_make_exactly_the_schema(backend: SqliteFile, ledger: Ledger) -> None:
    ledger.close()
    engine = create_engine(backend.url)
    with engine.connect() as connection:
        command.check(config_for(connection))
    engine.dispose()


def test_the_list_of_revisions_is_that_of_the_scripts() -> None:
    scripts = ScriptDirectory.from_config(config_for())
    assert REVISIONS == tuple(script.revision for script in reversed(list(scripts.walk_revisions())))


def test_a_failed_upgrade_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    from outreach.ledger.migrate import upgrade_sqlite
    from outreach.ledger.sqlite import connect

    def fail() -> None:
        raise KeyError

    with closing(connect(tmp_path / "x.db", 1)) as connection:
        with pytest.raises(KeyError):
            upgrade_sqlite(connection, fail)
        assert [] == connection.execute("SELECT * FROM sqlite_master").fetchall()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder whose parents anybody may pass, whoever runs the tests."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_ledger_that_may_only_be_read_says_who_must_be_allowed_what(open_folder: Path) -> None:
    path = open_folder / "outreach.db"
    ledger = opening(path, create=True)
    record(ledger, noted(SYSTEM))
    ledger.close()
    for file in open_folder.iterdir():
        file.chmod(0o444 if file.suffix == ".db" else 0o644)
    open_folder.chmod(0o555)
    lines = ended(start("unprivileged", SqliteFile(open_folder))).splitlines()
    assert ["write: LedgerError", "begin_run: LedgerError", "create: LedgerError"] == [
        ": ".join(line.split(": ")[:2]) for line in lines
    ]
    assert all("cannot be" in line for line in lines)


def test_a_full_disk_ends_the_write_with_a_clear_error_and_keeps_what_was_answered(
    backend: SqliteFile, ledger: Ledger
) -> None:
    answered, error, what, remedy = ended(start("full", backend, 600_000)).split("|")
    assert "LedgerError" == error
    assert "full" in what
    assert "room" in remedy
    with ledger.read() as reading:
        assert 0 < int(answered) == reading.heights([SYSTEM])[SYSTEM]
    assert () == ledger.verify().broken
    record(ledger, noted(SYSTEM, "there is room again"))


def test_sqlites_own_word_for_a_full_disk_is_told_too(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="the disk is full") as caught, ledger.write() as writing:  # noqa: PT012
        pages = writing._connection.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        writing._connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]
        writing.append([noted(SYSTEM, "x" * 50_000)])
    assert "SQLITE_FULL" in caught.value.why
    record(ledger, noted(SYSTEM, "x" * 50_000))


def test_a_damaged_file_says_so(backend: SqliteFile, ledger: Ledger) -> None:
    record(ledger, *(noted(SYSTEM, "x" * 500) for _ in range(200)))
    ledger.close()
    with closing(sqlite3.connect(backend.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with backend.path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(3 * 4096))
    with pytest.raises(LedgerError) as caught:  # noqa: PT012
        damaged = opening(backend.path)
        damaged.verify()
    assert "damaged" in caught.value.what


def test_the_endpoint_key_must_be_this_ledgers_own(backend: SqliteFile, ledger: Ledger) -> None:
    save(ledger, ana())
    ledger.close()
    key = backend.path.with_name("outreach.db-key")
    kept = key.read_text()
    other = opening(backend.path, endpoint_key="ab" * 32)
    with pytest.raises(LedgerError, match="not this ledger's"), other.read():
        pass
    key.chmod(0o644)
    with pytest.raises(LedgerError, match="can be read by others") as caught, opening(backend.path).read():
        pass
    assert "chmod 600" in caught.value.remedy
    key.unlink()
    with pytest.raises(LedgerError, match="cannot be read") as caught, opening(backend.path).read():
        pass
    assert "backup" in caught.value.remedy
    given = opening(backend.path, endpoint_key=kept.strip())
    with given.read() as reading:
        assert {} == reading.sharers([Subject("debt", DEBT)])
    with pytest.raises(LedgerError, match="is no key"):
        opening(backend.path, endpoint_key="secret")


def test_a_backup_while_others_write_is_whole(backend: SqliteFile, ledger: Ledger, tmp_path: Path) -> None:
    person = save(ledger, ana())[0]
    writing = start("append", backend, person.id, 60)
    copies = []
    for number in range(4):
        copies.append(tmp_path / f"copy-{number}.db")
        ledger.backup(copies[-1])
    ended(writing)
    heights = []
    for path in copies:
        copy = opening(path)
        found = copy.verify()
        assert () == found.broken
        heights.append(len(told(copy, person.id)))
        assert [2 * heights[-1]] == [found.events]
        copy.close()
    assert heights == sorted(heights)
    assert 0o600 == copies[0].stat().st_mode & 0o777
    assert 60 == len(told(ledger, person.id))


def test_a_backup_never_writes_over_a_file(ledger: Ledger, tmp_path: Path) -> None:
    target = tmp_path / "there.db"
    target.write_text("mine")
    with pytest.raises(LedgerError, match="never writes over"):
        ledger.backup(target)
    assert "mine" == target.read_text()
    with pytest.raises(LedgerError, match="folder cannot be used"):
        ledger.backup(tmp_path / "no such folder" / "copy.db")
