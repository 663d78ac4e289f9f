"""What rules answer about one moment: each answer examined, and the strictest of them found."""

from __future__ import annotations

from dataclasses import replace
from datetime import MAXYEAR, UTC, datetime

from outreach.domain import ALLOWED, NOT_APPLICABLE, Case, Decision, Finding, RuleFinding, Verdict, Weight
from outreach.policy.plan import Bound, Plan

__all__ = ["Answers", "judge", "until_of"]

# Looking a member up in an enumeration costs more than calling a function; these are asked for each rule.
_ALLOW, _HOLD, _BLOCK = Verdict.ALLOW, Verdict.HOLD, Verdict.BLOCK
_NOT_APPLICABLE, _RULE = Verdict.NOT_APPLICABLE, Weight.RULE


class Answers:
    """All findings about one moment, and the strictest of them."""

    __slots__ = ("at", "findings", "good_until", "objecting", "plan", "verdict", "warnings")

    def __init__(self, at: datetime, plan: Plan, good_until: datetime | None) -> None:
        self.at = at
        self.plan = plan
        self.findings: list[RuleFinding] = list(plan.refusals)
        self.objecting: list[RuleFinding] = list(plan.refusals)
        self.verdict = _BLOCK if plan.refusals else _ALLOW
        self.good_until = good_until
        self.warnings = plan.warnings

    def refuse(self, finding: RuleFinding) -> None:
        """Add an objection of the gate itself."""
        self.findings.append(finding)
        self.objecting.append(finding)
        self.verdict = _BLOCK

    def add(self, bound: Bound, finding: Finding) -> None:
        """Add one rule's answer, already found sound and not the plain ``ALLOWED``."""
        if finding is NOT_APPLICABLE:
            self.findings.append(bound.absent)
            return
        made = RuleFinding(bound.rule, bound.cites, finding, bound.weight)
        self.findings.append(made)
        verdict, until = finding.verdict, finding.until
        if verdict is _ALLOW or verdict is _NOT_APPLICABLE:
            if until is not None and bound.weight is _RULE:
                until = until if until.tzinfo is UTC else until.astimezone(UTC)
                if self.good_until is None or until < self.good_until:
                    self.good_until = until
        elif bound.weight is not _RULE:
            self.warnings = (*self.warnings, f"{bound.rule}: {finding.reason}")
        else:
            self.objecting.append(made)
            if verdict is _BLOCK or self.verdict is _ALLOW:
                self.verdict = verdict

    def latest(self) -> RuleFinding:
        """Of the rules that hold, the one that holds longest."""
        return max(self.objecting, key=until_of)

    def decision(self, case: Case, until: datetime | None = None, reason: str = "") -> Decision:
        """What follows for the case: the answer of its own moment."""
        if not reason and self.objecting:
            reason = next(
                each.finding.reason for each in self.objecting if each.finding.verdict is self.verdict
            )
        return Decision(
            self.verdict,
            case.at,
            tuple(self.findings),
            until,
            self.good_until if self.verdict is _ALLOW else None,
            self.plan.digests,
            (*self.warnings, *case.places.warnings) if case.places.warnings else self.warnings,
            reason,
        )

    def in_the_way(self, case: Case, first: Answers, reason: str) -> Decision:
        """Block: no waiting leads to a lawful moment. ``self`` is what was answered last.

        What objects there takes the place of the same rule's answer about the contact's own moment.
        """
        later = {each.rule: each for each in self.objecting}
        if self is not first:
            later = {rule: _asked_at(each, self.at) for rule, each in later.items()}
        findings = [later.pop(each.rule, each) for each in first.findings]
        strictest = max(self.objecting, key=lambda each: each.finding.verdict is _BLOCK)
        reason = f"{reason}: {strictest.rule}: {strictest.finding.reason}"
        decision = first.decision(case, reason=reason)
        return replace(decision, verdict=_BLOCK, findings=(*findings, *later.values()))


def judge(bound: Bound, case: Case) -> Finding:
    """One rule's answer, or why it could not answer. Promise 3: whatever goes wrong is an objection."""
    for fact in bound.needs:
        if case.facts.get(fact) is None:
            return Finding.block(f"the fact {fact!r} is not known", missing=fact)
    try:
        finding = bound.judge(case, bound.parameters, bound.exceptions)
    except Exception as error:  # noqa: BLE001 - a check that fails blocks; its text may hold personal data
        return Finding.block(f"the check {bound.kind} failed with {type(error).__name__}")
    if finding is ALLOWED or finding is NOT_APPLICABLE:
        return finding
    flaw = _flaw(finding, case.at)
    return Finding.block(f"the check {bound.kind} {flaw}") if flaw else finding


def _flaw(finding: Finding, at: datetime) -> str:
    """Why an answer cannot be taken as it is; "" where it can."""
    if not isinstance(finding, Finding):
        return "returned no finding"  # type: ignore[unreachable]  # a plugin's check may
    if not isinstance(finding.verdict, Verdict):
        return "returned no verdict"  # type: ignore[unreachable]
    until = finding.until
    if until is None:
        return "holds without an end" if finding.verdict is _HOLD else ""
    if not isinstance(until, datetime):
        return "names no instant"  # type: ignore[unreachable]
    if until.tzinfo is not UTC and until.utcoffset() is None:
        return "names an instant without a zone"
    if until.year == MAXYEAR and finding.verdict is _HOLD:
        return "holds for ever"
    return "" if until > at else "names an instant that is not ahead"


def _asked_at(answer: RuleFinding, moment: datetime) -> RuleFinding:
    """An answer about another moment than the contact's, saying so."""
    finding = answer.finding
    facts = {**finding.facts, "asked_at": moment.isoformat()}
    return replace(answer, finding=replace(finding, facts=facts))


def until_of(holding: RuleFinding) -> datetime:
    """Until when a rule holds, in UTC; the beginning of time for one that blocks."""
    until = holding.finding.until
    return datetime.min.replace(tzinfo=UTC) if until is None else until.astimezone(UTC)
