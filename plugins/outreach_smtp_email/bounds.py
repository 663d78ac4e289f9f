"""A message from anybody, cut to a size that can be taken apart in no time, whatever is in it.

What a bounce or a reply tells stands at its beginning. The standard library's parser does work for each line
at each level of nesting, for each part, and for each parameter of a field the square of their number: all
of these are bounded here, before it sees the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Final

from outreach.errors import ContainedError

__all__ = ["MOST_BYTES", "Unreadable", "leaves", "parsed", "reduced"]

MOST_BYTES: Final = 256 * 1024
_MOST_LINES: Final = 5000
_LONGEST_LINE: Final = 990
_MOST_CONTAINERS: Final = 30
_MOST_PARAMETERS: Final = 200
_MOST_PARTS: Final = 1000
_CONTENT_FIELD = re.compile(rb"content-", re.IGNORECASE)
_CONTAINER = re.compile(rb"multipart/|message/", re.IGNORECASE)


class Unreadable(ContainedError):
    """A message that came back cannot be read; a person has to look at it."""


def reduced(raw: bytes, most_lines: int = _MOST_LINES, longest: int = _LONGEST_LINE) -> bytes:
    """The beginning of a message; lines that are too long go on in the next one, as fields do.

    :raises Unreadable: if it is made of too many parts within parts, or parameters.
    """
    lines: list[bytes] = []
    containers = 0
    field = b""
    for line in raw[:MOST_BYTES].splitlines()[:most_lines]:
        lines.append(line[:longest])
        lines += [b" " + line[at : at + longest] for at in range(longest, len(line), longest)]
        if field and line[:1] in (b" ", b"\t"):
            field += line
            continue
        containers += _looked_at(field)
        field = line if _CONTENT_FIELD.match(line) else b""
    containers += _looked_at(field)
    if containers > _MOST_CONTAINERS:
        raise Unreadable("a message is made of too many parts within parts")
    return b"\n".join(lines[:most_lines])


def _looked_at(field: bytes) -> bool:
    """Whether a field begins a part that has parts."""
    if field.count(b";") > _MOST_PARAMETERS:
        raise Unreadable("a field of a message has too many parameters")
    return _CONTAINER.search(field) is not None


def parsed(content: bytes) -> Message:
    """Of what was reduced. The older policy: it leaves fields as they are, however they are made."""
    return message_from_bytes(content, policy=compat32)


def leaves(message: Message) -> Iterator[Message]:
    """The parts that have no parts, in order; a message within the message is one."""
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        inner = part.get_payload()
        if isinstance(inner, list) and part.get_content_maintype() != "message":
            waiting += [each for each in reversed(inner) if isinstance(each, Message)]
        else:
            yield part
