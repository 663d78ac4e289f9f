"""From a pass to the bytes of a message (RFC 5322), written straight, without a tree of objects for each.

The standard library makes some eight hundred messages a second; a mail server takes ten times as many. All
ours have one structure, so it is written out here, and a test reads every message back with the library.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import urlsplit

from outreach.channels import Cleared, SendFailed, opened_at
from outreach.channels.mail import message_id
from outreach.domain import Words
from outreach_smtp_email.addresses import is_plain_address
from outreach_smtp_email.headers import line, mailbox
from outreach_smtp_email.page import Page
from outreach_smtp_email.proof import Proof

__all__ = ["Envelope", "Writer"]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[0-9A-Za-z]{1,8})*")
_URL = re.compile(r"https?://[!-;=?-~]{1,900}")
_LONGEST_LINE = re.compile(rb"[^\n]{999}")  # RFC 5322 section 2.1.1
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is said to the server: MAIL FROM, RCPT TO, and the message. ``utf8``: only with SMTPUTF8."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool


class Writer:
    """Writes messages. Two of the same pass are the same to the byte."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof
        self._page = Page.styled()

    def write(self, cleared: Cleared) -> Envelope:
        """The message of a pass, with both parts.

        :raises SendFailed: ``cannot_say``, if e-mail cannot carry it as it is.
        """
        attempt, words, sender = cleared.attempt, cleared.words, cleared.sender.address
        opened = opened_at(attempt)
        if opened is None:
            raise SendFailed.not_sent("attempt_id_is_none_of_ours", retry=False)
        if not is_plain_address(cleared.address):
            raise SendFailed.cannot_say("no e-mail address to send to")
        if not is_plain_address(sender):
            raise SendFailed.cannot_say("no e-mail address to send from")
        if not words.subject.strip():
            raise SendFailed.cannot_say("an e-mail without a subject")
        _refuse_unwritable(words.text)
        language = _language(words)
        content = b"".join(
            [
                mailbox("From", cleared.sender.name, sender),
                mailbox("To", cleared.to_name, cleared.address),
                line("Subject", words.subject),
                f"Date: {_date(opened)}\r\nMessage-ID: {message_id(attempt, sender)}\r\n".encode(),
                b"Auto-Submitted: auto-generated\r\n",  # RFC 3834: no vacation notices, please
                line("Content-Language", ", ".join(words.languages)) if words.languages else b"",
                self._unsubscribe(cleared),
                f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="=_{attempt}"'.encode(),
                f"\r\n\r\n--=_{attempt}\r\n".encode(),
                _part("plain", words.text),
                f"\r\n--=_{attempt}\r\n".encode(),
                _part("html", self._page.of(words.text, words.subject, language)),
                f"\r\n--=_{attempt}--\r\n".encode(),
            ]
        )
        envelope_sender = self._proof.envelope_sender(attempt, sender)
        utf8 = not (cleared.address + sender).isascii()
        return Envelope(envelope_sender, cleared.address, content, utf8)

    def _unsubscribe(self, cleared: Cleared) -> bytes:
        """RFC 2369 and 8058. One click is promised for https alone, and for a server on this machine."""
        url, link = cleared.opt_out_url, self._proof.mailto_link(cleared.address)
        if url and not _URL.fullmatch(url):
            raise SendFailed.cannot_say("a link to opt out that no header can carry")
        ways = [f"<{each}>" for each in (url, link) if each]
        if not ways:
            return b""
        written = "List-Unsubscribe: " + ",\r\n ".join(ways) + "\r\n"
        if url.startswith("https:") or (url and urlsplit(url).hostname in _LOOPBACK):
            written += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        return written.encode()


@lru_cache(64)  # a campaign opens hundreds a second
def _date(moment: datetime) -> str:
    return format_datetime(moment)


def _refuse_unwritable(text: str) -> None:
    if not text.strip():
        raise SendFailed.cannot_say("nothing")
    if _CONTROL.search(text):
        raise SendFailed.cannot_say("control characters")


def _language(words: Words) -> str:
    if not all(map(_LANGUAGE.fullmatch, words.languages)):
        raise SendFailed.cannot_say("a language that is none")
    return words.languages[0] if words.languages else "en"


def _part(kind: str, text: str) -> bytes:
    """A part in the plainest encoding that carries it through every server unchanged.

    ``=_`` cannot come about in the other two encodings, so no part can hold the boundary.
    """
    content = text.encode()
    if content.isascii() and b"=_" not in content and not _LONGEST_LINE.search(content):
        charset, encoding, body = "us-ascii", "7bit", content.replace(b"\n", b"\r\n")
    elif len(content) - len(text) < len(text) // 4:
        charset, encoding = "utf-8", "quoted-printable"
        body = binascii.b2a_qp(content).replace(b"\n", b"\r\n")
    else:
        charset, encoding, body = "utf-8", "base64", base64.encodebytes(content).replace(b"\n", b"\r\n")
    head = f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + body
