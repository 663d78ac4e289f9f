"""Bridged calls and voicemails through Twilio: who is rung first, who hears what, and how it is read."""

import errno
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from outreach.channels import Ability, Accepted, Channel, Cleared, SendFailed
from outreach.channels.callbacks import Callback, CallbackRefused, DeliveryNews, Lost
from outreach.domain import FrozenClock, Outcome, Result, Way, Words
from outreach.testing import (
    NOW,
    ChannelSuite,
    Failure,
    FakeVendor,
    Told,
    Unsayable,
    make_cleared,
    sample_sender,
    sample_words,
)
from outreach_twilio import TwilioVoice, TwilioVoicemail
from outreach_twilio.client import TwilioApi
from tests.plugins.disk import disk_says
from tests.plugins.twilio_vendor import (
    AGENT,
    PUBLIC,
    SECRETS,
    FakeTwilio,
    call,
    error,
    failures,
    settings,
    told,
    vendor,
)

__all__ = ["vendor"]

XML = '<?xml version="1.0" encoding="UTF-8"?>'
ATTEMPT = "01K5ATTEMPT"
BACK = f"{PUBLIC}twilio-voice/{ATTEMPT}"


def voice(folder: Path, vendor: FakeTwilio, clock: FrozenClock | None = None, **changes: Any) -> TwilioVoice:
    mine = settings(folder, vendor.url, **changes)
    return TwilioVoice(mine, TwilioApi(mine), mine.voice_rate.rate(), clock or FrozenClock(NOW))


def mailbox(
    folder: Path, vendor: FakeTwilio, clock: FrozenClock | None = None, **changes: Any
) -> TwilioVoicemail:
    mine = settings(folder, vendor.url, **changes)
    return TwilioVoicemail(mine, TwilioApi(mine), mine.voicemail_rate.rate(), clock or FrozenClock(NOW))


class TestTwilioVoice(ChannelSuite):
    vendor: FakeTwilio
    # Twilio keeps no id of ours: two attempts with the same words to one number cannot be told apart.
    shown_elsewhere = frozenset({Ability.RECONCILE})

    def make_channel(self, folder: Path) -> Channel:
        self.folder = folder
        return voice(folder, self.vendor, self.clock)

    def cleared(self, **changes: Any) -> Cleared:
        return make_cleared(Way.CALL, **{"agent": "ana", "callback_url": BACK} | changes)

    def carried(self) -> Sequence[str]:
        """The scripts of the briefs: what an agent is given to say."""
        pages = [path.read_text("utf-8") for path in sorted(self.folder.rglob("*.txt"))]
        return [_script(page) for page in pages]

    def failures(self) -> Sequence[Failure]:
        full = Failure("disk full", lambda: disk_says(errno.ENOSPC, "fsync"), Outcome.NOT_SENT, retry=True)
        return [full, *failures(self.channel, self.vendor, self.folder)]

    def unsayable(self) -> Sequence[Unsayable]:
        return [
            Unsayable("no text", Words("  ")),
            Unsayable("an empty section", Words("x", sections=(("opening", "x"), ("closing", "")))),
            Unsayable("no number", address="home"),
            Unsayable("no number to show", sender=replace(sample_sender(Way.CALL), address="Harbor")),
        ]

    def secrets(self) -> Sequence[str]:
        return SECRETS

    def callbacks(self) -> Sequence[Told]:
        busy = {**LEG, "CallStatus": "busy"}
        news = [DeliveryNews(ATTEMPT, Result.BUSY, "busy", "")]
        return [
            Told("busy", told(self.channel, busy, attempt=ATTEMPT), news),
            Told("busy, as JSON", told(self.channel, busy, attempt=ATTEMPT, as_json=True), news),
            Told("answered", told(self.channel, {**LEG, "CallStatus": "completed"}, attempt=ATTEMPT)),
        ]

    def forged(self) -> Mapping[str, Callback]:
        return {"another account's token": told(self.channel, LEG, attempt=ATTEMPT, token="guessed")}

    def words_of_vendor(self) -> Mapping[str, Result | None]:
        return {word: result for word, result in CALLS.items() if result is not Result.UNRECOGNISED}

    def word_callback(self, word: str, attempt: str) -> Callback:
        return told(self.channel, {**LEG, "CallSid": f"CA{attempt}", "CallStatus": word}, attempt=attempt)

    def test_it_is_work_for_a_list(self) -> None:
        assert Ability.WORK_LIST in self.channel.abilities

    def test_an_agent_without_a_telephone_is_told_before_anybody_is_rung(self) -> None:
        outcome = self.outcome_of(self.cleared(agent="ben"))
        assert isinstance(outcome, SendFailed)
        assert (False, []) == (outcome.sayable, self.vendor.asked)


def _script(page: str) -> str:
    body = page.split("\n\nAfterwards:", maxsplit=1)[0].split("\n\n", 3)[3]
    return "\n".join(line for line in body.splitlines() if not re.fullmatch(r"[A-Z ]+", line))


# ---- the bridged call ------------------------------------------------------------------------------------


def test_the_agent_is_rung_first_and_then_the_consumer_who_sees_our_number(
    tmp_path: Path, vendor: FakeTwilio
) -> None:
    cleared = make_cleared(Way.CALL, agent="ana", callback_url=BACK + "?a=1&b=2")
    accepted = voice(tmp_path, vendor).deliver(cleared, FrozenClock(NOW))
    twiml = (
        f'{XML}<Response><Dial answerOnBridge="true" callerId="+16145550100">'
        f'<Number statusCallback="{BACK}?a=1&amp;b=2" statusCallbackEvent="completed">+16145550142</Number>'
        "</Dial></Response>"
    )
    assert [{"To": AGENT, "From": "+16145550100", "Twiml": twiml, "Timeout": "15"}] == vendor.posted()
    assert Accepted(vendor.calls[0]["sid"], "queued") == accepted


def test_without_a_public_url_nothing_is_asked_of_the_consumers_leg(
    tmp_path: Path, vendor: FakeTwilio
) -> None:
    voice(tmp_path, vendor).deliver(make_cleared(Way.CALL, agent="ana"), FrozenClock(NOW))
    assert "<Number>+16145550142</Number>" in vendor.posted()[0]["Twiml"]


def test_the_brief_says_not_to_dial(tmp_path: Path, vendor: FakeTwilio) -> None:
    cleared = make_cleared(Way.CALL, agent="ana")
    voice(tmp_path, vendor).deliver(cleared, FrozenClock(NOW))
    page = (tmp_path / "twilio" / "call" / f"{cleared.attempt}.txt").read_text()
    assert page.startswith("YOUR TELEPHONE RINGS FIRST. Do not dial")
    assert "Ask for:  Rosalind Okafor" in page


def test_another_process_does_not_ring_again_for_the_same_attempt(tmp_path: Path, vendor: FakeTwilio) -> None:
    cleared = make_cleared(Way.CALL, agent="ana")
    voice(tmp_path, vendor).deliver(cleared, FrozenClock(NOW))
    again = make_cleared(Way.CALL, agent="ana", attempt=cleared.attempt)
    with pytest.raises(SendFailed) as failed:
        voice(tmp_path, vendor).deliver(again, FrozenClock(NOW))
    assert (Outcome.UNKNOWN, 1) == (failed.value.outcome, len(vendor.calls))


CALLS = {
    "queued": None,
    "initiated": None,
    "ringing": None,
    "in-progress": None,
    "completed": None,
    "busy": Result.BUSY,
    "no-answer": Result.NO_ANSWER,
    "canceled": Result.NO_ANSWER,
    "failed": Result.NOT_IN_SERVICE,
    "teleported": Result.UNRECOGNISED,
}
LEG = {"CallSid": "CA02", "ParentCallSid": "CA01", "Direction": "outbound-dial", "To": "+16145550142"}


def read(channel: Channel, fields: dict[str, str], attempt: str = "01K5ATTEMPT") -> list[Any]:
    callback = told(channel, fields, attempt=attempt)
    channel.verify_callback(callback)
    return list(channel.read_callback(callback))


@pytest.mark.parametrize(("word", "result"), CALLS.items())
def test_every_word_for_the_consumers_leg_is_read(
    tmp_path: Path, vendor: FakeTwilio, word: str, result: Result | None
) -> None:
    news = read(voice(tmp_path, vendor), {**LEG, "CallStatus": word})
    wanted = [DeliveryNews("01K5ATTEMPT", result, word, key=f"CA02:{word}")] if result else []
    assert wanted == news


def test_the_agents_own_leg_says_nothing_about_the_consumer(tmp_path: Path, vendor: FakeTwilio) -> None:
    fields = {"CallSid": "CA01", "Direction": "outbound-api", "CallStatus": "busy"}
    assert [] == read(voice(tmp_path, vendor), fields)


@pytest.mark.parametrize("fields", [{}, {"CallSid": "CA01"}, {"CallStatus": "busy"}], ids=str)
@pytest.mark.parametrize("make", [voice, mailbox])
def test_a_callback_that_says_nothing_is_refused(
    tmp_path: Path, vendor: FakeTwilio, make: Any, fields: dict[str, str]
) -> None:
    channel = make(tmp_path, vendor)
    with pytest.raises(CallbackRefused):
        read(channel, fields)


@pytest.mark.parametrize("make", [voice, mailbox])
def test_a_forged_callback_is_refused(tmp_path: Path, vendor: FakeTwilio, make: Any) -> None:
    channel = make(tmp_path, vendor)
    with pytest.raises(CallbackRefused):
        channel.verify_callback(told(channel, {**LEG, "CallStatus": "busy"}, token="guessed"))


# ---- the voicemail ---------------------------------------------------------------------------------------

SAID = sample_words(Way.VOICEMAIL)


class TestTwilioVoicemail(ChannelSuite):
    vendor: FakeTwilio
    # Reading a callback tells the call what to do, and calls with the same words cannot be told apart.
    shown_elsewhere = frozenset({Ability.CALLBACKS, Ability.RECONCILE})

    def make_channel(self, folder: Path) -> Channel:
        self.folder = folder
        self.heard_by_machines: dict[str, str] = {}
        return mailbox(folder, self.vendor, self.clock)

    def cleared(self, **changes: Any) -> Cleared:
        attempt = changes.pop("attempt", "") or make_cleared(Way.VOICEMAIL).attempt
        given = {"attempt": attempt, "callback_url": PUBLIC + f"twilio-voicemail/{attempt}"}
        return make_cleared(Way.VOICEMAIL, **given | changes)

    def carried(self) -> Sequence[str]:
        """What machines have been told: each call is answered by one, with a beep, and Twilio tells us."""
        for form, sid in self.vendor.placed:
            if sid not in self.heard_by_machines:
                list(self.channel.read_callback(_answered(self.channel, form, sid)))
                [update] = [fields for each, fields in self.vendor.updates if each == sid]
                self.heard_by_machines[sid] = _spoken(update["Twiml"])
        return list(self.heard_by_machines.values())

    def failures(self) -> Sequence[Failure]:
        full = Failure("disk full", lambda: disk_says(errno.ENOSPC, "fsync"), Outcome.NOT_SENT, retry=True)
        return [full, *failures(self.channel, self.vendor, self.folder)]

    def unsayable(self) -> Sequence[Unsayable]:
        sender = sample_sender(Way.VOICEMAIL)
        return [
            Unsayable("no text", replace(SAID, text=" ")),
            Unsayable("a control character", replace(SAID, text="a\x07b")),
            Unsayable("too long to speak", replace(SAID, text="x" * 3001)),
            Unsayable("too long as TwiML", replace(SAID, text="&" * 800)),
            Unsayable("too long in bytes", replace(SAID, text="好" * 1001, languages=("zh",))),
            Unsayable("no language", replace(SAID, languages=())),
            Unsayable("two languages", replace(SAID, languages=("en", "es"))),
            Unsayable("a language without a voice", replace(SAID, languages=("tlh",))),
            Unsayable("no number", address="home"),
            Unsayable("no number to show", sender=replace(sender, address="Harbor")),
        ]

    def test_without_a_public_url_nobody_is_called(self) -> None:
        outcome = self.outcome_of(self.cleared(callback_url=""))
        assert isinstance(outcome, SendFailed)
        assert (False, []) == (outcome.sayable, self.vendor.asked)

    def test_what_did_not_leave_is_not_kept(self) -> None:
        self.vendor.next(error(400, 21211, "invalid"))
        self.outcome_of(self.cleared())
        assert [] == [path for path in self.folder.rglob("*") if path.is_file()]


def _answered(channel: Channel, form: dict[str, str], sid: str) -> Callback:
    url = form["AsyncAmdStatusCallback"]
    fields = {"CallSid": sid, "AnsweredBy": "machine_end_beep", "MachineDetectionDuration": "4120"}
    callback = told(channel, fields, url=url, attempt=url.rpartition("/")[2])
    channel.verify_callback(callback)
    return callback


def _spoken(twiml: str) -> str:
    found = re.search(r"<Say[^>]*>(.*)</Say>", twiml, re.DOTALL)
    assert found is not None
    return unescape(found[1])


@pytest.fixture
def called(tmp_path: Path, vendor: FakeTwilio) -> tuple[TwilioVoicemail, dict[str, Any]]:
    """A channel that has placed one call, and the call."""
    channel = mailbox(tmp_path, vendor)
    back = PUBLIC + "twilio-voicemail/01K5ATTEMPT"
    words = replace(SAID, text="Harbor <Recovery> & you", languages=("es",))
    cleared = make_cleared(Way.VOICEMAIL, attempt="01K5ATTEMPT", callback_url=back, words=words)
    channel.deliver(cleared, FrozenClock(NOW))
    return channel, vendor.calls[0]


def test_the_call_begins_with_silence_and_listens_for_the_end_of_a_greeting(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio
) -> None:
    back = PUBLIC + "twilio-voicemail/01K5ATTEMPT"
    assert [
        {
            "To": "+16145550142",
            "From": "+16145550100",
            "Twiml": f'{XML}<Response><Pause length="50" /><Hangup /></Response>',
            "MachineDetection": "DetectMessageEnd",
            "MachineDetectionTimeout": "30",
            "AsyncAmd": "true",
            "AsyncAmdStatusCallback": back,
            "StatusCallback": back,
        }
    ] == vendor.posted()


SPEECH = f'{XML}<Response><Say language="es-MX">Harbor &lt;Recovery&gt; &amp; you</Say><Hangup /></Response>'


def test_after_the_beep_a_machine_hears_exactly_the_words_in_their_language(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio
) -> None:
    channel, made = called
    news = read(channel, {"CallSid": made["sid"], "AnsweredBy": "machine_end_beep"})
    assert [(made["sid"], {"Twiml": SPEECH})] == vendor.updates
    key = f"{made['sid']}:machine_end_beep"
    assert [DeliveryNews("01K5ATTEMPT", Result.UNRECOGNISED, "machine_end_beep", key=key)] == news


ANSWERED = {
    "human": Result.DROPPED,
    "machine_start": Result.MAILBOX_FULL,
    "machine_end_silence": Result.MAILBOX_FULL,
    "machine_end_other": Result.MAILBOX_FULL,
    "fax": Result.MAILBOX_FULL,
    "unknown": Result.UNRECOGNISED,
    "parrot": Result.UNRECOGNISED,
}


@pytest.mark.parametrize(("by", "result"), ANSWERED.items())
def test_everybody_else_is_hung_up_on_without_a_word(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio, by: str, result: Result
) -> None:
    channel, made = called
    news = read(channel, {"CallSid": made["sid"], "AnsweredBy": by})
    assert [(made["sid"], {"Status": "completed"})] == vendor.updates
    assert [DeliveryNews("01K5ATTEMPT", result, by, key=f"{made['sid']}:{by}")] == news
    # Nor later: the words are gone.
    read(channel, {"CallSid": made["sid"], "AnsweredBy": "machine_end_beep"})
    assert 1 == len(vendor.updates)


def test_a_person_hears_nothing_even_if_twilio_does_not_take_the_end(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio
) -> None:
    channel, made = called
    vendor.next(FakeVendor.reset)
    assert [Result.DROPPED] == [each.result for each in read(channel, _by(made, "human"))]
    assert [] == [form for form in vendor.posted() if "Say" in form.get("Twiml", "")]


def _by(made: dict[str, Any], word: str) -> dict[str, str]:
    return {"CallSid": made["sid"], "AnsweredBy": word}


def test_a_callback_that_is_repeated_neither_speaks_again_nor_cuts_the_speech_off(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio
) -> None:
    channel, made = called
    first, second = (read(channel, _by(made, "machine_end_beep")) for _ in range(2))
    assert 1 == len(vendor.updates)
    assert first == second


def test_another_process_of_the_project_speaks_what_this_one_left(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio, tmp_path: Path
) -> None:
    read(mailbox(tmp_path, vendor), _by(called[1], "machine_end_beep"))
    assert [{"Twiml": SPEECH}] == [told for _, told in vendor.updates]


def test_the_officer_may_let_it_speak_without_a_beep(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel = mailbox(tmp_path, vendor, voicemail_after=["machine_end_beep", "machine_end_silence"])
    cleared = make_cleared(Way.VOICEMAIL, attempt="01K5ATTEMPT", callback_url=BACK)
    channel.deliver(cleared, FrozenClock(NOW))
    read(channel, _by(vendor.calls[0], "machine_end_silence"))
    assert [cleared.words.text] == [_spoken(told["Twiml"]) for _, told in vendor.updates]


@pytest.mark.parametrize(
    ("trouble", "result"),
    [
        (error(404, 20404, "the call has ended"), Result.MAILBOX_FULL),
        (error(500, 20500, "trouble"), Result.UNRECOGNISED),
        (FakeVendor.cut, Result.UNRECOGNISED),
    ],
    ids=["refused", "trouble", "cut"],
)
def test_whether_a_message_was_left_is_told_as_far_as_it_is_known(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio, trouble: Any, result: Result
) -> None:
    channel, made = called
    vendor.next(trouble)
    assert [result] == [each.result for each in read(channel, _by(made, "machine_end_beep"))]


@pytest.mark.parametrize(("word", "result"), CALLS.items())
def test_every_word_for_the_call_is_read(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio, word: str, result: Result | None
) -> None:
    channel, made = called
    news = read(channel, {"CallSid": made["sid"], "CallStatus": word})
    assert ([(result, word)] if result else []) == [(each.result, each.said) for each in news]
    assert [] == vendor.updates


@pytest.mark.parametrize("word", ["completed", "busy", "no-answer", "canceled", "failed"])
def test_words_are_not_kept_once_the_call_has_ended(
    called: tuple[TwilioVoicemail, dict[str, Any]], tmp_path: Path, word: str
) -> None:
    channel, made = called
    read(channel, {"CallSid": made["sid"], "CallStatus": word})
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("by", "result"), [("human", Result.DROPPED), ("machine_end_beep", Result.UNRECOGNISED)]
)
def test_who_answered_is_the_same_news_when_it_comes_with_the_end(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio, by: str, result: Result
) -> None:
    channel, made = called
    [late] = read(channel, {**_by(made, by), "CallStatus": "completed"})
    assert (result, f"{made['sid']}:{by}") == (late.result, late.key)
    assert [] == vendor.updates


def test_an_attempt_that_is_a_path_takes_no_other_file(
    called: tuple[TwilioVoicemail, dict[str, Any]], vendor: FakeTwilio, tmp_path: Path
) -> None:
    channel, made = called
    (tmp_path / "twilio" / "secret.xml").write_text("not for a telephone")
    read(channel, _by(made, "machine_end_beep"), attempt="../secret")
    assert [] == vendor.updates


def test_a_setting_chooses_the_voice(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel = mailbox(tmp_path, vendor, voices={"en": "Polly.Joanna"})
    channel.deliver(make_cleared(Way.VOICEMAIL, attempt="01K5ATTEMPT", callback_url=BACK), FrozenClock(NOW))
    read(channel, _by(vendor.calls[0], "machine_end_beep"))
    assert '<Say language="en-US" voice="Polly.Joanna">' in vendor.updates[0][1]["Twiml"]


# ---- looking up ------------------------------------------------------------------------------------------

LONG_AFTER = FrozenClock(NOW + timedelta(hours=1))


def lost(way: Way) -> Lost:
    return Lost("01K5LOST", "+16145550142", sample_words(way), sample_sender(way), NOW)


@pytest.mark.parametrize(
    ("make", "way", "direction"),
    [(voice, Way.CALL, "outbound-dial"), (mailbox, Way.VOICEMAIL, "outbound-api")],
)
def test_a_call_to_that_number_at_that_time_was_placed(
    tmp_path: Path, vendor: FakeTwilio, make: Any, way: Way, direction: str
) -> None:
    vendor.calls.append(call(7, to="+16145550142", from_="+16145550100", direction=direction))
    assert Accepted(vendor.calls[0]["sid"], "queued") == make(tmp_path, vendor, LONG_AFTER).reconcile(
        lost(way)
    )


@pytest.mark.parametrize(
    ("make", "way", "changes"),
    [
        (voice, Way.CALL, {"direction": "outbound-api"}),
        (mailbox, Way.VOICEMAIL, {"direction": "outbound-dial"}),
        (mailbox, Way.VOICEMAIL, {"date_created": "Tue, 10 Mar 2026 12:00:00 +0000"}),
    ],
    ids=["a voicemail", "a bridged call", "hours before"],
)
def test_another_call_is_not_taken_for_it(
    tmp_path: Path, vendor: FakeTwilio, make: Any, way: Way, changes: dict[str, str]
) -> None:
    vendor.calls.append(call(7, to="+16145550142", from_="+16145550100", **changes))
    failed = make(tmp_path, vendor, LONG_AFTER).reconcile(lost(way))
    assert isinstance(failed, SendFailed)
    assert (Outcome.NOT_SENT, False) == (failed.outcome, failed.retry)


@pytest.mark.parametrize(("make", "way"), [(voice, Way.CALL), (mailbox, Way.VOICEMAIL)])
def test_nobody_can_tell_of_a_call_while_twilio_does_not_answer(
    tmp_path: Path, vendor: FakeTwilio, make: Any, way: Way
) -> None:
    vendor.next(FakeVendor.reset)
    assert make(tmp_path, vendor, LONG_AFTER).reconcile(lost(way)) is None
    assert make(tmp_path, vendor, FrozenClock(NOW)).reconcile(lost(way)) is None
