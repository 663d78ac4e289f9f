"""privacy export|erase|proof|hold|due|sweep|compact: a person's own data, and how long they are kept."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.opening import open_app
from outreach.cli.output import Json, emit, in_zone, plain, say, table
from outreach.errors import InputError

if TYPE_CHECKING:
    from outreach.privacy import Erasure

__all__ = ["attach"]

privacy = typer.Typer(
    help="Personal data: what is held of a person, erasing it, legal holds, retention.", no_args_is_help=True
)

Person = Annotated[str, typer.Argument(help="The consumer's id.")]
Officer = Annotated[str, typer.Option(help="Who answers for it.")]


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.add_typer(privacy, name="privacy")


@privacy.command("export")
def export(
    person: Person,
    to: Annotated[Path | None, typer.Option(help="A new file, readable by you alone.")] = None,
    as_json: Json = False,
) -> None:
    """Everything held of a person, as one JSON document, for a request of hers.

    Read it before it is handed over: free text may speak of other people.
    """
    with open_app() as app:
        document = plain(app.privacy.export(person))
    if to is None:
        if as_json:
            emit(document)
        else:
            typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    from outreach.ledger.private_files import write_private

    try:
        write_private(to, f"{json.dumps(document, ensure_ascii=False, indent=2)}\n".encode())
    except FileExistsError:
        raise InputError("an export never writes over a file", where=str(to)) from None
    counts = {name: len(document[name]) for name in ("events", "decisions", "contacts", "words")}
    if as_json:
        emit({"file": to, **counts})
    else:
        say(f"{to}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))


@privacy.command("erase")
def erase(
    person: Person,
    because: Annotated[str, typer.Option(help="Why; recorded, and without her data.")],
    officer: Officer = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")] = False,
    despite_retention: Annotated[
        bool, typer.Option("--despite-retention", help="Erase records that the law wants kept longer.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Erase a person's data, words and addresses for good. The chain stays, and verifies.

    Refused while a legal hold stands, an attempt is open or a message of hers is unread. What waits to be
    sent to her expires. Numbers that asked for no contact stay stopped, whoever has them later.
    """
    with open_app() as app:
        done = app.privacy.erase(
            person, because, officer, dry_run=dry_run, despite_retention=despite_retention
        )
        if not dry_run:
            app.announce()
    _told([done], as_json)


@privacy.command("proof")
def proof(
    wanted: Annotated[str, typer.Argument(metavar="PERSON|ID", help="Her id, or the id of the record.")],
    text: Annotated[list[str] | None, typer.Option(help="A text of hers to be looked for.")] = None,
    as_json: Json = False,
) -> None:
    """The record of an erasure, and whether rows, chain and files bear it out. Exit status 1: they do not."""
    with open_app() as app:
        found = app.privacy.proof(wanted, text or ())
    fields = found.erased.fields
    if as_json:
        emit(
            {
                "id": found.erased.id,
                "at": found.erased.at,
                **{name: fields.get(name) for name in ("counts", "because", "by")},
                "checks": dict(found.checks),
                "texts_in_other_records": found.shared,
                **({"not_looked_at": found.unseen} if found.unseen else {}),
            }
        )
    else:
        say(f"erased {in_zone(found.erased.at)} by {fields.get('by', '')}: {fields.get('because', '')}")
        say(f"record {found.erased.id}")
        say(_counted(fields["counts"]))
        for what, well in found.checks:
            say(f"  {'holds' if well else 'FAILS'}  {what}")
        if found.unseen:
            say(f"  not looked at: {found.unseen}")
        if found.shared:
            say(f"  {found.shared} of the texts stand in records of other people, where they stay")
    if not found.holds:
        raise typer.Exit(1)


@privacy.command("hold")
def hold(
    person: Person,
    because: Annotated[str, typer.Option(help="The matter; kept beside the chain.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="End the hold.")] = False,
    as_json: Json = False,
) -> None:
    """Put a legal hold on a person's records, or lift it: while it stands nothing of hers is erased."""
    with open_app() as app:
        event = app.privacy.hold(person, because, getpass.getuser(), lift=lift)
        app.announce()
    if as_json:
        emit({"event": event.kind, "id": event.id})
    else:
        say(f"recorded {event.kind} {event.id}")


@privacy.command("due")
def due(as_json: Json = False) -> None:
    """Who may be erased: the years the law and the settings want kept are over."""
    with open_app() as app:
        found = list(app.privacy.due())
    if as_json:
        for each in found:
            emit({"person": each.ref, **plain(each.keeping), "kept_back": each.kept_back})
        return
    rows = [
        (each.ref, f"{each.keeping.since:%Y-%m-%d}", f"{each.keeping.until:%Y-%m-%d}", each.kept_back)
        for each in found
    ]
    table("May be erased", ["person", "last activity", "kept until", "kept back by"], rows)
    for cite in sorted({cite for each in found for cite in each.keeping.cites}):
        say(cite)


@privacy.command("sweep")
def sweep(officer: Officer = "", as_json: Json = False) -> None:
    """Erase everybody who is due and whom nothing keeps back."""
    with open_app() as app:
        done = app.privacy.sweep(officer)
        app.announce()
    _told(done, as_json)
    if not as_json:
        say(f"{len(done)} erased")


@privacy.command("compact")
def compact(as_json: Json = False) -> None:
    """Write the ledger's file anew, where an erasure could not because another process was reading it."""
    with open_app() as app:
        app.privacy.compact()
    if as_json:
        emit({"compacted": True})
    else:
        say("written anew")


def _told(done: list[Erasure], as_json: bool) -> None:
    for each in done:
        if as_json:
            emit(each)
            continue
        say(f"{'would erase' if each.dry_run else 'erased'} {_counted(each.counts)}")
        if each.counts["kept"]:
            say(f"  {each.counts['kept']} numbers or addresses stay stopped, by their keyed digests alone")
        if each.keeping.until is not None and each.keeping.cites:
            cites = ", ".join(each.keeping.cites)
            say(f"  to be kept until {each.keeping.until:%Y-%m-%d} ({cites})")
        if each.event:
            say(f"  record {each.event}")
        if each.shared:
            say(f"  {each.shared} texts stand in records of other people too, where they stay")


def _counted(counts: dict[str, Any] | Any) -> str:
    words = {
        "versions": "versions of the data",
        "texts": "rows of free text and words",
        "contacts": "contacts",
        "documents": "outside facts",
        "expired": "waiting contacts expired",
        "events": "events stay in the chain",
    }
    return ", ".join(f"{counts[name]} {shown}" for name, shown in words.items())
