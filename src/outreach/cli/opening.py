"""Opening the project a command works on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.errors import InputError

if TYPE_CHECKING:
    from outreach.assemble import Outreach
    from outreach.domain import Clock
    from outreach.ledger import KnownPerson, Reading

__all__ = ["Engine", "EngineName", "moment", "open_app", "person_named", "stops_at_ctrl_c"]


class EngineName(StrEnum):
    """What ``send`` and ``work`` run on."""

    LOCAL = "local"
    DISTRIBUTED = "distributed"


Engine = Annotated[
    EngineName | None, typer.Option(help="What it runs on (default: the setting `engine`, else local).")
]


def open_app(*, folder: Path | None = None, clock: Clock | None = None, create: bool = False) -> Outreach:
    """The project found upward from the current folder, put together."""
    from outreach import logs
    from outreach.assemble import assemble
    from outreach.settings import load_settings

    settings = load_settings(folder)
    logs.configure(settings.log.level, file=settings.log_file())
    return assemble(settings, clock=clock, create=create)


def person_named(reading: Reading, ref: str) -> KnownPerson:
    """The consumer of this client id.

    :raises InputError: if nobody has it, or she was erased.
    """
    person = reading.persons([ref]).get(ref)
    if person is None:
        raise InputError(
            f"no consumer {ref} is on file", remedy="import her first: outreach import consumers FILE"
        )
    if person.erased:
        raise InputError(
            f"the consumer {ref} was erased; nothing of her is kept",
            remedy=f"outreach privacy proof {ref} shows what was erased and when",
        )
    return person


def moment(text: str | None, option: str) -> datetime | None:
    """A moment given on the command line; it must carry its offset.

    :raises InputError: if it has none or is no moment.
    """
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise InputError(
            f"{text} is no moment with an offset", where=option, remedy="write it like 2026-06-02T15:00-04:00"
        )
    return parsed


@contextmanager
def stops_at_ctrl_c(stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C (or SIGTERM) finishes what is under way; the second one abandons it.

    What is yielded tells whether the first one came.
    """
    asked = 0

    def on_signal(_signal: int, _frame: object) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            _warn("abandoned: the next run sets right what was under way; `outreach reconcile` lists doubts")
            raise KeyboardInterrupt
        _warn("stopping: what is under way is finished and recorded (Ctrl-C again abandons it)")
        stop()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked > 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _warn(text: str) -> None:
    """A line on standard error past every buffer: a signal may come in the middle of another line."""
    os.write(2, f"\noutreach: {text}\n".encode())
