"""Disposition codes: the agents' words for how a call ended, and what each of them means to the limits.

The shipped ones carry the names the field uses. A project adds codes, or changes what one means, in the table
``[dispositions]`` of its settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from outreach.domain.words import CALL_RESULTS, Result

__all__ = ["SHIPPED", "Code", "Follows", "wrong_with"]


class Follows(StrEnum):
    """What else a code says, recorded as an event of its own beside the call's result."""

    NOTHING = ""
    DISPUTE = "dispute"  # said on the telephone: it is noted, and is no written dispute (12 CFR 1006.38)
    ATTORNEY = "attorney"
    DECEASED = "deceased"
    NO_CALLS = "opt_out"  # do not call: an oral wish about a medium (14(h)), never a cessation (6(c))
    INCONVENIENT = "inconvenient"


@dataclass(frozen=True, slots=True)
class Code:
    """One code. ``result`` is what the limits see.

    ``right_party``: whether the person called was on the line, identity confirmed; ``None``: not known.
    ``discusses``: whether debts were talked about in a conversation; one that names none counts for at
    least one debt (comment 14(b)(4)-1.ii). ``wrong_number``: the number is somebody else's. ``call_back``,
    ``promise``, ``note``: what the agent has to give with it.
    """

    name: str
    result: Result
    title: str = ""
    right_party: bool | None = None
    discusses: bool = True
    wrong_number: bool = False
    call_back: bool = False
    promise: bool = False
    note: bool = False
    follows: Follows = Follows.NOTHING

    @property
    def needs(self) -> tuple[str, ...]:
        """What has to be given with it, as the command calls it."""
        wanted = {
            "--promise and --due": self.promise,
            "--call-back": self.call_back,
            "--inconvenient": self.follows is Follows.INCONVENIENT,
            "--note": self.note,
        }
        return tuple(name for name, needed in wanted.items() if needed)


_REACHED_HER = frozenset({Result.CONVERSATION, Result.DROPPED})
_SPOKEN = _REACHED_HER | {Result.THIRD_PARTY_ANSWERED}


def wrong_with(code: Code) -> str:
    """Why a code cannot mean all that it says, as a sentence; "" if it can."""
    spoken = code.result in _SPOKEN
    faults: Iterable[tuple[bool, str]] = (
        (code.result not in CALL_RESULTS, f"{code.result} does not say how a call ended"),
        (
            code.right_party is True and code.result not in _REACHED_HER,
            f"with {code.result} the person called was not on the line",
        ),
        (code.right_party is True and code.wrong_number, "the right party is not reached by a wrong number"),
        (code.promise and code.result is not Result.CONVERSATION, "a promise is made in a conversation"),
        (code.promise and code.right_party is not True, "only the right party can promise"),
        (code.call_back and not spoken, f"with {code.result} nobody asked to be called back"),
        (code.call_back and code.wrong_number, "nobody is called back at a wrong number"),
        (bool(code.follows) and not spoken, f"with {code.result} nobody told us anything"),
        (
            code.follows in (Follows.DISPUTE, Follows.INCONVENIENT) and code.right_party is not True,
            f"{code.follows} is for the right party to say",
        ),
    )
    return next((sentence for wrong, sentence in faults if wrong), "")


_TALK, _THIRD = Result.CONVERSATION, Result.THIRD_PARTY_ANSWERED

SHIPPED: Mapping[str, Code] = MappingProxyType(
    {
        code.name: code
        for code in (
            Code("RPC-PTP", _TALK, "right party, promise to pay", True, promise=True),
            Code("RPC-NP", _TALK, "right party, no promise", True),
            Code("RPC-CB", _TALK, "right party, talked about the debt, call back", True, call_back=True),
            Code("CB", Result.DROPPED, "right party, call back; no debt was mentioned", True, call_back=True),
            Code(
                "INC",
                Result.DROPPED,
                "right party, named a time that does not suit; no debt was mentioned",
                True,
                follows=Follows.INCONVENIENT,
            ),
            Code("DA", _TALK, "right party, disputes", True, follows=Follows.DISPUTE),
            Code("AR", _TALK, "right party, represented by an attorney", True, follows=Follows.ATTORNEY),
            Code("CEASE", _TALK, "right party, wants no more calls", True, follows=Follows.NO_CALLS),
            Code("TP", _THIRD, "third party answered", False),
            Code(
                "TP-CEASE",
                _THIRD,
                "third party answered, wants no more calls to this number",
                False,
                follows=Follows.NO_CALLS,
            ),
            Code("DEC", _THIRD, "the consumer has died", False, follows=Follows.DECEASED),
            Code("WN", _THIRD, "wrong number", False, wrong_number=True),
            Code("LANG", Result.DROPPED, "no language in common; say which in the note", note=True),
            Code("DROP", Result.DROPPED, "cut off before any debt was mentioned"),
            Code("VM", Result.VOICEMAIL, "voicemail left about the debts"),
            Code("LM-LCM", Result.LIMITED_CONTENT_MESSAGE, "limited-content message left"),
            Code("MB", Result.MAILBOX_FULL, "a machine answered, nothing left"),
            Code("NA", Result.NO_ANSWER, "no answer"),
            Code("BUSY", Result.BUSY, "busy"),
            Code("NIS", Result.NOT_IN_SERVICE, "not in service"),
        )
    }
)
"""The codes that are there without any setting, by name."""
