"""From a pass to the bytes of a file: SMS, e-mail and letter."""

from __future__ import annotations

import html
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from outreach.channels import NUMBER, Cleared, SendFailed, opened_at
from outreach.channels.mail import POLICY, is_address, message_id

__all__ = ["as_email", "as_letter", "as_sms"]


def as_sms(cleared: Cleared) -> bytes:
    """Number, sender and text."""
    if not NUMBER.fullmatch(cleared.address):
        raise SendFailed.cannot_say("no telephone number to send to")
    return f"To: {cleared.address}\nFrom: {cleared.sender.address}\n\n{cleared.words.text}\n".encode()


def as_email(cleared: Cleared) -> bytes:
    """A message after RFC 5322, plain text in UTF-8."""
    if not cleared.words.subject.strip():
        raise SendFailed.cannot_say("an e-mail without a subject")
    if not is_address(cleared.address):
        raise SendFailed.cannot_say("no e-mail address to send to")
    if not is_address(cleared.sender.address):
        raise SendFailed.cannot_say("no e-mail address to send from")
    message = EmailMessage(policy=POLICY)
    try:
        message["From"] = Address(cleared.sender.name, addr_spec=cleared.sender.address)
        message["To"] = Address(cleared.to_name, addr_spec=cleared.address)
        message["Subject"] = cleared.words.subject
        message["Message-ID"] = message_id(cleared.attempt, cleared.sender.address)
        if opened := opened_at(cleared.attempt):
            message["Date"] = format_datetime(opened)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(cleared.words.text)
        if cleared.words.languages:
            message["Content-Language"] = ", ".join(cleared.words.languages)
        return message.as_bytes()
    except (ValueError, MessageError, UnicodeError) as error:
        # A line break in a header, say: it would forge headers, so it is not written at all.
        raise SendFailed.cannot_say("header fields that no e-mail can carry") from error


def as_letter(cleared: Cleared) -> bytes:
    """Two sheets: the letter with its address block, and what may stand on the envelope."""
    address = [line.strip() for line in cleared.address.splitlines() if line.strip()]
    if not address:
        raise SendFailed.cannot_say("a letter without an address")
    if cleared.to_name and address[0] != cleared.to_name:
        address.insert(0, cleared.to_name)
    sender = [line for line in (cleared.sender.name, *cleared.sender.address.splitlines()) if line.strip()]
    opened = opened_at(cleared.attempt)
    page = _PAGE.format(
        language=html.escape(cleared.words.languages[0] if cleared.words.languages else "en"),
        title=html.escape(cleared.attempt),
        sender=_lines(sender),
        address=_lines(address),
        date=f"<time>{opened.date().isoformat()}</time>" if opened else "",
        subject=f"<h1>{html.escape(cleared.words.subject)}</h1>" if cleared.words.subject else "",
        text=html.escape(cleared.words.text),
        envelope=_lines(cleared.words.envelope),
    )
    return page.encode()


def _lines(lines: list[str] | tuple[str, ...]) -> str:
    return "<br>\n".join(html.escape(line) for line in lines)


_PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<title>{title}</title>
<style>
@page {{ size: auto; margin: 2.5cm }}
body {{ font: 11pt/1.45 Georgia, serif; max-width: 17cm; margin: 2em auto; padding: 0 1em }}
address {{ font-style: normal; margin-bottom: 2em }}
time {{ display: block; margin-bottom: 2em }}
h1 {{ font-size: 1.1em }}
pre {{ font: inherit; white-space: pre-wrap; margin: 0 }}
footer {{ break-before: page; margin-top: 4em; border-top: 1px dashed; padding-top: 2em }}
footer address + address {{ margin: 6em 0 0 8cm }}
</style>
<header><address>{sender}</address></header>
<address>{address}</address>
{date}
{subject}
<main><pre>{text}</pre></main>
<footer aria-label="Envelope"><address>{envelope}</address><address>{address}</address></footer>
</html>
"""
