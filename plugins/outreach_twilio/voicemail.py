"""A message spoken to a machine and to nobody else.

Twilio calls with silence, and its detection of answering machines tells us by callback who has answered:
https://www.twilio.com/docs/voice/answering-machine-detection. Only then do we tell the call what to do: after
a machine's beep to speak the words, in every other case to hang up. Where no callback comes, it hangs up
by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from twilio.twiml.voice_response import VoiceResponse

from outreach.channels import Accepted, Cleared, SendFailed, Spool
from outreach.channels.callbacks import Callback, CallbackRefused, DeliveryNews, Lost, News
from outreach.domain import Outcome, Result, Way, Words
from outreach_twilio.answers import ApiFailed
from outreach_twilio.channel import TwilioChannel, refuse_unsayable, vendor_word
from outreach_twilio.settings import NUMBER, TwilioSettings
from outreach_twilio.voice import CALL_ENDINGS, CALL_STATUSES

__all__ = ["TwilioVoicemail"]

# AnsweredBy, where no message was spoken.
_ANSWERED: Final[Mapping[str, Result]] = {
    "human": Result.DROPPED,  # hung up without a word
    "machine_start": Result.MAILBOX_FULL,  # a machine, and nothing left
    "machine_end_beep": Result.MAILBOX_FULL,
    "machine_end_silence": Result.MAILBOX_FULL,
    "machine_end_other": Result.MAILBOX_FULL,
    "fax": Result.MAILBOX_FULL,
    "unknown": Result.UNRECOGNISED,
}

# Twilio: the Twiml of a call has at most 4,000 characters; the strictest of its voices speaks 3,000 bytes.
_MOST_TWIML, _MOST_BYTES = 4000, 3000
_AFTER_DETECTION = 20
_ENDED = frozenset({"completed", "busy", "no-answer", "canceled", "failed"})


class TwilioVoicemail(TwilioChannel):
    """A call meant to leave this message.

    The words wait in a file of the project until the machine has beeped, so that any process which serves
    callbacks for the project can speak them. Taking the file away is what lets only one of them do it.
    """

    name = "twilio-voicemail"
    medium = Way.VOICEMAIL
    endings = CALL_ENDINGS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        folder = self.settings.folder / Path(self.settings.path).expanduser() / self.medium.value
        self.spool = Spool(folder, ".xml")

    def refuse(self, cleared: Cleared) -> None:
        if not NUMBER.fullmatch(cleared.sender.address):
            raise SendFailed.cannot_say("no number to show")
        if not cleared.callback_url:
            raise SendFailed.cannot_say("no public URL at which Twilio could tell who answered")
        spoken(cleared.words, self.settings)

    def hand_over(self, cleared: Cleared) -> Accepted:
        if not self.spool.put(cleared.attempt, spoken(cleared.words, self.settings).encode()):
            raise SendFailed.unknown("handed_over_before")
        try:
            made = self.api.create_call(
                to=cleared.address,
                from_=cleared.sender.address,
                twiml=_silence(self.settings.machine_seconds + _AFTER_DETECTION),
                machine_detection="DetectMessageEnd",
                machine_detection_timeout=self.settings.machine_seconds,
                async_amd="true",
                async_amd_status_callback=cleared.callback_url,
                status_callback=cleared.callback_url,  # its end: no other event is told unless it is named
            )
        except ApiFailed as error:
            failed = self.failure(error)
            if failed.outcome is not Outcome.UNKNOWN:
                self._take(cleared.attempt)
            raise failed from None
        return Accepted(made.sid, vendor_word(made.status))

    def read_callback(self, callback: Callback) -> Iterable[News]:
        """What became of the call. Where it is told who has answered, tell the call what to do first."""
        fields = self.fields(callback)
        sid, attempt = fields.get("CallSid", ""), callback.attempt
        answered, word = fields.get("AnsweredBy", ""), fields.get("CallStatus", "")
        if not sid.isalnum() or not (answered or word):
            raise CallbackRefused("a callback without CallSid, or without CallStatus and AnsweredBy")
        if not attempt:
            return ()
        if word in _ENDED:  # nothing can be spoken any more
            self._take(attempt)
        result = CALL_STATUSES.get(word, Result.UNRECOGNISED) if word else None
        said = vendor_word(word)
        if result is None and answered:
            said = vendor_word(answered)
            result = self._tell(sid, attempt, answered, over=word in _ENDED)
        if result is None:
            return ()
        return [DeliveryNews(attempt, result, said, key=f"{sid}:{said}")]

    def _tell(self, sid: str, attempt: str, answered: str, *, over: bool) -> Result:
        """Speak to a machine, hang up on everybody else; then what came of it, as far as it is known."""
        otherwise = _ANSWERED.get(answered, Result.UNRECOGNISED)
        if over:
            # The call has ended. Whether the words were spoken was told when the machine answered.
            return otherwise if otherwise is Result.DROPPED else Result.UNRECOGNISED
        words = self._take(attempt)
        if answered not in self.settings.voicemail_after:
            self._hang_up(sid)
            return otherwise
        if not words:
            # Told before, and perhaps being spoken right now: it must not be cut off. If the words were never
            # here, the silence ends by itself.
            return Result.UNRECOGNISED
        try:
            self.api.update_call(sid, twiml=words)
        except ApiFailed as error:
            left = self.failure(error).outcome is Outcome.UNKNOWN
            return Result.UNRECOGNISED if left else otherwise
        # Twilio does not tell whether it was spoken to the end, nor do we know whether these words are of
        # limited content: it counts as contact, and lifts nothing.
        return Result.UNRECOGNISED

    def _hang_up(self, sid: str) -> None:
        """If Twilio does not take it, the call's own silence ends with hanging up."""
        try:
            self.api.update_call(sid, status="completed")
        except ApiFailed:
            return

    def _take(self, attempt: str) -> str:
        """The words of this attempt, for the first who asks; "" for everybody else."""
        if Path(attempt).name != attempt:
            return ""
        path = self.spool.file(attempt)
        mine = path.with_suffix(".taken")
        try:
            path.rename(mine)
            words = mine.read_text("utf-8")
            mine.unlink()
        except FileNotFoundError:
            return ""
        return words

    def reconcile(self, lost: Lost) -> Accepted | SendFailed | None:
        """Look for the call."""
        found = self.found(lost, self.api.calls)
        if found is None:
            return None
        return self.settled(lost, [each for each in found if each.direction == "outbound-api"])

    def check(self) -> None:
        """Try the account, and whether the words can be kept."""
        super().check()
        self.spool.check()


def spoken(words: Words, settings: TwilioSettings) -> str:
    """The TwiML that speaks exactly these words and hangs up.

    :raises SendFailed: ``cannot_say`` if they are empty, too long, or in a language without a voice.
    """
    refuse_unsayable(words.text)
    if len(words.languages) != 1:
        raise SendFailed.cannot_say("a message that is not in exactly one language")
    [language] = words.languages
    base = language.partition("-")[0]
    tongue = settings.languages.get(language) or settings.languages.get(base)
    if tongue is None:
        raise SendFailed.cannot_say(f"no voice for the language {vendor_word(base)}")
    voice = settings.voices.get(language) or settings.voices.get(base)
    response = VoiceResponse()
    response.say(words.text, language=tongue, **({"voice": voice} if voice else {}))
    response.hangup()
    twiml = str(response)
    if len(twiml) > _MOST_TWIML or len(words.text.encode()) > _MOST_BYTES:
        raise SendFailed.cannot_say("more than can be spoken in one call")
    return twiml


def _silence(seconds: int) -> str:
    response = VoiceResponse()
    response.pause(length=seconds)
    response.hangup()
    return str(response)
