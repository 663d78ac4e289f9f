"""A plainly invented person, for previews and checks: no value here belongs to anybody."""

from __future__ import annotations

from datetime import date

from outreach.content.itemization import LABELS
from outreach.content.request import ComposeRequest
from outreach.domain import (
    Address,
    Audience,
    Collector,
    Consumer,
    Contact,
    Debt,
    Email,
    EndpointKind,
    Money,
    Phone,
    Purpose,
    RelatedPerson,
    Relation,
    Sender,
    Way,
)

__all__ = ["sample_request"]

_NAMES = {"es": "Persona Inventada", "zh": "示例人"}
# 555-01xx numbers and .example domains are set aside for fiction and documentation (RFC 2606).
_PHONE, _EMAIL = "+16145550123", "invented@mail.example"
_RELATIVE = RelatedPerson(
    "sample-relative",
    Relation.RELATIVE,
    "Sample Relative",
    (Phone("+16145550188", EndpointKind.MOBILE),),
    (),
    (Address(EndpointKind.HOME, "US", "OH", "00000", ("2 Example Street",), "Sampletown"),),
)
_ATTORNEY = RelatedPerson("sample-attorney", Relation.ATTORNEY, "Sample Attorney")


def _itemized(balance: int) -> tuple[tuple[str, int], ...]:
    """Items that add up to a balance."""
    items = dict.fromkeys(LABELS.values(), 0)
    items.update({"fees": 500, "payments": -2500, LABELS["itemization_balance"]: balance + 2000})
    return tuple(items.items())


_DEBTS = (
    Debt(
        "sample-1",
        "credit_card",
        creditor="sample-bank",
        account_number="0000111122223333",
        balance=Money(123450, "USD"),
        as_of="2026-03-02",
        itemization=_itemized(123450),
        itemization_date="2025-12-31",
        itemization_creditor="Sample Bank",
    ),
    Debt(
        "sample-2",
        "medical",
        creditor="sample-clinic",
        account_number="SAMPLE-77001",
        balance=Money(8005, "USD"),
        as_of="2026-03-05",
        itemization=_itemized(8005),
        itemization_date="2025-12-31",
        itemization_creditor="Sample Clinic",
    ),
)


def sample_request(
    template: str, channel: Way, language: str, purpose: Purpose, audience: Audience
) -> ComposeRequest:
    """A request with a value for every variable that exists."""
    name = _NAMES.get(language.lower().partition("-")[0], "Invented Person")
    consumer = Consumer(
        "sample",
        name,
        language,
        date_of_birth="1900-01-02",
        national_id="000-00-0000",
        addresses=(Address(EndpointKind.HOME, "US", "OH", "00000", ("1 Example Street",), "Sampletown"),),
        phones=(Phone(_PHONE, EndpointKind.MOBILE),),
        emails=(Email(_EMAIL, EndpointKind.PERSONAL),),
        people=(_RELATIVE, _ATTORNEY),
        debts=_DEBTS,
    )
    to_person = {
        Audience.THIRD_PARTY: _RELATIVE.id,
        Audience.PROFESSIONAL: _ATTORNEY.id,
    }.get(audience, "consumer")
    addresses = {Way.EMAIL: _EMAIL, Way.LETTER: "home", Way.VISIT: "home"}
    contact = Contact(
        consumer.id,
        channel,
        addresses.get(channel, _PHONE),
        purpose,
        tuple(debt.id for debt in _DEBTS),
        to_person,
        template=template,
        creditor="sample-bank",
    )
    person = consumer.person(to_person)
    return ComposeRequest(
        contact,
        consumer,
        _DEBTS,
        audience,
        Sender("sample-sender", channel, "service@agency.example", "Robin Example"),
        Collector(
            "sample-agency",
            name="Example Services",
            address=Address(EndpointKind.WORK, "US", "OH", "00000", ("3 Example Plaza",), "Sampletown"),
            phone="+16145550199",
        ),
        "Sample Bank",
        person.name if person else name,
        date(2026, 3, 10),
        promise=(Money(20000, "USD"), "2026-03-20"),
        payment=(Money(15000, "USD"), "2026-03-09"),
        opt_out_address="stop@agency.example",
        validation_end=date(2026, 4, 16),
        creditor_names={"sample-bank": "Sample Bank", "sample-clinic": "Sample Clinic"},
    )
