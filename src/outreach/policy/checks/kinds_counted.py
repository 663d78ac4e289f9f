"""What a past attempt is to a rule that counts: a try, a contact, a conversation, or a call in vain.

An end that we do not know counts wherever it may have been what the rule counts.
"""

from __future__ import annotations

from typing import Final, Literal

from outreach.domain import Attempt, Result, Way

__all__ = ["IN_VAIN", "What", "may_be_talk", "meant"]

What = Literal["attempts", "conversations", "contacts", "unanswered"]
"""``attempts``: whatever left. ``contacts``: what reached the person or may have. ``conversations``: the
debt was talked about, or may have been. ``unanswered``: calls that nobody is known to have answered."""

IN_VAIN: Final = frozenset({Result.NO_ANSWER, Result.BUSY, Result.NOT_IN_SERVICE, Result.MAILBOX_FULL})
"""Ends of a call that nobody took."""

_REACHED_NOBODY: Final = IN_VAIN | {Result.THIRD_PARTY_ANSWERED, Result.BOUNCED}
_ANSWERED_OR_NEVER_RANG: Final = frozenset(
    {
        Result.CONVERSATION,
        Result.DROPPED,
        Result.THIRD_PARTY_ANSWERED,
        Result.BUSY,
        Result.NOT_IN_SERVICE,
        Result.BOUNCED,
    }
)
_NOT_YET_TOLD: Final = frozenset({Result.OPEN, Result.UNKNOWN, Result.UNRECOGNISED, Result.SENT})
_SPOKEN: Final = frozenset({Way.CALL, Way.VOICEMAIL, Way.VISIT})


def meant(attempt: Attempt, what: What) -> bool:
    """Whether a rule that counts ``what`` is about this attempt, which left."""
    if what == "contacts":
        return attempt.result not in _REACHED_NOBODY
    if what == "unanswered":
        return attempt.is_call and attempt.result not in _ANSWERED_OR_NEVER_RANG
    return True


def may_be_talk(attempt: Attempt) -> bool:
    """Whether the debt may have been talked about in it, its end not being known yet."""
    return attempt.channel in _SPOKEN and attempt.result in _NOT_YET_TOLD
