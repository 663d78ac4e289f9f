"""What the twilio plugin sends is what Twilio's OpenAPI description takes, and it knows all of its words."""

from pathlib import Path
from typing import Any

import pytest

from outreach.channels import Accepted, Channel, SendFailed
from outreach.domain import FrozenClock, Outcome, Way
from outreach.testing import NOW, make_cleared
from outreach_twilio import TwilioSms, TwilioVoice, TwilioVoicemail, sms, voice, voicemail
from outreach_twilio.client import TwilioApi
from tests.plugins.twilio_vendor import PUBLIC, FakeTwilio, settings, told

BACK = PUBLIC + "twilio/01K5"
WAYS = {Way.SMS: TwilioSms, Way.CALL: TwilioVoice, Way.VOICEMAIL: TwilioVoicemail}


def channel(way: Way, folder: Path, url: str) -> Any:
    mine = settings(folder, url, read_seconds=30)
    return WAYS[way](mine, TwilioApi(mine), mine.sms_rate.rate(), FrozenClock(NOW))


def send(way: Way, sending: Channel) -> Accepted:
    return sending.deliver(make_cleared(way, agent="ana", callback_url=BACK), FrozenClock(NOW))


@pytest.mark.parametrize(("way", "prefix"), [(Way.SMS, "SM"), (Way.CALL, "CA"), (Way.VOICEMAIL, "CA")])
def test_each_channel_sends_through_the_official_description(
    tmp_path: Path, prism: str, way: Way, prefix: str
) -> None:
    accepted = send(way, channel(way, tmp_path, prism))
    assert prefix == accepted.provider_id[:2]
    assert "no_word" != accepted.said


def test_a_request_that_is_not_in_the_description_is_refused(tmp_path: Path, prism: str) -> None:
    """So that the tests above cannot pass by themselves."""
    sending = channel(Way.SMS, tmp_path, prism)
    create = sending.api.create_message
    sending.api.create_message = lambda **fields: create(**{**fields, "validity_period": "soon"})
    with pytest.raises(SendFailed) as failed:
        send(Way.SMS, sending)
    assert (Outcome.REFUSED, "422") == (failed.value.outcome, failed.value.code)


def test_the_words_are_spoken_through_the_official_description(tmp_path: Path, prism: str) -> None:
    sending = channel(Way.VOICEMAIL, tmp_path, prism)
    cleared = make_cleared(Way.VOICEMAIL, attempt="01K5ATTEMPT", callback_url=BACK)
    accepted = sending.deliver(cleared, FrozenClock(NOW))
    updated = []
    update = sending.api.update_call
    sending.api.update_call = lambda sid, **fields: updated.append((update(sid, **fields), sorted(fields)))
    for answered in ("machine_end_beep", "human"):
        list(sending.read_callback(told(sending, {"CallSid": accepted.provider_id, "AnsweredBy": answered})))
    assert [(None, ["twiml"]), (None, ["status"])] == updated


@pytest.mark.parametrize(("way", "prefix"), [(Way.SMS, "SM"), (Way.CALL, "CA")])
def test_looking_up_reads_what_the_official_description_lists(
    tmp_path: Path, prism: str, way: Way, prefix: str
) -> None:
    """One of it: what the example calls its next page is one the description itself does not allow."""
    api = channel(way, tmp_path, prism).api
    [found] = (api.messages if way is Way.SMS else api.calls)("+16145550142", "+16145550100", 1)
    assert prefix == found.sid[:2]
    assert found.created_at.tzinfo is not None
    assert (found.status, found.direction) != ("None", "None")


def test_checking_reads_the_account(tmp_path: Path, prism: str) -> None:
    assert "active" == channel(Way.SMS, tmp_path, prism).api.account_status()


def _fields(spec: Any, path: str) -> set[str]:
    body = spec["paths"][f"/2010-04-01/Accounts/{{AccountSid}}/{path}.json"]["post"]["requestBody"]
    return set(body["content"]["application/x-www-form-urlencoded"]["schema"]["properties"])


@pytest.mark.parametrize("way", list(WAYS))
def test_every_field_we_send_is_one_that_twilio_names(tmp_path: Path, spec: Any, way: Way) -> None:
    """prism lets a field pass that the description does not know: a misspelt one would say nothing."""
    with FakeTwilio().serving() as vendor:
        send(way, channel(way, tmp_path, vendor.url))
        [asked] = [each for each in vendor.asked if each.method == "POST"]
    assert set() == set(asked.form) - _fields(spec, "Messages" if way is Way.SMS else "Calls")


@pytest.mark.parametrize(
    ("table", "named"),
    [(sms, "message_enum_status"), (voice, "call_enum_status"), (voicemail, "call_enum_status")],
)
def test_every_status_twilio_names_is_in_our_table(spec: Any, table: Any, named: str) -> None:
    assert set() == set(spec["components"]["schemas"][named]["enum"]) - set(table._STATUSES)
