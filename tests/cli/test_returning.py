"""receive, replies, reconcile --ask, serve: what comes back, as people and programs ask for it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.channels import ReplyNews
from outreach.domain import Way
from outreach.pipeline.items import Answered
from tests.cli.running import Command, run
from tests.support import WIRE, Project, consumer, email, phone, sms

ABLE = WIRE.replace(
    "class WireEmail(Wire):",
    """
from outreach.channels import Ability, Collected, DeliveryNews
from outreach.domain import Result


class WireEmail(Wire):
    abilities = frozenset({Ability.COLLECT, Ability.RECONCILE})

    def collect(self, source):
        folder = Path(source or self.folder / "returned")
        for file in sorted(folder.iterdir()):
            news = DeliveryNews(file.read_text(), Result.BOUNCED, "5.1.1", file.name)
            yield Collected((news,), done=file.unlink)

    def reconcile(self, lost):
        if "person3" in lost.address:
            raise ConnectionError(lost.address)
        if "person2" in lost.address:
            return SendFailed.refused("not there")
        known = [json.loads(line) for line in (self.folder / "sent.jsonl").read_text().splitlines()]
        if any(each["attempt"] == lost.attempt and each["text"] == lost.words.text for each in known):
            return Accepted("w-" + lost.attempt)
        return None
""",
)


@pytest.fixture
def able(tmp_path: Path) -> Iterator[Project]:
    """A project whose e-mail channel can be asked and has something to fetch."""
    made = Project(tmp_path / "agency", wire=ABLE, more='[callbacks]\npublic_url = "https://o.example"\n')
    made.consumers(*(consumer(f"p{n}") for n in (1, 2, 3)))
    yield made
    made.close()


# ---- receive -----------------------------------------------------------------------------------------


def test_what_is_fetched_is_recorded_and_only_then_marked_as_done(able: Project) -> None:
    [answer] = able.send(email())
    folder = able.folder / "returned"
    folder.mkdir()
    (folder / "1").write_text(answer.attempt_id)
    (folder / "2").write_text("01K5ZZZZZZZZZZZZZZZZZZZZZZ")
    told = run("receive", "wire-email", "--json", folder=able.folder, clock=able.clock)
    assert (1, {"pieces": 2, "recorded": 1, "strange": 1, "unreadable": 0}) == (told.status, told.line)
    assert ["2"] == [each.name for each in folder.iterdir()]
    assert "delivery" in able.kinds("p1")


def test_a_channel_with_nothing_to_fetch_is_refused_naming_those_that_have(able: Project) -> None:
    told = run("receive", "wire-fax", folder=able.folder, clock=able.clock)
    assert 2 == told.status
    assert "there is no channel wire-fax here" in told.err
    told = run("receive", "wire-sms", folder=able.folder, clock=able.clock)
    assert "wire-sms only sends" in told.err
    assert 2 == told.status
    assert "name one of wire-email" in told.err


# ---- replies -----------------------------------------------------------------------------------------


def test_a_message_is_listed_with_its_words_and_settled_by_an_officer(
    project: Project, outreach: Command
) -> None:
    project.app.inbound.receive("wire-sms", [ReplyNews(Way.SMS, phone(1), "wrong person?", "m1")])
    [waiting] = outreach("replies", "list", "--json").lines
    assert ("p1", "sms", "wrong person?") == (waiting["person"], waiting["channel"], waiting["text"])
    assert "wrong person?" in outreach("replies", "list").out
    unnamed = outreach("replies", "settle", waiting["reply"], "--no-stop")
    assert (2, True) == (unnamed.status, "--officer" in unnamed.err)
    assert [Answered.BLOCKED] == [each.answered for each in project.send(sms())]
    told = outreach("replies", "settle", waiting["reply"], "--no-stop", "--officer", "Rowan Hale")
    assert 0 == told.status
    assert [Answered.SENT] == [each.answered for each in project.send(sms(key="again"))]
    assert "" == outreach("replies", "list", "--json").out


def test_what_somebody_wrote_is_no_mark_up_and_commands_no_terminal(
    project: Project, outreach: Command
) -> None:
    text = "[red]wrong person[/red] \x1b[31m\x07 [callbacks]"
    project.app.inbound.receive("wire-sms", [ReplyNews(Way.SMS, phone(1), text, "m1")])
    shown = "".join(outreach("replies", "list").out.split())
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[red]" in shown
    assert "[callbacks]" in shown


def test_a_stop_that_a_person_confirms_stays(project: Project, outreach: Command) -> None:
    project.app.inbound.receive("wire-sms", [ReplyNews(Way.SMS, phone(1), "why won't this stop", "m1")])
    [waiting] = outreach("replies", "list", "--json").lines
    assert 0 == outreach("replies", "settle", waiting["reply"][:22], "--stop").status
    assert [Answered.BLOCKED] == [each.answered for each in project.send(sms())]


# ---- reconcile --ask ---------------------------------------------------------------------------------


def test_providers_are_asked_and_what_left_is_settled(able: Project) -> None:
    able.script(**{f"person{n}@example.com": "unknown" for n in (1, 2, 3)})
    answers = able.send(*(email(f"p{n}", n) for n in (1, 2, 3)))
    assert {Answered.UNKNOWN} == {each.answered for each in answers}
    told = run("reconcile", "--ask", "--json", folder=able.folder, clock=able.clock)
    said = {line["attempt"]: line["outcome"] for line in told.lines}
    assert ["accepted", "refused", None] == [said[each.attempt_id] for each in answers]
    with able.app.ledger.read() as reading:
        assert 2 == len(reading.unknown(10))  # what never left is given back by an officer only
    run("reconcile", "--ask", "--officer", "Rowan Hale", folder=able.folder, clock=able.clock)
    with able.app.ledger.read() as reading:
        assert [answers[2].attempt_id] == [each.attempt for each in reading.unknown(10)]


def test_asking_says_in_a_table_what_remains_to_be_done(able: Project) -> None:
    able.script(**{"person2@example.com": "unknown"})
    able.send(email("p2", 2))
    told = run("reconcile", "--ask", folder=able.folder, clock=able.clock)
    assert "refused" in told.out
    assert "--officer NAME" in told.out
    assert "person2" not in told.out + told.err


# ---- serve -------------------------------------------------------------------------------------------


def test_serve_says_where_it_listens_and_ends_on_a_signal(able: Project) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from outreach.cli import main; main()",
            "serve",
            "--callbacks",
            "--port",
            "0",
            "--json",
        ],
        cwd=able.folder,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        connection = http.client.HTTPConnection(said["host"], said["port"], timeout=30)
        connection.request("GET", "/health")
        answer = connection.getresponse()
        assert (200, b"ok\n") == (answer.status, answer.read())
        connection.close()
        process.terminate()
        process.wait(30)
    assert "https://o.example" == said["public_url"]


def test_serve_without_a_public_url_says_what_is_missing(project: Project, outreach: Command) -> None:
    told = outreach("serve", "--callbacks")
    assert 3 == told.status
    assert "public_url" in told.err
    assert 2 == outreach("serve").status
