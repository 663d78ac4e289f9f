"""The threads of one channel, its pace, and how much it can carry before passes expire."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from outreach.channels import Channel
from outreach.domain import Clock
from outreach.errors import OutreachError

__all__ = ["Lane"]

Given = TypeVar("Given")
Gone = TypeVar("Gone")

_SHARE = 0.7  # of a pass's time that a group may need; the rest is for whatever comes in between
_FIRST = 8  # sends for each thread before it is known how long one takes


def alone(_: Mapping[str, timedelta]) -> timedelta | None:
    """No other machine is there."""
    return None


class Lane(Generic[Given, Gone]):
    """Hands what is put in to ``deliver``, in at most ``rate.at_once`` threads.

    :param deliver: takes the channel and what was put in; must not raise.
    :param done: where its answers go.
    :param turn: reserves the next turn where several machines share a pace; see ``Ledger.turn``.
    """

    def __init__(
        self,
        channel: Channel,
        clock: Clock,
        deliver: Callable[[Channel, Given], Gone],
        done: queue.SimpleQueue[Gone],
        turn: Callable[[Mapping[str, timedelta]], timedelta | None] = alone,
    ) -> None:
        self._channel = channel
        self._clock = clock
        self._deliver = deliver
        self._done = done
        self._shared = turn
        self._queue: queue.SimpleQueue[tuple[Given, str] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._next = clock.now()
        rate = channel.rate
        self._step = timedelta(seconds=1 / rate.per_second) if rate.per_second else timedelta()
        each = rate.sender_per_second
        self._sender_step = timedelta(seconds=1 / each) if each else timedelta()
        self._sender_next: dict[str, datetime] = {}
        self._waiting = 0
        self._sends = 0
        self._busy = timedelta()

    def put(self, given: Given, sender: str = "") -> None:
        """Queue one send from this sender."""
        if len(self._threads) < self._at_once:
            thread = threading.Thread(target=self._work, name=f"send-{self._channel.name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        with self._lock:
            self._waiting += 1
        self._queue.put((given, sender))

    @property
    def waiting(self) -> int:
        """How many were put in and are not yet handed over."""
        with self._lock:
            return self._waiting

    def room(self, within: timedelta) -> int:
        """How many more can be put in so that all are handed over within this time.

        None while the next turn is further away; else at least one while nothing waits, however long
        a send takes.
        """
        seconds = within.total_seconds() * _SHARE
        with self._lock:
            waiting, sends, busy = self._waiting, self._sends, self._busy.total_seconds()
            now = self._clock.now()
            pause = (self._turn(now) - now).total_seconds()
        if pause > seconds:
            return 0
        if not sends:
            most = float(self._at_once * _FIRST)
        elif busy > 0:
            most = self._at_once * seconds * sends / busy
        else:
            most = float("inf")
        rate = self._channel.rate
        for per_second in (rate.per_second, rate.sender_per_second):  # all may be for one sender
            if per_second:
                most = min(most, per_second * (seconds - pause))
        return max(0, int(min(max(most, 1), 1_000_000)) - waiting)

    def close(self) -> None:
        """Let the threads end once the queue is empty."""
        for _ in self._threads:
            self._queue.put(None)

    @property
    def _at_once(self) -> int:
        return max(1, self._channel.rate.at_once)

    def _work(self) -> None:
        while (next_one := self._queue.get()) is not None:
            given, sender = next_one
            self._await_turn(sender)
            began = self._clock.now()
            gone = self._deliver(self._channel, given)
            took = self._clock.now() - began
            with self._lock:
                self._waiting -= 1
                self._sends += 1
                self._busy += took
            self._done.put(gone)

    def _await_turn(self, sender: str) -> None:
        """Keep the pace of the channel, and of the sender, over all threads of this channel."""
        if not (self._step or self._sender_step):
            return
        if (wait := self._shared_wait(sender)) is not None:
            with self._lock:
                self._next = max(self._next, self._clock.now() + wait + self._step)
            if wait:
                self._clock.sleep(wait.total_seconds())
            return
        with self._lock:
            now = self._clock.now()
            turn = max(self._turn(now), self._sender_turn(sender, now))
            self._next = turn + self._step
            self._sender_next[sender] = turn + self._sender_step
        if turn > now:
            self._clock.sleep((turn - now).total_seconds())

    def _shared_wait(self, sender: str) -> timedelta | None:
        """How long to wait for a turn among all machines; ``None``: there are no others, or no telling."""
        steps = {self._channel.name: self._step, f"{self._channel.name} {sender}": self._sender_step}
        try:
            return self._shared({name: step for name, step in steps.items() if step})
        except OutreachError:
            return None  # the last look will not find the ledger either, and nothing leaves

    def _turn(self, now: datetime) -> datetime:
        """When the next send may begin. Later than all threads could make it: then the clock went back."""
        longest = max(self._step, self._sender_step) * self._at_once
        return now if self._next - now > longest else max(now, self._next)

    def _sender_turn(self, sender: str, now: datetime) -> datetime:
        """The same for one sender."""
        upcoming = self._sender_next.get(sender, now)
        return now if upcoming - now > self._sender_step * self._at_once else max(now, upcoming)
