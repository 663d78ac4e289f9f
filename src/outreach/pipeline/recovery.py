"""What a crash left behind: attempts of runs that are provably gone, and tasks an agent never closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.domain import NewEvent, Outcome
from outreach.ledger import ContactState, StoredContact, Subject
from outreach.pipeline.closing import attempt_closed
from outreach.pipeline.parts import Parts

__all__ = ["Recovered", "close_forgotten", "recover"]


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many attempts went back to be judged afresh, and how many ended ``unknown``."""

    returned: int = 0
    unknown: int = 0


def recover(parts: Parts) -> Recovered:
    """Close what nobody will close any more.

    An attempt that was never handed over goes back to be judged afresh; every other one ends
    ``unknown``: it counts, and a person or the provider must say what became of it.
    """
    lost = parts.ledger.lost_attempts()
    returned = _close(parts, [each.contact for each in lost if not each.handed_over], Outcome.NOT_SENT)
    unknown = _close(parts, [each.contact for each in lost if each.handed_over], Outcome.UNKNOWN)
    return Recovered(returned, unknown + close_forgotten(parts))


def close_forgotten(parts: Parts) -> int:
    """Close as ``unknown`` the tasks that agents took and did not close in time; how many there were."""
    with parts.ledger.read() as reading:
        forgotten = reading.open_tasks(parts.clock.now() - parts.limits.task)
    return _close(parts, forgotten, Outcome.UNKNOWN, code="not_closed_in_time")


def _close(parts: Parts, contacts: Sequence[StoredContact], outcome: Outcome, code: str = "run_lost") -> int:
    closed = 0
    size = parts.limits.group
    for start in range(0, len(contacts), size):
        group = contacts[start : start + size]
        with parts.ledger.write({Subject("person", contact.person) for contact in group}) as writing:
            now = parts.clock.now()
            standing = writing.contacts([contact.id for contact in group])
            events: list[NewEvent] = []
            changed: list[StoredContact] = []
            for contact in group:
                stored = standing[contact.id]
                if stored.state is not ContactState.OPEN or stored.attempt != contact.attempt:
                    continue  # somebody else closed it between our look and our lock
                events.append(attempt_closed(stored.person, stored.attempt, outcome, now, code))
                changed.append(_after(stored, outcome, now, code))
            writing.append(events)
            writing.update_contacts(changed)
            closed += len(changed)
    return closed


def _after(contact: StoredContact, outcome: Outcome, now: datetime, code: str) -> StoredContact:
    if outcome is Outcome.NOT_SENT:
        return replace(
            contact,
            state=ContactState.HELD,
            due=now,
            outcome=outcome,
            reason=f"judged afresh: {code}",
        )
    return replace(contact, state=ContactState.DONE, outcome=outcome, reason=code)
