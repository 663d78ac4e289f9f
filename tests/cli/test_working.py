"""work and status as typed: processes of the distributed engine, and how it stands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.domain import SystemClock
from outreach.pipeline.items import Item
from outreach.pipeline.queueing import Queueing
from tests.cli.running import run
from tests.postgres import Server
from tests.stores import kept_on
from tests.support import Project, consumer, letter

ROWS = 12


@pytest.fixture
def project(tmp_path: Path, postgres: Server) -> Iterator[Project]:
    with kept_on(postgres):
        made = Project(tmp_path / "agency", group=5, clock=SystemClock())  # as the command has it
        made.consumers(*(consumer(f"p{n}") for n in range(1, ROWS + 1)))
        yield made
        made.close()


def wait_until(well: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not well():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.1)


def standing(project: Project) -> dict[str, object]:
    told = run("status", "--json", folder=project.folder)
    assert (0, "") == (told.status, told.err)
    return dict(told.line)


def test_two_processes_send_what_was_taken_in_one_that_dies_is_begun_anew_and_sigterm_ends_them(
    project: Project,
) -> None:
    items = [Item(letter(f"p{n}"), n) for n in range(1, ROWS + 1)]  # a letter knows no hours
    for _ in Queueing(project.app.parts, lambda partitions: None).dispatch(items):
        pass
    assert ROWS == standing(project)["due"]
    words = [
        sys.executable,
        "-m",
        "outreach",
        "work",
        "--engine",
        "distributed",
        "--concurrency",
        "2",
        "--json",
    ]
    keeper = subprocess.Popen(
        words, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: len(standing(project)["workers"]) == 2)  # type: ignore[arg-type]
    wait_until(lambda: standing(project)["due"] == 0)
    [first, _] = standing(project)["workers"]  # type: ignore[misc]
    os.kill(first["pid"], signal.SIGKILL)
    wait_until(
        lambda: (
            first["pid"] not in {w["pid"] for w in standing(project)["workers"]}  # type: ignore[attr-defined]
            and len(standing(project)["workers"]) == 2
        )  # type: ignore[arg-type]
    )
    keeper.send_signal(signal.SIGTERM)
    out, err = keeper.communicate(timeout=60)
    assert 0 == keeper.returncode, err
    told = [json.loads(line)["summary"]["answers"] for line in out.splitlines()]
    assert ROWS >= sum(each.get("sent", 0) for each in told)
    assert ROWS == len(project.sent) == len({each["attempt"] for each in project.sent})
    assert [] == standing(project)["workers"]


def test_the_standing_of_a_file_is_told_too(tmp_path: Path) -> None:
    project = Project(tmp_path / "agency")
    found = standing(project)
    assert (0, [], None) == (found["held"], found["workers"], found["wake_ups"])
    told = run("status", folder=project.folder)
    assert "held: 0, of them due: 0\n" in told.out
    with project.app.run():
        told = run("status", folder=project.folder)
        assert str(os.getpid()) in told.out
    project.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("work", "--engine", "distributed"), "needs a ledger on a server"),
        (("work", "--concurrency", "2"), "the local engine is one process"),
        (("work", "--engine", "distributed", "--once"), "local engine"),
    ],
)
def test_what_the_engines_cannot_do_is_refused_with_the_cure(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    project = Project(tmp_path / "agency")
    told = run(*words, folder=project.folder)
    assert 2 == told.status
    assert said in told.err
    assert "do:" in told.err
    project.close()
