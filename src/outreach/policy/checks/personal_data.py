"""personal_data: no unmasked account, identity or card number leaves in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal

from outreach.domain import ALLOWED, Case, Debt, Finding
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.wording import whole_text

__all__ = ["PersonalData"]

_CANDIDATE = re.compile(r"[0-9][0-9 -]{8,}[0-9][0-9x]?")
"""Found fast; what it finds is then looked at closely."""
_LONG = re.compile(
    r"""(?<![0-9])(?:
        [0-9]{13,19}(?![0-9x])                                      # a card, in one run
      | [0-9]{4}(?P<gap>[ -])[0-9]{4}(?P=gap)[0-9]{4}(?P=gap)[0-9]{1,7}(?![0-9])
      | [0-9]{4}(?P<wide>[ -])[0-9]{6}(?P=wide)[0-9]{5}(?![0-9])
      | [0-9]{17}[0-9x](?![0-9])                                    # an identity number
      | [0-9]{6}[ -][0-9]{8}[ -][0-9]{3}[0-9x](?![0-9])
    )""",
    re.VERBOSE,
)
_SSN = re.compile(r"(?<![0-9-])(?!000|666|9)[0-9]{3}[- ](?!00)[0-9]{2}[- ](?!0000)[0-9]{4}(?![0-9-])")
_SEPARATORS = " \u00a0.-/"
_ASCII_SEPARATORS = b" .-/"
_SHAPE = bytes(
    ord("0") if byte in b"0123456789" else ord("-") if byte in b" -" else ord("x") for byte in range(256)
)
"""Each digit as 0, spaces and dashes as a dash."""
_DASHES = dict.fromkeys((*range(8208, 8214), 8722), "-")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SHORTEST = 6  # of an account number that could be told from any other figure


class PersonalData(Check):
    """A rule of prudence, not of law: what is not in a message cannot be read by the wrong eyes."""

    class Parameters(CheckParameters):
        """``kinds``: what may not stand in any outbound text unmasked."""

        kinds: frozenset[Literal["account_number", "national_id", "card_number"]]

    kind = "personal_data"
    stricter: ClassVar[Mapping[str, Direction]] = {"kinds": Direction.SUPERSET}
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {}

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        if case.words is None:
            return ALLOWED
        text = whole_text(case.words)
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text).translate(_DASHES)
        text = text.casefold()
        kinds = parameters.kinds
        if "account_number" in kinds and any(_shown(debt.account_number, text) for debt in _debts(case)):
            return _found("account_number")
        if "national_id" in kinds and _shown(case.consumer.national_id, text):
            return _found("national_id")
        for found in _CANDIDATE.finditer(text) if _has_figures(text) else ():
            figure = found.group()
            if "national_id" in kinds and _SSN.search(figure):
                return _found("national_id")
            for number in _numbers(figure):
                if "national_id" in kinds and _is_identity_number(number):
                    return _found("national_id")
                if "card_number" in kinds and number.isdigit() and _luhn(number):
                    return _found("card_number")
        return ALLOWED


def _found(kind: str) -> Finding:
    # The number itself never stands in a finding.
    return Finding.block(f"policy: the words show an unmasked {kind.replace('_', ' ')}", kind=kind)


def _debts(case: Case) -> tuple[Debt, ...]:
    return case.consumer.debts or case.debts


def _numbers(text: str) -> Iterator[str]:
    """Long figures with their separators taken out; an ``X`` may close an identity number."""
    for match in _LONG.finditer(text):
        yield _squeezed(match.group()).upper()


def _shown(value: str, text: str) -> bool:
    """Whether a value stands in the text, with or without separators, and not as part of a longer one.

    :param text: in one case.
    """
    wanted = _squeezed(value).casefold()
    if len(wanted) < _SHORTEST or wanted not in _squeezed(text):
        return False
    start = text.find(wanted[0])
    while start >= 0:
        if not (start and text[start - 1].isalnum()) and _matches_at(wanted, text, start):
            return True
        start = text.find(wanted[0], start + 1)
    return False


@lru_cache(maxsize=64)
def _squeezed(text: str) -> str:
    """Without separators; a text is asked about several values, one after the other."""
    if text.isascii():
        return text.encode().translate(None, _ASCII_SEPARATORS).decode()
    for separator in _SEPARATORS:
        text = text.replace(separator, "")
    return text


def _has_figures(text: str) -> bool:
    """Whether there are figures worth a close look: in the shape of a social security number, or 13 digits
    that follow each other, spaces and dashes apart.
    """
    shape = text.encode("utf-8", "replace").translate(_SHAPE)
    return b"000-00-0000" in shape or b"0000000000000" in shape.replace(b"-", b"")


def _matches_at(wanted: str, text: str, start: int) -> bool:
    position, length = start, len(text)
    for place, character in enumerate(wanted):
        if place and position < length and text[position] in _SEPARATORS:
            position += 1
        if position >= length or text[position] != character:
            return False
        position += 1
    return position == length or not text[position].isalnum()


def _is_identity_number(number: str) -> bool:
    """A resident identity number of 18 characters, by its check digit (GB 11643-1999)."""
    if len(number) != 18 or not number[:17].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _IDENTITY_WEIGHTS, strict=True))
    return number[17] == "10X98765432"[total % 11]


def _luhn(number: str) -> bool:
    """Whether the last digit is the check digit of a payment card."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0
