"""record, correct, pause, resume, reconcile: telling outreach what is so."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.opening import moment, open_app, person_named
from outreach.cli.output import Json, emit, in_zone, say, table
from outreach.errors import InputError

if TYPE_CHECKING:
    from outreach.inbound import Recorded

__all__ = ["attach"]

Officer = Annotated[str, typer.Option(help="The compliance officer who takes responsibility.")]


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.command()(record)
    app.command()(correct)
    app.command()(pause)
    app.command()(resume)
    app.command()(reconcile)


def record(
    person: Annotated[str, typer.Argument(help="The consumer's id.")],
    event: Annotated[str, typer.Argument(help="Kind of event: opt_out, cease, consent, dispute, ...")],
    at: Annotated[str | None, typer.Option(help="When it was so (with offset; default: now).")] = None,
    channel: Annotated[str, typer.Option(help="call, sms, email, letter, ...")] = "",
    to: Annotated[str, typer.Option(help="The number or address concerned.")] = "",
    debts: Annotated[str, typer.Option(help="Debt ids joined by ';' (default: all).")] = "",
    field: Annotated[list[str] | None, typer.Option("--set", help="Any other field: NAME=VALUE.")] = None,
    note: Annotated[str, typer.Option(help="For the reader; kept beside the chain.")] = "",
    as_json: Json = False,
) -> None:
    """Record any event about a consumer: opt-outs, cease letters, consents, disputes, ...

    docs/reference/events.md lists the kinds and their fields.
    """
    from outreach.intake import event_from

    if event == "correction":
        raise InputError(
            "a correction has a command of its own", remedy="outreach correct EVENT --because ..."
        )
    given = {"channel": channel, "to": to, "debts": debts, "note": note, **_pairs(field or [])}
    options = {name: value for name, value in given.items() if value}
    with open_app() as app:
        happened = event_from(event, moment(at, "--at") or app.clock.now(), options, now=app.clock.now())
        with app.ledger.read() as reading:
            known = person_named(reading, person)
        recorded, unrecorded = app.inbound.events([(known.consumer.id, happened, "")])
        for each in unrecorded:
            raise InputError(each.reason, where=f"--{each.column}")
        app.announce()
    _told(recorded, as_json)


def correct(
    event: Annotated[str, typer.Argument(help="The event's id, or its beginning.")],
    because: Annotated[str, typer.Option(help="Why it was wrong.")],
    void: Annotated[bool, typer.Option(help="It never happened.")] = False,
    field: Annotated[
        list[str] | None, typer.Option("--set", help="What is true instead: NAME=VALUE.")
    ] = None,
    officer: Officer = "",
    as_json: Json = False,
) -> None:
    """Set an earlier event right. The event stays; the latest correction counts."""
    if void == bool(field):
        raise InputError("say either --void or --set NAME=VALUE")
    change: dict[str, Any] = {"void": True} if void else {"set": _pairs(field or [])}
    with open_app() as app:
        recorded = app.inbound.correct(event, change, because, officer)
        app.announce()
    _told(recorded, as_json)


Scope = Annotated[
    str, typer.Argument(help="everything, a channel, or creditor=ID, template=NAME, campaign=NAME.")
]


def pause(
    what: Scope,
    reason: Annotated[str, typer.Option(help="Why; recorded with the pause.")],
    as_json: Json = False,
) -> None:
    """The kill switch: nothing of this kind leaves until it is resumed."""
    _switch(what, reason, as_json, resume=False)


def resume(
    what: Scope, reason: Annotated[str, typer.Option(help="Why.")] = "", as_json: Json = False
) -> None:
    """Lift a pause."""
    _switch(what, reason, as_json, resume=True)


def reconcile(
    attempt: Annotated[str, typer.Argument(help="The attempt to settle; without it, they are listed.")] = "",
    outcome: Annotated[str, typer.Option(help="What is true: accepted, refused or not_sent.")] = "",
    because: Annotated[str, typer.Option(help="How you know.")] = "",
    ask: Annotated[bool, typer.Option("--ask", help="Ask the providers about all of them.")] = False,
    officer: Officer = "",
    as_json: Json = False,
) -> None:
    """Attempts whose end is unknown: list them, ask the providers, or settle one by a person's answer.

    An unknown attempt counts and is never repeated by itself. Saying it never left permits more, so it
    needs an officer.
    """
    from outreach.domain import Outcome

    if ask:
        _ask(officer, as_json)
        return

    with open_app() as app:
        if not attempt:
            with app.ledger.read() as reading:
                unknown = reading.unknown(1000)
            rows = [
                (c.attempt, c.contact.channel.value, c.contact.person, in_zone(c.opened_at)) for c in unknown
            ]
            if as_json:
                for row in rows:
                    emit(dict(zip(("attempt", "channel", "person", "opened_at"), row, strict=True)))
            else:
                table("Unknown ends", ["attempt", "channel", "person", "opened"], rows)
            return
        try:
            settled = app.inbound.settle(attempt, Outcome(outcome), because, officer)
        except ValueError:
            raise InputError(
                "what became of it?", where="--outcome", remedy="say accepted, refused or not_sent"
            ) from None
        app.announce()
    if as_json:
        emit({"attempt": settled.attempt, "outcome": settled.outcome})
    else:
        say(f"{settled.attempt} is settled: {settled.outcome}")


def _ask(officer: str, as_json: bool) -> None:
    from outreach.domain import Outcome

    with open_app() as app:
        found = []
        for each in app.inbound.ask_providers(officer):
            found.append(each)
            if as_json:
                told = {"outcome": each.outcome, "why": each.why}
                emit({"attempt": each.contact.attempt, "via": each.via, **told})
        app.announce()
    if not as_json:
        table(
            "What the providers say",
            ["attempt", "via", "outcome", "why"],
            [(e.contact.attempt, e.via, e.outcome.value if e.outcome else "unknown", e.why) for e in found],
        )
        if not officer and any(e.outcome not in (None, Outcome.ACCEPTED) for e in found):
            say("What never left is given back by an officer: outreach reconcile --ask --officer NAME")


def _switch(what: str, reason: str, as_json: bool, *, resume: bool) -> None:
    scope, value = _scope(what)
    with open_app() as app:
        event = app.inbound.pause(scope, value, reason, getpass.getuser(), resume=resume)
        app.announce()
    if as_json:
        emit({"event": event.kind, "id": event.id, "scope": scope, "value": value})
    else:
        say(f"{event.kind}: {value or scope}")


def _scope(what: str) -> tuple[str, str]:
    """(scope, value) of what is named on the command line.

    :raises InputError: if it is neither everything, a channel nor NAME=VALUE.
    """
    from outreach.domain import Way

    if what == "everything":
        return "everything", ""
    if what in list(Way):
        return "channel", what
    scope, _, value = what.partition("=")
    if scope in ("creditor", "template", "campaign") and value:
        return scope, value
    raise InputError(
        f"{what} cannot be paused",
        remedy=f"say everything, one of {', '.join(Way)}, or creditor=ID, template=NAME, campaign=NAME",
    )


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise InputError(f"{each} is not NAME=VALUE", where="--set")
        pairs[name] = value
    return pairs


def _told(recorded: Recorded, as_json: bool) -> None:
    late = [
        {"decision": each.decision.id, "attempt": each.decision.get("attempt", ""), "would_be": each.would_be}
        for each in recorded.late
    ]
    if as_json:
        emit({"events": [e.id for e in recorded.events], "woken": recorded.woken, "late": late})
        return
    for event in recorded.events:
        say(f"recorded {event.kind} {event.id}")
    if not recorded.events:
        say("known already; nothing was recorded")
    if recorded.woken:
        say(f"held contacts that will be judged again: {recorded.woken}")
    for each in late:
        say(f"for the officer: attempt {each['attempt']} went before this was known;")
        say(f"  with it the answer would have been {each['would_be']}")
