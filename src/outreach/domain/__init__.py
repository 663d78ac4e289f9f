"""Words and values of outreach: frozen, slotted, standard library only."""

from outreach.domain.case import Case, Pause, Places, pauses_in_force
from outreach.domain.clock import Clock, FrozenClock, StartedClock, SystemClock
from outreach.domain.contact import Contact, Draft, Sender, Words
from outreach.domain.decision import ALLOWED, NOT_APPLICABLE, Decision, Finding, RuleFinding
from outreach.domain.dispositions import Code
from outreach.domain.events import EVENT_FIELDS, SYSTEM, Event, NewEvent
from outreach.domain.history import EMPTY, Attempt, History
from outreach.domain.people import CONSUMER, Address, Collector, Consumer, Debt, Email, Phone, RelatedPerson
from outreach.domain.values import Money, digest_of, moment_of_id, new_id, new_ids
from outreach.domain.words import (
    Audience,
    CollectorKind,
    EndpointKind,
    Outcome,
    Purpose,
    Relation,
    Result,
    Verdict,
    Way,
    Weight,
)

__all__ = [
    "ALLOWED",
    "CONSUMER",
    "EMPTY",
    "EVENT_FIELDS",
    "NOT_APPLICABLE",
    "SYSTEM",
    "Address",
    "Attempt",
    "Audience",
    "Case",
    "Clock",
    "Code",
    "Collector",
    "CollectorKind",
    "Consumer",
    "Contact",
    "Debt",
    "Decision",
    "Draft",
    "Email",
    "EndpointKind",
    "Event",
    "Finding",
    "FrozenClock",
    "History",
    "Money",
    "NewEvent",
    "Outcome",
    "Pause",
    "Phone",
    "Places",
    "Purpose",
    "RelatedPerson",
    "Relation",
    "Result",
    "RuleFinding",
    "Sender",
    "StartedClock",
    "SystemClock",
    "Verdict",
    "Way",
    "Weight",
    "Words",
    "digest_of",
    "moment_of_id",
    "new_id",
    "new_ids",
    "pauses_in_force",
]
