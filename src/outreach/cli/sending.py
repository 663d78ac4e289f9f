"""import, send: files in, contacts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.opening import Engine, EngineName, moment, open_app, stops_at_ctrl_c
from outreach.cli.output import Json, console, emit, say, table
from outreach.errors import InputError

if TYPE_CHECKING:
    from outreach.assemble import Outreach
    from outreach.engines.summary import Summary

imports = typer.Typer(help="Bring in consumers and what had happened before.", no_args_is_help=True)


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.add_typer(imports, name="import")
    app.command()(send)


File = Annotated[Path, typer.Argument(help="A .csv or .jsonl file; see docs/reference/files.md.")]
Rejects = Annotated[
    Path | None, typer.Option(help="Where rows that cannot be used go (default: beside FILE).")
]


@imports.command("consumers")
def import_consumers(
    file: File,
    known_since: Annotated[
        str | None, typer.Option(help="From when on your history of new people is complete (with offset).")
    ] = None,
    new_placement: Annotated[bool, typer.Option(help="We never contacted the new people before.")] = False,
    rejects: Rejects = None,
    as_json: Json = False,
) -> None:
    """Create or update consumers with their debts, addresses and people."""
    from outreach.cli.importing import consumers_from

    since = moment(known_since, "--known-since")
    if (since is None) == (not new_placement):
        raise InputError(
            "how much of their history is known?",
            why="before that moment unknown contacts count as if every limit were used up",
            remedy="give --known-since TIME, or --new-placement if we never contacted them",
        )
    with open_app() as app, progress("consumers", as_json) as tick:
        counts = consumers_from(app, file, since, rejects, tick)
    _told(counts, as_json)


@imports.command("events")
def import_events(
    file: File,
    officer: Annotated[
        str, typer.Option(help="Who takes responsibility for corrections that permit more.")
    ] = "",
    rejects: Rejects = None,
    as_json: Json = False,
) -> None:
    """Record what happened elsewhere: past attempts, opt-outs, consents, cease letters."""
    from outreach.cli.importing import events_from

    with open_app() as app, progress("events", as_json) as tick:
        counts = events_from(app, file, rejects, tick, officer)
        app.announce()
    _told(counts, as_json)


def send(
    file: File,
    campaign: Annotated[str, typer.Option(help="The campaign, where the file has no such column.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Answer every row, write nothing.")] = False,
    rejects: Rejects = None,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Send a file of contacts: every row is judged and gets an answer.

    With the distributed engine each row is taken in and answered "held"; workers judge and send it.

    Sending the same file again sends nothing twice: each row is shown its first answer.
    Exit status 1: some rows were rejected; they are in the rejects file.
    """
    with open_app() as app:
        distributed = (engine or app.settings.engine) == EngineName.DISTRIBUTED and not dry_run
        summary, left = send_file(
            app, file, campaign, dry_run=dry_run, rejects=rejects, as_json=as_json, distributed=distributed
        )
    if as_json:
        emit({"summary": summary.as_data(), "dry_run": dry_run, "rejects": left})
    else:
        print_summary(summary, dry_run=dry_run, rejects=left)
    from outreach.pipeline.items import Answered

    if summary.stopped:
        raise typer.Exit(130)
    if summary.count(Answered.REJECTED):
        raise typer.Exit(1)


def send_file(
    app: Outreach,
    file: Path,
    campaign: str,
    *,
    dry_run: bool,
    rejects: Path | None,
    as_json: bool,
    distributed: bool = False,
) -> tuple[Summary, Path | None]:
    """Send one file with progress; returns what was answered and the rejects file, if there is one."""
    from outreach.cli.heap import for_long
    from outreach.cli.importing import rejects_for
    from outreach.dryrun import DryRun
    from outreach.engines.local import Sending
    from outreach.intake import RejectsFile, read_contacts

    place = rejects_for(file, rejects)
    rows = read_contacts(file, campaign, now=app.clock.now())
    with RejectsFile(place) as kept, progress("contacts", as_json) as tick:
        if dry_run:
            sending = Sending(app, DryRun(app.parts).dispatch, kept, record=False)
            answer(sending.send(rows), tick, as_json)
        elif distributed:
            from outreach.cli.working import jobs_of
            from outreach.pipeline.queueing import Queueing

            with jobs_of(app) as jobs:
                queueing = Queueing(app.parts, jobs.wake)
                with stops_at_ctrl_c(queueing.stop) as stopped:
                    sending = Sending(app, queueing.dispatch, kept)
                    answer(sending.send(rows), tick, as_json)
                    sending.summary.stopped = stopped()
        else:
            for_long()
            with app.run() as run, stops_at_ctrl_c(run.dispatcher.stop) as stopped:
                sending = Sending(app, run.dispatcher.dispatch, kept)
                answer(sending.send(rows), tick, as_json)
                sending.summary.stopped = stopped()
        written = kept.path if kept.count else None
    return sending.summary, written


def print_summary(summary: Summary, *, dry_run: bool = False, rejects: Path | None = None) -> None:
    """What was answered, by channel and by rule with its citation."""
    from outreach.pipeline.items import Answered

    shown = [each for each in Answered if summary.count(each)]
    channels = sorted({channel for channel, _ in summary.by_channel})
    title = "Would be answered (dry run, nothing written)" if dry_run else "Answered"
    names = {Answered.OPEN: "would be sent"} if dry_run else {}
    table(
        title,
        ["channel", *(names.get(each, each.value) for each in shown)],
        [
            *(
                (
                    channel or "unreadable rows",
                    *(_many(summary.by_channel[channel, each.value]) for each in shown),
                )
                for channel in channels
            ),
            ("all", *(_many(summary.count(each)) for each in shown)),
        ],
    )
    if summary.by_rule:
        table(
            "Held or blocked, by the rule that decides",
            ["rule", "answer", "contacts", "citation"],
            [
                (rule, answered, _many(count), summary.cites.get(rule, ""))
                for (rule, answered), count in summary.by_rule.most_common()
            ],
        )
    if summary.repeated:
        say(f"{summary.repeated:,} rows were answered before; nothing was sent twice.")
    if summary.stopped:
        say("Stopped. The same command goes on from here; nothing is sent twice.")
    if rejects:
        say(f"Rows that cannot be used, with line, column and reason: {rejects}")


@contextmanager
def progress(what: str, quiet: bool) -> Iterator[Any]:
    """A running count on the terminal; nothing with ``--json``."""
    if quiet:
        yield lambda _n: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    ]
    shown = console()
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda n: bar.advance(task, n)


def answer(groups: Iterable[list[Any]], tick: Any, as_json: bool) -> None:
    """Tell each answer as it comes: a tick, or a line of JSON."""
    for answers in groups:
        tick(len(answers))
        if as_json:
            for each in answers:
                emit(answer_data(each))


def answer_data(answer: Any) -> dict[str, Any]:
    """One row's answer for programs: its key and our ids, no address."""
    contact = answer.contact
    data = {
        "line": answer.line,
        "campaign": contact.campaign,
        "key": contact.key,
        "person": contact.person,
        "channel": contact.channel,
        "answered": answer.answered,
        "until": answer.until,
        "outcome": answer.outcome,
        "reason": answer.reason,
        "rule": answer.rule,
        "cites": answer.cites,
        "contact": answer.contact_id,
        "decision": answer.decision_id,
        "attempt": answer.attempt_id,
        "repeated": answer.repeated,
        "warnings": answer.warnings,
    }
    return {key: value for key, value in data.items() if value not in ("", None, (), 0, False)}


def _told(counts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(counts)
    else:
        for name, value in counts.items():
            say(f"{name.replace('_', ' '):<12} {value:,}" if isinstance(value, int) else f"{name}: {value}")
    if counts.get("rejected"):
        raise typer.Exit(1)


def _many(count: int) -> str:
    return f"{count:,}" if count else ""


__all__ = ["answer", "answer_data", "attach", "print_summary", "progress", "send_file"]
