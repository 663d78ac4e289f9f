"""The chain: how events become a row of it, how a row is read, how it is proven.

A row's text is canonical JSON (equal to RFC 8785 for what we store: strings, integers, truth values, null,
lists, objects). It holds its predecessor's hash; its own is the SHA-256 of the text. So a verifier needs
nothing but a JSON reader and SHA-256. Floats are refused: two writers may spell them differently.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from outreach.domain import Event
from outreach.errors import InputError

__all__ = [
    "GENESIS",
    "Entry",
    "Record",
    "canonical",
    "from_micros",
    "id_in_row",
    "made_event",
    "micros",
    "plain",
    "plain_fields",
    "read_entry",
    "read_growth",
    "text_and_hash",
]

GENESIS: Final = "0" * 64
"""What the first row of a stream names as its predecessor."""

_LIMIT: Final = 2**53 - 1  # beyond it RFC 8785 (a double) no longer tells integers apart
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One event in a row; its fields stand in the order of canonical JSON, the alphabet.

    ``aside``: keyed digest of the free text kept beside the chain. ``id``: only if it came from outside.
    """

    aside: str = ""
    at: int
    fields: dict[str, Any]
    id: str = ""
    kind: str


class Entry(msgspec.Struct):
    """One row's text. Again in the order of the alphabet."""

    events: list[Record]
    name: str
    prev: str
    recorded_at: int
    seq: int
    stream: str


# Plain JSON without floats, as deep as events go: what msgspec can check (and copy) without our help.
_Simple: Any = None | bool | Annotated[int, msgspec.Meta(ge=-_LIMIT, le=_LIMIT)] | str
for _ in range(8):
    _Simple = (
        None
        | bool
        | Annotated[int, msgspec.Meta(ge=-_LIMIT, le=_LIMIT)]
        | str
        | (list[_Simple] | dict[str, _Simple])
    )


class _Batch(msgspec.Struct):
    fields: list[dict[str, _Simple]]


read_growth: Final = msgspec.json.Decoder(list[tuple[int, int, int]]).decode
"""Which streams a commit lengthened: number, first new event, last."""

_encode = msgspec.json.Encoder(order="deterministic").encode
_read_entry: Final = msgspec.json.Decoder(Entry).decode
_ASTRAL: Final = re.compile(rb"[\xf0-\xf4]")  # first byte of a character beyond U+FFFF


def canonical(value: Any) -> bytes:
    """Canonical JSON of a plain value.

    :raises InputError: if a text is no Unicode (half a surrogate pair).
    """
    try:
        text = _encode(value)
    except UnicodeEncodeError:
        raise InputError(
            "a text holds half a character (a lone surrogate)", remedy="read its file as UTF-8"
        ) from None
    if not text.isascii() and _ASTRAL.search(text):
        _refuse_astral_keys(msgspec.json.decode(text))
    return text


def plain_fields(events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The fields of many events as plain JSON; the same as :func:`plain` of each, mostly much faster.

    :raises InputError: if a part is neither text, integer, truth value, null, list nor object.
    """
    try:  # copying all of it in one call costs a quarter of looking at each part in Python
        return msgspec.convert({"fields": events}, _Batch).fields
    except msgspec.ValidationError:
        return [plain(fields) for fields in events]


def plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same as plain JSON: a copy of dictionaries, lists and exact types, as it will be read back.

    :raises InputError: if a part is neither text, integer, truth value, null, list nor object.
    """
    return {name: part if type(part) is str else _plain(part) for name, part in value.items()}


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is int:
        if not -_LIMIT <= value <= _LIMIT:
            raise _refused("an integer beyond 53 bits")
        return value
    if kind is list or kind is tuple:
        return [part if type(part) is str else _plain(part) for part in value]
    if isinstance(value, str):  # an enumeration's word
        return str(value)
    if isinstance(value, Mapping):
        if any(type(name) is not str for name in value):
            raise _refused("a name that is no text")
        return plain(value)
    raise _refused(f"a value of type {kind.__name__}")


def _refused(what: str) -> InputError:
    return InputError(
        f"an event holds {what}, which the chain cannot keep",
        why="two writers might spell it differently, and the hash with it",
        remedy="use text, integers, truth values, null, lists and objects; money as minor units",
    )


def text_and_hash(entry: Entry) -> tuple[str, str]:
    """The text of one row and its hash."""
    body = canonical(entry)
    return body.decode(), hashlib.sha256(body).hexdigest()


def read_entry(body: str) -> Entry:
    """A row's text, read.

    :raises msgspec.MsgspecError: if it is none.
    """
    return _read_entry(body)


def id_in_row(name: str, number: int, last: int) -> str:
    """The id of a row's event: the last bears the row's name, those before it name-1, name-2, …"""
    return name if number == last else f"{name}-{number}"


def made_event(
    kind: str,
    at: datetime,
    fields: Mapping[str, Any],
    recorded_at: datetime,
    name: str,
    stream: str,
    seq: int,
) -> Event:
    """An :class:`Event`, made in half the time its own constructor takes; reading makes millions.

    A frozen dataclass sets each field through a look-up by name; its slots can be set directly.
    """
    event: Event = _new(Event)
    _set_kind(event, kind)
    _set_at(event, at)
    _set_fields(event, fields)
    _set_recorded_at(event, recorded_at)
    _set_id(event, name)
    _set_stream(event, stream)
    _set_seq(event, seq)
    return event


_new = object.__new__
_set_kind, _set_at, _set_fields, _set_recorded_at, _set_id, _set_stream, _set_seq = (
    Event.__dict__[each.name].__set__ for each in dataclass_fields(Event)
)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment.

    :raises InputError: if it is naive, or too far away to be kept exactly (after 2255).
    """
    if moment.tzinfo is None:
        raise InputError("a moment has no time zone", remedy="give every time with its offset")
    number = (moment - _EPOCH) // _MICROSECOND
    if not -_LIMIT <= number <= _LIMIT:
        raise InputError("a moment is too far away to be recorded", remedy="correct its year")
    return number


@lru_cache(maxsize=4096)  # the events of a group share their moments
def from_micros(number: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + timedelta(microseconds=number)


def _refuse_astral_keys(value: Any) -> None:
    """RFC 8785 sorts names by UTF-16 units, msgspec by code points: they part only beyond U+FFFF."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if any(character > "\uffff" for character in name):
                raise InputError("a field's name holds a character beyond U+FFFF", remedy="rename the field")
            _refuse_astral_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_astral_keys(inner)
