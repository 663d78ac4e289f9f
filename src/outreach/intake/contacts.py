"""Campaign rows into contacts: parsed, normalised, keyed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from outreach.domain import CONSUMER, Contact, Purpose, Way, digest_of
from outreach.errors import InputError
from outreach.intake import addresses, parse
from outreach.intake.columns import check_fields
from outreach.intake.rows import CsvRows, JsonRows, Rejection, open_rows, suffix_of

__all__ = [
    "CONTACT_COLUMNS",
    "ContactRow",
    "content_digest",
    "default_key",
    "read_contact_json",
    "read_contacts",
]

REQUIRED: Final = ("person", "channel", "to", "template")
_OWN: Final = ("person", "to", "debts", "key")
_COMMON: Final = (
    "channel",
    "template",
    "to_person",
    "purpose",
    "creditor",
    "not_before",
    "expires_at",
    "priority",
    "campaign",
)
CONTACT_COLUMNS: Final = (*_OWN, *_COMMON)
"""The columns of a campaign file, and the fields of a contact given as JSON."""

OPTIONAL: Final = tuple(name for name in CONTACT_COLUMNS if name not in REQUIRED)

_CALLED = frozenset({Way.CALL, Way.VOICEMAIL, Way.SMS})
_DEBTS = re.compile(r"[!-:<-~]{1,200}(?:;[!-:<-~]{1,200})*")
_SEPARATOR = "\x1f"  # cannot stand in a value: control characters are refused
_MOST_PRIORITY = 1_000_000


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact, the line it came from and the row as it stood (personal data, for the rejects file)."""

    contact: Contact
    line: int
    raw: str = ""


def read_contacts(
    path: Path, campaign: str = "", *, now: datetime | None = None
) -> Iterator[ContactRow | Rejection]:
    """The contacts of a campaign file (.csv or .jsonl), one row at a time, in the order of the file.

    :param campaign: the campaign's name, where the file has no such column.
    :param now: rows that expire before this moment are rejected.
    :raises InputError: if the file as a whole cannot be used.
    """
    ending = suffix_of(path, ".csv", ".jsonl")
    if campaign:
        campaign = parse.identifier(campaign, "campaign")
    with open_rows(path) as stream:
        if ending == ".csv":
            yield from _from_csv(
                CsvRows(stream, str(path), required=REQUIRED, optional=OPTIONAL), campaign, now
            )
        else:
            yield from _from_json(JsonRows(stream, str(path)), campaign, now)


def read_contact_json(obj: object, *, campaign: str = "", now: datetime | None = None) -> Contact:
    """A contact given as JSON, with the names of the columns; ``debts`` may be a list.

    ``template`` may be absent: the content is then taken as compliant, so it can be checked and not sent.

    :raises InputError: naming the field at fault.
    """
    if not isinstance(obj, Mapping):
        raise InputError(
            "A contact is a JSON object.", remedy='such as {"person": "p17", "channel": "sms", …}'
        )
    check_fields(obj, CONTACT_COLUMNS)
    for name in ("person", "channel", "to"):
        if name not in obj:
            raise InputError("this field is missing", column=name, remedy="add it")
    common = _common(tuple(obj.get(name, "") for name in _COMMON), campaign, now)
    return _contact([obj.get(name, "") for name in _OWN], common)


def _from_csv(rows: CsvRows, campaign: str, now: datetime | None) -> Iterator[ContactRow | Rejection]:
    if not campaign and "campaign" not in rows.columns:
        raise InputError(
            "The file does not say which campaign it is.",
            column="campaign",
            remedy="give --campaign NAME, or add the column campaign",
        )
    own = itemgetter(*map(rows.index, _OWN))
    shared = itemgetter(*map(rows.index, _COMMON))
    for row in rows:
        if isinstance(row, Rejection):
            yield row
            continue
        row.append("")  # what place -1, an absent column, finds
        try:
            common = _common_cached(shared(row), campaign, now)
            if not common.template:
                raise _no_template()
            yield ContactRow(_contact(own(row), common), rows.line, rows.raw)
        except InputError as fault:
            yield rows.refuse(fault)


def _from_json(rows: JsonRows, campaign: str, now: datetime | None) -> Iterator[ContactRow | Rejection]:
    for row in rows:
        if isinstance(row, Rejection):
            yield row
            continue
        try:
            contact = read_contact_json(row, campaign=campaign, now=now)
            if not contact.template:
                raise _no_template()
            yield ContactRow(contact, rows.line, rows.raw)
        except InputError as fault:
            yield rows.refuse(fault)


@dataclass(frozen=True, slots=True)
class _Common:
    """What many rows of a campaign have in common, already parsed."""

    channel: Way
    to_person: str
    purpose: Purpose
    template: str
    creditor: str
    not_before: datetime | None
    expires_at: datetime | None
    priority: int
    campaign: str


def _common(cells: tuple[Any, ...], campaign: str, now: datetime | None) -> _Common:
    """:param cells: those from the column ``channel`` on, in the order of ``CONTACT_COLUMNS``."""
    channel, template, to_person, purpose, creditor, start, end, priority, own = cells
    to_person = parse.identifier(to_person, "to_person") if to_person else CONSUMER
    not_before, expires_at = _moments(start, end, now)
    return _Common(
        channel=parse.word(channel, Way, "channel"),
        to_person=to_person,
        purpose=_purpose(purpose, to_person),
        template=parse.name_of_template(template, "template") if template else "",
        creditor=parse.identifier(creditor, "creditor") if creditor else "",
        not_before=not_before,
        expires_at=expires_at,
        priority=100 if priority == "" else parse.integer(priority, "priority", most=_MOST_PRIORITY),
        campaign=_campaign(own, campaign),
    )


_common_cached = lru_cache(maxsize=1024)(_common)
"""For rows of text: a campaign repeats these cells in most of its rows."""


def _contact(own: Sequence[Any], common: _Common) -> Contact:
    """:param own: the cells of ``_OWN``."""
    person, to, debts, key = own
    person = parse.identifier(person, "person")
    channel = common.channel
    to = _address(to, channel)
    debts = _debts(debts) if debts else ()
    if key:
        key = parse.identifier(key, "key")
    else:
        key = default_key(person, channel, to, common.purpose, common.template, debts)
    return Contact(
        person=person,
        channel=channel,
        to=to,
        purpose=common.purpose,
        debts=debts,
        to_person=common.to_person,
        campaign=common.campaign,
        key=key,
        template=common.template,
        creditor=common.creditor,
        not_before=common.not_before,
        expires_at=common.expires_at,
        priority=common.priority,
    )


def _no_template() -> InputError:
    return InputError("the row names no template", column="template", remedy="fill it in")


def _address(value: Any, channel: Way) -> str:
    if channel in _CALLED:
        return addresses.phone(value, "to")
    if channel is Way.EMAIL:
        return addresses.email(value, "to")
    found = parse.identifier(value, "to")
    if "@" in found or found.startswith("+"):
        raise InputError(
            f"a {channel} cannot go to a number or an e-mail address",
            column="to",
            remedy="write home, work or a related person's id",
        )
    return found


def _debts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        plain = _DEBTS.fullmatch(value)
        value = value.split(";")
    else:
        plain = None
    if not isinstance(value, list):
        raise InputError("this is not a list of debts", column="debts", remedy="join their ids by ;")
    found = tuple(value) if plain else tuple(parse.identifier(one, "debts") for one in value)
    if len(set(found)) != len(found):
        raise InputError("a debt is named twice", column="debts", remedy="name it once")
    return found


def _purpose(value: Any, to_person: str) -> Purpose:
    """Absent, it is ``collect``; someone else is never written to without saying why."""
    if value:
        return parse.word(value, Purpose, "purpose")
    if to_person == CONSUMER:
        return Purpose.COLLECT
    raise InputError(
        "a contact to someone else needs its purpose", column="purpose", remedy="such as location or relay"
    )


def _campaign(own: Any, given: str) -> str:
    own = parse.text(own, "campaign", limit=200)
    if own and given and own != given:
        raise InputError(
            "the row names another campaign than was given for the file",
            column="campaign",
            remedy="leave out --campaign, or the column",
        )
    if not own and not given:
        raise InputError(
            "the row names no campaign", column="campaign", remedy="fill it in, or give --campaign"
        )
    return own or given


def _moments(start: Any, end: Any, now: datetime | None) -> tuple[datetime | None, datetime | None]:
    not_before = parse.moment(start, "not_before") if start else None
    expires_at = parse.moment(end, "expires_at") if end else None
    if expires_at is not None:
        if now is not None and expires_at <= now:
            raise InputError(
                "the contact has already expired", column="expires_at", remedy="give a later moment"
            )
        if not_before is not None and expires_at <= not_before:
            raise InputError(
                "the contact would expire before it may begin",
                column="expires_at",
                remedy="give a moment after not_before",
            )
    return not_before, expires_at


def default_key(
    person: str, channel: str, to: str, purpose: str, template: str, debts: tuple[str, ...]
) -> str:
    """The key of a row without one: the same wish in the same campaign is the same contact."""
    return digest_of(_SEPARATOR.join((person, channel, to, purpose, template, *sorted(debts))))


def content_digest(contact: Contact) -> str:
    """Tells "same key, other content" apart: a digest of all a contact says but key and campaign.

    The order of debts does not matter; moments are compared as instants.
    """
    parts = (
        contact.person,
        contact.to_person,
        contact.channel,
        contact.to,
        contact.purpose,
        contact.template,
        contact.creditor,
        _instant(contact.not_before),
        _instant(contact.expires_at),
        str(contact.priority),
        contact.form,
        str(contact.ringless),
        digest_of(contact.body) if contact.body is not None else "",
        digest_of(list(contact.envelope)) if contact.envelope else "",
        *sorted(contact.debts),
    )
    return digest_of(_SEPARATOR.join(parts))


def _instant(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""
