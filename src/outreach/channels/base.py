"""What a channel is: one method, ``send``, and the closed list of ways in which it can end.

An integrator's whole view of outreach is in this file. A channel is handed a :class:`Cleared`: what it
needs to send, and nothing else about the person.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, NoReturn, final

from outreach.channels.callbacks import Callback, Collected, Lost, News
from outreach.domain import Clock, Outcome, Sender, Way, Words
from outreach.errors import NotCleared

__all__ = ["Ability", "Accepted", "Channel", "Cleared", "Mint", "Rate", "SendFailed"]


class Ability(StrEnum):
    """What a channel can do beyond sending one contact."""

    EXPIRES_AT_PROVIDER = "expires_at_provider"  # honours good_until in the provider's own queue
    WORK_LIST = "work_list"  # an agent takes the task later; sending means offering it
    BATCH = "batch"  # send_batch carries many in one request
    CALLBACKS = "callbacks"  # the provider tells later what became of it: verify_callback, read_callback
    RECONCILE = "reconcile"  # an attempt without an answer can be looked up
    COLLECT = "collect"  # what comes back otherwise is fetched: a mailbox, a list of returned mail


@dataclass(frozen=True, slots=True)
class Rate:
    """What a channel can carry: at most ``per_second`` sends begun, ``at_once`` under way.

    ``per_day``: attempts in a calendar day of UTC. The two for each sender hold for every number, address
    or letterhead apart. ``None`` sets no limit.
    """

    per_second: float | None = None
    at_once: int = 8
    per_day: int | None = None
    sender_per_second: float | None = None
    sender_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it. ``said`` is its own word, kept as it was; no personal data."""

    provider_id: str = ""
    said: str = ""


class SendFailed(Exception):
    """It did not go through. Each kind answers: did it leave?

    Raise one of the five; anything else a channel raises is read as ``unknown``. ``code`` is the
    provider's or the channel's word for it and must hold no personal data. ``after``: seconds the provider
    asks us to wait before anything more is sent through this channel.
    """

    def __init__(
        self,
        outcome: Outcome,
        code: str,
        *,
        retry: bool = False,
        sayable: bool = True,
        after: float | None = None,
    ) -> None:
        self.outcome = outcome
        self.code = code
        self.retry = retry
        self.sayable = sayable
        self.after = after
        super().__init__(f"{outcome.value}: {code}")

    @classmethod
    def refused(cls, code: object) -> SendFailed:
        """The provider said no; nothing left, and asking again will not help."""
        return cls(Outcome.REFUSED, str(code))

    @classmethod
    def not_sent(cls, code: object, *, retry: bool, after: float | None = None) -> SendFailed:
        """It never left. ``retry``: whether it may be judged afresh and tried again.

        :param after: seconds the provider asks us to wait (a ``Retry-After``); the whole channel rests.
        """
        return cls(Outcome.NOT_SENT, str(code), retry=retry, after=after)

    @classmethod
    def opted_out(cls, code: object) -> SendFailed:
        """The provider knows that the address opted out; becomes an opt-out event too."""
        return cls(Outcome.OPTED_OUT, str(code))

    @classmethod
    def unknown(cls, code: object) -> SendFailed:
        """Handed over, then no answer: it may have left. It counts and is never repeated by itself."""
        return cls(Outcome.UNKNOWN, str(code))

    @classmethod
    def cannot_say(cls, what: object) -> SendFailed:
        """This channel cannot carry these words. Raise it before any request; never shorten or drop."""
        return cls(Outcome.NOT_SENT, f"cannot_say: {what}", sayable=False)


_KEY: Final = object()


@dataclass(frozen=True, slots=True)
class Cleared:
    """The short-lived pass a channel demands: allowed, recorded, exactly these words, once.

    Only :class:`Mint` makes one. ``attempt`` is the idempotency key to give to a provider;
    ``good_until`` the validity limit to give to one that queues. ``address`` is a number in E.164, an
    e-mail address, or for letters and visits the lines of the postal address. ``agent`` is the name of who
    has taken a call task, ``brief`` the page she has to read before she dials: only a task that an agent has
    taken has either. ``callback_url`` is where the provider can tell what became of this attempt,
    ``opt_out_url`` where one click ends e-mail to this address; both "" while no public URL is set.
    """

    attempt: str
    channel: Way
    address: str
    words: Words
    sender: Sender
    good_until: datetime
    to_name: str = ""
    agent: str = ""
    callback_url: str = ""
    opt_out_url: str = ""
    brief: str = field(default="", repr=False)
    _key: object = field(default=None, repr=False, compare=False)
    _used: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._key is not _KEY:
            raise NotCleared(
                "a Cleared was made outside the dispatcher",
                why="only what was judged and recorded may be sent",
                remedy="send through outreach.dispatcher; in tests use outreach.testing",
            )

    def __reduce__(self) -> NoReturn:
        raise NotCleared("a Cleared cannot be copied or stored")


class Mint:
    """Makes passes. Built once in ``assemble`` and given to the dispatcher alone."""

    def clear(
        self,
        attempt: str,
        channel: Way,
        address: str,
        words: Words,
        sender: Sender,
        good_until: datetime,
        to_name: str = "",
        *,
        agent: str = "",
        callback_url: str = "",
        opt_out_url: str = "",
        brief: str = "",
    ) -> Cleared:
        """A pass for one attempt that stands open in the ledger, good until ``good_until``."""
        return Cleared(
            attempt,
            channel,
            address,
            words,
            sender,
            good_until,
            to_name,
            agent,
            callback_url,
            opt_out_url,
            brief,
            _KEY,
        )


class Channel(ABC):
    """One way out. Subclass it, write ``send``, register it: see plugins/README.md.

    ``name`` is what settings call it (kebab-case), ``medium`` the way it serves.
    """

    name: ClassVar[str]
    medium: ClassVar[Way]
    abilities: ClassVar[frozenset[Ability]] = frozenset()
    rate: Rate = Rate()

    @abstractmethod
    def send(self, cleared: Cleared) -> Accepted:
        """Hand these words over, once, with at most one request that makes a message.

        :raises SendFailed: for every other end.
        """

    @final
    def deliver(self, cleared: Cleared, clock: Clock) -> Accepted:
        """Use up the pass and send. Called by the dispatcher.

        :raises NotCleared: if it is no pass, is used up, has expired or is for another medium.
        """
        if type(cleared) is not Cleared:
            raise NotCleared(f"{self.name} was handed a {type(cleared).__name__}, not a pass")
        if cleared.channel is not self.medium:
            raise NotCleared(f"{self.name} carries {self.medium}, the pass is for {cleared.channel}")
        if clock.now() >= cleared.good_until:
            raise NotCleared("the pass has expired", where=cleared.attempt)
        if not cleared._used.acquire(blocking=False):
            raise NotCleared("the pass is used up", where=cleared.attempt)
        return self.send(cleared)

    def send_batch(self, cleared: Sequence[Cleared]) -> Sequence[Accepted | SendFailed]:
        """Carry many in one request (ability ``batch``), one outcome each in the same order."""
        raise NotImplementedError(f"{self.name} has no batch request")

    def verify_callback(self, callback: Callback) -> None:
        """Make sure that the provider made this request (ability ``callbacks``).

        :raises CallbackRefused: if its signature does not match, or it is too old.
        """
        raise NotImplementedError(f"{self.name} reads no callbacks")

    def read_callback(self, callback: Callback) -> Iterable[News]:
        """What a verified callback tells, in our words; nothing where it tells nothing new.

        :raises CallbackRefused: if it cannot be read.
        """
        raise NotImplementedError(f"{self.name} reads no callbacks")

    def collect(self, source: str) -> Iterable[Collected]:
        """Fetch what came back otherwise than by callbacks (ability ``collect``).

        Each piece is handed over, recorded by the host, and only then marked as done: what a crash leaves
        in between is met again, and recorded once by its key.

        :param source: a file or folder, ``-`` for standard input, "" for where the settings say.
        :raises outreach.errors.InputError: if it cannot be read.
        """
        raise NotImplementedError(f"{self.name} has nothing to fetch")

    def reconcile(self, lost: Lost) -> Accepted | SendFailed | None:
        """Ask the provider what became of an attempt without an answer (ability ``reconcile``).

        :returns: ``Accepted`` if it left, a failure if it provably did not, ``None`` if nobody can tell yet.
        """
        raise NotImplementedError(f"{self.name} cannot look up what it sent")

    def check(self) -> None:
        """Try credentials and reachability without sending anything.

        :raises outreach.errors.OutreachError: telling what is wrong and the cure.
        """
