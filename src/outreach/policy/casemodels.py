"""What a case file may hold: strict models, and the values they stand for."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, RootModel, model_validator

from outreach.domain import (
    EVENT_FIELDS,
    Address,
    Collector,
    CollectorKind,
    Consumer,
    Contact,
    Debt,
    Email,
    EndpointKind,
    Event,
    Phone,
    Purpose,
    RelatedPerson,
    Relation,
    Result,
    Way,
)
from outreach.domain.events import INTERNAL_EVENTS
from outreach.policy.pack import DebtKind, Id, Sentence, Strict

__all__ = ["CaseEntry", "CaseFile", "ContactEntry", "EventEntry", "ExpectEntry"]

Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?\Z|24:00\Z")
_SWITCH = frozenset({"paused", "resumed"})  # outreach records them itself, and a rule looks at them
_KINDS = frozenset(EVENT_FIELDS) - INTERNAL_EVENTS | _SWITCH
_PAUSED = frozenset({"everything", "channel", "creditor", "template", "campaign"})
_ALWAYS = frozenset({"at", "event", "id", "note"})


class AddressEntry(Strict):
    kind: Literal["home", "work", "other"] = "home"
    country: str
    region: str = ""
    postal_code: str = ""

    def address(self) -> Address:
        return Address(EndpointKind(self.kind), self.country, self.region, self.postal_code)


class PhoneEntry(Strict):
    number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{5,14}$")]
    kind: Literal["mobile", "landline", "work", "unknown"] = "unknown"

    def phone(self) -> Phone:
        return Phone(self.number, EndpointKind(self.kind))


class EmailEntry(Strict):
    address: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    kind: Literal["personal", "work", "unknown"] = "unknown"

    def email(self) -> Email:
        return Email(self.address, EndpointKind(self.kind))


class PersonEntry(Strict):
    id: Sentence
    relation: Relation
    name: str = ""
    phones: tuple[PhoneEntry, ...] = ()
    emails: tuple[EmailEntry, ...] = ()
    addresses: tuple[AddressEntry, ...] = ()

    def person(self) -> RelatedPerson:
        return RelatedPerson(
            id=self.id,
            relation=self.relation,
            name=self.name,
            phones=tuple(each.phone() for each in self.phones),
            emails=tuple(each.email() for each in self.emails),
            addresses=tuple(each.address() for each in self.addresses),
        )


class DebtEntry(Strict):
    id: Sentence
    kind: DebtKind = "other"
    servicing_account: str = ""
    time_barred: bool = False
    days_past_due: int | None = None
    creditor: str = ""
    account_number: str = ""

    def debt(self) -> Debt:
        return Debt(**self.model_dump())


class ConsumerEntry(Strict):
    id: Sentence
    name: str = ""
    language: str = ""
    date_of_birth: str = ""
    national_id: str = ""
    timezone: str = ""
    minor: bool = False
    addresses: tuple[AddressEntry, ...] = ()
    phones: tuple[PhoneEntry, ...] = ()
    emails: tuple[EmailEntry, ...] = ()
    people: tuple[PersonEntry, ...] = ()

    def consumer(self, debts: tuple[DebtEntry, ...]) -> Consumer:
        return Consumer(
            id=self.id,
            name=self.name,
            language=self.language,
            timezone=self.timezone,
            minor=self.minor,
            date_of_birth=self.date_of_birth,
            national_id=self.national_id,
            addresses=tuple(each.address() for each in self.addresses),
            phones=tuple(each.phone() for each in self.phones),
            emails=tuple(each.email() for each in self.emails),
            people=tuple(each.person() for each in self.people),
            debts=tuple(each.debt() for each in debts),
        )


class CollectorEntry(Strict):
    id: str = "us"
    kind: CollectorKind = CollectorKind.AGENCY

    def collector(self) -> Collector:
        return Collector(id=self.id, kind=self.kind)


class ContactEntry(Strict):
    at: Moment
    channel: Way
    to: Sentence
    debts: tuple[str, ...] | None = None
    person: str = ""
    purpose: Purpose | None = None
    body: str | None = None
    subject: str = ""
    envelope: tuple[str, ...] = ()
    form: Literal["", "postcard"] = ""
    ringless: bool = False

    def contact(self, consumer: str, to_person: str, purpose: Purpose) -> Contact:
        """The contact, with who is meant and the purpose already found out."""
        return Contact(
            person=consumer,
            channel=self.channel,
            to=self.to,
            purpose=purpose,
            debts=self.debts or (),
            to_person=to_person,
            body=self.body,
            envelope=self.envelope,
            form=self.form,
            ringless=self.ringless,
        )


class ExpectEntry(Strict):
    """``warns``: exactly these rules of weight ``warn`` object; absent: it is not compared.

    ``rules``: what single rules answer, for a case in which several object.
    """

    verdict: Literal["allow", "hold", "block"]
    until: Moment | None = None
    cites: tuple[Sentence, ...] = ()
    warns: tuple[Id, ...] | None = None
    rules: Annotated[
        dict[Id, Literal["allow", "hold", "block", "not_applicable"]], Field(default_factory=dict)
    ]


class EventEntry(Strict):
    """One thing that had happened. Which fields it may have is told by the vocabulary of events."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)

    at: Moment
    event: str
    id: str = ""
    note: str = ""
    channel: Way | Literal["web"] | None = None
    to: str | None = None
    from_: Annotated[str | None, Field(alias="from")] = None
    debts: tuple[str, ...] | None = None
    counted_to: tuple[str, ...] | None = None
    discussed: tuple[str, ...] | None = None
    conversation: bool | None = None
    outcome: Result | None = None
    person: str | None = None
    purpose: Purpose | None = None
    ringless: bool | None = None
    collector: str | None = None
    form: str | None = None
    scope: (
        Literal["call", "sms", "email", "any", "hours"]
        | Literal["everything", "channel", "creditor", "template", "campaign"]
        | None
    ) = None
    value: str | None = None
    reason: str | None = None
    given_to: Literal["collector", "creditor", "prior_collector"] | None = None
    until: str | None = None
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] | None = None
    place: Literal["home", "work"] | None = None
    name_known: bool | None = None
    result: Literal["not_reassigned", "reassigned"] | None = None
    opt_out_by: str | None = None
    immediate: bool | None = None
    by: str | None = None
    amount: dict[str, Any] | None = None
    due: str | None = None
    plan: str | None = None
    of: str | None = None
    void: bool | None = None
    set: dict[str, Any] | None = None
    because: str | None = None

    @model_validator(mode="after")
    def _of_its_kind(self) -> EventEntry:
        if self.event not in _KINDS:
            raise ValueError(f"no such event; known are: {', '.join(sorted(_KINDS))}")
        stated = {self._name(field) for field in self.model_fields_set}
        strange = sorted(stated - EVENT_FIELDS[self.event] - _ALWAYS)
        if strange:
            known = ", ".join(sorted(EVENT_FIELDS[self.event])) or "none"
            raise ValueError(f"{self.event} has no {strange[0]}; its fields are: {known}")
        if self.scope is not None and (self.scope in _PAUSED) is not (self.event in _SWITCH):
            raise ValueError(f"{self.event} has no scope {self.scope}")
        clocks = self.event in ("inconvenient", "convenient") or self.scope == "hours"
        for name, text in (("from", self.from_), ("to", self.to)):
            if clocks and text is not None and not _CLOCK.match(text):
                raise ValueError(f'{name} is a time of day here, as in "08:00"')
        dates = [("until", self.until), ("opt_out_by", self.opt_out_by), ("due", self.due)]
        if self.event == "consent" and not clocks:
            dates.append(("from", self.from_))
        for name, text in dates:
            if text is not None and not _dated(text):
                raise ValueError(f'{name} is a date, as in "2026-01-31"')
        return self

    @staticmethod
    def _name(field: str) -> str:
        return "from" if field == "from_" else field

    def event_value(self) -> Event:
        """The event, its fields as plain values."""
        fields = self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=set(_ALWAYS))
        return Event(kind=self.event, at=self.at, fields=fields, id=self.id)


def _dated(text: str) -> bool:
    """A date, or a date with time and offset."""
    try:
        if len(text) == 10:
            date.fromisoformat(text)
            return True
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


class CaseEntry(Strict):
    """One case. ``facts``: outside facts by name, where a rule needs them."""

    id: Sentence
    title: Sentence
    source: str = ""
    packs: tuple[Id, ...] | None = None
    consumer: ConsumerEntry
    debts: tuple[DebtEntry, ...] = ()
    collector: CollectorEntry = CollectorEntry()
    history: tuple[EventEntry, ...] = ()
    contact: ContactEntry
    expect: ExpectEntry
    ambiguous: bool = False
    confidence: Literal["verified", "memory"] = "verified"
    evidence: Literal["text", "regulator", "report"] | None = None
    note: str = ""
    facts: Annotated[dict[str, Any], Field(default_factory=dict)]


class CaseFile(RootModel[tuple[CaseEntry, ...]]):
    """A case file: a list of cases."""

    model_config = ConfigDict(strict=True, frozen=True)
