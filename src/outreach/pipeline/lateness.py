"""Past decisions that a fact told too late would have changed: the officer's list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from outreach.domain import Event
from outreach.pipeline.parts import Parts
from outreach.pipeline.replay import Replayer

__all__ = ["Late", "late_decisions"]

_OURS = frozenset({"contact_received", "decided", "attempt_opened", "attempt_closed", "task_offered"})


@dataclass(frozen=True, slots=True)
class Late:
    """A past decision that a late event would have changed; a matter for the officer."""

    event: Event
    decision: Event
    would_be: str


def late_decisions(parts: Parts, persons: Collection[str]) -> list[Late]:
    """Decisions of these persons (internal ids) that came before a fact that was already so."""
    found: list[Late] = []
    replayer = Replayer(parts)
    with parts.ledger.read() as reading:
        for knowledge in reading.knowledge(persons).values():
            if knowledge.person.erased:
                continue  # nothing is left to judge her decisions on
            decisions = [e for e in knowledge.events if e.kind == "decided" and e.get("verdict") == "allow"]
            if not decisions:
                continue
            for event in knowledge.events:
                if event.kind in _OURS or event.recorded_at is None or event.at >= event.recorded_at:
                    continue
                for decision in decisions:
                    if event.at <= _moment(decision) and decision.seq < event.seq:
                        again = replayer.replay(reading, decision, with_also=[event])
                        if again.decision.verdict.value != "allow":
                            found.append(Late(event, decision, again.decision.verdict.value))
    return found


def _moment(decision: Event) -> datetime:
    return datetime.fromisoformat(decision.fields["moment"])
