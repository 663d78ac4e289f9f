"""What no channel can carry: words of nothing, control characters; and what a telephone number looks like."""

from __future__ import annotations

import re
from typing import Final

from outreach.channels.base import SendFailed

__all__ = ["NUMBER", "refuse_unsayable"]

NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
"""A telephone number in E.164."""


def refuse_unsayable(text: str, *beside: str) -> None:
    """Call it before any request.

    :param beside: subject, names and addresses that are written too.
    :raises SendFailed: ``cannot_say``, if there is no text, or a control character in any of it.
    """
    if not text.strip():
        raise SendFailed.cannot_say("nothing")
    if any(ord(each) < 32 and each not in "\n\t" for said in (text, *beside) for each in said):
        raise SendFailed.cannot_say("control characters")
