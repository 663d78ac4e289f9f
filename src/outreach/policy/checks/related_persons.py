"""related_persons: who besides the debtor may be contacted, what for, when, and how often.

For laws that do not know the widened consumer of 12 CFR 1006.6(a): a spouse, parent or friend is here
simply somebody else, and only whoever is liable stands beside the debtor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from outreach.domain import (
    ALLOWED,
    CONSUMER,
    NOT_APPLICABLE,
    Attempt,
    Case,
    Finding,
    Purpose,
    Relation,
    Result,
)
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.consents import standing
from outreach.policy.checks.kinds_counted import IN_VAIN
from outreach.policy.checks.people import called, said_by
from outreach.policy.checks.third_party import asked_again, spoken_with

__all__ = ["RelatedPersons", "out_of_contact"]

_AGREED: Final = "agreed"
_REQUESTED: Final = "callback-requested"
_DECEASED: Final = "deceased"

_DEAD: Final = Result.NOT_IN_SERVICE


class RelatedPersons(Check):
    """Only for what the rule lists; where it says so, only while the debtor is out of contact.

    Out of contact is a debtor whose every number is dead or somebody else's, or whom the last
    ``failures`` calls in a row did not reach.
    """

    class Parameters(CheckParameters):
        """``not_about``: relations who may be contacted like the debtor, guarantors above all.

        ``relations``: whom the rule is about; ``None``: everybody else. ``purposes``: what they may be
        contacted for. ``at_most``: communications with one of them, ever; ``None``: no number.
        ``stop_when_asked``: whether their own wish not to be contacted ends it, by any channel.
        """

        not_about: frozenset[Relation]
        relations: frozenset[Relation] | None = None
        purposes: frozenset[Purpose] = frozenset()
        only_out_of_contact: bool = False
        failures: int | None = None
        at_most: int | None = None
        stop_when_asked: bool = False

    kind = "related_persons"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "not_about": Direction.SUBSET,
        "relations": Direction.EQUAL,
        "purposes": Direction.SUBSET,
        "only_out_of_contact": Direction.EQUAL,
        "failures": Direction.MORE,
        "at_most": Direction.FEWER,
        "stop_when_asked": Direction.EQUAL,
    }
    restricts = frozenset({"opt_out", "inbound", "consent_withdrawn"})
    lifts = frozenset({"attempt", "wrong_number", "deceased", "consent", "callback_requested", "opt_in"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        _AGREED: frozenset({"scopes"}),
        _REQUESTED: frozenset(),
        _DECEASED: frozenset(),
    }

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        person = case.contact.to_person
        if person == CONSUMER:
            return NOT_APPLICABLE
        related = case.consumer.person(person)
        relation = related.relation if related is not None else Relation.OTHER
        if relation in parameters.not_about:
            return ALLOWED
        if parameters.relations is not None and relation not in parameters.relations:
            return NOT_APPLICABLE
        if parameters.stop_when_asked and (asked := _refused(case)):
            return Finding.block("this person asked not to be contacted", since=asked)
        if _AGREED in exceptions and standing(case, exceptions[_AGREED].get("scopes", ())) is not None:
            return Finding.allow("agreed to beforehand", lifted=_AGREED)
        purpose = case.contact.purpose
        if purpose not in parameters.purposes:
            return Finding.block(f"nobody but the debtor may be contacted for {purpose.value}")
        if _DECEASED in exceptions and any(event.at <= case.at for event in case.history.of("deceased")):
            return Finding.allow("the debtor has died", lifted=_DECEASED)
        if parameters.only_out_of_contact and not (why := out_of_contact(case, parameters.failures)):
            return Finding.block("the debtor herself can be reached")
        if parameters.at_most is not None:
            return _counted(case, parameters.at_most, _REQUESTED in exceptions)
        return (
            Finding.allow(f"the debtor is out of contact: {why}")
            if parameters.only_out_of_contact
            else ALLOWED
        )


def out_of_contact(case: Case, failures: int | None) -> str:
    """Why the debtor counts as out of contact, "" if she does not.

    :param failures: so many calls in a row that reached nobody are enough; ``None``: no number is.
    """
    calls = [
        each
        for each in case.history.attempts
        if each.is_call and each.at <= case.at and called(each, case.consumer) == CONSUMER
    ]
    numbers = [phone.number for phone in case.consumer.phones]
    if numbers and all(_dead(case, number, calls) for number in numbers):
        return "no number of hers is in service"
    if failures is None or len(calls) < failures:
        return ""
    latest = calls[-failures:]
    since = latest[0].at
    answered = any(
        since <= event.at <= case.at and said_by(event, case.consumer, "from") == CONSUMER
        for event in case.history.of("inbound")
    )
    if answered or any(each.result not in IN_VAIN for each in latest):
        return ""
    return f"{failures} calls in a row did not reach her"


def _dead(case: Case, number: str, calls: list[Attempt]) -> bool:
    """Whether a number is known to be no way to her."""
    if any(
        event.at <= case.at and event.get("to") == number and event.get("person", CONSUMER) == CONSUMER
        for event in case.history.of("wrong_number")
    ):
        return True
    to_it = [each for each in calls if each.to == number]
    return bool(to_it) and to_it[-1].result is _DEAD


def _refused(case: Case) -> str:
    """Since when the person contacted wishes no contact; "" if never said, or taken back."""
    person, since = case.contact.to_person, ""
    for event in case.history.of("opt_out", "opt_in"):
        if event.at <= case.at and said_by(event, case.consumer) == person:
            since = event.at.isoformat() if event.kind == "opt_out" else ""
    return since


def _counted(case: Case, at_most: int, may_ask: bool) -> Finding:
    spoken = spoken_with(case)
    if len(spoken) < at_most:
        return Finding.allow(f"{len(spoken)} of {at_most} contacts", counted=len(spoken), at_most=at_most)
    if may_ask and asked_again(case, max(spoken)):
        return Finding.allow("the person asked to be contacted again", lifted=_REQUESTED)
    return Finding.block("this person was contacted already", counted=len(spoken), at_most=at_most)
