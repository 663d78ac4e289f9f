"""To which debt an unanswered call is booked, and when anew (12 CFR 1006.14(b)(4), comment -1.i).

It counts for at least one of the debts it was about, and which one is for us to say. It is said when the call
closes, and stands, until a fact that we learn later puts that debt over its limit while another has room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from outreach.domain import CONSUMER, Contact, Event, NewEvent, Weight
from outreach.pipeline.books import Book, debts_of
from outreach.pipeline.parts import Parts
from outreach.policy import NAMED_NONE, FrequencyParameters, choose_debt, placed_counts

__all__ = ["RESTATES", "booked_to", "rebooked"]

RESTATES = frozenset({"attempt", "call_result", "correction", "wrong_number", "reassigned_check"})
"""Kinds of events by which earlier calls may come to count otherwise than when they were booked."""

_BECAUSE = (
    "booked to another of its debts (12 CFR 1006.14(b)(4)): a later fact puts the first one over its limit"
)


def booked_to(parts: Parts, contact: Contact, book: Book, now: datetime) -> str:
    """The debt with most calls left, by the widest window over which a rule of her places lets us choose.

    :returns: "" where the call was about one debt only, or no rule counts it for one of several.
    """
    debts = debts_of(contact, book.person)
    windows = list(_choosing(parts, book, now)) if len(debts) > 1 else []
    if not windows:
        return ""
    return choose_debt(
        [debt.id for debt in debts],
        book.history,
        now,
        consumer=book.person.consumer,
        within=max(each.within for each in windows),
        zones=parts.policy.places(book.person.consumer).zones,
        person=contact.to_person,
    )


def rebooked(parts: Parts, book: Book, now: datetime) -> list[NewEvent]:
    """Corrections that move unanswered calls from a debt over its limit to one that still has room.

    A call whose result was corrected before stays as a person said.
    """
    rules = list(_choosing(parts, book, now))
    if not rules:
        return []
    at_most, within = min(each.at_most for each in rules), max(each.within for each in rules)
    consumer, zones = book.person.consumer, parts.policy.places(book.person.consumer).zones
    counts = placed_counts(book.history, now, consumer=consumer, within=within, zones=zones)
    moved = []
    for event, debts in _movable(book):
        (held,) = event.fields["counted_to"]
        if counts.of(held) <= at_most or not counts.holds(event.fields.get("attempt") or event.id):
            continue
        free = [debt for debt in debts if counts.of(debt) < at_most]
        if free:
            better = min(free, key=lambda debt: (counts.of(debt), debt))
            counts.move(held, better)
            fields = {"of": event.id, "set": {"counted_to": [better]}, "because": _BECAUSE}
            moved.append(NewEvent(book.person.id, "correction", now, fields))
    return moved


def _movable(book: Book) -> Iterator[tuple[Event, tuple[str, ...]]]:
    """Unanswered calls booked to one of several debts, latest first, with the debts they were about."""
    corrected = {event.fields["of"] for event in book.events if event.kind == "correction"}
    about: Mapping[str, tuple[str, ...]] = {each.id: each.debts for each in book.history.attempts}
    everything = tuple(debt.id for debt in book.person.consumer.debts)
    for event in reversed(book.history.of("call_result", "attempt")):
        booked = event.fields.get("counted_to") or ()
        debts = about.get(str(event.fields.get("attempt") or event.id)) or everything
        ours = event.id not in corrected and (event.fields.get("person") or CONSUMER) == CONSUMER
        said = event.fields.get("result") or event.fields.get("outcome")
        if ours and said in NAMED_NONE and len(booked) == 1 and len(debts) > 1:
            yield event, tuple(debts)


def _choosing(parts: Parts, book: Book, now: datetime) -> Iterator[FrequencyParameters]:
    """The parameters of the rules in her places that count calls by debt and let us choose one."""
    places = parts.policy.places(book.person.consumer)
    for pack in parts.policy.in_force(places.jurisdictions, now.date()):
        for rule in pack.rules:
            parameters = rule.parameters_on(now.date())
            if (
                isinstance(parameters, FrequencyParameters)
                and parameters.books_to_one
                and rule.weight is Weight.RULE
            ):
                yield parameters
