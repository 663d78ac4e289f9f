"""What an author says of a channel, and how the suite runs it. The behaviours stand in the other files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest

from outreach.channels import Ability, Accepted, Callback, Channel, Cleared, Lost, News, SendFailed
from outreach.domain import FrozenClock, Outcome, Result, Sender, Words
from outreach.testing.fakes import NOW, make_cleared
from outreach.testing.heard import Heard, listening
from outreach.testing.home import staying_home
from outreach.testing.vendor import FakeVendor

__all__ = ["Failure", "Suite", "Told", "Unsayable", "chain"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """A way in which sending fails. ``script`` makes the next send fail so; it may be a context manager."""

    name: str
    script: Callable[[], AbstractContextManager[Any] | None]
    outcome: Outcome
    retry: bool = False


@dataclass(frozen=True, slots=True)
class Unsayable:
    """Content the channel cannot carry; what is not given is sampled."""

    name: str
    words: Words | None = None
    address: str = ""
    sender: Sender | None = None
    to_name: str = "Rosalind Okafor"


@dataclass(frozen=True, slots=True)
class Told:
    """A genuine callback, signed as the vendor signs, and the news expected from it.

    The ``key`` of the news is not compared: leave it "". That keys are right is shown apart.
    """

    name: str
    callback: Callback
    news: Sequence[News] = ()


class Suite(ABC):
    """``self.channel``, ``self.clock`` and ``self.heard`` are fresh in each test."""

    channel: Channel
    clock: FrozenClock
    heard: Heard
    strangers: list[str]  # other machines it tried to reach

    shown_elsewhere: ClassVar[frozenset[Ability]] = frozenset()
    """Abilities whose proof stands in tests of your own; the suite then asks nothing about them."""

    # ---- what you say of your channel ----------------------------------------------------------------

    @abstractmethod
    def make_channel(self, folder: Path) -> Channel:
        """Your channel, with its vendor scripted to succeed.

        :param folder: empty, for whatever it writes.
        """

    @abstractmethod
    def carried(self) -> Sequence[str]:
        """The text of each message that has left so far, decoded, in any order."""

    def failures(self) -> Sequence[Failure]:
        """Every way in which sending can fail, scripted."""
        return ()

    def unsayable(self) -> Sequence[Unsayable]:
        """Content this channel must refuse."""
        return ()

    def secrets(self) -> Sequence[str]:
        """Keys and passwords the channel was made with; none may be said anywhere."""
        return ()

    def callbacks(self) -> Sequence[Told]:
        """A genuine callback of each kind the vendor makes (ability ``callbacks``)."""
        return ()

    def forged(self) -> Mapping[str, Callback]:
        """Callbacks to be refused, by what is wrong with them: signed with another key, too old."""
        return {}

    def words_of_vendor(self) -> Mapping[str, Result | None]:
        """Every word the vendor has for what became of a message, and ours; ``None``: it is no news."""
        return {}

    def word_callback(self, word: str, attempt: str) -> Callback:
        """A genuine callback that says this word, be it invented, about this attempt."""
        raise NotImplementedError("say how a callback with this word looks")

    def cleared(self, **changes: Any) -> Cleared:
        """A pass for this channel; override to change what is sampled."""
        return make_cleared(self.channel.medium, **changes)

    # ---- how it runs ---------------------------------------------------------------------------------

    @pytest.fixture(autouse=True)
    def _prepared(self, tmp_path: Path) -> Iterator[None]:
        folder = tmp_path / "channel"
        folder.mkdir(exist_ok=True)
        self.clock = FrozenClock(NOW)
        with listening() as self.heard, staying_home() as self.strangers, ExitStack() as self._stack:
            self.channel = self.make_channel(folder)
            yield

    def enter(self, context: AbstractContextManager[T]) -> T:
        """Enter a context until the test is over: ``self.vendor = self.enter(FakeVendor(...).serving())``."""
        return self._stack.enter_context(context)

    def deliver(self, cleared: Cleared) -> Accepted:
        """Send as the dispatcher does."""
        return self.channel.deliver(cleared, self.clock)

    def outcome_of(self, cleared: Cleared) -> Accepted | SendFailed:
        """Send, and give back how it ended; anything else that is raised fails the test."""
        try:
            return self.deliver(cleared)
        except SendFailed as failed:
            return failed

    def hear(self, callback: Callback) -> list[News]:
        """Verify and read, as the host does."""
        self.channel.verify_callback(callback)
        return list(self.channel.read_callback(callback))

    def shows(self, ability: Ability) -> bool:
        """Whether the suite is to show this ability."""
        return ability in self.channel.abilities and ability not in self.shown_elsewhere

    def lost(self, cleared: Cleared) -> Lost:
        """The attempt of this pass as one without an answer."""
        return Lost(cleared.attempt, cleared.address, cleared.words, cleared.sender, self.clock.now())

    def vendors(self) -> list[FakeVendor]:
        """The vendors that stand in attributes of the suite."""
        return [each for each in vars(self).values() if isinstance(each, FakeVendor)]

    @contextmanager
    def failing(self, failure: Failure) -> Iterator[None]:
        """The script of a failure in force; what was not used of it is forgotten afterwards."""
        with failure.script() or nullcontext():
            yield
        for vendor in self.vendors():
            vendor.forget()

    def troubles(self) -> list[Failure]:
        """The author's failures, and what any vendor on HTTP may do."""
        found = list(self.failures())
        for vendor in self.vendors():
            found += [
                Failure(name, lambda vendor=vendor, each=each: vendor.next(each), Outcome.UNKNOWN)  # type: ignore[misc]
                for name, each in FakeVendor.troubles().items()
            ]
        return found

    def pass_for(self, case: Unsayable) -> Cleared:
        """A pass with content that cannot be carried."""
        return self.cleared(words=case.words, address=case.address, sender=case.sender, to_name=case.to_name)


def chain(error: BaseException) -> Iterator[str]:
    """The texts of an exception and of what it came from, as a traceback would print them."""
    seen: BaseException | None = error
    while seen is not None:
        yield f"{type(seen).__name__}: {seen}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
