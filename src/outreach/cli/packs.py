"""policy status|explain|coverage|diff: what the packs say, how old they are, and what a change would mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.opening import open_app
from outreach.cli.output import Json, emit, say, table
from outreach.errors import InputError

if TYPE_CHECKING:
    from outreach.cli.project import Rules
    from outreach.policy.pack import Pack
    from outreach.policy.rule import LoadedPack, Rule

__all__ = ["attach"]


def attach(policy: typer.Typer) -> None:
    """Put these commands under ``outreach policy``."""
    policy.command("status")(status)
    policy.command("explain")(explain)
    policy.command("coverage")(coverage)
    policy.command("diff")(diff)


def status(as_json: Json = False) -> None:
    """Every pack: what it covers, its evidence, when it was checked. Exit status 1: one is overdue."""
    from outreach.cli.project import load_rules
    from outreach.domain import SystemClock

    today = SystemClock().now().date().isoformat()
    told = [_status(pack, today) for pack in load_rules().policy.packs]
    for each in told if as_json else ():
        emit(each)
    if not as_json:
        table(
            "Packs installed",
            ["pack", "holds in", "rules", "channels", "evidence", "force", "checked", "again by"],
            [
                (
                    each["pack"],
                    each["jurisdiction"],
                    each["rules"] or "lends phrases",
                    each["channels"],
                    each["evidence"],
                    each["force"],
                    each["checked"]["on"],
                    each["checked"]["again_by"] + ("  OVERDUE" if each["overdue"] else ""),
                )
                for each in told
            ],
        )
        for each in told:
            for change in each["expected"]:
                say(f"{change['rule']}: a change is expected on {change['on']}")
        say("What is not shipped as law, and why: docs/reference/not-covered.md")
    if any(each["overdue"] for each in told):
        raise typer.Exit(1)


def _status(pack: LoadedPack, today: str) -> dict[str, Any]:
    source = pack.source
    channels = sorted({way.value for rule in pack.rules for way in rule.applies_to.channel or ()})
    every = any(rule.applies_to.channel is None for rule in pack.rules)
    return {
        "pack": pack.name,
        "title": source.title,
        "jurisdiction": pack.jurisdiction,
        "authority": source.authority,
        "rules": len(pack.rules),
        "channels": "all" if every else ", ".join(channels),
        "evidence": _each(pack, "evidence"),
        "force": _each(pack, "force"),
        "checked": source.checked.model_dump(),
        "overdue": today > source.checked.again_by,
        "digest": pack.digest,
        "expected": [
            {"rule": rule.id, "on": day}
            for rule in pack.rules
            for day, value in rule.source.in_force.items()
            if value == "expected"
        ],
    }


def _each(pack: LoadedPack, name: str) -> str:
    """What its rules say of themselves, or else the pack of them all."""
    of_all = getattr(pack.source, name)
    return ", ".join(sorted({getattr(rule.source, name) or of_all for rule in pack.rules} or {of_all}))


def explain(
    rule: Annotated[str, typer.Argument(help="A rule's id, such as us.regf.hours.")], as_json: Json = False
) -> None:
    """One rule: its text, its parameters over time, citations, exceptions, code and cases."""
    from outreach.cli.project import load_rules
    from outreach.policy.strict import nearest

    loaded = load_rules()
    found = loaded.policy.rules.get(rule)
    if found is None:
        raise InputError(f"there is no rule {rule!r}", remedy=nearest(rule, list(loaded.policy.rules)))
    told = _explained(loaded, found)
    if as_json:
        emit(told)
        return
    say(f"{found.id}: {told['title']}")
    for name in (
        "pack",
        "check",
        "code",
        "weight",
        "standard",
        "evidence",
        "force",
        "applies_to",
        "tightened_by",
        "note",
    ):
        if told[name]:
            say(f"  {name.replace('_', ' '):13} {_flat(told[name])}")
    for cite in told["cites"]:
        say(f"  {'cites':13} {cite}")
    for day, values in told["in_force"].items():
        say(f"  {'from ' + day:13} {_flat(values)}")
    for each in told["exceptions"]:
        word = "lifted by" if each["lifts"] else "not counted"
        say(f"  {word:13} {each['id']}  ({each['cite']}) {_flat(each['more'])}".rstrip())
    for each in told["cases"]:
        say(f"  {'case':13} {each['id']} [{each['answer']}]: {each['title']}")


def _explained(loaded: Rules, rule: Rule) -> dict[str, Any]:
    pack = next(each for each in loaded.policy.packs if each.name == rule.pack)
    source = rule.source
    return {
        "rule": rule.id,
        "title": rule.title,
        "pack": rule.pack,
        "check": rule.check.kind,
        "code": f"{type(rule.check).__module__}.{type(rule.check).__qualname__}",
        "weight": rule.weight.value,
        "standard": source.standard,
        "evidence": source.evidence or pack.source.evidence,
        "force": source.force or pack.source.force,
        "applies_to": rule.applies_to.model_dump(mode="json", exclude_none=True),
        "cites": list(rule.cites),
        "in_force": {
            day: "ended" if value is None else value for day, value in sorted(source.in_force.items())
        },
        "exceptions": [
            {
                "id": name,
                "cite": entry["cite"],
                "lifts": name not in rule.not_counted,
                "more": {key: value for key, value in entry.items() if key != "cite"},
            }
            for name, entry in rule.exceptions.items()
        ],
        "tightened_by": [each.id for each in loaded.policy.rules.values() if each.source.tightens == rule.id],
        "note": source.note,
        "cases": list(_cases(loaded, pack, rule)),
    }


def _cases(loaded: Rules, pack: LoadedPack, rule: Rule) -> Iterator[dict[str, str]]:
    """The pack's cases in which the rule was asked about the contact's own moment."""
    from outreach.policy.casefiles import judge_case, read_cases

    for case in read_cases(loaded.policy, pack.cases) if pack.cases else ():
        decision = judge_case(loaded.policy, case).decision
        for each in decision.findings if decision is not None else ():
            if each.rule == rule.id and (each.finding.objects or each.finding.lifted):
                answer = (
                    f"lifted by {each.finding.lifted}" if each.finding.lifted else each.finding.verdict.value
                )
                yield {"id": case.id, "title": case.title, "answer": answer}


def coverage(
    pack: Annotated[
        str, typer.Argument(help="A pack's name (default: every pack with a coverage.yaml).")
    ] = "",
    as_json: Json = False,
) -> None:
    """Which paragraphs of a law are carried by which rules, and which are out of reach, and why."""
    from outreach.cli.project import load_rules
    from outreach.policy.coverage import coverage_of
    from outreach.policy.strict import nearest

    packs = load_rules().policy.packs
    if pack and pack not in {each.name for each in packs}:
        raise InputError(f"there is no pack {pack!r}", remedy=nearest(pack, [each.name for each in packs]))
    listed = [(each, coverage_of(each)) for each in packs if not pack or each.name == pack]
    shown = [(each, paragraphs) for each, paragraphs in listed if paragraphs]
    if not shown:
        raise InputError(
            "no coverage is written for this pack", remedy="add a coverage.yaml beside its pack.yaml"
        )
    for each, paragraphs in shown:
        if as_json:
            for one in paragraphs:
                emit({"pack": each.name, **one.model_dump()})
            continue
        rows = [
            (one.paragraph, one.text, "\n".join(one.rules) or f"out of reach: {one.out_of_reach}")
            for one in paragraphs
        ]
        table(f"{each.name}: {each.source.authority}", ["paragraph", "duty", "carried by"], rows)
        carried = sum(bool(one.rules) for one in paragraphs)
        say(f"{carried} of {len(paragraphs)} carried by {len(each.rules)} rules")


def diff(
    old: Annotated[str, typer.Argument(help="A pack.yaml, a folder of packs, or the digest of a kept pack.")],
    new: Annotated[str, typer.Argument(help="The same, as it is to be.")],
    as_json: Json = False,
) -> None:
    """What changes between two versions of packs, in sentences. Exit status 1: something does."""
    from outreach.cli.project import load_rules
    from outreach.policy.diff import differences

    checks = load_rules().registry.checks
    found = list(differences(_packs(old), _packs(new), checks))
    for each in found:
        if as_json:
            emit(each)
        else:
            say(f"{each.about}: {each.says}" + (f"  [{each.sense}]" if each.sense != "other" else ""))
    if not found and not as_json:
        say("nothing differs")
    if found:
        raise typer.Exit(1)


def _packs(named: str) -> Sequence[Pack]:
    """The packs of a file, of a folder, or of a text kept in the ledger."""
    from outreach.policy.pack import Pack
    from outreach.policy.strict import validate
    from outreach.policy.yamlfile import parse, read

    path = Path(named)
    if path.is_dir():
        files = sorted(path.rglob("pack.yaml"))
        if not files:
            raise InputError("there is no pack.yaml in this folder", where=named, remedy="check the path")
        return [validate(Pack, read(each)) for each in files]
    if path.is_file():
        return [validate(Pack, read(path))]
    with open_app() as app, app.ledger.read() as reading:
        text = reading.document(named)
    if text is None:
        raise InputError(
            "there is no such file or folder, and no pack of this digest was kept",
            where=named,
            remedy="`outreach policy show --json` prints digests in force",
        )
    return [validate(Pack, parse(text, f"kept pack {named[:12]}"))]


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_flat(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return f"[{', '.join(_flat(each) for each in value)}]"
    return str(value)
