"""The twilio plugin as a whole: its settings, its sticky senders, its check and its connections."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from outreach.channels import Channel, HandedOver, Rate
from outreach.domain import Contact, FrozenClock, Sender, Way
from outreach.errors import ContainedError, OutreachError, PluginError
from outreach.plugins import load_plugins
from outreach.settings import load_settings
from outreach.testing import NOW, Reply, make_cleared
from outreach_twilio import TwilioSms, outreach_choose_sender, outreach_register_channels
from outreach_twilio.client import TwilioApi
from tests.plugins.twilio_vendor import ACCOUNT, TOKEN, FakeTwilio, error, settings, vendor

__all__ = ["vendor"]

# ---- settings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"account_sid": "harbor"},
        {"auth_token": " "},
        {"api_key": "SK01"},
        {"agents": {"ana": "555-0123"}},
        {"base_url": "http://api.twilio.example"},
        {"base_url": "https://api.twilio.example/2010"},
        {"base_url": "api.twilio.example"},
        {"sms_max_characters": 1601},
        {"voicemail_after": ["human"]},
        {"read_seconds": 0},
        {"colour": "blue"},
    ],
    ids=str,
)
def test_an_impossible_setting_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(tmp_path, "https://api.twilio.com", **changes)
    assert TOKEN not in str(refused.value)


def test_it_loads_by_name_with_its_token_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f'plugins = ["twilio"]\n[plugin.twilio]\naccount_sid = "{ACCOUNT}"\nsms_rate = {{per_day = 9}}\n'
    (tmp_path / "outreach.toml").write_text(text)
    monkeypatch.setenv("OUTREACH_PLUGIN__TWILIO__AUTH_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)
    registry = load_plugins(load_settings(tmp_path), project_folder=tmp_path, builtin=[])
    assert ["twilio-sms", "twilio-voice", "twilio-voicemail"] == sorted(registry.channels)
    assert 9 == registry.channels["twilio-sms"].rate.per_day


def test_without_a_token_it_does_not_start_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outreach.toml").write_text(
        f'plugins = ["twilio"]\n[plugin.twilio]\naccount_sid = "{ACCOUNT}"\n'
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PluginError, match="auth_token"):
        load_plugins(load_settings(tmp_path), project_folder=tmp_path, builtin=[])


def test_each_channel_has_the_rate_it_was_given(tmp_path: Path) -> None:
    channels: list[Channel] = []
    given = {"per_second": 3, "per_day": 100, "sender_per_second": 1, "sender_per_day": 50, "at_once": 4}
    mine = {"folder": tmp_path, "account_sid": ACCOUNT, "auth_token": TOKEN, "sms_rate": given}
    outreach_register_channels(channels.append, mine)
    assert Rate(3, 4, 100, 1, 50) == channels[0].rate
    assert Rate(per_second=1, at_once=2) == channels[1].rate


# ---- sticky senders --------------------------------------------------------------------------------------


def pool(count: int, way: Way = Way.SMS) -> list[Sender]:
    return [Sender(f"line-{index}", way, f"+1614555010{index}") for index in range(count)]


def chosen(person: str, senders: list[Sender], way: Way = Way.SMS) -> Sender | None:
    return outreach_choose_sender(Contact(person, way, "+16145550142"), senders)


@pytest.mark.parametrize("way", [Way.SMS, Way.CALL, Way.VOICEMAIL])
def test_a_person_hears_from_the_same_number_whatever_the_order(way: Way) -> None:
    senders = pool(5, way)
    assert chosen("p-1", senders, way) == chosen("p-1", senders[::-1], way)
    assert chosen("p-1", senders, way) in senders


def test_people_are_spread_over_the_pool() -> None:
    counts = [0] * 5
    for index in range(1000):
        sender = chosen(f"p-{index}", pool(5))
        assert sender is not None
        counts[int(sender.id[-1])] += 1
    assert 150 < min(counts)
    assert max(counts) < 250


def test_a_number_that_is_added_takes_its_share_and_moves_nobody_else() -> None:
    people = [f"p-{index}" for index in range(1000)]
    moved = [person for person in people if chosen(person, pool(4)) != chosen(person, pool(5))]
    assert all(chosen(person, pool(5)) == pool(5)[4] for person in moved)
    assert 150 < len(moved) < 250


@pytest.mark.parametrize("way", [Way.EMAIL, Way.LETTER, Way.VISIT])
def test_the_choice_for_other_ways_is_left_to_others(way: Way) -> None:
    assert chosen("p-1", pool(2, way), way) is None


# ---- checking --------------------------------------------------------------------------------------------


def channel(folder: Path, vendor: FakeTwilio, **changes: Any) -> TwilioSms:
    mine = settings(folder, vendor.url, **changes)
    return TwilioSms(mine, TwilioApi(mine), mine.sms_rate.rate(), FrozenClock(NOW))


def test_checking_reads_the_account_and_nothing_more(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel(tmp_path, vendor).check()
    assert [("GET", f"/2010-04-01/Accounts/{ACCOUNT}.json")] == [(a.method, a.path) for a in vendor.asked]


def test_checking_tries_an_api_key_on_what_it_may_read(tmp_path: Path, vendor: FakeTwilio) -> None:
    channel(tmp_path, vendor, api_key="SK01", api_secret="s3cret-of-the-key").check()
    assert 2 == len(vendor.asked)
    assert 2 == len({asked.headers["authorization"] for asked in vendor.asked})


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (error(401, 20003, "Authenticate"), "does not accept the credentials"),
        (error(404, 20404, "not found"), "does not accept the credentials"),
        (Reply(200, {"sid": ACCOUNT, "status": "suspended"}), "not active"),
        (Reply(200, b"<html>"), "cannot be reached"),
    ],
    ids=["wrong token", "no such account", "suspended", "somebody else answers"],
)
def test_checking_says_what_is_wrong_and_the_cure(
    tmp_path: Path, vendor: FakeTwilio, answer: Reply, what: str
) -> None:
    vendor.next(answer)
    with pytest.raises(OutreachError, match=what) as wrong:
        channel(tmp_path, vendor).check()
    assert wrong.value.remedy
    assert TOKEN not in str(wrong.value)


def test_checking_an_address_where_nobody_listens_says_so(tmp_path: Path) -> None:
    other = FakeTwilio()
    with other.serving():
        url = other.url
    with pytest.raises(ContainedError, match="cannot be reached"):
        TwilioSms(mine := settings(tmp_path, url), TwilioApi(mine), Rate()).check()


# ---- connections -----------------------------------------------------------------------------------------


def test_every_thread_gets_its_own_answer(tmp_path: Path, vendor: FakeTwilio) -> None:
    """The library hands answers over through an attribute that all threads share; ours does not."""
    sms = channel(tmp_path, vendor)
    passes = [make_cleared(Way.SMS, address=f"+1614555{index:04}") for index in range(64)]

    def sent(cleared: Any) -> tuple[str, str]:
        return cleared.address, sms.deliver(cleared, FrozenClock(NOW)).provider_id

    with ThreadPoolExecutor(8) as threads:
        got = dict(threads.map(sent, passes))
    assert {each["to"]: each["sid"] for each in vendor.messages} == got


def test_the_environment_of_the_library_does_not_lead_elsewhere(
    tmp_path: Path, vendor: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "elsewhere")
    monkeypatch.setenv("TWILIO_EDGE", "elsewhere")
    channel(tmp_path, vendor).deliver(make_cleared(Way.SMS), FrozenClock(NOW))
    assert 1 == len(vendor.messages)


def test_what_was_handed_over_is_forgotten_after_a_while_and_memory_stays_level() -> None:
    handed = HandedOver(most=3)
    for index in range(5):
        assert handed.claim(f"attempt-{index}") is None
    assert handed.claim("attempt-0") is None
