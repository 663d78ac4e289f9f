"""What travels through the pipeline, and what is answered for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from outreach.domain import Contact, Decision, Draft, Outcome
from outreach.ledger import KnownPerson, StoredContact

__all__ = ["Answer", "Answered", "Item", "Judged"]


class Answered(StrEnum):
    """What a row was answered."""

    SENT = "sent"  # accepted by its channel
    OFFERED = "offered"  # a call task on the agents' list
    HELD = "held"
    BLOCKED = "blocked"
    REJECTED = "rejected"  # the row cannot be used; it spent no key
    FAILED = "failed"  # allowed, but refused by the provider or not sayable; nothing left
    UNKNOWN = "unknown"  # handed over, then silence
    EXPIRED = "expired"
    OPEN = "open"  # its attempt is under way in another run or with an agent


@dataclass(slots=True)
class Item:
    """One contact on its way. ``stored`` is set where the ledger already holds it (a hold come due)."""

    contact: Contact
    line: int = 0
    stored: StoredContact | None = None
    person: KnownPerson | None = None
    draft: Draft | None = None
    inputs: tuple[Any, ...] = ()  # what the draft rests on; if it changes, the contact is drafted anew
    facts: Mapping[str, Any] = field(default_factory=dict)
    tries: int = 0


@dataclass(slots=True)
class Judged:
    """An item with its decision, and the ids under which both are recorded."""

    item: Item
    decision: Decision
    contact_id: str
    decision_id: str
    attempt_id: str = ""
    positions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender of a row is told. ``rule`` and ``cites`` are the strictest objection's."""

    answered: Answered
    contact: Contact
    line: int = 0
    contact_id: str = ""
    decision_id: str = ""
    attempt_id: str = ""
    until: datetime | None = None
    outcome: Outcome | None = None
    reason: str = ""
    rule: str = ""
    cites: tuple[str, ...] = ()
    repeated: bool = False  # the first answer, shown again
    column: str = ""
    warnings: tuple[str, ...] = ()
