"""The suppression list answers for people, numbers and addresses, and answers for nobody if it is unclear."""

import os
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import Consumer, Email, Phone, RelatedPerson, Relation
from outreach.errors import InputError
from outreach_suppression_list import SuppressionList

ANN = Consumer(id="p1", phones=(Phone("+16145550142"),), emails=(Email("Ann@Example.org"),))
BOB = Consumer(id="p2", people=(RelatedPerson("r1", Relation.FRIEND, phones=(Phone("+16145550143"),)),))


def listed(tmp_path: Path, text: str) -> SuppressionList:
    (tmp_path / "list.csv").write_text(text, "utf-8")
    return SuppressionList(tmp_path / "list.csv")


def answers(source: SuppressionList) -> list[Any]:
    return [(each["suppressed"], each["suppressed_because"]) for each in source.ask([ANN, BOB])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("consumer_id,reason\np1,deceased\n", [(True, "deceased"), (False, "")]),
        ("consumer_id\np1\n", [(True, "listed"), (False, "")]),
        ("phone,reason\n+1 (614) 555-0142,do_not_contact\n", [(True, "do_not_contact"), (False, "")]),
        ("email,reason\nann@example.ORG,bankrupt\n", [(True, "bankrupt"), (False, "")]),
        ("phone\n+16145550143\n", [(False, ""), (True, "listed")]),
        ("consumer_id,phone,email,reason\n", [(False, ""), (False, "")]),
        ("\ufeffconsumer_id\np2\n", [(False, ""), (True, "listed")]),
    ],
    ids=["person", "no reason", "number", "address", "friend's number", "empty", "byte order mark"],
)
def test_what_is_listed_is_suppressed(tmp_path: Path, text: str, expected: list[Any]) -> None:
    assert expected == answers(listed(tmp_path, text))


def test_every_fact_is_given_for_everybody(tmp_path: Path) -> None:
    source = listed(tmp_path, "consumer_id\np1\n")
    assert all(source.facts == set(answer) for answer in source.ask([ANN, BOB]))


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    source = listed(tmp_path, "consumer_id\np1\n")
    assert [(True, "listed"), (False, "")] == answers(source)
    listed(tmp_path, "consumer_id\np2\n")
    os.utime(tmp_path / "list.csv", ns=(1, 1))
    assert [(False, ""), (True, "listed")] == answers(source)


@pytest.mark.parametrize(
    ("text", "place", "column"),
    [
        ("", "list.csv:1", ""),
        ("reason\ndeceased\n", "list.csv:1", ""),
        ("consumer_id,name\np1,x\n", "list.csv:1", ""),
        ("consumer_id,consumer_id\np1,p1\n", "list.csv:1", ""),
        ("consumer_id,reason\np1,deceased\n,deceased\n", "list.csv:3", ""),
        ("consumer_id,reason\np1\n", "list.csv:2", ""),
        ("consumer_id\np1,p2\n", "list.csv:2", ""),
        ("phone\n6145550142\n", "list.csv:2", "phone"),
        ("email\nann at home\n", "list.csv:2", "email"),
        ("consumer_id,reason\np1,She died\n", "list.csv:2", "reason"),
    ],
)
def test_a_row_that_cannot_be_understood_is_named_and_nobody_is_answered_for(
    tmp_path: Path, text: str, place: str, column: str
) -> None:
    """Skipping the row would let a contact through that the row forbids."""
    with pytest.raises(InputError) as error:
        listed(tmp_path, text).ask([ANN])
    assert (place, column) == (error.value.where, error.value.column)


def test_bytes_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"consumer_id,reason\np\xff,deceased\n")
    with pytest.raises(InputError, match="cannot be read"):
        SuppressionList(tmp_path / "list.csv").ask([ANN])


def test_a_file_taken_away_leaves_the_facts_unknown(tmp_path: Path) -> None:
    source = listed(tmp_path, "consumer_id\np1\n")
    source.ask([ANN])
    (tmp_path / "list.csv").unlink()
    with pytest.raises(FileNotFoundError):
        source.ask([ANN])
