"""Ledgers of any size, for P7: built through the public interface, then some of their people contacted."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import project
from dispatch import timed_run

from outreach.assemble import Outreach
from outreach.domain import NewEvent
from outreach.domain.clock import FrozenClock

EACH = 8
"""Past attempts of a person, each recorded by itself: a row of the ledger's largest table."""

WARMING, CONTACTS = 250, 1_000
_BLOCK, _BATCH = 20_000, 2_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock, and of processor time, a contact."""

    wall: float
    processor: float


def grow(folder: Path, people: range, each: int = EACH) -> int:
    """Add these people with their pasts; the bytes of the ledger's files then.

    Block by block: everybody's first attempt, then everybody's second, as weeks would bring them.
    """
    if not (folder / "outreach.toml").exists():
        project.make(folder)
    clock = FrozenClock(project.NOON - timedelta(hours=1))
    with project.opened(folder, clock) as app:
        app.note_documents()
        for start in range(people.start, people.stop, _BLOCK):
            block = range(start, min(start + _BLOCK, people.stop))
            streams = list(_saved(app, block))
            for week in range(each, 0, -1):
                _week(app, streams, week)
    return size(folder)


def _saved(app: Outreach, block: range) -> Iterator[tuple[int, str]]:
    for start in range(block.start, block.stop, _BATCH):
        numbers = range(start, min(start + _BATCH, block.stop))
        saved = app.inbound.consumers([project.consumer(number) for number in numbers], None)
        yield from zip(numbers, (person.id for person in saved), strict=True)


def _week(app: Outreach, streams: Sequence[tuple[int, str]], week: int) -> None:
    """An e-mail to each, three days and so many weeks ago, at some minute of the day."""
    base = project.NOON - timedelta(days=7 * week + 3)
    for start in range(0, len(streams), _BATCH):
        with app.ledger.write() as writing:
            writing.append(
                [
                    NewEvent(stream, "attempt", base + timedelta(minutes=number % 60), _past(number))
                    for number, stream in streams[start : start + _BATCH]
                ]
            )


def _past(number: int) -> dict[str, object]:
    to = f"person{number}@example.com"
    about = {"debts": [f"d{number}"], "person": "consumer", "purpose": "collect"}
    return {"channel": "email", "to": to, "outcome": "sent", **about}


def size(folder: Path) -> int:
    """Of the files of a closed ledger."""
    return sum(file.stat().st_size for file in folder.glob("*.db*") if file.is_file())


def contacted(folder: Path, people: int, turn: int, *, copied: bool) -> Cost:
    """What it costs to contact a thousand of them, after some to warm up.

    :param turn: the round: each contacts other people.
    :param copied: in a fresh copy; else what is sent stays in the ledger.
    """
    wanted = WARMING + CONTACTS
    if not copied:
        drawn = random.Random(1).sample(range(people), wanted * (turn + 1))[wanted * turn :]
        return _measured(folder, drawn, f"growth {turn}")
    drawn = random.Random(turn).sample(range(people), wanted)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        copy = Path(name) / "copy"
        shutil.copytree(folder, copy)
        _settle(copy)
        return _measured(copy, drawn, "growth")


def _settle(folder: Path) -> None:
    """Have what was copied on the disk before anything is timed."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _measured(folder: Path, drawn: Sequence[int], campaign: str) -> Cost:
    with project.opened(folder) as app:
        timed_run(app, project.items(drawn[:WARMING], campaign), WARMING)
        took, work = timed_run(app, project.items(drawn[WARMING:], campaign), CONTACTS)
    return Cost(took / CONTACTS, work / CONTACTS)
