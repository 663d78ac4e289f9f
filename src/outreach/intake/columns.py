"""Names of columns and fields: strict, and helpful about the one that was meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from outreach.errors import InputError

__all__ = ["check_fields", "check_header", "nearest", "shown"]

_A_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_ ./-]{0,39}")
_DIGITS = re.compile(r"\d{3}")


def nearest(word: str, known: Collection[str]) -> str:
    """The known word most like this one, or ""."""
    found = difflib.get_close_matches(word.strip().lower().replace(" ", "_"), sorted(known), n=1)
    return found[0] if found else ""


def shown(name: str) -> str:
    """A column's name where it can only be a name; data in its place is not repeated in an error."""
    return name if _A_NAME.fullmatch(name) and not _DIGITS.search(name) else "(not a name)"


def check_header(header: Sequence[str], required: Sequence[str], optional: Sequence[str], where: str) -> None:
    """:raises InputError: for a column that is missing, unknown or there twice."""
    known = [*required, *optional]
    if not set(header) & set(known):
        # Perhaps there is no header at all, and these cells are somebody's data: do not repeat them.
        separator = next((s for s in (";", "\t", "|") if len(header) == 1 and s in header[0]), "")
        raise InputError(
            "The first line names no column that we know.",
            where=where,
            why="cells are separated by something other than a comma" if separator else "",
            remedy="separate cells by commas"
            if separator
            else f"begin with the names: {', '.join(known[:6])}, …",
        )
    for name in header:
        if name not in known:
            raise _unknown_column(name, known, where)
        if header.count(name) > 1:
            raise InputError(
                f"The column {name} is there twice.", where=where, column=name, remedy="remove one"
            )
    for name in required:
        if name not in header:
            raise InputError(f"The column {name} is missing.", where=where, column=name, remedy="add it")


def _unknown_column(name: str, known: Sequence[str], where: str) -> InputError:
    close = nearest(name, known)
    return InputError(
        f"The column {shown(name)} is unknown." if name else "A column has no name.",
        where=where,
        why=f"the nearest known name is {close}" if close else f"the known ones are {', '.join(known)}",
        remedy=f"rename it to {close}, or remove it" if close else "remove it",
        column=shown(name),
    )


def check_fields(found: Mapping[str, Any], known: Collection[str], inside: str = "") -> None:
    """:raises InputError: if an object has a field we do not know."""
    name = next((name for name in found if name not in known), None)
    if name is None:
        return
    close = nearest(name, known)
    raise InputError(
        "this field is unknown",
        column=f"{inside}{shown(name)}",
        why=f"the nearest known name is {close}" if close else "",
        remedy=f"rename it to {close}, or remove it" if close else "remove it",
    )
