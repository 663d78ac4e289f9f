"""Lines of a message's header from texts that may hold anything: none can forge a second line.

A text that is plain enough is written as it is; any other as encoded words (RFC 2047), and what was written
is read back: words that would arrive as others are refused.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import Header
from functools import lru_cache

from outreach.channels import SendFailed
from outreach.channels.mail import POLICY

__all__ = ["line", "mailbox"]

_LONGEST = 76
# A line break would forge a header; the others cannot be shown. Lone surrogates are no characters at all.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PLAIN_TEXT = re.compile(r"[!-~]+(?: [!-~]+)*")
_PLAIN_NAME = re.compile(r"[0-9A-Za-z'-]+(?: [0-9A-Za-z'-]+)*")


@lru_cache(1024)
def line(name: str, text: str) -> bytes:
    """``name: text`` with its line end.

    :raises SendFailed: ``cannot_say`` if no header can carry the text.
    """
    _refuse_control(name, text)
    if _PLAIN_TEXT.fullmatch(text) and "=?" not in text and len(name) + 2 + len(text) <= _LONGEST:
        return f"{name}: {text}\r\n".encode()
    written = f"{name}: {_encoded(name, text)}\r\n".encode()
    _refuse_changed(name, text, str(message_from_bytes(written, policy=POLICY)[name]))
    return written


def mailbox(name: str, who: str, address: str) -> bytes:
    """``name: who <address>`` with its line end; the address has been checked before.

    :raises SendFailed: ``cannot_say`` if no header can carry who it is.
    """
    if not who:
        return f"{name}: <{address}>\r\n".encode()
    if _PLAIN_NAME.fullmatch(who) and len(name) + 5 + len(who) + len(address) <= _LONGEST:
        return f"{name}: {who} <{address}>\r\n".encode()
    _refuse_control(name, who)
    return f"{name}: {_phrase(name, who)}\r\n <{address}>\r\n".encode()


@lru_cache(1024)
def _phrase(name: str, who: str) -> str:
    written = _encoded(name, who)
    read = message_from_bytes(f"{name}: {written}\r\n <a@a.example>\r\n".encode(), policy=POLICY)[name]
    _refuse_changed(name, who, read.addresses[0].display_name if len(read.addresses) == 1 else "")
    return written


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=_LONGEST, header_name=name).encode(linesep="\r\n")


def _refuse_control(name: str, text: str) -> None:
    if _CONTROL.search(text):
        raise SendFailed.cannot_say(f"control characters in {name}")


def _refuse_changed(name: str, text: str, read: str) -> None:
    if text != read:
        raise SendFailed.cannot_say(f"a {name} that would arrive changed")
