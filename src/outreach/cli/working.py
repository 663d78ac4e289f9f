"""work, status: what goes on by itself, here or on many machines, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.opening import Engine, EngineName, open_app, stops_at_ctrl_c
from outreach.cli.output import Json, emit, say, table
from outreach.cli.sending import answer, print_summary, progress
from outreach.errors import InputError

if TYPE_CHECKING:
    from outreach.assemble import Outreach
    from outreach.engines.jobs import Jobs
    from outreach.engines.standing import Standing

__all__ = ["attach", "jobs_of"]


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.command()(work)
    app.command()(status)


def work(
    once: Annotated[bool, typer.Option("--once", help="Send what is due now, then return.")] = False,
    engine: Engine = None,
    concurrency: Annotated[
        int, typer.Option(min=1, max=256, help="Processes of the distributed engine on this machine.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Send held contacts when their moment comes, judged afresh; runs until stopped.

    The first Ctrl-C or SIGTERM finishes what is under way. With the distributed engine any number of
    machines do this at once, and one of them also reconciles, seals and, if told to, erases when it is time.
    """
    with open_app() as app:
        chosen = engine or app.settings.engine
        if chosen == EngineName.LOCAL:
            if concurrency > 1:
                raise InputError(
                    "the local engine is one process",
                    where="--concurrency",
                    remedy="add --engine distributed, with a ledger on a server",
                )
            _work_here(app, once, as_json)
            return
        if once:
            raise InputError("--once is the local engine's", remedy="stop workers with SIGTERM")
        if concurrency == 1:
            _work_shared(app, as_json)
            return
        with jobs_of(app):
            pass  # what is missing is said here, once, and not by each process
    _keep_processes(concurrency, as_json)


def _work_here(app: Outreach, once: bool, as_json: bool) -> None:
    from outreach.cli.heap import for_long
    from outreach.engines.local import Working

    for_long()
    with app.run() as run:
        working = Working(app, run)
        found = run.recovered
        if (found.returned or found.unknown) and not as_json:
            say(f"set right after a crash: {found.returned} to be judged afresh, {found.unknown} unknown")
        with stops_at_ctrl_c(working.stop) as stopped, progress("contacts", as_json) as tick:
            answer(working.once() if once else working.forever(), tick, as_json)
            working.summary.stopped = stopped()
    _tell(working.summary, as_json)
    if working.summary.stopped:
        raise typer.Exit(130)


def _work_shared(app: Outreach, as_json: bool) -> None:
    from outreach.cli.heap import for_long
    from outreach.engines.distributed import Worker

    for_long()
    with jobs_of(app) as jobs:
        worker = Worker(app, jobs)
        with stops_at_ctrl_c(worker.stop):
            if not as_json:
                say("working; Ctrl-C or SIGTERM finishes what is under way")
            worker.work()
    _tell(worker.summary, as_json)


def _keep_processes(count: int, as_json: bool) -> None:
    from outreach.engines.processes import Processes

    words = ["-m", "outreach", "work", "--engine", "distributed", *(["--json"] if as_json else [])]
    processes = Processes(words, count)
    with stops_at_ctrl_c(processes.stop):
        raise typer.Exit(processes.keep())


def _tell(summary: Any, as_json: bool) -> None:
    if as_json:
        emit({"summary": summary.as_data()})
    else:
        print_summary(summary)


@contextmanager
def jobs_of(app: Outreach) -> Iterator[Jobs]:
    """What carries wake-ups for the ledger of this project, ready for use.

    :raises InputError: if its ledger lies in a file, which only one machine reaches.
    """
    url = app.settings.ledger_url()
    if url.startswith("sqlite:"):
        raise InputError(
            "the distributed engine needs a ledger on a server",
            where="[ledger] url",
            remedy="outreach db move --to postgresql://USER@HOST/DATABASE, or the local engine",
        )
    from outreach.engines.carrier import ProcrastinateJobs

    jobs = ProcrastinateJobs(url, app.clock)
    try:
        jobs.prepare()
        yield jobs
    finally:
        jobs.close()


def status(as_json: Json = False) -> None:
    """How it stands: contacts, what is held and due and for how long, workers, and what providers take."""
    from outreach.engines.standing import standing_of

    with open_app() as app:
        shared = not app.settings.ledger_url().startswith("sqlite:")
        if shared:
            with jobs_of(app) as jobs:
                found = standing_of(app, jobs)
        else:
            found = standing_of(app)
    if as_json:
        emit(found)
    else:
        _show(found)


def _show(found: Standing) -> None:
    table("Contacts", ["stand", "count"], [(state, f"{count:,}") for state, count in found.contacts.items()])
    oldest = "" if found.lag_seconds is None else f"; the oldest for {_span(found.lag_seconds)}"
    say(f"held: {found.held:,}, of them due: {found.due:,}{oldest}")
    if found.wake_ups is not None:
        ups = found.wake_ups
        say(f"wake-ups: {ups.waiting} waiting, {ups.running} served, {ups.stalled} of workers that are gone")
    table(
        "Workers",
        ["run", "host", "process", "for", "last heard of", "partition"],
        [
            (
                *(each.run, each.host, str(each.pid), _span(each.seconds)),
                f"{each.silent:.0f} s ago" if each.silent else "",
                ", ".join(map(str, each.partitions)),
            )
            for each in found.workers
        ],
    )
    if found.partitions:
        table(
            "Partitions with something due",
            ["partition", "held", "due", "lag", "served by"],
            [
                (str(p.partition), f"{p.held:,}", f"{p.due:,}", _span(p.lag_seconds), p.worker)
                for p in found.partitions
                if p.due
            ],
        )
    table(
        "What providers take",
        ["via", "a second", "each sender", "a day", "each sender", "today"],
        [
            (
                each.via,
                *map(_number, (each.per_second, each.sender_per_second, each.per_day, each.sender_per_day)),
                _number(each.today),
            )
            for each in found.providers
        ],
    )


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
