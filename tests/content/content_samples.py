"""A person with several debts, and requests for words to her and those around her."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from outreach.content import ComposeRequest
from outreach.domain import (
    Address,
    Audience,
    Collector,
    Consumer,
    Contact,
    Debt,
    EndpointKind,
    Money,
    Phone,
    Purpose,
    RelatedPerson,
    Relation,
    Sender,
    Way,
)

SHIPPED = Path(__file__).parents[2] / "templates"

DEBTS = (
    Debt("d1", "credit_card", creditor="bank", account_number="4000123412341111", as_of="2026-03-02"),
    Debt("d2", "medical", creditor="clinic", account_number="MED-998877", as_of="2026-02-27"),
    Debt("d3", "auto", creditor="bank", account_number="77665544", as_of="2026-03-05"),
)
DEBTS = tuple(
    replace(
        debt,
        balance=Money(minor, "USD"),
        itemization=(
            ("Balance on the itemization date", minor + 4000),
            ("interest", 0),
            ("fees", 1500),
            ("payments", -5000),
            ("credits", -500),
        ),
        itemization_date="2025-11-30",
        itemization_creditor="First Bank",
    )
    for debt, minor in zip(DEBTS, (123450, 8005, 1), strict=True)
)

CONSUMER = Consumer(
    "p1",
    "Ana Diaz",
    "en",
    date_of_birth="1980-05-17",
    national_id="123-45-6789",
    addresses=(Address(EndpointKind.HOME, "US", "OH", "43215", ("12 Elm St",), "Columbus"),),
    phones=(Phone("+16145550123", EndpointKind.MOBILE),),
    people=(
        RelatedPerson("r1", Relation.RELATIVE, "Luis Vega", (Phone("+16145550188"),)),
        RelatedPerson("a1", Relation.ATTORNEY, "Kim Lee"),
    ),
    debts=DEBTS,
)

REQUEST = ComposeRequest(
    contact=Contact("p1", Way.SMS, "+16145550123", template="reminder", creditor="bank"),
    consumer=CONSUMER,
    debts=DEBTS,
    audience=Audience.CONSUMER,
    sender=Sender("s1", Way.SMS, "+16145550100", "Robin Smith"),
    collector=Collector(
        name="Harbor Services",
        phone="+16145550199",
        address=Address(EndpointKind.WORK, "US", "OH", "43215", ("9 Dock Rd",), "Columbus"),
    ),
    creditor_name="First Bank",
    recipient_name="",
    today=date(2026, 3, 10),
    promise=(Money(20000, "USD"), "2026-03-20"),
    payment=(Money(15000, "USD"), "2026-03-09"),
    opt_out_address="stop@harbor.example",
    validation_end=date(2026, 4, 16),
    creditor_names={"bank": "First Bank", "clinic": "Lakeside Clinic"},
)

PURPOSES = {
    "validation_notice": Purpose.VALIDATION_NOTICE,
    "location": Purpose.LOCATION,
    "opt_out_confirmation": Purpose.OPT_OUT_CONFIRMATION,
}


def request_for(template: str, channel: str, language: str, **changes: Any) -> ComposeRequest:
    """A request that this template is meant for."""
    purpose = PURPOSES.get(template, Purpose.COLLECT)
    third = template == "location"
    contact = Contact(
        "p1",
        Way(channel),
        "home" if channel == "letter" else "+16145550188" if third else "+16145550123",
        purpose,
        to_person="r1" if third else "consumer",
        template=template,
        creditor="bank",
    )
    audience = Audience.THIRD_PARTY if third else Audience.CONSUMER
    recipient = "Luis Vega" if third else ""
    changes = {"contact": contact, "audience": audience, "recipient_name": recipient, **changes}
    return replace(REQUEST, consumer=replace(CONSUMER, language=language), **changes)
