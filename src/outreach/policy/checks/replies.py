"""One reply to each message of the person, by the medium they used.

12 CFR 1006.14(h)(2)(ii); comments 6(b)(1)-2 and 6(b)(2)-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from outreach.domain import Case, Event, Purpose
from outreach.policy.checks.people import called, medium, said_by

__all__ = ["unanswered"]


def unanswered(case: Case, *, since: datetime | None = None) -> Event | None:
    """The message this contact would answer, if it is a reply and one is still unanswered.

    A reply answers the latest message of the same medium not yet answered. A call in which we talked
    was answered in that call, so it opens no call back. Where the message tells its address, only a
    reply to that address answers it.

    :param since: messages before this open no reply (they came before the wish in question).
    """
    contact = case.contact
    if contact.purpose is not Purpose.RESPOND:
        return None
    waiting: list[Event] = []
    for message in _messages(case):
        if message is None:
            if waiting:
                waiting.pop()
        else:
            waiting.append(message)
    while waiting:
        event = waiting.pop()
        sender = event.fields.get("from")
        if since is not None and event.at < since:
            return None
        if not sender or sender == contact.to:
            return event
    return None


def _messages(case: Case) -> Iterator[Event | None]:
    """Her messages of this medium in order, with ``None`` where we replied to one."""
    way = medium(case.contact.channel)
    person = case.contact.to_person
    found: list[tuple[datetime, int, Event | None]] = [
        (event.at, 0, event)
        for event in case.history.of("inbound")
        if event.at <= case.at
        and medium(str(event.fields.get("channel"))) == way
        and not event.fields.get("conversation")
        and said_by(event, case.consumer, "from") == person
    ]
    noted = {event.at for _, _, event in found if event is not None}
    found += [  # a written dispute is a message too, unless that was recorded beside it
        (event.at, 0, event)
        for event in case.history.of("dispute")
        if event.at <= case.at
        and event.at not in noted
        and medium(str(event.fields.get("channel"))) == way != "call"
        and said_by(event, case.consumer, "from") == person
    ]
    if found:
        found += [
            (attempt.at, 1, None)
            for attempt in case.history.attempts
            if attempt.at <= case.at
            and attempt.left
            and attempt.purpose == Purpose.RESPOND
            and medium(attempt.channel) == way
            and called(attempt, case.consumer) == person
        ]
    found.sort(key=lambda each: each[:2])
    return (event for _, _, event in found)
