"""Channels broken on purpose, one for each behaviour, each with the tests of the suite that must notice.

They are the starter of ``outreach new channel`` with one thing wrong, so the starter is what passes all.
``test_suite_catches.py`` runs this file with pytest in a process of its own.
"""

import hashlib
import hmac
import json
import socket
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError

import pytest

STARTER = Path(__file__).resolve().parents[2] / "config" / "starter" / "channel"
sys.path[:0] = [str(STARTER / "src"), str(STARTER / "tests"), str(Path(__file__).parent)]

from loud import Loud  # noqa: E402
from outreach_starter_sms.channel import StarterSms  # noqa: E402
from test_starter_sms import API_KEY, SECRET, URL, Toy  # noqa: E402
from test_starter_sms import TestStarterSms as StarterSuite  # noqa: E402

from outreach.channels import (  # noqa: E402
    Ability,
    Accepted,
    CallbackRefused,
    DeliveryNews,
    OptOutNews,
    Rate,
    SendFailed,
)
from outreach.domain import Outcome, Result  # noqa: E402
from outreach.errors import NotCleared  # noqa: E402
from outreach.testing import ChannelSuite, Failure, FakeVendor, Reply  # noqa: E402
from outreach.testing.callback_suite import CallbackBehaviours  # noqa: E402
from outreach.testing.reconcile_suite import ReconcileBehaviours  # noqa: E402

VENDOR = FakeVendor(lambda asked: Reply(500))
IMPORTS = "test_importing_it_opens_no_connection_writes_no_file_and_starts_no_thread"
OF_THE_GUARD = {
    "test_what_is_no_pass_is_refused_and_nothing_leaves",
    "test_an_expired_pass_is_refused_and_nothing_leaves",
    "test_a_pass_is_good_until_just_before_its_end",
    "test_a_used_pass_is_refused_and_nothing_more_leaves",
    "test_a_pass_for_another_medium_is_refused",
    "test_threads_with_one_pass_send_once",
}
OF_SECRETS = {"test_no_secret_is_said"}


def names_of(kind):
    return {name for name in dir(kind) if name.startswith("test_")}


OF_CALLBACKS = {name for name in names_of(CallbackBehaviours) if name in vars(CallbackBehaviours)}
OF_LOOKING_UP = {name for name in names_of(ReconcileBehaviours) if name in vars(ReconcileBehaviours)}
OF_SENDING = names_of(ChannelSuite) - OF_CALLBACKS - OF_LOOKING_UP - OF_SECRETS


def left_out(channel):
    """Tests that look only at what this channel has from the starter; without them this takes a third."""
    touched = {name for kind in channel.__mro__[: channel.__mro__.index(StarterSms)] for name in vars(kind)}
    found = {IMPORTS}  # a process of its own each time; the correct one shows it
    if "deliver" not in touched:
        found |= OF_THE_GUARD
    if touched & {"verify_callback", "read_callback"}:
        found |= OF_SENDING | OF_LOOKING_UP
    elif "reconcile" in touched:
        found |= OF_SENDING | OF_CALLBACKS
    elif "abilities" not in touched:
        found |= OF_CALLBACKS
    return found


@pytest.fixture(scope="session", autouse=True)
def _one_vendor_for_all():
    with VENDOR.serving():
        yield


@pytest.fixture(scope="session")
def _folder(tmp_path_factory):
    return tmp_path_factory.mktemp("all")


@pytest.fixture
def tmp_path(_folder):
    """One for all: none of these channels writes a file."""
    return _folder


class Base(StarterSuite):
    """One server for all of them: starting one a test would take most of the time."""

    kind = StarterSms

    def make_channel(self, folder):
        self.toy = Toy()
        self.vendor = VENDOR
        VENDOR.forget()
        VENDOR.asked.clear()
        VENDOR.answer = self.toy.answer
        return self.kind(VENDOR.url, API_KEY, SECRET, seconds=5)


del StarterSuite  # its own tests run elsewhere


class TestCorrect(Base):
    breaks = frozenset()


def broken(*tests, **says):
    """The channel that follows is run through the suite, and exactly these tests of it must fail.

    :param says: what its suite says otherwise, by the method's name.
    """

    def decorated(channel):
        members = {"kind": channel, "breaks": frozenset(f"test_{test}" for test in tests), **says}
        members["__doc__"] = channel.__doc__
        members.update(dict.fromkeys(left_out(channel) - members["breaks"]))
        suite = type(f"Test{channel.__name__}", (Base,), members)
        globals()[suite.__name__] = suite
        return channel

    return decorated


# ---- what it is ------------------------------------------------------------------------------------


@broken("its_name_is_kebab_case_and_its_medium_a_way")
class Shouting(StarterSms):
    name = "Starter SMS"


@broken("its_abilities_and_rate_are_what_the_contract_knows")
class NeverAtOnce(StarterSms):
    rate = Rate(at_once=0)


@broken("importing_it_opens_no_connection_writes_no_file_and_starts_no_thread")
class Noisy(Loud):
    __module__ = "loud"


@broken("checking_it_sends_nothing")
class ChecksBySending(StarterSms):
    def check(self):
        self._ask("/messages", {"text": "is this on?", "reference": "check"}, key="check")


@broken("each_ability_it_declares_is_shown", callbacks=lambda suite: ())
class NothingSaidOfCallbacks(StarterSms):
    pass


@broken("it_reaches_no_other_machine")
class ReportsHome(StarterSms):
    def send(self, cleared):
        with suppress(OSError):
            socket.create_connection(("telemetry.example", 443), 1).close()
        return super().send(cleared)


# ---- the pass --------------------------------------------------------------------------------------


@broken(
    "it_keeps_the_guard_that_uses_up_a_pass",
    "what_is_no_pass_is_refused_and_nothing_leaves",
    "an_expired_pass_is_refused_and_nothing_leaves",
    "a_used_pass_is_refused_and_nothing_more_leaves",
    "a_pass_for_another_medium_is_refused",
    "threads_with_one_pass_send_once",
)
class TakesAnything(StarterSms):
    def deliver(self, cleared, clock):
        return self.send(cleared)


@broken("it_keeps_the_guard_that_uses_up_a_pass", "a_pass_is_good_until_just_before_its_end")
class Hasty(StarterSms):
    def deliver(self, cleared, clock):
        if type(cleared).__name__ == "Cleared" and (cleared.good_until - clock.now()).total_seconds() < 1:
            raise NotCleared("it ends soon")
        return super().deliver(cleared, clock)


# ---- sending ---------------------------------------------------------------------------------------


@broken(
    "success_gives_an_id_and_one_message_leaves",
    "different_attempts_at_once_leave_once_each",
    "what_left_is_found_by_the_vendors_id",
)
class NoId(StarterSms):
    def send(self, cleared):
        return replace(super().send(cleared), provider_id="")


@broken("the_words_leave_whole_and_unchanged_or_not_at_all")
class Shortens(StarterSms):
    def _ask(self, path, value=None, *, key=""):
        return super()._ask(path, value and {**value, "text": value["text"][:160]}, key=key)


@broken("the_same_attempt_twice_leaves_once")
class KeyOfItsOwn(StarterSms):
    calls = 0

    def _ask(self, path, value=None, *, key=""):
        type(self).calls += 1
        return super()._ask(path, value, key=key and f"{key}-{self.calls}")


@broken(
    "different_attempts_at_once_leave_once_each",
    "what_left_is_found_by_the_vendors_id",
)
class OneIdForAll(StarterSms):
    def send(self, cleared):
        return replace(super().send(cleared), provider_id="batch")


@broken("a_batch_has_one_outcome_each_in_order")
class ForgetsOneOfABatch(StarterSms):
    abilities = StarterSms.abilities | {Ability.BATCH}

    def send_batch(self, cleared):
        return [self.send(each) for each in cleared][1:]


@broken(
    "a_send_makes_one_request_and_never_repeats_it_by_itself",
    "each_failure_says_whether_it_left",
)
class AsksAgain(StarterSms):
    """As libraries do when they are told 429."""

    def _ask(self, path, value=None, *, key=""):
        try:
            return super()._ask(path, value, key=key)
        except HTTPError as error:
            error.close()
            if error.code == 429:
                return super()._ask(path, value, key=key)
            raise


# ---- not sending -----------------------------------------------------------------------------------


@broken("unsayable_content_is_refused_before_anything_leaves")
class SaysTheUnsayable(StarterSms):
    def send(self, cleared):
        if cleared.address == "home":
            self._ask("/messages", {"text": cleared.words.text, "reference": cleared.attempt}, key="home")
        return super().send(cleared)


@broken("each_failure_says_whether_it_left")
class CallsAFaultARefusal(StarterSms):
    def send(self, cleared):
        try:
            return super().send(cleared)
        except SendFailed as failed:
            if failed.code == "http_500":
                raise SendFailed.refused("http_500") from None
            raise


@broken(
    "silence_after_handing_over_is_unknown",
    failures=lambda suite: [Failure("a fault", suite.answers(500), Outcome.UNKNOWN)],
)
class TakesSilenceForNo(StarterSms):
    def send(self, cleared):
        try:
            return super().send(cleared)
        except SendFailed as failed:
            if failed.code == "no_answer":
                raise SendFailed.not_sent("no_answer", retry=True) from None
            raise


@broken(
    "each_failure_happens_as_it_is_scripted",
    failures=lambda suite: [
        Failure("twice", lambda: suite.vendor.next(Reply(500), Reply(500)), Outcome.UNKNOWN)
    ],
)
class NeedsOneReply(StarterSms):
    pass


# ---- privacy ---------------------------------------------------------------------------------------


@broken("logs_errors_and_answers_hold_nothing_private")
class NamesTheNumber(StarterSms):
    def send(self, cleared):
        try:
            return super().send(cleared)
        except SendFailed as failed:
            if failed.code == "http_400":
                raise SendFailed.refused(f"no such number {cleared.address}") from None
            raise


@broken("logs_errors_and_answers_hold_nothing_private")
class ChainsTheRequest(StarterSms):
    def send(self, cleared):
        try:
            return super().send(cleared)
        except SendFailed as failed:
            raise failed from ValueError(f"POST /messages {cleared.words.text}")


@broken("no_secret_is_said")
class ShowsItsKey(StarterSms):
    def __repr__(self):
        return f"StarterSms({self._url!r}, {self._key!r})"


@broken("no_secret_is_said")
class SaysItsSecretInAnError(StarterSms):
    def verify_callback(self, callback):
        try:
            super().verify_callback(callback)
        except CallbackRefused:
            raise CallbackRefused("the signature does not match", why=f"the key is {self._secret}") from None


# ---- callbacks -------------------------------------------------------------------------------------


@broken("without_the_ability_it_reads_no_callbacks", "without_the_ability_it_looks_nothing_up")
class HidesWhatItCan(StarterSms):
    abilities = frozenset()


@broken("a_genuine_callback_is_read_into_the_news_expected")
class DeafToOptOuts(StarterSms):
    def read_callback(self, callback):
        return [news for news in super().read_callback(callback) if not isinstance(news, OptOutNews)]


@broken("news_is_told_in_the_words_of_the_contract", "different_news_has_different_keys")
class WithoutKeys(StarterSms):
    def read_callback(self, callback):
        return [replace(news, key="") for news in super().read_callback(callback)]


class Rereading(StarterSms):
    """What it reads is changed by ``altered``."""

    def altered(self, news):
        raise NotImplementedError

    def read_callback(self, callback):
        return [
            self.altered(news) if isinstance(news, DeliveryNews) else news
            for news in super().read_callback(callback)
        ]


@broken("each_word_of_the_vendor_becomes_ours_about_the_attempt_meant")
class LacksAWord(Rereading):
    def altered(self, news):
        return replace(news, result=Result.UNRECOGNISED) if news.said == "queued" else news


@broken(
    "each_word_of_the_vendor_becomes_ours_about_the_attempt_meant",
    "a_word_nobody_knows_is_unrecognised_and_counts",
)
class BelievesThePath(StarterSms):
    """It takes the attempt from the URL, whatever the body says."""

    def read_callback(self, callback):
        return [
            replace(news, attempt=callback.attempt) if isinstance(news, DeliveryNews) else news
            for news in super().read_callback(callback)
        ]


@broken("a_word_nobody_knows_is_unrecognised_and_counts")
class HopesForTheBest(Rereading):
    def altered(self, news):
        known = news.result is not Result.UNRECOGNISED
        return news if known else replace(news, result=Result.BOUNCED)


@broken("different_news_has_different_keys")
class OneKeyForAWord(Rereading):
    def altered(self, news):
        return replace(news, key=news.said)


@broken("told_again_and_in_another_order_it_is_the_same_news")
class Remembers(StarterSms):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.seen = Counter()

    def read_callback(self, callback):
        self.seen[callback.body] += 1
        return super().read_callback(callback) if self.seen[callback.body] == 1 else []


@broken("told_again_and_in_another_order_it_is_the_same_news")
class KeyOfTheMoment(StarterSms):
    def read_callback(self, callback):
        when = callback.received_at.isoformat()
        return [replace(news, key=f"{news.key}:{when}") for news in super().read_callback(callback)]


def signature(secret, *parts):
    return hmac.new(secret.encode(), b".".join(parts), hashlib.sha256).hexdigest()


@broken("forged_callbacks_are_refused")
class TakesReplays(StarterSms):
    def verify_callback(self, callback):
        time = callback.header("x-toy-time").encode()
        right = signature(SECRET, time, callback.url.encode(), callback.body)
        if callback.header("x-toy-signature") != right:
            raise CallbackRefused("the signature does not match")


@broken(
    "forged_callbacks_are_refused",
    "a_changed_body_is_refused",
    "what_cannot_be_read_is_refused_and_nothing_else_is_raised",
)
class SignsNoBody(StarterSms):
    """It verifies the signature of the body it expects, not of the one that came: here of any."""

    def verify_callback(self, callback):
        try:
            super().verify_callback(callback)
        except CallbackRefused as refused:
            if "too old" in str(refused) or not callback.headers.get("x-toy-signature"):
                raise


@broken("without_its_signature_a_callback_is_refused")
class TakesTheUnsigned(StarterSms):
    def verify_callback(self, callback):
        if callback.header("x-toy-signature"):
            super().verify_callback(callback)


@broken("what_the_signature_does_not_cover_changes_no_news")
class BelievesTheQuery(StarterSms):
    """The signature it verifies leaves the query out, and then it reads it."""

    def verify_callback(self, callback):
        super().verify_callback(replace(callback, url=URL))

    def read_callback(self, callback):
        identity = callback.query.get("id")
        return [replace(news, key=identity) if identity else news for news in super().read_callback(callback)]


@broken("what_cannot_be_read_is_refused_and_nothing_else_is_raised")
class TrustsTheShape(StarterSms):
    def read_callback(self, callback):
        if json.loads(callback.body)["type"] == "status":
            return super().read_callback(callback)
        return super().read_callback(callback)


@broken("callbacks_leave_nothing_private_in_logs_errors_keys_and_words")
class QuotesTheBody(StarterSms):
    def read_callback(self, callback):
        try:
            return super().read_callback(callback)
        except CallbackRefused:
            raise CallbackRefused("it cannot be read", why=repr(callback.body[:200])) from None


# ---- looking up ------------------------------------------------------------------------------------


@broken("what_left_is_found_by_the_vendors_id")
class NeverFinds(StarterSms):
    def reconcile(self, lost):
        return None


@broken("what_did_not_leave_is_never_said_to_have_left")
class FindsAnything(StarterSms):
    def reconcile(self, lost):
        found = super().reconcile(lost)
        return Accepted("m-1") if isinstance(found, SendFailed) else found


@broken("what_left_is_never_said_not_to_have_left_whatever_the_vendor_answers")
class TakesTroubleForNo(StarterSms):
    def reconcile(self, lost):
        return super().reconcile(lost) or SendFailed.not_sent("not_found", retry=True)


@broken("what_left_is_never_said_not_to_have_left_whatever_the_vendor_answers")
class RaisesInTrouble(StarterSms):
    def reconcile(self, lost):
        found = super().reconcile(lost)
        if found is None:
            raise ConnectionError("the vendor cannot be asked")
        return found


@broken(
    "what_left_is_found_by_the_vendors_id",
    "what_did_not_leave_is_never_said_to_have_left",
    "what_left_is_never_said_not_to_have_left_whatever_the_vendor_answers",
)
class LooksUpBySending(StarterSms):
    def reconcile(self, lost):
        answer = self._ask(
            "/messages", {"text": lost.words.text, "reference": lost.attempt}, key=f"again-{lost.attempt}"
        )
        return Accepted(answer["id"])
