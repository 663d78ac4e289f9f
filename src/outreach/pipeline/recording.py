"""From decisions to events: what is written about each contact, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from outreach.domain import (
    ALLOWED,
    SYSTEM,
    Contact,
    Decision,
    NewEvent,
    Outcome,
    RuleFinding,
    Verdict,
    digest_of,
)
from outreach.ledger import ContactState, StoredContact
from outreach.pipeline.books import debts_of
from outreach.pipeline.items import Answer, Answered, Judged

__all__ = [
    "answer_of",
    "answer_stored",
    "attempt_opened",
    "contact_received",
    "decided",
    "findings_as_data",
    "row_rejected",
    "stamp",
    "under_way",
]


def stamp(moment: datetime | None) -> str | None:
    """A moment as the ledger writes it: ISO 8601 in UTC."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def contact_received(stream: str, contact_id: str, contact: Contact, now: datetime) -> NewEvent:
    """The contact entered; recorded once."""
    fields: dict[str, Any] = {
        "contact": contact_id,
        "channel": contact.channel.value,
        "to": contact.to,
        "purpose": contact.purpose.value,
        "person": contact.to_person,
    }
    if contact.campaign:
        fields["campaign"] = contact.campaign
    if contact.debts:
        fields["debts"] = list(contact.debts)
    return NewEvent(stream, "contact_received", now, fields)


def decided(stream: str, judged: Judged, versions: Mapping[str, str], person_version: str) -> NewEvent:
    """The decision with everything needed to explain and to replay it."""
    decision, draft = judged.decision, judged.item.draft
    fields: dict[str, Any] = {
        "contact": judged.contact_id,
        "verdict": decision.verdict.value,
        "moment": stamp(decision.at),
        "packs": dict(decision.packs),
        "versions": versions,
        "person_version": person_version,
        "findings": findings_as_data(decision),
    }
    if judged.attempt_id:
        fields["attempt"] = judged.attempt_id
    if decision.until:
        fields["until"] = stamp(decision.until)
    if decision.good_until:
        fields["good_until"] = stamp(decision.good_until)
    if judged.positions:
        fields["positions"] = judged.positions
    if decision.reason:
        fields["reason"] = decision.reason
    if judged.item.facts:
        fields["facts"] = digest_of(dict(judged.item.facts))
    if draft is not None:
        fields["via"] = draft.via
        if draft.words is not None:
            fields["words"] = digest_of(draft.words.text)
            fields["template"] = draft.words.version
    return NewEvent(stream, "decided", decision.at, fields, judged.decision_id)


def findings_as_data(decision: Decision) -> dict[str, Any]:
    """Every rule looked at: those that passed without remark by id, the others in full."""
    passed: list[str] = []
    beside: list[str] = []
    told: list[dict[str, Any]] = []
    for each in decision.findings:
        finding = each.finding
        if finding is ALLOWED:
            passed.append(each.rule)
        elif finding.verdict is Verdict.NOT_APPLICABLE and not finding.reason:
            beside.append(each.rule)
        elif finding.verdict is Verdict.ALLOW and not finding.facts and not finding.lifted:
            passed.append(each.rule)
        else:
            told.append(_told(each))
    data: dict[str, Any] = {"passed": passed, "told": told}
    if beside:
        data["not_applicable"] = beside
    if decision.warnings:
        data["warnings"] = list(decision.warnings)
    return data


def _told(each: RuleFinding) -> dict[str, Any]:
    finding = each.finding
    told: dict[str, Any] = {"rule": each.rule, "verdict": finding.verdict.value}
    if finding.objects:
        told["reason"] = finding.reason
        told["cites"] = list(each.cites)
    if each.weight.value != "rule":
        told["weight"] = each.weight.value
    if finding.until is not None:
        told["until"] = stamp(finding.until)
    if finding.lifted:
        told["lifted"] = finding.lifted
    if finding.facts:
        told["facts"] = dict(finding.facts)
    return told


def attempt_opened(stream: str, judged: Judged, run: str, now: datetime) -> NewEvent:
    """An attempt begins to count, for each debt it is about. Nothing has left yet."""
    draft, person = judged.item.draft, judged.item.person
    assert draft is not None  # only a draft with words can have been allowed
    assert person is not None
    contact = draft.contact
    fields: dict[str, Any] = {
        "contact": judged.contact_id,
        "attempt": judged.attempt_id,
        "channel": contact.channel.value,
        "to": contact.to,
        "debts": [debt.id for debt in debts_of(contact, person)],
        "person": contact.to_person,
        "purpose": contact.purpose.value,
        "via": draft.via,
        "sender": draft.sender.id if draft.sender else "",
        "run": run,
    }
    if contact.ringless:
        fields["ringless"] = True
    return NewEvent(stream, "attempt_opened", now, fields)


def answer_of(judged: Judged, contact: StoredContact) -> Answer:
    """What is answered for a contact that was judged just now and stands like this."""
    decision = judged.decision
    strictest = decision.objections[0] if decision.objections else None
    return Answer(
        answered=_answered(contact.state, contact.outcome),
        contact=judged.item.contact,
        line=judged.item.line,
        contact_id=judged.contact_id,
        decision_id=judged.decision_id,
        attempt_id=judged.attempt_id,
        until=contact.due if contact.state is ContactState.HELD else None,
        outcome=contact.outcome,
        reason=contact.reason,
        rule=strictest.rule if strictest else "",
        cites=strictest.cites if strictest else (),
        warnings=decision.warnings,
    )


def row_rejected(answer: Answer, now: datetime) -> NewEvent:
    """A row that cannot be used: by its digest and line, for the file may hold personal data.

    Sent again and refused for the same column it is not recorded again.
    """
    fields = {"line": answer.line, "column": answer.column, "reason": answer.reason}
    wish = answer.contact
    fields["digest"] = digest_of([wish.campaign, wish.key, wish.person, wish.to])
    key = f"row:{fields['digest']}:{answer.line}:{answer.column}"
    return NewEvent(SYSTEM, "row_rejected", now, fields, key=key)


def answer_stored(stored: StoredContact, line: int) -> Answer:
    """The first answer, shown again."""
    return Answer(
        answered=_answered(stored.state, stored.outcome),
        contact=stored.contact,
        line=line,
        contact_id=stored.id,
        decision_id=stored.decision,
        attempt_id=stored.attempt,
        until=stored.due if stored.state is ContactState.HELD else None,
        outcome=stored.outcome,
        reason=stored.reason,
        repeated=True,
    )


def under_way(stored: StoredContact, line: int) -> Answer:
    """Somebody else is judging it at this moment."""
    return replace(answer_stored(stored, line), answered=Answered.OPEN, until=None)


def _answered(state: ContactState, outcome: Outcome | None) -> Answered:
    if state is ContactState.DONE:
        if outcome is Outcome.ACCEPTED:
            return Answered.SENT
        return Answered.UNKNOWN if outcome is Outcome.UNKNOWN else Answered.FAILED
    return _BY_STATE[state]


_BY_STATE = {
    ContactState.HELD: Answered.HELD,
    ContactState.LISTED: Answered.OFFERED,
    ContactState.OPEN: Answered.OPEN,
    ContactState.BLOCKED: Answered.BLOCKED,
    ContactState.EXPIRED: Answered.EXPIRED,
}
