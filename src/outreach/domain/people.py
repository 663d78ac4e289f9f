"""Who owes, what is owed, who stands around them, and who we are."""

from __future__ import annotations

from dataclasses import dataclass, field

from outreach.domain.values import Money
from outreach.domain.words import Audience, CollectorKind, EndpointKind, Relation, Way

__all__ = ["CONSUMER", "Address", "Collector", "Consumer", "Debt", "Email", "Phone", "RelatedPerson"]

CONSUMER = "consumer"
"""How a contact or event names the consumer herself, where it may also name one of her people."""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. ``country`` ISO 3166-1 alpha-2; ``region`` the part of ISO 3166-2 after the dash."""

    kind: EndpointKind = EndpointKind.HOME  # home, work or other
    country: str = ""
    region: str = ""
    postal_code: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number in E.164 with its kind: mobile, landline, work or unknown."""

    number: str
    kind: EndpointKind = EndpointKind.UNKNOWN


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address with its kind: personal, work or unknown."""

    address: str
    kind: EndpointKind = EndpointKind.UNKNOWN


@dataclass(frozen=True, slots=True)
class RelatedPerson:
    """Someone other than the consumer whom we know of, and what they are to her."""

    id: str
    relation: Relation
    name: str = ""
    phones: tuple[Phone, ...] = ()
    emails: tuple[Email, ...] = ()
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Debt:
    """One particular debt (12 CFR 1006.14(b)(4)).

    ``itemization``: (label, minor units) pairs. ``itemization_date`` (ISO) is the reference date of 12 CFR
    1006.34(b)(3) from which they count, ``itemization_creditor`` the name of whom the debt was owed to on it.
    """

    id: str
    kind: str = "other"
    servicing_account: str = ""
    time_barred: bool = False
    days_past_due: int | None = None
    creditor: str = ""
    account_number: str = ""
    balance: Money | None = None
    as_of: str = ""
    itemization: tuple[tuple[str, int], ...] = ()
    itemization_date: str = ""
    itemization_creditor: str = ""


@dataclass(frozen=True, slots=True)
class Consumer:
    """A person who owes, or is said to owe, and everything we know of her that is not an event.

    ``id`` is the client's own id for her. ``timezone`` (IANA) is given only where her location is
    known for certain; it then decides alone. ``language`` is BCP 47.
    """

    id: str
    name: str = ""
    language: str = ""
    timezone: str = ""
    minor: bool = False
    date_of_birth: str = ""
    national_id: str = ""
    addresses: tuple[Address, ...] = ()
    phones: tuple[Phone, ...] = ()
    emails: tuple[Email, ...] = ()
    people: tuple[RelatedPerson, ...] = ()
    debts: tuple[Debt, ...] = ()

    def person(self, person_id: str) -> RelatedPerson | None:
        """The related person of that id; ``None`` for the consumer herself or a stranger."""
        return next((person for person in self.people if person.id == person_id), None)

    def debt(self, debt_id: str) -> Debt | None:
        """The debt of that id."""
        return next((debt for debt in self.debts if debt.id == debt_id), None)

    def owner_of(self, address: str) -> str:
        """Whose number or address this is: ``consumer``, a related person's id, or "" if nobody's.

        Where the consumer and someone else share it, it is the consumer's.
        """
        if any(phone.number == address for phone in self.phones):
            return CONSUMER
        if any(email.address == address for email in self.emails):
            return CONSUMER
        for person in self.people:
            if any(phone.number == address for phone in person.phones) or any(
                email.address == address for email in person.emails
            ):
                return person.id
        return ""

    def kind_of(self, address: str) -> EndpointKind:
        """What kind of number or address this is, whoever of her circle owns it."""
        owners: tuple[Consumer | RelatedPerson, ...] = (self, *self.people)
        for owner in owners:
            for phone in owner.phones:
                if phone.number == address:
                    return phone.kind
            for email in owner.emails:
                if email.address == address:
                    return email.kind
        return EndpointKind.UNKNOWN

    def kind_by(self, channel: Way, to: str) -> EndpointKind:
        """What a contact by this channel to this number, address or place reaches."""
        if channel in (Way.LETTER, Way.VISIT):
            if to == "home":
                return EndpointKind.HOME
            return EndpointKind.WORK if to == "work" else EndpointKind.OTHER
        return self.kind_of(to)

    def audience_of(self, person_id: str, *, deceased: bool = False) -> Audience:
        """Who would receive the words if they went to this person.

        :param person_id: ``consumer`` or the id of a related person; a stranger is a third party.
        :param deceased: whether the consumer is known to have died.

        12 CFR 1006.6(a) puts spouse, parent of a minor, guardian, executor and confirmed successor in
        interest in the consumer's place; 1006.6(d)(1) names the professionals.
        """
        if person_id in ("", CONSUMER):
            return Audience.CONSUMER
        person = self.person(person_id)
        if person is None:
            return Audience.THIRD_PARTY
        if person.relation in _IN_CONSUMERS_PLACE:
            return Audience.CONSUMER
        if person.relation is Relation.PARENT and self.minor:
            return Audience.CONSUMER
        if person.relation is Relation.EXECUTOR and deceased:
            return Audience.CONSUMER
        if person.relation in _PROFESSIONAL:
            return Audience.PROFESSIONAL
        return Audience.THIRD_PARTY


_IN_CONSUMERS_PLACE = frozenset({Relation.SPOUSE, Relation.GUARDIAN, Relation.SUCCESSOR_IN_INTEREST})
_PROFESSIONAL = frozenset(
    {
        Relation.ATTORNEY,
        Relation.CREDITOR,
        Relation.CREDITOR_ATTORNEY,
        Relation.COLLECTOR_ATTORNEY,
        Relation.REPORTING_AGENCY,
    }
)


@dataclass(frozen=True, slots=True)
class Collector:
    """Who we are, where a rule or a template asks."""

    id: str = "us"
    kind: CollectorKind = CollectorKind.AGENCY
    name: str = ""
    address: Address = field(default_factory=Address)
    phone: str = ""
