"""The variables a template may use: what each is, and how it is written for this audience.

All are flat texts, made only when a template asks for them; ``debts`` alone is a list, for tables. A
variable without a value is undefined, never an empty text. Who may see what stands in ``audiences.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from outreach.content.masks import Field, Masked
from outreach.content.money import write_date, write_iso_date, write_money
from outreach.content.request import Build, ComposeRequest
from outreach.domain import CONSUMER, Address, Debt, Money, Way
from outreach.errors import DraftError

__all__ = [
    "DEBT_PARTS",
    "OF_DEBTS",
    "OPEN",
    "PLAIN",
    "SENSITIVE",
    "account_numbers",
    "address_lines",
    "debts_table",
    "masked",
]

DEBT_PARTS = ("creditor", "account", "kind", "balance", "as_of")
"""What a template may ask of one debt in ``debts``."""


class DebtLine:
    """One debt in a table. A part without a value is not set, so that using it is an error."""

    __slots__ = DEBT_PARTS

    def __init__(self, parts: Mapping[str, str]) -> None:
        for name, value in parts.items():
            if value:
                setattr(self, name, value)


_KINDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "credit_card": "credit card",
        "medical": "medical bill",
        "student_loan": "student loan",
        "mortgage": "mortgage",
        "auto": "auto loan",
        "personal_loan": "personal loan",
        "consumer_loan": "consumer loan",
        "other": "account",
    },
    "es": {
        "credit_card": "tarjeta de crédito",
        "medical": "factura médica",
        "student_loan": "préstamo estudiantil",
        "mortgage": "hipoteca",
        "auto": "préstamo de automóvil",
        "personal_loan": "préstamo personal",
        "consumer_loan": "préstamo de consumo",
        "other": "cuenta",
    },
    "zh": {
        "credit_card": "信用卡",
        "medical": "医疗账单",
        "student_loan": "学生贷款",
        "mortgage": "住房抵押贷款",
        "auto": "汽车贷款",
        "personal_loan": "个人贷款",
        "consumer_loan": "消费贷款",
        "other": "账户",
    },
}


def _kind(debt: Debt, language: str) -> str:
    kinds = _KINDS.get(language.lower().partition("-")[0], {})
    return kinds.get(debt.kind, debt.kind.replace("_", " "))


@lru_cache(maxsize=1024)
def _readable_phone(number: str) -> str:
    """A collector's number as people dial it: NANP in groups, others as given."""
    if len(number) == 12 and number.startswith("+1"):
        return f"{number[2:5]}-{number[5:8]}-{number[8:]}"
    return number


def _date(text: str, language: str, name: str) -> str:
    try:
        return write_iso_date(text, language) if text else ""
    except ValueError:
        raise DraftError(f"{name} is not a date", remedy="give it as YYYY-MM-DD") from None


def _total(debts: tuple[Debt, ...]) -> Money | None:
    """What is owed together; ``None`` if the balance of any debt is unknown."""
    if len(debts) == 1:
        return debts[0].balance
    minor, currency = 0, ""
    for debt in debts:
        balance = debt.balance
        if balance is None:
            return None
        if currency and balance.currency != currency:
            raise DraftError(
                "the debts of one contact are in two currencies",
                remedy="name in the contact's debts only those of one currency",
            )
        minor += balance.minor
        currency = balance.currency
    return Money(minor, currency) if currency else None


def _balance(request: ComposeRequest, language: str) -> str:
    total = _total(request.debts)
    return "" if total is None else write_money(total, language)


def _balance_as_of(request: ComposeRequest, language: str) -> str:
    """The oldest date: a sum is only as fresh as its oldest part."""
    dates = [debt.as_of for debt in request.debts]
    return _date(min(dates), language, "balance_as_of") if dates and all(dates) else ""


def _creditor(request: ComposeRequest, debt: Debt) -> str:
    """By name where known; ``creditor_name`` is that of the contact's creditor, else of its first debt."""
    if named := request.creditor_names.get(debt.creditor):
        return named
    main = request.contact.creditor or request.debts[0].creditor
    return (request.creditor_name if debt.creditor in ("", main) else "") or debt.creditor


def account_numbers(shown: bool) -> Build:
    """The account numbers of all debts of the contact, plain or masked."""

    def build(request: ComposeRequest, language: str) -> str:
        numbers = [debt.account_number for debt in request.debts]
        if not numbers or not all(numbers):
            return ""
        between = "、" if language.startswith("zh") else ", "
        return between.join([Masked(Field.ACCOUNT, number).told(shown=shown) for number in numbers])

    return build


def debts_table(account_shown: bool, balance_shown: bool) -> Build:
    """The list ``debts``, with account numbers and balances plain or masked."""

    def build(request: ComposeRequest, language: str) -> tuple[DebtLine, ...]:
        lines = []
        for debt in request.debts:
            account, balance = debt.account_number, debt.balance
            written = "" if balance is None else write_money(balance, language)
            parts = {
                "creditor": _creditor(request, debt),
                "account": account and Masked(Field.ACCOUNT, account).told(shown=account_shown),
                "kind": _kind(debt, language),
                "balance": written and Masked(Field.BALANCE, written).told(shown=balance_shown),
                "as_of": _date(debt.as_of, language, "as_of of a debt"),
            }
            lines.append(DebtLine(parts))
        return tuple(lines)

    return build


def _phone(request: ComposeRequest, language: str) -> str:
    """The consumer's own number that this contact goes to, else her first."""
    numbers = [phone.number for phone in request.consumer.phones]
    to = request.contact.to
    return to if to in numbers else next(iter(numbers), "")


def _recipient_name(request: ComposeRequest, language: str) -> str:
    if request.recipient_name:
        return request.recipient_name
    return request.consumer.name if request.contact.to_person in ("", CONSUMER) else ""


def address_lines(address: Address) -> tuple[str, ...]:
    """The lines of an address, without a name and without the country."""
    place = " ".join(part for part in (address.city, address.region, address.postal_code) if part)
    return (*address.lines, *((place,) if place and address.lines else ()))


def _lines(address: Address, channel: Way) -> str:
    """An address in lines on a letter, in one line elsewhere."""
    return ("\n" if channel is Way.LETTER else ", ").join(address_lines(address))


def _collector_address(request: ComposeRequest, language: str) -> str:
    return _lines(request.collector.address, request.contact.channel)


def _recipient_address(request: ComposeRequest, language: str) -> str:
    """Where a letter goes: ``to`` names a kind of the recipient's addresses, or whose house it goes to."""
    contact, consumer = request.contact, request.consumer
    if contact.to_person not in ("", CONSUMER):
        person = consumer.person(contact.to_person)
    else:
        person = consumer.person(contact.to)
        if person is None:
            fitting = [address for address in consumer.addresses if address.kind == contact.to]
            return _lines(fitting[0], contact.channel) if fitting else ""
    return _lines(person.addresses[0], contact.channel) if person and person.addresses else ""


def _promise(request: ComposeRequest, language: str) -> str:
    return write_money(request.promise[0], language) if request.promise else ""


def _promise_due(request: ComposeRequest, language: str) -> str:
    return _date(request.promise[1], language, "promise_due") if request.promise else ""


def _payment(request: ComposeRequest, language: str) -> str:
    return write_money(request.payment[0], language) if request.payment else ""


def _payment_date(request: ComposeRequest, language: str) -> str:
    return _date(request.payment[1], language, "payment_date") if request.payment else ""


# About us, and where a letter goes.
OPEN: Mapping[str, Build] = {
    "collector_name": lambda request, language: request.collector.name,
    "collector_phone": lambda request, language: _readable_phone(request.collector.phone),
    "collector_address": _collector_address,
    "sender_name": lambda request, language: request.sender and request.sender.name,
    "sender_address": lambda request, language: request.sender and _readable_phone(request.sender.address),
    "recipient_address": _recipient_address,
    "today": lambda request, language: write_date(request.today, language),
    "opt_out_address": lambda request, language: request.opt_out_address,
}

# About a debt.
OF_DEBTS: Mapping[str, Build] = {
    "creditor_name": lambda request, language: request.creditor_name,
    "balance_as_of": _balance_as_of,
    "promise_amount": _promise,
    "promise_due": _promise_due,
    "payment_amount": _payment,
    "payment_date": _payment_date,
}

SENSITIVE: Mapping[str, Field] = {
    "consumer_name": Field.NAME,
    "recipient_name": Field.NAME,
    "account": Field.ACCOUNT,
    "balance": Field.BALANCE,
    "phone": Field.PHONE,
    "date_of_birth": Field.DATE_OF_BIRTH,
    "national_id": Field.NATIONAL_ID,
}
"""Variables that print masked unless the template's ``shows`` names them."""

PLAIN: Mapping[str, Build] = {
    "consumer_name": lambda request, language: request.consumer.name,
    "recipient_name": _recipient_name,
    "balance": _balance,
    "phone": _phone,
    "date_of_birth": lambda request, language: request.consumer.date_of_birth,
    "national_id": lambda request, language: request.consumer.national_id,
}


def masked(name: str, shown: bool) -> Build:
    """A sensitive variable, plain or masked."""
    field_, plain = SENSITIVE[name], PLAIN[name]

    def build(request: ComposeRequest, language: str) -> str:
        value: str = plain(request, language)
        return value and str(Masked(field_, value))

    def build_date(request: ComposeRequest, language: str) -> str:
        return _date(request.consumer.date_of_birth, language, name)

    if shown:
        return build_date if field_ is Field.DATE_OF_BIRTH else plain
    return build
