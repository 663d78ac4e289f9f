"""What may not be sent at all, now or to there, by brute force over everything that was told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tests.property.known import CALLS, ELECTRONIC, KIND_OF, Known, Note, Try
from tests.property.strategies import WEEKDAYS

__all__ = ["objections"]

REPLY, CONFIRMATION = "respond", "opt_out_confirmation"
ENDINGS = ("attorney_released", "attorney_unresponsive", "attorney_consents")


def objections(known: Known, sent: Try, now: datetime, **names: str) -> Iterator[str]:
    """Why what has just left, or was just put into an agent's hands, should not have been.

    :param names: its campaign and template.
    """
    for scope, value in known.pauses:
        if scope == "everything" or value == {**names, "channel": sent.channel}.get(scope):
            yield f"paused: {scope} {value}"
    yield from _about_debts(known, sent, now)
    if sent.channel != "letter":
        yield from _about_address(known, sent, now)
        yield from _about_time(known, sent, now)
        yield from _about_place(known, sent, now)
    wireless = sent.channel == "sms" and KIND_OF.get(sent.to) != "landline"
    if wireless and sent.purpose != CONFIRMATION and not _may_text(known, sent, now):
        yield "a text without consent"


def _about_debts(known: Known, sent: Try, now: datetime) -> Iterator[str]:
    person = sent.person
    today = min(str(now.astimezone(zone).date()) for zone in known.zones[person])
    for note in known.told(person, "cease", "bankrupt", "breathing_space", by=now):
        if set(note.get("debts") or sent.debts) & set(sent.debts) and today <= (note.get("until") or today):
            yield f"{note.kind}: {dict(note.fields)}"
    if sent.whom == "consumer" and known.told(person, "deceased", by=now):
        yield "deceased"
    for debt in sent.debts:
        acts: Note | None = None
        for note in known.told(person, "attorney", *ENDINGS, by=now):
            if debt in (note.get("debts") or [debt]):
                if note.kind in ENDINGS:
                    acts = None
                elif note.get("name_known") is not False:
                    acts = note
        if acts and not _any_consent(known, sent, now, acts.at) and not _replies(known, sent, acts.at):
            yield f"an attorney acts for {debt}"


def _about_address(known: Known, sent: Try, now: datetime) -> Iterator[str]:
    for person in known.holders(sent.to):
        about = [
            note
            for note in known.told(person, "wrong_number", "reassigned_check", "disclosure_led", by=now)
            if note.get("to") == sent.to
        ]
        if any(note.kind == "wrong_number" and note.named == sent.whom for note in about):
            yield "known to be somebody else's number"
        checks = [n.get("result") for n in about if n.kind == "reassigned_check" and n.named == sent.whom]
        if checks[-1:] == ["reassigned"]:
            yield "a reassigned number"
        if sent.channel in ELECTRONIC and any(note.kind == "disclosure_led" for note in about):
            yield "messages there reached a third party"
    refused = _refused(known, sent, now)
    if refused is not None and not _replies(known, sent, refused.at):
        if sent.purpose != CONFIRMATION:
            yield f"asked not to be contacted so: {dict(refused.fields)}"
        elif any(
            each.purpose == CONFIRMATION and each.to == sent.to and each.left and each.id != sent.id
            for each in known.tries[sent.person]
            if each.at >= refused.at
        ):
            yield "a second confirmation of one opt-out"
    if KIND_OF.get(sent.to) == "work" and sent.whom == "consumer":
        forbids = known.told(sent.person, "employer_prohibits", by=now)
        if forbids and not _any_consent(known, sent, now, forbids[-1].at):
            yield "the employer forbids it"


def _refused(known: Known, sent: Try, now: datetime) -> Note | None:
    """The latest word about this way and address, if it is no. Anybody's no to the address counts."""
    words: list[Note] = []
    for person in known.holders(sent.to):
        for note in known.told(person, "opt_in", "opt_out", by=now):
            own = person == sent.person
            here = bool(note.get("to"))
            counts = here or known.who(note) == sent.whom if own else here and note.kind == "opt_out"
            if counts and _names(note, sent.channel, sent.to):
                words.append(note)
    standing: list[Note] = []
    for note in sorted(words, key=lambda note: (note.at, note.kind == "opt_out")):
        if note.kind == "opt_out":
            standing.append(note)
        elif note.get("to"):
            standing = []
        else:
            standing = [each for each in standing if each.get("to")]
    return standing[-1] if standing else None


def _names(note: Note, channel: str, address: str) -> bool:
    """Whether a request is about this way and address, as ``docs/reference/events.md`` reads it."""
    to, way = note.get("to"), note.get("channel")
    if to is not None and to != address:
        return False
    if way is None:
        return True
    if way in CALLS:
        return channel in CALLS
    return channel in ELECTRONIC if to is not None else bool(way == channel)


def _replies(known: Known, sent: Try, since: datetime) -> bool:
    """Whether it answers a message of hers of the same way, sent since, that nobody has answered."""
    if sent.purpose != REPLY:
        return False
    turns: list[tuple[datetime, int, Note | None]] = [
        (note.at, 0, note)
        for note in known.told(sent.person, "inbound", by=sent.at)
        if note.get("channel") == sent.channel
        and not note.get("conversation")
        and known.who(note, "from") == sent.whom
    ]
    turns += [
        (each.at, 1, None)
        for each in known.tries[sent.person]
        if each.purpose == REPLY and each.left and each.id != sent.id and each.at <= sent.at
        if each.channel == sent.channel and each.whom == sent.whom
    ]
    waiting: list[Note] = []
    for _, _, note in sorted(turns, key=lambda turn: turn[:2]):
        if note is not None:
            waiting.append(note)
        elif waiting:
            waiting.pop()
    return any(note.at >= since and note.get("from") in (None, sent.to) for note in waiting)


# ---- consents ----------------------------------------------------------------------------------------


def _may_text(known: Known, sent: Try, now: datetime) -> bool:
    for note in known.told(sent.person, "consent", by=now):
        if note.get("scope") not in ("sms", "any") or not _gives(known, note, sent, now):
            continue
        stops = [
            stop
            for person in known.holders(sent.to)
            for stop in known.told(person, "opt_out", by=now)
            if stop.at >= note.at
            and _names(stop, "sms", sent.to)
            and (stop.get("to") or (person == sent.person and known.who(stop) == sent.whom))
        ]
        if not stops:
            return True
    return False


def _gives(known: Known, note: Note, sent: Try, now: datetime) -> bool:
    """Whether a consent given to us covers this contact today and was not taken back."""
    if note.get("given_to") == "creditor" or known.withdrawals(note, now):
        return False
    if note.get("debts") and not set(sent.debts) <= set(note.get("debts")):
        return False
    if note.get("scope") == "hours":
        return sent.whom == "consumer"
    latest = max(str(now.astimezone(zone).date()) for zone in known.zones[sent.person])
    if note.get("until") and latest > note.get("until"):
        return False
    return known.who(note) == sent.whom and note.get("to") in (None, sent.to)


def _any_consent(known: Known, sent: Try, now: datetime, since: datetime) -> bool:
    return any(
        note.get("scope") == "any" and note.at >= since and _gives(known, note, sent, now)
        for note in known.told(sent.person, "consent", by=now)
    )


# ---- times and places --------------------------------------------------------------------------------


def _about_time(known: Known, sent: Try, now: datetime) -> Iterator[str]:
    agreed = [
        note
        for note in known.told(sent.person, "consent", by=now)
        if note.get("scope") in ("hours", "any") and _gives(known, note, sent, now)
    ]
    said = []
    if sent.whom == "consumer":
        said = [
            n for n in known.told(sent.person, "inconvenient", "convenient", by=now) if not n.get("place")
        ]
    suits = agreed + [note for note in said if note.kind == "convenient" and note.get("from")]
    words = sorted(said + agreed, key=lambda note: (note.at, note.kind == "inconvenient"))
    for zone in known.zones[sent.person]:
        wall = now.astimezone(zone)
        if not 8 <= wall.hour < 21 and not any(_covers(note, wall) for note in suits):
            yield f"{wall:%H:%M} in {zone.key}"
        last = next((note for note in reversed(words) if _covers(note, wall)), None)
        if last is not None and last.kind == "inconvenient" and not _same_day_reply(known, sent, wall):
            yield f"inconvenient: {dict(last.fields)} at {wall:%a %H:%M} in {zone.key}"


def _same_day_reply(known: Known, sent: Try, wall: datetime) -> bool:
    return _replies(known, sent, datetime.combine(wall.date(), datetime.min.time(), wall.tzinfo))


def _about_place(known: Known, sent: Try, now: datetime) -> Iterator[str]:
    kind = "" if sent.channel == "email" else KIND_OF.get(sent.to, "")
    place = {"landline": "home", "work": "work"}.get(kind, "")
    if not place or sent.whom != "consumer":
        return
    words = [
        note
        for note in known.told(sent.person, "inconvenient", "convenient", by=now)
        if note.get("place") == place
    ]
    words.sort(key=lambda note: (note.at, note.kind == "inconvenient"))
    if not words or words[-1].kind != "inconvenient" or _any_consent(known, sent, now, words[-1].at):
        return
    if sent.channel in CALLS or not _replies(known, sent, datetime.min.replace(tzinfo=now.tzinfo)):
        yield f"inconvenient place: {place}"


def _covers(note: Note, wall: datetime) -> bool:
    """Whether a time somebody named covers this local time."""
    if note.kind == "consent" and note.get("scope") != "hours":
        return not note.get("until") or str(wall.date()) <= note.get("until")
    days, until = note.get("days") or WEEKDAYS, note.get("until")

    def on(day: date) -> bool:
        return WEEKDAYS[day.weekday()] in days and (not until or str(day) <= until)

    if not note.get("from"):
        return on(wall.date())
    clock, start, end = f"{wall:%H:%M}", note.get("from"), note.get("to")
    if start < end:
        return bool(start <= clock < end and on(wall.date()))
    return bool((clock >= start and on(wall.date())) or (clock < end and on(wall.date() - timedelta(days=1))))
