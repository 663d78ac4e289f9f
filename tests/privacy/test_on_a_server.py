"""Erasing where the ledger lies on a server: the rows are proven, the server's files are not claimed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.postgres import Server
from tests.stores import kept_on
from tests.support import Project, consumer, email


@pytest.fixture
def project(tmp_path: Path, postgres: Server) -> Iterator[Project]:
    with kept_on(postgres):
        made = Project(tmp_path / "agency")
        made.consumers(consumer("p1"), consumer("p2"))
        made.send(email("p1"), email("p2", 2))
        yield made
        made.close()


def test_a_person_is_erased_the_chains_hold_and_the_proof_says_what_was_not_looked_at(
    project: Project,
) -> None:
    words = ("--because", "asked for it", "--officer", "Dana", "--despite-retention")
    told = run("privacy", "erase", "p1", *words, folder=project.folder)
    assert (0, "") == (told.status, told.err)
    proof = run("privacy", "proof", "p1", "--text", "person1@example.com", "--json", folder=project.folder)
    assert 0 == proof.status
    assert all(proof.line["checks"].values())
    assert "server" in proof.line["not_looked_at"]
    assert not any("files" in what for what in proof.line["checks"])
    assert () == project.app.ledger.verify().broken
    assert {} == project.app.ledger.rebuild()
    told = run("privacy", "export", "p2", "--json", folder=project.folder)
    assert 0 == told.status


def test_a_person_whose_number_another_has_is_erased_and_the_stop_goes_on(project: Project) -> None:
    """What her chain kept of the system's and of the number is locked with it, whoever writes meanwhile."""
    stop = {"consumer": "p1", "key": "stop", "at": "2026-06-02T10:00:00-04:00", "event": "opt_out"}
    project.events({**stop, "channel": "email", "to": "person1@example.com"})
    project.app.privacy.erase("p1", "asked for it", "Dana", despite_retention=True)
    heir = consumer("p3", emails=[{"address": "person1@example.com", "kind": "personal"}])
    project.consumers(heir)
    [answer] = project.send(email("p3", 1, key="heir"))
    assert "blocked" == answer.answered.value
    assert () == project.app.ledger.verify().broken
