"""What comes back from a provider: the request as it arrived, and what it tells in our words.

A channel verifies a :class:`Callback` and reads it into news. It never touches the ledger: the host checks
sizes and time limits before it, and records, deduplicates and acknowledges after it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from outreach.domain import Result, Sender, Way, Words
from outreach.errors import ContainedError

__all__ = [
    "Callback",
    "CallbackRefused",
    "Collected",
    "DeliveryNews",
    "Lost",
    "News",
    "OptOutNews",
    "ReplyNews",
]

_MOST_FIELDS = 200


class CallbackRefused(ContainedError):
    """A callback that is forged, replayed or cannot be read; nothing of it was recorded."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A request a provider made to us, exactly as it arrived.

    ``url`` is the public one the provider called, with its query: signatures are made over it, whatever
    proxies did to the request. ``headers`` have names in lower case. ``attempt`` is the id of ours that stood
    in the path ("" where none did): only a verified callback may be believed about it.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    method: str = "POST"
    attempt: str = ""

    def header(self, name: str) -> str:
        """The header of that name, in any case; "" where there is none."""
        return self.headers.get(name.lower(), "")

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the URL."""
        return _fields(urlsplit(self.url).query)

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form body, the last of each name.

        :raises CallbackRefused: if it is not UTF-8 or no form.
        """
        return _fields(self._text())

    @property
    def json(self) -> Any:
        """The value of a JSON body.

        :raises CallbackRefused: if it is none.
        """
        try:
            return json.loads(self._text())
        except (ValueError, RecursionError):
            raise CallbackRefused("the body of a callback is no JSON") from None

    def _text(self) -> str:
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise CallbackRefused("the body of a callback is not UTF-8") from None


def _fields(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except (UnicodeDecodeError, ValueError):
        raise CallbackRefused("the fields of a callback cannot be read") from None
    return dict(pairs)


@dataclass(frozen=True, slots=True)
class DeliveryNews:
    """What became of an attempt.

    ``result`` is one of the call results for calls and voicemails, else ``sent``, ``delivered``, ``bounced``
    or ``unrecognised`` (a word we do not know; it counts). ``said`` is the provider's own word. ``key`` is
    the same whenever the provider tells the same thing again; with it the news is recorded once. ``at``: when
    it was so by the provider's word, ``None``: when it was received. ``wrong_number``: the provider knows
    that the endpoint is nobody's or not this person's.
    """

    attempt: str
    result: Result
    said: str
    key: str
    at: datetime | None = None
    wrong_number: bool = False


@dataclass(frozen=True, slots=True)
class ReplyNews:
    """A message somebody sent us. ``wish``: the provider's own reading of it, ``stop``, ``start`` or ""."""

    channel: Way
    address: str
    text: str = field(repr=False)
    key: str
    at: datetime | None = None
    wish: str = ""


@dataclass(frozen=True, slots=True)
class OptOutNews:
    """Somebody does not want this medium at this address any more. ``form``: how they said so."""

    channel: Way
    address: str
    form: str
    key: str
    at: datetime | None = None


News = DeliveryNews | ReplyNews | OptOutNews


def _nothing() -> None:
    """Nothing has to be marked."""


@dataclass(frozen=True, slots=True)
class Collected:
    """News from one piece of what was fetched. ``done`` marks it as dealt with, once it is recorded.

    ``trouble``: why it could not be read; it then stays where it is, for a person to look at.
    """

    news: tuple[News, ...]
    done: Callable[[], None] = _nothing
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """An attempt of which no answer came: what was handed over, for looking it up at the provider."""

    attempt: str
    address: str = field(repr=False)
    words: Words = field(repr=False)
    sender: Sender = field(repr=False)
    opened_at: datetime
