"""People, events and contacts that the ledger's tests record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from outreach.domain import (
    Address,
    Consumer,
    Contact,
    Debt,
    Email,
    Event,
    Money,
    NewEvent,
    Phone,
    RelatedPerson,
    Relation,
    Way,
)
from outreach.ledger import ContactState, KnownPerson, Ledger, StoredContact

NOW = datetime(2026, 3, 3, 20, tzinfo=UTC)
NUMBER = "+16145550123"
MAIL = "ana.lopez@example.org"
DEBT = "acct-7781-visa"


def ana(ref: str = "p17", **changes: Any) -> Consumer:
    """A consumer of whom much is known."""
    values: dict[str, Any] = {
        "id": ref,
        "name": "Ana López",
        "language": "es",
        "date_of_birth": "1980-02-29",
        "addresses": (Address(country="US", region="OH", postal_code="43215", lines=("1 High St",)),),
        "phones": (Phone(NUMBER),),
        "emails": (Email(MAIL),),
        "people": (RelatedPerson("brother-of-ana", Relation.RELATIVE, "Bo López", (Phone("+16145550188"),)),),
        "debts": (Debt(DEBT, balance=Money(123450, "USD"), account_number="4111111111111111"),),
    }
    return Consumer(**{**values, **changes})


def plain(ref: str) -> Consumer:
    """A consumer with a debt of her own."""
    return Consumer(ref, debts=(Debt(f"d-{ref}"),))


def save(ledger: Ledger, *consumers: Consumer) -> list[KnownPerson]:
    """The consumers, on file; history complete."""
    with ledger.write() as writing:
        return writing.save_persons(consumers, known_since=None)


def record(ledger: Ledger, *events: NewEvent) -> list[Event]:
    """The events, recorded in one commit."""
    with ledger.write() as writing:
        return writing.append(events)


def told(ledger: Ledger, person: str) -> tuple[Event, ...]:
    """Everything recorded of a person."""
    with ledger.read() as reading:
        return reading.knowledge([person])[person].events


def noted(stream: str, note: str = "", at: datetime = NOW, **more: Any) -> NewEvent:
    """The smallest event."""
    return NewEvent(stream, "deceased", at, {"note": note} if note else {}, **more)


def opened(stream: str, attempt: str, contact: str = "c1", run: str = "") -> NewEvent:
    fields = {"contact": contact, "attempt": attempt, "channel": "sms", "to": NUMBER, "debts": [DEBT]}
    return NewEvent(stream, "attempt_opened", NOW, {**fields, "run": run})


def closed(stream: str, attempt: str, outcome: str = "accepted") -> NewEvent:
    return NewEvent(stream, "attempt_closed", NOW, {"attempt": attempt, "outcome": outcome})


def stored(person: KnownPerson, name: str = "c1", key: str = "k1", **changes: Any) -> StoredContact:
    wish = Contact(person.consumer.id, Way.SMS, NUMBER, campaign="spring", key=key)
    values: dict[str, Any] = {
        "id": name,
        "person": person.id,
        "contact": wish,
        "content": "x" * 64,
        "state": ContactState.OPEN,
    }
    return StoredContact(**{**values, **changes})


def ids(contacts: Sequence[StoredContact]) -> list[str]:
    return [each.id for each in contacts]
