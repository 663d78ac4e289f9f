"""smtp-email keeps every promise of a channel against real servers, and says truly what left."""

from __future__ import annotations

import contextlib
import email
import email.policy
import gc
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from outreach.channels import Accepted, Channel, Cleared, SendFailed
from outreach.domain import FrozenClock, Outcome, Way
from outreach.errors import SettingsError
from outreach.testing import NOW, ChannelSuite, Failure, Unsayable, make_cleared, sample_sender, sample_words
from outreach_smtp_email import SmtpEmail, SmtpSettings, outreach_register_channels
from outreach_smtp_email.message import Envelope, Writer
from outreach_smtp_email.page import Page
from outreach_smtp_email.proof import Proof
from tests.plugins.mailservers import AUTHORITY, KEYS, PASSWORD, USER, Inbox, Scripted, dripping, real_server

WORDS = sample_words(Way.EMAIL)
SECRET = "a secret of tests, long enough"
ONE_CLICK = "https://pay.collector.example/u/01JX-long-and-unguessable"


def parsed(content: bytes) -> Any:
    return email.message_from_bytes(content, policy=email.policy.default)


def plain_of(content: bytes) -> str:
    return str(parsed(content).get_body(("plain",)).get_content()).replace("\r\n", "\n")


class _Shown(HTMLParser):
    """The words a reader sees, and where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", list[str](), set[str]()
        self._body = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self._body = self._body or tag == "body"
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag in ("p", "br"):
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        if self._body:
            self.text += data


def shown(content: bytes) -> _Shown:
    reader = _Shown()
    reader.feed(str(parsed(content).get_body(("html",)).get_content()).replace("\r\n", "\n"))
    return reader


# ---- the suite -----------------------------------------------------------------------------------


class Running:
    """The real server of this module's tests."""

    inbox: Inbox
    port: int


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    with real_server() as (Running.inbox, Running.port):
        yield


class TestSmtpEmail(ChannelSuite):
    """With STARTTLS, a login, VERP and DKIM all on."""

    @pytest.fixture(autouse=True)
    def _closed(self, _prepared: None) -> Iterator[None]:
        yield
        self.channel.close()  # type: ignore[attr-defined]

    def make_channel(self, folder: Path) -> Channel:
        self.inbox = Running.inbox
        self.inbox.taken.clear()
        return SmtpEmail(
            SmtpSettings(
                folder=folder,
                host="localhost",
                port=Running.port,
                ca_file=str(AUTHORITY),
                user=USER,
                password=PASSWORD,
                bounce_address="bounces@ours.example",
                verp_secret=SECRET,
                dkim_domain="collector.example",
                dkim_selector="test",
                dkim_key_file=str(dkim_key(folder)),
            )
        )

    def carried(self) -> Sequence[str]:
        return [plain_of(each.content) for each in self.inbox.taken]

    def failures(self) -> Sequence[Failure]:
        def says(command: str, answer: str) -> Callable[[], contextlib.AbstractContextManager[None]]:
            return lambda: self.inbox.answering(command, answer)

        return [
            Failure("greylisted", says("RCPT", "450 4.2.0 later, rosalind"), Outcome.NOT_SENT, retry=True),
            Failure("too busy", says("MAIL", "451 4.3.0 later"), Outcome.NOT_SENT, retry=True),
            Failure("disk full", says("DATA", "452 4.3.1 later"), Outcome.NOT_SENT, retry=True),
            Failure(
                "no such person", says("RCPT", "550 5.1.1 <rosalind.okafor@example.org>"), Outcome.REFUSED
            ),
            Failure("we are not liked", says("MAIL", "550 5.7.1 no"), Outcome.REFUSED),
            Failure("the words are not liked", says("DATA", "554 5.7.1 spam"), Outcome.REFUSED),
            Failure("taken, then dropped", says("DATA", "drop"), Outcome.UNKNOWN),
        ]

    def unsayable(self) -> Sequence[Unsayable]:
        sender = sample_sender(Way.EMAIL)
        return [
            Unsayable("no text", replace(WORDS, text=" \n")),
            Unsayable("NUL in the text", replace(WORDS, text="before\0after")),
            Unsayable("half a character", replace(WORDS, text="before \ud83d after")),
            Unsayable("a bell in the subject", replace(WORDS, subject="ring \x07")),
            Unsayable("no subject", replace(WORDS, subject="")),
            Unsayable("a subject that forges a header", replace(WORDS, subject="a\nBcc: x@example.org")),
            Unsayable("a subject with a bare return", replace(WORDS, subject="a\rBcc: x@example.org")),
            Unsayable("a name that forges a header", to_name="Rosalind\r\nBcc: x@example.org"),
            Unsayable("a sender that forges one", sender=replace(sender, name="A\nBcc: x@example.org")),
            Unsayable("a language that forges one", replace(WORDS, languages=("en\r\nBcc: x@example.org",))),
            Unsayable("no address", address="+16145550142"),
            Unsayable("two addresses", address="a@example.org,b@example.org"),
            Unsayable("an address that says more", address="a@example.org> SIZE=1"),
            Unsayable("an address with a comment", address="a(b)@example.org"),
            Unsayable("an address too long", address="a" * 65 + "@example.org"),
            Unsayable("an address in letters the server does not take", address="рози@example.org"),
            Unsayable("no sender's address", sender=replace(sender, address="main")),
        ]

    def test_it_goes_logged_in_to_one_recipient_with_the_attempt_as_envelope_sender(
        self,
    ) -> None:
        cleared = self.cleared()
        self.deliver(cleared)
        [taken] = self.inbox.taken
        assert taken.logged_in
        assert cleared.address == taken.recipient
        proof = Proof(SECRET, "bounces@ours.example")
        assert cleared.attempt == proof.attempt_of(taken.sender)

    def test_the_server_s_queue_id_is_kept(self) -> None:
        cleared = self.cleared()
        assert Accepted(cleared.attempt, "4XyZ1cQ2r7") == self.deliver(cleared)

    def test_many_messages_of_one_thread_use_one_connection(self) -> None:
        for _ in range(5):
            self.deliver(self.cleared())
        assert 1 == len({each.connection for each in self.inbox.taken})

    def test_no_more_connections_are_made_than_threads_send(self) -> None:
        passes = [self.cleared() for _ in range(30)]
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(self.deliver, passes))
        assert 3 >= len({each.connection for each in self.inbox.taken})
        assert 30 == len(self.inbox.taken)

    def test_after_a_refusal_the_same_connection_serves_the_next_person(self) -> None:
        self.deliver(self.cleared())
        with (
            self.inbox.answering("RCPT", "550 5.1.1 no"),
            pytest.raises(SendFailed, match=r"refused: 5\.1\.1$"),
        ):
            self.deliver(self.cleared())
        self.deliver(self.cleared())
        assert 1 == len({each.connection for each in self.inbox.taken})

    def test_what_was_refused_may_be_tried_again(self) -> None:
        attempt = self.cleared().attempt
        with self.inbox.answering("RCPT", "450 4.2.0 no"), pytest.raises(SendFailed):
            self.deliver(self.cleared(attempt=attempt))
        self.deliver(self.cleared(attempt=attempt))
        assert 1 == len(self.inbox.taken)

    def test_what_may_have_left_is_not_tried_again(self) -> None:
        attempt = self.cleared().attempt
        for _ in range(2):
            with self.inbox.answering("DATA", "drop"), pytest.raises(SendFailed) as failed:
                self.deliver(self.cleared(attempt=attempt))
            assert Outcome.UNKNOWN is failed.value.outcome
        assert [] == self.inbox.taken

    def test_what_arrives_is_signed_and_the_one_click_headers_are_among_what_is_signed(self) -> None:
        """RFC 8058 section 4."""
        self.deliver(self.cleared(opt_out_url=ONE_CLICK, to_name="Rosalía Núñez"))
        [taken] = self.inbox.taken
        assert dkim.verify(taken.content, dnsfunc=key_record)
        [fields] = re.findall(r"[; ]h=([^;]+);", parsed(taken.content)["DKIM-Signature"])
        signed = {each.strip() for each in fields.split(":")}
        assert {"list-unsubscribe", "list-unsubscribe-post", "from", "to", "subject"} <= signed
        for before, after in ((b"<https:", b"<http:"), (b"One-Click", b"Ten-Click")):
            assert before in taken.content
            assert not dkim.verify(taken.content.replace(before, after), dnsfunc=key_record)
        assert not dkim.verify(b"Subject: Another\r\n" + taken.content, dnsfunc=key_record)


def dkim_key(folder: Path) -> Path:
    key = folder / "dkim.key"
    if not key.exists():
        key.write_bytes((KEYS / "test-dkim.key").read_bytes())
        key.chmod(0o600)
    return key


def key_record(name: bytes, timeout: float = 5) -> bytes:
    """What the name server would say."""
    assert b"test._domainkey.collector.example." == name
    return b"v=DKIM1; k=rsa; p=" + (KEYS / "test-dkim.txt").read_bytes()


# ---- the message ---------------------------------------------------------------------------------


def written(*, proof: Proof | None = None, **changes: Any) -> bytes:
    return Writer(proof or Proof()).write(make_cleared(Way.EMAIL, **changes)).content


def test_a_mail_program_reads_sender_recipient_subject_id_date_and_language() -> None:
    subject = "Su cuenta: última cuota, ¿podemos ayudar?"
    words = replace(WORDS, subject=subject, languages=("es", "en"))
    cleared = make_cleared(Way.EMAIL, words=words, to_name="Núñez, Rosalía")
    message = parsed(Writer(Proof()).write(cleared).content)
    assert [] == [defect for part in message.walk() for defect in part.defects]
    assert "payments@collector.example" == message["From"].addresses[0].addr_spec
    assert "Harbor Recovery" == message["From"].addresses[0].display_name
    [to] = message["To"].addresses
    assert ("Núñez, Rosalía", "rosalind.okafor@example.org") == (to.display_name, to.addr_spec)
    assert subject == message["Subject"]
    assert f"<{cleared.attempt}@collector.example>" == message["Message-ID"]
    assert NOW == message["Date"].datetime
    assert "es, en" == message["Content-Language"]
    assert "auto-generated" == message["Auto-Submitted"]
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in message.iter_parts()]
    assert "multipart/alternative" == message.get_content_type()


def test_the_message_of_an_attempt_is_the_same_to_the_byte() -> None:
    cleared = make_cleared(Way.EMAIL)
    assert Writer(Proof()).write(cleared) == Writer(Proof()).write(cleared)


TEXTS = [
    "A first line.\n\nA second paragraph,\nof two lines.",
    "Signs: <b>&amp;</b> {name} %s \\n \"quoted\" 'single' =1+1 %LANGUAGE% %HREF% <script>alert(1)</script>",
    "Su saldo es de 1.234,50 €. ¿Podría llamarnos mañana?",
    "本信息来自债务催收机构。您的余额为1,234.50元。\n\n请致电我们。",
    "See https://pay.collector.example/a?b=1&c=2, or (http://help.example/x).",
    ".\n..\n.leading dots\n\n.",
    "From the beginning\n--=_ looks like a boundary\n trailing space \n",
    "word " * 500,
    "x" * 3000,
    "é" * 3000,
    "😀 outside the plane",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_both_parts_say_the_same_words_and_all_of_them(text: str) -> None:
    content = written(words=replace(WORDS, text=text))
    assert text.rstrip("\n") == plain_of(content).rstrip("\n")
    assert text.split() == shown(content).text.split()


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]) | st.just("\n"), min_size=1
)
NAME = st.text(st.characters(), max_size=90) | st.text("Aé =?<>,@\"\\'. _\r\n", max_size=90)


@given(text=TEXT, subject=NAME, name=NAME)
def test_any_text_subject_and_name_arrive_as_they_are_or_are_refused(
    text: str, subject: str, name: str
) -> None:
    """Refused aloud, or read back as they were, in one message with exactly our headers."""
    words = replace(WORDS, text=text, subject=subject)
    outcome = sayable(make_cleared(Way.EMAIL, words=words, to_name=name))
    if isinstance(outcome, SendFailed):
        assert not outcome.sayable
        return
    content = outcome.content
    message = parsed(content)
    assert subject == message["Subject"]
    assert [name] == [each.display_name for each in message["To"].addresses]
    assert HEADERS == list(message)
    assert text.rstrip("\n") == plain_of(content).rstrip("\n")
    assert text.split() == shown(content).text.split()
    assert 998 >= max(map(len, content.split(b"\r\n")))
    assert b"\n" not in content.replace(b"\r\n", b"")


def sayable(cleared: Cleared) -> Envelope | SendFailed:
    try:
        return Writer(Proof()).write(cleared)
    except SendFailed as failed:
        return failed


HEADERS = [
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"),
    *("MIME-Version", "Content-Type"),
]


@pytest.mark.parametrize(
    "subject",
    [
        "About your account",
        "Su cuenta: última cuota",
        "关于您的账户",
        "A long subject, " * 12 + "and its end",
    ],
    ids=["plain", "spanish", "chinese", "long"],
)
def test_usual_subjects_are_not_refused(subject: str) -> None:
    assert subject == parsed(written(words=replace(WORDS, subject=subject)))["Subject"]


@pytest.mark.parametrize(
    "name", ["Rosalind Okafor", "Núñez, Rosalía", 'Ann "Annie" O\'Neil-Smith Jr.', "欧阳娜娜", "a@b.example"]
)
def test_usual_names_are_not_refused(name: str) -> None:
    [to] = parsed(written(to_name=name))["To"].addresses
    assert (name, "rosalind.okafor@example.org") == (to.display_name, to.addr_spec)


def test_the_page_keeps_paragraphs_and_lines_links_to_what_it_shows_and_fetches_nothing() -> None:
    text = "One.\nTwo.\n\nThree: https://pay.example/a?b=1&c=2."
    page = shown(written(words=replace(WORDS, text=text)))
    lines = [line for line in page.text.split("\n") if line]
    assert ["One.", "Two.", "Three: https://pay.example/a?b=1&c=2."] == lines
    assert ["https://pay.example/a?b=1&c=2"] == page.links
    assert {"html", "head", "meta", "title", "body", "div", "p", "br", "a"} == page.tags


def test_the_style_is_written_into_each_element() -> None:
    page = Page.styled().of("One.\n\nhttps://a.example/b", "A title", "es")
    assert "<style" not in page
    assert 2 == page.count('<p style="margin: 0 0 1em;">')
    assert '<a href="https://a.example/b" style="color: #0b4f9e;">' in page
    assert '<html lang="es">' in page


@pytest.mark.parametrize(
    ("url", "mailto", "expected", "one_click"),
    [
        (ONE_CLICK, "", f"<{ONE_CLICK}>", True),
        (ONE_CLICK, "stop@a.example", f"<{ONE_CLICK}>, <mailto:stop@a.example?subject=unsubscribe>", True),
        ("", "stop@a.example", "<mailto:stop@a.example?subject=unsubscribe>", False),
        ("http://127.0.0.1:8000/u/x", "", "<http://127.0.0.1:8000/u/x>", True),
        ("http://pay.collector.example/u/x", "", "<http://pay.collector.example/u/x>", False),
        ("", "", None, False),
    ],
)
def test_one_click_is_promised_for_https_and_for_this_machine_alone(
    url: str, mailto: str, expected: str | None, one_click: bool
) -> None:
    message = parsed(written(proof=Proof(mailto=mailto), opt_out_url=url))
    assert expected == message["List-Unsubscribe"]
    assert ("List-Unsubscribe=One-Click" if one_click else None) == message["List-Unsubscribe-Post"]


def test_a_link_to_opt_out_that_would_forge_a_header_is_refused() -> None:
    with pytest.raises(SendFailed, match="cannot_say"):
        written(opt_out_url="https://a.example/\r\nBcc: x@example.org")


def test_an_attempt_whose_id_is_not_ours_does_not_leave() -> None:
    with pytest.raises(SendFailed) as failed:
        written(attempt="../../evil\r\nBcc: x")
    assert (Outcome.NOT_SENT, False) == (failed.value.outcome, failed.value.retry)


def test_a_message_leaves_nothing_for_the_collector_of_garbage() -> None:
    """The server of these tests leaves some now and then, from its own thread; ours would be there always."""
    writer = Writer(Proof())
    cleared = make_cleared(Way.EMAIL, to_name="Rosalía Núñez")
    writer.write(cleared)

    def left() -> int:
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                writer.write(cleared)
            return gc.collect()
        finally:
            gc.enable()

    assert 0 == min(left() for _ in range(5))


# ---- over the wire -------------------------------------------------------------------------------


def channel_to(port: int, folder: Path, **settings: Any) -> SmtpEmail:
    chosen = {"host": "127.0.0.1", "security": "none", "answer_seconds": 10, **settings}
    return SmtpEmail(SmtpSettings(folder=folder, port=port, **chosen))


@contextlib.contextmanager
def sending_to(port: int, folder: Path, **settings: Any) -> Iterator[Callable[..., Accepted]]:
    channel = channel_to(port, folder, **settings)
    try:
        yield lambda **changes: channel.deliver(make_cleared(Way.EMAIL, **changes), FrozenClock(NOW))
    finally:
        channel.close()


@pytest.mark.parametrize("text", [".\n..\n.leading dots\n\n.", "x" * 5000, "word " * 400, "催收。" * 700])
def test_leading_dots_and_long_lines_survive_the_way(text: str, tmp_path: Path) -> None:
    with Scripted() as server, sending_to(server.port, tmp_path) as send:
        send(words=replace(WORDS, text=text))
    [content] = server.messages
    assert text == plain_of(content).rstrip("\n")
    assert text.split() == shown(content).text.split()


STAGES = [
    ("MAIL", "450 4.7.1 slow down", Outcome.NOT_SENT, True, "4.7.1"),
    ("MAIL", "421 4.3.2 closing", Outcome.NOT_SENT, True, "4.3.2"),
    ("MAIL", "550 <payments@collector.example> no", Outcome.REFUSED, False, "550"),
    ("RCPT", "450 4.2.1 rosalind.okafor@example.org is busy", Outcome.NOT_SENT, True, "4.2.1"),
    ("RCPT", "550-5.1.1 rosalind.okafor@example.org\n550 5.1.1 unknown", Outcome.REFUSED, False, "5.1.1"),
    ("RCPT", "550 4.1.1 a code of another class", Outcome.REFUSED, False, "550"),
    ("RCPT", "421 4.7.0 too many", Outcome.NOT_SENT, True, "4.7.0"),
    ("DATA", "451 4.3.0 later", Outcome.NOT_SENT, True, "4.3.0"),
    ("DATA", "554 no valid recipients", Outcome.REFUSED, False, "554"),
    ("DATA", "250 what?", Outcome.NOT_SENT, True, "250"),
    ("message", "452 4.3.1 full", Outcome.NOT_SENT, True, "4.3.1"),
    ("message", "421 4.3.2 closing", Outcome.NOT_SENT, True, "4.3.2"),
    ("message", "552 5.3.4 too big", Outcome.REFUSED, False, "5.3.4"),
    ("message", "354 what?", Outcome.UNKNOWN, False, "354"),
    ("message", "Rosalind Okafor", Outcome.UNKNOWN, False, "no_answer_to_the_message"),
    ("message", "250-" + "x" * 5000, Outcome.UNKNOWN, False, "no_answer_to_the_message"),
    ("message", "\n".join(["250-again"] * 300), Outcome.UNKNOWN, False, "no_answer_to_the_message"),
    ("message", "drop", Outcome.UNKNOWN, False, "no_answer_to_the_message"),
    ("message", "reset", Outcome.UNKNOWN, False, "no_answer_to_the_message"),
    ("message", "silence", Outcome.UNKNOWN, False, "no_answer_to_the_message"),
    ("MAIL", "drop", Outcome.NOT_SENT, True, "connection_closed"),
    ("RCPT", "reset", Outcome.NOT_SENT, True, "econnreset"),
    ("DATA", "drop", Outcome.NOT_SENT, True, "connection_closed"),
    ("RCPT", "silence", Outcome.NOT_SENT, True, "timed_out"),
    ("greeting", "554 5.7.1 not you", Outcome.NOT_SENT, True, "5.7.1"),
    ("greeting", "drop", Outcome.NOT_SENT, True, "connection_closed"),
    ("greeting", "HTTP/1.1 400 Bad Request", Outcome.NOT_SENT, True, "out_of_step"),
    ("EHLO", "550 no", Outcome.NOT_SENT, True, "550"),
]


@pytest.mark.parametrize(("stage", "answer", "outcome", "retry", "code"), STAGES)
def test_every_answer_says_whether_it_left(
    stage: str, answer: str, outcome: Outcome, retry: bool, code: str, tmp_path: Path
) -> None:
    """Only codes are kept: a server's words quote addresses."""
    limits = {"taken_seconds": 0.2, "answer_seconds": 0.2} if answer == "silence" else {}
    with Scripted({stage: answer}) as server, sending_to(server.port, tmp_path, **limits) as send:
        with pytest.raises(SendFailed) as failed:
            send()
        assert (outcome, retry, code) == (failed.value.outcome, failed.value.retry, failed.value.code)
        assert 1 == server.connections
    assert (1 if stage == "message" else 0) == len(server.messages)


def test_a_message_broken_off_before_its_end_did_not_leave(tmp_path: Path) -> None:
    """A server that shuts the door within the message: the line that ends it was never sent."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as said:
                connection.sendall(b"220 hello\r\n")
                for answer in (b"250 hello", b"250 ok", b"250 ok", b"354 go on"):
                    said.readline()
                    connection.sendall(answer + b"\r\n")
                said.read(1000)

        thread = threading.Thread(target=serve)
        thread.start()
        with (
            sending_to(listening.getsockname()[1], tmp_path) as send,
            pytest.raises(SendFailed) as failed,
        ):
            send(words=replace(WORDS, text="words " * 500_000))
        thread.join(20)
    expected = (Outcome.NOT_SENT, "broken_off_within_the_message", True)
    assert expected == (failed.value.outcome, failed.value.code, failed.value.retry)


@pytest.mark.parametrize(
    "said", [["250 OK", "421 4.3.2 idle too long"], ["250 OK", "drop"], ["250 OK", "reset"]]
)
@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
def test_a_kept_connection_that_the_server_closed_costs_nothing_and_nothing_leaves_twice(
    stage: str, said: list[str], tmp_path: Path
) -> None:
    with Scripted({stage: said}, {}) as server, sending_to(server.port, tmp_path) as send:
        for _ in range(3):
            send()
        assert 2 == server.connections
    ids = [parsed(content)["Message-ID"] for content in server.messages]
    assert 3 == len(set(ids)) == len(ids)


def test_a_kept_connection_that_breaks_after_the_message_is_not_tried_again(tmp_path: Path) -> None:
    with Scripted({"message": ["250 OK", "drop"]}, {}) as server, sending_to(server.port, tmp_path) as send:
        send()
        with pytest.raises(SendFailed) as failed:
            send()
        assert Outcome.UNKNOWN is failed.value.outcome
        assert 1 == server.connections
        send()
    assert 3 == len(server.messages)


def test_a_server_that_is_gone_for_good_is_asked_once_more_and_no_oftener(tmp_path: Path) -> None:
    with Scripted({"MAIL": ["250 OK", "drop"]}, {"MAIL": "drop"}) as server:
        with sending_to(server.port, tmp_path) as send:
            send()
            with pytest.raises(SendFailed, match="connection_closed"):
                send()
        assert 2 == server.connections


def test_a_connection_not_used_for_long_is_not_used_again(tmp_path: Path) -> None:
    with Scripted() as server, sending_to(server.port, tmp_path, idle_seconds=0.000001) as send:
        send()
        send()
    assert 2 == server.connections
    assert 2 == server.verbs.count("QUIT")


def test_an_answer_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=dripping, args=(listening,))
        thread.start()
        with (
            sending_to(listening.getsockname()[1], tmp_path) as send,
            pytest.raises(SendFailed, match="out_of_step"),
        ):
            send()
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("250 2.0.0 Ok: queued as 4XyZ1cQ2r7", "4XyZ1cQ2r7"),
        ("250 OK id=1uAbCd-000XyZ-2k", "1uAbCd-000XyZ-2k"),
        ("250 queued as rosalind", "250"),
        ("250 queued as 16145550142", "250"),
        ("250 queued as 4X for rosalind.okafor@example.org", "250"),
        ("250 OK for <rosalind.okafor@example.org>", "250"),
    ],
)
def test_of_what_the_server_says_to_a_message_only_a_queue_id_is_kept(
    answer: str, said: str, tmp_path: Path
) -> None:
    with Scripted({"message": answer}) as server, sending_to(server.port, tmp_path) as send:
        assert said == send().said


def test_a_message_larger_than_the_server_takes_is_refused_before_it_is_begun(tmp_path: Path) -> None:
    with (
        Scripted({"EHLO": "250-hello\n250 SIZE 1000"}) as server,
        sending_to(server.port, tmp_path) as send,
        pytest.raises(SendFailed, match="cannot_say"),
    ):
        send(words=replace(WORDS, text="x" * 2000))
    assert "MAIL" not in server.verbs


def test_addresses_in_other_letters_leave_where_the_server_takes_them(tmp_path: Path) -> None:
    with real_server(tls="none", login=False, enable_SMTPUTF8=True) as (inbox, port):
        with sending_to(port, tmp_path) as send:
            send(address="розалинд@пример.example", to_name="Розалинд")
        [taken] = inbox.taken
    assert "розалинд@пример.example" == taken.recipient
    assert "SMTPUTF8" in taken.options
    assert (
        "To: =?utf-8?b?0KDQvtC30LDQu9C40L3QtA==?=\r\n <розалинд@пример.example>\r\n".encode() in taken.content
    )


def test_hello_names_our_address_unless_a_name_is_set(tmp_path: Path) -> None:
    with Scripted() as server:
        for name in ("", "sender.ours.example"):
            with sending_to(server.port, tmp_path, hello_name=name) as send:
                send()
    hellos = [each for each in server.commands if each.lower().startswith("ehlo")]
    assert ["ehlo [127.0.0.1]", "ehlo sender.ours.example"] == hellos


# ---- who the server is, and who we are -----------------------------------------------------------


def channel_with_tls(port: int, folder: Path, **settings: Any) -> SmtpEmail:
    chosen = {"host": "localhost", "user": USER, "password": PASSWORD, "ca_file": str(AUTHORITY), **settings}
    return SmtpEmail(SmtpSettings(folder=folder, port=port, **chosen))


@pytest.mark.parametrize(
    ("changes", "code", "cure"),
    [
        ({"ca_file": ""}, "tls_not_trusted", "ca_file"),
        ({"security": "tls"}, "tls_failed", "starttls"),
        ({"password": "another"}, "login_refused", "OUTREACH_PLUGIN__SMTP_EMAIL__PASSWORD"),
    ],
)
def test_a_server_that_does_not_let_us_in_gets_no_message_and_check_tells_the_cure(
    changes: dict[str, str], code: str, cure: str, tmp_path: Path
) -> None:
    Running.inbox.taken.clear()
    channel = channel_with_tls(Running.port, tmp_path, **changes)
    with pytest.raises(SendFailed) as failed:
        channel.deliver(make_cleared(Way.EMAIL), FrozenClock(NOW))
    assert (Outcome.NOT_SENT, code, True) == (failed.value.outcome, failed.value.code, failed.value.retry)
    assert [] == Running.inbox.taken
    with pytest.raises(SettingsError) as told:
        channel.check()
    assert f"localhost:{Running.port}" == told.value.where
    assert cure in told.value.remedy


def test_without_tls_nothing_is_said_to_the_server_not_even_the_password(tmp_path: Path) -> None:
    with Scripted({"EHLO": "250-hello\n250 AUTH PLAIN"}) as server:
        channel = channel_with_tls(server.port, tmp_path)
        with pytest.raises(SendFailed, match="no_tls_offered"):
            channel.deliver(make_cleared(Way.EMAIL), FrozenClock(NOW))
    assert ["EHLO"] == server.verbs


def test_what_a_listener_slips_in_before_tls_is_not_believed(tmp_path: Path) -> None:
    """Answers sent together with the one to STARTTLS were not encrypted (CVE-2021-23993 and its like)."""
    slipped = "220 go\n250 AUTH PLAIN\n235 come in\n250 ok\n250 ok\n354 go on\n250 queued as 4XyZ1cQ2r7"
    with Scripted({"EHLO": "250-hello\n250 STARTTLS", "STARTTLS": slipped}) as server:
        channel = channel_with_tls(server.port, tmp_path, connect_seconds=2)
        with pytest.raises(SendFailed) as failed:
            channel.deliver(make_cleared(Way.EMAIL), FrozenClock(NOW))
    assert Outcome.NOT_SENT is failed.value.outcome
    assert [] == server.messages


def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    with real_server(tls="tls", login=False) as (inbox, port):
        channel = channel_with_tls(port, tmp_path, security="tls", user="", password="")
        channel.check()
        channel.deliver(make_cleared(Way.EMAIL), FrozenClock(NOW))
        channel.close()
        assert 1 == len(inbox.taken)


def test_nobody_there_is_not_sent_and_check_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    channel = channel_to(port, tmp_path)
    with pytest.raises(SendFailed, match="econnrefused") as failed:
        channel.deliver(make_cleared(Way.EMAIL), FrozenClock(NOW))
    assert failed.value.retry
    with pytest.raises(SettingsError) as told:
        channel.check()
    assert "start the mail server" in told.value.remedy


# ---- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"host": "mail.ours.example", "security": "none"}, "this machine itself"),
        ({"user": "outreach"}, "password"),
        ({"password": "only a password"}, "password"),
        ({"user": "outreach", "password": "pässword"}, "ASCII"),
        ({"bounce_address": "bounces@ours.example"}, "verp_secret"),
        ({"bounce_address": "bounces@ours.example", "verp_secret": "short"}, "16 characters"),
        ({"bounce_address": "b" * 21 + "@ours.example", "verp_secret": SECRET}, "longer than 20"),
        ({"unsubscribe_mailto": "no address"}, "no address"),
        ({"dkim_domain": "ours.example"}, "come together"),
        ({"taken_seconds": "0"}, "greater than 0"),
        ({"smtp_host": "mail"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be_right_stop_the_start(
    changes: dict[str, str], why: str, tmp_path: Path
) -> None:
    with pytest.raises(ValidationError, match=why) as error:
        SmtpSettings(**{"folder": tmp_path, "host": "127.0.0.1", **changes})  # type: ignore[arg-type]
    assert not [value for name, value in changes.items() if "pass" in name and value in str(error.value)]


def test_the_usual_port_is_taken_from_the_security(tmp_path: Path) -> None:
    def port(security: Any) -> int:
        return SmtpSettings(folder=tmp_path, host="127.0.0.1", security=security).server[1]

    assert [587, 465, 25] == [port("starttls"), port("tls"), port("none")]


def test_a_dkim_key_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    key = dkim_key(tmp_path)
    key.chmod(0o640)
    with pytest.raises(SettingsError, match="others may read") as error:
        channel_to(25, tmp_path, dkim_domain="a.example", dkim_selector="s", dkim_key_file="dkim.key")
    assert f"chmod 600 {key}" == error.value.remedy


def test_a_file_that_is_no_key_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "dkim.key").write_text("no key")
    os.chmod(tmp_path / "dkim.key", 0o600)
    with pytest.raises(SettingsError, match="cannot be used"):
        channel_to(25, tmp_path, dkim_domain="a.example", dkim_selector="s", dkim_key_file="dkim.key")


def test_a_file_of_authorities_that_is_none_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(SettingsError, match="trusted authorities"):
        channel_to(25, tmp_path, security="starttls", ca_file="ca.pem")


def test_the_plugin_registers_one_channel_with_the_rate_of_the_settings(tmp_path: Path) -> None:
    registered: list[Channel] = []
    settings = {
        "folder": tmp_path,
        "host": "127.0.0.1",
        "security": "none",
        "per_second": "5",
        "at_once": "2",
    }
    outreach_register_channels(register=registered.append, settings=settings)
    [channel] = registered
    assert ("smtp-email", 5, 2) == (channel.name, channel.rate.per_second, channel.rate.at_once)


def test_attempts_are_remembered_and_the_oldest_forgotten_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach_smtp_email._REMEMBERED", 2)
    with Scripted() as server:
        channel = channel_to(server.port, tmp_path)
        passes = [make_cleared(Way.EMAIL) for _ in range(3)]
        for cleared in passes:
            channel.deliver(cleared, FrozenClock(NOW))
        for cleared in passes[1:]:
            channel.deliver(make_cleared(Way.EMAIL, attempt=cleared.attempt), FrozenClock(NOW))
        channel.close()
    assert 3 == len(server.messages)
