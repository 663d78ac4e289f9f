"""policy show|test|lint|schema, audit verify|late: the compliance officer's commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outreach.cli import packs, seals
from outreach.cli.opening import open_app, person_named
from outreach.cli.output import Json, emit, in_zone, say, table
from outreach.errors import InputError

__all__ = ["attach"]

policy = typer.Typer(help="The packs: what is in force, and whether their cases hold.", no_args_is_help=True)
audit = typer.Typer(help="Prove that the record is whole.", no_args_is_help=True)


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    packs.attach(policy)
    seals.attach(audit)
    app.add_typer(policy, name="policy")
    app.add_typer(audit, name="audit")


@policy.command("show")
def show(
    person: Annotated[str, typer.Option(help="The packs in force for this consumer.")] = "",
    place: Annotated[str, typer.Option(help="The packs in force for a place: us, us.oh.")] = "",
    rules: Annotated[bool, typer.Option(help="List every rule.")] = False,
    as_json: Json = False,
) -> None:
    """The packs in force: everywhere, for a person, or for a place."""
    from outreach.cli.project import load_rules

    jurisdictions: tuple[str, ...] | None = None
    if person:
        with open_app() as app, app.ledger.read() as reading:
            known = app.policy.places(person_named(reading, person).consumer)
            loaded, jurisdictions = app.policy, known.jurisdictions
        if not as_json:
            for source, zones in known.sources:
                say(f"{source}: {', '.join(zones) or 'no zone'}")
    else:
        loaded = load_rules().policy
        if place:
            parts = place.split(".")
            jurisdictions = tuple(".".join(parts[: i + 1]) for i in range(len(parts)))
    shown = [
        p
        for p in loaded.packs
        if jurisdictions is None or (p.rules and p.jurisdiction in (*jurisdictions, "any"))
    ]
    lent = {name for p in shown for name in p.borrows}
    shown = [p for p in loaded.packs if p in shown or p.name in lent]
    if as_json:
        for pack in shown:
            listed = [
                {"id": r.id, "title": r.title, "cites": r.cites, "check": r.check.kind} for r in pack.rules
            ]
            emit(
                {"pack": pack.name, "jurisdiction": pack.jurisdiction, "digest": pack.digest, "rules": listed}
            )
        return
    table(
        "Packs in force",
        ["pack", "holds in", "rules", "checked", "again by", "digest"],
        [
            (
                p.name,
                p.jurisdiction,
                len(p.rules),
                p.source.checked.on,
                p.source.checked.again_by,
                p.digest[:12],
            )
            for p in shown
        ],
    )
    if rules or person or place:
        table(
            "Rules",
            ["rule", "title", "citation"],
            [(r.id, r.title, r.cites[0] if r.cites else "") for p in shown for r in p.rules],
        )


@policy.command("test")
def run_case_files(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Case files or folders (default: the packs' own).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run case files. Exit status 0: every unambiguous case holds; 1: one does not; 2: one cannot be read."""
    from outreach.cli.project import load_rules
    from outreach.errors import PolicyError
    from outreach.policy import run_cases

    loaded = load_rules().policy
    given = list(paths or ()) or [pack.cases for pack in loaded.packs if pack.cases]
    passed = failed = apart = 0
    try:
        results = list(run_cases(loaded, given))
    except PolicyError as unreadable:
        raise InputError(
            unreadable.what, where=unreadable.where, why=unreadable.why, remedy=unreadable.remedy
        ) from None
    for result in results:
        if as_json:
            emit(result.as_dict())
        if not result.counts:
            apart += 1
            if not result.passed and not as_json:
                expected = result.expected["verdict"]
                say(f"question  {result.id}: expected {expected}, got {result.got['verdict']}")
        elif result.passed:
            passed += 1
        else:
            failed += 1
            if not as_json:
                say(f"FAILED    {result.id}: expected {result.expected}")
                say(f"          got {result.got['verdict']} {result.got.get('until') or ''}")
                say(f"          citing {', '.join(result.got.get('cites') or ['nothing'])}")
    if not as_json:
        say(f"{passed} passed, {failed} failed, {apart} ambiguous or from memory (reported apart)")
    if failed:
        raise typer.Exit(1)


@policy.command("lint")
def lint(as_json: Json = False) -> None:
    """Citations, cases on both sides of each number, gaps, narrowing, overdue checks. Exit 1: problems."""
    from outreach.cli.project import load_rules
    from outreach.domain import SystemClock
    from outreach.policy import lint as lint_policy

    problems = list(lint_policy(load_rules().policy, SystemClock().now()))
    for problem in problems:
        if as_json:
            emit(problem)
        else:
            say(
                f"{problem.where}: {problem.what}" + (f"\n    do: {problem.remedy}" if problem.remedy else "")
            )
    if not problems and not as_json:
        say("nothing to mend")
    if problems:
        raise typer.Exit(1)


@policy.command("schema")
def schema(
    of: Annotated[str, typer.Argument(help="pack or cases")] = "pack",
) -> None:
    """The JSON Schema of packs or case files, for editors."""
    from outreach.cli.project import load_rules
    from outreach.policy import cases_schema, pack_schema

    if of not in ("pack", "cases"):
        raise InputError(f"there is no schema of {of}", remedy="say pack or cases")
    emit(pack_schema(load_rules().registry.checks) if of == "pack" else cases_schema())


@audit.command("verify")
def verify(as_json: Json = False) -> None:
    """Recompute every hash of every chain and check all seals. Exit status 1: what is broken is named."""
    from outreach.cli.sending import progress

    with open_app() as app, progress("events", as_json) as tick:
        copies = app.settings.seal_copies()
        sealed = app.ledger.verify_seals(seals.believed_keys(app.settings), copies)
        found = app.ledger.verify(tick)
        drift = app.ledger.rebuild()
    differing = sum(drift.values())
    if as_json:
        told = {"streams": found.streams, "events": found.events, "broken": found.broken}
        unsealed = max(0, found.events - sealed.events)
        emit({**told, "projection": drift, "seals": sealed, "unsealed": unsealed})
    else:
        say(f"{found.streams:,} chains, {found.events:,} events")
        for broken in found.broken:
            say(f"BROKEN at event {broken.seq} of stream {broken.stream}: {broken.why}")
        seals.tell_seals(sealed, found.events, copies)
        whole = not (found.broken or sealed.broken)
        say("every chain holds" if whole else "the record is not whole")
        say(
            "contacts stand as the events say"
            if not differing
            else f"{differing} contacts stand otherwise: {drift}"
        )
    if found.broken or sealed.broken or differing:
        raise typer.Exit(1)


@audit.command("late")
def late(
    person: Annotated[str, typer.Option(help="Only this consumer.")] = "", as_json: Json = False
) -> None:
    """Contacts that went out before a fact was known that was already so. Exit status 1: there are some."""
    with open_app() as app:
        with app.ledger.read() as reading:
            ids = [person_named(reading, person).id] if person else list(reading.person_ids())
        found = [
            each for start in range(0, len(ids), 500) for each in app.inbound.late(ids[start : start + 500])
        ]
    rows = []
    for each in found:
        attempt = each.decision.get("attempt", "")
        rows.append(
            (attempt, each.event.kind, in_zone(each.event.at), in_zone(each.event.recorded_at), each.would_be)
        )
        if as_json:
            emit(
                {
                    "attempt": attempt,
                    "event": each.event.id,
                    "kind": each.event.kind,
                    "would_be": each.would_be,
                }
            )
    if not as_json:
        table("Learned too late", ["attempt", "fact", "was so", "we learned", "it would be"], rows)
    if found:
        raise typer.Exit(1)
