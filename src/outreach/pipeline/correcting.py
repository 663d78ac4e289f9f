"""Setting earlier events right: what may be corrected, by whom, and what follows for a contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from outreach.domain import Event, Outcome
from outreach.domain.events import INTERNAL_EVENTS
from outreach.domain.words import NEVER_LEFT
from outreach.errors import InputError
from outreach.ledger import ContactState, Writing

__all__ = ["SETTLED", "check_correction", "stand_corrected"]

SETTLED: Final = "settled by a person"
_CORRIGIBLE = frozenset({"paused", "resumed"})
_RESTRICTING: Final[Mapping[str, Sequence[Mapping[str, str]]]] = {
    "attempt": ({"outcome": "conversation"},),
    "attempt_closed": ({"outcome": "accepted"}, {"outcome": "unknown"}),
    "call_result": ({"result": "conversation"},),
}
"""What may be set without an officer's name, by kind of event."""


def check_correction(event: Event | None, change: Mapping[str, Any], officer: str, person: str = "") -> Event:
    """The event to be corrected, if this change of it may be recorded.

    :param person: whose stream it must stand in; an event not yet recorded stands in none.
    """
    if event is None or (person and event.stream not in ("", person)):
        raise InputError("no event of this person has this id", remedy="`outreach explain` shows ids")
    if not str(change.get("because", "")).strip():
        raise InputError("a correction needs its reason", remedy='add --because "..."')
    _refuse_incorrigible(event, change)
    fixed = {"at", "person", "event", "kind", "attempt"} & set(change.get("set") or {})
    if fixed:
        raise InputError(f"a correction cannot change {', '.join(sorted(fixed))}", where=event.id)
    if not officer and _permits_more(event, change):
        raise InputError(
            "this correction would permit more",
            where=event.id,
            remedy="an officer records it: --officer NAME",
        )
    return event


def _permits_more(event: Event, change: Mapping[str, Any]) -> bool:
    """Whether the change could turn a no into a yes; when in doubt it does.

    That an attempt left, or a call was a conversation, can only restrict; everything else may free: a
    conversation that was none, a debt that a call is booked to instead.
    """
    return change.get("void") is True or (change.get("set") or {}) not in _RESTRICTING.get(event.kind, ())


def _refuse_incorrigible(event: Event, change: Mapping[str, Any]) -> None:
    """:raises InputError: if the event is one that no correction can make otherwise.

    What outreach did, it did: only how an attempt ended can have been otherwise than we thought.
    """
    if event.kind == "correction":
        raise InputError(
            "a correction is not corrected itself",
            where=event.id,
            remedy="correct the first event again: the latest correction counts",
        )
    if event.kind == "attempt_closed":
        said = change.get("set") or {}
        if set(said) != {"outcome"} or said["outcome"] not in {each.value for each in Outcome}:
            raise InputError(
                "of how handing over ended only the outcome can be corrected",
                where=event.id,
                remedy=f"set outcome to one of {', '.join(sorted(Outcome))}",
            )
    elif event.kind in INTERNAL_EVENTS - _CORRIGIBLE:
        raise InputError(
            f"{event.kind} tells what outreach did, and stays as it is",
            where=event.id,
            remedy="correct how the attempt ended (attempt_closed, call_result), or the fact it rested on",
        )


def stand_corrected(writing: Writing, correction: Event) -> None:
    """Put a contact where it belongs, once it is known that one of its attempts ended otherwise.

    What left after all is not waited for or listed any more, so that it is never made twice.
    """
    closing = writing.event(correction.fields["of"])
    if closing is None or closing.kind != "attempt_closed":
        return
    contact = writing.contact_of_attempt(closing.fields["attempt"])
    if contact is None:
        return
    outcome = Outcome(correction.fields["set"]["outcome"])
    latest = contact.attempt == closing.fields["attempt"]
    waits = contact.state in (ContactState.HELD, ContactState.LISTED)
    changed = contact
    if waits and (outcome not in NEVER_LEFT or (latest and outcome is not Outcome.NOT_SENT)):
        changed = replace(changed, state=ContactState.DONE, due=None, reason=SETTLED)
    if latest and (waits or contact.state is ContactState.DONE):
        changed = replace(changed, outcome=outcome, reason=SETTLED)
    if changed is not contact:
        writing.update_contacts([changed])
