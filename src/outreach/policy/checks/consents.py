"""Consents in force. A consent is given directly, for something stated, until something.

12 CFR 1006.6(b)(4)(i) and comment -2: one given to a creditor or an earlier collector is nothing to us,
unless the rule that reads it says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from outreach.domain import Case, Event, Way
from outreach.policy.checks.days import as_date, last_midnight
from outreach.policy.checks.people import about, medium, said_by
from outreach.policy.checks.spans import span_of
from outreach.policy.zones import local

__all__ = ["US", "begins", "covers_moment", "given", "opted_out_since", "standing", "withdrawn_at"]

US = frozenset({"collector"})
"""Given directly to us."""


def given(
    case: Case, scopes: Collection[str], *, to_whom: Collection[str] = US, covering: bool = True
) -> Iterator[Event]:
    """Consents of these scopes by the person contacted, oldest first.

    Dates, clock times and withdrawals are not looked at.

    :param covering: leave out a consent to another address than the contact's, and one about some debts
        that does not name all of the contact's.
    """
    person, to = case.contact.to_person, case.contact.to
    debts = case.debt_ids
    for event in case.history.of("consent"):
        fields = event.fields
        if event.at > case.at or fields.get("scope") not in scopes:
            continue
        if (fields.get("given_to") or "collector") not in to_whom or said_by(event, case.consumer) != person:
            continue
        if covering:
            # With scope hours, ``to`` is a clock time.
            if fields.get("scope") != "hours" and fields.get("to") and fields["to"] != to:
                continue
            named = fields.get("debts")
            if named and not all(debt in named for debt in debts):
                continue
        yield event


def withdrawn_at(case: Case, consent: Event) -> datetime | None:
    """When this consent was first taken back, as far as known at the moment of the case."""
    scope, to, debts = consent.fields.get("scope"), consent.fields.get("to"), consent.fields.get("debts")
    for event in case.history.of("consent_withdrawn"):
        if not consent.at <= event.at <= case.at:
            continue
        taken = event.fields.get("scope")
        if taken and "any" not in (taken, scope) and taken != scope:
            continue
        where = event.fields.get("to")
        if where and to and scope != "hours" and where != to:
            continue
        if debts and not about(event, debts):
            continue
        return event.at
    return None


def covers_moment(case: Case, consent: Event, moment: datetime) -> bool:
    """Whether ``moment`` lies in the dates and clock times of the consent, in every plausible zone."""
    dated = consent.fields.get("scope") != "hours"
    fields = consent.fields
    if dated and not (fields.get("from") or fields.get("until") or fields.get("days")):
        return True
    zones = case.places.zones
    if dated and zones and fields.get("from") and moment < begins(zones, fields["from"]):
        return False
    span = span_of(consent, dated=dated)
    return bool(zones) and all(span.covers(local(zone, moment)) for zone in zones)


def begins(zones: Sequence[str], said: object) -> datetime:
    """The instant from which a consent holds: a day, begun in every zone, or the moment that was named."""
    text = str(said)
    return datetime.fromisoformat(text) if "T" in text else last_midnight(zones, as_date(said))


def standing(
    case: Case, scopes: Collection[str], *, to_whom: Collection[str] = US, since: datetime | None = None
) -> Event | None:
    """The latest consent that covers this contact at this moment and was not withdrawn.

    :param since: a consent given before this does not help: a later word of the person stands above it.
    """
    found = None
    for event in given(case, scopes, to_whom=to_whom):
        if since is not None and event.at < since:
            continue
        if withdrawn_at(case, event) is None and covers_moment(case, event, case.at):
            found = event
    return found


def opted_out_since(case: Case, since: datetime, events: Iterable[Event] | None = None) -> bool:
    """Whether an opt-out that reaches this contact came at or after ``since``.

    :param events: the opt-outs to look at; ``None``: all in her history.
    """
    channel = medium(case.contact.channel)
    for event in case.history.of("opt_out") if events is None else events:
        if not since <= event.at <= case.at:
            continue
        to, which = event.fields.get("to"), event.fields.get("channel")
        if to and to != case.contact.to:
            continue
        if which and medium(which) != channel and not (to and _electronic(which, case.contact.channel)):
            continue
        if not to and said_by(event, case.consumer) != case.contact.to_person:
            continue
        return True
    return False


def _electronic(one: str, other: str) -> bool:
    return {one, other} <= {Way.SMS, Way.EMAIL}
