"""From drafts to what will be written: decisions, opened attempts, tasks and holds. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from outreach.channels import Ability
from outreach.domain import SYSTEM, Decision, NewEvent, Verdict, Words, digest_of, new_ids
from outreach.intake import content_digest
from outreach.ledger import ContactState, StoredContact
from outreach.pipeline.facts import facts_as_text
from outreach.pipeline.items import Item, Judged
from outreach.pipeline.judging import Books, decide
from outreach.pipeline.pacing import Day
from outreach.pipeline.parts import Parts
from outreach.pipeline.recording import attempt_opened, contact_received, decided, stamp

__all__ = ["Plan", "judge_group"]


@dataclass(slots=True)
class Plan:
    """Everything a group's commit will hold."""

    judged: list[Judged] = field(default_factory=list)
    contacts: dict[str, StoredContact] = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)
    words: list[tuple[str, Words]] = field(default_factory=list)
    documents: dict[str, str] = field(default_factory=dict)


def judge_group(
    parts: Parts,
    books: Books,
    items: Sequence[Item],
    now: datetime,
    *,
    run: str = "",
    system_height: int = 0,
    taking: bool = False,
    day: Day | None = None,
) -> Plan:
    """Judge each item in turn; an allowed one is reserved before the next is judged.

    :param day: what providers can take; an allowed contact beyond it is held.
    :param taking: an agent takes a call task now; otherwise a work-list channel's task is only offered.
    """
    plan = Plan()
    ids = iter(new_ids(now, 3 * len(items)))
    versions = dict(parts.policy.versions)
    for item in items:
        person, draft = item.person, item.draft
        assert person is not None
        assert draft is not None
        stream = person.id
        book = books.of(stream)
        judged = Judged(
            item,
            decision=decide(books, draft, person, now, item.facts),
            contact_id=item.stored.id if item.stored else next(ids),
            decision_id=next(ids),
            positions={SYSTEM: system_height, **books.positions(stream, item.contact, person)},
        )
        expires_at = _expires_at(parts, item, now)
        state = _state(parts, judged, expires_at, now, taking=taking)
        wait = None
        if state is ContactState.OPEN and day is not None and draft.sender is not None:
            wait = day.wait(draft.via, draft.sender.id)
        if wait is not None:
            state = ContactState.HELD
        elif state is ContactState.OPEN:
            judged.attempt_id = next(ids)
        contact = _stored(judged, state, expires_at, now, run, wait)
        events: list[NewEvent] = []
        if item.stored is None:
            events.append(contact_received(stream, contact.id, item.contact, now))
        if state is ContactState.EXPIRED:
            events.append(NewEvent(stream, "contact_expired", now, {"contact": contact.id}))
        else:
            events.append(decided(stream, judged, versions, person.version))
            if state is ContactState.OPEN:
                opening = attempt_opened(stream, judged, run, now)
                events.append(opening)
                book.reserve(opening)
                if draft.words is not None:
                    plan.words.append((judged.attempt_id, draft.words))
            elif state is ContactState.LISTED:
                events.append(_offered(stream, contact, judged.decision))
            if item.facts:
                text = facts_as_text(item.facts)
                plan.documents[digest_of(text)] = text
        book.height += len(events)
        plan.judged.append(judged)
        plan.contacts[contact.id] = contact
        plan.events += events
    return plan


def _expires_at(parts: Parts, item: Item, now: datetime) -> datetime | None:
    """Until when the contact is worth making."""
    if item.stored is not None:
        return item.stored.expires_at
    return item.contact.expires_at or now + parts.limits.hold_expiry


def _state(
    parts: Parts, judged: Judged, expires_at: datetime | None, now: datetime, *, taking: bool
) -> ContactState:
    """Where the contact goes after this decision."""
    if expires_at is not None and now >= expires_at:
        return ContactState.EXPIRED
    verdict = judged.decision.verdict
    if verdict is not Verdict.ALLOW:
        return ContactState.HELD if verdict is Verdict.HOLD else ContactState.BLOCKED
    channel = parts.channel(judged.item.draft.via) if judged.item.draft else None
    listed = channel is not None and Ability.WORK_LIST in channel.abilities and not taking
    return ContactState.LISTED if listed else ContactState.OPEN


def _stored(
    judged: Judged,
    state: ContactState,
    expires_at: datetime | None,
    now: datetime,
    run: str,
    wait: tuple[datetime, str] | None,
) -> StoredContact:
    """How the contact stands from now on.

    :param wait: until when its provider cannot take it, and why.
    """
    item, decision = judged.item, judged.decision
    assert item.person is not None
    if state is ContactState.EXPIRED:
        changes: dict[str, Any] = {"state": state, "due": None, "reason": "its time had passed"}
    else:
        until = wait[0] if wait else decision.until
        due = until if state is ContactState.HELD else None
        if due is not None and expires_at is not None:
            due = min(due, expires_at)  # looked at once more, then to expire
        reason = wait[1] if wait else decision.reason
        if not reason and (objections := decision.objections):
            reason = objections[0].finding.reason
        changes = {"state": state, "due": due, "decision": judged.decision_id, "reason": reason}
        changes["outcome"] = None
        if state is ContactState.OPEN:
            changes |= {"attempt": judged.attempt_id, "run": run, "opened_at": now}
    if item.stored is not None:
        return replace(item.stored, **changes)
    content = content_digest(item.contact)
    return StoredContact(
        judged.contact_id, item.person.id, item.contact, content, expires_at=expires_at, **changes
    )


def _offered(stream: str, contact: StoredContact, decision: Decision) -> NewEvent:
    fields: dict[str, object] = {"contact": contact.id, "channel": contact.contact.channel.value}
    if decision.good_until:
        fields["until"] = stamp(decision.good_until)
    return NewEvent(stream, "task_offered", decision.at, fields)
