"""From a row's contact to a known person: strangers, strange debts and strange addresses are refused."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.domain import CONSUMER, Contact, EndpointKind, Way
from outreach.ledger import KnownPerson
from outreach.pipeline.items import Answer, Answered, Item
from outreach.pipeline.parts import Parts

__all__ = ["ERASED", "Refused", "admit", "admitted", "other_content", "rejection"]

ERASED = "this consumer was erased: nothing is sent to her; a new placement needs an id of its own"


class Refused(Exception):
    """The row cannot be used; it spends no key."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def admitted(parts: Parts, group: Sequence[Item]) -> tuple[list[Item], list[Answer]]:
    """Each item with its consumer; a row that names strangers, strange debts or addresses is rejected."""
    wanted = {item.contact.person for item in group if item.person is None}
    with parts.ledger.read() as reading:
        persons = reading.persons(wanted) if wanted else {}
    items: list[Item] = []
    answers: list[Answer] = []
    for item in group:
        try:
            item.person = item.person or admit(item.contact, persons.get(item.contact.person))
            items.append(item)
        except Refused as refused:
            answers.append(rejection(item, refused.reason, refused.column))
    return items, answers


def rejection(item: Item, reason: str, column: str) -> Answer:
    """The answer to a row that cannot be used."""
    return Answer(Answered.REJECTED, item.contact, item.line, reason=reason, column=column)


def other_content(item: Item, first: str) -> Answer:
    """The answer to a row whose key an earlier contact, of this id, has spent on another wish."""
    reason = f"this key was used before for another contact ({first}); give this wish a key of its own"
    return rejection(item, reason, "key")


def admit(contact: Contact, person: KnownPerson | None) -> KnownPerson:
    """The consumer a contact is for.

    :raises Refused: naming the column, if she, a debt, the recipient or the address is not on file.
    """
    if person is None:
        raise Refused("person", "no consumer with this id is on file; import consumers first")
    if person.erased:
        raise Refused("person", ERASED)
    consumer = person.consumer
    strange = [debt for debt in contact.debts if consumer.debt(debt) is None]
    if strange:
        raise Refused("debts", f"{len(strange)} of the debts named are not this consumer's")
    if contact.to_person != CONSUMER and consumer.person(contact.to_person) is None:
        raise Refused("to_person", "nobody of this id is on file among this consumer's people")
    debts = [debt for debt in consumer.debts if not contact.debts or debt.id in contact.debts]
    if len({debt.balance.currency for debt in debts if debt.balance}) > 1:
        raise Refused("debts", "the debts are in different currencies; one contact speaks of one currency")
    if contact.channel in (Way.LETTER, Way.VISIT):
        _admit_place(contact, person)
    elif not (owner := consumer.owner_of(contact.to)):
        raise Refused("to", "this number or address is not on file for this consumer or her people")
    elif owner != contact.to_person and not _reaches(contact, person):
        raise Refused("to_person", "this number or address belongs to somebody else than the recipient named")
    return person


def _reaches(contact: Contact, person: KnownPerson) -> bool:
    """Whether the named recipient has this address too (people share telephones)."""
    related = person.consumer.person(contact.to_person)
    if related is None:
        return False
    numbers = {phone.number for phone in related.phones} | {email.address for email in related.emails}
    return contact.to in numbers


def _admit_place(contact: Contact, person: KnownPerson) -> None:
    consumer = person.consumer
    if contact.to in (EndpointKind.HOME, EndpointKind.WORK):
        if not any(address.kind == contact.to for address in consumer.addresses):
            raise Refused("to", f"no {contact.to} address is on file for this consumer")
    elif (related := consumer.person(contact.to)) is None or not related.addresses:
        raise Refused("to", "write home, work or the id of one of her people with an address on file")
