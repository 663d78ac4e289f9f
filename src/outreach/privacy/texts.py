"""The texts by which a person could be known: what is looked for when she has been erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from outreach.domain import Consumer, Event, Words
from outreach.domain.people import RelatedPerson

__all__ = ["known_texts"]

_LONG: Final = 12
"""Shorter free text may be a word of ours, such as an outcome, and stand in the chain by right."""


def known_texts(
    versions: Iterable[Consumer], events: Iterable[Event], words: Iterable[Words]
) -> frozenset[str]:
    """Her id, names, numbers, addresses and debts in every version, what was noted and what was said.

    What many people share is left out: cities, postal codes, creditors, days.
    """
    texts = {text for consumer in versions for text in _of_consumer(consumer)}
    texts |= {event.fields["name"] for event in events if event.get("name")}
    for event in events:
        for name in ("note", "body"):
            if isinstance(said := event.get(name), str):
                texts.update(line for line in said.splitlines() if len(line) >= _LONG)
    for said_words in words:
        for text in (said_words.subject, said_words.text, *(text for _, text in said_words.sections)):
            texts.update(line for line in text.splitlines() if len(line) >= _LONG)
    return frozenset(text for text in texts if text.strip())


def _of_consumer(consumer: Consumer) -> Iterator[str]:
    yield from (consumer.id, consumer.name, consumer.national_id)
    owners: tuple[Consumer | RelatedPerson, ...] = (consumer, *consumer.people)
    for owner in owners:
        yield owner.name
        yield from (phone.number for phone in owner.phones)
        yield from (email.address for email in owner.emails)
        yield from (line for address in owner.addresses for line in address.lines)
    for debt in consumer.debts:
        yield from (debt.id, debt.account_number, debt.servicing_account)
