"""A campaign through a vendor that misbehaves: nothing twice, nothing lost, every row answered."""

from __future__ import annotations

import random
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import Outcome, Result
from outreach.pipeline.items import Answer, Answered
from outreach.testing import Asked, FakeVendor, Reply
from tests.plugins.twilio_vendor import ACCOUNT, TOKEN, FakeTwilio, error
from tests.support import Project, consents, consumer, sms

PEOPLE = range(1, 41)
PUBLIC = "https://outreach.example"

MORE = f"""
[callbacks]
public_url = "{PUBLIC}"

[plugin.twilio]
account_sid = "{ACCOUNT}"
base_url = "{{url}}"
read_seconds = 20

[plugin.twilio.sms_rate]
at_once = 8
"""


@pytest.fixture
def vendor() -> Iterator[FakeTwilio]:
    with FakeTwilio().serving() as serving:
        assert isinstance(serving, FakeTwilio)
        yield serving


@pytest.fixture
def project(tmp_path: Path, vendor: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setenv("OUTREACH_PLUGIN__TWILIO__AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("OUTREACH_PLUGINS", "call-task,wire,twilio")
    monkeypatch.setenv("OUTREACH_ROUTES__SMS", "twilio-sms")
    made = Project(tmp_path / "agency", more=MORE.format(url=vendor.url), group=10)
    made.consumers(*(consumer(f"p{n}") for n in PEOPLE))
    made.events(*(consents(f"p{n}", n) for n in PEOPLE))
    dated(made, vendor)
    yield made
    made.close()


def dated(project: Project, vendor: FakeTwilio) -> None:
    """The vendor's clock is the project's."""

    def respond(asked: Asked) -> Reply:
        before = len(vendor.messages)
        reply = vendor.respond(asked)
        for each in vendor.messages[before:]:
            each["date_created"] = project.clock.now().strftime("%a, %d %b %Y %H:%M:%S +0000")
        return reply

    vendor.answer = respond


def send(project: Project) -> dict[str, Answer]:
    answers = project.send(*(sms(f"p{n}", n) for n in PEOPLE))
    return {each.contact.person: each for each in answers}


def made_for(vendor: FakeTwilio) -> Counter[str]:
    """The messages that exist at the vendor, by number."""
    return Counter(each["to"] for each in vendor.messages)


def work_it_off(project: Project, answers: dict[str, Answer]) -> None:
    for _ in range(12):
        project.clock.advance(timedelta(minutes=20))
        for each in project.work():
            answers[each.contact.person] = each


@pytest.mark.parametrize("seed", range(3))
def test_through_a_storm_nothing_is_sent_twice_and_every_row_is_answered(
    project: Project, vendor: FakeTwilio, seed: int
) -> None:
    """Promises 5, 6 and 7: what may have left is never repeated; what never left comes back and goes."""
    dice = random.Random(seed)
    unmade: list[Any] = [error(429, 20429, "Too Many Requests"), Reply(429, b"slow down")]
    maybe: list[Any] = [FakeVendor.reset, FakeVendor.cut, FakeVendor.silence(0.5), Reply(503, b"try later")]
    vendor.next(*(dice.choice([*unmade, *maybe, answered, answered]) for _ in range(60)))
    answers = send(project)
    work_it_off(project, answers)
    assert {f"p{n}" for n in PEOPLE} == set(answers)
    ends = Counter(each.answered for each in answers.values())
    assert {Answered.SENT, Answered.UNKNOWN, Answered.FAILED} >= set(ends)
    assert {1} == set(made_for(vendor).values())
    assert ends[Answered.SENT] <= len(vendor.messages) <= ends[Answered.SENT] + ends[Answered.UNKNOWN]
    assert {} == project.app.ledger.rebuild()
    found: dict[str, Outcome | None] = {}
    for _ in range(10):  # the storm may not be over, and then nobody can tell yet
        for each in project.app.inbound.ask_providers():
            found[each.contact.contact.to] = each.outcome
    there = {number for number, outcome in found.items() if outcome is Outcome.ACCEPTED}
    assert {number for number in found if number in made_for(vendor)} == there
    assert ends[Answered.UNKNOWN] == len(found)


def answered(connection: socket.socket, reply: Reply) -> None:
    """As if nothing were wrong, for once."""
    body = reply.encoded()
    connection.sendall(f"HTTP/1.1 {reply.status} OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    connection.close()


def test_an_answer_that_was_lost_is_found_again_at_the_vendor(project: Project, vendor: FakeTwilio) -> None:
    vendor.next(*[FakeVendor.cut] * 4, *[FakeVendor.reset] * 4)
    answers = send(project)
    work_it_off(project, answers)
    unknown = [each for each in answers.values() if each.answered is Answered.UNKNOWN]
    assert 8 == len(unknown)
    before = len(vendor.messages)
    found = {each.contact.attempt: each.outcome for each in project.app.inbound.ask_providers()}
    assert dict.fromkeys((each.attempt_id for each in unknown), Outcome.ACCEPTED) == found
    with project.app.ledger.read() as reading:
        assert () == reading.unknown(100)
    assert before == len(vendor.messages)  # asking sends nothing


def test_a_vendor_that_throttles_everything_fails_nobody(project: Project, vendor: FakeTwilio) -> None:
    vendor.answer = lambda _asked: error(429, 20429, "Too Many Requests")
    answers = send(project)
    assert {Answered.HELD} == {each.answered for each in answers.values()}
    assert len(vendor.asked) < 40  # it rests long before everybody was tried
    vendor.answer = vendor.respond
    work_it_off(project, answers)
    assert {Answered.SENT} == {each.answered for each in answers.values()}
    assert {1} == set(made_for(vendor).values())
    assert 40 == len(vendor.messages)


def test_a_stop_known_to_the_vendor_closes_the_number_here_too(project: Project, vendor: FakeTwilio) -> None:
    vendor.next(error(400, 21610, "Attempt to send to unsubscribed recipient"))
    [answer] = project.send(sms("p1", 1))
    assert Answered.FAILED is answer.answered
    [again] = project.send(sms("p1", 1, key="again"))
    assert Answered.BLOCKED is again.answered
    assert Result.OPTED_OUT.value in {event.get("outcome") for event in project.stream("p1")}
