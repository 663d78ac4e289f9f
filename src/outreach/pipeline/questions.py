"""What a call should find out: what nobody knows yet of the person, and what is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from outreach.domain import CONSUMER, Audience, Contact, EndpointKind, History, Purpose, Result, Way
from outreach.ledger import KnownPerson
from outreach.pipeline.books import Book
from outreach.pipeline.promises import Promised

__all__ = ["questions"]

_SOON = timedelta(days=3)


def questions(
    contact: Contact,
    book: Book,
    audience: Audience,
    promises: Sequence[Promised],
    zones: Sequence[str],
    today: date,
) -> Iterator[str]:
    """What to find out, in the order in which it comes up; who is on the line always first.

    :param promises: those the agent may know of.
    :param today: the date where she is.
    """
    consumer, history = book.person.consumer, book.history
    related = consumer.person(contact.to_person)
    name = (related.name if related else consumer.name) or "the person called"
    if audience is Audience.THIRD_PARTY:
        yield "Say nothing of a debt, whoever asks."
        if contact.purpose is Purpose.LOCATION:
            sought = consumer.name or "the person sought"
            yield f"Where {sought} lives, the telephone there, and where she works."
        return
    yield f"Confirm that it is {name} before anything about a debt."
    if not _identified_at(contact.to, history):
        yield "Whether this number is hers: nobody has been identified at it yet."
    yield from _about_promises(promises, today)
    if contact.to_person == CONSUMER:
        yield from _about_her(book.person, history, zones)


def _about_promises(promises: Sequence[Promised], today: date) -> Iterator[str]:
    soon = (today + _SOON).isoformat()
    for each in promises:
        if each.state == "open" and each.due < today.isoformat():
            yield f"Whether the {each.amount} promised by {each.due} was paid."
        elif each.state == "open" and each.due <= soon:
            yield f"Whether the {each.amount} promised by {each.due} will be paid."
    if promises and promises[-1].state == "broken":
        yield f"What stood in the way of the {promises[-1].amount} promised by {promises[-1].due}."


def _about_her(person: KnownPerson, history: History, zones: Sequence[str]) -> Iterator[str]:
    consumer = person.consumer
    if not consumer.language:
        yield "In which language she wishes to speak: none is on file."
    homes = [each for each in consumer.addresses if each.kind is EndpointKind.HOME and each.lines]
    if not homes:
        yield "Her postal address: none is on file."
    elif _came_back(history):
        yield "Her postal address: the latest letter came back."
    if len(zones) > 1:
        yield "Where she is: what is on file points to several time zones."
    if len(consumer.phones) > 1:
        yield "At which of her numbers she wishes to be called."
    attorneys = history.of("attorney", "attorney_released")
    if attorneys and attorneys[-1].kind == "attorney" and attorneys[-1].get("name_known") is False:
        yield "Name and address of her attorney."


def _identified_at(number: str, history: History) -> bool:
    """Whether the right party was ever on the line at this number."""
    known = {event.get("attempt") for event in history.of("call_result") if event.get("right_party")}
    return any(
        each.to == number and (each.id in known or each.result is Result.CONVERSATION)
        for each in history.attempts
    )


def _came_back(history: History) -> bool:
    letters = [each for each in history.attempts if each.channel is Way.LETTER and each.left]
    return bool(letters) and letters[-1].result is Result.BOUNCED
