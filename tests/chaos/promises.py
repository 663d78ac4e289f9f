"""Brute force against the promises of the design: what left, what was answered, what was given back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from outreach.domain import Event, Outcome, digest_of
from outreach.ledger import ContactState, Ledger, StoredContact
from tests.chaos.limits import Breach
from tests.chaos.plan import Plan, Row
from tests.chaos.record import NEVER_LEFT, Attempted, Record, Stream

__all__ = ["promises_broken", "record_broken"]

_CLOCKS_DIFFER = 0.3  # seconds


def promises_broken(record: Record, plan: Plan) -> Iterator[Breach]:
    """Promises 1, 2, 5, 6 and 7."""
    yield from _left_unrecorded(record)
    yield from _left_twice(record)
    yield from _ends(record)
    yield from _answers(record, plan)
    for stream in record.streams:
        yield from _slots(stream, plan)


# ---- 1 and 2: nothing leaves before its attempt stands open, and only what was allowed --------------


def _left_unrecorded(record: Record) -> Iterator[Breach]:
    opened = record.opened()
    for line in record.sent:
        if line.attempt not in opened:
            yield Breach("promise 1", line.attempt, "left, and no attempt was ever opened")
            continue
        stream, attempt = opened[line.attempt]
        event = next(e for e in stream.events if e.seq == attempt.seq)
        if record.truth.earliest(_recorded(event, stream)) > line.true + _CLOCKS_DIFFER:
            yield Breach("promise 1", line.attempt, f"left at {line.at}, opened at {event.recorded_at}")
        if not any(_allows(each, attempt) for each in stream.events):
            yield Breach("promise 2", line.attempt, "left, and nothing had allowed it")
        if (line.to, line.by) != (attempt.to, attempt.channel):
            yield Breach("promise 2", line.attempt, f"allowed by {attempt.channel}, left by {line.by}")


def _recorded(event: Event, stream: Stream) -> datetime:
    """When it was recorded, as the clock then showed.

    In a chain that time never goes back. Where the clock did, the event bears the time of an earlier one,
    and only its own tells what the clock showed.
    """
    assert event.recorded_at is not None
    earlier = [e for e in stream.events if e.seq < event.seq and e.recorded_at == event.recorded_at]
    return event.at if any(e.at != event.at for e in earlier) else event.recorded_at


def _allows(decided: Event, attempt: Attempted) -> bool:
    return (
        decided.kind == "decided"
        and decided.get("attempt") == attempt.id
        and decided.get("contact") == attempt.contact
        and decided.fields["verdict"] == "allow"
        and decided.seq < attempt.seq
    )


# ---- 5: at most once -------------------------------------------------------------------------------


def _left_twice(record: Record) -> Iterator[Breach]:
    opened = record.opened()
    for attempt, times in Counter(line.attempt for line in record.sent).items():
        if times > 1:
            yield Breach("promise 5", attempt, f"left {times} times")
    left: dict[str, list[Attempted]] = defaultdict(list)
    for attempt in dict.fromkeys(line.attempt for line in record.sent):
        if attempt in opened:
            _, told = opened[attempt]
            left[told.contact].append(told)
            if told.outcome in NEVER_LEFT:
                yield Breach("promise 5", attempt, f"left, and is recorded as {told.outcome}")
    for contact, attempts in left.items():
        if sum(each.outcome != "not_sent" for each in attempts) > 1:
            yield Breach("promise 5", contact, f"left with {len(attempts)} attempts")


def _ends(record: Record) -> Iterator[Breach]:
    """An unknown end is listed, and is the end of its contact; no attempt ends twice."""
    for stream in record.streams:
        contacts = {each.id: each for each in stream.contacts}
        for attempt in stream.attempts:
            if attempt.closings > 1:
                yield Breach("promise 5", attempt.id, f"closed {attempt.closings} times")
            if attempt.outcome == "unknown" and attempt.contact:
                contact = contacts.get(attempt.contact)
                listed = attempt.id in record.unknown
                if contact is None or not listed or not _stands_unknown(contact, attempt):
                    yield Breach("promise 5", attempt.id, "its end is unknown, and nobody is told")


def _stands_unknown(contact: StoredContact, attempt: Attempted) -> bool:
    return (contact.state, contact.outcome, contact.attempt) == (
        ContactState.DONE,
        Outcome.UNKNOWN,
        attempt.id,
    )


# ---- 6: every row has an answer --------------------------------------------------------------------


def _answers(record: Record, plan: Plan) -> Iterator[Breach]:
    stored = [(stream, each) for stream in record.streams for each in stream.contacts]
    by_key: dict[tuple[str, str], list[StoredContact]] = defaultdict(list)
    for stream, contact in stored:
        by_key[contact.contact.campaign, contact.contact.key].append(contact)
        yield from _stands(stream, contact)
    rejected = [event for event in record.system if event.kind == "row_rejected"]
    refused = {(event.get("line"), event.get("digest")) for event in rejected}
    for row in plan.rows:
        own = [each for each in by_key[row.campaign, row.key] if _is_of(each, row)]
        if len(own) != 1 and (own or (row.line, _digest(row)) not in refused):
            yield Breach("promise 6", f"{row.file}:{row.line}", f"{row.key} has {len(own)} contacts")
    for bad in plan.refused:
        if not any((e.get("line"), e.get("column")) == (bad.line, bad.column) for e in rejected):
            yield Breach("promise 6", f"{bad.file}:{bad.line}", "a bad row without an answer")
    for key in by_key.keys() - plan.keys:
        yield Breach("promise 6", by_key[key][0].id, "a contact that nobody asked for")
    if record.states != {**dict.fromkeys(record.states, 0), **Counter(each.state for _, each in stored)}:
        yield Breach("promise 6", "states", "the counts of contacts are not the contacts'")


def _stands(stream: Stream, contact: StoredContact) -> Iterator[Breach]:
    """It was judged or expired; nothing stands open; what a crash kept from leaving is tried again."""
    answers = {e.get("contact") for e in stream.events if e.kind in ("decided", "contact_expired")}
    if contact.id not in answers:
        yield Breach("promise 6", contact.id, "received, and never answered")
    if contact.state is ContactState.OPEN and contact.contact.channel != "call":
        yield Breach("promise 6", contact.id, f"attempt {contact.attempt} stands open")
    closed = next((each for each in stream.attempts if each.id == contact.attempt), None)
    lost = closed is not None and closed.outcome == "not_sent" and closed.code in ("run_lost", "expired")
    if lost and contact.state is ContactState.DONE:
        yield Breach("promise 7", contact.id, "never left, and is not tried again")


def _is_of(contact: StoredContact, row: Row) -> bool:
    wish = contact.contact
    return (wish.person, wish.channel.value, wish.to) == (row.person, row.channel, row.to)


def _digest(row: Row) -> str:
    return digest_of([row.campaign, row.key, row.person, row.to])


# ---- 7: a slot that was not used is given back -----------------------------------------------------


def _slots(stream: Stream, plan: Plan) -> Iterator[Breach]:
    """No e-mail was held for the limit while, by what was recorded then, there was room for it."""
    limits = plan.limits
    for event in stream.events:
        if event.kind != "decided" or event.fields["verdict"] != "hold":
            continue
        told = {each["rule"]: each["verdict"] for each in event.fields["findings"]["told"]}
        if told.get("chaos.emails") != "hold" or "gate.clock" in told:
            continue
        day = stream.day(event.at)
        used = [
            each
            for each in stream.before(event.seq)
            if each.channel == "email"
            and each.counts
            and day - timedelta(days=limits.email_days) < stream.day(each.at) <= day
        ]
        if len(used) < limits.emails:
            why = f"held with {len(used)} of {limits.emails} used"
            yield Breach("promise 7", event.fields["contact"], why)


# ---- 8 and the record itself -----------------------------------------------------------------------


def record_broken(ledger: Ledger) -> Iterator[Breach]:
    """Every chain is whole, the tables are what the events say, the seals fit."""
    for broken in ledger.verify().broken:
        yield Breach("chain", f"{broken.stream}:{broken.seq}", broken.why)
    for kind, count in ledger.rebuild().items():
        yield Breach("projection", kind, f"{count} contacts differ from their events")
    why = {seal.number: seal.why for seal in ledger.verify_seals().broken}
    for number, reason in why.items():
        yield Breach("seal", str(number), reason)
