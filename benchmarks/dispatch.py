"""Guarded dispatch: contacts through the whole pipeline to a channel that does nothing.

A first campaign of one group is not measured: with it come tables, plans of rules and templates that a long
campaign reads once. What starting costs is P11's.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import project

from outreach.assemble import Outreach
from outreach.cli.heap import for_long
from outreach.pipeline.items import Answered, Item

WARMING = 500
"""Contacts sent before anything is measured."""


@dataclass(frozen=True, slots=True)
class Dispatched:
    """``rate``: contacts a second. ``processor``: microseconds a contact, all threads. ``commits``: durable
    ones that the pipeline made for these contacts. ``bytes``: by which the ledger's files grew, a contact.
    ``warming``: seconds for the group before.
    """

    rate: float
    processor: float
    commits: int
    bytes: float
    warming: float
    packs: int
    rules: int


def guarded_dispatch(folder: Path, contacts: int) -> Dispatched:
    """From the first draft to the last durable close, and what was in force."""
    prepare(folder, contacts)
    before = _size(folder)  # of a closed ledger: nothing waits in its log
    with project.opened(folder) as plain:
        for_long()  # as the command does
        app, counted = counting(plain)
        warming = warm_up(app, contacts)
        counted.commits = 0
        took, work = timed_run(app, project.items(range(contacts)), contacts)
        packs = app.policy.packs
    kept = (_size(folder) - before) / (contacts + WARMING)
    rules = sum(len(pack.rules) for pack in packs)
    return Dispatched(
        contacts / took, work / contacts * 1e6, counted.commits, kept, warming, len(packs), rules
    )


def prepare(folder: Path, contacts: int) -> None:
    """A project with so many people to be contacted, and those to warm up with."""
    project.make(folder)
    with project.opened(folder) as app:
        project.take_in(app, range(contacts + WARMING))
        app.note_documents()


def warm_up(app: Outreach, contacts: int) -> float:
    """Send the group beyond these; the seconds it took."""
    return timed_run(app, project.items(range(contacts, contacts + WARMING)), WARMING)[0]


def timed_run(app: Outreach, items: Iterable[Item], contacts: int) -> tuple[float, float]:
    """Seconds by the clock, and of processor time, until each of these contacts is sent and closed.

    :raises RuntimeError: if one is not; the figure would mean nothing.
    """
    began, worked = time.perf_counter(), time.process_time()
    with app.run() as run:
        sent, other = _sent(run.dispatcher.dispatch(items))
        took, work = time.perf_counter() - began, time.process_time() - worked
    if sent != contacts:
        raise RuntimeError(f"only {sent} of {contacts} were sent; the figure would mean nothing: {other}")
    return took, work


def _sent(groups: Iterable[list[Any]]) -> tuple[int, Any]:
    sent, other = 0, None
    for answers in groups:
        for answer in answers:
            if answer.answered is Answered.SENT:
                sent += 1
            else:
                other = answer
    return sent, other


class Counting:
    """A ledger that counts the writes that ended in a commit."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.commits = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    @contextmanager
    def write(self, *args: Any, **options: Any) -> Iterator[Any]:
        with self._ledger.write(*args, **options) as writing:
            yield writing
        self.commits += 1


def counting(app: Outreach) -> tuple[Outreach, Counting]:
    """The same outreach over a ledger that counts."""
    counted = Counting(app.parts.ledger)
    return with_ledger(app, counted), counted


def with_ledger(app: Outreach, ledger: Any) -> Outreach:
    """The same outreach over this ledger."""
    return Outreach(app.settings, app.registry, replace(app.parts, ledger=ledger), app.retention)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.db*") if file.is_file())
