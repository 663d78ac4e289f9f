"""From an ending to events: the attempt is closed, and its contact stands where it now belongs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from outreach.domain import NewEvent, Outcome
from outreach.ledger import ContactState, StoredContact, Writing
from outreach.pipeline.correcting import stand_corrected
from outreach.pipeline.delivery import EXPIRED, Ending
from outreach.pipeline.items import Answer, Judged
from outreach.pipeline.parts import Limits
from outreach.pipeline.recording import answer_of

__all__ = ["Closed", "attempt_closed", "close_all"]

Closed = tuple[Judged, StoredContact, Answer]

_LATE = "its run had been taken for gone; the run itself tells what became of it"


def attempt_closed(
    stream: str, attempt: str, outcome: Outcome, now: datetime, code: str = "", **more: str
) -> NewEvent:
    """How handing over ended."""
    fields: dict[str, Any] = {"attempt": attempt, "outcome": outcome.value}
    fields.update({name: value for name, value in {"code": code, **more}.items() if value})
    return NewEvent(stream, "attempt_closed", now, fields)


def close_all(
    writing: Writing,
    endings: Sequence[Ending],
    stored: dict[str, StoredContact],
    limits: Limits,
    now: datetime,
    *,
    doubtful: bool = False,
) -> list[Closed]:
    """Write what came of these attempts.

    :param stored: their contacts as they stand open, by id.
    :param doubtful: somebody may have closed some of them, because their run seemed to be gone.
    :returns: each with its contact as it stands now and its answer.
    """
    events: list[NewEvent] = []
    changed: list[StoredContact] = []
    closed: list[Closed] = []
    returned: set[str] = set()
    if doubtful:
        endings, closed = _overtaken(writing, endings, now)
    for ending in endings:
        judged = ending.judged
        contact = stored[judged.contact_id]
        events.append(
            attempt_closed(
                contact.person,
                judged.attempt_id,
                ending.outcome,
                now,
                ending.code,
                provider_id=ending.provider_id,
                said=ending.said,
            )
        )
        if ending.outcome is Outcome.OPTED_OUT:
            fields = {"channel": contact.contact.channel.value, "to": contact.contact.to, "form": "provider"}
            events.append(NewEvent(contact.person, "opt_out", now, fields))
        if ending.outcome in (Outcome.NOT_SENT, Outcome.REFUSED, Outcome.OPTED_OUT):
            returned.add(contact.person)
        after = _after(contact, ending, limits, now)
        changed.append(after)
        closed.append((judged, after, answer_of(judged, after)))
    if not endings:
        return closed
    writing.append(events)
    if returned:  # a slot given back may free what another contact of hers waits for
        writing.wake(returned, now)
    writing.update_contacts(changed)
    return closed


def _overtaken(
    writing: Writing, endings: Sequence[Ending], now: datetime
) -> tuple[list[Ending], list[Closed]]:
    """Set apart what others have closed as unknown. That it left after all is a correction of that.

    What is told of it otherwise stays unknown: it may permit more, and a person says so if she knows.
    """
    standing = writing.contacts([ending.judged.contact_id for ending in endings])
    ours: list[Ending] = []
    closed: list[Closed] = []
    for ending in endings:
        judged = ending.judged
        contact = standing[judged.contact_id]
        if contact.state is ContactState.OPEN and contact.attempt == judged.attempt_id:
            ours.append(ending)
            continue
        if ending.outcome is Outcome.ACCEPTED and contact.outcome is Outcome.UNKNOWN:
            fields = {"set": {"outcome": Outcome.ACCEPTED.value}, "because": _LATE}
            told = writing.knowledge([contact.person])[contact.person].events
            closing = next(
                event
                for event in reversed(told)
                if event.kind == "attempt_closed" and event.fields["attempt"] == judged.attempt_id
            )
            correction = NewEvent(contact.person, "correction", now, {"of": closing.id, **fields})
            for event in writing.append([correction]):
                stand_corrected(writing, event)
            contact = writing.contacts([contact.id])[contact.id]
        closed.append((judged, contact, answer_of(judged, contact)))
    return ours, closed


def _after(contact: StoredContact, ending: Ending, limits: Limits, now: datetime) -> StoredContact:
    late = ending.code == EXPIRED
    free = late or ending.due is not None  # nothing was wrong with the contact, so it costs no try
    if ending.again and (free or contact.tries < limits.tries):
        due = now if late else ending.due or now + limits.retry_pause * 2**contact.tries
        return replace(
            contact,
            state=ContactState.HELD,
            due=due,
            outcome=ending.outcome,
            reason=f"judged afresh: {ending.code}",
            tries=contact.tries + (not free),
        )
    return replace(contact, state=ContactState.DONE, outcome=ending.outcome, reason=ending.code, due=None)
