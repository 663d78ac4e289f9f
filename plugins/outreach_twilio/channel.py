"""What the three channels share: handing over once, failures, signatures, looking up, checking."""

from __future__ import annotations

import re
import unicodedata
from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from twilio.request_validator import RequestValidator

from outreach.channels import Ability, Accepted, Channel, Cleared, HandedOver, Rate, SendFailed
from outreach.channels.callbacks import Callback, CallbackRefused, Lost
from outreach.domain import Clock, SystemClock
from outreach.errors import ContainedError, SettingsError
from outreach_twilio.answers import ApiFailed, Found, NeverLeft, SaidNo
from outreach_twilio.settings import NUMBER, TwilioSettings

if TYPE_CHECKING:
    from outreach_twilio.client import TwilioApi

__all__ = ["Ending", "TwilioChannel", "later", "refuse_unsayable", "vendor_word"]

Ending = Callable[[object], SendFailed]
later: Final[Ending] = partial(SendFailed.not_sent, retry=True)
"""It never left, through no fault of this contact."""

# What an HTTP status says where the channel's table does not know Twilio's own number.
_STATUSES: Final[Mapping[int, Ending]] = {408: SendFailed.unknown, 429: later}

_MOST_LISTED = 200
# How far the clocks may differ, and how long after an attempt is opened its request may still reach Twilio.
_BEFORE, _AFTER = timedelta(minutes=2), timedelta(minutes=10)
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}")


class TwilioChannel(Channel):
    """A channel on Twilio. A subclass says what it refuses and what it hands over."""

    abilities = frozenset({Ability.CALLBACKS, Ability.RECONCILE})
    endings: ClassVar[Mapping[int, Ending]]

    def __init__(
        self, settings: TwilioSettings, api: TwilioApi, rate: Rate, clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self.api = api
        self.rate = rate
        self.clock = clock or SystemClock()
        self._handed = HandedOver()
        self._validators = [RequestValidator(token) for token in settings.tokens]

    # ---- sending -------------------------------------------------------------------------------------

    def send(self, cleared: Cleared) -> Accepted:
        """Hand it over, once for each attempt."""
        if not NUMBER.fullmatch(cleared.address):
            raise SendFailed.cannot_say("no telephone number in E.164")
        self.refuse(cleared)
        return self._handed.once(cleared.attempt, partial(self.hand_over, cleared))

    @abstractmethod
    def refuse(self, cleared: Cleared) -> None:
        """Before any request.

        :raises SendFailed: ``cannot_say`` if these words cannot be carried.
        """

    @abstractmethod
    def hand_over(self, cleared: Cleared) -> Accepted:
        """Make the one request.

        :raises SendFailed: for every other end.
        """

    def failure(self, error: ApiFailed) -> SendFailed:
        """In our words: did it leave?"""
        if isinstance(error, NeverLeft):
            return later(error.code)
        if not isinstance(error, SaidNo):
            return SendFailed.unknown(error.code)
        known = self.endings.get(error.number) or _STATUSES.get(error.status)
        if known is None:
            # An error of Twilio's own, or of something before it: it may have been made all the same.
            known = SendFailed.refused if 400 <= error.status < 500 else SendFailed.unknown
        return known(error.code)

    # ---- callbacks -----------------------------------------------------------------------------------

    def verify_callback(self, callback: Callback) -> None:
        """The signature over the public URL and the fields, made with any token in force.

        A body that is no form is covered only through its digest in the signed URL (``bodySHA256``).
        https://www.twilio.com/docs/usage/security#validating-requests
        """
        signature = callback.header("X-Twilio-Signature")
        if not signature:
            raise CallbackRefused("a callback without X-Twilio-Signature")
        body: dict[str, str] | str
        if "json" in callback.header("Content-Type").lower():
            if "bodySHA256" not in callback.query:
                raise CallbackRefused("a callback whose body is not covered by its signature")
            try:
                body = callback.body.decode()
            except UnicodeDecodeError:
                raise CallbackRefused("the body of a callback is not UTF-8") from None
        else:
            body = callback.form
        if not any(each.validate(callback.url, body, signature) for each in self._validators):
            raise CallbackRefused(
                "the signature of a callback does not match",
                why="it is forged, its URL is not the one Twilio called, or the token is another",
                remedy="set the public URL of outreach and OUTREACH_PLUGIN__TWILIO__AUTH_TOKEN",
            )

    def fields(self, callback: Callback) -> dict[str, str]:
        """The fields of a verified callback, of a form or of a JSON object.

        :raises CallbackRefused: if it holds neither.
        """
        if "json" not in callback.header("Content-Type").lower():
            return {**callback.query, **callback.form}
        value = callback.json
        if not isinstance(value, dict):
            raise CallbackRefused("the body of a callback is no JSON object")
        return {str(name): str(each) for name, each in value.items() if each is not None}

    # ---- looking up ----------------------------------------------------------------------------------

    def found(self, lost: Lost, listed: Callable[[str, str, int], list[Found]]) -> list[Found] | None:
        """What Twilio made from this sender to this number at the time of the attempt.

        :returns: ``None`` if it cannot be told: Twilio does not answer or does not let us look (`outreach
            doctor` tells why), or lists too many.
        """
        try:
            latest = listed(lost.address, lost.sender.address, _MOST_LISTED)
        except ApiFailed:
            return None
        begin, end = lost.opened_at - _BEFORE, lost.opened_at + _AFTER
        if len(latest) == _MOST_LISTED and all(
            each.created_at and each.created_at > begin for each in latest
        ):
            return None
        return [
            each
            for each in latest
            if (each.created_at is None or begin <= each.created_at <= end)
            and not self._handed.belongs_to_another(each.sid, lost.attempt)
        ]

    def settled(self, lost: Lost, matches: list[Found]) -> Accepted | SendFailed | None:
        """From what matches: it left, it did not, or it is too early to say."""
        if matches:
            return Accepted(matches[0].sid, vendor_word(matches[0].status))
        if self.clock.now() < lost.opened_at + _AFTER:
            return None
        return SendFailed.not_sent("not_found_at_twilio", retry=False)

    # ---- checking ------------------------------------------------------------------------------------

    def check(self) -> None:
        """Read the account; sends nothing."""
        try:
            status = self.api.account_status()
        except SaidNo as error:
            raise SettingsError(
                "Twilio does not accept the credentials",
                where="plugin.twilio",
                why=f"it answered {error.code}",
                remedy="compare account_sid, OUTREACH_PLUGIN__TWILIO__AUTH_TOKEN and, where they are set, "
                "API_KEY and API_SECRET with Twilio's console",
            ) from None
        except ApiFailed as error:
            raise ContainedError(
                "Twilio cannot be reached",
                where="plugin.twilio.base_url",
                why=error.code,
                remedy="try the network, the proxy and base_url, then Twilio's status page",
            ) from None
        if status != "active":
            raise SettingsError(
                "the Twilio account is not active",
                where="plugin.twilio.account_sid",
                why=f"Twilio says {vendor_word(status)}",
                remedy="settle it in Twilio's console",
            )


def refuse_unsayable(text: str) -> None:
    """:raises SendFailed: ``cannot_say`` for words that are empty or hold what no message can carry."""
    if not text.strip():
        raise SendFailed.cannot_say("nothing")
    if any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\t" for each in text):
        raise SendFailed.cannot_say("control characters")


def vendor_word(word: str) -> str:
    """Twilio's own word as it was; what has not the shape of one is not repeated."""
    return word if _WORD.fullmatch(word) else "no_word"
