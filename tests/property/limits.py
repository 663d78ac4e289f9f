"""Limits over what went before, by brute force: is any window fuller than it may be?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.property.known import ALL_DEBTS, ELECTRONIC, Known, Try, particular

__all__ = ["PACK", "over_limit"]

SEVEN, WEEK, HALF_HOUR = 7, timedelta(days=7), timedelta(minutes=30)
NOT_CONNECTED = ("busy", "not_in_service")
DAILY, JOINT = 2, 2

PACK = f"""
pack: test
title: Limits over what people share
jurisdiction: any
authority: this test
checked: {{on: "2026-01-01", against: "this test", again_by: "2030-01-01"}}
evidence: text
force: house
rules:
  - id: test.daily
    title: So many electronic messages a day to one address, whoever has it
    check: frequency
    standard: prohibition
    cites: [this test]
    applies_to: {{channel: [sms, email]}}
    in_force:
      "2020-01-01":
        {{at_most: {DAILY}, within: 1, unit: days, per: [endpoint], channels: [sms, email], what: attempts}}
  - id: test.letters
    title: So many letters a week about one debt, whoever owes it
    check: frequency
    standard: prohibition
    cites: [this test]
    applies_to: {{channel: [letter]}}
    in_force:
      "2020-01-01":
        {{at_most: {JOINT}, within: 7, unit: days, per: [debt], channels: [letter], what: attempts}}
"""
"""House rules that make the cast's shared addresses and debts count."""

Talk = tuple[datetime, frozenset[str], str]
"""When it was, which debts were talked about, in which call of ours ("" for hers)."""


def over_limit(known: Known, new: Try) -> Iterator[str]:
    """Why this attempt, which counts, should not have been opened."""
    if new.is_call:
        yield from _calls(known, new)
    everybody = [each for tries in known.tries.values() for each in tries if each.left and each.at <= new.at]
    for zone in known.zones[new.person]:
        today = new.at.astimezone(zone).date()
        days = [(each, each.at.astimezone(zone).date()) for each in everybody]
        if new.channel in ELECTRONIC:
            there = [e for e, day in days if day == today and e.channel in ELECTRONIC and e.to == new.to]
            if len(there) > DAILY:
                yield f"{len(there)} messages to one address on {today}"
        if new.channel == "letter":
            week = [e for e, day in days if day > today - WEEK and e.channel == "letter"]
            for debt in new.about:
                if (count := sum(debt in each.about for each in week)) > JOINT:
                    yield f"{count} letters about {debt} in a week"


def _calls(known: Known, new: Try) -> Iterator[str]:
    calls = [
        each
        for each in known.tries[new.person]
        if each.is_call and each.left and each.whom == new.whom and each.at <= new.at
    ]
    connected = [each for each in calls if each.end not in NOT_CONNECTED]
    for each in connected:
        if each.id != new.id and new.at - each.at < HALF_HOUR:
            yield f"a call {new.at - each.at} after another"
    counted = [each for each in connected if not _misdirected(known, each, new.at)]
    talks = _talks(known, new, calls)
    for debt in sorted(new.about):
        if not _asked(known, new, debt, new, talks):
            for zone in known.zones[new.person]:
                yield from _week(known, new, debt, zone, counted, talks)


def _week(
    known: Known, new: Try, debt: str, zone: ZoneInfo, counted: Sequence[Try], talks: Sequence[Talk]
) -> Iterator[str]:
    """Seven calls, a conversation, or time we know nothing of, in the seven days that end today."""
    today = new.at.astimezone(zone).date()
    inside = [
        each
        for each in counted
        if debt in each.booked
        and each.at.astimezone(zone).date() > today - WEEK
        and not _asked(known, new, debt, each, talks)
    ]
    if len(inside) > SEVEN:
        yield f"{len(inside)} calls about {debt} in seven days"
    for at, talked, call in talks:
        if call != new.id and debt in talked and at.astimezone(zone).date() > today - WEEK:
            yield f"a call about {debt} after it was talked about at {at}"
    since = known.known_since.get(new.person)
    if since is not None and datetime.combine(today - timedelta(days=6), time(), zone) < since:
        yield f"a call while the window reaches before {since}"


def _misdirected(known: Known, call: Try, now: datetime) -> bool:
    """Whether the number later turned out not to be hers."""
    return any(
        note.get("to") == call.to
        and note.named == call.whom
        and call.at <= note.at
        and note.get("result") in (None, "reassigned")
        for note in known.told(call.person, "wrong_number", "reassigned_check", by=now)
    )


def _talks(known: Known, new: Try, calls: Sequence[Try]) -> list[Talk]:
    """Conversations with this person on the telephone, whoever called."""
    talks = [
        (each.at, each.talked, each.id)
        for each in calls
        if each.talked and not _misdirected(known, each, new.at)
    ]
    for note in known.told(new.person, "inbound", by=new.at):
        by_call = note.get("conversation") and note.get("channel") == "call"
        if by_call and known.who(note, "from") == new.whom:
            about = note.get("discussed") or note.get("debts") or ALL_DEBTS[new.person]
            talks.append((note.at, particular(about), ""))
    return talks


def _asked(known: Known, new: Try, debt: str, call: Try, talks: Sequence[Talk]) -> bool:
    """Whether this call was asked for: a consent of the seven days before it, not ended by then.

    12 CFR 1006.14(b)(3)(i) and comment -2: its day is day one; its own term, a withdrawal or a conversation
    about the debt end it early.
    """
    zones = known.zones[new.person]
    days = [call.at.astimezone(zone).date() for zone in zones]
    for note in known.told(new.person, "consent", by=new.at):
        named, to, until = note.get("debts"), note.get("to"), note.get("until")
        if note.get("scope") != "call" or note.get("given_to") == "creditor" or call.at < note.at:
            continue
        if known.who(note) != new.whom or (to and {to} != {call.to, new.to}):
            continue
        if named and debt not in particular(named):
            continue
        if max(days) >= min(note.at.astimezone(zone).date() for zone in zones) + WEEK:
            continue
        if until and str(max(days)) > until:
            continue
        if any(back.at <= call.at for back in known.withdrawals(note, new.at)):
            continue
        if any(note.at < at < call.at and debt in talked for at, talked, _ in talks):
            continue
        return True
    return False
