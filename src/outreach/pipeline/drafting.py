"""From a contact to a draft: route, sender, audience and words are fixed. No lock is held here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from outreach.content import ComposeRequest
from outreach.domain import CONSUMER, Contact, Debt, Draft, History, Money, Purpose, Sender, Way
from outreach.errors import DraftError
from outreach.ledger import KnownPerson
from outreach.pipeline.books import Book, debts_of
from outreach.pipeline.parts import Parts
from outreach.policy import validation_end
from outreach.policy.zones import local

__all__ = ["Drafter", "postal_lines"]


class Drafter:
    """Drafts contacts with the parts' routes, senders and templates."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._fit: dict[tuple[Way, str], tuple[Sender, ...]] = {}

    def inputs(self, book: Book) -> tuple[Any, ...]:
        """What the words rest on; if one of these changes before the lock, the contact is drafted anew."""
        history = book.history
        return (book.person.version, history.deceased, _promise(history), _payment(history))

    def draft(
        self,
        contact: Contact,
        person: KnownPerson,
        history: History,
        now: datetime,
        *,
        text: str | None = None,
    ) -> Draft:
        """The draft of a contact; where none can be made, a draft without words that says why.

        :param text: for replay: the text of the template as it was.
        """
        audience = person.consumer.audience_of(contact.to_person, deceased=history.deceased)
        debts = debts_of(contact, person)
        creditor = contact.creditor or (debts[0].creditor if debts else "")
        via = self._parts.routes.via(contact.channel, creditor)
        try:
            if not via:
                raise DraftError(
                    f"no channel is set for {contact.channel.value}", remedy="add it to [routes]"
                )
            sender = self._sender(contact, creditor)
            request = self._request(contact, person, history, debts, creditor, sender, audience, now)
            words = self._parts.library.compose(request, text=text)
        except DraftError as trouble:
            return Draft(contact, audience, via=via, trouble=trouble.what)
        return Draft(contact, audience, words, sender, via, warnings=words.warnings)

    def _sender(self, contact: Contact, creditor: str) -> Sender:
        fit = self._fit.get((contact.channel, creditor))
        if fit is None:
            own = [s for s in self._parts.senders if s.channel is contact.channel and s.creditor == creditor]
            common = [s for s in self._parts.senders if s.channel is contact.channel and not s.creditor]
            fit = self._fit[contact.channel, creditor] = tuple((own if creditor else []) or common)
        if not fit:
            raise DraftError(f"no sender is set for {contact.channel.value}", remedy="add one to [[senders]]")
        return fit[0] if len(fit) == 1 else self._parts.registry.choose_sender(contact, fit)

    def _request(
        self,
        contact: Contact,
        person: KnownPerson,
        history: History,
        debts: tuple[Debt, ...],
        creditor: str,
        sender: Sender,
        audience: Any,
        now: datetime,
    ) -> ComposeRequest:
        consumer = person.consumer
        related = consumer.person(contact.to_person)
        policy = self._parts.policy
        zones = policy.places(consumer).zones
        is_notice = contact.purpose is Purpose.VALIDATION_NOTICE
        return ComposeRequest(
            contact=contact,
            consumer=consumer,
            debts=debts,
            audience=audience,
            sender=sender,
            collector=self._parts.collector,
            creditor_name=self._parts.creditors.get(creditor, ""),
            recipient_name=related.name if related else consumer.name,
            today=(local(zones[0], now) if zones else now).date(),
            promise=_promise(history),
            payment=_payment(history),
            opt_out_address=sender.address,
            creditor_names=self._parts.creditors,
            validation_end=validation_end(policy, consumer, now) if is_notice else None,
        )


def postal_lines(contact: Contact, person: KnownPerson) -> tuple[str, ...]:
    """The lines of the postal address a letter or visit goes to; empty where there is none."""
    related = person.consumer.person(contact.to) or person.consumer.person(contact.to_person)
    owner = related if related is not None and contact.to_person != CONSUMER else person.consumer
    for address in owner.addresses:
        if owner is not person.consumer or address.kind == contact.to:
            place = " ".join(part for part in (address.city, address.region, address.postal_code) if part)
            return (owner.name, *address.lines, place, address.country)
    return ()


def _promise(history: History) -> tuple[Money, str] | None:
    """The latest promise that was neither kept nor broken: amount and due date."""
    settled = {event.get("of") for event in history.of("promise_kept", "promise_broken")}
    for event in reversed(history.of("promise")):
        amount = event.get("amount")
        if event.id not in settled and amount:
            return Money(amount["minor"], amount["currency"]), str(event.get("due", ""))
    return None


def _payment(history: History) -> tuple[Money, str] | None:
    """The latest payment made on a promise, with its date (UTC)."""
    for event in reversed(history.of("promise_kept")):
        if amount := event.get("amount"):
            return Money(amount["minor"], amount["currency"]), event.at.date().isoformat()
    return None
