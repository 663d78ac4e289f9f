"""Consumers out of a flat CSV: one row a debt, the rows of one consumer next to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, Final

from outreach.domain import Address, Consumer, Debt, Email, EndpointKind, Money, Phone
from outreach.errors import InputError
from outreach.intake import addresses, parse
from outreach.intake.people import DEBT_KINDS, EMAIL_KINDS, PHONE_KINDS, ConsumerRow, consumer_id
from outreach.intake.rows import CsvRows, Rejection
from outreach.intake.seen import Seen

__all__ = ["CONSUMER_COLUMNS", "DEBT_COLUMNS", "read_flat"]

_MOST = range(1, 6)
_PARTS = ("line_1", "line_2", "city", "region", "postal_code", "country")

CONSUMER_COLUMNS: Final = (
    "consumer_id",
    "name",
    "language",
    "timezone",
    "minor",
    "date_of_birth",
    "national_id",
    *(column for n in _MOST for column in (f"phone_{n}", f"phone_{n}_kind")),
    *(column for n in _MOST for column in (f"email_{n}", f"email_{n}_kind")),
    *(f"{kind}_{part}" for kind in ("home", "work") for part in _PARTS),
)
"""Columns about the consumer herself, the same in all of her rows."""

DEBT_COLUMNS: Final = (
    "debt_id",
    "debt_creditor",
    "debt_kind",
    "account_number",
    "balance_minor",
    "balance_currency",
    "as_of",
    "days_past_due",
    "servicing_account",
    "time_barred",
)
"""Columns about the debt of the row."""

Cells = Mapping[str, str]


class _Group:
    """The rows of one consumer so far. ``consumer`` is ``None`` where her first row was rejected."""

    def __init__(self, who: str, cells: Cells, line: int) -> None:
        self.id = who
        self.line = line
        self.rows = 0
        self.first = cells
        self.consumer: Consumer | None = None
        self.debts: list[Debt] = []

    def take(self, cells: Cells) -> None:
        """:raises InputError: if the row cannot be taken; those before it stand."""
        if self.consumer is None:
            if self.first is not cells:
                raise InputError(f"the consumer's first row, on line {self.line}, was rejected")
            self.consumer = _consumer(self.id, cells)
        for column in CONSUMER_COLUMNS:
            if (found := cells.get(column)) and found != self.first.get(column):
                raise InputError(
                    f"this differs from the consumer's first row, on line {self.line}",
                    column=column,
                    remedy="repeat it, or leave it empty",
                )
        debt = _debt(cells)
        if debt is None:
            if self.rows or self.first is not cells:
                raise InputError("a further row of a consumer needs a debt", column="debt_id")
        elif any(debt.id == known.id for known in self.debts):
            raise InputError("this debt stands in a row before", column="debt_id", remedy="keep one row")
        else:
            self.debts.append(debt)
        self.rows += 1

    def result(self) -> Iterator[ConsumerRow]:
        """The consumer, if any of her rows could be taken."""
        if self.consumer is not None and self.rows:
            yield ConsumerRow(replace(self.consumer, debts=tuple(self.debts)), self.line, self.rows)


def read_flat(stream: BinaryIO, name: str) -> Iterator[ConsumerRow | Rejection]:
    """The consumers of a CSV file; one whose first row is rejected is rejected with all her rows.

    :raises InputError: if the file as a whole cannot be used.
    """
    rows = CsvRows(
        stream, name, required=CONSUMER_COLUMNS[:1], optional=(*CONSUMER_COLUMNS[1:], *DEBT_COLUMNS)
    )
    seen = Seen()
    group: _Group | None = None
    for row in rows:
        if isinstance(row, Rejection):
            yield row
            continue
        cells = {column: cell.strip() for column, cell in zip(rows.columns, row, strict=True)}
        try:
            who = consumer_id(cells["consumer_id"], "consumer_id")
            if group is None or who != group.id:
                if group is not None:
                    yield from group.result()
                    group = None
                if not seen.add(who):
                    raise InputError(
                        "this consumer stands in the file before",
                        column="consumer_id",
                        remedy="put the rows of one consumer next to each other",
                    )
                group = _Group(who, cells, rows.line)
            group.take(cells)
        except InputError as fault:
            yield rows.refuse(fault)
    if group is not None:
        yield from group.result()


def _consumer(who: str, cells: Cells) -> Consumer:
    def cell(column: str) -> str:
        return cells.get(column, "")

    return Consumer(
        id=who,
        name=parse.text(cell("name"), "name"),
        language=addresses.language(cell("language"), "language"),
        timezone=addresses.timezone(cell("timezone"), "timezone"),
        minor=parse.boolean(cell("minor") or False, "minor"),
        date_of_birth=parse.day(cell("date_of_birth"), "date_of_birth") if cell("date_of_birth") else "",
        national_id=parse.text(cell("national_id"), "national_id", limit=64),
        addresses=tuple(_addresses(cells)),
        phones=tuple(_phones(cells)),
        emails=tuple(_emails(cells)),
    )


def _phones(cells: Cells) -> Iterator[Phone]:
    found: set[str] = set()
    for n in _MOST:
        column = f"phone_{n}"
        if value := cells.get(column):
            number = addresses.phone(value, column)
            if number in found:
                raise InputError("the same number is there twice", column=column, remedy="keep one of them")
            found.add(number)
            yield Phone(number, _kind(cells, column, PHONE_KINDS))
        elif cells.get(f"{column}_kind"):
            raise InputError("a kind without a number", column=f"{column}_kind", remedy="leave it empty")


def _emails(cells: Cells) -> Iterator[Email]:
    found: set[str] = set()
    for n in _MOST:
        column = f"email_{n}"
        if value := cells.get(column):
            address = addresses.email(value, column)
            if address in found:
                raise InputError("the same address is there twice", column=column, remedy="keep one of them")
            found.add(address)
            yield Email(address, _kind(cells, column, EMAIL_KINDS))
        elif cells.get(f"{column}_kind"):
            raise InputError("a kind without an address", column=f"{column}_kind", remedy="leave it empty")


def _kind(cells: Cells, column: str, known: frozenset[str]) -> EndpointKind:
    return EndpointKind(parse.one_of(cells.get(f"{column}_kind") or "unknown", known, f"{column}_kind"))


def _addresses(cells: Cells) -> Iterator[Address]:
    for kind in ("home", "work"):
        part = {part: cells.get(f"{kind}_{part}", "") for part in _PARTS}
        if not any(part.values()):
            continue
        country = addresses.country(part["country"], f"{kind}_country")
        if not country:
            raise InputError("an address needs its country", column=f"{kind}_country", remedy="such as US")
        lines = (parse.text(part[line], f"{kind}_{line}") for line in ("line_1", "line_2"))
        yield Address(
            kind=EndpointKind(kind),
            country=country,
            region=addresses.region(part["region"], f"{kind}_region"),
            postal_code=addresses.postal_code(part["postal_code"], f"{kind}_postal_code", country),
            lines=tuple(line for line in lines if line),
            city=parse.text(part["city"], f"{kind}_city"),
        )


def _debt(cells: Cells) -> Debt | None:
    def cell(column: str) -> str:
        return cells.get(column, "")

    if not any(map(cell, DEBT_COLUMNS)):
        return None
    found = parse.identifier(cell("debt_id"), "debt_id")
    if ";" in found:
        raise InputError("a debt's id cannot hold ;", column="debt_id", why="ids are joined by it")
    days = cell("days_past_due")
    return Debt(
        id=found,
        kind=parse.one_of(cell("debt_kind") or "other", DEBT_KINDS, "debt_kind"),
        servicing_account=parse.text(cell("servicing_account"), "servicing_account", limit=200),
        time_barred=parse.boolean(cell("time_barred") or False, "time_barred"),
        days_past_due=parse.integer(days, "days_past_due", most=36_500) if days else None,
        creditor=parse.text(cell("debt_creditor"), "debt_creditor", limit=200),
        account_number=parse.text(cell("account_number"), "account_number", limit=200),
        balance=_balance(cell("balance_minor"), cell("balance_currency")),
        as_of=parse.day(cell("as_of"), "as_of") if cell("as_of") else "",
    )


def _balance(minor: str, currency: str) -> Money | None:
    if not minor and not currency:
        return None
    return Money(parse.integer(minor, "balance_minor"), parse.currency(currency, "balance_currency"))
