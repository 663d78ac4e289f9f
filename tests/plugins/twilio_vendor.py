"""Twilio on loopback, answering in the JSON its API reference shows, and the callbacks it would make."""

import itertools
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from twilio.request_validator import RequestValidator

from outreach.channels import Channel
from outreach.channels.callbacks import Callback
from outreach.domain import Outcome
from outreach.testing import NOW, Asked, Failure, FakeVendor, Reply
from outreach_twilio import TwilioSettings
from outreach_twilio.client import TwilioApi

ACCOUNT = "AC" + "a1b2" * 8
TOKEN, OLD_TOKEN = "t0ken-now-in-force", "t0ken-of-last-month"
SECRETS = (TOKEN, OLD_TOKEN)
PUBLIC = "https://collector.example/callbacks/"
AGENT = "+16145550123"


class FakeTwilio(FakeVendor):
    """What was made so far: ``messages`` and ``calls``, as Twilio would list them."""

    def __init__(self) -> None:
        super().__init__(self.respond)
        self.messages: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.placed: list[tuple[dict[str, str], str]] = []  # the fields of each call, and its id
        self.updates: list[tuple[str, dict[str, str]]] = []
        self.account = "active"
        self._numbers = itertools.count()

    def respond(self, asked: Asked) -> Reply:
        path, query = urlsplit(asked.path).path, parse_qs(urlsplit(asked.path).query)
        resource = path.removeprefix(f"/2010-04-01/Accounts/{ACCOUNT}").removesuffix(".json").strip("/")
        if asked.method == "GET" and not resource:
            return Reply(200, {"sid": ACCOUNT, "status": self.account, "friendly_name": "Harbor Recovery"})
        if resource == "IncomingPhoneNumbers":
            return Reply(200, _page("incoming_phone_numbers", []))
        if resource == "Messages":
            if asked.method == "POST":
                self.messages.append(made := message(next(self._numbers), **_named(asked.form)))
                return Reply(201, made)
            return Reply(200, _page("messages", _fitting(self.messages, query)))
        if resource == "Calls":
            if asked.method == "POST":
                self.calls.append(made := call(next(self._numbers), **_named(asked.form)))
                self.placed.append((asked.form, made["sid"]))
                return Reply(201, made)
            return Reply(200, _page("calls", _fitting(self.calls, query)))
        if resource.startswith("Calls/"):
            self.updates.append((resource.removeprefix("Calls/"), asked.form))
            return Reply(200, call(0, to="", from_=""))
        return error(404, 20404, f"The requested resource {path} was not found")

    def posted(self) -> list[dict[str, str]]:
        """The fields of every POST, in order."""
        return [asked.form for asked in self.asked if asked.method == "POST"]


def _named(form: dict[str, str]) -> dict[str, str]:
    return {"to": form["To"], "from_": form["From"], "body": form.get("Body", "")}


def _page(key: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: rows, "page": 0, "page_size": 200, "next_page_uri": None, "uri": f"/2010-04-01/{key}.json"}


def _fitting(rows: list[dict[str, Any]], query: dict[str, list[str]]) -> list[dict[str, Any]]:
    wanted = {"to": query.get("To"), "from": query.get("From")}
    return [row for row in reversed(rows) if all(v is None or row[k] in v for k, v in wanted.items())]


def message(index: int, *, to: str, from_: str, body: str, **changes: Any) -> dict[str, Any]:
    """A Message resource just made."""
    sid = f"SM{'c4e1' * 7}{index:04x}"
    return {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": body,
        "date_created": "Tue, 10 Mar 2026 15:00:01 +0000",
        "date_sent": None,
        "date_updated": "Tue, 10 Mar 2026 15:00:01 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": from_,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": sid,
        "status": "queued",
        "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media.json"},
        "to": to,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
        **changes,
    }


def call(index: int, *, to: str, from_: str, body: str = "", **changes: Any) -> dict[str, Any]:
    """A Call resource just made."""
    sid = f"CA{'d4e1' * 7}{index:04x}"
    return {
        "account_sid": ACCOUNT,
        "answered_by": None,
        "api_version": "2010-04-01",
        "caller_name": None,
        "date_created": "Tue, 10 Mar 2026 15:00:01 +0000",
        "date_updated": None,
        "direction": "outbound-api",
        "duration": None,
        "end_time": None,
        "forwarded_from": None,
        "from": from_,
        "from_formatted": from_,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": sid,
        "start_time": None,
        "status": "queued",
        "subresource_uris": {},
        "to": to,
        "to_formatted": to,
        "trunk_sid": None,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json",
        **changes,
    }


def error(status: int, code: int, text: str) -> Reply:
    """An error as Twilio answers it; its text often repeats the number."""
    return Reply(
        status,
        {
            "code": code,
            "message": text,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        },
    )


@pytest.fixture(autouse=True)
def vendor(request: pytest.FixtureRequest) -> Iterator[FakeTwilio]:
    with FakeTwilio().serving() as serving:
        assert isinstance(serving, FakeTwilio)
        if request.instance is not None:
            request.instance.vendor = serving
        yield serving


def settings(folder: Path, url: str, **changes: Any) -> TwilioSettings:
    given: dict[str, Any] = {
        "folder": folder,
        "account_sid": ACCOUNT,
        "auth_token": f"{TOKEN} {OLD_TOKEN}",
        "base_url": url,
        "read_seconds": 20,  # however busy the machine is
        "agents": {"ana": AGENT},
    }
    return TwilioSettings(**given | changes)


def failures(channel: Any, vendor: FakeTwilio, folder: Path) -> list[Failure]:
    """Every way in which a request to Twilio fails."""

    def answers(*replies: Any) -> Callable[[], AbstractContextManager[Any] | None]:
        return lambda: vendor.next(*replies)

    @contextmanager
    def nobody_listens() -> Iterator[None]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        working, channel.api = channel.api, TwilioApi(settings(folder, url))
        try:
            yield
        finally:
            channel.api = working

    @contextmanager
    def silent() -> Iterator[None]:
        """Silence for longer than the client waits."""
        working, channel.api = channel.api, TwilioApi(settings(folder, vendor.url, read_seconds=0.3))
        vendor.next(FakeVendor.silence(0.6))
        try:
            yield
        finally:
            channel.api = working

    later, unknown = Outcome.NOT_SENT, Outcome.UNKNOWN
    invalid = error(400, 21211, "The 'To' number +16145550142 is not a valid phone number.")
    return [
        Failure("too many", answers(error(429, 20429, "Too Many Requests")), later, retry=True),
        Failure("too many, told by a gateway", answers(Reply(429, b"slow down")), later, retry=True),
        Failure("a wrong token", answers(error(401, 20003, "Authenticate")), later, retry=True),
        Failure("nobody listens", nobody_listens, later, retry=True),
        Failure("no such number", answers(invalid), Outcome.REFUSED),
        Failure("forbidden, without a word", answers(Reply(403, b"")), Outcome.REFUSED),
        Failure("trouble at Twilio", answers(error(500, 20500, "Internal Server Error")), unknown),
        Failure("a gateway's page", answers(Reply(503, b"<h1>+16145550142</h1>")), unknown),
        Failure("a redirect", answers(Reply(302, b"", (("Location", "/"),))), unknown),
        Failure("timed out at the gateway", answers(Reply(408, b"")), unknown),
        Failure("reset after the request", answers(FakeVendor.reset), unknown),
        Failure("cut in mid-answer", answers(FakeVendor.cut), unknown),
        Failure("silence", silent, unknown),
        Failure("made, but no JSON", answers(Reply(201, b"<html>+16145550142")), unknown),
        Failure("made, but a list", answers(Reply(201, ["+16145550142"])), unknown),
        Failure("made, but no id", answers(Reply(201, {"to": "+16145550142", "sid": None})), unknown),
    ]


def told(
    channel: Channel,
    fields: dict[str, str],
    *,
    attempt: str = "01K5ATTEMPT",
    token: str = TOKEN,
    as_json: bool = False,
    url: str = "",
) -> Callback:
    """A callback as Twilio signs it: over the public URL and the fields, or the digest of a JSON body."""
    url = url or PUBLIC + channel.name + (f"/{attempt}" if attempt else "")
    signer = RequestValidator(token)
    if as_json:
        body = json.dumps(fields)
        url += f"?bodySHA256={signer.compute_hash(body)}"
        signature, kind = signer.compute_signature(url, {}), "application/json"
    else:
        body, kind = urlencode(fields), "application/x-www-form-urlencoded; charset=UTF-8"
        signature = signer.compute_signature(url, fields)
    headers = {"x-twilio-signature": signature, "content-type": kind}
    return Callback(url, headers, body.encode(), NOW, attempt=attempt)
