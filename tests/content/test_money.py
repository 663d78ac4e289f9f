"""Amounts, dates and how they are written."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.content import write_date, write_money
from outreach.content.money import write_iso_date
from outreach.domain import Money


@pytest.mark.parametrize(
    ("minor", "currency", "language", "expected"),
    [
        (123450, "USD", "en", "$1,234.50"),
        (123450, "USD", "en-GB", "$1,234.50"),
        (123450, "USD", "es", "$1,234.50"),
        (123450, "USD", "es-MX", "$1,234.50"),
        (123450, "EUR", "es-ES", "1.234,50 €"),
        (123450, "USD", "es-ES", "1.234,50 US$"),
        (123450, "USD", "zh", "US$1,234.50"),
        (123450, "CNY", "zh-Hans-CN", "¥1,234.50"),
        (123450, "CNY", "en", "CN¥1,234.50"),
        (123450, "CHF", "en", "CHF 1,234.50"),
        (123450, "USD", "fr", "USD 1,234.50"),
        (1234, "JPY", "en", "¥1,234"),
        (1234567, "KWD", "en", "KWD 1,234.567"),
        (5, "USD", "en", "$0.05"),
        (0, "USD", "en", "$0.00"),
        (-5, "USD", "en", "-$0.05"),
        (-150, "EUR", "es-ES", "-1,50 €"),
    ],
)
def test_money_is_written_as_readers_of_the_language_write_it(
    minor: int, currency: str, language: str, expected: str
) -> None:
    assert expected == write_money(Money(minor, currency), language)


@given(st.integers(-(10**18), 10**18))
def test_no_cent_is_lost(minor: int) -> None:
    written = write_money(Money(minor, "USD"), "en")
    assert minor == int(written.replace("$", "").replace(",", "").replace(".", ""))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "March 9, 2026"),
        ("es-US", "9 de marzo de 2026"),
        ("zh-Hans", "2026年3月9日"),
        ("fr", "2026-03-09"),
    ],
)
def test_dates_are_written_in_full(language: str, expected: str) -> None:
    assert expected == write_date(date(2026, 3, 9), language)
    assert expected == write_iso_date("2026-03-09T23:30:00-04:00", language)


@pytest.mark.parametrize("text", ["", "soon", "03/09/2026", "2026-02-30"])
def test_what_is_no_iso_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        write_iso_date(text, "en")
