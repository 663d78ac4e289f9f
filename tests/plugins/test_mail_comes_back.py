"""What a mailbox holds takes effect: bounces, unsubscribing, replies; marked as seen only once recorded."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from outreach.domain import Result
from outreach.pipeline.items import Answered
from outreach_smtp_email.proof import Proof
from tests.cli.running import Ran, run
from tests.support import Project, consumer, email

SECRET = "a secret of the installation"
MORE = """
[plugin.smtp-email]
host = "127.0.0.1"
port = 25
security = "none"
mailbox = "returned"
bounce_address = "bounces@northgate.example"
unsubscribe_mailto = "stop@northgate.example"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project that sent one e-mail, by a wire of ours, and whose mailbox is read by smtp-email."""
    monkeypatch.setenv("OUTREACH_PLUGINS", "call-task,wire,smtp-email")
    monkeypatch.setenv("OUTREACH_PLUGIN__SMTP_EMAIL__VERP_SECRET", SECRET)
    made = Project(tmp_path / "agency", more=MORE)
    made.consumers(consumer())
    mailbox.Maildir(made.folder / "returned")
    yield made
    made.close()


def receive(project: Project, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """``run`` hides the environment's own settings, so they stand in ``.env``."""
    (project.folder / ".env").write_text(
        f"OUTREACH_PLUGINS=call-task,wire,smtp-email\nOUTREACH_PLUGIN__SMTP_EMAIL__VERP_SECRET={SECRET}\n"
    )
    (project.folder / ".env").chmod(0o600)
    return run("receive", "smtp-email", "--json", folder=project.folder, clock=project.clock)


def arrives(project: Project, message: bytes) -> None:
    mailbox.Maildir(project.folder / "returned").add(message)


def proof() -> Proof:
    return Proof(SECRET, "bounces@northgate.example", "stop@northgate.example")


def bounce(attempt: str) -> bytes:
    to = proof().envelope_sender(attempt, "")
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: {to}\nSubject: Undelivered\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nGone.\n--b\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        "Final-Recipient: rfc822; person1@example.com\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
    ).encode()


def test_a_bounce_is_recorded_and_then_seen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    [sent] = project.send(email())
    arrives(project, bounce(sent.attempt_id))
    told = receive(project, monkeypatch)
    assert {"pieces": 1, "recorded": 1, "strange": 0, "unreadable": 0} == told.line
    [delivery] = [event for event in project.stream("p1") if event.kind == "delivery"]
    assert (Result.BOUNCED, "5.1.1") == (delivery.fields["result"], delivery.fields["said"])
    assert "wrong_number" not in project.kinds("p1")  # a mailbox that is gone is no wrong number
    assert 0 == receive(project, monkeypatch).line["pieces"]


def test_an_invented_bounce_is_not_believed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    [sent] = project.send(email())
    forged = bounce(sent.attempt_id).replace(proof()._digest("bounce", sent.attempt_id).encode(), b"0" * 16)
    arrives(project, forged)
    assert 0 == receive(project, monkeypatch).line["recorded"]
    assert "delivery" not in project.kinds("p1")


def test_a_reply_that_asks_to_stop_stops_e_mail(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = EmailMessage()
    reply["From"], reply["To"] = "Alex Example <person1@example.com>", "office@northgate.example"
    reply["Subject"] = "Re: About your account"
    reply.set_content("unsubscribe\n\n> Please call us\n")
    arrives(project, reply.as_bytes())
    told = receive(project, monkeypatch)
    assert 0 == told.status
    assert told.line["recorded"] >= 2
    [answer] = project.send(email())
    assert Answered.BLOCKED is answer.answered


def test_the_mailto_of_list_unsubscribe_ends_e_mail_to_the_address_it_proves(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from urllib.parse import parse_qs, urlsplit

    subject = parse_qs(urlsplit(proof().mailto_link("person1@example.com")).query)["subject"][0]
    wish = EmailMessage()
    wish["From"], wish["To"], wish["Subject"] = "elsewhere@example.net", "stop@northgate.example", subject
    wish.set_content("")
    arrives(project, wish.as_bytes())
    assert 1 == receive(project, monkeypatch).line["recorded"]
    [told] = [event for event in project.stream("p1") if event.kind == "opt_out"]
    assert {"channel": "email", "to": "person1@example.com", "form": "mailto"} == dict(told.fields)


def test_what_cannot_be_read_stays_for_a_person(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(600))
    arrives(project, b"From: a@b.example\nMIME-Version: 1.0\n" + deep)
    for _ in range(2):
        told = receive(project, monkeypatch)
        assert (1, 0, 1) == (told.status, told.line["recorded"], told.line["unreadable"])
