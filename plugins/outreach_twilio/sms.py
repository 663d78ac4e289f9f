"""SMS through Twilio's Messages resource. Twilio's words are translated here and nowhere else.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from outreach.channels import Accepted, Cleared, SendFailed
from outreach.channels.callbacks import Callback, CallbackRefused, DeliveryNews, Lost, News, ReplyNews
from outreach.domain import Result, Way
from outreach_twilio.answers import ApiFailed, Found
from outreach_twilio.channel import Ending, TwilioChannel, later, refuse_unsayable, vendor_word

__all__ = ["TwilioSms"]

# Twilio's numbers that say more than their HTTP status; every other 4xx is a refusal.
_ENDINGS: Final[Mapping[int, Ending]] = {
    21610: SendFailed.opted_out,  # the recipient has answered STOP to this sender
    20003: later,  # authentication failed: nothing is wrong with the contact
    20429: later,  # too many requests
}

# MessageStatus; None tells nothing that "accepted" did not.
_STATUSES: Final[Mapping[str, Result | None]] = {
    "accepted": None,
    "scheduled": None,
    "queued": None,
    "sending": None,
    "sent": Result.SENT,
    "partially_delivered": Result.DELIVERED,  # part of it was read: it counts as the whole
    "delivered": Result.DELIVERED,
    "read": Result.DELIVERED,
    "undelivered": Result.BOUNCED,
    "failed": Result.BOUNCED,
    "canceled": Result.BOUNCED,
    "receiving": None,  # these two are of messages to us
    "received": None,
}

# OptOutType of a message to us; HELP asks for information and is answered by Twilio itself.
_WISHES: Final[Mapping[str, str]] = {"STOP": "stop", "START": "start", "HELP": ""}

# A number, a short code, or a name of at most eleven letters and digits.
_SENDER: Final = re.compile(r"\+?[0-9]{3,15}|[0-9A-Za-z ]{1,11}")

# Made, but it never left Twilio.
_NEVER_LEFT: Final = frozenset({"failed", "canceled"})


class TwilioSms(TwilioChannel):
    """SMS.

    ``good_until`` goes along as ValidityPeriod, the time a message may wait in Twilio's queue. The ability
    ``expires_at_provider`` is not claimed all the same: the period is counted in whole seconds from when the
    request arrives, so it may end a second and the way there too late, and it does not bind the carrier.
    """

    name = "twilio-sms"
    medium = Way.SMS
    endings = _ENDINGS

    def refuse(self, cleared: Cleared) -> None:
        text = cleared.words.text
        if not _SENDER.fullmatch(cleared.sender.address):
            raise SendFailed.cannot_say("no number, short code or name to send from")
        refuse_unsayable(text)
        # Twilio does not say how it counts what lies outside the basic plane; two each is the longer count.
        if len(text.encode("utf-16-le")) // 2 > self.settings.sms_max_characters:
            raise SendFailed.cannot_say(f"more than {self.settings.sms_max_characters} characters")

    def hand_over(self, cleared: Cleared) -> Accepted:
        left = int((cleared.good_until - self.clock.now()).total_seconds())
        fields: dict[str, Any] = {
            "to": cleared.address,
            "from_": cleared.sender.address,
            "body": cleared.words.text,
            "validity_period": min(max(left, 1), 36_000),
            # A messaging service may be set to exchange letters for others that are shorter to send.
            "smart_encoded": False,
        }
        if self.settings.messaging_service_sid:
            fields["messaging_service_sid"] = self.settings.messaging_service_sid
        if cleared.callback_url:
            fields["status_callback"] = cleared.callback_url
        try:
            made = self.api.create_message(**fields)
        except ApiFailed as error:
            raise self.failure(error) from None
        return Accepted(made.sid, vendor_word(made.status))

    def read_callback(self, callback: Callback) -> Iterable[News]:
        """What became of a message of ours, or a message to us where no attempt stands in the path."""
        fields = self.fields(callback)
        sid = fields.get("MessageSid") or fields.get("SmsSid", "")
        if not sid.isalnum():
            raise CallbackRefused("a callback without MessageSid")
        if not callback.attempt:
            return self._reply(fields, sid)
        word = fields.get("MessageStatus") or fields.get("SmsStatus", "")
        if not word:
            raise CallbackRefused("a callback without MessageStatus")
        result = _STATUSES.get(word, Result.UNRECOGNISED)
        if result is None:
            return ()
        error = fields.get("ErrorCode", "")
        said = f"{vendor_word(word)} {error}" if error.isdecimal() and len(error) <= 6 else vendor_word(word)
        return [
            DeliveryNews(
                callback.attempt,
                result,
                said,
                key=f"{sid}:{vendor_word(word)}",
                # Never wrong_number: 30005, "unknown destination handset", may be a telephone out of use
                # for a while, and earlier calls to it would then stop counting.
            )
        ]

    def _reply(self, fields: Mapping[str, str], sid: str) -> Iterable[News]:
        if "MessageStatus" in fields:
            return ()  # of a message that was not sent by an attempt
        if "Body" not in fields or not fields.get("From", "").lstrip("+").isdecimal():
            raise CallbackRefused("a message to us without a number or a text")
        wish = _WISHES.get(fields.get("OptOutType", ""), "")
        return [ReplyNews(Way.SMS, fields["From"], fields["Body"], key=sid, wish=wish)]

    def reconcile(self, lost: Lost) -> Accepted | SendFailed | None:
        """Look for a message with these words.

        ``None`` too where there is another one that no attempt is known to have sent: its words may have been
        redacted, or Twilio may have changed them.
        """
        found = self.found(lost, self.api.messages)
        if found is None:
            return None
        sent = [each for each in found if each.direction != "inbound"]
        same = [each for each in sent if _same_words(each, lost)]
        failed = [each for each in same if each.status in _NEVER_LEFT]
        if same and len(failed) == len(same):
            return SendFailed.refused(failed[0].error or vendor_word(failed[0].status))
        if sent and not same:
            return None
        return self.settled(lost, [each for each in same if each not in failed])


def _same_words(found: Found, lost: Lost) -> bool:
    return found.text.split() == lost.words.text.split()
