from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Command, Ran, run
from tests.support import Project, consents, consumer


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with three people; p1 consents to texts, p3 has asked us to stop."""
    made = Project(tmp_path / "agency")
    made.consumers(consumer(), consumer("p2"), consumer("p3"))
    made.events(consents("p1", 1), consents("p2", 2), consents("p3", 3), STOP)
    yield made
    made.close()


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """The command in a project shared by all tests that change nothing; at the end nothing has changed."""
    made = Project(tmp_path_factory.mktemp("unchanged") / "agency")
    made.consumers(consumer(), consumer("p2"))
    made.events(consents("p1", 1))
    before = made.app.ledger.verify().events

    def command(*words: object) -> Ran:
        return run(*words, folder=made.folder, clock=made.clock)

    yield command
    assert before == made.app.ledger.verify().events
    made.close()


@pytest.fixture
def outreach(project: Project) -> Command:
    """The command, in the project's folder and on its clock."""

    def command(*words: object) -> Ran:
        return run(*words, folder=project.folder, clock=project.clock)

    return command


STOP = {
    "consumer": "p3",
    "key": "stop-p3",
    "at": "2026-06-01T10:00:00-04:00",
    "event": "opt_out",
    "channel": "sms",
}
