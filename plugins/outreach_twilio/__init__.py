"""Twilio: SMS, bridged calls and voicemails, with what comes back.

    [plugin.twilio]
    account_sid = "AC..."       # the token comes from OUTREACH_PLUGIN__TWILIO__AUTH_TOKEN

    [plugin.twilio.agents]      # whose telephone rings first in a call, by the agent's name
    ana = "+16145550123"

Everything else is in ``outreach_twilio.settings`` and plugins/README.md. It needs the extra ``twilio``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from outreach.channels import Channel
from outreach.domain import Contact, Sender, Way
from outreach.hookspecs import hookimpl
from outreach_twilio.senders import sticky
from outreach_twilio.settings import TwilioSettings
from outreach_twilio.sms import TwilioSms
from outreach_twilio.voice import TwilioVoice
from outreach_twilio.voicemail import TwilioVoicemail

__all__ = ["OUTREACH_API", "TwilioSettings", "TwilioSms", "TwilioVoice", "TwilioVoicemail"]

OUTREACH_API = 1

_OURS = frozenset({Way.SMS, Way.CALL, Way.VOICEMAIL})


@hookimpl
def outreach_register_channels(register: Callable[[Channel], None], settings: Mapping[str, Any]) -> None:
    """The three channels, over the same connections."""
    from outreach_twilio.client import TwilioApi  # noqa: PLC0415 - see there

    mine = TwilioSettings(**settings)
    api = TwilioApi(mine)
    register(TwilioSms(mine, api, mine.sms_rate.rate()))
    register(TwilioVoice(mine, api, mine.voice_rate.rate()))
    register(TwilioVoicemail(mine, api, mine.voicemail_rate.rate()))


@hookimpl
def outreach_choose_sender(contact: Contact, senders: Sequence[Sender]) -> Sender | None:
    """The same number for a person each time."""
    return sticky(contact.person, senders) if contact.channel in _OURS else None
