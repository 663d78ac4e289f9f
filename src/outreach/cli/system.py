"""templates, plugins, settings, db: the working parts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from outreach.cli.output import Json, emit, say, table
from outreach.errors import InputError

__all__ = ["attach"]

templates = typer.Typer(help="The words: do all templates hold, and how do they read?", no_args_is_help=True)
db = typer.Typer(help="The ledger's schema and copies.", no_args_is_help=True)


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.add_typer(templates, name="templates")
    app.add_typer(db, name="db")
    app.command("plugins")(plugins)
    app.command("settings")(settings)


@templates.command("check")
def check(as_json: Json = False) -> None:
    """Every template in every language: does it compile, say what it must, and fit? Exit 1: problems."""
    from outreach.cli.project import load_rules
    from outreach.content import check as check_library
    from outreach.content import preview, segments

    library = load_rules().library
    problems = check_library(library)
    rows = []
    for file in library.templates():
        parts = ""
        if file.channel == "sms" and not problems:
            count = segments(preview(library, file.name, file.channel, file.language).text)
            parts = f"{count.count} × {count.encoding}"
        rows.append((file.language, file.channel, file.name, parts))
        if as_json:
            emit(
                {"language": file.language, "channel": file.channel, "template": file.name, "segments": parts}
            )
    if not as_json:
        table("Templates", ["language", "channel", "template", "SMS segments"], rows)
    for problem in problems:
        if as_json:
            emit({"problem": problem})
        else:
            say(f"{problem.where or problem.template}: {problem.what}")
            if problem.remedy:
                say(f"    do: {problem.remedy}")
    if problems:
        raise typer.Exit(1)


@templates.command("preview")
def show(
    template: Annotated[str, typer.Argument(help="The template's name, such as reminder.")],
    channel: Annotated[str, typer.Option(help="sms, email, letter, call or voicemail.")] = "sms",
    language: Annotated[str, typer.Option(help="en, es, zh, ...")] = "en",
    as_json: Json = False,
) -> None:
    """How a template reads for an invented person, with its SMS segments."""
    from outreach.cli.project import load_rules
    from outreach.content import preview, segments

    words = preview(load_rules().library, template, channel, language)
    count = segments(words.text) if channel == "sms" else None
    if as_json:
        emit({"words": words, "segments": count})
        return
    if words.subject:
        say(f"Subject: {words.subject}\n")
    say(words.text)
    if count is not None:
        say(f"\n{count.characters} characters, {count.count} segments ({count.encoding})")
    if words.masked:
        say(f"masked: {', '.join(words.masked)}")


def plugins(as_json: Json = False) -> None:
    """What is loaded, from where, in which version; what is available but off; what failed, and why."""
    from outreach.cli.project import load_rules

    reports = load_rules().registry.report()
    for each in reports:
        if as_json:
            emit(each)
    if not as_json:
        table(
            "Plugins",
            ["plugin", "state", "version", "from", "gives", "why"],
            [(r.name, r.state, r.version, r.source, ", ".join(r.gives), r.why) for r in reports],
        )


def settings(as_json: Json = False) -> None:
    """Every value and where it came from; secrets are hidden."""
    from outreach.settings import load_settings, origins

    listed = origins(load_settings())
    for each in listed:
        if as_json:
            emit(each)
    if not as_json:
        table("Settings", ["setting", "value", "from"], [(o.name, o.value, o.origin) for o in listed])


@db.command("upgrade")
def upgrade(as_json: Json = False) -> None:
    """Bring the ledger's schema to this version. Take a backup first."""
    from outreach.domain import SystemClock
    from outreach.ledger import upgrade_ledger
    from outreach.settings import load_settings

    settings = load_settings()
    before, after = upgrade_ledger(settings.ledger_url(), SystemClock(), **settings.ledger_options())
    if as_json:
        emit({"from": before, "to": after})
    else:
        say(
            f"the schema was {before or 'empty'} and is {after}"
            if before != after
            else f"it is {after} already"
        )


@db.command("check")
def check_db(as_json: Json = False) -> None:
    """Can the ledger be opened, and is its schema this version's?"""
    from outreach.cli.opening import open_app

    with open_app() as app:
        app.ledger.check()
        with app.ledger.read() as reading:
            states = reading.states()
    if as_json:
        emit({"states": states})
    else:
        table(
            "Contacts", ["stand", "count"], [(state.value, f"{count:,}") for state, count in states.items()]
        )
        say("the schema is this version's")


@db.command("create")
def create(as_json: Json = False) -> None:
    """Make an empty ledger where the settings say, unless there is one; a server's database must be there."""
    from outreach.cli.opening import open_app
    from outreach.settings import without_password

    with open_app(create=True) as app:
        app.ledger.check()
        app.note_documents()
        place = without_password(app.settings.ledger_url())
    if as_json:
        emit({"ledger": place})
    else:
        say(f"the ledger is at {place}")


@db.command("move")
def move(
    to: Annotated[str, typer.Option("--to", help="Where to: postgresql://user@host/database, empty.")],
    as_json: Json = False,
) -> None:
    """Move the ledger into another database, and prove every chain there. It then goes on there only.

    Nothing else may be at work meanwhile. Cut short, it is repeated: until all has arrived the old goes on.
    """
    from outreach.cli.sending import progress
    from outreach.domain import SystemClock
    from outreach.ledger import move_ledger
    from outreach.settings import load_settings, without_password

    settings = load_settings()
    with progress("rows", quiet=as_json) as tick:
        moved = move_ledger(
            settings.ledger_url(), to, SystemClock(), progress=tick, **settings.ledger_options()
        )
    place = without_password(to)
    if as_json:
        emit({"moved_to": place, **(asdict(moved) if moved else {"finished": True})})
        return
    if moved is None:
        say("an earlier move had been cut short at its very end; it is finished now")
    else:
        what = f"{moved.streams:,} chains, {moved.events:,} events, {moved.seals:,} seals"
        say(f"{moved.rows:,} rows moved: {what}")
        say("every chain and every seal was proven at the new place; the old one is marked and refuses work")
    say(f'now name it in the settings: [ledger] url = "{place}" (a password goes into OUTREACH_LEDGER__URL)')


@db.command("key")
def key(as_json: Json = False) -> None:
    """Print a new master key: 64 hexadecimal digits, for OUTREACH_LEDGER__MASTER_KEYS. It is kept nowhere."""
    from outreach.ledger import new_master_key

    made = new_master_key()
    if as_json:
        emit({"key": made})
    else:
        say(made)


@db.command("encrypt")
def encrypt(as_json: Json = False) -> None:
    """Encrypt what was written before a master key was given, while others work. Cut short, repeat it."""
    from outreach.cli.opening import open_app
    from outreach.cli.sending import progress

    with open_app() as app, progress("values", quiet=as_json) as tick:
        done = app.ledger.encrypt(tick)
    if as_json:
        emit(asdict(done))
        return
    say(f"{done.keys:,} keys, {done.tokens:,} lists of tokens, {done.versions:,} versions of people's data,")
    say(f"{done.texts:,} texts, {done.contacts:,} contacts and {done.reasons:,} reasons were plain")
    say("all are encrypted now; outreach privacy compact clears what lay there before")


@db.command("rotate")
def rotate(as_json: Json = False) -> None:
    """Bring all keys under the first master key, while others work. Cut short, repeat it.

    Before, give every process the new key in front of the older ones. Values are not written anew. Exit
    status 1: some keys are left under an older one.
    """
    from outreach.cli.opening import open_app
    from outreach.cli.sending import progress

    with open_app() as app, progress("keys", quiet=as_json) as tick:
        done = app.ledger.rotate(tick)
    if as_json:
        emit(asdict(done))
    else:
        say(f"{done.changed:,} keys are now encrypted with the master key {done.current}; {done.kept:,} were")
        if done.left:
            say(f"{done.left:,} are not: a process still works with an older master key first, or they were")
            say(
                "changed; give it the new one, then repeat this; outreach audit verify names what was changed"
            )
        else:
            say("older master keys can be taken out of OUTREACH_LEDGER__MASTER_KEYS; backups made until now")
            say("still need them, and cannot be read by anybody once they are destroyed")
    if done.left:
        raise typer.Exit(1)


@db.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(help="A file that does not exist yet.")], as_json: Json = False
) -> None:
    """Write a consistent copy while others go on working."""
    from outreach.cli.opening import open_app

    if target.exists():
        raise InputError("a file of this name is there already", where=str(target), remedy="name another")
    with open_app() as app:
        app.ledger.backup(target)
    if as_json:
        emit({"backup": target})
    else:
        say(f"copied to {target}; the key file beside the ledger belongs to it, keep a copy apart")
