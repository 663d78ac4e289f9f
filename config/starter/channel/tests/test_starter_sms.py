"""StarterSms keeps every promise of a channel. ``Toy`` is the vendor of the README, on loopback."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta

from outreach.channels import Callback, DeliveryNews, OptOutNews, ReplyNews
from outreach.domain import Outcome, Result, Way, Words
from outreach.testing import NOW, ChannelSuite, Failure, FakeVendor, Reply, Told, Unsayable

from outreach_starter_sms.channel import WORDS, StarterSms

API_KEY = "key-of-the-toy-vendor"
SECRET = "signing-secret-of-the-toy-vendor"
ATTEMPT = "01KKBZ4X0000000000000TESTS"
URL = f"https://agency.example/callbacks/starter-sms/{ATTEMPT}"


class Toy:
    """The vendor as its documentation says."""

    def __init__(self):
        self.messages = {}

    def answer(self, asked):
        if asked.headers.get("authorization") != f"Bearer {API_KEY}":
            return Reply(401, {"error": "unauthorised"})
        if asked.path == "/account":
            return Reply(200, {"name": "agency"})
        if asked.method == "POST":
            message = {**asked.json, "id": f"m-{len(self.messages) + 1}", "status": "queued"}
            kept = self.messages.setdefault(asked.headers["idempotency-key"], message)
            return Reply(201, {"id": kept["id"], "status": kept["status"]})
        reference = asked.path.partition("reference=")[2]
        return Reply(200, {"messages": [m for m in self.messages.values() if m["reference"] == reference]})


def signed(told, secret=SECRET, at=NOW):
    """A callback as the vendor makes it."""
    body, time = json.dumps(told).encode(), at.isoformat()
    signature = hmac.new(secret.encode(), b".".join([time.encode(), URL.encode(), body]), hashlib.sha256)
    headers = {
        "content-type": "application/json",
        "x-toy-time": time,
        "x-toy-signature": signature.hexdigest(),
    }
    return Callback(URL, headers, body, NOW, attempt=ATTEMPT)


def status(word, attempt=ATTEMPT):
    identity = f"m-{attempt}"
    return {"type": "status", "id": identity, "reference": attempt, "status": word, "at": NOW.isoformat()}


REPLY = {"type": "reply", "id": "r-1", "from": "+16145550142", "text": "Who is this?", "at": NOW.isoformat()}
OPT_OUT = {"type": "opt_out", "id": "o-1", "from": "+16145550142", "at": NOW.isoformat()}


class TestStarterSms(ChannelSuite):
    def make_channel(self, folder):
        self.toy = Toy()
        self.vendor = self.enter(FakeVendor(self.toy.answer).serving())
        return StarterSms(self.vendor.url, API_KEY, SECRET, seconds=5)

    def carried(self):
        return [message["text"] for message in self.toy.messages.values()]

    def secrets(self):
        return [API_KEY, SECRET]

    def answers(self, code):
        return lambda: self.vendor.next(Reply(code, {"error": "for this test"}))

    def failures(self):
        return [
            Failure("no such number", self.answers(400), Outcome.REFUSED),
            Failure("opted out at the vendor", self.answers(410), Outcome.OPTED_OUT),
            Failure("a wrong key", self.answers(401), Outcome.NOT_SENT),
            Failure("too many requests", self.answers(429), Outcome.NOT_SENT, retry=True),
            Failure("closed for maintenance", self.answers(503), Outcome.NOT_SENT, retry=True),
            Failure("a fault of the vendor", self.answers(500), Outcome.UNKNOWN),
            Failure("sent elsewhere", self.answers(302), Outcome.UNKNOWN),
            Failure("reset", lambda: self.vendor.next(FakeVendor.reset), Outcome.UNKNOWN),
            Failure("half an answer", lambda: self.vendor.next(FakeVendor.cut), Outcome.UNKNOWN),
        ]

    def unsayable(self):
        return [
            Unsayable("too long", Words("x" * 1601)),
            Unsayable("no text", Words(" ")),
            Unsayable("no number", address="home"),
        ]

    def callbacks(self):
        delivered = DeliveryNews(ATTEMPT, Result.DELIVERED, "delivered", "", NOW)
        return [
            Told("delivered", signed(status("delivered")), [delivered]),
            Told("a reply", signed(REPLY), [ReplyNews(Way.SMS, "+16145550142", "Who is this?", "", NOW)]),
            Told("an opt-out", signed(OPT_OUT), [OptOutNews(Way.SMS, "+16145550142", "keyword", "", NOW)]),
        ]

    def forged(self):
        return {
            "signed with another key": signed(status("delivered"), secret="another"),
            "too old": signed(status("delivered"), at=NOW - timedelta(minutes=6)),
            "from the future": signed(status("delivered"), at=NOW + timedelta(minutes=6)),
        }

    def words_of_vendor(self):
        return WORDS

    def word_callback(self, word, attempt):
        return signed(status(word, attempt))


def test_the_vendor_is_told_until_when_the_message_may_leave():
    suite = TestStarterSms()
    toy = Toy()
    with FakeVendor(toy.answer).serving() as vendor:
        suite.channel = StarterSms(vendor.url, API_KEY, SECRET)
        suite.channel.send(suite.cleared())
    [message] = toy.messages.values()
    assert NOW + timedelta(seconds=60) == datetime.fromisoformat(message["expires_at"])
