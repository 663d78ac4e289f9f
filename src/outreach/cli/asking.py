"""check, when, explain: would this be allowed, from when, and why was it so?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.opening import moment, open_app, person_named
from outreach.cli.output import Json, emit, in_zone, say
from outreach.errors import InputError

if TYPE_CHECKING:
    from outreach.pipeline.asking import Possibility

__all__ = ["attach"]


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.command()(check)
    app.command()(when)
    app.command()(explain)


def check(
    person: Annotated[str, typer.Option(help="The consumer's id.")],
    channel: Annotated[str, typer.Option(help="call, voicemail, sms, email, letter or visit.")],
    to: Annotated[
        str, typer.Option(help="Number or address; home or work for letters (default: each).")
    ] = "",
    purpose: Annotated[str, typer.Option(help="Why: collect, respond, location, ...")] = "collect",
    debts: Annotated[str, typer.Option(help="Debt ids joined by ';' (default: all of hers).")] = "",
    template: Annotated[str, typer.Option(help="Judge the words of this template too.")] = "",
    at: Annotated[str | None, typer.Option(help="As if the moment were this (with offset).")] = None,
    as_known_at: Annotated[str | None, typer.Option(help="Forget what was recorded after this.")] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every rule looked at.")] = False,
    as_json: Json = False,
) -> None:
    """Would this contact be allowed; if not, why, and from when?

    Nothing is written. Exit status 0: allowed on some address; 1: on none.
    """
    from outreach.cli.tree import decision_data, print_decision
    from outreach.pipeline.asking import possibilities

    known = moment(as_known_at, "--as-known-at")
    with open_app() as app, app.ledger.read() as reading:
        found = possibilities(
            app.parts,
            reading,
            person_named(reading, person),
            channel=channel,
            to=to,
            purpose=purpose,
            debts=tuple(part for part in debts.split(";") if part),
            template=template,
            at=moment(at, "--at") or app.clock.now(),
            as_known_at=known,
        )
        if not found:
            raise InputError(f"no address for {channel} is on file for {person}")
        for each in found:
            if as_json:
                emit({**_place(each), **decision_data(app.policy, each.decision)})
            else:
                print_decision(app.policy, each.decision, each.shown, each.zone, show_all=show_all)
    if not any(each.allowed for each in found):
        raise typer.Exit(1)


def when(
    person: Annotated[str, typer.Argument(help="The consumer's id.")],
    at: Annotated[str | None, typer.Option(help="As if the moment were this (with offset).")] = None,
    as_json: Json = False,
) -> None:
    """For every channel and address: now, or the earliest lawful instant and the rule that decides it."""
    from outreach.pipeline.asking import possibilities

    with open_app() as app, app.ledger.read() as reading:
        found = possibilities(
            app.parts, reading, person_named(reading, person), at=moment(at, "--at") or app.clock.now()
        )
    if not as_json:
        say(f"When may {person} be contacted?")
    for each in found:
        strictest = each.decision.objections[0] if each.decision.objections else None
        rule = strictest.rule if strictest else ""
        reason = strictest.finding.reason if strictest else each.decision.reason
        cite = strictest.cites[0] if strictest and strictest.cites else ""
        if as_json:
            data = {"verdict": each.decision.verdict, "until": each.decision.until, "rule": rule}
            emit({**_place(each), **data, "reason": reason, "cite": cite})
            continue
        answer = {"allow": "now", "hold": in_zone(each.decision.until, each.zone), "block": "not"}
        say(f"  {each.channel.value:<10}{each.shown:<24}{answer[each.decision.verdict.value]}")
        if rule or reason:
            say(f"  {'':<10}{rule}: {reason}".rstrip(": "))
        if cite:
            say(f"  {'':<10}{cite}")


def explain(
    attempt: Annotated[
        str, typer.Argument(help="An attempt's or decision's id or its beginning, or a contact's id.")
    ],
    replay: Annotated[bool, typer.Option(help="Judge again what was judged then, and compare.")] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Show every rule looked at.")] = False,
    as_json: Json = False,
) -> None:
    """Every rule that was looked at, the facts used, citations, pack revisions, and what became of it.

    Exit status 1: a replay gave another answer.
    """
    from outreach.cli.tree import explanation_data, print_explanation
    from outreach.pipeline.explaining import explain as explanation_of

    with open_app() as app, app.ledger.read() as reading:
        told = explanation_of(app.parts, reading, attempt)
        replayed = app.replayer.replay(reading, told.decided) if replay else None
        if as_json:
            emit(explanation_data(app.policy, told, replayed))
        else:
            print_explanation(app.policy, told, replayed, show_all=show_all)
    if replayed is not None and not replayed.same:
        say("The answer differs from the one recorded.")
        raise typer.Exit(1)


def _place(each: Possibility) -> dict[str, Any]:
    return {"channel": each.channel, "to": each.shown, "purpose": each.purpose}
