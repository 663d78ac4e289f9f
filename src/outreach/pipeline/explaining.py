"""Finding everything the ledger says of one contact, attempt or decision."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.domain import Event
from outreach.errors import InputError
from outreach.ledger import KnownPerson, Reading, StoredContact
from outreach.pipeline.parts import Parts

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its contact and everything recorded of it, in order.

    ``zone``: the person's first plausible zone, for showing times. ``corrections`` are those of events
    shown here.
    """

    decided: Event
    contact: StoredContact
    person: KnownPerson
    events: tuple[Event, ...]
    zone: str

    @property
    def corrections(self) -> tuple[Event, ...]:
        """What was set right afterwards."""
        return tuple(event for event in self.events if event.kind == "correction")


def explain(parts: Parts, reading: Reading, wanted: str) -> Explanation:
    """The latest decision on this contact or attempt, or the decision of this id.

    :param wanted: the id of an attempt or decision, or its unique beginning of six characters or more, or
        a contact's id.
    :raises InputError: if nothing has this id.
    """
    event = reading.event(wanted)
    contact = None
    if event is not None and "contact" in event.fields:
        contact = reading.contacts([event.fields["contact"]]).get(event.fields["contact"])
    if contact is None:
        contact = reading.contact_of_attempt(wanted) or reading.contacts([wanted]).get(wanted)
    if contact is None:
        raise InputError(
            "no contact, attempt or decision has this id",
            where=wanted,
            remedy="`outreach send --json` prints ids",
        )
    knowledge = reading.knowledge([contact.person])[contact.person]
    events = _about(knowledge.events, contact)
    decisions = [each for each in events if each.kind == "decided"]
    chosen = [d for d in decisions if d.id.startswith(wanted) or d.get("attempt", "").startswith(wanted)]
    if not decisions:
        raise InputError("this contact was not judged yet", where=contact.id)
    zones = parts.policy.places(knowledge.person.consumer).zones
    return Explanation(
        (chosen or decisions)[-1], contact, knowledge.person, events, zones[0] if zones else ""
    )


def _about(events: tuple[Event, ...], contact: StoredContact) -> tuple[Event, ...]:
    """The events that name this contact or one of its attempts, and corrections of these."""
    attempts = {e.fields["attempt"] for e in events if e.get("contact") == contact.id and e.get("attempt")}
    ids: set[str] = set()
    found = []
    for event in events:
        if event.get("contact") == contact.id or event.get("attempt") in attempts or event.get("of") in ids:
            found.append(event)
            ids.add(event.id)
    return tuple(found)
