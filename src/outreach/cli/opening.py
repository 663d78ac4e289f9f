"""Opening the project a command works on."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from outreach.errors import InputError

if TYPE_CHECKING:
    from outreach.assemble import Outreach
    from outreach.domain import Clock
    from outreach.ledger import KnownPerson, Reading

__all__ = ["moment", "open_app", "person_named", "stops_at_ctrl_c"]


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

    :raises InputError: if nobody has it.
    """
    person = reading.persons([ref]).get(ref)
    if person is None:
        raise InputError(
            f"no consumer {ref} is on file", remedy="import her first: outreach import consumers FILE"
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
def stops_at_ctrl_c(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) finishes what is under way; the second one abandons it."""
    asked = 0

    def on_signal(_signal: int, _frame: object) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise KeyboardInterrupt
        typer.echo(
            "\nstopping: what is under way is finished and recorded (Ctrl-C again abandons it)", err=True
        )
        stop()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
