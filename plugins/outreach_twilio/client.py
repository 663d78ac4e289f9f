"""Twilio's client with types: each call gives a value of ours, or tells whether the request had left.

The library is untyped, and its exceptions carry the URL and the words of the request. Neither gets past
this module. It is imported when the channels are made, and not before: urllib3 tries out a socket when it is
imported.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ProxyError, RequestException
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from outreach_twilio.answers import ApiFailed, Created, Found, NeverLeft, NoAnswer, SaidNo
from outreach_twilio.settings import TwilioSettings

__all__ = ["TwilioApi"]

# NewConnectionError covers names that are not found; a proxy's error is raised only before it let us through.
_BEFORE_IT_LEFT: Final = (NewConnectionError, ConnectTimeoutError, ProxyError, ssl.SSLCertVerificationError)


class _Transport(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """Kept connections to ``base_url``, whatever host the library would ask.

    The library's own ``request`` hands the answer over through an attribute, where another thread's answer
    can take its place, and writes the query, which names a person, to the log. This one does neither.
    """

    def __init__(self, settings: TwilioSettings, connections: int) -> None:
        super().__init__()
        # At DEBUG it writes every URL, and the query of a list names a person.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        self.timeout = (settings.connect_seconds, settings.read_seconds)
        self._base = urlsplit(settings.base_url)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=connections, max_retries=0))

    def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: Any = None,
        allow_redirects: bool = False,
    ) -> Any:
        target = urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc).geturl()
        asked = requests.Request(method.upper(), target, params=params, data=data, headers=headers, auth=auth)
        prepared = self.session.prepare_request(asked)
        chosen = self.session.merge_environment_settings(prepared.url, {}, None, None, None)
        answer = self.session.send(prepared, allow_redirects=False, timeout=self.timeout, **chosen)
        return Response(answer.status_code, answer.content.decode("utf-8", "replace"), answer.headers)


class TwilioApi:
    """The few requests we make. Safe for several threads.

    Each raises one of :class:`NeverLeft`, :class:`NoAnswer` and :class:`SaidNo`.
    """

    def __init__(self, settings: TwilioSettings) -> None:
        rates = (settings.sms_rate, settings.voice_rate, settings.voicemail_rate)
        transport = _Transport(settings, sum(rate.at_once for rate in rates))
        # An environment that is not empty keeps the library from looking for other credentials of its own.
        own = {"http_client": transport, "environment": {"OUTREACH": "1"}}
        self._by_token = Client(settings.account_sid, settings.tokens[0], **own)
        self._has_key = settings.api_key is not None
        self._client = self._by_token
        if settings.api_key is not None and settings.api_secret is not None:
            key, secret = settings.api_key.get_secret_value(), settings.api_secret.get_secret_value()
            self._client = Client(key, secret, settings.account_sid, **own)

    def create_message(self, **fields: Any) -> Created:
        """Make a message: one POST to Messages."""
        with _told():
            return _created(self._client.messages.create(**fields))

    def create_call(self, **fields: Any) -> Created:
        """Place a call: one POST to Calls."""
        with _told():
            return _created(self._client.calls.create(**fields))

    def update_call(self, sid: str, **fields: Any) -> None:
        """Change a call that is under way: other TwiML, or its end."""
        with _told():
            self._client.calls(sid).update(**fields)

    def messages(self, to: str, sender: str, limit: int) -> list[Found]:
        """The latest messages from one of our numbers to another number."""
        with _told():
            return [
                Found(
                    each.sid,
                    str(each.status),
                    str(each.direction),
                    each.date_created,
                    text=each.body or "",
                    error=str(each.error_code or ""),
                )
                for each in self._client.messages.list(to=to, from_=sender, limit=limit)
            ]

    def calls(self, to: str, sender: str, limit: int) -> list[Found]:
        """The latest calls from one of our numbers to another number."""
        with _told():
            return [
                Found(
                    each.sid,
                    str(each.status),
                    str(each.direction),
                    each.date_created,
                    parent=each.parent_call_sid or "",
                )
                for each in self._client.calls.list(to=to, from_=sender, limit=limit)
            ]

    def account_status(self) -> str:
        """Twilio's word for the account, ``active`` if all is well; tries every credential that is set."""
        with _told():
            if self._has_key:  # an API key may not read the account, so it is tried on something it may
                self._client.incoming_phone_numbers.list(limit=1)
            return str(self._by_token.api.v2010.accounts(self._by_token.account_sid).fetch().status)


def _created(made: Any) -> Created:
    if not isinstance(made.sid, str) or not made.sid.isalnum():
        raise NoAnswer("no_sid")
    return Created(made.sid, str(made.status))


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises into one of three answers, and leave its text behind."""
    try:
        yield
    except ApiFailed:
        raise
    except TwilioException as error:
        raise _said_no(error) from None
    except RequestException as error:
        left = NeverLeft("unreachable") if _before_it_left(error) else NoAnswer(_word(error))
        raise left from None
    except Exception:  # noqa: BLE001 - an answer of a shape the library does not expect; its text may quote it
        raise NoAnswer("unreadable_answer") from None


def _said_no(error: Any) -> ApiFailed:
    status, number = getattr(error, "status", None), getattr(error, "code", None)
    for each in error.args:  # a list that is refused comes without its status, but with the answer
        if isinstance(each, Response):
            status = each.status_code
    if not isinstance(status, int):
        return NoAnswer("unreadable_answer")
    known = isinstance(number, int) and number != status
    return SaidNo(status, number if known and number else 0)


def _before_it_left(error: BaseException) -> bool:
    """Whether any of the errors this one came from shows that no connection was made."""
    todo: list[Any] = [error]
    seen: set[int] = set()
    while todo:
        each = todo.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            if isinstance(each, _BEFORE_IT_LEFT):
                return True
            todo += [getattr(each, "reason", None), each.__cause__, *each.args]
    return False


def _word(error: Exception) -> str:
    return "time_out" if isinstance(error, requests.exceptions.Timeout) else "connection_lost"
