"""Rows of files into values: consumers, contacts, events."""

from outreach.intake.consumers import ConsumerRow, read_consumers
from outreach.intake.contacts import ContactRow, content_digest, read_contact_json, read_contacts
from outreach.intake.events import EventRow, event_from, read_events
from outreach.intake.rejects import RejectsFile
from outreach.intake.rows import Rejection

__all__ = [
    "ConsumerRow",
    "ContactRow",
    "EventRow",
    "Rejection",
    "RejectsFile",
    "content_digest",
    "event_from",
    "read_consumers",
    "read_contact_json",
    "read_contacts",
    "read_events",
]
