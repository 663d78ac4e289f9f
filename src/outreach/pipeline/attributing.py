"""To which debt an unanswered call is booked when it closes (12 CFR 1006.14(b)(4), comment -1.i)."""

from __future__ import annotations

from datetime import datetime

from outreach.domain import Contact
from outreach.pipeline.books import Book, debts_of
from outreach.pipeline.parts import Parts
from outreach.policy import choose_debt

__all__ = ["booked_to"]


def booked_to(parts: Parts, contact: Contact, book: Book, now: datetime) -> str:
    """The debt with most calls left, by the widest window over which a rule of her places lets us choose.

    :returns: "" where the call was about one debt only, or no rule counts it for one of several.
    """
    debts = debts_of(contact, book.person)
    if len(debts) < 2:
        return ""
    consumer = book.person.consumer
    places = parts.policy.places(consumer)
    windows = [
        parameters
        for pack in parts.policy.in_force(places.jurisdictions, now.date())
        for rule in pack.rules
        if rule.check.kind == "frequency"
        and (parameters := rule.parameters_on(now.date())) is not None
        and "debt" in getattr(parameters, "per", ())
        and getattr(parameters, "what", "") == "attempts"
        and getattr(parameters, "several_debts", "") == "one"
        and getattr(parameters, "unit", "") == "days"
    ]
    if not windows:
        return ""
    return choose_debt(
        [debt.id for debt in debts],
        book.history,
        now,
        consumer=consumer,
        within=max(getattr(each, "within", 1) for each in windows),
        zones=places.zones,
        person=contact.to_person,
    )
