"""The demo: what a collection team does on its first day, with the commands' own functions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from outreach.assemble import Outreach
from outreach.cli.importing import consumers_from, events_from
from outreach.cli.opening import open_app
from outreach.cli.output import in_zone, say
from outreach.cli.portfolio import name_creditors, write_portfolio
from outreach.cli.sending import print_summary, progress, send_file
from outreach.cli.setup import make_project
from outreach.cli.tree import print_explanation
from outreach.domain import StartedClock, SystemClock
from outreach.engines.summary import Summary
from outreach.ledger import upgrade_ledger
from outreach.pipeline.explaining import explain
from outreach.pipeline.items import Answered
from outreach.settings import load_settings

__all__ = ["run_demo"]

SEED = 1006  # after the part of the regulation


def run_demo(folder: Path, start: datetime, consumers: int) -> None:
    """Make the project and its files where they are missing, import, send, and show what came of it."""
    say(
        f"The demo's clock starts at {in_zone(start, 'America/New_York')}. It is the only special thing here."
    )
    say(f"Project folder: {folder}\n")
    _make_project(folder)
    with open_app(folder=folder, clock=StartedClock(start), create=True) as app:
        portfolio = write_portfolio(folder / "files", seed=SEED, consumers=consumers, now=start)
        _bring_in(app, portfolio.consumers_path, portfolio.events_path)
        summary, rejects = send_file(
            app, portfolio.campaign_path, "", dry_run=False, rejects=None, as_json=False
        )
        print_summary(summary, rejects=rejects)
        _explain_three(app, summary)
        _what_next(app, folder, start, summary)


def _make_project(folder: Path) -> None:
    """A project as ``outreach init`` makes it, with the invented creditors in its settings."""
    settings = folder / "outreach.toml"
    if settings.exists():
        _renew_ledger(folder)
        return
    make_project(folder)
    name_creditors(settings)


def _renew_ledger(folder: Path) -> None:
    """Bring the demo's own ledger, made by an earlier version, to this one's schema without a question."""
    settings = load_settings(folder)
    if Path(settings.ledger_url().removeprefix("sqlite:///")).exists():
        upgrade_ledger(settings.ledger_url(), SystemClock(), **settings.ledger_options())


def _bring_in(app: Outreach, people: Path, history: Path) -> None:
    with progress("consumers", quiet=False) as tick:
        counts = consumers_from(app, people, None, None, tick)
    say(f"consumers: {counts['imported']:,} imported or up to date")
    with progress("events", quiet=False) as tick:
        counts = events_from(app, history, None, tick)
    say(f"events: {counts['imported']:,} recorded, {counts['known_before']:,} known before\n")


def _explain_three(app: Outreach, summary: Summary) -> None:
    """One that was sent, one held, one blocked."""
    with app.ledger.read() as reading:
        for answered in (Answered.SENT, Answered.HELD, Answered.BLOCKED):
            answer = summary.samples.get(answered.value)
            if answer is not None and answer.decision_id:
                say("")
                print_explanation(app.policy, explain(app.parts, reading, answer.decision_id), None)


def _what_next(app: Outreach, folder: Path, start: datetime, summary: Summary) -> None:
    held = summary.samples.get(Answered.HELD.value)
    some = held or next(iter(summary.samples.values()))
    at = start.isoformat(timespec="minutes")
    say("")
    say(f"Messages that would have left are files in {folder / 'outbox'}: open some.")
    say("What to type next (these commands run on today's clock; --at asks about the demo's moment):")
    say(f"  cd {folder}")
    say(f"  outreach when {some.contact.person} --at {at}")
    say(f"  outreach check --person {some.contact.person} --channel call --at {at} --all")
    if held is not None:
        say(f"  outreach explain {held.decision_id} --all --replay")
    say("  outreach policy show --rules")
    say("  outreach audit verify")
    if summary.rows and summary.repeated + summary.count(Answered.REJECTED) == summary.rows:
        say("\nEverything had been answered before: this run sent nothing. Delete the folder to start anew.")
