"""Brute force against the limits: every call, text and e-mail is counted again, with the calendar alone.

A call is counted on what was recorded when it was opened, for that is what outreach could know; a text
and an e-mail on everything that is known in the end.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.domain import Event
from tests.chaos.plan import Limits
from tests.chaos.record import Attempted, Record, Stream

__all__ = ["Breach", "limits_broken"]


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """Something that must never be. ``rule``: what is broken; ``where``: an attempt, contact or row."""

    rule: str
    where: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.why}"


def limits_broken(record: Record, limits: Limits) -> Iterator[Breach]:
    """Every limit exceeded, every contact at night, every contact after a stop."""
    for stream in record.streams:
        yield from _calls(stream, limits)
        yield from _emails(stream, limits)
        yield from _gaps(stream, limits)
    yield from _texts(record, limits)
    yield from _debt_emails(record, limits)
    yield from _nights(record, limits)
    yield from _stopped(record)


# ---- how often -------------------------------------------------------------------------------------


def _calls(stream: Stream, limits: Limits) -> Iterator[Breach]:
    """12 CFR 1006.14(b)(2)(i): seven calls in seven days, and none within seven days of a conversation."""
    for call in stream.attempts:
        if call.channel != "call" or not call.counts or not call.connected:
            continue
        known = stream.before(call.seq)
        disowned = {e.get("to") for e in stream.events if e.kind == "wrong_number" and e.seq < call.seq}
        if call.to in disowned:
            continue
        day = stream.day(call.at)
        earlier = [each for each in known if each.channel == "call" and each.to not in disowned]
        for debt in call.debts:
            days = [
                stream.day(each.at)
                for each in earlier
                if each.counts and each.connected and debt in each.about
            ]
            if _most_within([*days, day], day, limits.call_days) > limits.calls:
                yield Breach("calls", call.id, f"more than {limits.calls} calls about {debt}")
            talks = [stream.day(each) for each in _talks(stream, earlier, debt, call.seq) if each <= call.at]
            if any(day < talk + timedelta(days=limits.quiet_days) for talk in talks):
                yield Breach("conversation", call.id, f"called too soon after a conversation about {debt}")


def _talks(stream: Stream, calls: Iterable[Attempted], debt: str, seq: int) -> Iterator[datetime]:
    """When this debt was talked about, whoever called, as far as it was recorded below this height."""
    for each in calls:
        if each.result == "conversation" and debt in each.about:
            yield each.at
    for event in stream.events:
        about = event.get("discussed") or event.get("debts") or stream.human.debts
        if event.kind == "inbound" and event.get("conversation") and event.seq < seq and debt in about:
            yield event.at


def _emails(stream: Stream, limits: Limits) -> Iterator[Breach]:
    mails = [each for each in stream.attempts if each.channel == "email" and each.counts]
    yield from _too_many("emails", stream, mails, limits.emails, limits.email_days)


def _debt_emails(record: Record, limits: Limits) -> Iterator[Breach]:
    """Over everybody who owes it. Those who share a debt live in one zone."""
    about: dict[str, list[Attempted]] = defaultdict(list)
    owner: dict[str, Stream] = {}
    for stream in record.streams:
        for each in stream.attempts:
            if each.channel == "email" and each.counts:
                for debt in each.debts:
                    about[debt].append(each)
                    owner[debt] = stream
    for debt, mails in about.items():
        yield from _too_many("debt-emails", owner[debt], mails, limits.debt_emails, limits.email_days)


def _texts(record: Record, limits: Limits) -> Iterator[Breach]:
    """Over everybody who has the number. Those who share one live in one zone."""
    by_number: dict[str, list[Attempted]] = defaultdict(list)
    owner: dict[str, Stream] = {}
    for stream in record.streams:
        for each in stream.attempts:
            if each.channel == "sms" and each.counts:
                by_number[each.to].append(each)
                owner[each.to] = stream
    for number, texts in by_number.items():
        yield from _too_many("texts", owner[number], texts, limits.texts, 1)


def _too_many(
    rule: str, stream: Stream, attempts: Sequence[Attempted], at_most: int, days: int
) -> Iterator[Breach]:
    """One breach for each attempt that is one too many, the later ones being those."""
    so_far: list[date] = []
    for each in sorted(attempts, key=lambda attempt: attempt.at):
        day = stream.day(each.at)
        if _most_within([*so_far, day], day, days) > at_most:
            yield Breach(rule, each.id, f"more than {at_most} in {days} days")
        else:
            so_far.append(day)


def _most_within(days: Sequence[date], day: date, within: int) -> int:
    """How many of these days lie in the fullest stretch of so many days that holds this one."""
    first = [day - timedelta(days=back) for back in range(within)]
    return max(sum(start <= each < start + timedelta(days=within) for each in days) for start in first)


def _gaps(stream: Stream, limits: Limits) -> Iterator[Breach]:
    """Whatever the way, so many hours lie between two contacts."""
    counted = sorted((each for each in stream.attempts if each.counts), key=lambda attempt: attempt.at)
    for one, other in itertools.pairwise(counted):
        if other.at - one.at < timedelta(hours=limits.gap_hours):
            yield Breach("spacing", other.id, f"{other.at - one.at} after {one.id}")


# ---- when, and whether at all ----------------------------------------------------------------------


def _nights(record: Record, limits: Limits) -> Iterator[Breach]:
    opened = record.opened()
    for line in record.sent:
        if line.attempt in opened:
            stream, _ = opened[line.attempt]
            shown = [line.at, *record.truth.shown_about(line.true)]
            if not any(_is_day(stream, each, limits) for each in shown):
                yield Breach("hours", line.attempt, f"left at {line.at}, she is in {stream.human.zone}")


def _is_day(stream: Stream, moment: datetime, limits: Limits) -> bool:
    clock = moment.astimezone(ZoneInfo(stream.human.zone)).time()
    return time(limits.opens) <= clock < time(limits.closes)


def _stopped(record: Record) -> Iterator[Breach]:
    """Nothing leaves for an address that its person, or another who has it, had asked us not to use."""
    opened = record.opened()
    stops = [(stop, each) for each in record.streams for stop in each.events if stop.kind == "opt_out"]
    for attempt_id in dict.fromkeys(line.attempt for line in record.sent if line.attempt in opened):
        hers, attempt = opened[attempt_id]
        for stop, told_by in stops:
            if _forbids(stop, told_by, hers, attempt) and _was_known(record, stop, told_by, hers, attempt):
                yield Breach("opt-out", attempt_id, f"was asked to stop before ({stop.id})")
                break


def _forbids(stop: Event, told_by: Stream, hers: Stream, attempt: Attempted) -> bool:
    channel, to = stop.get("channel"), stop.get("to")
    if channel == "call" and any(_called_us(event, stop) for event in told_by.events):
        return False  # she rang herself later: one answer by the same way is lawful
    if to:
        electronic = channel in ("sms", "email") and attempt.channel in ("sms", "email")
        return bool(to == attempt.to and (not channel or channel == attempt.channel or electronic))
    return told_by is hers and channel == attempt.channel


def _called_us(event: Event, stop: Event) -> bool:
    return event.kind == "inbound" and event.get("channel") == "call" and event.seq > stop.seq


def _was_known(record: Record, stop: Event, told_by: Stream, hers: Stream, attempt: Attempted) -> bool:
    """Whether the stop was recorded for certain before the attempt was opened."""
    if told_by is hers:
        return stop.seq < attempt.seq
    assert stop.recorded_at is not None
    return record.truth.latest(stop.recorded_at) < record.truth.earliest(attempt.at)
