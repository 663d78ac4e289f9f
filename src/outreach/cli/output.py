"""Printing: for people by default, for programs with ``--json``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Json", "console", "emit", "in_zone", "plain", "say", "table"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for programs.")]


_WHOLE = frozenset({"channel", "to", "rule", "answer", "attempt", "pack"})
"""Columns whose words would be broken in the middle; the others fold."""


def console() -> Console:
    """The console for people; wide enough for tables where output is not a terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def say(text: str = "") -> None:
    """One line for people."""
    typer.echo(text)


def emit(value: Any) -> None:
    """One JSON object on a line."""
    typer.echo(json.dumps(plain(value), ensure_ascii=False, sort_keys=True))


def plain(value: Any) -> Any:
    """The value as JSON knows it; moments in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return value


def in_zone(moment: datetime | None, zone: str = "") -> str:
    """A moment on the person's clock with its offset: ``Tue 2026-06-02 11:00 EDT (-04:00)``."""
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(zone) if zone else UTC)
    offset = local.strftime("%z")
    return f"{local:%a %Y-%m-%d %H:%M:%S} {local.tzname()} ({offset[:3]}:{offset[3:]})".replace(
        ":00 ", " ", 1
    )


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for people; numbers stand to the right.

    Cells are shown as they are: what somebody wrote is no mark-up and commands no terminal.
    """
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title or None, title_justify="left", title_style="bold")
    listed = [tuple(_shown(str(cell)) for cell in row) for row in rows]
    for place, column in enumerate(columns):
        numeric = bool(listed) and all(
            row[place].replace(",", "").isdigit() or not row[place] for row in listed
        )
        whole = column in _WHOLE
        drawn.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=whole)
    for row in listed:
        drawn.add_row(*map(Text, row))
    console().print(drawn)


def _shown(text: str) -> str:
    """The text without what would move a terminal's cursor or change its colours."""
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text)
