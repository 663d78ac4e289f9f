"""A read-only disk, a full one, a ledger that is locked or another program's: a clear end, nothing lost."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from outreach.ledger import ContactState, open_ledger
from tests.cli.running import Ran, run
from tests.faults.processes import EPOCH, ROOT, wait_for_sends
from tests.faults.wires import ONE_BY_ONE
from tests.support import Project, consumer, email

ROWS = 40


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path / "agency", group=10)
    fill(made)
    yield made
    made.close()


def fill(project: Project) -> None:
    """People and a campaign to them."""
    project.consumers(*(consumer(f"p{number}") for number in range(1, ROWS + 1)))
    lines = ["key,person,channel,to,template"]
    lines += [f"k{n},p{n},email,person{n}@example.com,reminder" for n in range(1, ROWS + 1)]
    (project.folder / "june.csv").write_text("\n".join(lines) + "\n")


def command(project: Project, *words: object) -> Ran:
    return run(*words, folder=project.folder, clock=project.clock)


SEND = ("send", "june.csv", "--campaign", "june", "--json")


def assert_told(told: Ran, status: int) -> None:
    """What, where, why, what to do; no traceback."""
    assert status == told.status, (told.out, told.err)
    text = told.err or told.out.splitlines()[-1]
    assert "Traceback" not in text
    for part, key in (("where:", '"where"'), ("why:", '"why"'), ("do:", '"remedy"')):
        assert part in text or key in text, text


def assert_whole_after_another_try(project: Project) -> None:
    """Every row is answered, each was sent once, and the record holds."""
    told = command(project, *SEND)
    assert told.status == 0, told.err
    answers = [line["answered"] for line in told.lines[:-1]]
    assert ROWS == len(answers)
    assert {"sent"} == set(answers)
    assert ROWS == len(project.sent) == len({sent["to"] for sent in project.sent})
    with project.app.ledger.read() as reading:
        assert {ContactState.DONE: ROWS} == {s: n for s, n in reading.states().items() if n}
    assert project.app.ledger.verify().broken == ()
    assert not any(project.app.ledger.rebuild().values())


# ---- a full disk -----------------------------------------------------------------------------------


@contextlib.contextmanager
def room_for(files_of: int) -> Iterator[None]:
    """No file may grow beyond so many bytes, as where the disk is full; the system refuses the write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (files_of, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def written(project: Project) -> int:
    """How large the largest file of the ledger is."""
    return max(path.stat().st_size for path in project.folder.glob("outreach.db*") if path.is_file())


@pytest.mark.parametrize("share", [0.0, 0.25, 0.6])
def test_a_disk_that_fills_up_while_sending_loses_nothing_and_sends_nothing_twice(
    project: Project, tmp_path: Path, share: float
) -> None:
    """Room for none, some or most of what the campaign writes; then there is room again."""
    other = Project(tmp_path / "measure", group=10)
    other.consumers(*(consumer(f"p{number}") for number in range(1, ROWS + 1)))
    before = written(other)
    other.send(*(email(f"p{n}", n) for n in range(1, ROWS + 1)))
    needs = written(other) - before
    other.close()
    with room_for(written(project) + int(share * needs)):
        told = command(project, *SEND)
    assert_told(told, 3)
    assert "disk" in told.out.splitlines()[-1]
    sent = len(project.sent)
    assert sent < ROWS
    again = command(project, *SEND)
    assert 0 == again.status, again.err
    answers = [line["answered"] for line in again.lines[:-1]]
    assert ROWS == len(answers)
    assert {"sent", "unknown"} >= set(answers), "what left and could not be noted is unknown, never repeated"
    assert len({each["to"] for each in project.sent}) == len(project.sent)
    assert answers.count("sent") + answers.count("unknown") == ROWS == len(project.sent)
    assert project.app.ledger.verify().broken == ()


def test_a_full_disk_while_importing_keeps_what_was_imported_and_can_be_repeated(project: Project) -> None:
    file = project.folder / "more.csv"
    lines = ["consumer_id,name,home_country,home_region,home_postal_code,debt_id,debt_kind"]
    lines += [f"m{n},Sam Sample {n},US,OH,43215,m{n}-d,credit_card" for n in range(3000)]
    file.write_text("\n".join(lines) + "\n")
    words = ("import", "consumers", "more.csv", "--new-placement", "--json")
    with room_for(written(project) + 1_000_000):
        told = command(project, *words)
    assert_told(told, 3)
    again = command(project, *words)
    assert (0, 3000) == (again.status, again.line["imported"])
    with project.app.ledger.read() as reading:
        assert 3000 + ROWS == len(reading.person_ids())


# ---- a read-only disk ------------------------------------------------------------------------------


def without_privileges() -> None:
    """Root writes through every mode; a process that has lost this capability is refused like anybody."""
    prctl, drop = ctypes.CDLL(None).prctl, 24
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        prctl(drop, capability, 0, 0, 0)


CLI = """
import contextlib, io, json, sys
from pathlib import Path
from tests.cli.running import run
from tests.support import running_clock

for words in json.loads(sys.argv[1]):
    told = run(*words, folder=Path.cwd(), clock=running_clock())
    print(json.dumps([told.status, told.out, told.err]))
"""


def test_on_a_read_only_disk_nothing_is_sent_and_every_command_names_the_folder(project: Project) -> None:
    project.close()
    everything = [project.folder, *project.folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in everything}
    commands = [
        SEND,
        ("record", "p1", "opt_out", "--channel", "sms"),
        ("import", "consumers", "june.csv", "--new-placement"),
        ("db", "backup", "copy.db"),
        ("init", "below"),
        ("demo", "--folder", "demo"),
    ]
    for path, mode in modes.items():
        path.chmod(mode & 0o500)
    try:
        done = subprocess.run(
            [sys.executable, "-c", CLI, json.dumps(commands)],
            cwd=project.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TEST_EPOCH": str(EPOCH)},
            preexec_fn=without_privileges,
            check=False,
            capture_output=True,
            text=True,
            timeout=90,
        )
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert 0 == done.returncode, done.stderr
    for words, line in zip(commands, done.stdout.splitlines(), strict=True):
        told = Ran(*json.loads(line))
        assert_told(told, 2 if words[0] in ("init", "demo") else 3)
    assert [] == project.sent
    project.app = project.open()
    assert [] == list(project.kinds("p1"))


def test_a_call_task_whose_brief_cannot_be_written_is_given_back_and_that_is_said(project: Project) -> None:
    (project.folder / "calls").write_text("a file where the folder of briefs should be")
    (project.folder / "c.csv").write_text("person,channel,to,template\np1,call,+16145550001,early\n")
    assert 0 == command(project, "send", "c.csv", "--campaign", "calls").status
    told = command(project, "calls", "next")
    assert (2, "") == (told.status, told.out)
    assert "handed over" in told.err
    assert "do:" in told.err
    assert ["attempt_opened", "attempt_closed"] == project.kinds("p1")[-2:]
    (project.folder / "calls").unlink()
    assert 0 == command(project, "calls", "next").status, "it is on the list again"


# ---- a locked ledger -------------------------------------------------------------------------------


@contextlib.contextmanager
def locked(project: Project) -> Iterator[None]:
    """Somebody else is in the middle of a write, and stays there."""
    connection = sqlite3.connect(
        project.folder / "outreach.db", isolation_level=None, check_same_thread=False
    )
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is waited for a third of a second instead of thirty."""
    monkeypatch.setattr("outreach.assemble.open_ledger", partial(open_ledger, busy_seconds=0.3))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "words",
    [
        SEND,
        ("work", "--once"),
        ("record", "p1", "opt_out", "--channel", "sms"),
        ("pause", "sms", "--reason", "x"),
        ("calls", "next"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_locked_ledger_is_busy_and_nothing_was_done(project: Project, words: tuple[str, ...]) -> None:
    command(project, "send", "june.csv", "--campaign", "june", "--dry-run")
    with locked(project):
        told = command(project, *words)
        assert_told(told, 4) if words != ("calls", "next") else None
        assert told.status in (4, 1)
    assert [] == project.sent
    assert [] == list(project.kinds("p1"))
    assert project.app.ledger.verify().broken == ()


@pytest.mark.usefixtures("impatient")
def test_reading_goes_on_while_the_ledger_is_locked(project: Project) -> None:
    with locked(project):
        assert 0 == command(project, "when", "p1").status
        assert 0 == command(project, *SEND, "--dry-run").status


@pytest.mark.usefixtures("impatient")
def test_a_ledger_locked_in_mid_run_ends_the_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    """The lock comes while the first send is on the wire, and stays until the command has given up."""
    project = Project(tmp_path / "agency", group=10, wire=ONE_BY_ONE)
    fill(project)
    project.script(**{"person1@example.com": "waits:go"})
    done: list[Ran] = []
    sending = threading.Thread(target=lambda: done.append(_in_process(project)))
    sending.start()
    wait_for_sends(project, 1)
    with locked(project):
        (project.folder / "go").touch()
        sending.join(timeout=60)
    assert not sending.is_alive()
    assert 4 == done[0].status, done[0].err
    assert 1 <= len(project.sent) < ROWS
    again = command(project, *SEND)
    answers = [line["answered"] for line in again.lines[:-1]]
    assert ROWS == len(answers)
    assert {"sent", "unknown"} >= set(answers)
    assert ROWS == len(project.sent) == len({each["to"] for each in project.sent})
    assert project.app.ledger.verify().broken == ()
    project.close()


def _in_process(project: Project) -> Ran:
    """The engine without the command's signal handlers, which belong to a main thread."""
    from outreach.assemble import assemble
    from outreach.engines.local import Sending
    from outreach.errors import LedgerBusy
    from outreach.intake import RejectsFile, read_contacts
    from outreach.settings import load_settings

    app = assemble(load_settings(project.folder), clock=project.clock)
    file = project.folder / "june.csv"
    try:
        with app, RejectsFile(project.folder / "rejects.csv") as kept, app.run() as run_:
            for _ in Sending(app, run_.dispatcher.dispatch, kept).send(read_contacts(file, "june")):
                pass
    except LedgerBusy as error:
        return Ran(4, "", str(error))
    return Ran(0, "", "")


def test_a_lock_that_is_let_go_in_time_is_only_waited_for(project: Project) -> None:
    with contextlib.ExitStack() as held:
        held.enter_context(locked(project))
        threading.Timer(0.5, held.pop_all().close).start()
        told = command(project, "record", "p1", "opt_out", "--channel", "sms")
    assert 0 == told.status


# ---- a foreign ledger ------------------------------------------------------------------------------


def another_programs(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE customers (id)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("kind", ["another program's", "no database", "a folder", "missing"])
def test_what_is_no_ledger_is_refused_named_and_left_as_it_is(project: Project, kind: str) -> None:
    foreign = project.folder / "other.db"
    if kind == "another program's":
        another_programs(foreign)
    elif kind == "no database":
        foreign.write_text("dear sirs, " * 500)
    elif kind == "a folder":
        foreign.mkdir()
    before = foreign.read_bytes() if foreign.is_file() else None
    settings = project.folder / "outreach.toml"
    settings.write_text(settings.read_text() + '\n[ledger]\nurl = "sqlite:///other.db"\n')
    for words in (SEND, ("db", "upgrade"), ("record", "p1", "opt_out", "--channel", "sms")):
        told = command(project, *words)
        assert 3 == told.status, (words, told.out, told.err)
        assert "other.db" in told.out + told.err
        assert "remedy" in told.out or "do:" in told.err
    assert before == (foreign.read_bytes() if foreign.is_file() else None)
    assert [] == project.sent


def test_a_ledger_without_its_key_is_refused_before_anything_is_judged(project: Project) -> None:
    key = project.folder / "outreach.db-key"
    kept = key.read_bytes()
    key.unlink()
    missing = command(project, *SEND)
    assert 3 == missing.status
    key.write_bytes(os.urandom(len(kept)) if not kept.isascii() else b"0" * len(kept.strip()) + b"\n")
    key.chmod(0o600)
    wrong = command(project, *SEND)
    assert 3 == wrong.status
    assert "key" in wrong.out
    assert [] == project.sent
    key.write_bytes(kept)
    assert_whole_after_another_try(project)
