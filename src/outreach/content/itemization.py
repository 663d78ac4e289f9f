"""How the amount of a debt came about, as a validation notice lists it (12 CFR 1006.34(c)(2)(vi) to (viii)).

A portfolio gives (label, minor units) pairs, each with the sign by which it changes the balance. The labels
known are :data:`LABELS`; none may be missing, since no field of the notice may be left blank (comment
34(c)(2)(viii)-1), and together they must give the balance. Several debts have one itemization, their sum
(comment 34(c)(2)(viii)-4), and so need one itemization date.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from outreach.content.money import write_date, write_iso_date, write_money
from outreach.content.request import Build, ComposeRequest
from outreach.domain import Debt, Money
from outreach.errors import DraftError

__all__ = ["LABELS", "NOTICE"]

LABELS: Final[Mapping[str, str]] = {
    "itemization_balance": "balance on the itemization date",
    "interest_since": "interest",
    "fees_since": "fees",
    "payments_since": "payments",
    "credits_since": "credits",
}
"""The variables of the itemization, and the label by which a portfolio gives each."""


def _items(debt: Debt) -> dict[str, int]:
    """The minor units of a debt by label, proven to give its balance."""
    items: dict[str, int] = {}
    for label, minor in debt.itemization:
        name = label.strip().casefold()
        if name not in LABELS.values():
            raise DraftError(
                "an itemization has a label that a notice has no field for",
                remedy=f"use {', '.join(LABELS.values())}",
            )
        items[name] = items.get(name, 0) + minor
    if debt.balance is not None and len(items) == len(LABELS) and sum(items.values()) != debt.balance.minor:
        raise DraftError(
            "an itemization does not add up to the balance",
            remedy="give payments and credits with a minus sign, and the balance of the same day",
        )
    return items


def _amount(label: str) -> Build:
    def build(request: ComposeRequest, language: str) -> str:
        total, currency = 0, ""
        for debt in request.debts:
            items = _items(debt)
            if debt.balance is None or label not in items:
                return ""
            if currency not in ("", debt.balance.currency):
                raise DraftError("the debts of one notice are in two currencies")
            total, currency = total + items[label], debt.balance.currency
        return write_money(Money(total, currency), language) if currency else ""

    return build


def _date(request: ComposeRequest, language: str) -> str:
    dates = {debt.itemization_date for debt in request.debts}
    if len(dates) > 1:
        raise DraftError(
            "the debts of one notice have different itemization dates",
            remedy="send a notice for each, naming one debt in the contact",
        )
    [date] = dates or {""}
    return write_iso_date(date, language) if date else ""


def _creditor(request: ComposeRequest, language: str) -> str:
    names = [debt.itemization_creditor for debt in request.debts]
    if not all(names):
        return ""
    return ("、" if language.startswith("zh") else ", ").join(dict.fromkeys(names))


def _validation_end(request: ComposeRequest, language: str) -> str:
    return write_date(request.validation_end, language) if request.validation_end else ""


NOTICE: Final[Mapping[str, Build]] = {
    "itemization_date": _date,
    "itemization_creditor": _creditor,
    **{name: _amount(label) for name, label in LABELS.items()},
    "validation_end": _validation_end,
}
"""The variables of a validation notice; like all that tell of a debt they do not exist for third parties."""
