"""What comes back by e-mail becomes news: only what is proven is believed, and nothing in it can do harm."""

from __future__ import annotations

import mailbox
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.channels import DeliveryNews, News, OptOutNews, ReplyNews
from outreach.domain import Result, Way, new_id
from outreach.errors import InputError
from outreach.testing import NOW, make_cleared
from outreach_smtp_email.bounces import Unreadable, read_bounces, read_message
from outreach_smtp_email.message import Writer
from outreach_smtp_email.proof import Proof

SECRET = "a secret of tests, long enough"
PROOF = Proof(SECRET, "bounces@ours.example", "unsubscribe@ours.example")
ATTEMPT = new_id(NOW)
TO = "rosalind.okafor@example.org"
VERP = PROOF.envelope_sender(ATTEMPT, "payments@collector.example")
SENT = Writer(PROOF).write(make_cleared(Way.EMAIL, attempt=ATTEMPT)).content
SENT_HEADERS = SENT.partition(b"\r\n\r\n")[0].decode()


def report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    to: str = VERP,
    returned: str = SENT_HEADERS,
    kind: str = "delivery-status",
    second: str = "",
    blocks: str = "",
) -> bytes:
    """A report after RFC 3462, as postfix writes it."""
    second = second or f"Final-Recipient: rfc822; {TO}\nAction: {action}\nStatus: {status}\n{blocks}"
    return f"""Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <20260310150102.ABC@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="B/x"

This is a MIME-encapsulated message.

--B/x
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered to {TO}.

--B/x
Content-Type: message/{kind}

Reporting-MTA: dns; mx.example.org

{second}
--B/x
Content-Type: text/rfc822-headers

{returned}
--B/x--
""".encode()


def bounced(said: str = "5.1.1", *, nobody: bool = True) -> tuple[DeliveryNews]:
    key = f"smtp-email:{ATTEMPT}:bounced"
    return (DeliveryNews(ATTEMPT, Result.BOUNCED, said, key, wrong_number=nobody),)


# ---- reports -------------------------------------------------------------------------------------


def test_a_report_of_failure_is_a_bounce_and_says_that_the_mailbox_is_nobody_s() -> None:
    assert bounced() == read_message(report(), PROOF)


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("failed", "5.2.2", bounced("5.2.2", nobody=False)),
        ("failed (no such user)", "4.4.7", bounced("4.4.7", nobody=False)),
        ("Failed", "rosalind.okafor@example.org", bounced("failed", nobody=False)),
        ("delayed", "4.4.1", ()),
        ("relayed", "2.0.0", ()),
        ("expanded", "2.0.0", ()),
    ],
)
def test_each_action_of_a_report_has_its_meaning(
    action: str, status: str, expected: tuple[DeliveryNews, ...]
) -> None:
    assert expected == read_message(report(action=action, status=status), PROOF)


@pytest.mark.parametrize(
    ("action", "result", "said"),
    [("delivered", Result.DELIVERED, "2.0.0"), ("vaporised", Result.UNRECOGNISED, "2.0.0")],
)
def test_a_receipt_is_delivered_and_an_unknown_word_is_unrecognised(
    action: str, result: Result, said: str
) -> None:
    [news] = read_message(report(action=action, status="2.0.0"), PROOF)
    assert isinstance(news, DeliveryNews)
    assert (ATTEMPT, result, said, False) == (news.attempt, news.result, news.said, news.wrong_number)


def test_of_several_recipients_a_failure_weighs_most() -> None:
    more = "\nFinal-Recipient: rfc822; b@example.org\nAction: failed\nStatus: 5.7.1\n"
    assert bounced("5.7.1", nobody=False) == read_message(report(action="delivered", blocks=more), PROOF)


def test_the_same_bounce_told_again_has_the_same_key() -> None:
    again = b"Received: from another.example by ours.example; today\n" + report()
    assert read_message(report(), PROOF) == read_message(again, PROOF)


def test_servers_may_change_capitals_in_an_envelope_sender() -> None:
    assert bounced() == read_message(report(to=VERP.lower(), returned=""), PROOF)
    assert bounced() == read_message(report(to=VERP.upper(), returned=""), PROOF)


# ---- proof ---------------------------------------------------------------------------------------


def test_an_attempt_is_known_by_the_envelope_sender_alone() -> None:
    assert bounced() == read_message(report(returned="Subject: nothing of ours"), PROOF)


def test_or_by_the_message_id_that_was_returned() -> None:
    assert bounced() == read_message(report(to="bounces@ours.example"), PROOF)
    folded = f"Message-ID:\n <{ATTEMPT}@collector.example>"
    assert bounced() == read_message(report(to="bounces@ours.example", returned=folded), Proof())


OTHER = new_id(NOW)


@pytest.mark.parametrize(
    "to",
    [
        f"bounces+{OTHER}@ours.example",
        f"bounces+{OTHER}-aaaaaaaaaaaaaaaa@ours.example",
        VERP.replace(ATTEMPT, OTHER),
        VERP.replace("ours.example", "theirs.example"),
        VERP.replace("bounces", "others"),
        Proof("another secret of somebody", "bounces@ours.example").envelope_sender(ATTEMPT, ""),
    ],
    ids=["bare", "guessed", "of another attempt", "another domain", "another name", "another secret"],
)
def test_a_forged_envelope_sender_proves_nothing(to: str) -> None:
    assert () == read_message(report(to=to, returned="Subject: x"), PROOF)


def test_without_a_secret_no_envelope_sender_is_believed() -> None:
    assert () == read_message(report(returned="Subject: x"), Proof("", "bounces@ours.example"))


def test_a_bounce_that_names_two_messages_of_ours_is_believed_about_neither() -> None:
    two = f"Message-ID: <{ATTEMPT}@collector.example>\nIn-Reply-To: <{OTHER}@collector.example>"
    assert () == read_message(report(to="bounces@ours.example", returned=two), PROOF)


def test_the_proof_of_one_address_unsubscribes_no_other() -> None:
    subject = subject_of(PROOF.mailto_link(TO))
    assert TO == PROOF.unsubscribed(subject)
    assert "" == PROOF.unsubscribed(subject.replace("rosalind", "mallory"))
    assert "" == Proof("another secret of somebody").unsubscribed(subject)


@given(attempt=st.from_regex(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", fullmatch=True))
def test_every_attempt_fits_into_an_envelope_sender_and_comes_back(attempt: str) -> None:
    address = Proof(SECRET, "b" * 20 + "@ours.example").envelope_sender(attempt, "")
    assert 64 >= len(address.partition("@")[0])
    assert attempt == Proof(SECRET, "b" * 20 + "@ours.example").attempt_of(address)


# ---- those that keep to no standard --------------------------------------------------------------

QMAIL = f"""Return-Path: <>
Delivered-To: {VERP}
From: MAILER-DAEMON@qmail.example.org
To: {VERP}
Subject: failure notice

Hi. This is the qmail-send program at qmail.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{TO}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{SENT_HEADERS}
""".encode()

EXIM = f"""Return-path: <>
From: Mail Delivery System <Mailer-Daemon@exim.example.org>
To: bounces@ours.example
X-Failed-Recipients: {TO}
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

  {TO}
    all relevant MX records point to non-existent hosts

------ This is a copy of the message, including all the headers. ------

{SENT_HEADERS}
""".encode()

WARNING = f"""Return-Path: <>
From: MAILER-DAEMON@mx.example.org
To: {VERP}
Subject: Warning: could not send message for past 4 hours

    **********************************************
    **      THIS IS A WARNING MESSAGE ONLY      **
    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **
    **********************************************

The original message was received at Tue, 10 Mar 2026 11:00:00 -0400

   ----- The following addresses had transient non-fatal errors -----
{TO}

   ----- Transcript of session follows -----
451 {TO}... mx.example.org: Name server timeout
""".encode()


@pytest.mark.parametrize("content", [QMAIL, EXIM], ids=["qmail", "exim"])
def test_bounces_of_no_standard_are_bounces(content: bytes) -> None:
    assert bounced("non_standard", nobody=False) == read_message(content, PROOF)


def test_a_warning_that_it_takes_longer_is_no_bounce() -> None:
    assert () == read_message(WARNING, PROOF)


def test_what_a_mail_server_says_in_no_form_we_know_is_unrecognised() -> None:
    content = f"Return-Path: <>\nFrom: x@mx.example\nTo: {VERP}\nSubject: Alas\n\nNo luck.\n".encode()
    [news] = read_message(content, PROOF)
    assert isinstance(news, DeliveryNews)
    assert (ATTEMPT, Result.UNRECOGNISED) == (news.attempt, news.result)


def test_and_without_proof_it_tells_nothing() -> None:
    content = b"Return-Path: <>\nFrom: x@mx.example\nTo: bounces@ours.example\nSubject: Alas\n\nNo luck.\n"
    assert () == read_message(content, PROOF)


# ---- complaints and wishes -----------------------------------------------------------------------


def complaint(kind: str = "abuse", recipient: str = f"Original-Rcpt-To: <{TO}>\n", **more: str) -> bytes:
    """As RFC 5965, appendix B."""
    told = f"Feedback-Type: {kind}\nUser-Agent: Loop/1.0\nVersion: 1\n{recipient}"
    made = report(kind="feedback-report", second=told, **{"to": "complaints@ours.example", **more})
    return made.replace(b"Reporting-MTA: dns; mx.example.org\n\n", b"")


@pytest.mark.parametrize("recipient", [f"Original-Rcpt-To: <{TO}>\n", f"Original-Rcpt-To: rfc822;{TO}\n", ""])
def test_a_complaint_ends_e_mail_to_the_address_it_was_sent_to(recipient: str) -> None:
    expected = OptOutNews(Way.EMAIL, TO, "complaint", f"smtp-email:{ATTEMPT}:complaint")
    assert (expected,) == read_message(complaint(recipient=recipient), PROOF)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus"])
def test_other_feedback_is_no_complaint(kind: str) -> None:
    assert () == read_message(complaint(kind), PROOF)


def test_a_complaint_about_no_message_of_ours_is_not_believed() -> None:
    assert () == read_message(complaint(returned=f"To: {TO}"), PROOF)


def subject_of(mailto: str) -> str:
    from urllib.parse import parse_qs, urlsplit

    return parse_qs(urlsplit(mailto).query)["subject"][0]


def letter(subject: str = "Re: About your account", text: str = "Please call me.", more: str = "") -> bytes:
    return (
        f"From: Rosalind <{TO}>\nTo: payments@collector.example\nSubject: {subject}\n"
        f"Message-ID: <1@example.org>\n{more}\n{text}\n"
    ).encode()


def test_the_link_in_a_message_unsubscribes_its_address_wherever_it_is_used() -> None:
    subject = subject_of(PROOF.mailto_link("another@example.org"))
    [news] = read_message(letter(subject), PROOF)
    assert isinstance(news, OptOutNews)
    assert ("another@example.org", "mailto", Way.EMAIL) == (news.address, news.form, news.channel)


@pytest.mark.parametrize("subject", ["unsubscribe", "Unsubscribe", "=?utf-8?q?unsubscribe?="])
def test_the_bare_word_unsubscribes_the_sender(subject: str) -> None:
    [news] = read_message(letter(subject), PROOF)
    assert isinstance(news, OptOutNews)
    assert (TO, "mailto") == (news.address, news.form)


def test_a_forged_proof_is_left_to_whoever_reads_replies() -> None:
    [news] = read_message(letter("unsubscribe victim@example.org aaaaaaaaaaaaaaaa"), PROOF)
    assert isinstance(news, ReplyNews)
    assert TO == news.address
    assert "unsubscribe" in news.text


# ---- replies -------------------------------------------------------------------------------------


def test_a_person_s_reply_is_read_with_its_subject_and_without_what_it_quotes() -> None:
    """Our own words tell how to stop; quoted, they are no wish."""
    text = "Please call me.\n\n> To stop e-mails reply STOP\n> Harbor\n\nAfter five."
    [news] = read_message(letter(text=text, more=f"In-Reply-To: <{ATTEMPT}@collector.example>\n"), PROOF)
    assert isinstance(news, ReplyNews)
    assert (Way.EMAIL, TO) == (news.channel, news.address)
    assert "Re: About your account\n\nPlease call me.\n\n\nAfter five." == news.text
    assert TO not in news.key


@pytest.mark.parametrize(
    ("kind", "encoding", "body", "expected"),
    [
        ("text/plain; charset=utf-8", "base64", "6K+35YGc5q2i", "请停止"),
        ("text/plain; charset=gb18030", "base64", "x+vNo9a5", "请停止"),
        ("text/plain; charset=iso-8859-1", "quoted-printable", "d=E9jenme en paz", "déjenme en paz"),
        (
            "text/html; charset=utf-8",
            "7bit",
            "<style>x</style><p>Please <b>stop</b></p>now",
            "Please stop\nnow",
        ),
        ("text/plain; charset=punycode", "7bit", "stop", "stop"),
        ("text/plain; charset=no-such-thing", "7bit", "stop", "stop"),
    ],
)
def test_replies_are_decoded(kind: str, encoding: str, body: str, expected: str) -> None:
    more = f"MIME-Version: 1.0\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n"
    [news] = read_message(letter("", body, more), PROOF)
    assert isinstance(news, ReplyNews)
    assert expected == news.text


@pytest.mark.parametrize(
    "more",
    ["Auto-Submitted: auto-replied\n", "Auto-Submitted: auto-generated (x)\n", "Precedence: auto_reply\n"],
)
def test_an_automatic_reply_tells_nothing(more: str) -> None:
    assert () == read_message(letter("Out of office", "I am away until Monday. Stop by then.", more), PROOF)


def test_a_reply_twice_delivered_has_one_key_and_another_reply_another() -> None:
    [first] = read_message(letter(), PROOF)
    [again] = read_message(b"Delivered-To: payments@collector.example\n" + letter(), PROOF)
    [other] = read_message(letter(text="Something else."), PROOF)
    assert first.key == again.key
    assert first.key != other.key


def test_a_letter_from_nobody_is_for_a_person_to_look_at() -> None:
    with pytest.raises(Unreadable, match="from whom"):
        read_message(b"Subject: hello\n\nstop\n", PROOF)


# ---- bombs ---------------------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    opening = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(depth))
    return f"From: a@a.example\nMIME-Version: 1.0\n{opening}\n\nend".encode()


MIXED = b"From: a@a.example\nContent-Type: multipart/mixed"
BOMBS: dict[str, Callable[[], bytes]] = {
    "nested a thousand deep": lambda: nested(1000),
    "nested deep, and long": lambda: nested(29) + b"\n" * 1_000_000,
    "messages within messages": lambda: b"From: a@a.example\n" + b"Content-Type: message/rfc822\n\n" * 20_000,
    "a hundred thousand parts": lambda: MIXED + b'; boundary="b"\n\n' + b"--b\n\nx\n" * 100_000,
    "a million blocks of a report": lambda: report(blocks="\nAction: failed\n" * 1_000_000),
    "a million parameters": lambda: MIXED + b'; x="' + b";" * 1_000_000,
    "folded parameters": lambda: MIXED + b'; x="\n' + b" ;;;;\n" * 9000,
    "one long line": lambda: b"From: a@a.example\n\n" + b"x" * 10_000_000,
    "one long field": lambda: b"From: " + b"(" * 5_000_000,
    "many fields": lambda: b"".join(b"X-%d: y\n" % n for n in range(200_000)),
    "a million empty lines": lambda: b"From: a@a.example\n\n" + b"\n" * 1_000_000,
    "returns without line feeds": lambda: b"From: a@a.example\r\r" + b"\r" * 1_000_000,
    "zeros": lambda: b"\0" * 1_000_000,
    "encoded words": lambda: b"From: a@a.example\nSubject: " + b"=?utf-8?q?a?= " * 100_000 + b"\n\nx",
    "open comments of a page": lambda: (
        b"From: a@a.example\nMIME-Version: 1.0\nContent-Type: text/html\n\n"
        + b"<!-- <![ <a <!d &# </ " * 12_000
    ),
    "looks like every bounce": lambda: (
        b"Return-Path: <>\nFrom: mailer-daemon@a.example\n\n"
        + b"".join(each + b"\n" for each in STARTS)
        + (b"x" * 900 + b"\n") * 2000
    ),
}
STARTS = [
    b"here is your list of failed recipients",
    b"the following addresses had",
    b"This is the machine generated message from mail service.",
    b"The following addresses did NOT receive a copy of your message:",
    b"Delivery to the following recipient failed",
    b"A message that you sent could not be delivered",
    b"Your message could not be delivered to",
    b"Delivery has failed",
]


def news_of(content: bytes) -> tuple[News, ...]:
    """The net under the reading, for whatever was not foreseen, is not needed here."""
    try:
        return read_message(content, PROOF)
    except Unreadable as trouble:
        if "cannot be read" in trouble.what:
            raise
        return ()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", BOMBS)
def test_no_message_is_too_much(name: str) -> None:
    """It ends soon, whatever is in it, and the net under the reading is not needed."""
    assert 1 >= len(news_of(BOMBS[name]()))


@given(st.binary(max_size=2000))
def test_no_bytes_are_more_than_unreadable(content: bytes) -> None:
    for made in (content, report(returned=content.decode("latin-1")), letter(text=content.decode("latin-1"))):
        assert 1 >= len(news_of(made))


@given(st.data())
def test_no_broken_report_is_more_than_unreadable(data: st.DataObject) -> None:
    whole = report()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    news = news_of(whole[:start] + whole[end:])
    assert {ATTEMPT} >= {each.attempt for each in news if isinstance(each, DeliveryNews)}


# ---- folders -------------------------------------------------------------------------------------


def maildir(folder: Path, *contents: bytes) -> Path:
    box = folder / "Maildir"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    for number, content in enumerate(contents):
        (box / "new" / f"170000000{number}.M1P1.host").write_bytes(content)
    return box


def test_a_maildir_is_left_as_it_is_until_the_news_is_recorded(tmp_path: Path) -> None:
    box = maildir(tmp_path, report(), letter())
    first = list(read_bounces(box, PROOF))
    assert [news for _, news in first] == [news for _, news in read_bounces(box, PROOF)]
    first[0][0].done()
    first[0][0].done()
    assert [first[1][1]] == [news for _, news in read_bounces(box, PROOF)]
    assert ["1700000000.M1P1.host:2,S"] == [path.name for path in (box / "cur").iterdir()]


def test_what_cannot_be_read_says_so_and_holds_up_nothing(tmp_path: Path) -> None:
    box = maildir(tmp_path, nested(1000), report())
    (box / "new" / "0-link").symlink_to("/etc/hostname")
    (bad, nothing), (good, news) = read_bounces(box, PROOF)
    assert "parts within parts" in bad.trouble
    assert () == nothing
    assert "" == good.trouble
    assert bounced() == news


def mbox(folder: Path, *contents: bytes) -> Path:
    path = folder / "mbox"
    box = mailbox.mbox(path)
    for content in contents:
        box.add(content)
    box.close()
    return path


def test_an_mbox_loses_what_is_done_and_keeps_what_came_meanwhile(tmp_path: Path) -> None:
    path = mbox(tmp_path, report(), letter(text="one"), letter(text="two"))
    before = path.read_bytes()
    for number, (handle, _) in enumerate(read_bounces(path, PROOF)):
        if number == 1:
            mbox(tmp_path, letter(text="three"))
        if number != 2:
            handle.done()
        if number == 0:
            assert before == path.read_bytes()
    left = [news[0].text.rpartition("\n")[2] for _, news in read_bounces(path, PROOF)]  # type: ignore[union-attr]
    assert ["two", "three"] == left


def test_an_mbox_that_another_program_changed_is_not_touched(tmp_path: Path) -> None:
    path = mbox(tmp_path, report(), letter(text="one"))
    for handle, _ in read_bounces(path, PROOF):
        handle.done()
        path.write_bytes(b"")
        mbox(tmp_path, letter(text="another"), letter(text="and another"))
    assert 2 == len(list(read_bounces(path, PROOF)))


def test_after_a_crash_an_mbox_is_read_again_with_the_same_keys(tmp_path: Path) -> None:
    path = mbox(tmp_path, report(), letter())
    keys = [[each.key for each in news] for _, news in read_bounces(path, PROOF)]
    assert keys == [[each.key for each in news] for _, news in read_bounces(path, PROOF)]


def test_neither_maildir_nor_mbox_is_told_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        list(read_bounces(tmp_path, PROOF))
    assert str(tmp_path) == told.value.where
    assert "mail server delivers" in told.value.remedy


def test_what_we_send_comes_back_as_news_of_its_attempt() -> None:
    """The whole message returned, as many servers do: its own report to its own envelope sender."""
    returned = SENT.decode().replace("\r\n", "\n")
    made = report(returned=returned).replace(b"text/rfc822-headers", b"message/rfc822")
    assert bounced() == read_message(made, Proof(SECRET))
