"""Promises to pay, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.content import write_money
from outreach.domain import History, Money

__all__ = ["Promised", "promises_of"]


@dataclass(frozen=True, slots=True)
class Promised:
    """One promise. ``state``: open, kept or broken; ``due`` an ISO date; ``amount`` as agents write it."""

    amount: str
    due: str
    state: str


def promises_of(history: History) -> tuple[Promised, ...]:
    """Every promise, oldest first."""
    ended = {event.get("of"): "kept" for event in history.of("promise_kept")}
    ended |= {event.get("of"): "broken" for event in history.of("promise_broken")}
    found = []
    for event in history.of("promise"):
        amount = event.get("amount") or {}
        written = write_money(Money(amount["minor"], amount["currency"]), "en") if amount else ""
        found.append(Promised(written, str(event.get("due", "")), ended.get(event.id, "open")))
    return tuple(found)
