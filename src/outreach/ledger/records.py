"""Values of the domain as they are kept beside the chain, and back: people, contacts, words."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from outreach.domain import Consumer, Contact, Outcome, Words
from outreach.ledger.chain import from_micros, micros
from outreach.ledger.encrypted import ENCRYPTED, RECEIVED, STANDING, key_needed, unreadable
from outreach.ledger.values import PARTITIONS, ContactState, StoredContact

if TYPE_CHECKING:
    from outreach.ledger.encryption import StreamCipher

__all__ = [
    "CONTACT_COLUMNS",
    "UNKNOWN_STATE",
    "Aside",
    "consumer_from",
    "consumer_text",
    "contact_from",
    "contact_row",
    "emptied_row",
    "hidden_standing",
    "partition_of",
    "shown_standing",
    "standing_row",
    "value_sorts",
    "words_from",
    "words_text",
]

UNKNOWN_STATE: Final = "unknown"
"""How the database calls a contact that is done with an unknown outcome, so that an index finds it."""

CONTACT_COLUMNS: Final = "c.arrival, c.id, c.person, c.state, c.due, c.received, c.standing"


class _Received(msgspec.Struct, omit_defaults=True):
    """What never changes of a contact."""

    contact: Contact
    content: str = ""
    expires_at: int | None = None


class _Standing(msgspec.Struct, omit_defaults=True):
    """What does change, besides the columns that indexes need. ``hidden``: the reason, encrypted."""

    attempt: str = ""
    decision: str = ""
    opened_at: int | None = None
    outcome: Outcome | None = None
    reason: str = ""
    run: str = ""
    tries: int = 0
    hidden: str = ""


class Aside(msgspec.Struct, omit_defaults=True):
    """What lies beside one row of the chain: free text by the event's number, words of its attempt."""

    fields: dict[str, dict[str, Any]] = {}
    words: Words | None = None


_encode = msgspec.json.encode
_received = msgspec.json.Decoder(_Received).decode
_standing = msgspec.json.Decoder(_Standing).decode
_words = msgspec.json.Decoder(Words).decode
_consumer = msgspec.json.Decoder(Consumer).decode
_STATES: Final = {**{state.value: state for state in ContactState}, UNKNOWN_STATE: ContactState.DONE}


def consumer_text(consumer: Consumer) -> str:
    """A consumer, for keeping."""
    return _encode(consumer).decode()


def consumer_from(text: str) -> Consumer:
    """A kept consumer."""
    return _consumer(text)


def words_text(words: Words) -> str:
    """Words, for keeping."""
    return _encode(words).decode()


def words_from(text: str) -> Words:
    """Kept words."""
    return _words(text)


def contact_row(stored: StoredContact) -> tuple[Any, ...]:
    """The columns of a new contact, without its arrival."""
    contact = stored.contact
    expires = None if stored.expires_at is None else micros(stored.expires_at)
    return (
        stored.id,
        stored.person,
        contact.campaign,
        contact.key,
        _state(stored),
        contact.priority,
        0 if stored.due is None else micros(stored.due),
        partition_of(stored.person),
        _encode(_Received(contact, stored.content, expires)).decode(),
        _standing_text(stored),
    )


@lru_cache(maxsize=4096)
def partition_of(person: str) -> int:
    """The share of all people that she belongs to; by a digest, since ids of one moment begin alike.

    :param person: internal id.
    """
    return zlib.crc32(person.encode()) % PARTITIONS


def emptied_row(stored: StoredContact) -> tuple[Any, ...]:
    """The columns key, received and standing of a contact of a person erased, and last its id.

    What stays of it stands in the chain too.
    """
    wish = Contact(
        person="",
        channel=stored.contact.channel,
        to="",
        purpose=stored.contact.purpose,
        campaign=stored.contact.campaign,
        key=stored.id,
    )
    received = _encode(_Received(wish)).decode()
    return stored.id, received, _standing_text(replace(stored, reason="")), stored.id


def standing_row(stored: StoredContact, cipher: StreamCipher | None = None) -> tuple[Any, ...]:
    """What an update writes, and last the id."""
    due = 0 if stored.due is None else micros(stored.due)
    text = _standing_text(stored)
    if cipher is not None and stored.reason:
        text = hidden_standing(stored.id, text, cipher)
    return _state(stored), due, text, stored.id


def hidden_standing(contact: str, text: str, cipher: StreamCipher) -> str:
    """A kept standing with its reason encrypted."""
    told = _standing(text)
    if told.reason:
        told.reason, told.hidden = "", cipher.encrypt(STANDING.name, contact, told.reason)
    return _encode(told).decode()


def shown_standing(contact: str, text: str, cipher: StreamCipher | None) -> str:
    """A kept standing with its reason in plain."""
    told = _standing(text)
    if told.hidden:
        told.reason, told.hidden = _reason(contact, told.hidden, cipher), ""
    return _encode(told).decode()


def _reason(contact: str, hidden: str, cipher: StreamCipher | None) -> str:
    if cipher is None:
        raise unreadable(contact, STANDING.name)
    return cipher.decrypt(STANDING.name, contact, hidden)


def contact_from(
    row: Sequence[Any], cipher: StreamCipher | None = None, *, encrypting: bool = False
) -> StoredContact:
    """A contact from the columns of :data:`CONTACT_COLUMNS`.

    :param cipher: of its person, where encryption is on and she was not erased.
    :raises LedgerError: if it is encrypted and cannot be read.
    """
    arrival, contact_id, person, state, due, received, standing = row
    if cipher is not None:
        received = cipher.decrypt(RECEIVED.name, contact_id, received)
    try:
        fixed, now = _received(received), _standing(standing)
    except msgspec.DecodeError:
        if received.startswith(ENCRYPTED):
            raise (unreadable(person, RECEIVED.name) if encrypting else key_needed()) from None
        raise
    reason = _reason(contact_id, now.hidden, cipher) if now.hidden else now.reason
    return StoredContact(
        id=contact_id,
        person=person,
        contact=fixed.contact,
        content=fixed.content,
        state=_STATES[state],
        due=from_micros(due) if due else None,
        expires_at=None if fixed.expires_at is None else from_micros(fixed.expires_at),
        decision=now.decision,
        attempt=now.attempt,
        outcome=now.outcome,
        reason=reason,
        arrival=arrival,
        opened_at=None if now.opened_at is None else from_micros(now.opened_at),
        run=now.run,
        tries=now.tries,
    )


def value_sorts(consumer: Consumer) -> Iterable[tuple[str, str]]:
    """The values of a consumer that get tokens, with their sorts: endpoints, related people, debts."""
    for phones, emails in (
        (consumer.phones, consumer.emails),
        *((person.phones, person.emails) for person in consumer.people),
    ):
        yield from (("endpoint", phone.number) for phone in phones)
        yield from (("endpoint", email.address) for email in emails)
    for person in consumer.people:
        yield "person", person.id
    for debt in consumer.debts:
        yield "debt", debt.id


def _state(stored: StoredContact) -> str:
    if stored.state is ContactState.DONE and stored.outcome is Outcome.UNKNOWN:
        return UNKNOWN_STATE
    return stored.state.value


def _standing_text(stored: StoredContact) -> str:
    return _encode(
        _Standing(
            stored.attempt,
            stored.decision,
            None if stored.opened_at is None else micros(stored.opened_at),
            stored.outcome,
            stored.reason,
            stored.run,
            stored.tries,
        )
    ).decode()
