"""Mail that came back: a list of the print house or the mail room, read into news."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Final

from outreach.channels import DeliveryNews
from outreach.domain import Result
from outreach.errors import InputError

__all__ = ["COLUMNS", "REASONS", "read_returns"]

COLUMNS: Final = ("attempt", "returned_on", "reason")

# The endorsements of the USPS for undeliverable mail, DMM 507, exhibit 1.4.1; each by its letters alone.
_ENDORSEMENTS: Final = (
    *("attempted not known", "box closed no order", "deceased", "illegible", "in dispute"),
    *("insufficient address", "moved left no address", "no mail receptacle", "no such number"),
    *("no such office in state", "no such street", "not deliverable as addressed unable to forward"),
    *("outside delivery limits", "refused", "returned for better address", "returned for postage"),
    *("temporarily away", "unclaimed", "vacant"),
)
REASONS: Final[Mapping[str, str]] = MappingProxyType({said: said.replace(" ", "_") for said in _ENDORSEMENTS})
"""What a reason may say, and how it is kept. Anything else is kept as ``other``: it could name a person."""

_ATTEMPT = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
_NO_LETTER = re.compile(r"[^a-z]+")


def read_returns(path: Path) -> Iterator[DeliveryNews]:
    """The returned letters of a CSV file with the columns ``attempt``, ``returned_on``, ``reason``.

    A letter comes back once: the same one in another list is the same news.

    :param path: UTF-8; ``returned_on`` as ``2026-04-02``, ``reason`` in the words of the USPS or empty.
    :raises InputError: naming the line and column at fault; what stood before it has been given.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        try:
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise InputError("a column is missing", where=f"{path.name}:1", column=missing[0])
            for row in rows:
                yield _news(row, f"{path.name}:{rows.line_num}")
        except (csv.Error, UnicodeDecodeError):
            raise InputError("this is not CSV in UTF-8", where=f"{path.name}:{rows.line_num}") from None


def _news(row: Mapping[str, str | None], where: str) -> DeliveryNews:
    attempt = (row["attempt"] or "").strip()
    if not _ATTEMPT.fullmatch(attempt):
        raise InputError("this is no id of an attempt", where=where, column="attempt")
    try:
        day = date.fromisoformat((row["returned_on"] or "").strip())
    except ValueError:
        raise InputError(
            "this is not a date", where=where, column="returned_on", remedy="2026-04-02"
        ) from None
    said = _NO_LETTER.sub(" ", (row["reason"] or "").casefold()).strip()
    return DeliveryNews(
        attempt=attempt,
        result=Result.BOUNCED,
        said=REASONS.get(said, "other" if said else ""),
        key=f"returned-mail:{attempt}",
        at=datetime.combine(day, time(0), UTC),
    )
