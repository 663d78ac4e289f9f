"""A project of one's own in a minute, and the demo."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.running import Ran, run
from tests.ledger.test_seals import BEFORE_SEALS


def test_init_makes_a_project_that_every_other_command_can_work_on(tmp_path: Path) -> None:
    made = run("init", "my-agency", folder=tmp_path)
    assert (0, "") == (made.status, made.err)
    folder = tmp_path / "my-agency"
    said = {name for name in re.findall(r"[\w./-]+", made.out) if (folder / name.rstrip(",")).exists()}
    assert {"outreach.toml", "policies/agency/pack.yaml", "templates/", ".env.example", "outreach.db"} <= said
    for words in (("policy", "show"), ("db", "check"), ("audit", "verify"), ("plugins",), ("settings",)):
        assert 0 == run(*words, folder=folder).status, words
    assert 0 == run("policy", "test", "policies", folder=folder).status, (
        "the starter pack holds its own cases"
    )


def test_init_twice_refuses_and_touches_nothing(tmp_path: Path) -> None:
    assert 0 == run("init", "a", "--json", folder=tmp_path).status
    kept = tmp_path / "a" / "outreach.toml"
    kept.write_text("# mine\n")
    again = run("init", "a", folder=tmp_path)
    assert (2, "") == (again.status, again.out)
    assert "not empty" in again.err
    assert "# mine\n" == kept.read_text()


def test_init_where_a_file_stands_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    told = run("init", "a", folder=tmp_path)
    assert (2, "") == (told.status, told.out)
    assert "where:" in told.err
    assert "do:" in told.err


def test_init_keeps_the_ledger_and_its_key_for_its_owner_alone(tmp_path: Path) -> None:
    run("init", "a", folder=tmp_path)
    for name in ("outreach.db", "outreach.db-key"):
        assert 0o600 == (tmp_path / "a" / name).stat().st_mode & 0o777, name


# ---- demo ------------------------------------------------------------------------------------------


@dataclass
class Demo:
    folder: Path
    first: Ran
    outbox: int
    events: int
    second: Ran


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo run twice in a folder far from the repository."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    words = ("demo", "--folder", "here", "--consumers", "60")
    first = run(*words, folder=elsewhere)
    folder = elsewhere / "here"
    counted = files(folder), events(folder)
    return Demo(folder, first, *counted, run(*words, folder=elsewhere))


def files(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "outbox").rglob("*"))


def events(folder: Path) -> int:
    with sqlite3.connect(folder / "outreach.db") as connection:
        [(count,)] = connection.execute("SELECT sum(upto - seq + 1) FROM entry WHERE stream <> 1")
    connection.close()
    return int(count)


def test_the_demo_prints_its_clock_a_table_three_decisions_and_what_to_type_next(demo: Demo) -> None:
    told = demo.first
    assert (0, "") == (told.status, told.err)
    assert "Tue 2026-06-02 15:00 EDT" in told.out.splitlines()[0]
    for channel in ("call", "sms", "email", "letter"):
        assert re.search(rf"^│ {channel} ", told.out, re.MULTILINE), channel
    for answer in ("sent", "held", "blocked", "offered"):
        assert answer in told.out
    assert re.search(r"us\.\w+\.[\w-]+ +│ (held|blocked) +│ +\d+ │ \d+ (CFR|U\.S\.C\.)", told.out)
    assert {"ALLOW", "HOLD", "BLOCK"} <= set(re.findall(r"^(ALLOW|HOLD|BLOCK)\b", told.out, re.MULTILINE))
    assert str(demo.folder.name) in told.out
    assert "What to type next" in told.out


def test_what_the_demo_says_to_type_next_can_be_typed(demo: Demo) -> None:
    said = [line.split() for line in demo.first.out.splitlines() if line.startswith("  outreach ")]
    assert len(said) >= 4
    for _, *words in said:
        told = run(*words, folder=demo.folder)
        allowed = {0, 1} if words[0] == "check" else {0}  # its answer may be no
        assert told.status in allowed, (words, told.err)
        assert "" == told.err


def test_the_demo_writes_messages_a_person_can_open(demo: Demo) -> None:
    kinds = Counter(path.suffix for path in (demo.folder / "outbox").rglob("*") if path.is_file())
    assert kinds[".eml"]
    assert len(kinds) > 1


def test_the_demo_run_again_sends_nothing_and_says_so(demo: Demo) -> None:
    told = demo.second
    assert 0 == told.status
    assert "this run sent nothing" in told.out
    assert "nothing was sent twice" in told.out
    assert demo.outbox == files(demo.folder)
    assert demo.events == events(demo.folder), "no consumer's chain grew"


def test_the_demo_of_an_earlier_version_is_brought_up_to_date(demo: Demo, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    shutil.copytree(demo.folder, folder)
    with sqlite3.connect(folder / "outreach.db") as connection:
        for change in BEFORE_SEALS:
            connection.execute(change)
    connection.close()
    told = run("demo", "--folder", "old", "--consumers", "60", folder=tmp_path)
    assert (0, "") == (told.status, told.err)
    assert "this run sent nothing" in told.out


def test_the_demo_uses_the_pipeline_of_every_project_and_its_record_is_whole(demo: Demo) -> None:
    told = run("audit", "verify", "--json", folder=demo.folder)
    assert (0, [], {}) == (told.status, told.line["broken"], told.line["projection"])


def test_the_demo_at_another_moment(tmp_path: Path) -> None:
    told = run(
        "demo", "--folder", "d", "--consumers", "10", "--at", "2026-06-02T23:00-04:00", folder=tmp_path
    )
    assert 0 == told.status
    assert "Tue 2026-06-02 23:00 EDT" in told.out
    assert "us.regf.hours" in told.out


def test_the_demo_wants_its_moment_with_an_offset(tmp_path: Path) -> None:
    told = run("demo", "--folder", "d", "--at", "2026-06-02T15:00", folder=tmp_path)
    assert 2 == told.status
    assert "--at" in told.err
    assert not (tmp_path / "d").exists()
