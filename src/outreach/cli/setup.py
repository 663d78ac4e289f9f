"""init and demo: a project of your own in a minute, and the whole thing at work before that."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from outreach.cli.opening import moment, open_app
from outreach.cli.output import Json, emit, say
from outreach.errors import InputError

__all__ = ["attach", "make_project"]

DEMO_START = datetime.fromisoformat("2026-06-02T15:00-04:00")
"""A Tuesday, three in the afternoon in New York."""


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.command()(init)
    app.command()(demo)


def init(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or an empty one.")],
    as_json: Json = False,
) -> None:
    """Start a project: settings, a house policy, a place for templates, an empty ledger."""
    if folder.exists() and any(folder.iterdir()):
        raise InputError("this folder is not empty", where=str(folder), remedy="name a new one")
    make_project(folder)
    with open_app(folder=folder, create=True) as app:
        app.note_documents()
    if as_json:
        emit({"project": folder})
        return
    say(f"{folder} is ready: outreach.toml, policies/agency/pack.yaml, templates/, .env.example, outreach.db")
    say("next:")
    say(f"  cd {folder}")
    say("  outreach import consumers people.csv --new-placement")
    say("  outreach send campaign.csv --dry-run")


def make_project(folder: Path) -> None:
    """Lay out a project's files; nothing there is overwritten."""
    from outreach.assemble import data_folder

    shipped = data_folder() / "config"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "policies" / "agency").mkdir(parents=True, exist_ok=True)
    for source, target in (
        (shipped / "outreach.toml", folder / "outreach.toml"),
        (shipped / ".env.example", folder / ".env.example"),
        (shipped / "starter" / "pack.yaml", folder / "policies" / "agency" / "pack.yaml"),
        (shipped / "starter" / "cases.yaml", folder / "policies" / "agency" / "cases.yaml"),
    ):
        if not target.exists():
            shutil.copyfile(source, target)


def demo(
    folder: Annotated[Path, typer.Option(help="Where it lives; delete it to start anew.")] = Path(
        ".outreach-demo"
    ),
    at: Annotated[
        str | None, typer.Option(help="The moment the demo's clock starts at (with offset).")
    ] = None,
    consumers: Annotated[int, typer.Option(help="How many people.", min=10)] = 2000,
) -> None:
    """An invented portfolio through the real pipeline: import, send, hold, refuse, explain.

    Only the clock is special: it starts at a fixed moment. Nothing leaves this machine.
    """
    from outreach.cli.demo import run_demo

    run_demo(folder, moment(at, "--at") or DEMO_START, consumers)
