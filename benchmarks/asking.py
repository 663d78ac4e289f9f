"""Decisions without dispatch: a dry run, and the question of `outreach check`."""

from __future__ import annotations

from pathlib import Path

import project

from outreach.assemble import Outreach
from outreach.dryrun import DryRun
from outreach.pipeline.asking import possibilities
from outreach.pipeline.items import Answered


def prepare(folder: Path, people: int) -> None:
    """A project with so many people, none of them contacted yet."""
    project.make(folder)
    with project.opened(folder) as app:
        project.take_in(app, range(people))
        app.note_documents()


def dry_run(app: Outreach, numbers: range) -> None:
    """What a campaign to these people would be answered.

    :raises RuntimeError: if not all would be sent; the figure would mean nothing.
    """
    allowed = 0
    for answers in DryRun(app.parts).dispatch(project.items(numbers)):
        allowed += sum(answer.answered is Answered.OPEN for answer in answers)
    if allowed != len(numbers):
        raise RuntimeError(f"only {allowed} of {len(numbers)} were allowed; the figure would mean nothing")


def check(app: Outreach, number: int) -> None:
    """One question: may this person have this e-mail, its words judged too?

    :raises RuntimeError: if not; the figure would mean nothing.
    """
    with app.ledger.read() as reading:
        person = reading.persons([f"c{number}"])[f"c{number}"]
        found = possibilities(
            app.parts, reading, person, channel="email", template="reminder", at=project.NOON
        )
    if [True] != [each.allowed for each in found]:
        raise RuntimeError(f"person {number} may not be written to; the figure would mean nothing: {found}")
