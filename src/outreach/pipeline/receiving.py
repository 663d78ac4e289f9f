"""From a channel's news to events: deliveries, replies and opt-outs, each recorded once, in any order.

Every event bears a key made of the channel and the provider's own key, so that what is told twice is recorded
once. What cannot be tied to a person goes to a person's queue and is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from outreach.channels import CallbackRefused, DeliveryNews, News, OptOutNews, ReplyNews
from outreach.domain import CONSUMER, SYSTEM, NewEvent, Outcome, Result, Way, new_id
from outreach.domain.words import CALL_CHANNELS, ELECTRONIC
from outreach.ledger import Reading, StoredContact, Subject, Writing
from outreach.pipeline.attributing import booked_to
from outreach.pipeline.books import Book
from outreach.pipeline.parts import Parts
from outreach.policy import NAMED_NONE
from outreach.policy.wishes import ADDRESS, ALL, Wish

__all__ = ["UNSURE", "Received", "Told", "news_to_events", "of_the_living", "persons_of"]

UNSURE: Final = "unsure"
"""The ``form`` of an opt-out that stands only until a person has read the message."""

_ATTEMPT = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_BEFORE_THE_END = frozenset({Result.SENT, Result.UNRECOGNISED})
_ENDS = frozenset({Result.DELIVERED, Result.BOUNCED})


@dataclass(frozen=True, slots=True)
class Told:
    """One piece of news with whom it concerns: ``contact`` of its attempt, or ``persons`` at its address."""

    news: News
    contact: StoredContact | None = None
    persons: tuple[str, ...] = ()

    @property
    def streams(self) -> tuple[str, ...]:
        """The persons in whose chains it is recorded; nobody: the system's."""
        return (self.contact.person,) if self.contact else self.persons or (SYSTEM,)


@dataclass(slots=True)
class Received:
    """What is to be written. ``left``: contacts of unknown end that are now known to have left."""

    events: list[NewEvent] = field(default_factory=list)
    left: list[StoredContact] = field(default_factory=list)


def persons_of(reading: Reading, news: Sequence[News]) -> list[Told]:
    """Tie each piece of news to a contact of ours or to the persons who have its address.

    :raises CallbackRefused: if it speaks of an attempt we never made.
    """
    told = []
    addresses = {Subject("endpoint", n.address) for n in news if not isinstance(n, DeliveryNews)}
    holders = reading.holders(addresses) if addresses else {}
    for each in news:
        if isinstance(each, DeliveryNews):
            contact = reading.contact_of_attempt(each.attempt) if _ATTEMPT.fullmatch(each.attempt) else None
            if contact is None:
                raise CallbackRefused("a callback speaks of an attempt that is none of ours")
            told.append(Told(each, contact))
        else:
            found = holders.get(Subject("endpoint", each.address), frozenset())
            told.append(Told(each, persons=tuple(sorted(found))))
    return told


def of_the_living(reading: Reading, told: Sequence[Told]) -> list[Told]:
    """The same without persons erased: nothing more is recorded of them.

    What became of an attempt of theirs is dropped; what somebody wrote from a number that once was theirs is
    a stranger's message.
    """
    erased = {
        person.id
        for person in reading.persons_by_id({stream for each in told for stream in each.streams}).values()
        if person.erased
    }
    if not erased:
        return list(told)
    left = []
    for each in told:
        if each.contact is None:
            left.append(replace(each, persons=tuple(name for name in each.persons if name not in erased)))
        elif each.contact.person not in erased:
            left.append(each)
    return left


def news_to_events(parts: Parts, writing: Writing, via: str, told: Sequence[Told], now: datetime) -> Received:
    """The events of this news, with the persons concerned locked.

    :param via: the channel plugin it came through.
    """
    received = Received()
    for each in told:
        at = min(each.news.at or now, now)
        key = f"{via}:{each.news.key}"
        if isinstance(each.news, DeliveryNews):
            assert each.contact is not None
            _delivery(parts, writing, each.contact, each.news, at, key, received)
        elif isinstance(each.news, OptOutNews):
            _opt_out(each, each.news, at, key, received)
        else:
            wish = parts.wishes.read(each.news.text, each.news.wish)
            _reply(writing, each, each.news, wish, at, key, received)
    return received


# ---- what became of an attempt -----------------------------------------------------------------------


def _delivery(
    parts: Parts,
    writing: Writing,
    contact: StoredContact,
    news: DeliveryNews,
    at: datetime,
    key: str,
    received: Received,
) -> None:
    book = Book(writing.knowledge([contact.person])[contact.person])
    by_call = contact.contact.channel in CALL_CHANNELS
    if not by_call and news.result in _BEFORE_THE_END and _ended(book, news.attempt):
        return  # it overtook what came after it, and tells nothing new
    fields: dict[str, Any] = {"attempt": news.attempt, "result": news.result.value, "said": news.said}
    if by_call and news.result in NAMED_NONE and (booked := booked_to(parts, contact.contact, book, at)):
        fields["counted_to"] = [booked]
    kind = "call_result" if by_call else "delivery"
    received.events.append(NewEvent(contact.person, kind, at, fields, key=key))
    if news.wrong_number and contact.contact.to.startswith("+"):  # a mailbox that is gone is no wrong number
        received.events.append(
            NewEvent(contact.person, "wrong_number", at, {"to": contact.contact.to}, key=f"{key}:wrong")
        )
    if contact.attempt == news.attempt and contact.outcome is Outcome.UNKNOWN:
        received.left.append(contact)


def _ended(book: Book, attempt: str) -> bool:
    return any(
        event.fields.get("attempt") == attempt and event.fields.get("result") in _ENDS
        for event in book.history.of("delivery")
    )


# ---- what people wrote -------------------------------------------------------------------------------


def _opt_out(told: Told, news: OptOutNews, at: datetime, key: str, received: Received) -> None:
    fields = {"channel": news.channel.value, "to": news.address, "form": news.form}
    for stream in told.persons:
        received.events.append(NewEvent(stream, "opt_out", at, fields, key=key))
    if not told.persons:
        queued = {"channel": news.channel.value, "from": news.address, "reason": "nobody_has_this_address"}
        received.events.append(NewEvent(SYSTEM, "reply_queued", at, queued, key=key))


def _reply(
    writing: Writing, told: Told, news: ReplyNews, wish: Wish, at: datetime, key: str, received: Received
) -> None:
    """An inbound message in the chain of everybody at that address, and what it asks for."""
    heard: dict[str, Any] = {"channel": news.channel.value, "from": news.address}
    if news.text:
        heard["body"] = news.text
    if not told.persons:
        queued = {**heard, "reason": "nobody_has_this_address"}
        received.events.append(NewEvent(SYSTEM, "reply_queued", at, queued, key=key))
        return
    for stream, known in writing.persons_by_id(told.persons).items():
        owner = known.consumer.owner_of(news.address)
        who = {"person": owner} if owner not in ("", CONSUMER) else {}
        event = NewEvent(stream, "inbound", at, {**heard, **who}, id=new_id(at), key=key)
        received.events.append(event)
        received.events += _wished(stream, news, wish, who, at, key)
        if wish.unsure:
            queued = {"of": event.id, "channel": news.channel.value, "reason": "to_be_read"}
            received.events.append(NewEvent(SYSTEM, "reply_queued", at, queued, key=f"{key}:{stream}"))


def _wished(
    stream: str, news: ReplyNews, wish: Wish, who: Mapping[str, str], at: datetime, key: str
) -> list[NewEvent]:
    """The requests of a message: exactly as wide as it says, and provisional where nobody can be sure.

    :param who: the field that names the writer, where it is not the consumer.
    """
    form = UNSURE if wish.unsure else "reply"
    here = {"channel": news.channel.value, "to": news.address, "form": form, **who}
    if wish.start:
        return [NewEvent(stream, "opt_in", at, here, key=f"{key}:start")]
    events = []
    for scope in sorted(wish.stop):
        fields: Mapping[str, Any] = (
            here if scope in (ADDRESS, ALL) else {"channel": scope, "form": form, **who}
        )
        events.append(NewEvent(stream, "opt_out", at, fields, key=f"{key}:{scope}"))
    if ALL in wish.stop and not wish.unsure and news.channel in {*ELECTRONIC, Way.LETTER}:
        # In writing, so it is a notice under 12 CFR 1006.6(c)(1) too; for all debts, as none is named.
        fields = {"channel": news.channel.value, **who}
        events.append(NewEvent(stream, "cease", at, fields, key=f"{key}:cease"))
    return events
