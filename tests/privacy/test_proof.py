"""The proof of an erasure holds, and fails where it should."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from outreach.errors import InputError
from tests.support import Project, consents, consumer, phone, sms


@pytest.fixture
def erased(project: Project) -> str:
    """The id of the record of an erasure."""
    project.consumers(consumer("p1", name="Philomena Quackenbush"), consumer("p2"))
    project.events(consents("p1", 1))
    project.send(sms("p1", 1))
    return project.app.privacy.erase("p1", "asked", "D. Officer", despite_retention=True).event


def test_it_is_found_by_her_id_and_by_its_own(project: Project, erased: str) -> None:
    for wanted in ("p1", erased, erased[:20]):
        proof = project.app.privacy.proof(wanted, ["Philomena Quackenbush", phone(1)])
        assert erased == proof.erased.id
        assert [] == [what for what, well in proof.checks if not well]


@pytest.mark.parametrize("wanted", ["p2", "p9", "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_there_is_none_of_whoever_was_not_erased(project: Project, erased: str, wanted: str) -> None:
    with pytest.raises(InputError):
        project.app.privacy.proof(wanted)


@pytest.mark.parametrize(
    ("meddle", "fails"),
    [
        ("UPDATE person_version SET data = '{\"id\":\"p1\"}' WHERE data = ''", "emptied in every version"),
        ('UPDATE stream SET aliases = \'{"endpoint":{"+16145550001":"~x"}}\' WHERE key = \'\'', "her rows"),
        ("UPDATE stream SET key = 'ab' WHERE key = ''", "her key"),
    ],
)
def test_it_fails_where_something_was_put_back(
    project: Project, erased: str, meddle: str, fails: str
) -> None:
    project.close()
    with closing(sqlite3.connect(project.folder / "outreach.db")) as connection:
        connection.execute(meddle)
        connection.commit()
    project.app = project.open()
    proof = project.app.privacy.proof(erased, [phone(1)])
    assert not proof.holds
    assert [what for what, well in proof.checks if not well and fails in what]


def test_a_text_in_another_persons_records_is_told_and_no_failure(project: Project, erased: str) -> None:
    proof = project.app.privacy.proof(erased, [phone(2)])
    assert proof.holds
    assert 1 == proof.shared
