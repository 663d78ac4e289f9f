"""Sensitive values and what of each may be printed.

A mask is chosen by what the value is, not by who reads it: a Chinese mobile number is masked the Chinese
way in an English letter too. No instrument of law says which digits to hide; the patterns for Chinese
fields follow the customary ones (mobile 3 + 4, resident identity number 6 + 4 with the birth date
hidden, bank card last four, name first character, e-mail first letter), those for others what US
creditors print. Stars only: ``*`` is in the GSM-7 alphabet, a bullet would double the price of a text.

Every mask is idempotent and no longer than what it hides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NoReturn

__all__ = ["Field", "Masked", "mask", "show"]


class Field(StrEnum):
    """The kinds of sensitive values."""

    ACCOUNT = "account"
    CARD = "card"
    NATIONAL_ID = "national_id"
    PHONE = "phone"
    EMAIL = "email"
    DATE_OF_BIRTH = "date_of_birth"
    BALANCE = "balance"
    NAME = "name"


_SHOWN = 4  # how many last characters of an account stay, if that is no more than half of it

# Han, kana and Hangul: written without spaces, family name first
_EAST_ASIAN = re.compile(r"[㐀-䶿一-鿿豈-﫿\U00020000-\U000323AFぁ-ヿ가-힣]")
_CN_MOBILE = re.compile(r"(?:(?:\+|00)86[ -]?)?(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})")
# region, birth date, sequence and check; the date tells it from other countries' numbers of 18 characters
_CN_RESIDENT_ID = re.compile(r"(\d{6})(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(\d{3}[\dXx])")
_NANP = re.compile(r"(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]?\d{3}[ .-]?(\d{4})")
_PHONE_MASK = re.compile(r"\*\*\*-\*\*\*-\d{4}|1[3-9]\d\*{4}\d{4}")
_NATIONAL_ID_MASK = re.compile(r"\d{6}\*{8}\d{3}[\dXx]")
_AMOUNT = re.compile(r"\d(?:[\d.,]*\d)?")


def _mask_account(plain: str) -> str:
    text = plain.strip()
    shown = min(_SHOWN, len(text) // 2)
    hidden = len(text) - shown
    return "*" * min(hidden, _SHOWN) + text[hidden:]


def _mask_national_id(plain: str) -> str:
    text = plain.strip()
    if found := _CN_RESIDENT_ID.fullmatch(text):
        return found[1] + "*" * 8 + found[2]
    if _NATIONAL_ID_MASK.fullmatch(text):
        return text
    return _keep_last(text)


def _keep_last(text: str) -> str:
    """Stars for all letters and digits but the last four (or half, if shorter); punctuation stays."""
    letters = sum(character.isalnum() or character == "*" for character in text)
    hidden = letters - min(_SHOWN, letters // 2)
    masked = []
    for character in text:
        if character.isalnum() or character == "*":
            masked.append("*" if hidden > 0 else character)
            hidden -= 1
        else:
            masked.append(character)
    return "".join(masked)


def _mask_phone(plain: str) -> str:
    text = plain.strip()
    if _PHONE_MASK.fullmatch(text):
        return text
    if found := _CN_MOBILE.fullmatch(text):
        return found[1] + "****" + found[2]
    if (found := _NANP.fullmatch(text)) and len(text) >= len("***-***-0123"):
        return "***-***-" + found[1]
    return _mask_account(text)


def _mask_email(plain: str) -> str:
    local, at, domain = plain.strip().rpartition("@")
    if not at or not local:
        return "*" * min(len(plain.strip()), _SHOWN)
    if len(local) == 1:
        return f"*@{domain}"
    return f"{local[0]}{'*' * min(len(local) - 1, 2)}@{domain}"


def _mask_date(plain: str) -> str:
    return "".join("*" if character.isalnum() else character for character in plain.strip())


def _mask_balance(plain: str) -> str:
    # one length for all amounts of four characters and more, so that the mask does not tell how much
    return _AMOUNT.sub(lambda found: "*" * min(len(found[0]), 3), plain.strip())


def _mask_name(plain: str) -> str:
    text = plain.strip()
    if _EAST_ASIAN.match(text):
        return text[0] + "*" * (len(text) - 1)
    return " ".join("*" if len(word) == 1 else word[0] + "." for word in text.split())


_MASKS: Mapping[Field, Callable[[str], str]] = {
    Field.ACCOUNT: _mask_account,
    Field.CARD: _mask_account,
    Field.NATIONAL_ID: _mask_national_id,
    Field.PHONE: _mask_phone,
    Field.EMAIL: _mask_email,
    Field.DATE_OF_BIRTH: _mask_date,
    Field.BALANCE: _mask_balance,
    Field.NAME: _mask_name,
}


def mask(field: Field, plain: str) -> str:
    """What may be printed of ``plain``: mostly its last four characters, never more than half an account."""
    return _MASKS[field](plain)


def show(address: str) -> str:
    """What may be printed of where a contact goes: a number or e-mail address masked, ``home`` as it is."""
    if "@" in address:
        return _mask_email(address)
    return _mask_phone(address) if any(character.isdigit() for character in address) else address


class Masked:
    """A sensitive value that prints as its mask, however it is printed.

    ``str``, ``repr`` and ``format`` give the mask; the plain value leaves only through :meth:`told`.
    """

    __slots__ = ("_plain", "field")

    def __init__(self, field: Field, plain: str) -> None:
        self.field = field
        self._plain = plain

    def told(self, *, shown: bool) -> str:
        """The plain value if these words may show it, else the mask."""
        return self._plain if shown else _MASKS[self.field](self._plain)

    def __str__(self) -> str:
        return _MASKS[self.field](self._plain)

    def __repr__(self) -> str:
        return f"<{self.field.value} {self}>"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a masked {self.field.value} is not copied or stored")
