"""What the oracle knows: who has what, every fact that was told, every attempt that stands in the ledger.

Nothing of ``outreach.policy`` is used here or in the two modules that judge by it; zones and particular
debts are written down for the cast of the properties, and every question is answered by a plain loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from outreach.domain import Event
from tests.property.strategies import CAST

__all__ = [
    "ALL_DEBTS",
    "CALLS",
    "EAST",
    "ELECTRONIC",
    "KIND_OF",
    "WEST",
    "Known",
    "Note",
    "Try",
    "particular",
]

EAST, WEST = ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
CALLS, ELECTRONIC = ("call", "voicemail"), ("sms", "email")
NEVER_LEFT = ("refused", "not_sent", "opted_out")

ALL_DEBTS = {each.id: tuple(debt.id for debt in each.debts) for each in CAST}
KIND_OF = {phone.number: phone.kind.value for each in CAST for phone in each.phones}
PARTICULAR = {"b1": "loans S1", "b2": "loans S1"}  # student loans under one account number are one
OWNERS: dict[str, dict[str, str]] = {}
for _each in CAST:
    OWNERS[_each.id] = {
        phone.number: person.id for person in _each.people for phone in person.phones
    } | dict.fromkeys(
        [phone.number for phone in _each.phones] + [email.address for email in _each.emails], "consumer"
    )


def particular(debts: Sequence[str]) -> frozenset[str]:
    """The particular debts these belong to."""
    return frozenset(PARTICULAR.get(debt, debt) for debt in debts)


@dataclass(frozen=True, slots=True)
class Note:
    """A fact that was told, and under which id it was recorded."""

    person: str
    kind: str
    at: datetime
    fields: Mapping[str, Any]
    id: str

    def get(self, name: str) -> Any:
        return self.fields.get(name)

    @property
    def named(self) -> str:
        """Whom it names, the consumer if nobody."""
        return str(self.get("person") or "consumer")


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt as the ledger's raw events tell it, corrections applied.

    ``about``: the particular debts it was about; ``booked``: those it counts for; ``talked``: those
    discussed. ``debts``: as named.
    """

    id: str
    contact: str
    person: str
    whom: str
    at: datetime
    channel: str
    to: str
    debts: tuple[str, ...]
    about: frozenset[str]
    end: str
    purpose: str
    talked: frozenset[str]
    booked: frozenset[str]
    ours: bool

    @property
    def left(self) -> bool:
        return self.end not in NEVER_LEFT

    @property
    def is_call(self) -> bool:
        return self.channel in CALLS


@dataclass(slots=True)
class Known:
    """Everything there is to go by. ``zones``: where each may be; ``known_since``: before it, nothing."""

    zones: dict[str, tuple[ZoneInfo, ...]] = field(
        default_factory=lambda: {"p1": (EAST,), "p2": (EAST,), "p3": (EAST, WEST)}
    )
    known_since: dict[str, datetime] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    corrections: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # by event, the latest
    pauses: set[tuple[str, str]] = field(default_factory=set)
    tries: dict[str, list[Try]] = field(default_factory=dict)

    def told(self, person: str, *kinds: str, by: datetime) -> list[Note]:
        """Her facts of these kinds that still stand, by the time at which they were so."""
        found = []
        for note in self.notes:
            change = self.corrections.get(note.id, {})
            if note.person != person or note.kind not in kinds or note.at > by or change.get("void"):
                continue
            fields = {**note.fields, **change.get("set", {})}
            found.append(Note(note.person, note.kind, note.at, fields, note.id))
        return sorted(found, key=lambda note: note.at)

    def holders(self, address: str) -> list[str]:
        """Everybody in whose circle this address is."""
        return [person for person, owners in OWNERS.items() if address in owners]

    def who(self, note: Note, address: str = "to") -> str:
        """Whom a note speaks of: as named, else the owner of the address in it."""
        where = note.get(address)
        if note.get("person") or not isinstance(where, str):
            return note.named
        return OWNERS[note.person].get(where, "consumer")

    def withdrawals(self, consent: Note, by: datetime) -> list[Note]:
        """Her words that take this consent back."""
        found = []
        scope = consent.get("scope")
        for note in self.told(consent.person, "consent_withdrawn", by=by):
            to, debts = note.get("to"), note.get("debts")
            if note.at < consent.at or note.get("scope") not in (None, "any", scope):
                continue
            if to and consent.get("to") and scope != "hours" and to != consent.get("to"):
                continue
            if debts and consent.get("debts") and not set(debts) & set(consent.get("debts")):
                continue
            found.append(note)
        return found

    def read_tries(self, person: str, events: Sequence[Event]) -> None:
        """Put her attempts together from the raw events, our own and those imported."""
        ends: dict[str, dict[str, Any]] = {}
        for event in events:
            change = self.corrections.get(event.id, {})
            if event.kind in ("attempt_closed", "call_result") and not change.get("void"):
                ends.setdefault(event.fields["attempt"], {}).update(event.fields, **change.get("set", {}))
        self.tries[person] = found = []
        for event in events:
            change = self.corrections.get(event.id, {})
            if event.kind in ("attempt", "attempt_opened") and not change.get("void"):
                fields = {**event.fields, **change.get("set", {})}
                ours = event.kind == "attempt_opened"
                found.append(_try(event, person, fields, ends.get(fields["attempt"], {}) if ours else fields))


def _try(event: Event, person: str, fields: Mapping[str, Any], after: Mapping[str, Any]) -> Try:
    end = after.get("result") or after.get("outcome") or "open"
    debts = tuple(fields.get("debts") or ALL_DEBTS[person])
    about, named = particular(debts), after.get("discussed")
    talked = booked = frozenset[str]()
    if end == "conversation":
        talked = particular(named) if named else about
        booked = about & talked
    if after.get("counted_to"):
        booked = particular(after["counted_to"])
    return Try(
        fields.get("attempt", event.id),
        fields.get("contact", ""),
        person,
        fields.get("person") or OWNERS[person].get(fields["to"], "consumer"),
        event.at,
        fields["channel"],
        fields["to"],
        debts,
        about,
        end,
        fields.get("purpose") or "collect",
        talked,
        booked or about,
        event.kind == "attempt_opened",
    )
