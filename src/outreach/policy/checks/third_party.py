"""third_party: nobody else learns of the debt, and others are asked for location information only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

from outreach.domain import (
    ALLOWED,
    CONSUMER,
    NOT_APPLICABLE,
    Attempt,
    Audience,
    Case,
    Event,
    Finding,
    Purpose,
    Relation,
    Result,
)
from outreach.domain.words import ELECTRONIC
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.people import called
from outreach.policy.checks.represented import ENDINGS, represented_since

__all__ = ["ThirdParty", "asked_again", "spoken_with", "was_communication"]

_LOCATION: Final = "location"
_REQUESTED: Final = "callback-requested"

_NOTHING_SAID: Final = frozenset(
    {
        Result.NO_ANSWER,
        Result.BUSY,
        Result.NOT_IN_SERVICE,
        Result.MAILBOX_FULL,
        Result.LIMITED_CONTENT_MESSAGE,
        Result.THIRD_PARTY_ANSWERED,
        Result.DROPPED,
        Result.BOUNCED,
    }
)


class ThirdParty(Check):
    """Four duties, one a rule; ``duty`` says which.

    ``told``: who may be communicated with about a debt (12 CFR 1006.6(d)(1)). ``address``: a number or
    address known to be someone else's, or to have led to a disclosure (6(d)(3)(ii)). ``location_once``:
    one location communication per person (10(c)). ``attorney_only``: once an attorney is known, location
    is asked of nobody else (10(b)(5)).
    """

    class Parameters(CheckParameters):
        """``events``: for the duty ``address``, the events that bar one."""

        duty: Literal["told", "address", "location_once", "attorney_only"]
        events: frozenset[Literal["wrong_number", "reassigned_check", "disclosure_led"]] = frozenset()

    kind = "third_party"
    stricter: ClassVar[Mapping[str, Direction]] = {"duty": Direction.EQUAL, "events": Direction.SUPERSET}
    restricts = frozenset({"wrong_number", "disclosure_led", "attorney", "attempt"})
    lifts = frozenset({"callback_requested", "reassigned_check", *ENDINGS.values()})
    subjects = frozenset({"person", "endpoint"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        _LOCATION: frozenset({"purposes"}),
        _REQUESTED: frozenset(),
        **dict.fromkeys(ENDINGS, frozenset()),
    }

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        duty = parameters.duty
        if duty == "told":
            return _told(case, exceptions)
        if duty == "address":
            return _address(case, parameters.events)
        if case.audience is not Audience.THIRD_PARTY or case.contact.purpose is not Purpose.LOCATION:
            return NOT_APPLICABLE
        return _once(case, exceptions) if duty == "location_once" else _attorney_only(case, exceptions)


def _told(case: Case, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
    if case.audience is not Audience.THIRD_PARTY:
        return ALLOWED
    if case.contact.purpose in exceptions.get(_LOCATION, {}).get("purposes", ()):
        return Finding.allow("to acquire location information", lifted=_LOCATION)
    return Finding.block("this person may not be told about the debt")


def _address(case: Case, events: frozenset[str]) -> Finding:
    histories = (case.history, case.shared) if case.shared else (case.history,)
    known = False
    for history in histories:
        if history.events:
            for kind in events:
                known = known or bool(history.of(kind))
    if not known:
        return ALLOWED
    if "wrong_number" in events:
        for history in histories:
            found = _latest(history.of("wrong_number"), case)
            if found is not None:
                return Finding.block("this number is known to be someone else's", since=found.at.isoformat())
    if "reassigned_check" in events:
        for history in histories:
            found = _latest(history.of("reassigned_check"), case)
            if found is not None and found.fields.get("result") == "reassigned":
                return Finding.block("this number was reassigned to someone else", since=found.at.isoformat())
    if "disclosure_led" in events and case.contact.channel in ELECTRONIC:
        for history in histories:
            found = _latest(history.of("disclosure_led"), case, whoever=True)
            if found is not None:
                return Finding.block(
                    "messages to this address are known to have reached a third party",
                    since=found.at.isoformat(),
                )
    return ALLOWED


def _latest(events: tuple[Event, ...], case: Case, *, whoever: bool = False) -> Event | None:
    """The latest of these about the contact's address.

    What says that a number is not the consumer's bars it for her, not for whoever owns it.

    :param whoever: whether it bars the address for everybody.
    """
    for event in reversed(events):
        if event.at > case.at or event.fields.get("to") != case.contact.to:
            continue
        if whoever or (event.fields.get("person") or CONSUMER) == case.contact.to_person:
            return event
    return None


def was_communication(attempt: Attempt) -> bool:
    """Whether something was conveyed, or may have been; an unanswered call conveys nothing.

    12 CFR 1006.2(d); a limited-content message is no communication (comment 2(d)-2).
    """
    return attempt.left and attempt.result not in _NOTHING_SAID


def spoken_with(case: Case) -> list[datetime]:
    """When something was conveyed, or may have been, to the person of the contact."""
    person = case.contact.to_person
    return [
        attempt.at
        for attempt in case.history.attempts
        if attempt.at <= case.at and was_communication(attempt) and called(attempt, case.consumer) == person
    ]


def asked_again(case: Case, since: datetime) -> bool:
    """Whether the person of the contact asked from then on to be contacted again."""
    return any(
        since <= event.at <= case.at and event.fields.get("person") == case.contact.to_person
        for event in case.history.of("callback_requested")
    )


def _once(case: Case, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
    spoken = spoken_with(case)
    if not spoken:
        return ALLOWED
    if _REQUESTED in exceptions and asked_again(case, max(spoken)):
        return Finding.allow("the person asked to be contacted again", lifted=_REQUESTED)
    return Finding.block(
        "this person was asked once already", last=max(spoken).isoformat(), times=len(spoken)
    )


def _attorney_only(case: Case, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
    if not case.history.of("attorney"):
        return ALLOWED
    known: list[str] = []
    ended = ""
    for debt in case.debt_ids or ("",):
        event, ending = represented_since(case, debt, exceptions)
        if event is not None:
            known.append(debt)
        ended = ended or ending
    related = case.consumer.person(case.contact.to_person)
    if known and (related is None or related.relation is not Relation.ATTORNEY):
        return Finding.block(
            "an attorney is known, so nobody else may be asked", debts=[each for each in known if each]
        )
    return Finding.allow("the attorney no longer has to be asked", lifted=ended) if ended else ALLOWED
