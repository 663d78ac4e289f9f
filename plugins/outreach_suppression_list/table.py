"""Reading the CSV file of a suppression list."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path

from outreach.domain import Consumer, RelatedPerson
from outreach.errors import InputError

__all__ = ["Table", "read_table"]

_COLUMNS = ("consumer_id", "phone", "email", "reason")
_REASON = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_NO_REASON = "listed"


@dataclass(slots=True)
class Table:
    """Reasons by what they stand for."""

    people: dict[str, str] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)

    def reason_for(self, consumer: Consumer) -> str | None:
        """Why she may not be contacted; ``None`` if she is not listed."""
        if consumer.id in self.people:
            return self.people[consumer.id]
        owners: tuple[Consumer | RelatedPerson, ...] = (consumer, *consumer.people)
        for owner in owners:
            for phone in owner.phones:
                if phone.number in self.phones:
                    return self.phones[phone.number]
            for email in owner.emails:
                if email.address.casefold() in self.emails:
                    return self.emails[email.address.casefold()]
        return None


def read_table(path: Path) -> Table:
    """The table in a file.

    :raises InputError: naming line and column, never the value.
    """
    table = Table()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            _check_header(path, rows.fieldnames)
            for row in rows:
                _add(table, row, f"{path.name}:{rows.line_num}")
    except FileNotFoundError as error:
        raise InputError("the suppression list is missing", where=str(path)) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "the suppression list cannot be read",
            where=str(path),
            why=type(error).__name__,
            remedy="save it as CSV in UTF-8",
        ) from error
    return table


def _check_header(path: Path, names: object) -> None:
    columns = list(names) if isinstance(names, list | tuple) else []
    unknown = [name for name in columns if name not in _COLUMNS]
    if unknown or len(set(columns)) != len(columns) or not set(columns) & set(_COLUMNS[:3]):
        raise InputError(
            "the header of the suppression list does not fit",
            where=f"{path.name}:1",
            why="there are unknown columns" if unknown else "a column is doubled, or none names anybody",
            remedy=f"columns: {', '.join(_COLUMNS)}",
        )


def _add(table: Table, row: dict[str | None, str | None], where: str) -> None:
    if None in row or None in row.values():
        raise InputError("the row has more or fewer cells than the header", where=where)
    cells = {name: (row.get(name) or "").strip() for name in _COLUMNS}
    reason = cells["reason"] or _NO_REASON
    if not _REASON.fullmatch(reason):
        remedy = "one word in small letters, such as deceased or do_not_contact"
        raise InputError("the reason is not a word", where=where, column="reason", remedy=remedy)
    if not (cells["consumer_id"] or cells["phone"] or cells["email"]):
        raise InputError("the row names nobody", where=where, remedy="give a consumer_id, phone or email")
    if cells["consumer_id"]:
        table.people[cells["consumer_id"]] = reason
    if cells["phone"]:
        number = re.sub(r"[\s().-]", "", cells["phone"])
        if not _PHONE.fullmatch(number):
            remedy = "write it with + and country code"
            raise InputError("the telephone number is none", where=where, column="phone", remedy=remedy)
        table.phones[number] = reason
    if cells["email"]:
        if not _EMAIL.fullmatch(cells["email"]):
            raise InputError("the e-mail address is none", where=where, column="email")
        table.emails[cells["email"].casefold()] = reason
