"""What is known of one person while her contacts are drafted and judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from outreach.domain import Contact, Debt, Event, History, NewEvent
from outreach.ledger import Knowledge, KnownPerson

__all__ = ["Book", "debts_of"]


class Book:
    """What is known of one person while a group is judged, with the group's own reservations."""

    __slots__ = ("_history", "events", "height", "person")

    def __init__(self, knowledge: Knowledge) -> None:
        self.person = knowledge.person
        self.events: list[Event] = list(knowledge.events)
        self.height = knowledge.height
        self._history: History | None = None

    @property
    def history(self) -> History:
        """Everything known, reservations included."""
        if self._history is None:
            self._history = History(self.events)
        return self._history

    def reserve(self, event: NewEvent) -> None:
        """Take an opened attempt into account from now on."""
        known_by = event.id or event.fields["attempt"]  # the ledger names it only when it is written
        self.know(Event(event.kind, event.at, event.fields, event.at, known_by, event.stream))

    def named(self, event: Event) -> Event:
        """An attempt with its debts named: where none is, it was about all of this person's."""
        if event.kind not in ("attempt", "attempt_opened") or event.get("debts"):
            return event
        debts = [debt.id for debt in self.person.consumer.debts]
        return replace(event, fields={**event.fields, "debts": debts})

    def forget_after(self, moment: datetime) -> None:
        """Keep only what had been recorded before this moment."""
        self.events = [event for event in self.events if event.recorded_at and event.recorded_at < moment]
        self._history = None

    def forget_future(self, moment: datetime) -> None:
        """Keep only what was so by this moment, for a question about the past."""
        self.events = [event for event in self.events if event.at <= moment]
        self._history = None

    def know(self, event: Event) -> None:
        """Take one more event into account."""
        self.events.append(event)
        self._history = None


def debts_of(contact: Contact, person: KnownPerson) -> tuple[Debt, ...]:
    """The debts a contact is about: those named, or all of the consumer's."""
    debts = person.consumer.debts
    if not contact.debts:
        return debts
    return tuple(debt for debt in debts if debt.id in contact.debts)
