"""One campaign over four media through real local servers, with what comes back taking effect meanwhile.

SMS over HTTP to Twilio on loopback, e-mail over SMTP with TLS, letters as PDF, calls taken by two agents.
While it runs, callbacks come in through the door: deliveries out of order and twice, and one person writes
that she wants to be left alone.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlencode

import pypdf
import pytest
from twilio.request_validator import RequestValidator

from outreach.domain import Result
from outreach.pipeline.items import Answer, Answered
from outreach.testing import Asked, Reply
from outreach.worklist import Disposition
from outreach_letter import make_run
from tests.plugins.mailservers import AUTHORITY, PASSWORD, USER, Inbox, real_server
from tests.plugins.twilio_vendor import ACCOUNT, TOKEN, FakeTwilio
from tests.support import Project, call, consents, consumer, email, letter, phone, sms
from tests.web.conftest import Caller, serving

PEOPLE = range(1, 21)
ALONE = 5
"""She answers her SMS with "leave me alone" before the campaign comes to her e-mail, letter and call."""

PUBLIC = "https://outreach.example"
MORE = """
[callbacks]
public_url = "{public}"

[plugin.twilio]
account_sid = "{account}"
base_url = "{twilio}"

[plugin.smtp-email]
host = "localhost"
port = {port}
ca_file = "{authority}"
user = "{user}"
"""


class Vendor(FakeTwilio):
    """Calls back as Twilio does, from threads of its own, while other messages are still being made."""

    def __init__(self) -> None:
        super().__init__()
        self.door: Caller | None = None
        self.statuses: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._callers = ThreadPoolExecutor(4)

    def respond(self, asked: Asked) -> Reply:
        reply = super().respond(asked)
        if asked.method == "POST":
            path = asked.form["StatusCallback"].removeprefix(PUBLIC)
            sid = reply.value["sid"]
            for word in ("delivered", "sent", "delivered"):
                self._callers.submit(self.tell, path, {"MessageSid": sid, "MessageStatus": word})
            if asked.form["To"] == phone(ALONE):
                words = {"MessageSid": "SMin1", "From": phone(ALONE), "Body": "Leave me alone!"}
                self.tell("/callbacks/twilio-sms", words)
        return reply

    def tell(self, path: str, fields: dict[str, str]) -> None:
        assert self.door is not None
        signed = RequestValidator(TOKEN).compute_signature(PUBLIC + path, fields)
        kind = "application/x-www-form-urlencoded"
        body = urlencode(fields).encode()
        answer = self.door(path, body, sign=False, X_Twilio_Signature=signed, Content_Type=kind)
        self.statuses.put(answer.status)

    def finished(self) -> list[int]:
        """The answers to all callbacks, once the last was made."""
        self._callers.shutdown(wait=True)
        found = []
        while not self.statuses.empty():
            found.append(self.statuses.get())
        return found


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    with real_server() as running:
        yield running


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor().serving() as serving_now:
        assert isinstance(serving_now, Vendor)
        yield serving_now


@pytest.fixture
def project(
    tmp_path: Path, vendor: Vendor, inbox: tuple[Inbox, int], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Project]:
    for name, value in {
        "PLUGIN__TWILIO__AUTH_TOKEN": TOKEN,
        "PLUGIN__SMTP_EMAIL__PASSWORD": PASSWORD,
        "PLUGINS": "call-task,wire,twilio,smtp-email,letter",
        "ROUTES__SMS": "twilio-sms",
        "ROUTES__EMAIL": "smtp-email",
        "ROUTES__LETTER": "letter-pdf",
    }.items():
        monkeypatch.setenv(f"OUTREACH_{name}", value)
    more = MORE.format(
        public=PUBLIC, account=ACCOUNT, twilio=vendor.url, port=inbox[1], authority=AUTHORITY, user=USER
    )
    made = Project(tmp_path / "agency", more=more, group=5)
    made.consumers(*(consumer(f"p{n}") for n in PEOPLE))
    made.events(*(consents(f"p{n}", n) for n in PEOPLE))
    yield made
    made.app.registry.channels["smtp-email"].close()  # type: ignore[attr-defined]  # before its server ends
    made.close()


def campaign(project: Project) -> dict[tuple[str, str], Answer]:
    """All texts, then all e-mails, letters and call tasks, in one run."""
    ways = (sms, email, lambda ref, _n: letter(ref), call)
    answers = project.send(*(way(f"p{n}", n) for way in ways for n in PEOPLE))
    return {(each.contact.person, each.contact.channel.value): each for each in answers}


def worked(project: Project) -> list[str]:
    """The persons whom two agents call, taking from one list at once, until it is empty."""
    called: list[str] = []
    lock = threading.Lock()

    def agent(name: str) -> None:
        while True:
            task, _ = project.app.worklist.next(name)
            if task is None:
                return
            with lock:
                called.append(task.contact.contact.person)
            project.app.worklist.done(task.attempt, Disposition(Result.NO_ANSWER, agent=name))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(agent, ("ana", "ben")))
    return called


def test_a_campaign_over_four_media_with_what_comes_back_taking_effect_in_the_same_run(
    project: Project, vendor: Vendor, inbox: tuple[Inbox, int]
) -> None:
    with serving(project) as vendor.door:
        answers = campaign(project)
        assert {204} == set(vendor.finished())
        called = worked(project)
        unsubscribed = one_click(vendor.door, inbox[0])
    alone, others = f"p{ALONE}", {f"p{n}" for n in PEOPLE if n != ALONE}

    # every row is answered: one person's later contacts are refused, everybody else's go out
    assert 80 == len(answers)
    assert Answered.SENT is answers[alone, "sms"].answered
    for way in ("email", "letter", "call"):
        assert Answered.BLOCKED is answers[alone, way].answered, way
    expected = {
        "sms": Answered.SENT,
        "email": Answered.SENT,
        "letter": Answered.SENT,
        "call": Answered.OFFERED,
    }
    assert expected == {way: each.answered for (ref, way), each in answers.items() if ref == "p1"}
    for ref in others:
        assert expected == {way: answers[ref, way].answered for way in expected}

    # once each, at the other end of each wire
    assert {1} == set(Counter(each["to"] for each in vendor.messages).values())
    assert 20 == len(vendor.messages)
    assert Counter(f"person{n}@example.com" for n in PEOPLE if n != ALONE) == Counter(
        mail.recipient for mail in inbox[0].taken
    )
    assert Counter(others) == Counter(called)

    # what came back, told three times and out of order, is one end
    for n in PEOPLE:
        results = [event.get("result") for event in project.stream(f"p{n}") if event.kind == "delivery"]
        assert "delivered" == results[-1]
        assert 1 == results.count("delivered")
    assert ["cease", "inbound", "opt_out"] == sorted(
        kind for kind in project.kinds(alone) if kind in ("inbound", "opt_out", "cease")
    )

    # the link in the mail ends e-mail to that address
    [refused] = project.send(email(unsubscribed, int(unsubscribed[1:]), key="again"))
    assert Answered.BLOCKED is refused.answered

    letters_are_whole(project, others)
    assert () == project.app.ledger.verify().broken
    assert {} == project.app.ledger.rebuild()


def one_click(door: Caller, inbox: Inbox) -> str:
    """Post the one-click link of the first mail that arrived; whose it was."""
    mail = inbox.taken[0]
    parsed = message_from_bytes(mail.content, policy=policy.default)
    assert "List-Unsubscribe=One-Click" == parsed["List-Unsubscribe-Post"]
    link = parsed["List-Unsubscribe"].strip("<>").removeprefix(PUBLIC)
    assert 200 == door(link, b"List-Unsubscribe=One-Click", sign=False).status
    return mail.recipient.replace("person", "p").partition("@")[0]


def letters_are_whole(project: Project, others: set[str]) -> None:
    """A letter for each of the others, each in one run for the print house."""
    folder = project.folder / "letters"
    letters = sorted((folder / "single").glob("*.pdf"))
    assert len(others) == len(letters)
    run = make_run(folder)
    assert run is not None
    assert len(letters) == len(run.attempts)
    assert make_run(folder) is None
    texts = [" ".join(pypdf.PdfReader(each).pages[0].extract_text().split()) for each in letters]
    for ref in others:
        assert 1 == sum(f"Alex Example {int(ref[1:])} " in text for text in texts), ref
