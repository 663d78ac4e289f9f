"""From a recorded attempt to a channel's one chance, in threads bounded by each channel's rate.

Before each send: the clock, and one cheap read whether anything was recorded since the decision.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from outreach.channels import Accepted, Channel, Cleared, SendFailed
from outreach.domain import Contact, Outcome, Way
from outreach.errors import NotCleared, OutreachError
from outreach.ledger import Ledger, Run
from outreach.logs import get
from outreach.pipeline.drafting import postal_lines
from outreach.pipeline.items import Judged
from outreach.pipeline.lanes import Lane
from outreach.pipeline.pacing import Breaker
from outreach.pipeline.parts import Parts

__all__ = ["BENIGN", "EXPIRED", "Delivery", "Ending", "LastLook", "Opened", "clear"]

log = get(__name__)

BENIGN = frozenset(
    {
        "contact_received",
        "decided",
        "attempt_opened",
        "attempt_closed",
        "task_offered",
        "contact_expired",
        "legal_hold",
        "legal_hold_lifted",
        "person_erased",
        "row_rejected",
        "imported",
        "policy_changed",
        "settings_changed",
        "resumed",
        "delivery",
        "reply_queued",
        "reply_settled",
    }
)
"""Kinds that a decision made before them need not know: other attempts saw ours standing open."""

EXPIRED = "expired"
RESTING = "resting"

_PATIENCE = 0.5  # seconds


class LastLook:
    """Whether anything was recorded since a group's decisions; asked just before each of its sends.

    While nobody has committed anything, one look serves the whole group.

    :param positions: the height of every stream the group's decisions rested on, after its commit.
    """

    def __init__(self, ledger: Ledger, positions: Mapping[str, int]) -> None:
        self._ledger = ledger
        self._positions = positions
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._mark: int | None = None
        self._grown: frozenset[str] = frozenset()

    def news_in(self, streams: Collection[str]) -> bool:
        """Whether any of these streams has learned something that its decision must know."""
        with self._lock:
            changes = self._ledger.changes()  # before the look: what is committed meanwhile is seen later
            if changes != self._seen:
                self._grown |= self._told_since()
                self._seen = changes
            return bool(self._grown) and not self._grown.isdisjoint(streams)

    def _told_since(self) -> frozenset[str]:
        """Streams that learned something: at first all are looked at, then those that grew since."""
        with self._ledger.read() as reading:
            first = self._mark is None
            self._mark, grown = reading.grown(self._mark)
            looked_at = self._positions.keys() if first else self._positions.keys() & grown
            since = reading.kinds_since({stream: self._positions[stream] for stream in looked_at})
        return frozenset(stream for stream, kinds in since.items() if kinds - BENIGN)


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt that stands open in the ledger. ``streams``: those its decision rested on."""

    judged: Judged
    streams: tuple[str, ...]
    committed: datetime
    look: LastLook


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of handing over. ``again``: it may be judged afresh (it never left).

    ``due``: when, where its channel rests until then; that costs no try.
    """

    judged: Judged
    outcome: Outcome
    code: str = ""
    provider_id: str = ""
    said: str = ""
    again: bool = False
    due: datetime | None = None


class Delivery:
    """Sends what was opened; endings are collected by whoever writes the next commit."""

    def __init__(self, parts: Parts, run: Run) -> None:
        self._parts = parts
        self._run = run
        self._lanes: dict[str, Lane[Opened, Ending]] = {}
        self._breakers: dict[str, Breaker] = {}
        self._endings: queue.SimpleQueue[Ending] = queue.SimpleQueue()
        self._pending = 0
        self._abandoned = threading.Event()

    def start(self, opened: Opened) -> None:
        """Queue one attempt for its channel."""
        draft = opened.judged.item.draft
        lane = self._lane(draft.via if draft else "")
        if lane is None:  # the start refuses a route nobody serves, and the registry is frozen
            raise OutreachError("an attempt was opened for a channel nobody serves")
        sender = draft.sender if draft else None
        lane.put(opened, sender.id if sender else "")
        self._pending += 1

    def room(self, contact: Contact) -> int:
        """How many more contacts of this way can be handed over before their passes expire.

        None while two groups wait already: more would only fill memory.
        """
        group = self._parts.limits.group
        lane = self._lane(self._parts.routes.via(contact.channel, contact.creditor))
        if lane is None:
            return group
        return lane.room(self._parts.limits.cleared) if lane.waiting < 2 * group else 0

    def resting(self, via: str) -> datetime | None:
        """Until when this channel rests, because its provider failed again and again or asked for it."""
        breaker = self._breakers.get(via)
        return breaker.until if breaker else None

    def _lane(self, via: str) -> Lane[Opened, Ending] | None:
        lane = self._lanes.get(via)
        if lane is None and (channel := self._parts.channel(via)) is not None:
            self._breakers.setdefault(via, Breaker())
            lane = Lane(channel, self._parts.clock, self._deliver, self._endings, self._parts.ledger.turn)
            self._lanes[via] = lane
        return lane

    def ended(self) -> list[Ending]:
        """The endings so far; does not wait."""
        endings = []
        while self._pending:
            try:
                endings.append(self._endings.get_nowait())
            except queue.Empty:
                break
            self._pending -= 1
        return endings

    def wait(self) -> list[Ending]:
        """Wait for endings: at least one, and those that follow within half a second.

        No longer: what a slow channel has accepted should not stand open in the ledger. Empty: nothing
        is under way.
        """
        endings: list[Ending] = []
        while self._pending and not endings:
            # Never without a limit: a Ctrl-C that comes just before waiting begins would not end it.
            deadline = time.monotonic() + _PATIENCE
            while self._pending:
                try:
                    endings.append(self._endings.get(timeout=max(0.0, deadline - time.monotonic())))
                except queue.Empty:
                    break
                self._pending -= 1
        return endings

    def abandon(self) -> None:
        """Hand over nothing more. What still waits stands open, and is recovered as never handed over."""
        self._abandoned.set()

    def close(self) -> None:
        """Let the threads end once their queues are empty."""
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()

    def _deliver(self, channel: Channel, opened: Opened) -> Ending:
        judged = opened.judged
        try:
            if self._abandoned.is_set() or self._outdated(opened):
                return Ending(judged, Outcome.NOT_SENT, EXPIRED, again=True)
            breaker = self._breakers[channel.name]
            if (rests := breaker.until) is not None and rests > self._parts.clock.now():
                return Ending(judged, Outcome.NOT_SENT, RESTING, again=True, due=rests)
            cleared = clear(self._parts, judged, opened.committed)
            self._run.hand_over(judged.attempt_id)
        except Exception as trouble:  # noqa: BLE001  nothing has been handed over yet, whatever it was
            log.warning("not_handed_over", attempt=judged.attempt_id, error=type(trouble).__name__)
            return Ending(judged, Outcome.NOT_SENT, type(trouble).__name__, again=True)
        try:
            accepted: Accepted = channel.deliver(cleared, self._parts.clock)
        except SendFailed as failed:
            breaker.failed(failed, self._parts.clock.now())
            return Ending(judged, failed.outcome, failed.code, again=failed.retry)
        except NotCleared:
            return Ending(judged, Outcome.NOT_SENT, EXPIRED, again=True)
        except Exception as trouble:  # noqa: BLE001  whatever a channel raises, it may have left
            log.warning(
                "channel_raised", via=channel.name, attempt=judged.attempt_id, error=type(trouble).__name__
            )
            return Ending(judged, Outcome.UNKNOWN, type(trouble).__name__)
        breaker.succeeded()
        return Ending(judged, Outcome.ACCEPTED, "", accepted.provider_id, accepted.said)

    def _outdated(self, opened: Opened) -> bool:
        """Whether something was recorded since the decision, or the clock went back behind it."""
        return self._parts.clock.now() < opened.committed or opened.look.news_in(opened.streams)


def clear(parts: Parts, judged: Judged, committed: datetime, agent: str = "", brief: str = "") -> Cleared:
    """The pass for an attempt: good until some rule would object, at most a minute from its commit.

    :param agent: who has taken it, where it is a call task; ``brief``: what she has to know.
    """
    draft, person = judged.item.draft, judged.item.person
    if draft is None or draft.words is None or draft.sender is None or person is None:
        raise NotCleared("an attempt without words cannot be sent", where=judged.attempt_id)
    contact = draft.contact
    good_until = committed + parts.limits.cleared
    if judged.decision.good_until is not None:
        good_until = min(good_until, judged.decision.good_until)
    address = contact.to
    name = ""
    if contact.channel in (Way.LETTER, Way.VISIT) or brief:
        related = person.consumer.person(contact.to_person)
        name = related.name if related else person.consumer.name
    if contact.channel in (Way.LETTER, Way.VISIT):
        address = "\n".join(postal_lines(contact, person))
    return parts.mint.clear(
        judged.attempt_id,
        contact.channel,
        address,
        draft.words,
        draft.sender,
        good_until,
        name,
        agent=agent,
        brief=brief,
        callback_url=parts.links.callback(draft.via, judged.attempt_id),
        opt_out_url=parts.links.opt_out(judged.attempt_id) if contact.channel is Way.EMAIL else "",
    )
