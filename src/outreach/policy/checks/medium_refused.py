"""medium_refused: not by a medium, number or address that the person asked us not to use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from outreach.domain import ALLOWED, Case, Event, Finding, Purpose
from outreach.domain.words import CALL_CHANNELS, ELECTRONIC
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.inconvenient import REPLY
from outreach.policy.checks.people import said_by
from outreach.policy.checks.replies import unanswered

__all__ = ["CONFIRMATION", "LEGALLY_REQUIRED", "MediumRefused", "refusal"]

CONFIRMATION = "confirmation"
LEGALLY_REQUIRED = "legally-required"


class MediumRefused(Check):
    """A request may name a medium, one address, or one address for one medium (comment 14(h)(1)-2).

    It holds for all debts and for any person, third parties included, and is no cease notice. A request
    about an address holds for everybody who has that address.
    """

    class Parameters(CheckParameters):
        """``requests_to``: whom a request must have been made to (collector, creditor, ...)."""

        requests_to: frozenset[str]

    kind = "medium_refused"
    stricter: ClassVar[Mapping[str, Direction]] = {"requests_to": Direction.SUPERSET}
    restricts = frozenset({"opt_out"})
    lifts = frozenset({"opt_in", "inbound", "dispute"})
    subjects = frozenset({"person", "endpoint"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        CONFIRMATION: frozenset({"at_most"}),
        REPLY: frozenset(),
        LEGALLY_REQUIRED: frozenset(),
    }

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        if not case.history.of("opt_out") and not (case.shared and case.shared.of("opt_out")):
            return ALLOWED
        refused = refusal(case, parameters.requests_to)
        if refused is None:
            return ALLOWED
        purpose = case.contact.purpose
        if purpose is Purpose.LEGALLY_REQUIRED and LEGALLY_REQUIRED in exceptions:
            return Finding.allow("required by other law", lifted=LEGALLY_REQUIRED)
        if REPLY in exceptions and unanswered(case, since=refused.at) is not None:
            return Finding.allow("one reply to the person's own message", lifted=REPLY)
        if purpose is Purpose.OPT_OUT_CONFIRMATION and CONFIRMATION in exceptions:
            at_most = int(exceptions[CONFIRMATION].get("at_most", 0))
            if case.contact.channel in ELECTRONIC and _confirmations(case, refused) < at_most:
                return Finding.allow("the confirmation of an opt-out", lifted=CONFIRMATION)
            return Finding.block("this opt-out was confirmed already", refused=refused.at.isoformat())
        what = "this number or address" if refused.fields.get("to") else "this medium"
        return Finding.block(
            f"the person asked us not to use {what}", refused=refused.at.isoformat(), event=refused.id
        )


def refusal(case: Case, requests_to: frozenset[str]) -> Event | None:
    """The latest request that stands against this contact, ``None`` where none does."""
    standing: list[Event] = []
    for event in _requests(case):
        if not reaches(event, case):
            continue
        if event.kind == "opt_out":
            if (event.fields.get("given_to") or "collector") in requests_to:
                standing.append(event)
        else:
            # A general word does not take back what was said about one address.
            specific = bool(event.fields.get("to"))
            standing = [each for each in standing if each.fields.get("to") and not specific]
    return standing[-1] if standing else None


def _requests(case: Case) -> Iterator[Event]:
    """Opt-outs and opt-ins of this person, and those others made about this very address, by time."""
    person, to = case.contact.to_person, case.contact.to
    found = []
    for kind in ("opt_in", "opt_out"):  # at one instant the opt-out stands last
        for event in case.history.of(kind):
            if event.at <= case.at and (event.fields.get("to") or said_by(event, case.consumer) == person):
                found.append(event)
        for event in case.shared.of(kind) if kind == "opt_out" else ():
            if event.at <= case.at and event.fields.get("to") == to:
                found.append(event)
    return iter(sorted(found, key=lambda event: event.at))


def reaches(event: Event, case: Case) -> bool:
    """Whether a request is about this contact's medium and address.

    With both: for sms or e-mail, electronic messages to the address; for a call, calls to it.
    """
    to, channel = event.fields.get("to"), event.fields.get("channel")
    if to and to != case.contact.to:
        return False
    if not channel:
        return bool(to)
    way = case.contact.channel
    if channel in CALL_CHANNELS:
        return way in CALL_CHANNELS
    if to and channel in ELECTRONIC:
        return way in ELECTRONIC
    return bool(channel == way)


def _confirmations(case: Case, refused: Event) -> int:
    return sum(
        attempt.left
        and attempt.purpose == Purpose.OPT_OUT_CONFIRMATION
        and refused.at <= attempt.at <= case.at
        and attempt.to == case.contact.to
        for attempt in case.history.attempts
    )
