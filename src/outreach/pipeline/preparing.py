"""Before the lock and under it: drafting a group, reading again what grew, writing how contacts stand."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.ledger import KnownPerson, Writing
from outreach.pipeline.books import Book
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.facts import ask_sources
from outreach.pipeline.items import Item
from outreach.pipeline.opening import Plan
from outreach.pipeline.parts import Parts

__all__ = ["person_of", "prepare", "refresh", "store"]


def prepare(parts: Parts, drafter: Drafter, items: Sequence[Item]) -> dict[str, Book]:
    """Draft each item and ask outside sources, with no lock held; returns what was known of whom."""
    persons = {person_of(item).id: person_of(item) for item in items}
    with parts.ledger.read() as reading:
        knowledge = reading.knowledge(persons.keys()) if persons else {}
    books = {person: Book(each) for person, each in knowledge.items()}
    facts = ask_sources(parts, [person for name, person in persons.items() if not books[name].person.erased])
    now = parts.clock.now()
    for item in items:
        book = books[person_of(item).id]
        item.person = book.person
        item.facts = facts.get(book.person.id, {})
        item.inputs = drafter.inputs(book)
        if book.person.erased:
            continue  # refused under the lock
        item.draft = drafter.draft(item.contact, book.person, book.history, now)
    return books


def refresh(writing: Writing, books: dict[str, Book]) -> None:
    """Read again, under the lock, whatever grew since it was read."""
    heights = writing.heights(books.keys())
    grown = [person for person, book in books.items() if heights.get(person, 0) != book.height]
    if grown:
        books.update((person, Book(each)) for person, each in writing.knowledge(grown).items())


def store(writing: Writing, plan: Plan) -> None:
    """Write how the group's contacts stand now, and what their attempts say."""
    new = [plan.contacts[j.contact_id] for j in plan.judged if j.item.stored is None]
    writing.add_contacts(new)
    writing.update_contacts([plan.contacts[j.contact_id] for j in plan.judged if j.item.stored])
    writing.keep_words(plan.words)
    if plan.documents:
        writing.keep_documents(plan.documents)


def person_of(item: Item) -> KnownPerson:
    """The consumer of an item that was admitted."""
    assert item.person is not None
    return item.person
