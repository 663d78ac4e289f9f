"""SMS through the toy vendor, whose whole API stands in the README beside this package.

Replace piece by piece: the request in ``send``, the table of failures, the table of words, the signature.
The suite in ``tests`` tells at each step what no longer holds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from outreach.channels import (
    Ability,
    Accepted,
    Callback,
    CallbackRefused,
    Channel,
    Cleared,
    DeliveryNews,
    Lost,
    News,
    OptOutNews,
    Rate,
    ReplyNews,
    SendFailed,
)
from outreach.domain import Result, Way
from outreach.errors import SettingsError

__all__ = ["StarterSms"]

WORDS = {
    "queued": Result.SENT,
    "sent": Result.SENT,
    "delivered": Result.DELIVERED,
    "undelivered": Result.BOUNCED,
}
"""Every word the vendor has for what became of a message; any other is unrecognised, and counts."""

LONGEST = 1600
WINDOW = timedelta(minutes=5)


class _NoRedirect(HTTPRedirectHandler):
    """A message is handed over where the settings say, or not at all."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class StarterSms(Channel):
    """One request a message; the attempt's id is the vendor's idempotency key.

    :param signing_secret: what the vendor signs its callbacks with.
    :param seconds: how long an answer is waited for; after that the attempt is unknown.
    """

    name = "starter-sms"
    medium = Way.SMS
    abilities = frozenset({Ability.EXPIRES_AT_PROVIDER, Ability.CALLBACKS, Ability.RECONCILE})
    rate = Rate(per_second=10, at_once=8)

    def __init__(self, url: str, api_key: str, signing_secret: str, *, seconds: float = 10.0) -> None:
        self._url = url.rstrip("/")
        self._key = api_key
        self._secret = signing_secret
        self._seconds = seconds
        self._opener = build_opener(ProxyHandler({}), _NoRedirect())

    def send(self, cleared: Cleared) -> Accepted:
        """POST /messages, once."""
        text = cleared.words.text
        if not text.strip() or len(text) > LONGEST or "\0" in text:
            raise SendFailed.cannot_say(f"an SMS has 1 to {LONGEST} characters")
        if not cleared.address.startswith("+"):
            raise SendFailed.cannot_say("no number to send to")
        message = {
            "to": cleared.address,
            "from": cleared.sender.address,
            "text": text,
            "reference": cleared.attempt,
            "expires_at": cleared.good_until.isoformat(),
            "callback": cleared.callback_url,
        }
        try:
            answer = self._ask("/messages", message, key=cleared.attempt)
            return Accepted(provider_id=str(answer["id"]), said=str(answer["status"]))
        except HTTPError as error:
            raise _failed(error) from None
        except URLError as error:
            # Not even a connection: nothing left. Anything later in the request may have.
            if isinstance(error.reason, ConnectionRefusedError | socket.gaierror):
                raise SendFailed.not_sent("no_connection", retry=True) from None
            raise SendFailed.unknown("connection_lost") from None
        except (OSError, HTTPException, ValueError, KeyError, TypeError):
            raise SendFailed.unknown("no_answer") from None

    def reconcile(self, lost: Lost) -> Accepted | SendFailed | None:
        """GET /messages by our reference. Only a whole and plain answer is one."""
        try:
            found = self._ask(f"/messages?reference={quote(lost.attempt, safe='')}")["messages"]
            if found == []:
                return SendFailed.not_sent("vendor_has_no_such_message", retry=True)
            return Accepted(provider_id=str(found[0]["id"]), said=str(found[0]["status"]))
        except (OSError, HTTPException, ValueError, LookupError, TypeError):
            return None

    def verify_callback(self, callback: Callback) -> None:
        """The vendor signs time, URL and body with HMAC-SHA256; what is older than five minutes is a replay."""
        time, given = callback.header("x-toy-time"), callback.header("x-toy-signature")
        signed = b".".join([time.encode(), callback.url.encode(), callback.body])
        right = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right.encode(), given.encode()):
            raise CallbackRefused("the signature of a callback does not match")
        if abs(callback.received_at - _moment(time)) > WINDOW:
            raise CallbackRefused("a callback is too old")

    def read_callback(self, callback: Callback) -> Iterable[News]:
        """One object of JSON: a status of ours, a reply, or an opt-out."""
        told = callback.json
        if not isinstance(told, dict):
            raise CallbackRefused("a callback is no object")
        kind, at, key = _text(told, "type"), _moment(_text(told, "at")), _text(told, "id")
        if kind == "reply":
            return [ReplyNews(Way.SMS, _text(told, "from"), _text(told, "text"), key, at)]
        if kind == "opt_out":
            return [OptOutNews(Way.SMS, _text(told, "from"), "keyword", key, at)]
        if kind != "status":
            raise CallbackRefused("a callback of a kind that is not known")
        word = _text(told, "status")
        result = WORDS.get(word, Result.UNRECOGNISED)
        return [DeliveryNews(_text(told, "reference"), result, word, f"{key}:{word}", at)]

    def check(self) -> None:
        """GET /account: does the key open the door?"""
        try:
            self._ask("/account")
        except (OSError, HTTPException, ValueError) as error:
            why = f"it answered {error.code}" if isinstance(error, HTTPError) else "it did not answer"
            raise SettingsError(
                "the toy vendor cannot be used",
                where="plugin.starter-sms",
                why=why,
                remedy="see url and api_key of the plugin",
            ) from None

    def _ask(self, path: str, value: Any = None, *, key: str = "") -> Any:
        """One request; POST where there is a value.

        :raises OSError, HTTPException, ValueError: if there is no whole answer in JSON.
        """
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        body = None if value is None else json.dumps(value).encode()
        request = Request(self._url + path, body, headers)
        with self._opener.open(request, timeout=self._seconds) as response:
            return json.loads(response.read())


def _failed(error: HTTPError) -> SendFailed:
    """What the vendor's refusals mean: did it leave?"""
    code = f"http_{error.code}"
    error.close()
    match error.code:
        case 400 | 404 | 422:
            return SendFailed.refused(code)
        case 410:
            return SendFailed.opted_out(code)
        case 401 | 403:
            return SendFailed.not_sent(code, retry=False)
        case 429 | 503:
            return SendFailed.not_sent(code, retry=True)
        case _:
            return SendFailed.unknown(code)


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise CallbackRefused(f"a callback without its {name}")
    return value


def _moment(text: str) -> datetime:
    """ISO 8601 with an offset, in UTC."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CallbackRefused("a callback without a moment that can be read") from None
