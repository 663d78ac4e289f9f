"""The fields of events: what each may hold, and which a kind cannot do without.

Names come from :data:`outreach.domain.EVENT_FIELDS`; a field is here at all only if it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from outreach.domain import EVENT_FIELDS, Purpose, Result, Way
from outreach.domain.events import INTERNAL_EVENTS
from outreach.domain.words import CALL_CHANNELS, CALL_RESULTS
from outreach.errors import InputError
from outreach.intake import addresses, parse

__all__ = ["IMPORTABLE", "NOTE", "REQUIRED", "TOLD_BY", "WEEKDAYS", "known_fields", "read_field"]

IMPORTABLE: Final = frozenset(EVENT_FIELDS) - INTERNAL_EVENTS - {"call_result", "delivery"}
"""Kinds a file or a person may bring. The two left out belong to an attempt that outreach itself opened."""

NOTE: Final = "note"
"""A field any event may have: words for the reader, judged by no rule."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TOLD_BY: Final = frozenset(way.value for way in Way) | {"web"}
"""How word came to us: our channels, or through the web site."""

_ANYHOW = {Result.UNKNOWN.value}  # an old system that does not know how it ended; it counts
_SENT = {"sent", "delivered", "bounced"} | _ANYHOW
_CALLS = {result.value for result in CALL_RESULTS} | _ANYHOW
_VISITS = {"conversation", "no_answer", "third_party_answered", "sent", "delivered"} | _ANYHOW

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "attempt": ("channel", "to", "outcome"),
    "inbound": ("channel",),
    "consent": ("scope",),
    "opt_out": ("channel|to",),
    "opt_in": ("channel|to",),
    "inconvenient": ("days|from|place",),
    "convenient": ("days|from|place",),
    "wrong_number": ("to",),
    "employer_provided": ("to",),
    "reassigned_check": ("to", "result"),
    "disclosure_led": ("to",),
    "creditor_notice": ("to", "opt_out_by"),
    "prior_collector_used": ("to", "immediate"),
    "breathing_space": ("until",),
    "promise": ("amount", "due"),
    "correction": ("of", "because", "void|set"),
}
"""Fields a kind cannot do without; ``a|b``: at least one of them."""

Reader = Callable[[Any, str, str, Mapping[str, Any]], Any]
"""Takes the value, its column, the kind of event and all of its fields as written."""


def known_fields(kind: str) -> frozenset[str]:
    """The fields this kind may have when imported."""
    return EVENT_FIELDS[kind] | {NOTE}


def read_field(name: str, kind: str, fields: Mapping[str, Any]) -> Any:
    """The field as a plain value of the vocabulary, normalised.

    :raises InputError: naming the field.
    """
    return _READERS[name](fields[name], name, kind, fields)


def _simple(read: Callable[[Any, str], Any]) -> Reader:
    return lambda value, column, kind, fields: read(value, column)


def _words(*known: str) -> Reader:
    return lambda value, column, kind, fields: parse.one_of(value, known, column)


def _list(value: Any, column: str) -> list[str]:
    """Ids, as a list or joined by ``;``."""
    if isinstance(value, str):
        value = value.split(";")
    if not isinstance(value, list):
        raise InputError("this is not a list", column=column, remedy="write [ … ], or join by ;")
    return [parse.identifier(one, column) for one in value]


def _days(value: Any, column: str) -> list[str]:
    if isinstance(value, str):
        value = value.split(";")
    if not isinstance(value, list) or not value:
        raise InputError("this is not a list of weekdays", column=column, remedy='such as ["mon", "tue"]')
    found = {parse.one_of(one, WEEKDAYS, column) for one in value}
    return [one for one in WEEKDAYS if one in found]


def _channel(value: Any, column: str, kind: str, fields: Mapping[str, Any]) -> str:
    ours = kind in ("attempt", "opt_out", "opt_in", "validation_notice")
    return parse.one_of(value, [way.value for way in Way] if ours else TOLD_BY, column)


def _outcome(value: Any, column: str, kind: str, fields: Mapping[str, Any]) -> str:
    channel = fields.get("channel")
    if kind == "validation_notice":
        known = _SENT
    elif channel in CALL_CHANNELS:
        known = _CALLS
    else:
        known = _VISITS if channel == Way.VISIT else _SENT
    return parse.one_of(value, known, column)


def _tells_hours(kind: str, fields: Mapping[str, Any]) -> bool:
    return kind in ("inconvenient", "convenient") or fields.get("scope") == "hours"


def _from(value: Any, column: str, kind: str, fields: Mapping[str, Any]) -> str:
    """A clock time where hours are told, a date or moment in a consent, else who it came from."""
    if _tells_hours(kind, fields):
        return parse.clock(value, column)
    if kind == "consent":
        if isinstance(value, str) and "T" in value:
            parse.moment(value, column)
            return value.strip()  # with its own offset: it says on which day of hers
        return parse.day(value, column)
    return addresses.endpoint(value, column)


def _to(value: Any, column: str, kind: str, fields: Mapping[str, Any]) -> str:
    if _tells_hours(kind, fields):
        return parse.clock(value, column)
    if kind in ("wrong_number", "reassigned_check"):
        return addresses.phone(value, column)
    channel = fields.get("channel") if kind in ("attempt", "opt_out", "opt_in") else None
    if channel in ("call", "voicemail", "sms"):
        return addresses.phone(value, column)
    return addresses.email(value, column) if channel == "email" else addresses.endpoint(value, column)


def _until(value: Any, column: str, kind: str, fields: Mapping[str, Any]) -> str:
    """The last day; for a moratorium also the moment it ends."""
    if kind in ("breathing_space", "bankrupt") and isinstance(value, str) and "T" in value:
        return parse.moment(value, column).isoformat()
    return parse.day(value, column)


def _amount(value: Any, column: str) -> dict[str, Any]:
    money = parse.amount(value, column)
    return {"minor": money.minor, "currency": money.currency}


_FORMS = ("written", "oral", "electronic")
# Besides: how a channel or its provider heard of it. An export of ours can be imported again.
_FORMS_OF_OPT_OUT = (*_FORMS, "reply", "unsure", "one_click", "mailto", "complaint", "provider")


def _form(value: Any, column: str, kind: str, fields: Mapping[str, Any]) -> str:
    if kind in ("opt_out", "opt_in"):
        return parse.one_of(value, _FORMS_OF_OPT_OUT, column)
    known = ("postcard",) if kind == "attempt" else _FORMS
    return parse.one_of(value, known, column)


def _set(value: Any, column: str) -> dict[str, Any]:
    """New values for fields of an earlier event. Whom it concerned and when cannot change."""
    if not isinstance(value, Mapping) or not value:
        raise InputError("this is not an object with fields", column=column, remedy="write { … }")
    names = frozenset().union(*EVENT_FIELDS.values())
    for name in value:
        if name in ("person", "at") or name not in names:
            raise InputError(
                "this field cannot be corrected",
                column=column,
                remedy="void the event and record the right one" if name in ("person", "at") else "",
            )
    return dict(value)


_READERS: Final[Mapping[str, Reader]] = {
    "amount": _simple(_amount),
    "because": _simple(parse.free_text),
    "body": _simple(parse.free_text),
    "by": _simple(parse.free_text),
    "channel": _channel,
    "collector": _simple(parse.identifier),
    "conversation": _simple(parse.boolean),
    "counted_to": _simple(_list),
    "days": _simple(_days),
    "debts": _simple(_list),
    "discussed": _simple(_list),
    "due": _simple(parse.day),
    "form": _form,
    "from": _from,
    "given_to": _words("collector", "creditor", "prior_collector"),
    "immediate": _simple(parse.boolean),
    "name_known": _simple(parse.boolean),
    "note": _simple(parse.free_text),
    "of": _simple(parse.identifier),
    "opt_out_by": _simple(parse.day),
    "outcome": _outcome,
    "person": _simple(parse.identifier),
    "place": _words("home", "work"),
    "plan": _simple(parse.free_text),
    "purpose": _simple(lambda value, column: parse.word(value, Purpose, column).value),
    "result": _words("not_reassigned", "reassigned"),
    "ringless": _simple(parse.boolean),
    "scope": _words("call", "sms", "email", "any", "hours"),
    "set": _simple(_set),
    "to": _to,
    "until": _until,
    "void": _simple(parse.boolean),
}
