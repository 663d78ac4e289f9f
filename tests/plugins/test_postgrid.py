"""PostGrid letters keep every promise of a channel, against a server that answers in PostGrid's format."""

import hashlib
import hmac
import html
import json
import logging
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from outreach.channels import Accepted, Callback, CallbackRefused, Channel, DeliveryNews, Lost, SendFailed
from outreach.domain import Outcome, Result, Way
from outreach.errors import SettingsError
from outreach.testing import (
    NOW,
    Asked,
    ChannelSuite,
    Failure,
    FakeVendor,
    Reply,
    Told,
    Unsayable,
    private_texts,
    sample_sender,
    sample_words,
)
from outreach_postgrid import PostGridLetter, PostGridSettings, outreach_register_channels
from outreach_postgrid.statuses import RESULTS

SECRET = "whsec_0123456789abcdefghij"
PATH = "/print-mail/v1/letters"
# postgrid.readme.io: errors have a type, and a message that may quote what was sent
PROBLEM = {"object": "error", "error": {"type": "validation_error", "message": "to Rosalind Okafor is wrong"}}


class PostGrid:
    """Orders by idempotency key, as PostGrid keeps them."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.bodies: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("x-api-key") != "test_sk_1":
            return Reply(
                401, {"object": "error", "error": {"type": "invalid_api_key_error", "message": "no"}}
            )
        if asked.method == "GET":
            [wanted] = parse_qs(urlsplit(asked.path).query).get("search", [""])
            found = [one for one in self.orders.values() if wanted.strip('"') in json.dumps(one)]
            return Reply(
                200, {"object": "list", "limit": 10, "skip": 0, "totalCount": len(found), "data": found}
            )
        assert asked.path == PATH
        key = asked.headers["idempotency-key"]
        if key not in self.orders:
            body = asked.json
            self.bodies.append(body)
            self.orders[key] = self.order(body)
        return Reply(201, self.orders[key])

    def order(self, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": "letter_pxd7wnnDxYHetKNvj" + "abcdefghijklmnopqrstuvwxyz"[len(self.bodies) - 1],
            "object": "letter",
            "live": False,
            "addressPlacement": body["addressPlacement"],
            "color": body["color"],
            "createdAt": "2026-03-10T15:00:00.000Z",
            "doubleSided": body["doubleSided"],
            "envelope": "standard",
            "from": {"id": "contact_1", "object": "contact", **body["from"]},
            "mailingClass": body["mailingClass"],
            "metadata": body["metadata"],
            "sendDate": "2026-03-10T15:00:00.000Z",
            "size": body["size"],
            "status": "ready",
            "to": {"id": "contact_2", "object": "contact", **body["to"]},
            "updatedAt": "2026-03-10T15:00:00.000Z",
        }


def channel_at(url: str, folder: Path, **settings: Any) -> PostGridLetter:
    given = {"api_key": "test_sk_1", "webhook_secret": SECRET, "base_url": url, "seconds": 20, **settings}
    return PostGridLetter(PostGridSettings(folder=folder, **given))


def text_of(body: dict[str, Any]) -> str:
    found = re.search(r"<main>(.*)</main>", body["html"], re.DOTALL)
    assert found
    return html.unescape(found[1])


class TestPostGridLetter(ChannelSuite):
    def make_channel(self, folder: Path) -> Channel:
        self.postgrid = PostGrid()
        self.vendor = self.enter(FakeVendor(self.postgrid.answer).serving())
        return channel_at(self.vendor.url, folder)

    def carried(self) -> Sequence[str]:
        return [text_of(body) for body in self.postgrid.bodies]

    def refusing(self, status: int, value: Any = PROBLEM) -> Any:
        return lambda: self.vendor.next(Reply(status, value))

    def failures(self) -> Sequence[Failure]:
        return [
            Failure("the order is wrong", self.refusing(422), Outcome.REFUSED),
            Failure("the request is wrong", self.refusing(400, b"no json"), Outcome.REFUSED),
            Failure("the key is wrong", self.refusing(401), Outcome.NOT_SENT),
            Failure("too many requests", self.refusing(429), Outcome.NOT_SENT, retry=True),
            Failure("already at it", self.refusing(409), Outcome.UNKNOWN),
            Failure("trouble at theirs", self.refusing(500), Outcome.UNKNOWN),
            Failure("bad gateway", self.refusing(502, b"<html>"), Outcome.UNKNOWN),
            Failure("an answer that is no letter", self.refusing(200, {"object": "list"}), Outcome.UNKNOWN),
            Failure("an answer that is no JSON", self.refusing(200, b"{"), Outcome.UNKNOWN),
            Failure(
                "an id that is none", self.refusing(200, {"id": "a b", "status": "ready"}), Outcome.UNKNOWN
            ),
            Failure("connection reset", lambda: self.vendor.next(FakeVendor.reset), Outcome.UNKNOWN),
            Failure("answer cut off", lambda: self.vendor.next(FakeVendor.cut), Outcome.UNKNOWN),
            Failure("silence", self.silent, Outcome.UNKNOWN),
            Failure("nobody there", lambda: nobody_there(self.channel), Outcome.NOT_SENT, retry=True),
        ]

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Silence for longer than the client waits; elsewhere it is patient, however busy the machine is."""
        client: Any = self.channel._client  # type: ignore[attr-defined]
        before, client.timeout = client.timeout, 0.3
        self.vendor.next(FakeVendor.silence(0.6))
        try:
            yield
        finally:
            client.timeout = before

    def unsayable(self) -> Sequence[Unsayable]:
        sampled = sample_words(Way.LETTER)
        return [
            Unsayable("no text", replace(sampled, text=" \n")),
            Unsayable("NUL in the text", replace(sampled, text="before\0after")),
            Unsayable("no address", address="\n \n"),
            Unsayable("only a name", address="Rosalind Okafor"),
            Unsayable("no postal code", address="Rosalind Okafor\n12 Larkspur Lane\nColumbus OH\nUS"),
            Unsayable("another country", address="Rosalind Okafor\nRing 1\n53113 Bonn\nDE"),
            Unsayable("nothing judged for the envelope", replace(sampled, envelope=())),
            Unsayable("one line for the envelope", replace(sampled, envelope=("PO Box 7",))),
        ]

    def secrets(self) -> Sequence[str]:
        return ["test_sk_1", SECRET]

    def callbacks(self) -> Sequence[Told]:
        moment = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
        mailed = DeliveryNews("01K5", Result.SENT, "processed_for_delivery", "", moment)
        return [
            Told("on its way", signed(event()), [mailed]),
            Told("no letter", signed(event("postcard.updated"))),
        ]

    def forged(self) -> Mapping[str, Callback]:
        return {
            "another secret": signed(event(), secret="whsec_of_another_account"),
            "an hour old": signed(event(), at=NOW - timedelta(hours=1)),
        }

    def words_of_vendor(self) -> Mapping[str, Result | None]:
        return dict(RESULTS)

    def word_callback(self, word: str, attempt: str) -> Callback:
        return signed(event(id=f"letter_{attempt}", status=word, metadata={"attempt": attempt}))

    def test_one_send_is_one_request_whatever_is_answered(self) -> None:
        """The client would try again by itself; whether to is not its to say."""
        for status in (200, 408, 409, 429, 500, 503):
            before = len(self.vendor.asked)
            self.vendor.next(Reply(status, PROBLEM))
            self.outcome_of(self.cleared())
            assert before + 1 == len(self.vendor.asked), status

    def test_the_order_holds_address_sender_and_key(self) -> None:
        cleared = self.cleared(address="Rosalind Okafor\nc/o Bo\nFloor 2\nColumbus, OH 43004-1234\nUS")
        accepted = self.deliver(cleared)
        assert Accepted("letter_pxd7wnnDxYHetKNvja", "ready") == accepted
        [asked] = self.vendor.asked
        assert ("POST", PATH, "test_sk_1", cleared.attempt) == (
            asked.method,
            asked.path,
            asked.headers["x-api-key"],
            asked.headers["idempotency-key"],
        )
        [body] = self.postgrid.bodies
        expected = {
            "firstName": "Rosalind Okafor",
            "addressLine1": "c/o Bo",
            "addressLine2": "Floor 2",
            "city": "Columbus",
            "provinceOrState": "OH",
            "postalOrZip": "43004-1234",
            "countryCode": "US",
        }
        assert expected == body["to"]
        assert {"attempt": cleared.attempt} == body["metadata"]
        assert ("us_letter", "first_class", True, False, "insert_blank_page") == tuple(
            body[name] for name in ("size", "mailingClass", "doubleSided", "color", "addressPlacement")
        )

    def test_a_letter_to_canada_goes_to_canada(self) -> None:
        self.deliver(self.cleared(address="Rosalind Okafor\n1 Larkspur Lane\nOttawa ON K1A 0B1\nCA"))
        to = self.postgrid.bodies[0]["to"]
        assert ("Ottawa", "ON", "K1A 0B1", "CA") == (
            to["city"],
            to["provinceOrState"],
            to["postalOrZip"],
            to["countryCode"],
        )

    def test_the_envelope_shows_the_lines_that_were_judged_and_no_name_of_ours(self) -> None:
        """12 CFR 1006.22(f)(2)."""
        for envelope in (("PO Box 7", "Columbus OH 43004"), ("Suite 4", "9 Dock Rd", "Columbus OH 43215")):
            self.deliver(self.cleared(words=replace(sample_words(Way.LETTER), envelope=envelope)))
            sender = self.postgrid.bodies[-1]["from"]
            shown = [sender.get(name) for name in ("companyName", "addressLine1", "addressLine2")]
            assert list(envelope) == [line for line in shown if line]
            assert sample_sender(Way.LETTER).name not in json.dumps(sender)

    def test_words_are_neither_html_nor_variables_of_theirs(self) -> None:
        evil = "{{to.firstName}} {{{x}}} <script>alert(1)</script> &amp; </main>"
        self.deliver(self.cleared(words=replace(sample_words(Way.LETTER), text=evil, subject="{{from}} <b>")))
        [body] = self.postgrid.bodies
        assert evil == text_of(body)
        assert "{{" not in body["html"]
        assert "<script" not in body["html"]
        assert "<h1>&#123;&#123;from&#125;&#125; &lt;b&gt;</h1>" in body["html"]

    def test_debug_logs_of_the_client_hold_nothing_private(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        logging.getLogger("postgrid").setLevel(logging.DEBUG)
        self.channel = channel_at(self.vendor.url, Path())
        cleared = self.cleared()
        self.deliver(cleared)
        assert [] == [text for text in private_texts(cleared) if text in caplog.text]

    # ---- looking up ----------------------------------------------------------------------------------

    def missing(self, attempt: str) -> Lost:
        return Lost(attempt, "", sample_words(Way.LETTER), sample_sender(Way.LETTER), NOW)

    def test_what_got_no_answer_is_found_by_its_attempt(self) -> None:
        cleared = self.cleared()
        self.vendor.next(FakeVendor.reset)
        assert isinstance(self.outcome_of(cleared), SendFailed)
        found = self.channel.reconcile(self.missing(cleared.attempt))
        assert Accepted("letter_pxd7wnnDxYHetKNvja", "ready") == found
        assert 1 == len(self.carried())

    def test_of_what_is_not_found_nobody_can_tell(self) -> None:
        self.deliver(self.cleared())
        assert None is self.channel.reconcile(self.missing("01K5"))

    def test_a_letter_that_only_mentions_the_attempt_is_not_it(self) -> None:
        cleared = self.cleared()
        self.deliver(cleared)
        self.postgrid.orders[cleared.attempt]["metadata"] = {"other": cleared.attempt}
        assert None is self.channel.reconcile(self.missing(cleared.attempt))

    def test_a_cancelled_letter_provably_did_not_leave(self) -> None:
        cleared = self.cleared()
        self.deliver(cleared)
        self.postgrid.orders[cleared.attempt]["status"] = "cancelled"
        found = self.channel.reconcile(self.missing(cleared.attempt))
        assert isinstance(found, SendFailed)
        assert Outcome.REFUSED is found.outcome

    def test_while_they_are_away_nobody_can_tell(self) -> None:
        self.vendor.next(Reply(503, PROBLEM))
        assert None is self.channel.reconcile(self.missing("01K5"))

    # ---- checking ------------------------------------------------------------------------------------

    def test_checking_names_a_key_that_is_not_accepted(self) -> None:
        with pytest.raises(SettingsError, match="does not accept the key"):
            channel_at(self.vendor.url, Path(), api_key="test_sk_2").check()

    def test_checking_names_a_server_that_does_not_answer(self) -> None:
        self.vendor.next(Reply(503, PROBLEM))
        with pytest.raises(SettingsError, match="cannot be reached"):
            self.channel.check()


@contextmanager
def nobody_there(channel: Any) -> Iterator[None]:
    """The client calls a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    before, channel._client.base_url = channel._client.base_url, f"http://127.0.0.1:{port}"
    try:
        yield
    finally:
        channel._client.base_url = before


# ---- callbacks --------------------------------------------------------------------------------------------


def event(kind: str = "letter.updated", **letter: Any) -> bytes:
    """A webhook's JSON body, "with no whitespace"."""
    data = {
        "id": "letter_1",
        "object": "letter",
        "status": "processed_for_delivery",
        "updatedAt": "2026-03-12T10:00:00.000Z",
        "metadata": {"attempt": "01K5"},
        **letter,
    }
    body = {"id": "event_1", "object": "event", "type": kind, "live": True, "data": data}
    return json.dumps(body, separators=(",", ":")).encode()


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET, unit: int = 1000) -> Callback:
    stamp = str(round(at.timestamp() * unit))
    made = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return Callback("https://us.example/x", {"postgrid-signature": f"t={stamp},v1={made}"}, body, NOW)


@pytest.fixture
def channel() -> PostGridLetter:
    return channel_at("http://127.0.0.1:1", Path())


def test_a_signature_made_by_hand_from_the_published_recipe_is_accepted(channel: PostGridLetter) -> None:
    """openssl dgst -sha256 -hmac over "1773154800000." and the body."""
    header = "t=1773154800000,v1=810ce7638421fd145824f0be0934beb66681fafb39ba3002a0d001ad2691d101"
    channel.verify_callback(Callback("https://us.example/x", {"postgrid-signature": header}, b"{}", NOW))


@pytest.mark.parametrize("unit", [1, 1000], ids=["seconds", "milliseconds"])
def test_timestamps_of_both_pages_of_theirs_are_read(channel: PostGridLetter, unit: int) -> None:
    channel.verify_callback(signed(event(), unit=unit))


@pytest.mark.parametrize(
    "callback",
    [
        signed(event(), secret="another_secret_of_20_chars"),
        replace(signed(event()), body=event(status="completed")),
        replace(signed(event()), headers={}),
        replace(signed(event()), headers={"postgrid-signature": "t=,v1="}),
        replace(signed(event()), headers={"postgrid-signature": "ü,=,v1=é,t"}),
        signed(event(), at=NOW - timedelta(minutes=6)),
        signed(event(), at=NOW + timedelta(minutes=6)),
    ],
    ids=["forged", "changed", "unsigned", "empty", "garbage", "replayed", "of the future"],
)
def test_what_postgrid_did_not_send_just_now_is_refused(channel: PostGridLetter, callback: Callback) -> None:
    with pytest.raises(CallbackRefused):
        channel.verify_callback(callback)


def test_a_signed_timestamp_that_is_none_is_refused(channel: PostGridLetter) -> None:
    for stamp in ("", "soon", "9" * 30):
        made = hmac.new(SECRET.encode(), f"{stamp}.".encode(), hashlib.sha256).hexdigest()
        header = {"postgrid-signature": f"t={stamp},v1={made}"}
        with pytest.raises(CallbackRefused, match="timestamp"):
            channel.verify_callback(Callback("https://us.example/x", header, b"", NOW))


def test_without_a_secret_nothing_is_believed() -> None:
    channel = channel_at("http://127.0.0.1:1", Path(), webhook_secret="")
    with pytest.raises(CallbackRefused, match="no webhook_secret"):
        channel.verify_callback(signed(event(), secret=""))


def news(channel: PostGridLetter, body: bytes) -> list[Any]:
    return list(channel.read_callback(signed(body)))


def test_every_published_status_is_read(channel: PostGridLetter) -> None:
    """postgrid.readme.io/reference/tracking-your-orders."""
    said = {}
    for status in ("ready", "printing", "processed_for_delivery", "completed", "cancelled"):
        said[status] = [one.result for one in news(channel, event(status=status))]
    for scan in ("entered_mail_stream", "out_for_delivery", "returned_to_sender"):
        said[scan] = [one.result for one in news(channel, event(imbStatus=scan, status="completed"))]
    expected = {
        "ready": [],
        "printing": [],
        "processed_for_delivery": [Result.SENT],
        "completed": [Result.SENT],
        "cancelled": [Result.BOUNCED],
        "entered_mail_stream": [Result.SENT],
        "out_for_delivery": [Result.SENT],
        "returned_to_sender": [Result.BOUNCED],
    }
    assert expected == said
    assert RESULTS.keys() == said.keys()


def test_a_status_nobody_published_is_unrecognised(channel: PostGridLetter) -> None:
    [one] = news(channel, event(imbStatus="eaten_by_the_dog"))
    assert (Result.UNRECOGNISED, "eaten_by_the_dog") == (one.result, one.said)
    [one] = news(channel, event(status="Rosalind Okafor"))
    assert (Result.UNRECOGNISED, "unreadable") == (one.result, one.said)


def test_news_says_which_attempt_when_and_is_the_same_when_told_again(channel: PostGridLetter) -> None:
    [one] = news(channel, event())
    at = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
    expected = DeliveryNews("01K5", Result.SENT, "processed_for_delivery", "01K5:processed_for_delivery", at)
    assert expected == one
    [again] = news(channel, event(updatedAt="2026-03-13T10:00:00.000Z"))
    assert one.key == again.key


def test_the_moment_of_a_scan_is_that_of_the_scan(channel: PostGridLetter) -> None:
    scanned = {"imbStatus": "returned_to_sender", "imbDate": "2026-03-20T08:00:00.000Z"}
    [one] = news(channel, event(**scanned))
    assert datetime(2026, 3, 20, 8, 0, tzinfo=UTC) == one.at
    for date in (None, "lately", "2026-03-20"):
        [one] = news(channel, event(imbStatus="out_for_delivery", imbDate=date))
        assert None is one.at


@pytest.mark.parametrize(
    "body",
    [
        event("postcard.updated"),
        event(metadata={}),
        event(metadata=None),
        event(metadata={"attempt": "Rosalind Okafor"}),
        event(metadata={"attempt": 5}),
    ],
)
def test_what_is_no_letter_of_ours_is_no_news(channel: PostGridLetter, body: bytes) -> None:
    assert [] == news(channel, body)


@pytest.mark.parametrize(
    "body", [b"eyJhbGciOiJIUzI1NiJ9.e30.x", b"[]", b"{}", b'{"type":1,"data":{}}', b"\xff"]
)
def test_a_callback_of_another_shape_is_refused(channel: PostGridLetter, body: bytes) -> None:
    with pytest.raises(CallbackRefused):
        news(channel, body)


# ---- settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"api_key": "live_sk_1"},
        {"api_key": "test_sk_1", "live": True},
        {"api_key": "test_sk_1", "mailing_class": "first class"},
        {"api_key": "test_sk_1", "base_url": "api.postgrid.com"},
        {"api_key": "test_sk_1", "unknown": 1},
    ],
    ids=str,
)
def test_settings_that_do_not_fit_stop_the_start(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        outreach_register_channels(lambda channel: None, {"folder": Path(), **settings})


@pytest.mark.parametrize(("key", "live"), [("live_sk_1", True), ("test_sk_1", "false")])
def test_the_plugin_registers_its_channel(key: str, live: object) -> None:
    found: list[Channel] = []
    outreach_register_channels(found.append, {"folder": Path(), "api_key": key, "live": live})
    assert ["postgrid-letter"] == [channel.name for channel in found]


def test_a_wrong_setting_does_not_show_the_key() -> None:
    with pytest.raises(ValidationError) as error:
        PostGridSettings(folder=Path(), api_key="test_sk_verysecret", live=True)  # type: ignore[arg-type]
    assert "verysecret" not in str(error.value)
