"""A suppression list: a CSV file of people, numbers and addresses that nobody may contact.

    [plugin.suppression-list]
    path = "suppressed.csv"     # required; below the project's folder unless absolute

The file has a header and any of the columns ``consumer_id``, ``phone``, ``email`` and ``reason``; each row
names at least one person, number or address. A number or address counts for everybody who has it, and for
the consumer around whom that person stands. It is read again whenever it changes. A file that cannot be
read or understood answers for nobody: the fact is then unknown, which blocks where a rule needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from outreach.domain import Consumer
from outreach.hookspecs import FactSource, hookimpl
from outreach_suppression_list.table import Table, read_table

__all__ = ["OUTREACH_API", "SuppressionList", "SuppressionSettings"]

OUTREACH_API = 1


class SuppressionSettings(BaseModel):
    """``[plugin.suppression-list]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    path: str


class SuppressionList:
    """Gives ``suppressed`` (true restricts) and ``suppressed_because``, a word of the file or ""."""

    name = "suppression-list"
    facts = frozenset({"suppressed", "suppressed_because"})

    def __init__(self, path: Path) -> None:
        self._path = path
        self._table: tuple[tuple[int, int, int], Table] | None = None

    def ask(self, consumers: Sequence[Consumer]) -> Sequence[Mapping[str, Any]]:
        """Whether each consumer, or a number or address of her circle, stands in the file now."""
        table = self.table()
        answers = []
        for consumer in consumers:
            reason = table.reason_for(consumer)
            answers.append({"suppressed": reason is not None, "suppressed_because": reason or ""})
        return answers

    def table(self) -> Table:
        """The file's content, read again if the file is another than before.

        :raises outreach.errors.InputError: naming line and column, if it cannot be used.
        """
        state = self._path.stat()
        mark = (state.st_mtime_ns, state.st_size, state.st_ino)
        known = self._table
        if known is None or known[0] != mark:
            known = self._table = (mark, read_table(self._path))
        return known[1]


@hookimpl
def outreach_register_fact_sources(
    register: Callable[[FactSource], None], settings: Mapping[str, Any]
) -> None:
    """The list, read once now so that a bad file stops the start and not a campaign."""
    mine = SuppressionSettings(**settings)
    source = SuppressionList(mine.folder / Path(mine.path).expanduser())
    source.table()
    register(source)
