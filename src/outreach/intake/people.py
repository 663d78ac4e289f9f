"""A consumer out of an object of the shape of case files, with what a portfolio knows besides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from outreach.domain import (
    CONSUMER,
    Address,
    Consumer,
    Debt,
    Email,
    EndpointKind,
    Phone,
    RelatedPerson,
    Relation,
)
from outreach.errors import InputError
from outreach.intake import addresses, parse
from outreach.intake.columns import check_fields

__all__ = [
    "ADDRESS_KINDS",
    "CONSUMER_FIELDS",
    "DEBT_FIELDS",
    "DEBT_KINDS",
    "EMAIL_KINDS",
    "PHONE_KINDS",
    "ConsumerRow",
    "consumer_from",
    "consumer_id",
]

CONSUMER_FIELDS: Final = (
    "id",
    "name",
    "language",
    "timezone",
    "minor",
    "date_of_birth",
    "national_id",
    "addresses",
    "phones",
    "emails",
    "people",
    "debts",
)
DEBT_FIELDS: Final = (
    "id",
    "kind",
    "creditor",
    "account_number",
    "balance",
    "as_of",
    "days_past_due",
    "servicing_account",
    "time_barred",
    "itemization",
    "itemization_date",
    "itemization_creditor",
)
ADDRESS_FIELDS: Final = ("kind", "lines", "city", "region", "postal_code", "country")
PERSON_FIELDS: Final = ("id", "relation", "name", "phones", "emails", "addresses")

PHONE_KINDS: Final = frozenset({"mobile", "landline", "work", "unknown"})
EMAIL_KINDS: Final = frozenset({"personal", "work", "unknown"})
ADDRESS_KINDS: Final = frozenset({"home", "work", "other"})
DEBT_KINDS: Final = frozenset(
    {"credit_card", "medical", "student_loan", "mortgage", "auto", "personal_loan", "consumer_loan", "other"}
)

_RESERVED = frozenset({CONSUMER, "home", "work", "portal"})  # words that stand where a person's id may stand
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ConsumerRow:
    """A consumer, the line on which she begins, and how many rows she took (in CSV one a debt)."""

    consumer: Consumer
    line: int
    rows: int = 1


def consumer_from(row: Mapping[str, Any]) -> Consumer:
    """A consumer from an object of the JSONL file.

    :raises InputError: naming the field at fault, such as ``debts[1].balance``.
    """
    check_fields(row, CONSUMER_FIELDS)
    phones = _each(row, "phones", phone_from)
    emails = _each(row, "emails", email_from)
    people = _each(row, "people", _person)
    debts = _each(row, "debts", debt_from)
    _distinct(phones, lambda one: one.number, "phones")
    _distinct(emails, lambda one: one.address, "emails")
    _distinct(people, lambda one: one.id, "people")
    _distinct(debts, lambda one: one.id, "debts")
    return Consumer(
        id=consumer_id(row.get("id", ""), "id"),
        name=parse.text(row.get("name", ""), "name"),
        language=addresses.language(row.get("language", ""), "language"),
        timezone=addresses.timezone(row.get("timezone", ""), "timezone"),
        minor=parse.boolean(row.get("minor", False), "minor"),
        date_of_birth=_day(row.get("date_of_birth"), "date_of_birth"),
        national_id=parse.text(row.get("national_id", ""), "national_id", limit=64),
        addresses=_each(row, "addresses", address_from),
        phones=phones,
        emails=emails,
        people=people,
        debts=debts,
    )


def consumer_id(value: Any, column: str) -> str:
    """The client's id for a consumer; not a word that means something else."""
    found = parse.identifier(value, column)
    if found in _RESERVED:
        raise InputError("this word has a meaning of its own", column=column, remedy="use another id")
    return found


def _each(
    row: Mapping[str, Any], name: str, make: Callable[[Mapping[str, Any], str], Value], inside: str = ""
) -> tuple[Value, ...]:
    """The objects of a list, each made into a value."""
    found = row.get(name, [])
    if not isinstance(found, list):
        raise InputError("this is not a list", column=f"{inside}{name}", remedy="write [ … ]")
    made = []
    for place, one in enumerate(found):
        where = f"{inside}{name}[{place}]"
        if not isinstance(one, Mapping):
            raise InputError("this is not an object", column=where, remedy="write { … }")
        made.append(make(one, f"{where}."))
    return tuple(made)


def _distinct(values: Collection[Value], of: Callable[[Value], str], column: str) -> None:
    if len({of(value) for value in values}) != len(values):
        raise InputError("the same one is there twice", column=column, remedy="keep one of them")


def _day(value: Any, column: str) -> str:
    return parse.day(value, column) if value not in (None, "") else ""


def _kind(row: Mapping[str, Any], known: frozenset[str], default: str, inside: str) -> EndpointKind:
    return EndpointKind(parse.one_of(row.get("kind") or default, known, f"{inside}kind"))


def phone_from(row: Mapping[str, Any], inside: str) -> Phone:
    check_fields(row, ("number", "kind"), inside)
    return Phone(
        addresses.phone(row.get("number", ""), f"{inside}number"), _kind(row, PHONE_KINDS, "unknown", inside)
    )


def email_from(row: Mapping[str, Any], inside: str) -> Email:
    check_fields(row, ("address", "kind"), inside)
    address = addresses.email(row.get("address", ""), f"{inside}address")
    return Email(address, _kind(row, EMAIL_KINDS, "unknown", inside))


def address_from(row: Mapping[str, Any], inside: str) -> Address:
    check_fields(row, ADDRESS_FIELDS, inside)
    lines = row.get("lines", [])
    if not isinstance(lines, list):
        raise InputError(
            "this is not a list", column=f"{inside}lines", remedy="write one text a line in [ … ]"
        )
    country = addresses.country(row.get("country", ""), f"{inside}country")
    if not country:
        # Without it no law could be found to judge by.
        raise InputError("an address needs its country", column=f"{inside}country", remedy="such as US")
    return Address(
        kind=_kind(row, ADDRESS_KINDS, "home", inside),
        country=country,
        region=addresses.region(row.get("region", ""), f"{inside}region"),
        postal_code=addresses.postal_code(row.get("postal_code", ""), f"{inside}postal_code", country),
        lines=tuple(parse.text(line, f"{inside}lines[{place}]") for place, line in enumerate(lines)),
        city=parse.text(row.get("city", ""), f"{inside}city"),
    )


def _person(row: Mapping[str, Any], inside: str) -> RelatedPerson:
    check_fields(row, PERSON_FIELDS, inside)
    return RelatedPerson(
        id=consumer_id(row.get("id", ""), f"{inside}id"),
        relation=parse.word(row.get("relation", ""), Relation, f"{inside}relation"),
        name=parse.text(row.get("name", ""), f"{inside}name"),
        phones=_each(row, "phones", phone_from, inside),
        emails=_each(row, "emails", email_from, inside),
        addresses=_each(row, "addresses", address_from, inside),
    )


def debt_from(row: Mapping[str, Any], inside: str) -> Debt:
    check_fields(row, DEBT_FIELDS, inside)
    found = parse.identifier(row.get("id", ""), f"{inside}id")
    if ";" in found:
        raise InputError("a debt's id cannot hold ;", column=f"{inside}id", why="ids are joined by it")
    days = row.get("days_past_due")
    balance = row.get("balance")
    return Debt(
        id=found,
        kind=parse.one_of(row.get("kind") or "other", DEBT_KINDS, f"{inside}kind"),
        servicing_account=parse.text(
            row.get("servicing_account", ""), f"{inside}servicing_account", limit=200
        ),
        time_barred=parse.boolean(row.get("time_barred", False), f"{inside}time_barred"),
        days_past_due=None if days is None else parse.integer(days, f"{inside}days_past_due", most=36_500),
        creditor=parse.text(row.get("creditor", ""), f"{inside}creditor", limit=200),
        account_number=parse.text(row.get("account_number", ""), f"{inside}account_number", limit=200),
        balance=None if balance is None else parse.money(balance, f"{inside}balance"),
        as_of=_day(row.get("as_of"), f"{inside}as_of"),
        itemization=_each(row, "itemization", _item, inside),
        itemization_date=_day(row.get("itemization_date"), f"{inside}itemization_date"),
        itemization_creditor=parse.text(
            row.get("itemization_creditor", ""), f"{inside}itemization_creditor", limit=200
        ),
    )


def _item(row: Mapping[str, Any], inside: str) -> tuple[str, int]:
    check_fields(row, ("label", "minor"), inside)
    label = parse.identifier(row.get("label", ""), f"{inside}label")
    minor = row.get("minor")
    return label, parse.integer(None if isinstance(minor, str) else minor, f"{inside}minor", least=-(10**15))
