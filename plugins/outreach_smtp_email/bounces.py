"""What comes back by e-mail, read into news: bounces, complaints, wishes to unsubscribe, replies.

    for handle, news in read_bounces(folder, settings.proof):
        ...                                     # the host records the news, and commits
        handle.done()

A **bounce** or receipt is believed about an attempt only with proof: an envelope sender with our keyed digest
(see ``proof``), or one Message-ID of ours, whose 80 random bits are known only to who has seen that message.
So whoever has a message of ours, its reader or a server on its way, can say of that one message that it came
back, and nobody can of another. A **complaint** (RFC 5965) needs the same proof. A wish to **unsubscribe** is
believed for the address that its subject proves, else for the one it comes from. That one, like the sender of
a **reply**, can be forged, unless the mail server in front refuses what fails SPF, DKIM and DMARC; what is
forged so can only stop e-mail, never permit any.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from types import MappingProxyType
from typing import Final

from outreach.channels import DeliveryNews, News, OptOutNews, ReplyNews
from outreach.domain import Result, Way
from outreach_smtp_email.bounds import Unreadable, leaves, parsed, reduced
from outreach_smtp_email.folders import mails
from outreach_smtp_email.proof import Proof
from outreach_smtp_email.replies import address_in, field_of, own_words
from outreach_smtp_email.strange import looks_failed

__all__ = ["Handle", "Unreadable", "read_bounces", "read_message"]

# RFC 3464 section 2.3.3; `error` is opensmtpd's word. What is not here is unrecognised.
_ACTIONS: Final = MappingProxyType(
    {
        "failed": Result.BOUNCED,
        "error": Result.BOUNCED,
        "delivered": Result.DELIVERED,
        "delayed": None,
        "relayed": None,
        "expanded": None,
    }
)
_NOBODY = ("5.1.1", "5.1.10")  # RFC 3463: no such mailbox; RFC 7505: a domain that takes no mail
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_ATTEMPT = rb"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_VERP = re.compile(rb"[0-9A-Za-z._-]{1,20}\+[0-9A-Za-z]{26}-[0-9A-Za-z]{16}@[0-9A-Za-z.-]{1,254}")
_MESSAGE_ID = re.compile(
    rb"(?:^|\n)[> \t]{0,8}(?:message-id|original-message-id|in-reply-to):[^\n]{0,100}?"
    rb"<((?-i:" + _ATTEMPT + rb"))@[^\s<>]{1,254}>",
    re.IGNORECASE,
)
_FOLDED = re.compile(rb"\n[ \t]+")
_DAEMON = re.compile(r"(mailer-daemon|mail-daemon|postmaster|mdaemon)@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Handle:
    """A message in a folder. ``trouble``: why it could not be read; a person has to look at it then.

    ``done()``: call it once the news has been recorded; until then the message is read again.
    """

    done: Callable[[], None] = field(repr=False)
    trouble: str = ""


def read_bounces(folder: Path, proof: Proof) -> Iterator[tuple[Handle, tuple[News, ...]]]:
    """Every message of a Maildir or mbox with its news, which may be none; see :func:`folders.mails`.

    The same message read twice gives news of the same key.

    :raises outreach.errors.InputError: if there is no such folder, or it is in use.
    """
    for mail in mails(folder):
        try:
            yield Handle(mail.done), read_message(mail.content, proof)
        except Unreadable as trouble:
            yield Handle(mail.done, trouble.what), ()


def read_message(raw: bytes, proof: Proof) -> tuple[News, ...]:
    """The news in one message, as a mail server pipes it; none where it tells nothing.

    :raises Unreadable: if it cannot be read, in bounded time whatever it holds.
    """
    try:
        content = reduced(raw)
        return _Reading(content, proof).news()
    except Unreadable:
        raise
    except Exception:  # noqa: BLE001 - whatever a made-up message does to the parsers, the next one is read
        raise Unreadable("a message that came back cannot be read") from None


class _Reading:
    """One message."""

    def __init__(self, content: bytes, proof: Proof) -> None:
        self.content = content
        self.proof = proof
        self.message = parsed(content)
        self.sender = address_in(field_of(self.message, "From"))
        unfolded = _FOLDED.sub(b" ", content)
        self.keyed = _keyed(unfolded, proof)
        self.attempt = self.keyed or _named(unfolded)

    def news(self) -> tuple[News, ...]:
        """The most certain reading first."""
        reports = {part.get_content_type(): part for part in leaves(self.message)}
        if "message/feedback-report" in reports:
            return self._complaint(_blocks(reports["message/feedback-report"]))
        if "message/delivery-status" in reports:
            told = self._delivery(_blocks(reports["message/delivery-status"]))
            if told is not None:
                return told
        if wish := self._unsubscribed():
            return (wish,)
        from_daemon = self._is_from_daemon()
        automatic = self._is_automatic() or "message/disposition-notification" in reports
        if from_daemon or automatic or self.keyed:
            failed = looks_failed(self.content)
            if failed is not None:
                return self._told(Result.BOUNCED, "non_standard") if failed else ()
        if automatic:
            return ()
        if from_daemon:
            return self._told(Result.UNRECOGNISED, "unrecognised")
        return (self._reply(),)

    def _delivery(self, blocks: list[Message]) -> tuple[News, ...] | None:
        """RFC 3464. ``None``: it names no action, so it is none."""
        told = [block for block in blocks if block.get("Action")]
        if not told:
            return None
        found: dict[Result, str] = {}
        for block in told:
            word = (field_of(block, "Action").split() or [""])[0].casefold().strip("(,;")
            result = _ACTIONS.get(word, Result.UNRECOGNISED)
            known = word if word in _ACTIONS else "unrecognised"
            status = _STATUS.match(field_of(block, "Status"))
            if result is not None:
                found.setdefault(result, status[1] if status else known)
        for result in (Result.BOUNCED, Result.DELIVERED, Result.UNRECOGNISED):
            if result in found:
                return self._told(result, found[result])
        return ()

    def _told(self, result: Result, said: str) -> tuple[News, ...]:
        """About an attempt; nothing where none is proven."""
        if not self.attempt:
            return ()
        key = f"smtp-email:{self.attempt}:{result.value}"
        nobody = result is Result.BOUNCED and said in _NOBODY
        return (DeliveryNews(self.attempt, result, said, key, wrong_number=nobody),)

    def _complaint(self, blocks: list[Message]) -> tuple[News, ...]:
        """RFC 5965: somebody called it spam. Whom it went to stands in the report, or in what it returns."""
        [*_, report] = blocks or [Message()]
        if not self.attempt or field_of(report, "Feedback-Type").casefold() not in ("abuse", "opt-out"):
            return ()
        for text in (field_of(report, "Original-Rcpt-To"), *self._returned("To")):
            if address := address_in(text.rpartition(";")[2]):
                key = f"smtp-email:{self.attempt}:complaint"
                return (OptOutNews(Way.EMAIL, address, "complaint", key),)
        return ()

    def _returned(self, name: str) -> Iterator[str]:
        """A field of the message that the report returns."""
        for part in self.message.walk():
            inner = part.get_payload()
            if part.get_content_type() == "message/rfc822" and isinstance(inner, list) and inner:
                yield field_of(inner[0], name) if isinstance(inner[0], Message) else ""
            elif part.get_content_type() == "text/rfc822-headers":
                headers = part.get_payload(decode=True)
                yield field_of(parsed(headers), name) if isinstance(headers, bytes) else ""

    def _unsubscribed(self) -> OptOutNews | None:
        subject = field_of(self.message, "Subject")
        proven = self.proof.unsubscribed(subject)
        address = proven or (self.sender if subject.casefold() == "unsubscribe" else "")
        return OptOutNews(Way.EMAIL, address, "mailto", self._key(address)) if address else None

    def _reply(self) -> ReplyNews:
        if not self.sender:
            raise Unreadable("a message that came back does not say from whom")
        text = own_words(self.message)
        return ReplyNews(Way.EMAIL, self.sender, text, self._key(self.sender, text))

    def _key(self, *texts: str) -> str:
        """The same for the same message delivered again, whatever servers wrote above it meanwhile."""
        told = "\0".join([field_of(self.message, "Message-ID"), field_of(self.message, "Date"), *texts])
        return f"smtp-email:{hashlib.sha256(told.encode(errors='replace')).hexdigest()}"

    def _is_from_daemon(self) -> bool:
        """A bounce has no sender in its envelope (RFC 5321 section 4.5.5)."""
        return field_of(self.message, "Return-Path") == "<>" or _DAEMON.match(self.sender) is not None

    def _is_automatic(self) -> bool:
        """RFC 3834, and what was usual before it."""
        word = field_of(self.message, "Auto-Submitted").partition(";")[0].strip().casefold()
        if word not in ("", "no") or field_of(self.message, "Precedence").casefold() == "auto_reply":
            return True
        return any(self.message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))


def _blocks(report: Message) -> list[Message]:
    """The groups of fields in a report."""
    inner = report.get_payload()
    return [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []


def _keyed(content: bytes, proof: Proof) -> str:
    """The attempt that an envelope sender of ours proves, wherever it stands; "" where none does."""
    for found in _VERP.findall(content):
        if attempt := proof.attempt_of(found.decode("ascii")):
            return attempt
    return ""


def _named(content: bytes) -> str:
    """The attempt whose Message-ID is given; "" where none is, or several are."""
    ids = set(_MESSAGE_ID.findall(content))
    return ids.pop().decode() if len(ids) == 1 else ""
