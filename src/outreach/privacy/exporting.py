"""Everything held of a person, as one document she can read.

Nobody else's records are in it: what other people's chains say of a number they share with her stays out, as
do the names of those who worked on her case. Her own data may name people around her, as she or the client
gave them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from outreach.domain import SYSTEM, Event
from outreach.ledger import Reading, StoredContact, Subject
from outreach.policy import Policy
from outreach.privacy.holds import hold_in_force

__all__ = ["export_of"]

_OURS: Final = frozenset({"agent", "by", "positions", "run", "versions", "person_version"})
"""Fields that tell of our people or of other chains, or mean something to a machine only."""


def export_of(reading: Reading, policy: Policy, person: str) -> dict[str, Any]:
    """See the module.

    :param person: her internal id; not erased.
    """
    knowledge = reading.knowledge([person])[person]
    events = knowledge.events
    hold = hold_in_force(events)
    return {
        "person": knowledge.person.consumer.id,
        "known_since": knowledge.person.known_since,
        "legal_hold": hold.at if hold else None,
        "data": [msgspec.to_builtins(each) for each in reading.versions_of(person)],
        "events": [_event(each) for each in events if each.kind != "decided"],
        "decisions": [_decision(reading, policy, each) for each in events if each.kind == "decided"],
        "contacts": [_contact(each) for each in reading.contacts_of(person)],
        "words": [
            {"attempt": attempt, "at": event.at, **msgspec.to_builtins(words)}
            for event in events
            if event.kind == "attempt_opened"
            and (words := reading.words(attempt := event.fields["attempt"])) is not None
        ],
        "messages": _untied(reading, person),
    }


def _event(event: Event) -> dict[str, Any]:
    told = {name: value for name, value in event.fields.items() if name not in _OURS}
    return {"event": event.kind, "at": event.at, "recorded_at": event.recorded_at, "id": event.id, **told}


def _decision(reading: Reading, policy: Policy, event: Event) -> dict[str, Any]:
    """A decision with the rules that spoke, their titles and citations."""
    fields = event.fields
    findings = fields["findings"]
    data = {name: value for name, value in fields.items() if name not in _OURS and name != "findings"}
    document = reading.document(fields["facts"]) if fields.get("facts") else None
    if document is not None:
        data["facts"] = json.loads(document)
    data["rules"] = [_finding(policy, each) for each in findings["told"]]
    return {"at": event.at, "id": event.id, **data, "passed": findings["passed"]}


def _finding(policy: Policy, told: Mapping[str, Any]) -> dict[str, Any]:
    rule = policy.rules.get(told["rule"])
    known = {"title": rule.title, "cites": list(rule.cites)} if rule else {}
    return {**known, **told}


def _contact(stored: StoredContact) -> dict[str, Any]:
    wish = {
        name: value for name, value in msgspec.to_builtins(stored.contact).items() if value not in ("", None)
    }
    standing = {
        "id": stored.id,
        "state": stored.state.value,
        "due": stored.due,
        "expires_at": stored.expires_at,
        "attempt": stored.attempt,
        "outcome": stored.outcome.value if stored.outcome else "",
        "reason": stored.reason,
    }
    return {**wish, **{name: value for name, value in standing.items() if value not in ("", None)}}


def _untied(reading: Reading, person: str) -> list[dict[str, Any]]:
    """Messages that came, before anybody was known to have it, from an endpoint that is hers alone."""
    queued = [each for each in reading.system_events(["reply_queued"]) if each.get("from")]
    wanted = {Subject("endpoint", each.fields["from"]) for each in queued}
    held = reading.holders(wanted)
    alone = {subject.value for subject, names in held.items() if names == {person}}
    return [_event(each) for each in queued if each.fields["from"] in alone and each.stream == SYSTEM]
