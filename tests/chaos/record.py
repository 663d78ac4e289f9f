"""A finished project as plain rows: what its ledger says through the read interface, and what left.

Attempts are put together here from events, by hand and by brute force, for this must not believe the code
it is to check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from outreach.domain import Event
from outreach.ledger import ContactState, Ledger, StoredContact
from tests.chaos.clock import Truth
from tests.chaos.plan import Human, Plan

__all__ = ["Attempted", "Record", "Sent", "Stream", "attempts_in", "read_record"]

NEVER_LEFT = frozenset({"refused", "not_sent", "opted_out"})
_NOT_CONNECTED = frozenset({"busy", "not_in_service"})


@dataclass(frozen=True, slots=True)
class Sent:
    """One line of what really left. ``true``: the real moment, ``at``: what the clock showed."""

    attempt: str
    to: str
    by: str
    at: datetime
    true: float


@dataclass(frozen=True, slots=True)
class Attempted:
    """One outbound contact as its events tell it, up to some height of its stream."""

    id: str
    contact: str  # "" for one that was imported
    channel: str
    to: str
    debts: tuple[str, ...]
    at: datetime
    seq: int
    outcome: str = ""  # "" while it is open
    code: str = ""
    closings: int = 0
    result: str = ""
    counted_to: tuple[str, ...] | None = None
    discussed: tuple[str, ...] | None = None

    @property
    def counts(self) -> bool:
        """Open and unknown ends count; what provably never left does not."""
        return self.outcome not in NEVER_LEFT

    @property
    def connected(self) -> bool:
        """Unless the line was busy or out of service (12 CFR 1006.14(b)(3)(ii))."""
        return self.result not in _NOT_CONNECTED

    @property
    def about(self) -> frozenset[str]:
        """The debts a call counts for: what was talked about, what it was booked to, else all of its."""
        if self.result == "conversation" and self.discussed:
            return frozenset(self.discussed)
        return frozenset(self.counted_to or self.debts)


@dataclass(frozen=True, slots=True)
class Stream:
    """One person: what is planned for her, what is recorded of her, how her contacts stand."""

    human: Human
    events: tuple[Event, ...]
    attempts: tuple[Attempted, ...]
    contacts: tuple[StoredContact, ...]

    def day(self, moment: datetime) -> date:
        """The date where she is."""
        return moment.astimezone(ZoneInfo(self.human.zone)).date()

    def before(self, seq: int) -> tuple[Attempted, ...]:
        """Her attempts as they were known below this height."""
        return attempts_in([event for event in self.events if event.seq < seq], self.human.debts)


@dataclass(frozen=True, slots=True)
class Record:
    """All of it."""

    streams: tuple[Stream, ...]
    system: tuple[Event, ...]
    states: dict[ContactState, int]
    unknown: frozenset[str]  # attempts that are listed as such
    sent: tuple[Sent, ...]
    truth: Truth

    def opened(self) -> dict[str, tuple[Stream, Attempted]]:
        """Every attempt by its id."""
        return {each.id: (stream, each) for stream in self.streams for each in stream.attempts}


def read_record(ledger: Ledger, folder: Path, plan: Plan) -> Record:
    """Read everything at once, as it stands now."""
    humans = {each.ref: each for each in plan.people}
    streams: list[Stream] = []
    with ledger.read() as reading:
        ids = reading.person_ids()
        people = reading.persons_by_id(ids)
        known = reading.knowledge(ids)
        for person in ids:
            human = humans[people[person].consumer.id]
            events = known[person].events
            attempts = attempts_in(events, human.debts)
            streams.append(Stream(human, events, attempts, reading.contacts_of(person)))
        system, states = reading.system_events(), reading.states()
        unknown = frozenset(each.attempt for each in reading.unknown(1_000_000))
    return Record(tuple(streams), system, states, unknown, tuple(_sent(folder)), Truth(folder))


def _sent(folder: Path) -> Iterable[Sent]:
    file = folder / "sent.jsonl"
    for line in file.read_text().splitlines() if file.exists() else ():
        told = json.loads(line)
        at = datetime.fromisoformat(told["at"])
        yield Sent(told["attempt"], told["to"], told["by"], at, told["true"])


def attempts_in(events: Iterable[Event], debts: Sequence[str]) -> tuple[Attempted, ...]:
    """The attempts among these events, in the order in which they were recorded.

    :param debts: what an attempt was about that names none.
    """
    found: dict[str, Attempted] = {}
    for event in _corrected(events):
        if event.kind in ("attempt", "attempt_opened"):
            own = event.kind == "attempt_opened"
            name = event.fields["attempt"] if own else event.id
            found[name] = Attempted(
                name,
                event.get("contact", ""),
                event.fields["channel"],
                event.get("to", ""),
                tuple(event.get("debts") or debts),
                event.at,
                event.seq,
                result="" if own else event.get("outcome", ""),
            )
        elif event.kind == "attempt_closed" and (of := found.get(event.fields["attempt"])):
            outcome, code = event.fields["outcome"], event.get("code", "")
            found[of.id] = replace(of, outcome=outcome, code=code, closings=of.closings + 1)
        elif event.kind == "call_result" and (of := found.get(event.fields["attempt"])):
            found[of.id] = replace(
                of,
                result=event.fields["result"],
                counted_to=_ids(event.get("counted_to")),
                discussed=_ids(event.get("discussed")),
            )
    return tuple(found.values())


def _corrected(events: Iterable[Event]) -> Iterable[Event]:
    """The latest word on each event holds."""
    known = list(events)
    said = {event.fields["of"]: event.fields for event in known if event.kind == "correction"}
    for event in known:
        correction = said.get(event.id, {})
        if not correction.get("void"):
            yield replace(event, fields={**event.fields, **correction.get("set", {})})


def _ids(value: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)
