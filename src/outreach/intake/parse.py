"""Single values out of text and JSON: each function takes what was written and the column it stood in.

Every fault is an :class:`InputError` that names the column and never repeats the value: a shifted row
may have somebody's number where a word should be.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from outreach.domain import Money
from outreach.errors import InputError
from outreach.intake.columns import nearest
from outreach.intake.currencies import CURRENCIES, decimals
from outreach.intake.rows import FIELD_LIMIT

__all__ = [
    "amount",
    "boolean",
    "clock",
    "day",
    "free_text",
    "identifier",
    "integer",
    "moment",
    "money",
    "name_of_template",
    "one_of",
    "text",
    "word",
]

Word = TypeVar("Word", bound=StrEnum)

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INTEGER = re.compile(r"\s*-?[0-9]{1,18}\s*", re.ASCII)
_TEMPLATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_BUT_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ID_LIMIT = 200
_PLAIN_ID = re.compile(r"[!-~]{1,200}")
_MOST = 10**15  # minor units; beyond 2**53 numbers in JSON lose digits


def text(value: Any, column: str, *, limit: int = FIELD_LIMIT) -> str:
    """One line of text, without spaces around it; may be empty."""
    if not isinstance(value, str):
        raise InputError("this is not text", column=column, remedy="write it in quotes")
    found = value.strip()
    if len(found) > limit:
        raise InputError(f"this is longer than {limit} characters", column=column)
    if not found.isprintable() and _CONTROL.search(found):
        raise InputError("this holds a line break or another control character", column=column)
    return found


def free_text(value: Any, column: str) -> str:
    """Text for people, in which lines may end."""
    if not isinstance(value, str):
        raise InputError("this is not text", column=column, remedy="write it in quotes")
    if len(value) > FIELD_LIMIT:
        raise InputError(f"this is longer than {FIELD_LIMIT} characters", column=column)
    if _CONTROL_BUT_LINES.search(value):
        raise InputError("this holds a control character", column=column)
    return value.strip()


def identifier(value: Any, column: str) -> str:
    """An id of the client's, or a name: not empty, one line, at most 200 characters."""
    if isinstance(value, str) and _PLAIN_ID.fullmatch(value):
        return value
    if isinstance(value, int):
        raise InputError("an id is text, not a number", column=column, remedy="write it in quotes")
    found = text(value, column, limit=_ID_LIMIT)
    if not found:
        raise InputError("this is empty", column=column, remedy="every row needs it")
    return found


def name_of_template(value: Any, column: str) -> str:
    """The name of a template: letters, digits, _ and -; never a path."""
    if isinstance(value, str) and _TEMPLATE.fullmatch(value):
        return value
    found = identifier(value, column)
    if not _TEMPLATE.fullmatch(found):
        raise InputError(
            "this is not the name of a template", column=column, remedy="letters, digits, _ and - only"
        )
    return found


def word(value: Any, kind: type[Word], column: str) -> Word:
    """One of the words of an enumeration."""
    return kind(one_of(value, kind.__members__.values(), column))


def one_of(value: Any, known: Collection[str], column: str) -> str:
    """One of these words."""
    if isinstance(value, str):
        found = value.strip()
        if found in known:
            return found
        close = nearest(found, [str(one) for one in known])
    else:
        close = ""
    raise InputError(
        "this word is not known here",
        column=column,
        why=f"the nearest is {close}" if close else "",
        remedy=f"known: {', '.join(sorted(str(one) for one in known))}",
    )


def boolean(value: Any, column: str) -> bool:
    """True or false; in CSV written so."""
    if isinstance(value, bool):
        return value
    known = {"true": True, "false": False}
    if isinstance(value, str) and value.strip().lower() in known:
        return known[value.strip().lower()]
    raise InputError("this is neither true nor false", column=column, remedy="write true or false")


def integer(value: Any, column: str, *, least: int = 0, most: int = _MOST) -> int:
    """A whole number within bounds."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError("this is not a whole number", column=column, remedy="digits only")
    if value < least:
        raise InputError(f"this is less than {least}", column=column)
    if value > most:
        raise InputError("this is too large", column=column)
    return value


def day(value: Any, column: str) -> str:
    """A date as ISO text."""
    found = value.strip() if isinstance(value, str) else ""
    try:
        if _DAY.fullmatch(found):
            return date.fromisoformat(found).isoformat()
    except ValueError:
        pass
    raise InputError("this is not a date", column=column, remedy="write it as 2026-06-01")


def moment(value: Any, column: str) -> datetime:
    """A moment, in UTC.

    A time without offset is refused: it would be lawful in one zone and unlawful in another.
    """
    if not isinstance(value, str):
        raise InputError("a time is text", column=column, remedy='write it as "2026-06-01T10:00-04:00"')
    found = _moment(value.strip())
    if isinstance(found, datetime):
        return found
    raise InputError(found, column=column, remedy="write it as 2026-06-01T10:00-04:00 or 2026-06-01T14:00Z")


@lru_cache(maxsize=4096)
def _moment(value: str) -> datetime | str:
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            if _DAY.fullmatch(value):
                return "this is a date without a time of day and an offset"
            return "the time has no offset, so it does not say which moment is meant"
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return "this is not a time"


def clock(value: Any, column: str) -> str:
    """A time of day on the person's clock, such as 08:00."""
    found = value.strip() if isinstance(value, str) else ""
    if _CLOCK.fullmatch(found):
        return found
    raise InputError("this is not a time of day", column=column, remedy="write it as 08:00 or 21:30")


def currency(value: Any, column: str) -> str:
    """A currency of ISO 4217."""
    if isinstance(value, str) and value.strip() in CURRENCIES:
        return value.strip()
    raise InputError("this is not a currency", column=column, remedy="an ISO 4217 code, such as USD")


def money(value: Any, column: str) -> Money:
    """An amount as ``{"minor": 123450, "currency": "USD"}``."""
    if not isinstance(value, Mapping) or value.keys() != {"minor", "currency"}:
        raise InputError(
            "this is not an amount of money",
            column=column,
            remedy='write 1,234.50 dollars as {"minor": 123450, "currency": "USD"}',
        )
    if isinstance(value["minor"], str):
        raise InputError(
            "this is not a whole number", column=f"{column}.minor", remedy="write it without quotes"
        )
    return Money(
        integer(value["minor"], f"{column}.minor"), currency(value["currency"], f"{column}.currency")
    )


def amount(value: Any, column: str) -> Money:
    """An amount as :func:`money` reads it, or as typed by a person: ``50.00 USD``.

    All decimals of the currency have to be written, so that 50 cannot be taken for half a dollar.
    """
    if not isinstance(value, str):
        return money(value, column)
    match = re.fullmatch(r"\s*([0-9]{1,13})(?:\.([0-9]+))?\s+([A-Z]{3})\s*", value)
    if match and match[3] in CURRENCIES and len(match[2] or "") == decimals(match[3]):
        return Money(int(match[1] + (match[2] or "")), match[3])
    raise InputError(
        "this is not an amount of money", column=column, remedy="write it with all decimals, as 50.00 USD"
    )
