"""What every channel promises, as tests: subclass :class:`ChannelSuite` and say how yours is made.

class TestMySms(ChannelSuite):
    def make_channel(self, folder):
        self.vendor = FakeVendor()
        return MySms(self.vendor)

    def carried(self):
        return [message.body for message in self.vendor.messages]

    def failures(self):
        return [Failure("the vendor says no", self.vendor.refuse, Outcome.REFUSED)]

    def unsayable(self):
        return [Unsayable("a text that is too long", words=Words("x" * 5000))]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.channels import Ability, Accepted, Channel, Cleared, Rate, SendFailed
from outreach.domain import FrozenClock, Outcome, Sender, Way, Words
from outreach.errors import NotCleared
from outreach.testing.fakes import NOW, make_cleared, private_texts, sample_words
from outreach.testing.listening import Heard, listening

__all__ = ["ChannelSuite", "Failure", "Unsayable"]


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


class ChannelSuite(ABC):
    """The tests. ``self.channel``, ``self.clock`` and ``self.heard`` are fresh in each."""

    channel: Channel
    clock: FrozenClock
    heard: Heard

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

    def cleared(self, **changes: Any) -> Cleared:
        """A pass for this channel; override to change what is sampled."""
        return make_cleared(self.channel.medium, **changes)

    # ---- how it runs ---------------------------------------------------------------------------------

    @pytest.fixture(autouse=True)
    def _prepared(self, tmp_path: Path) -> Iterator[None]:
        folder = tmp_path / "channel"
        folder.mkdir()
        self.clock = FrozenClock(NOW)
        with listening() as heard:
            self.heard = heard
            self.channel = self.make_channel(folder)
            yield

    def deliver(self, cleared: Cleared) -> Accepted:
        """Send as the dispatcher does."""
        return self.channel.deliver(cleared, self.clock)

    def outcome_of(self, cleared: Cleared) -> Accepted | SendFailed:
        """Send, and give back how it ended; anything else that is raised fails the test."""
        try:
            return self.deliver(cleared)
        except SendFailed as failed:
            return failed

    def _unsayable(self, case: Unsayable) -> Cleared:
        return self.cleared(words=case.words, address=case.address, sender=case.sender, to_name=case.to_name)

    # ---- what it is ----------------------------------------------------------------------------------

    def test_its_name_is_kebab_case_and_its_medium_a_way(self) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", self.channel.name)
        assert isinstance(self.channel.medium, Way)

    def test_its_abilities_and_rate_are_what_the_contract_knows(self) -> None:
        assert isinstance(self.channel.abilities, frozenset)
        assert all(isinstance(ability, Ability) for ability in self.channel.abilities)
        rate = self.channel.rate
        assert isinstance(rate, Rate)
        assert rate.at_once >= 1
        assert rate.per_second is None or rate.per_second > 0

    def test_it_keeps_the_guard_that_uses_up_a_pass(self) -> None:
        assert Channel.deliver is type(self.channel).deliver

    def test_importing_it_opens_no_connection_writes_no_file_and_starts_no_thread(self) -> None:
        done = subprocess.run(
            [sys.executable, "-B", "-c", _IMPORT_ALONE, type(self.channel).__module__],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            timeout=60,
        )
        assert "" == done.stdout
        assert 0 == done.returncode, done.stderr

    def test_checking_it_sends_nothing(self) -> None:
        self.channel.check()
        assert [] == list(self.carried())

    # ---- the pass ------------------------------------------------------------------------------------

    @pytest.mark.parametrize("stranger", [None, "01K5", {"attempt": "01K5"}, Words("hello")], ids=repr)
    def test_what_is_no_pass_is_refused_and_nothing_leaves(self, stranger: Any) -> None:
        with pytest.raises(NotCleared):
            self.channel.deliver(stranger, self.clock)
        assert [] == list(self.carried())

    def test_an_expired_pass_is_refused_and_nothing_leaves(self) -> None:
        cleared = self.cleared()
        self.clock.set(cleared.good_until)
        with pytest.raises(NotCleared):
            self.deliver(cleared)
        assert [] == list(self.carried())

    def test_a_pass_is_good_until_just_before_its_end(self) -> None:
        cleared = self.cleared()
        self.clock.set(cleared.good_until - timedelta(microseconds=1))
        assert isinstance(self.deliver(cleared), Accepted)

    def test_a_used_pass_is_refused_and_nothing_more_leaves(self) -> None:
        cleared = self.cleared()
        self.deliver(cleared)
        with pytest.raises(NotCleared):
            self.deliver(cleared)
        assert 1 == len(self.carried())

    @pytest.mark.parametrize("way", list(Way))
    def test_a_pass_for_another_medium_is_refused(self, way: Way) -> None:
        if way is not self.channel.medium:
            with pytest.raises(NotCleared):
                self.deliver(make_cleared(way))
            assert [] == list(self.carried())

    def test_threads_with_one_pass_send_once(self) -> None:
        cleared, ready = self.cleared(), threading.Barrier(4)

        def refused(_: int) -> bool:
            ready.wait(30)
            try:
                self.deliver(cleared)
            except NotCleared:
                return True
            return False

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(refused, range(4)))
        assert 3 == sum(answers)
        assert 1 == len(self.carried())

    # ---- sending -------------------------------------------------------------------------------------

    def test_success_gives_an_id_and_one_message_leaves(self) -> None:
        accepted = self.deliver(self.cleared())
        assert isinstance(accepted, Accepted)
        assert accepted.provider_id
        assert 1 == len(self.carried())

    @pytest.mark.parametrize(
        "text",
        [
            "A first line.\n\nA second paragraph, after an empty line.",
            "Su saldo es de 1.234,50 €. ¿Podría llamarnos mañana? Señor Núñez",
            "本信息来自债务催收机构。您的余额为1,234.50元。",
            "Signs that break careless formats: <b>&amp;</b> {name} %s \\n \"quoted\" 'single' =1+1",
            "A long text. " * 40,
        ],
        ids=["paragraphs", "spanish", "chinese", "markup", "long"],
    )
    def test_the_words_leave_whole_and_unchanged_or_not_at_all(self, text: str) -> None:
        sampled = sample_words(self.channel.medium)
        sections = (("opening", text),) if sampled.sections else ()
        outcome = self.outcome_of(self.cleared(words=replace(sampled, text=text, sections=sections)))
        if isinstance(outcome, SendFailed):
            assert not outcome.sayable
            assert [] == list(self.carried())
        else:
            [carried] = self.carried()
            assert text.split() == carried.split()

    def test_the_same_attempt_twice_leaves_once(self) -> None:
        """Two passes for one attempt, as after a crash: the attempt's id is the key that stops the second."""
        attempt = self.cleared().attempt
        first = self.deliver(self.cleared(attempt=attempt))
        second = self.outcome_of(self.cleared(attempt=attempt))
        assert 1 == len(self.carried())
        if isinstance(second, Accepted):
            assert first.provider_id == second.provider_id
        else:  # it left the first time, so an answer that gives the slot back would be false
            assert Outcome.UNKNOWN is second.outcome

    def test_different_attempts_at_once_leave_once_each(self) -> None:
        passes = [self.cleared() for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            ids = {accepted.provider_id for accepted in pool.map(self.deliver, passes)}
        assert 8 == len(self.carried())
        assert 8 == len(ids)

    def test_a_batch_has_one_outcome_each_in_order(self) -> None:
        passes = [self.cleared() for _ in range(3)]
        if Ability.BATCH not in self.channel.abilities:
            with pytest.raises(NotImplementedError):
                self.channel.send_batch(passes)
        else:
            outcomes = self.channel.send_batch(passes)
            assert 3 == len(outcomes)
            assert all(isinstance(outcome, Accepted | SendFailed) for outcome in outcomes)
        assert len(self.carried()) in (0, 3)

    # ---- not sending ---------------------------------------------------------------------------------

    def test_unsayable_content_is_refused_before_anything_leaves(self) -> None:
        for case in self.unsayable():
            outcome = self.outcome_of(self._unsayable(case))
            assert isinstance(outcome, SendFailed), f"{case.name} was accepted"
            assert not outcome.sayable, case.name
            assert Outcome.NOT_SENT is outcome.outcome, case.name
            assert not outcome.retry, case.name
            assert [] == list(self.carried()), case.name

    def test_each_failure_says_whether_it_left(self) -> None:
        for failure in self.failures():
            before = len(self.carried())
            with failure.script() or nullcontext():
                outcome = self.outcome_of(self.cleared())
            assert isinstance(outcome, SendFailed), f"{failure.name} was accepted"
            assert failure.outcome is outcome.outcome, failure.name
            assert failure.retry is outcome.retry, failure.name
            assert outcome.code, failure.name
            if outcome.outcome is not Outcome.UNKNOWN:
                assert before == len(self.carried()), f"{failure.name}: said not to have left, yet it did"

    # ---- privacy -------------------------------------------------------------------------------------

    def test_logs_errors_and_answers_hold_nothing_private(self) -> None:
        """Over a success, a repetition and every failure: no address, name or word of the message."""
        cleared = self.cleared()
        private = private_texts(cleared)
        said = [self.outcome_of(cleared), self.outcome_of(self.cleared(attempt=cleared.attempt))]
        for failure in self.failures():
            with failure.script() or nullcontext():
                said.append(self.outcome_of(self.cleared()))
        for case in self.unsayable():
            given = self._unsayable(case)
            private += private_texts(given)
            said.append(self.outcome_of(given))
        for outcome in said:
            if isinstance(outcome, Accepted):
                self.heard.errors += [outcome.said, outcome.provider_id]
            else:
                self.heard.errors += list(_chain(outcome))
        assert [] == self.heard.personal(private)


def _chain(error: BaseException) -> Iterator[str]:
    """The texts of an exception and of what it came from, as a traceback would print them."""
    seen: BaseException | None = error
    while seen is not None:
        yield f"{type(seen).__name__}: {seen}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


_IMPORT_ALONE = """
import importlib, sys, threading
importlib.import_module("outreach.channels"), importlib.import_module("outreach.hookspecs")
done = []
def hear(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.mkdir"):
        done.append(event)
    elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        done.append("open for writing")
sys.addaudithook(hear)
importlib.import_module(sys.argv[1])
if threading.active_count() > 1:
    done.append("thread")
if done:
    print(", ".join(done))
"""
