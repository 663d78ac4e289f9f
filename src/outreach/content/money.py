"""Amounts and dates as people write them in each language.

After the Unicode CLDR, with two choices of ours. Base ``es`` is written as in the United States
(``$1,234.50``), where most of our readers of Spanish live; ``es-ES`` as in Spain. Between a currency code and
its number stands a plain space where CLDR has a no-break one, which the GSM-7 alphabet lacks.
A language without a form of its own gets the currency's code and the ISO date: dull, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from outreach.domain import Money

__all__ = ["DATES", "write_date", "write_iso_date", "write_money"]

# ISO 4217: currencies whose minor unit is not a hundredth.
_NO_MINOR = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
    *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_THOUSANDTHS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DIGITS: Mapping[str, int] = {**dict.fromkeys(_NO_MINOR, 0), **dict.fromkeys(_THOUSANDTHS, 3)}


@dataclass(frozen=True, slots=True)
class _Form:
    symbols: Mapping[str, str]
    group: str = ","
    point: str = "."
    behind: bool = False  # the symbol follows the number


_FORMS: Mapping[str, _Form] = {
    "en": _Form({"USD": "$", "EUR": "€", "GBP": "£", "CNY": "CN¥", "JPY": "¥", "KRW": "₩", "INR": "₹"}),
    "es": _Form({"USD": "$", "EUR": "€", "GBP": "£"}),
    "es-es": _Form({"USD": "US$", "EUR": "€", "GBP": "GBP"}, group=".", point=",", behind=True),
    "zh": _Form({"USD": "US$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$"}),
}
_PLAIN = _Form({})


@lru_cache(maxsize=64)
def _form(language: str, currency: str) -> tuple[_Form, str, int]:
    """The form of a language, what to write for the currency, and the digits of its minor unit."""
    tag = language.lower()
    form = _FORMS.get(tag) or _FORMS.get(tag.partition("-")[0]) or _PLAIN
    symbol = form.symbols.get(currency, currency)
    if form.behind or symbol == currency:
        symbol = f" {symbol}" if form.behind else f"{symbol} "
    return form, symbol, _DIGITS.get(currency, 2)


def write_money(money: Money, language: str) -> str:
    """``money`` as readers of ``language`` (BCP 47) write it: ``$1,234.50``, ``US$1,234.50``."""
    form, symbol, digits = _form(language, money.currency)
    whole, part = divmod(abs(money.minor), 10**digits)
    number = f"{whole:,}"
    if form.group != ",":
        number = number.replace(",", form.group)
    if digits:
        number = f"{number}{form.point}{part:0{digits}d}"
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{number}{symbol}" if form.behind else f"{sign}{symbol}{number}"


_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTHS_ES = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)

DATES: Mapping[str, Callable[[date], str]] = {
    "en": lambda day: f"{_MONTHS_EN[day.month - 1]} {day.day}, {day.year}",
    "es": lambda day: f"{day.day} de {_MONTHS_ES[day.month - 1]} de {day.year}",
    "zh": lambda day: f"{day.year}年{day.month}月{day.day}日",
}
"""The long date of each base language."""


@lru_cache(maxsize=4096)
def write_date(day: date, language: str) -> str:
    """``day`` in full: ``March 9, 2026``, ``9 de marzo de 2026``, ``2026年3月9日``."""
    write = DATES.get(language.lower().partition("-")[0])
    return write(day) if write else day.isoformat()


@lru_cache(maxsize=4096)
def write_iso_date(text: str, language: str) -> str:
    """A date, or a time whose date counts, given as ISO text.

    :raises ValueError: if it is none.
    """
    return write_date(date.fromisoformat(text[:10]), language)
