"""From drafts to what will be written: decisions, opened attempts, tasks and holds. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from outreach.channels import Ability
from outreach.domain import SYSTEM, Decision, NewEvent, Verdict, Words, digest_of, new_id
from outreach.intake import content_digest
from outreach.ledger import ContactState, StoredContact
from outreach.pipeline.facts import facts_as_text
from outreach.pipeline.items import Item, Judged
from outreach.pipeline.judging import Books, decide
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
) -> Plan:
    """Judge each item in turn; an allowed one is reserved before the next is judged.

    :param taking: an agent takes a call task now; otherwise a work-list channel's task is only offered.
    """
    plan = Plan()
    for item in items:
        person, draft = item.person, item.draft
        assert person is not None
        assert draft is not None
        stream = person.id
        book = books.of(stream)
        judged = Judged(
            item,
            decision=decide(books, draft, person, now, item.facts),
            contact_id=item.stored.id if item.stored else new_id(now),
            decision_id=new_id(now),
            positions={SYSTEM: system_height, **books.positions(stream, item.contact, person)},
        )
        contact = _stored(parts, item, judged, now)
        events: list[NewEvent] = []
        if item.stored is None:
            events.append(contact_received(stream, contact.id, item.contact, now))
        if contact.state is ContactState.EXPIRED:
            events.append(NewEvent(stream, "contact_expired", now, {"contact": contact.id}))
        else:
            channel = parts.channel(draft.via)
            listed = channel is not None and Ability.WORK_LIST in channel.abilities and not taking
            opens = judged.decision.verdict is Verdict.ALLOW and not listed
            if opens:
                judged.attempt_id = new_id(now)
                contact = replace(
                    contact, state=ContactState.OPEN, attempt=judged.attempt_id, run=run, opened_at=now
                )
            elif judged.decision.verdict is Verdict.ALLOW:
                contact = replace(contact, state=ContactState.LISTED)
            events.append(decided(stream, judged, parts.policy.versions, person.version))
            if opens:
                opening = attempt_opened(stream, judged, run, now)
                events.append(opening)
                book.reserve(opening)
                if draft.words is not None:
                    plan.words.append((judged.attempt_id, draft.words))
            elif contact.state is ContactState.LISTED:
                events.append(_offered(stream, contact, judged.decision))
            if item.facts:
                text = facts_as_text(item.facts)
                plan.documents[digest_of(text)] = text
        book.height += len(events)
        plan.judged.append(judged)
        plan.contacts[contact.id] = contact
        plan.events += events
    return plan


def _stored(parts: Parts, item: Item, judged: Judged, now: datetime) -> StoredContact:
    """How the contact stands after this decision, an allowed one's attempt apart."""
    decision = judged.decision
    held = decision.verdict is Verdict.HOLD
    objections = decision.objections
    reason = decision.reason or (objections[0].finding.reason if objections else "")
    assert item.person is not None
    contact = item.stored or StoredContact(
        id=judged.contact_id,
        person=item.person.id,
        contact=item.contact,
        content=content_digest(item.contact),
        state=ContactState.BLOCKED,
        expires_at=item.contact.expires_at or now + parts.limits.hold_expiry,
    )
    if contact.expires_at is not None and now >= contact.expires_at:
        return replace(contact, state=ContactState.EXPIRED, due=None, reason="its time had passed")
    due = decision.until
    if held and due is not None and contact.expires_at is not None:
        due = min(due, contact.expires_at)  # looked at once more, then to expire
    return replace(
        contact,
        state=ContactState.HELD if held else ContactState.BLOCKED,
        due=due if held else None,
        decision=judged.decision_id,
        reason=reason,
        outcome=None,
    )


def _offered(stream: str, contact: StoredContact, decision: Decision) -> NewEvent:
    fields: dict[str, object] = {"contact": contact.id, "channel": contact.contact.channel.value}
    if decision.good_until:
        fields["until"] = stamp(decision.good_until)
    return NewEvent(stream, "task_offered", decision.at, fields)
