"""Where people are reached and where they are: numbers, e-mail addresses, places, languages, zones.

As in :mod:`outreach.intake.parse`, a fault names the column and never repeats the value.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

import phonenumbers

from outreach.errors import InputError
from outreach.intake.parse import identifier, text

__all__ = ["country", "email", "endpoint", "language", "phone", "postal_code", "region", "timezone"]

_NORTH_AMERICAN = re.compile(r"\+1[2-9]\d\d[2-9]\d{6}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-(?:[A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{5,8})*")
_EMAIL = re.compile(
    r"(?=.{3,254}$)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)


def phone(value: Any, column: str) -> str:
    """A telephone number in E.164; what can be written with spaces and brackets is made so.

    A number that cannot exist in its country is refused; one that nobody has may pass.
    """
    if isinstance(value, str) and _NORTH_AMERICAN.fullmatch(value):
        return value
    if not isinstance(value, str):
        raise InputError("a number is text", column=column, remedy="write it in quotes")
    found = _phone(value)
    if found.startswith("+"):
        return found
    remedy = "correct it" if found == _IMPOSSIBLE else "write + and the country code before it"
    raise InputError(found, column=column, remedy=remedy)


_IMPOSSIBLE = "no such telephone number is possible in its country"


@lru_cache(maxsize=16384)
def _phone(value: str) -> str:
    """The number in E.164, or what is wrong with it; cached, for parsing one takes some 40 µs."""
    value = value.strip()
    if not value:
        return "this is empty"
    if not value.startswith("+"):
        return "the number does not say its country"
    if len(value) > 40 or not value.isprintable():
        return "this is not a telephone number"
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return "this is not a telephone number"
    if number.extension:
        return "the number has an extension, which cannot be dialled"
    if not phonenumbers.is_possible_number(number):
        return _IMPOSSIBLE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(value: Any, column: str) -> str:
    """An e-mail address; its domain in lower case."""
    found = value.strip() if isinstance(value, str) else ""
    if match := _EMAIL.fullmatch(found):
        return found[: match.start(1)] + match[1].lower()
    raise InputError(
        "this is not an e-mail address", column=column, remedy="write it as name@domain, in ASCII"
    )


def endpoint(value: Any, column: str) -> str:
    """A number, an e-mail address, or a word such as ``home``, ``portal`` or a person's id."""
    found = identifier(value, column)
    if "@" in found:
        return email(found, column)
    if found.startswith("+") or (sum(map(str.isdigit, found)) >= 7 and not any(map(str.isalpha, found))):
        return phone(found, column)
    return found


def language(value: Any, column: str) -> str:
    """A language tag of BCP 47, such as ``es-MX``, in its usual letters."""
    found = text(value, column)
    if not found:
        return ""
    if not _LANGUAGE.fullmatch(found):
        raise InputError("this is not a language tag", column=column, remedy="such as en, es-MX or zh-Hans")
    first, *rest = found.split("-")
    made = [first.lower()]
    for part in rest:
        made.append(part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower())
    return "-".join(made)


def timezone(value: Any, column: str) -> str:
    """The name of an IANA time zone that our own tzdata has."""
    found = text(value, column)
    if found and found not in _zones():
        raise InputError(
            "this time zone is unknown", column=column, remedy="an IANA name, such as America/New_York"
        )
    return found


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def country(value: Any, column: str) -> str:
    """A country in two letters (ISO 3166-1)."""
    found = text(value, column).upper()
    if found and not re.fullmatch("[A-Z]{2}", found):
        raise InputError("this is not a country code", column=column, remedy="two letters, such as US")
    return found


def region(value: Any, column: str) -> str:
    """The part of ISO 3166-2 after the dash, such as ``OH``."""
    found = text(value, column).upper()
    if found and not re.fullmatch("[A-Z0-9]{1,3}", found):
        raise InputError(
            "this is not a region code",
            column=column,
            remedy="the part of ISO 3166-2 after the dash: OH, not US-OH",
        )
    return found


def postal_code(value: Any, column: str, in_country: str) -> str:
    """A postal code as text. In the US five digits, or nine with a dash."""
    if isinstance(value, int):
        raise InputError("a postal code is text", column=column, remedy='write it in quotes: "02139"')
    found = text(value, column, limit=16).upper()
    if found and in_country == "US" and not re.fullmatch(r"[0-9]{5}(-[0-9]{4})?", found):
        raise InputError(
            "this is not a ZIP code",
            column=column,
            why="a leading zero was lost" if re.fullmatch(r"[0-9]{3,4}", found) else "",
            remedy="five digits, such as 02139",
        )
    return found
