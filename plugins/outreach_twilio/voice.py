"""Calls an agent makes: Twilio rings the agent first, then the consumer, and joins the two.

https://www.twilio.com/docs/voice/api/call-resource, https://www.twilio.com/docs/voice/twiml/dial
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from twilio.twiml.voice_response import VoiceResponse

from outreach.channels import Ability, Accepted, Cleared, SendFailed, Spool, brief
from outreach.channels.callbacks import Callback, CallbackRefused, DeliveryNews, Lost, News
from outreach.domain import Outcome, Result, Way
from outreach_twilio.answers import ApiFailed
from outreach_twilio.channel import Ending, TwilioChannel, later, vendor_word
from outreach_twilio.settings import NUMBER

__all__ = ["CALL_ENDINGS", "CALL_STATUSES", "TwilioVoice"]

# Twilio's numbers that say more than their HTTP status; every other 4xx is a refusal.
CALL_ENDINGS: Final[Mapping[int, Ending]] = {
    20003: later,  # authentication failed: nothing is wrong with the contact
    20429: later,  # too many requests
}

# CallStatus of the leg to the consumer; None tells nothing that counts.
CALL_STATUSES: Final[Mapping[str, Result | None]] = {
    "queued": None,
    "initiated": None,
    "ringing": None,
    "in-progress": None,
    "completed": None,  # somebody or something answered: the agent, or AnsweredBy, tells who
    "busy": Result.BUSY,
    "no-answer": Result.NO_ANSWER,
    "canceled": Result.NO_ANSWER,  # broken off before an answer; it may have rung, so it counts
    "failed": Result.NOT_IN_SERVICE,  # it could not be connected
}

_FIRST = "YOUR TELEPHONE RINGS FIRST. Do not dial: you are connected when you answer."


class TwilioVoice(TwilioChannel):
    """The call of a task that an agent has taken. She gets the brief as a file.

    Nothing is asked about the agent's own leg: what became of it says nothing about the consumer.
    """

    name = "twilio-voice"
    medium = Way.CALL
    abilities = TwilioChannel.abilities | {Ability.WORK_LIST}
    endings = CALL_ENDINGS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        folder = self.settings.folder / Path(self.settings.path).expanduser() / self.medium.value
        self.spool = Spool(folder, ".txt")

    def refuse(self, cleared: Cleared) -> None:
        words = cleared.words
        if not NUMBER.fullmatch(cleared.sender.address):
            raise SendFailed.cannot_say("no number to show")
        if not words.text.strip() or not all(text.strip() for _, text in words.sections):
            raise SendFailed.cannot_say("a script with nothing in it")
        if cleared.agent not in self.settings.agents:
            raise SendFailed.cannot_say("no telephone in [plugin.twilio.agents] for the agent of this call")

    def hand_over(self, cleared: Cleared) -> Accepted:
        page = brief(
            attempt=cleared.attempt,
            to_name=cleared.to_name,
            number=cleared.address,
            sender=cleared.sender,
            words=cleared.words,
            good_until=cleared.good_until,
            background=cleared.brief,
        )
        if not self.spool.put(cleared.attempt, f"{_FIRST}\n\n{page}".encode()):
            raise SendFailed.unknown("handed_over_before")
        try:
            made = self.api.create_call(
                to=self.settings.agents[cleared.agent],
                from_=cleared.sender.address,
                twiml=bridge(cleared),
                timeout=self.settings.agent_ring_seconds,
            )
        except ApiFailed as error:
            failed = self.failure(error)
            if failed.outcome is not Outcome.UNKNOWN:
                self.spool.file(cleared.attempt).unlink(missing_ok=True)
            raise failed from None
        return Accepted(made.sid, vendor_word(made.status))

    def read_callback(self, callback: Callback) -> Iterable[News]:
        """What became of the consumer's leg."""
        fields = self.fields(callback)
        sid, word = fields.get("CallSid", ""), fields.get("CallStatus", "")
        if not sid.isalnum() or not word:
            raise CallbackRefused("a callback without CallSid or CallStatus")
        result = CALL_STATUSES.get(word, Result.UNRECOGNISED)
        if result is None or not callback.attempt or not fields.get("ParentCallSid"):
            return ()
        said = vendor_word(word)
        return [DeliveryNews(callback.attempt, result, said, key=f"{sid}:{said}")]

    def reconcile(self, lost: Lost) -> Accepted | SendFailed | None:
        """Look for a leg to the consumer: without one she was not called, whoever else was."""
        found = self.found(lost, self.api.calls)
        if found is None:
            return None
        return self.settled(lost, [each for each in found if each.direction == "outbound-dial"])

    def check(self) -> None:
        """Try the account, and whether briefs can be written."""
        super().check()
        self.spool.check()


def bridge(cleared: Cleared) -> str:
    """The TwiML the agent's leg runs: dial the consumer, showing the sender's number.

    With answerOnBridge the agent hears it ring until the consumer answers. The end is asked of the consumer's
    own leg: ``completed`` stands for every way in which a call ends.
    """
    response = VoiceResponse()
    dial = response.dial(caller_id=cleared.sender.address, answer_on_bridge=True)
    told = {"status_callback": cleared.callback_url, "status_callback_event": "completed"}
    dial.number(cleared.address, **(told if cleared.callback_url else {}))
    return str(response)
