"""hours: only while the clock allows it, in every zone the person may be in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Literal

from outreach.domain import Case, Event, Finding, Way
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.consents import given, withdrawn_at
from outreach.policy.checks.days import WEEKDAYS
from outreach.policy.checks.people import said_by
from outreach.policy.checks.prepared import Exceptions, Prepared
from outreach.policy.checks.spans import Span, Stretch, days_around, intersect, merge, span_of, stretches
from outreach.policy.checks.whose_clock import EVERY, WhoseClock, read_there
from outreach.policy.holidays import Calendar, holiday
from outreach.policy.zones import instant, local

__all__ = ["AGREED", "CONVENIENT", "OVERDUE", "Hours"]

AGREED = "agreed-time"
CONVENIENT = "known-convenient"
OVERDUE = "long-overdue"
_AHEAD = 16  # days: each weekday twice, so that a week of holidays is looked past
_ROOM = 4096

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ClockWindow(CheckParameters):
    """From ``opens`` until ``closes``, local time."""

    opens: time
    closes: time


class _Rule:
    """One rule made ready, with the windows it has worked out: per zones and way of contact."""

    __slots__ = ("convenient", "overdue", "parameters", "scopes", "windows")

    def __init__(self, parameters: Hours.Parameters, exceptions: Exceptions) -> None:
        self.parameters = parameters
        self.scopes = frozenset(map(str, exceptions.get(AGREED, {}).get("scopes", ())))
        self.convenient = CONVENIENT in exceptions
        self.overdue = int(exceptions[OVERDUE]["days"]) if OVERDUE in exceptions else None
        self.windows: dict[tuple[tuple[str, ...], Way], tuple[datetime, datetime, Finding]] = {}


class Hours(Check):
    """The opening instant is lawful, the closing instant is not.

    With several plausible zones, the time must suit all of them (comment 6(b)(1)(i)-2); without any,
    nothing is known to suit. A message happens when it is sent (comment 6(b)(1)(i)-1).
    """

    class Parameters(CheckParameters):
        """One window, with others by ``channels`` and, within these, by ``weekdays`` (null: closed).

        ``holidays``: a calendar; on its days ``on_holidays`` stands in for the weekday's window (null:
        closed). ``margin_before_close``: minutes by which a contact stops earlier, for a provider that
        queues. ``zones``: by whose clocks.
        """

        opens: time
        closes: time
        channels: Mapping[Way, ClockWindow] = {}
        weekdays: Mapping[Day, ClockWindow | None] = {}
        holidays: Calendar | None = None
        on_holidays: ClockWindow | None = None
        margin_before_close: int = 0
        zones: WhoseClock = EVERY

    kind = "hours"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "opens": Direction.MORE,
        "closes": Direction.FEWER,
        "channels": Direction.EQUAL,
        "weekdays": Direction.EQUAL,
        "holidays": Direction.EQUAL,
        "on_holidays": Direction.EQUAL,
        "margin_before_close": Direction.MORE,
        "zones": Direction.EQUAL,
    }
    restricts = frozenset({"consent_withdrawn"})
    lifts = frozenset({"consent", "convenient"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        AGREED: frozenset({"scopes"}),
        CONVENIENT: frozenset(),
        OVERDUE: frozenset({"days"}),
    }

    def __init__(self) -> None:
        self._rules: Prepared[_Rule] = Prepared(_Rule)

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        rule = self._rules.of(parameters, exceptions)
        case = read_there(case, rule.parameters.zones)
        zones, at = case.places.zones, case.at
        if not zones:
            return Finding.block("no time zone is known for this person")
        if rule.overdue is not None and _overdue(case, rule.overdue):
            return Finding.allow("every debt is past due for long enough", lifted=OVERDUE)
        history = case.history
        if history.events and (
            (rule.convenient and history.of("convenient"))
            or (rule.scopes and _has_scope(history.of("consent"), rule.scopes))
        ):
            lifted = _lifted(case, rule)
            if lifted is not None:
                return lifted
        key = (zones, case.contact.channel)
        known = rule.windows.get(key)
        if known is not None and known[0] <= at < known[1]:
            return known[2]
        return _judge(case, rule, {}, key)


def _overdue(case: Case, days: int) -> bool:
    """Whether every debt of the contact is known to be past due for more than so many days."""
    return bool(case.debts) and all(
        debt.days_past_due is not None and debt.days_past_due > days for debt in case.debts
    )


def _has_scope(consents: Sequence[Event], scopes: frozenset[str]) -> bool:
    return any(event.fields.get("scope") in scopes for event in consents)


def _lifted(case: Case, rule: _Rule) -> Finding | None:
    """The answer where what the person said bears on it; ``None`` where it does not."""
    spans: dict[str, list[Span]] = {}
    for event in case.history.of("convenient") if rule.convenient else ():
        fields = event.fields
        if event.at > case.at or fields.get("place") or not (fields.get("from") or fields.get("to")):
            continue
        if said_by(event, case.consumer, "") == case.contact.to_person:
            spans.setdefault(CONVENIENT, []).append(span_of(event))
    for event in given(case, rule.scopes) if rule.scopes else ():
        if withdrawn_at(case, event) is not None:
            continue
        dated = event.fields.get("scope") != "hours"
        spans.setdefault(AGREED, []).append(span_of(event, dated=dated))
    return _judge(case, rule, spans, None) if spans else None


def _judge(
    case: Case,
    rule: _Rule,
    spans: Mapping[str, Sequence[Span]],
    key: tuple[tuple[str, ...], Way] | None,
) -> Finding:
    zones, at, way = case.places.zones, case.at, case.contact.channel
    allowed: list[Stretch] | None = None
    for zone in zones:
        pieces = _open(rule.parameters, way, zone, at)
        for each in (span for its in spans.values() for span in its):
            pieces += stretches(each, zone, days_around(zone, at, _AHEAD))
        allowed = merge(pieces) if allowed is None else intersect(allowed, merge(pieces))
    for start, end in merge(allowed or ()):
        if start <= at < end:
            finding = Finding.allow(
                until=_end(end, at), lifted=_by_what(case, rule, spans), zones=list(zones)
            )
            if key is not None:
                if len(rule.windows) >= _ROOM:
                    rule.windows.clear()
                rule.windows[key] = (start, end, finding)
            return finding
        if start > at:
            return _closed(case, rule, start)
    return Finding.block("no time of day suits every place where this person may be", zones=list(zones))


def _open(parameters: Hours.Parameters, way: Way, zone: str, at: datetime) -> list[Stretch]:
    """The rule's own windows in one zone."""
    found = []
    margin = timedelta(minutes=parameters.margin_before_close)
    usual: ClockWindow | Hours.Parameters = parameters.channels.get(way, parameters)
    by_day: dict[str, ClockWindow | None] = dict(parameters.weekdays.items())
    calendar = parameters.holidays
    for day in days_around(zone, at, _AHEAD):
        window = by_day.get(WEEKDAYS[day.weekday()], usual)
        if calendar is not None and window is not None and holiday(calendar, day):
            window = parameters.on_holidays
        if window is None:
            continue
        start = instant(zone, day, window.opens, opening=True)
        end = instant(zone, day, window.closes, opening=False) - margin
        if start < end:
            found.append((start, end))
    return found


def _end(end: datetime, at: datetime) -> datetime | None:
    """The end of allowed time, unless it only ends because we looked no further."""
    return end if end - at < timedelta(days=_AHEAD - 2) else None


def _by_what(case: Case, rule: _Rule, spans: Mapping[str, Sequence[Span]]) -> str:
    """The exception without which the moment would not be allowed, "" if none was needed."""
    if not spans:
        return ""
    for zone in case.places.zones:
        if any(
            start <= case.at < end
            for start, end in _open(rule.parameters, case.contact.channel, zone, case.at)
        ):
            continue
        wall = local(zone, case.at)
        return next((name for name, its in spans.items() if any(each.covers(wall) for each in its)), "")
    return ""


def _closed(case: Case, rule: _Rule, until: datetime) -> Finding:
    """A hold that tells the wall clock in the zone that objects."""
    zones = case.places.zones
    closed = [
        zone
        for zone in zones
        if not any(
            start <= case.at < end
            for start, end in _open(rule.parameters, case.contact.channel, zone, case.at)
        )
    ]
    zone = closed[0] if closed else zones[0]
    wall, opening = local(zone, case.at), local(zone, until)
    when = f"{opening:%H:%M}" if opening.date() == wall.date() else f"{opening:%a %d %b %H:%M}"
    facts: dict[str, Any] = {"zones": list(zones), "zone": zone, "local": wall.isoformat(timespec="seconds")}
    today = ""
    if (calendar := rule.parameters.holidays) is not None and (name := holiday(calendar, wall.date())):
        today, facts["holiday"] = f" on {name}", name
    return Finding.hold(f"{wall:%H:%M} in {zone}{today}; lawful from {when} there", until=until, **facts)
