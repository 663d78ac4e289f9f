"""Everything words are made of, handed over in one piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from outreach.domain import Audience, Collector, Consumer, Contact, Debt, Money, Sender

__all__ = ["Build", "ComposeRequest"]

_NO_NAMES: Mapping[str, str] = MappingProxyType({})


def _no_names() -> Mapping[str, str]:
    return _NO_NAMES


@dataclass(frozen=True, slots=True)
class ComposeRequest:
    """Everything words are made of.

    ``debts``: those the contact is about. ``audience``: who would receive the words. ``sender.name`` is a
    natural person whom the recipient can ask for. ``today``: the date where the person is. ``promise``:
    amount and due date of the latest open promise, ``payment``: amount and date of the latest payment, both
    dates ISO. ``creditor_names``: names by creditor id, for tables; ``creditor_name`` is the contact's own.
    ``validation_end``: the last day on which a debt may be disputed in answer to this notice.
    """

    contact: Contact
    consumer: Consumer
    debts: tuple[Debt, ...]
    audience: Audience
    sender: Sender | None
    collector: Collector
    creditor_name: str
    recipient_name: str
    today: date
    promise: tuple[Money, str] | None = None
    payment: tuple[Money, str] | None = None
    opt_out_address: str = ""
    creditor_names: Mapping[str, str] = field(default_factory=_no_names)
    validation_end: date | None = None


Build = Callable[[ComposeRequest, str], Any]
"""Makes one variable for a request, written for a language; empty or ``None``: it has no value."""
