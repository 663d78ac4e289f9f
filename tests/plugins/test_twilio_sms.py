"""SMS through Twilio keep every promise of a channel, and each of Twilio's words is read as what it means."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.channels import Ability, Accepted, Channel, SendFailed
from outreach.channels.callbacks import Callback, CallbackRefused, DeliveryNews, Lost, ReplyNews
from outreach.domain import FrozenClock, Outcome, Result, Way
from outreach.errors import ContainedError
from outreach.testing import (
    NOW,
    ChannelSuite,
    Failure,
    FakeVendor,
    Reply,
    Told,
    Unsayable,
    make_cleared,
    sample_sender,
    sample_words,
)
from outreach_twilio import TwilioSms
from outreach_twilio.client import TwilioApi
from tests.plugins.twilio_vendor import (
    OLD_TOKEN,
    PUBLIC,
    SECRETS,
    TOKEN,
    FakeTwilio,
    error,
    failures,
    message,
    settings,
    told,
    vendor,
)

__all__ = ["vendor"]

WORDS = sample_words(Way.SMS)
ATTEMPT = "01K5ATTEMPT"


def sms(folder: Path, vendor: FakeTwilio, clock: FrozenClock | None = None, **changes: Any) -> TwilioSms:
    mine = settings(folder, vendor.url, **changes)
    return TwilioSms(mine, TwilioApi(mine), mine.sms_rate.rate(), clock or FrozenClock(NOW))


class TestTwilioSms(ChannelSuite):
    vendor: FakeTwilio
    # Twilio keeps no id of ours: two attempts with the same words to one number cannot be told apart.
    shown_elsewhere = frozenset({Ability.RECONCILE})

    def make_channel(self, folder: Path) -> Channel:
        self.folder = folder
        return sms(folder, self.vendor, self.clock)

    def carried(self) -> Sequence[str]:
        return [each["body"] for each in self.vendor.messages]

    def failures(self) -> Sequence[Failure]:
        stopped = error(400, 21610, "Attempt to send to unsubscribed recipient +16145550142")
        opted_out = Failure("opted out", lambda: self.vendor.next(stopped), Outcome.OPTED_OUT)
        return [opted_out, *failures(self.channel, self.vendor, self.folder)]

    def unsayable(self) -> Sequence[Unsayable]:
        sender = sample_sender(Way.SMS)
        return [
            Unsayable("no text", replace(WORDS, text=" \n")),
            Unsayable("NUL in the text", replace(WORDS, text="before\0after")),
            Unsayable("a control character of the upper half", replace(WORDS, text="a\x9bb")),
            Unsayable("half a character", replace(WORDS, text="a\ud83db")),
            Unsayable("too long", replace(WORDS, text="x" * 1601)),
            Unsayable("too long in UTF-16", replace(WORDS, text="😀" * 801)),
            Unsayable("no number", address="home"),
            Unsayable("another channel's address", address="whatsapp:+16145550142"),
            Unsayable("two numbers", address="+16145550142,+16145550143"),
            Unsayable("nobody to send from", sender=replace(sender, address="")),
        ]

    def secrets(self) -> Sequence[str]:
        return SECRETS

    def callbacks(self) -> Sequence[Told]:
        read = DeliveryNews(ATTEMPT, Result.DELIVERED, "delivered", "")
        stop = ReplyNews(Way.SMS, "+16145550142", "STOP", "", wish="stop")
        reply = {"MessageSid": "SM09", "From": "+16145550142", "Body": "STOP", "OptOutType": "STOP"}
        return [
            Told("a form", told(self.channel, SENT, attempt=ATTEMPT), [read]),
            Told("JSON", told(self.channel, SENT, attempt=ATTEMPT, as_json=True), [read]),
            Told(
                "while the token is rotated",
                told(self.channel, SENT, attempt=ATTEMPT, token=OLD_TOKEN),
                [read],
            ),
            Told("a message to us", told(self.channel, reply, attempt=""), [stop]),
        ]

    def forged(self) -> Mapping[str, Callback]:
        return {"another account's token": told(self.channel, SENT, attempt=ATTEMPT, token="guessed")}

    def words_of_vendor(self) -> Mapping[str, Result | None]:
        return {word: result for word, result in STATUSES.items() if word != "teleported"}

    def word_callback(self, word: str, attempt: str) -> Callback:
        fields = {**SENT, "MessageSid": f"SM{attempt}", "MessageStatus": word}
        return told(self.channel, fields, attempt=attempt)

    def test_it_can_be_told_and_asked_but_does_not_claim_to_bind_the_carriers_queue(self) -> None:
        assert frozenset({Ability.CALLBACKS, Ability.RECONCILE}) == self.channel.abilities

    def test_secrets_stand_in_no_log_or_error(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        self.outcome_of(self.cleared())
        for failure in self.failures():
            with failure.script() or nullcontext():
                self.outcome_of(self.cleared())
        self.channel.reconcile(LOST)
        self.vendor.next(FakeVendor.reset)
        with pytest.raises(ContainedError):
            self.channel.check()
        said = "\n".join([*self.heard.lines, *self.heard.errors, repr(self.channel.settings)])  # type: ignore[attr-defined]
        assert not [secret for secret in SECRETS if secret in said + caplog.text]
        assert "6145550142" not in caplog.text


# ---- what leaves -----------------------------------------------------------------------------------------


def test_the_request_holds_number_sender_words_callback_and_the_time_it_may_wait(
    tmp_path: Path, vendor: FakeTwilio
) -> None:
    cleared = make_cleared(Way.SMS, callback_url=PUBLIC + "twilio-sms/01K5")
    sms(tmp_path, vendor).deliver(cleared, FrozenClock(NOW))
    assert [
        {
            "To": "+16145550142",
            "From": "+16145550100",
            "Body": cleared.words.text,
            "ValidityPeriod": "60",
            "SmartEncoded": "false",
            "StatusCallback": PUBLIC + "twilio-sms/01K5",
        }
    ] == vendor.posted()


def test_without_a_public_url_no_callback_is_asked_for(tmp_path: Path, vendor: FakeTwilio) -> None:
    sms(tmp_path, vendor).deliver(make_cleared(Way.SMS), FrozenClock(NOW))
    assert "StatusCallback" not in vendor.posted()[0]


def test_a_messaging_service_still_sends_from_the_number_that_was_judged(
    tmp_path: Path, vendor: FakeTwilio
) -> None:
    service = "MG" + "c3d4" * 8
    sms(tmp_path, vendor, messaging_service_sid=service).deliver(make_cleared(Way.SMS), FrozenClock(NOW))
    [form] = vendor.posted()
    assert (service, "+16145550100") == (form["MessagingServiceSid"], form["From"])


@pytest.mark.parametrize(
    ("left", "wanted"), [(0.2, "1"), (1.9, "1"), (36_000, "36000"), (90_000, "36000")], ids=str
)
def test_the_time_it_may_wait_is_what_twilio_takes(
    tmp_path: Path, vendor: FakeTwilio, left: float, wanted: str
) -> None:
    cleared = make_cleared(Way.SMS, good_until=NOW + timedelta(seconds=left))
    sms(tmp_path, vendor).deliver(cleared, FrozenClock(NOW))
    assert wanted == vendor.posted()[0]["ValidityPeriod"]


def test_the_longest_text_leaves_whole(tmp_path: Path, vendor: FakeTwilio) -> None:
    cleared = make_cleared(Way.SMS, words=replace(WORDS, text="😀" * 800))
    sms(tmp_path, vendor).deliver(cleared, FrozenClock(NOW))
    assert "😀" * 800 == vendor.messages[0]["body"]


def test_what_provably_did_not_leave_can_be_handed_over_again(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel, clock = sms(tmp_path, vendor), FrozenClock(NOW)
    vendor.next(error(429, 20429, "Too Many Requests"))
    cleared = make_cleared(Way.SMS)
    with pytest.raises(SendFailed):
        channel.deliver(cleared, clock)
    channel.deliver(make_cleared(Way.SMS, attempt=cleared.attempt), clock)
    assert 1 == len(vendor.messages)


def test_what_got_no_answer_is_not_handed_over_again(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel, clock = sms(tmp_path, vendor), FrozenClock(NOW)
    vendor.next(FakeVendor.reset)
    cleared = make_cleared(Way.SMS)
    for _ in range(2):
        with pytest.raises(SendFailed) as failed:
            channel.deliver(make_cleared(Way.SMS, attempt=cleared.attempt), clock)
        assert Outcome.UNKNOWN is failed.value.outcome
    assert 1 == len(vendor.messages)


# ---- what comes back: signatures -------------------------------------------------------------------------

SENT = {"MessageSid": "SM01", "MessageStatus": "delivered", "To": "+16145550142", "From": "+16145550100"}


@pytest.mark.parametrize("token", [TOKEN, OLD_TOKEN], ids=["in force", "being rotated"])
@pytest.mark.parametrize("as_json", [False, True], ids=["form", "JSON"])
def test_a_signature_by_any_token_in_force_is_believed(
    tmp_path: Path, vendor: FakeTwilio, token: str, as_json: bool
) -> None:
    channel = sms(tmp_path, vendor)
    callback = told(channel, SENT, token=token, as_json=as_json)
    channel.verify_callback(callback)
    assert [Result.DELIVERED] == [news.result for news in channel.read_callback(callback)]  # type: ignore[union-attr]


def _uncovered(signed: Callback) -> Callback:
    """The signature of an empty request, with a JSON body that its URL says nothing about."""
    return replace(signed, headers={**signed.headers, "content-type": "application/json"}, body=b"[1]")


FORGED: dict[str, Callable[[Channel], Callback]] = {
    "another token": lambda c: told(c, SENT, token="guessed"),
    "another token, JSON": lambda c: told(c, SENT, token="guessed", as_json=True),
    "no signature": lambda c: replace(told(c, SENT), headers={}),
    "another field": lambda c: replace(told(c, SENT), body=b"MessageSid=SM01&MessageStatus=failed"),
    "another attempt's URL": lambda c: replace(told(c, SENT), url=PUBLIC + "twilio-sms/01K6"),
    "another JSON": lambda c: replace(told(c, SENT, as_json=True), body=b'{"MessageStatus": "failed"}'),
    "JSON that is no UTF-8": lambda c: replace(told(c, SENT, as_json=True), body=b"\xff"),
    "JSON that nothing covers": lambda c: _uncovered(told(c, {}, url=PUBLIC + "x")),
    "a form that is no UTF-8": lambda c: replace(told(c, SENT), body=b"MessageSid=\xff"),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_callback_is_refused(tmp_path: Path, vendor: FakeTwilio, how: str) -> None:
    channel = sms(tmp_path, vendor)
    callback = FORGED[how](channel)
    with pytest.raises(CallbackRefused):
        channel.verify_callback(callback)


def test_the_query_of_the_public_url_is_covered_too(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel = sms(tmp_path, vendor)
    callback = told(channel, SENT, url=PUBLIC + "twilio-sms/01K5?a=1&b=2")
    channel.verify_callback(callback)
    with pytest.raises(CallbackRefused):
        channel.verify_callback(replace(callback, url=callback.url.replace("a=1", "a=3")))


# ---- what comes back: words ------------------------------------------------------------------------------

STATUSES = {
    "accepted": None,
    "scheduled": None,
    "queued": None,
    "sending": None,
    "sent": Result.SENT,
    "partially_delivered": Result.DELIVERED,
    "delivered": Result.DELIVERED,
    "read": Result.DELIVERED,
    "undelivered": Result.BOUNCED,
    "failed": Result.BOUNCED,
    "canceled": Result.BOUNCED,
    "receiving": None,
    "received": None,
    "teleported": Result.UNRECOGNISED,
}


def read(channel: Channel, fields: dict[str, str], attempt: str = "01K5ATTEMPT") -> list[Any]:
    callback = told(channel, fields, attempt=attempt)
    channel.verify_callback(callback)
    return list(channel.read_callback(callback))


@pytest.mark.parametrize(("word", "result"), STATUSES.items())
def test_every_word_for_a_message_is_read(
    tmp_path: Path, vendor: FakeTwilio, word: str, result: Result | None
) -> None:
    news = read(sms(tmp_path, vendor), {**SENT, "MessageStatus": word})
    assert ([(result, word, "01K5ATTEMPT")] if result else []) == [
        (each.result, each.said, each.attempt) for each in news
    ]


@pytest.mark.parametrize("code", ["30003", "30005", "30006", "30007", ""])
def test_no_error_of_delivery_says_that_a_number_is_a_wrong_one(
    tmp_path: Path, vendor: FakeTwilio, code: str
) -> None:
    """That would un-count earlier calls to it, and each may be a telephone that is off for a while."""
    [news] = read(sms(tmp_path, vendor), {**SENT, "MessageStatus": "undelivered", "ErrorCode": code})
    assert (Result.BOUNCED, f"undelivered {code}".strip(), False) == (
        news.result,
        news.said,
        news.wrong_number,
    )


def test_the_same_news_has_the_same_key_and_other_news_another(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel = sms(tmp_path, vendor)
    keys = [
        read(channel, {**SENT, **changes})[0].key
        for changes in ({}, {"EventType": "again"}, {"MessageStatus": "sent"}, {"MessageSid": "SM02"})
    ]
    assert keys[0] == keys[1]
    assert 3 == len(set(keys))


@pytest.mark.parametrize(
    "fields",
    [{}, {"MessageSid": "SM01"}, {"MessageStatus": "sent"}, {"Body": "STOP", "From": "+16145550142"}],
    ids=str,
)
def test_a_callback_that_says_nothing_is_refused(
    tmp_path: Path, vendor: FakeTwilio, fields: dict[str, str]
) -> None:
    with pytest.raises(CallbackRefused):
        read(sms(tmp_path, vendor), fields)


def test_a_word_that_is_none_is_not_repeated(tmp_path: Path, vendor: FakeTwilio) -> None:
    [news] = read(sms(tmp_path, vendor), {**SENT, "MessageStatus": "+16145550142", "ErrorCode": "Rosalind"})
    assert isinstance(news, DeliveryNews)
    assert (Result.UNRECOGNISED, "no_word") == (news.result, news.said)


@pytest.mark.parametrize(
    ("opted", "wish"), [("STOP", "stop"), ("START", "start"), ("HELP", ""), ("", ""), ("NEW", "")]
)
def test_a_message_to_us_brings_its_text_and_the_wish_twilio_read(
    tmp_path: Path, vendor: FakeTwilio, opted: str, wish: str
) -> None:
    fields = {"MessageSid": "SM09", "From": "+16145550142", "To": "+16145550100", "Body": "alto, por favor"}
    news = read(sms(tmp_path, vendor), fields | ({"OptOutType": opted} if opted else {}), attempt="")
    assert [ReplyNews(Way.SMS, "+16145550142", "alto, por favor", key="SM09", wish=wish)] == news


@pytest.mark.parametrize("changes", [{"From": "whatsapp:+16145550142"}, {"From": ""}], ids=str)
def test_a_message_from_elsewhere_than_a_number_is_refused(
    tmp_path: Path, vendor: FakeTwilio, changes: dict[str, str]
) -> None:
    with pytest.raises(CallbackRefused):
        read(sms(tmp_path, vendor), {"MessageSid": "SM09", "Body": "stop", **changes}, attempt="")


def test_news_of_a_message_that_no_attempt_sent_is_none_of_ours(tmp_path: Path, vendor: FakeTwilio) -> None:
    assert [] == read(sms(tmp_path, vendor), SENT, attempt="")


# ---- looking up ------------------------------------------------------------------------------------------

LOST = Lost("01K5LOST", "+16145550142", WORDS, sample_sender(Way.SMS), NOW)
LONG_AFTER = NOW + timedelta(hours=1)


def listed(vendor: FakeTwilio, **changes: Any) -> None:
    given = {"to": LOST.address, "from_": LOST.sender.address, "body": WORDS.text, **changes}
    vendor.messages.append(message(len(vendor.messages), **given))


def looked_up(tmp_path: Path, vendor: FakeTwilio, at: Any = LONG_AFTER) -> Accepted | SendFailed | None:
    return sms(tmp_path, vendor, FrozenClock(at)).reconcile(LOST)


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "undelivered"])
def test_a_message_with_these_words_at_that_time_left(
    tmp_path: Path, vendor: FakeTwilio, status: str
) -> None:
    listed(vendor, status=status)
    assert Accepted(vendor.messages[0]["sid"], status) == looked_up(tmp_path, vendor)
    assert "GET" == vendor.asked[-1].method


def test_the_message_of_a_lost_answer_is_found(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel, cleared = sms(tmp_path, vendor), make_cleared(Way.SMS)
    vendor.next(FakeVendor.cut)
    with pytest.raises(SendFailed):
        channel.deliver(cleared, FrozenClock(NOW))
    lost = Lost(cleared.attempt, cleared.address, cleared.words, cleared.sender, NOW)
    assert Accepted(vendor.messages[0]["sid"], "queued") == channel.reconcile(lost)


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "inbound"},
        {"date_created": "Tue, 10 Mar 2026 14:50:00 +0000"},
        {"date_created": "Tue, 10 Mar 2026 15:30:00 +0000"},
    ],
    ids=["to us", "before", "long after"],
)
def test_another_message_is_not_taken_for_it(
    tmp_path: Path, vendor: FakeTwilio, changes: dict[str, Any]
) -> None:
    listed(vendor, **changes)
    failed = looked_up(tmp_path, vendor)
    assert isinstance(failed, SendFailed)
    assert (Outcome.NOT_SENT, False) == (failed.outcome, failed.retry)


def test_the_message_of_another_attempt_is_not_taken_for_it(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel = sms(tmp_path, vendor, FrozenClock(LONG_AFTER))
    channel.deliver(make_cleared(Way.SMS), FrozenClock(NOW))
    assert isinstance(channel.reconcile(LOST), SendFailed)


def test_a_message_that_twilio_could_not_send_did_not_leave(tmp_path: Path, vendor: FakeTwilio) -> None:
    listed(vendor, status="failed", error_code=30001)
    failed = looked_up(tmp_path, vendor)
    assert isinstance(failed, SendFailed)
    assert (Outcome.REFUSED, "30001") == (failed.outcome, failed.code)


@pytest.mark.parametrize(
    "trouble",
    [error(429, 20429, "Too Many Requests"), error(503, 20503, "Unavailable"), Reply(200, b"<html>")],
    ids=["too many", "trouble", "no JSON"],
)
def test_nobody_can_tell_while_twilio_does_not_answer(
    tmp_path: Path, vendor: FakeTwilio, trouble: Reply
) -> None:
    vendor.next(trouble)
    assert looked_up(tmp_path, vendor) is None


def test_nobody_can_tell_right_after_it_was_lost(tmp_path: Path, vendor: FakeTwilio) -> None:
    assert looked_up(tmp_path, vendor, NOW + timedelta(minutes=1)) is None


@pytest.mark.parametrize("body", ["", "Sent from a trial account - Hello"], ids=["redacted", "changed"])
def test_nobody_can_tell_where_a_message_with_other_words_may_be_ours(
    tmp_path: Path, vendor: FakeTwilio, body: str
) -> None:
    listed(vendor, body=body)
    assert looked_up(tmp_path, vendor) is None


def test_nobody_can_tell_where_more_is_listed_than_is_read(tmp_path: Path, vendor: FakeTwilio) -> None:
    for _ in range(200):
        listed(vendor, body="Something else.", date_created="Tue, 10 Mar 2026 15:30:00 +0000")
    assert looked_up(tmp_path, vendor) is None


def test_a_key_that_may_not_read_messages_can_tell_nothing(tmp_path: Path, vendor: FakeTwilio) -> None:
    listed(vendor)
    vendor.next(error(401, 20003, "Authenticate"))
    assert looked_up(tmp_path, vendor) is None
