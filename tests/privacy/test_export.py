"""What a person is told is held of her: all of hers, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from outreach.channels import OptOutNews
from outreach.cli.output import plain
from outreach.domain import Way
from outreach.errors import InputError
from tests.support import Project, consents, consumer, phone, sms


def exported(project: Project, ref: str = "p1") -> dict[str, Any]:
    return dict(plain(project.app.privacy.export(ref)))


def test_everything_held_of_her_is_in_it(project: Project) -> None:
    project.app.inbound.receive("wire-sms", [OptOutNews(Way.SMS, phone(1), "STOP", "k2")])
    project.consumers(consumer("p1", name="Mary Oldname"))
    project.consumers(consumer("p1", name="Mary Newname"))
    project.events(consents("p1", 1) | {"note": "on a slip of paper"})
    [sent] = project.send(sms("p1", 1))
    document = exported(project)
    assert "p1" == document["person"]
    assert ["Mary Oldname", "Mary Newname"] == [each["name"] for each in document["data"]]
    consent = next(each for each in document["events"] if each["event"] == "consent")
    assert (phone(1), "on a slip of paper") == (consent["to"], consent["note"])
    [decision] = document["decisions"]
    assert ("allow", sent.decision_id) == (decision["verdict"], decision["id"])
    assert "us.regf.hours" in decision["passed"] or decision["rules"]
    [contact] = document["contacts"]
    assert ("done", "accepted", phone(1)) == (contact["state"], contact["outcome"], contact["to"])
    assert [project.sent[0]["text"]] == [each["text"] for each in document["words"]]
    assert [phone(1)] == [each["from"] for each in document["messages"]]
    assert document == json.loads(json.dumps(document))


def test_a_refusal_comes_with_its_reason_title_and_citation(project: Project) -> None:
    project.consumers(consumer("p1"))
    project.send(sms("p1", 1))
    [decision] = exported(project)["decisions"]
    refused = [each for each in decision["rules"] if each["verdict"] == "block"]
    assert refused
    assert all(each["title"] and each["cites"] and each["reason"] for each in refused)


def test_nobody_else_is_in_it(project: Project) -> None:
    """Two people share a number: neither hears of the other, nor who among us did what."""
    project.consumers(consumer("p1"), consumer("p2", phones=[{"number": phone(1), "kind": "mobile"}]))
    project.events(consents("p1", 1), consents("p2", 1))
    project.send(sms("p2", 1))
    project.send(sms("p1", 1))
    project.app.privacy.hold("p1", "case 26-114", "a clerk of ours")
    with project.app.ledger.read() as reading:
        other = reading.persons(["p2"])["p2"]
        attempts = [each.attempt for each in reading.contacts_of(other.id)]
    text = json.dumps(exported(project))
    strange = [other.id, "p2", "Alex Example 2", "person2@example.com", "a clerk of ours", *attempts]
    assert [] == [each for each in strange if each in text]
    assert "case 26-114" in text


def test_strangers_and_persons_erased_are_refused(project: Project) -> None:
    project.consumers(consumer("p1"))
    project.app.privacy.erase("p1", "asked", "D. Officer", despite_retention=True)
    for ref, said in (("p1", "erased"), ("p9", "no consumer")):
        with pytest.raises(InputError, match=said):
            project.app.privacy.export(ref)
