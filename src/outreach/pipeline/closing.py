"""From an ending to events: the attempt is closed, and its contact stands where it now belongs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from outreach.domain import NewEvent, Outcome
from outreach.ledger import ContactState, StoredContact, Writing
from outreach.pipeline.delivery import EXPIRED, Ending
from outreach.pipeline.items import Answer, Judged
from outreach.pipeline.parts import Limits
from outreach.pipeline.recording import answer_of

__all__ = ["Closed", "attempt_closed", "close_all"]

Closed = tuple[Judged, StoredContact, Answer]


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
) -> list[Closed]:
    """Write what came of these attempts.

    :param stored: their contacts as they stand open, by id.
    :returns: each with its contact as it stands now and its answer.
    """
    events: list[NewEvent] = []
    changed: list[StoredContact] = []
    closed: list[Closed] = []
    returned: set[str] = set()
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
