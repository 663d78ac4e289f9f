"""inconvenient: not at a time or place that the person named as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal

from outreach.domain import ALLOWED, Case, EndpointKind, Finding, Way
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.consents import given, withdrawn_at
from outreach.policy.checks.days import DAY, MIDNIGHT
from outreach.policy.checks.hours import AGREED
from outreach.policy.checks.people import medium, said_by
from outreach.policy.checks.replies import unanswered
from outreach.policy.checks.spans import Span, span_of
from outreach.policy.zones import instant, local

__all__ = ["REPLY", "Inconvenient"]

REPLY = "reply-once"
_WEEK_AHEAD = 8  # days: what repeats by weekday repeats within them


@dataclass(frozen=True, slots=True)
class _Word:
    """One thing the person said: these times do not suit (``bars``), or do again."""

    at: datetime
    span: Span
    bars: bool
    consent: bool = False


class Inconvenient(Check):
    """The person's latest word about a time or place stands (12 CFR 1006.6(b)(1), comments -1 and -2).

    A designation needs no magic word and no form; the creditor's file notes count too. It ends with its
    own date, or when the person says otherwise.
    """

    class Parameters(CheckParameters):
        """``about``: what a rule of this kind looks at, times or places."""

        about: Literal["times", "places"]

    kind = "inconvenient"
    stricter: ClassVar[Mapping[str, Direction]] = {"about": Direction.EQUAL}
    restricts = frozenset({"inconvenient", "consent_withdrawn"})
    lifts = frozenset({"convenient", "consent", "inbound", "dispute"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        AGREED: frozenset({"scopes"}),
        REPLY: frozenset({"channels"}),
    }

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        if not case.history.of("inconvenient"):
            return ALLOWED
        place = _place(case) if parameters.about == "places" else ""
        if parameters.about == "places" and not place:
            return ALLOWED
        words = list(_words(case, place, exceptions))
        if not any(word.bars for word in words):
            return ALLOWED
        zones = case.places.zones
        if not zones:
            return Finding.block("no time zone is known, so what the person said cannot be applied")
        return _answer(case, words, place, exceptions)


def _place(case: Case) -> str:
    """The place a contact goes to. A mobile or an e-mail has none (comment 6(b)(1)(ii)-1).

    A number of unknown kind may be the landline at home, so it counts as one.
    """
    if case.contact.channel is Way.EMAIL:
        return ""
    kind = case.endpoint_kind
    if kind in (EndpointKind.HOME, EndpointKind.LANDLINE):
        return "home"
    if kind is EndpointKind.WORK:
        return "work"
    return "home" if kind is EndpointKind.UNKNOWN else ""


def _words(case: Case, place: str, exceptions: Mapping[str, Mapping[str, Any]]) -> Iterator[_Word]:
    """What bears on this place (or, for ``""``, on times alone), oldest first."""
    found = []
    person = case.contact.to_person
    for kind in ("inconvenient", "convenient"):
        for event in case.history.of(kind):
            if event.at > case.at or said_by(event, case.consumer, "") != person:
                continue
            if (event.fields.get("place") or "") == place:
                found.append(_Word(event.at, span_of(event), kind == "inconvenient"))
    scopes = exceptions.get(AGREED, {}).get("scopes", ())
    for event in given(case, scopes) if scopes else ():
        if withdrawn_at(case, event) is None:
            dated = event.fields.get("scope") != "hours"
            found.append(_Word(event.at, span_of(event, dated=dated), bars=False, consent=True))
    # At one instant the bar stands last: the stricter reading.
    return iter(sorted(found, key=lambda word: (word.at, word.bars)))


def _barred(words: Sequence[_Word], zones: Iterable[str], moment: datetime) -> bool:
    """Whether the last word that covers the moment bars it, in any of the zones."""
    for zone in zones:
        wall = local(zone, moment)
        state = False
        for word in words:
            if word.span.covers(wall):
                state = word.bars
        if state:
            return True
    return False


def _edges(words: Sequence[_Word], zones: Iterable[str], start: datetime) -> list[datetime]:
    """Every instant after ``start`` at which the answer may change, until it only repeats."""
    found = set()
    for zone in zones:
        today = local(zone, start).date()
        bases = {today}
        for word in words:
            bases |= {day + DAY for day in (word.span.last,) if day is not None and day >= today}
            bases |= {day for day in (word.span.first,) if day is not None and day > today}
        days: set[date] = set()
        for base in bases:
            days |= {base + timedelta(days=number) for number in range(-1, _WEEK_AHEAD + 1)}
        clocks = {MIDNIGHT} | {clock for word in words for clock in word.span.edges()}
        for day in days:
            for clock in clocks:
                found.add(instant(zone, day, clock, opening=True))
                found.add(instant(zone, day, clock, opening=False))
    return sorted(moment for moment in found if moment > start)


def _answer(
    case: Case, words: Sequence[_Word], place: str, exceptions: Mapping[str, Mapping[str, Any]]
) -> Finding:
    zones, at = case.places.zones, case.at
    edges = _edges(words, zones, at)
    if not _barred(words, zones, at):
        ends = next((moment for moment in edges if _barred(words, zones, moment)), None)
        by_consent = any(word.consent for word in words)
        return Finding.allow(until=ends, lifted=AGREED if by_consent and _would_bar(words, zones, at) else "")
    if _is_reply(case, words, place, exceptions):
        return Finding.allow("one reply to the person's own message", until=_day_ends(case), lifted=REPLY)
    free = next((moment for moment in edges if not _barred(words, zones, moment)), None)
    what = f"the person's {place}" if place else "this time"
    facts: dict[str, Any] = {
        "said": max(word.at for word in words if word.bars).isoformat(),
        "zones": list(zones),
    }
    if place:
        facts["place"] = place
    if free is None:
        return Finding.block(f"{what} was named as inconvenient", **facts)
    return Finding.hold(f"{what} was named as inconvenient", until=free, **facts)


def _would_bar(words: Sequence[_Word], zones: Iterable[str], at: datetime) -> bool:
    return _barred([word for word in words if not word.consent], zones, at)


def _day_ends(case: Case) -> datetime:
    """The first midnight to come: a reply belongs to the day of the message."""
    zones, at = case.places.zones, case.at
    return min(instant(zone, local(zone, at).date() + DAY, MIDNIGHT, opening=False) for zone in zones)


def _is_reply(
    case: Case, words: Sequence[_Word], place: str, exceptions: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Whether it answers a message sent during this same inconvenient time, or from this place.

    Comment 6(b)(1)-2: once, at that time or place, by the same medium. To a call from the place the
    reply is the talk on that call, never a call back.
    """
    listed = exceptions.get(REPLY)
    if listed is None or medium(case.contact.channel) not in map(medium, listed.get("channels", ())):
        return False
    if place and case.contact.channel in (Way.CALL, Way.VOICEMAIL, Way.VISIT):
        return False
    message = unanswered(case)
    if message is None:
        return False
    if place:
        return True
    zones, sent = case.places.zones, message.at
    if any(local(zone, sent).date() != local(zone, case.at).date() for zone in zones):
        return False
    between = [moment for moment in _edges(words, zones, sent) if moment < case.at]
    return all(_barred(words, zones, moment) for moment in (sent, *between))
