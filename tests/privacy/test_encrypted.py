"""Where what is held is encrypted: an erasure takes as much, and its proof looks at what was decrypted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import support
from tests.support import Project, consents, consumer, phone, sms

NAME = "Philomena Quackenbush"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """p1, who was texted, and p2, who has the same number; encrypted."""
    monkeypatch.setattr(support, "STORE", support.Encrypted())
    made = Project(tmp_path / "agency")
    shared = consumer("p1")["phones"]
    made.consumers(consumer("p1", name=NAME), consumer("p2", phones=shared))
    made.events(consents("p1", 1))
    made.send(sms("p1", 1))
    yield made
    made.close()


def test_what_another_person_has_too_is_counted_although_it_is_encrypted(project: Project) -> None:
    assert frozenset() == project.app.ledger.texts_in_files({NAME, phone(1)})
    erased = project.app.privacy.erase("p1", "asked", "D. Officer", despite_retention=True)
    assert 1 == erased.shared
    proof = project.app.privacy.proof("p1", [NAME, phone(1)])
    assert [] == [what for what, well in proof.checks if not well]
    assert 1 == proof.shared


def test_a_text_that_is_still_there_does_not_count_as_gone(project: Project) -> None:
    with project.app.ledger.read() as reading:
        hers = reading.persons(["p1"])["p1"].id
        assert {NAME, phone(1)} == reading.texts_within({NAME, phone(1), "nobody at all"}, hers)


def test_everything_held_of_her_is_given_to_her_in_plain(project: Project) -> None:
    told = str(project.app.privacy.export("p1"))
    for text in (NAME, phone(1), project.sent[0]["text"][:20]):
        assert text in told
