"""receive, replies: what comes back otherwise than over HTTP, and messages a person has to read."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from outreach.cli.opening import open_app
from outreach.cli.output import Json, emit, in_zone, say, table
from outreach.errors import InputError

__all__ = ["attach"]

replies = typer.Typer(help="Messages nobody could be sure of: read them.", no_args_is_help=True)


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.command()(receive)
    app.add_typer(replies, name="replies")


def receive(
    via: Annotated[str, typer.Argument(help="The channel plugin: smtp-email, letter-pdf, ...")],
    source: Annotated[
        str, typer.Argument(help="A file or folder, - for standard input (default: as its settings say).")
    ] = "",
    as_json: Json = False,
) -> None:
    """Fetch what came back: bounces and replies in a mailbox, a list of returned letters.

    Each piece is recorded before it is marked as done, so that running it again loses and doubles nothing.
    Exit status 1: some of it cannot be read, or speaks of attempts that are none of ours.
    """
    from outreach.channels import Ability, CallbackRefused

    recorded = strange = unreadable = pieces = 0
    with open_app() as app:
        channel = app.registry.channels.get(via)
        if channel is None or Ability.COLLECT not in channel.abilities:
            able = [name for name, each in app.registry.channels.items() if Ability.COLLECT in each.abilities]
            raise InputError(
                f"there is no channel {via} here" if channel is None else f"{via} only sends",
                why="" if channel is None else "nothing comes back by it that could be fetched",
                remedy=f"name one of {', '.join(sorted(able))}"
                if able
                else "channels that fetch are plugins, such as smtp-email: see outreach plugins",
            )
        for piece in channel.collect(source):
            pieces += 1
            if piece.trouble:
                unreadable += 1
                continue
            try:
                recorded += len(app.inbound.receive(via, piece.news).events)
            except CallbackRefused:
                strange += 1  # it stays where it is, for a person
                continue
            piece.done()
        app.announce()
    if as_json:
        emit({"pieces": pieces, "recorded": recorded, "strange": strange, "unreadable": unreadable})
    else:
        say(f"{pieces:,} pieces read, {recorded:,} events recorded")
        if strange:
            say(f"{strange:,} speak of attempts that are none of ours; they were left where they are")
        if unreadable:
            say(f"{unreadable:,} could not be read; they were left where they are, for a person")
    if strange or unreadable:
        raise typer.Exit(1)


@replies.command("list")
def listed(as_json: Json = False) -> None:
    """Messages that wait to be read, oldest first. The way each came by is closed meanwhile."""
    with open_app() as app:
        found = app.inbound.replies()
    rows = [
        (
            each.queued.id,
            in_zone(each.inbound.at),
            each.inbound.get("channel", ""),
            each.person.consumer.id if each.person else "nobody on file",
            each.inbound.get("body", ""),
        )
        for each in found
    ]
    if as_json:
        for row in rows:
            emit(dict(zip(("reply", "at", "channel", "person", "text"), row, strict=True)))
    else:
        table("To be read", ["reply", "came", "channel", "person", "text"], rows)


@replies.command("settle")
def settle(
    reply: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    stop: Annotated[
        bool,
        typer.Option("--stop/--no-stop", help="It asks to stop; or it does not, and the way is open again."),
    ],
    officer: Annotated[str, typer.Option(help="Who has read it (default: you); needed for --no-stop.")] = "",
    because: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: Json = False,
) -> None:
    """Say what a message asks for. What else it tells, record with `outreach record`."""
    if not stop and not officer:
        raise InputError(
            "that it asks for no stop permits more",
            remedy="an officer says so: --officer NAME",
            where="--no-stop",
        )
    with open_app() as app:
        told = app.inbound.settle_reply(reply, stop=stop, by=officer or getpass.getuser(), because=because)
        app.announce()
    if as_json:
        emit({"events": [event.id for event in told.events], "woken": told.woken})
    else:
        say("it is closed" if stop else "it is open again; contacts held meanwhile are judged afresh")
