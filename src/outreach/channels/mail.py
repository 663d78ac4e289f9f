"""What every channel that writes e-mail needs: addresses, ids, and a policy that leaves no waste.

Not imported by ``outreach.channels`` itself: the ``email`` package is large, and most starts need none of it.
"""

from __future__ import annotations

import re
from email.headerregistry import HeaderRegistry
from email.policy import SMTP
from functools import cache
from typing import Final

__all__ = ["POLICY", "is_address", "message_id"]


class _Headers(HeaderRegistry):
    """The standard library's kinds of header, each made once.

    It would make a class anew for every header of every message. A class refers to itself, so some thirty a
    message wait for the collector, and what they scatter keeps a long campaign's memory growing.
    """

    @cache  # noqa: B019 - there is one registry, as old as the process
    def __getitem__(self, name: str) -> type:
        return super().__getitem__(name)


POLICY: Final = SMTP.clone(header_factory=_Headers())
"""The standard library's policy for sending, with each kind of header made once."""

_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>.]+(\.[^\s@<>.]+)+")


def is_address(text: str) -> bool:
    """Whether it is one address and nothing else; whether a server takes it, only the server knows."""
    return _ADDRESS.fullmatch(text) is not None


def message_id(attempt: str, sender: str) -> str:
    """The Message-ID of an attempt, the same whenever it is asked for.

    :param sender: the address it comes from, whose domain stands in the id (RFC 5322 section 3.6.4).
    """
    return f"<{attempt}@{sender.rpartition('@')[2]}>"
