"""What every channel promises, as tests: subclass :class:`ChannelSuite` and say how yours is made.

class TestMySms(ChannelSuite):
    def make_channel(self, folder):
        self.vendor = self.enter(FakeVendor(answer).serving())
        return MySms(self.vendor.url, key="k-1")

    def carried(self):
        return [asked.json["text"] for asked in self.vendor.asked if asked.method == "POST"]

    def failures(self):
        no = Reply(400, {"error": "invalid_number"})
        return [Failure("the vendor says no", lambda: self.vendor.next(no), Outcome.REFUSED)]

    def unsayable(self):
        return [Unsayable("a text that is too long", words=Words("x" * 5000))]

Callbacks and looking up have behaviours of their own, see ``callback_suite`` and ``reconcile_suite``.
"""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from outreach.channels import Ability, Accepted, Channel, DeliveryNews, Rate, SendFailed
from outreach.domain import Outcome, Way, Words
from outreach.errors import NotCleared
from outreach.testing.callback_suite import CallbackBehaviours
from outreach.testing.fakes import make_cleared, private_texts, sample_words
from outreach.testing.home import imported_alone
from outreach.testing.reconcile_suite import ReconcileBehaviours
from outreach.testing.suite import chain
from outreach.testing.vendor import FakeVendor

__all__ = ["ChannelSuite"]


class ChannelSuite(CallbackBehaviours, ReconcileBehaviours):
    """Every behaviour of a channel; what you say of yours is declared in ``suite``."""

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
        assert "" == imported_alone(type(self.channel).__module__)

    def test_checking_it_sends_nothing(self) -> None:
        self.channel.check()
        assert [] == list(self.carried())

    def test_each_ability_it_declares_is_shown(self) -> None:
        """Nothing is proven of an ability of which the suite is told nothing."""
        if self.shows(Ability.CALLBACKS):
            assert self.callbacks(), "list a callback of each kind in callbacks(), or see shown_elsewhere"
            assert self.forged(), "list at least one signed with another key in forged()"
            if any(isinstance(news, DeliveryNews) for told in self.callbacks() for news in told.news):
                assert self.words_of_vendor(), "list every word of the vendor in words_of_vendor()"
        if self.shows(Ability.RECONCILE):
            unknown = [each for each in self.troubles() if each.outcome is Outcome.UNKNOWN]
            assert unknown, "list how an answer can be lost in failures(), or see shown_elsewhere"

    def test_it_reaches_no_other_machine(self) -> None:
        """A vendor's address that is not scripted, or a library that reports home."""
        self.channel.check()
        self.outcome_of(self.cleared())
        for failure in self.failures():
            with self.failing(failure):
                self.outcome_of(self.cleared())
        assert [] == self.strangers

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

    def test_a_send_makes_one_request_and_never_repeats_it_by_itself(self) -> None:
        """Also when the vendor throttles or hangs up: libraries ask again unless told not to."""
        for vendor in self.vendors():
            for name, trouble in [("success", None), *FakeVendor.troubles().items()]:
                before = len(vendor.asked)
                if trouble is not None:
                    vendor.next(trouble)
                self.outcome_of(self.cleared())
                vendor.forget()
                made = [
                    (asked.method, asked.path) for asked in vendor.asked[before:] if asked.method != "GET"
                ]
                assert len(set(made)) == len(made), f"{name}: asked again"

    # ---- not sending ---------------------------------------------------------------------------------

    def test_unsayable_content_is_refused_before_anything_leaves(self) -> None:
        for case in self.unsayable():
            outcome = self.outcome_of(self.pass_for(case))
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

    def test_each_failure_happens_as_it_is_scripted(self) -> None:
        """What a script leaves unused was not tried: the channel failed earlier, or for another reason."""
        for failure in self.failures():
            with failure.script() or nullcontext():
                self.outcome_of(self.cleared())
            for vendor in self.vendors():
                assert 0 == vendor.unused, f"{failure.name}: a part of the script was not used"

    def test_silence_after_handing_over_is_unknown(self) -> None:
        """The vendor took the request whole and hung up: nobody knows whether the message goes on."""
        for vendor in self.vendors():
            for silence in (FakeVendor.reset, FakeVendor.silence(0)):
                before = len(self.carried())
                vendor.next(silence)
                outcome = self.outcome_of(self.cleared())
                vendor.forget()
                assert isinstance(outcome, SendFailed)
                if len(self.carried()) > before:
                    assert Outcome.UNKNOWN is outcome.outcome

    # ---- privacy -------------------------------------------------------------------------------------

    def test_logs_errors_and_answers_hold_nothing_private(self) -> None:
        """Over a success, a repetition and every failure: no address, name or word of the message."""
        private = self._send_in_every_way()
        assert [] == self.heard.personal(private)

    def test_no_secret_is_said(self) -> None:
        """In no log, error or answer, nor where the channel is shown: in a traceback, a debugger, a list."""
        self._send_in_every_way()
        self.refuse_all()
        said = [repr(self.channel), str(self.channel), *self.heard.lines, *self.heard.errors]
        if self.shows(Ability.RECONCILE):
            said += [repr(self.channel.reconcile(self.lost(self.cleared())))]
        for secret in self.secrets():
            assert secret, "a secret that is empty shows nothing"
            assert [] == [text for text in said if secret in text]

    def _send_in_every_way(self) -> list[str]:
        """Success, repetition, every failure, all that cannot be said; returns what of them is private."""
        cleared = self.cleared()
        private = private_texts(cleared)
        said = [self.outcome_of(cleared), self.outcome_of(self.cleared(attempt=cleared.attempt))]
        for failure in self.failures():
            with self.failing(failure):
                said.append(self.outcome_of(self.cleared()))
        for case in self.unsayable():
            given = self.pass_for(case)
            private += private_texts(given)
            said.append(self.outcome_of(given))
        for outcome in said:
            if isinstance(outcome, Accepted):
                self.heard.errors += [outcome.said, outcome.provider_id]
            else:
                self.heard.errors += chain(outcome)
        return private
