"""The question put to the gate: given all this, may this contact be made at this moment?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outreach.domain.contact import Contact, Words
from outreach.domain.events import Event
from outreach.domain.history import EMPTY, History
from outreach.domain.people import Collector, Consumer, Debt
from outreach.domain.words import Audience, EndpointKind

__all__ = ["Case", "Pause", "Places", "pauses_in_force"]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the consumer may be, as far as the information points.

    ``zones``: every plausible IANA zone; hours must suit all of them; empty: none is known.
    ``jurisdictions``: places whose law may hold, widest first: ``us``, ``us.oh``.
    ``sources``: (source, zones) pairs for the explanation, such as ("area code 614", (...)).
    """

    zones: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    sources: tuple[tuple[str, tuple[str, ...]], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """A kill switch in force. ``scope``: everything, channel, creditor, template or campaign."""

    scope: str
    value: str
    reason: str
    since: datetime


def pauses_in_force(events: Iterable[Event]) -> tuple[Pause, ...]:
    """The pauses not resumed, from events in their order; one that was voided was never there."""
    known = tuple(events)
    void = {event.fields["of"] for event in known if event.kind == "correction" and event.fields.get("void")}
    pauses: dict[tuple[str, str], Pause] = {}
    for event in known:
        scope, value = event.fields.get("scope", ""), event.fields.get("value", "")
        if event.kind not in ("paused", "resumed") or (event.id and event.id in void):
            continue
        if event.kind == "paused":
            pauses[scope, value] = Pause(scope, value, event.fields.get("reason", ""), event.at)
        else:
            pauses.pop((scope, value), None)
    return tuple(pauses.values())


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a check may look at. Values only; nothing here reaches out.

    ``at``: the moment asked about (aware). ``debts``: those the contact is about, resolved (never
    empty unless the consumer has none). ``words`` ``None``: take the content as compliant.
    ``shared``: events of *other* people that concern this contact's address or debts, oldest first.
    ``known_since``: before it history is unknown and counts as full; ``None``: history is complete.
    ``facts``: outside facts by name, each already the least permitting reading.
    """

    at: datetime
    consumer: Consumer
    contact: Contact
    debts: tuple[Debt, ...] = ()
    places: Places = field(default_factory=Places)
    history: History = EMPTY
    shared: History = EMPTY
    words: Words | None = None
    audience: Audience = Audience.CONSUMER
    to_kind: EndpointKind = EndpointKind.UNKNOWN
    collector: Collector = field(default_factory=Collector)
    known_since: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def debt_ids(self) -> tuple[str, ...]:
        """The ids of the debts the contact is about."""
        return tuple(debt.id for debt in self.debts)

    @property
    def endpoint_kind(self) -> EndpointKind:
        """What the number, address or place of the contact is, as far as known."""
        if self.to_kind is not EndpointKind.UNKNOWN:
            return self.to_kind
        return self.consumer.kind_by(self.contact.channel, self.contact.to)
