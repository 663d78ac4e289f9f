"""A decision as a tree a person can read: the answer first, then each rule with its law."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from outreach.cli.output import console, in_zone, plain, say
from outreach.domain import Decision, Event
from outreach.pipeline.explaining import Explanation
from outreach.pipeline.recording import findings_as_data
from outreach.pipeline.replay import Replayed
from outreach.policy import Policy

__all__ = ["decision_data", "explanation_data", "print_decision", "print_explanation"]

_ORDER = {"block": 0, "hold": 1, "allow": 2, "not_applicable": 3}
_COLOURS = {"block": "red", "hold": "yellow", "allow": "green", "not_applicable": "dim"}


def print_decision(
    policy: Policy, decision: Decision, title: str, zone: str, *, show_all: bool = False
) -> None:
    """One decision that was just made."""
    _headline(title, decision.verdict.value, decision.until, decision.good_until, zone)
    findings = findings_as_data(decision)
    _reason(decision.reason, findings)
    _findings(policy, findings, zone, show_all)
    say(f"   packs {_packs(decision.packs)}")


def decision_data(policy: Policy, decision: Decision) -> dict[str, Any]:
    """The same for programs."""
    data = {
        "verdict": decision.verdict,
        "until": decision.until,
        "good_until": decision.good_until,
        "reason": decision.reason,
        "packs": decision.packs,
        **_with_law(policy, findings_as_data(decision)),
    }
    return {key: value for key, value in plain(data).items() if value not in (None, "")}


def print_explanation(
    policy: Policy, told: Explanation, replayed: Replayed | None, *, show_all: bool = False
) -> None:
    """A recorded decision, and what became of its contact."""
    fields = told.decided.fields
    contact = told.contact.contact
    until, good = _moment(fields.get("until")), _moment(fields.get("good_until"))
    whom = "a person erased" if told.person.erased else contact.person
    title = f"{contact.channel.value} to {whom}, {contact.purpose.value}"
    if contact.campaign:
        title += f", campaign {contact.campaign}"
    _headline(title, fields["verdict"], until, good, told.zone)
    say(f"│  decided {in_zone(_moment(fields['moment']), told.zone)}")
    say(f"│  decision {told.decided.id}  contact {told.contact.id}")
    if fields.get("attempt"):
        say(f"│  attempt {fields['attempt']} via {fields.get('via', '')}")
    _reason(fields.get("reason", ""), fields["findings"])
    _findings(policy, fields["findings"], told.zone, show_all)
    versions = ", ".join(f"{name} {version}" for name, version in sorted(fields["versions"].items()))
    say(f"   packs {_packs(fields['packs'])}")
    say(f"   with  {versions}")
    say("")
    for event in told.events:
        said = [f"{name}={_shown(event.fields[name], told.zone)}" for name in _TOLD if name in event.fields]
        if event.kind == "decided":
            said += [f"by={rule}" for rule in _in_the_way(event)]
        say(f"   {in_zone(event.at, told.zone)}  {' '.join([event.kind, *said])}")
    if told.person.erased:
        say("   this person was erased: data, words, addresses and reasons are gone (outreach privacy proof)")
    if replayed is not None:
        _print_replay(told.decided, replayed, told.zone)


def _in_the_way(decided: Event) -> list[str]:
    """The rules that objected in this decision and did not only warn."""
    told = decided.fields["findings"]["told"]
    return [each["rule"] for each in told if _mark(each) in ("hold", "block")]


def explanation_data(policy: Policy, told: Explanation, replayed: Replayed | None) -> dict[str, Any]:
    """The same for programs."""
    fields = {k: v for k, v in told.decided.fields.items() if k != "findings"}
    data: dict[str, Any] = {
        "decision": told.decided.id,
        "person": told.contact.contact.person,
        **({"erased": True} if told.person.erased else {}),
        "state": told.contact.state,
        **fields,
        **_with_law(policy, told.decided.fields["findings"]),
        "events": [{"event": e.kind, "at": e.at, "id": e.id, "seq": e.seq} for e in told.events],
    }
    if replayed is not None:
        data["replay"] = {
            "same": replayed.same,
            "verdict": replayed.decision.verdict,
            "until": replayed.decision.until,
            "differs": [{"version": n, "then": a, "now": b} for n, a, b in replayed.differs],
        }
    return dict(plain(data))


_TOLD = ("verdict", "until", "outcome", "code", "result", "counted_to", "discussed", "because", "void", "set")


def _shown(value: Any, zone: str = "") -> str:
    """A fact for people; moments on the person's clock."""
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each, zone) for each in value)
    if isinstance(value, str) and "T" in value:
        try:
            return in_zone(datetime.fromisoformat(value), zone)
        except ValueError:
            return value
    return str(value)


def _headline(
    title: str, verdict: str, until: datetime | None, good_until: datetime | None, zone: str
) -> None:
    answer = verdict.upper()
    if until:
        answer += f" until {in_zone(until, zone)}"
    elif good_until and verdict == "allow":
        answer += f", good until {in_zone(good_until, zone)}"
    from rich.markup import escape

    shown = escape(title)  # a campaign may bear any name
    console().print(f"[bold {_COLOURS[verdict]}]{answer}[/]  {shown}", soft_wrap=True)


def _reason(reason: str, findings: Mapping[str, Any]) -> None:
    """What decides, where no rule's own words say it below."""
    if reason and not any(each.get("reason", reason) in reason for each in findings["told"]):
        say(f"├─ {reason}")


def _findings(policy: Policy, findings: Mapping[str, Any], zone: str, show_all: bool) -> None:
    """Objections and remarks; with ``show_all`` every rule that was looked at."""
    told = list(findings["told"])
    if show_all:
        told += [{"rule": rule, "verdict": "allow"} for rule in findings["passed"]]
        told += [{"rule": rule, "verdict": "not_applicable"} for rule in findings.get("not_applicable", ())]
    told.sort(key=lambda each: _ORDER[each["verdict"]])
    for each in told:
        rule = policy.rules.get(each["rule"])
        mark = _mark(each)
        words = each.get("reason") or _facts(each.get("facts", {}), zone) or (rule.title if rule else "")
        say(f"├─ {mark:<6}{each['rule']:<34} {words}")
        cites = each.get("cites") or (rule.cites if rule else ())
        detail = "; ".join(cites)
        if each.get("until"):
            detail += f"  · until {in_zone(_moment(each['until']), zone)}"
        if each.get("lifted"):
            detail += f"  · lifted by {each['lifted']}"
        if detail:
            say(f"│        {detail}")
    above = {f"{each['rule']}: {each.get('reason', '')}" for each in told}
    for warning in findings.get("warnings", ()):
        if warning not in above:  # a rule that only warns has said so itself
            say(f"├─ note  {warning}")
    quiet = len(findings["passed"]) + len(findings.get("not_applicable", ()))
    say(f"└─ {quiet} more rules looked at, no objection" + ("" if show_all else ": --all shows them"))


def _mark(each: Mapping[str, Any]) -> str:
    if each["verdict"] == "not_applicable":
        return "n/a"
    objects = each["verdict"] in ("hold", "block")
    return "warn" if objects and each.get("weight") == "warn" else str(each["verdict"])


def _facts(facts: Mapping[str, Any], zone: str) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_shown(value, zone)}" for name, value in facts.items())


def _with_law(policy: Policy, findings: Mapping[str, Any]) -> dict[str, Any]:
    """Every rule looked at, each with its title and citations."""
    every = [*findings["told"]]
    every += [{"rule": rule, "verdict": "allow"} for rule in findings["passed"]]
    every += [{"rule": rule, "verdict": "not_applicable"} for rule in findings.get("not_applicable", ())]
    listed = []
    for each in every:
        rule = policy.rules.get(each["rule"])
        law = {"title": rule.title, "cites": list(rule.cites)} if rule else {}
        listed.append({**law, **each})
    return {"findings": listed, "warnings": list(findings.get("warnings", ()))}


def _packs(packs: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {digest[:8]}" for name, digest in sorted(packs.items()))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _print_replay(decided: Event, replayed: Replayed, zone: str) -> None:
    say("")
    if replayed.same:
        say("   replayed: the same decision, rule by rule")
        return
    decision = replayed.decision
    then = f"{decided.fields['verdict']} {in_zone(_moment(decided.fields.get('until')), zone)}".strip()
    say(f"   recorded: {then}")
    say(f"   replayed: {decision.verdict.value} {in_zone(decision.until, zone)}".rstrip())
    for name, was, now in replayed.differs:
        say(f"   differs:  {name} was {was}, is {now}")
