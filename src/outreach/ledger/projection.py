"""The contact table is a projection: this derives it again from events and counts where the two differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from outreach.domain import Event
from outreach.ledger.reading import SqlReading
from outreach.ledger.shared import Shared
from outreach.ledger.sql import Database
from outreach.ledger.values import StoredContact

__all__ = ["differences"]

_PEOPLE_AT_ONCE: Final = 500
_DONE: Final = frozenset({"done"})
# What never left may be tried again: it then waits, or is back on the list, without a new decision.
_NOT_SENT: Final = frozenset({"done", "held", "listed"})
_DECIDED: Final = {"hold": frozenset({"held"}), "block": frozenset({"blocked"})}


@dataclass(slots=True)
class _Derived:
    """A contact as its events tell it. ``states``: more than one where events leave it open."""

    person: str
    states: frozenset[str] = frozenset()
    decision: str = ""
    attempt: str = ""
    outcome: str = ""
    uncertain: bool = False  # what a correction set of it was erased


def differences(database: Database, shared: Shared) -> dict[str, int]:
    """The number of differences by kind; kinds without any are left out.

    ``missing``: events tell of a contact that the table lacks; ``unexplained``: the table has one that no
    event tells of; ``person``, ``state``, ``decision``, ``attempt``, ``outcome``: they say different things.
    ``due`` is not compared: a new fact moves it without an event of its own.
    """
    count: Counter[str] = Counter()
    explained = 0
    with database.reading() as connection:
        top = connection.execute("SELECT coalesce(max(id), 0) FROM stream").fetchone()[0]
        for low in range(1, top + 1, _PEOPLE_AT_ONCE):
            view = SqlReading(connection, shared)
            people = connection.execute(
                "SELECT name FROM stream WHERE id BETWEEN ? AND ?", (low, low + _PEOPLE_AT_ONCE - 1)
            ).fetchall()
            derived: dict[str, _Derived] = {}
            for person, known in view.knowledge([row[0] for row in people]).items():
                found = _derive(person, _corrected(known.events))
                if known.person.erased:
                    _doubt(found, known.events)
                derived.update(found)
            stored = view.contacts(derived)
            explained += len(stored)
            count["missing"] += len(derived) - len(stored)
            count.update(kind for each in stored.values() for kind in _differing(derived[each.id], each))
        count["unexplained"] = connection.execute("SELECT count(*) FROM contact").fetchone()[0] - explained
    return {kind: number for kind, number in count.items() if number}


def _corrected(events: tuple[Event, ...]) -> Iterator[Event]:
    """In the order of the chain, with what later corrections say."""
    latest = {event.fields["of"]: event.fields for event in events if event.kind == "correction"}
    for event in events:
        said = latest.get(event.id)
        if said is None:
            yield event
        elif not said.get("void"):
            yield replace(event, fields={**event.fields, **said.get("set", {})})


def _derive(person: str, events: Iterable[Event]) -> dict[str, _Derived]:
    contacts: dict[str, _Derived] = {}
    of_attempt: dict[str, _Derived] = {}
    for event in events:
        fields = event.fields
        if event.kind == "attempt_closed":
            closed = of_attempt.get(fields["attempt"])
            if closed is not None and closed.attempt == fields["attempt"]:
                closed.outcome = fields["outcome"]
                closed.states = _NOT_SENT if closed.outcome == "not_sent" else _DONE
            continue
        if "contact" not in fields:
            continue
        contact = contacts.setdefault(fields["contact"], _Derived(person))
        if event.kind == "decided":
            contact.decision = event.id
            contact.states = _DECIDED.get(fields["verdict"], frozenset())
        elif event.kind == "attempt_opened":
            contact.attempt, contact.outcome = fields["attempt"], ""
            contact.states = frozenset({"open"})
            of_attempt[contact.attempt] = contact
        elif event.kind == "task_offered":
            contact.states = frozenset({"listed"})
        elif event.kind == "contact_expired":
            contact.states = frozenset({"expired"})
    return contacts


def _doubt(found: dict[str, _Derived], events: Iterable[Event]) -> None:
    """Mark the contacts of a person erased whose end was corrected: what was set lay beside the chain."""
    events = list(events)
    corrected = {event.fields["of"] for event in events if event.kind == "correction"}
    attempts = {
        event.fields["attempt"] for event in events if event.id in corrected and "attempt" in event.fields
    }
    for contact in found.values():
        contact.uncertain = contact.attempt in attempts


def _differing(derived: _Derived, stored: StoredContact) -> Iterator[str]:
    if derived.person != stored.person:
        yield "person"
    if derived.states and not derived.uncertain and stored.state.value not in derived.states:
        yield "state"
    if derived.decision != stored.decision:
        yield "decision"
    if derived.attempt != stored.attempt:
        yield "attempt"
    if stored.outcome is not None and not derived.uncertain and derived.outcome != stored.outcome.value:
        yield "outcome"
