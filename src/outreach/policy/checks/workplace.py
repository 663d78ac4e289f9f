"""workplace: not where the employer forbids it, and not to the employer's e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from outreach.domain import ALLOWED, NOT_APPLICABLE, Case, EndpointKind, Event, Finding, Way
from outreach.domain.words import CALL_CHANNELS
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.consents import given, standing, withdrawn_at
from outreach.policy.checks.days import Window
from outreach.policy.checks.hours import AGREED
from outreach.policy.checks.people import said_by

__all__ = ["Workplace"]

_USED: Final = "used-by-the-person"
_CONSENTED: Final = "consented-address"
_PRIOR: Final = "prior-collector"


class Workplace(Check):
    """Two duties, one a rule: contact at work (12 CFR 1006.6(b)(3)), and e-mail the employer provides.

    The person's own word that personal calls are not allowed is enough (comment 6(b)(3)-1). An e-mail
    address is known to be the employer's when anybody said so (comment 22(f)(3)-1), or when the data
    we were given call it one.
    """

    class Parameters(CheckParameters):
        """``about``: contact at the ``place`` of work, or ``email`` provided by the employer.

        ``oral_days``: so many days after its own an oral wish holds; one in writing, or of a form that is
        not told, stands.
        """

        about: Literal["place", "email"]
        oral_days: int | None = None

    kind = "workplace"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "about": Direction.EQUAL,
        "oral_days": Direction.MORE,
    }
    restricts = frozenset({"employer_prohibits", "employer_provided", "consent_withdrawn"})
    lifts = frozenset({"consent", "inbound", "prior_collector_used"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        AGREED: frozenset({"scopes"}),
        _USED: frozenset(),
        _CONSENTED: frozenset({"scopes"}),
        _PRIOR: frozenset(),
    }

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        if parameters.about == "place":
            return _place(case, parameters.oral_days, exceptions)
        if case.contact.channel is not Way.EMAIL:
            return NOT_APPLICABLE
        return _email(case, exceptions)


def _place(case: Case, oral_days: int | None, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
    known = case.history.of("employer_prohibits")
    if not known or case.contact.channel is Way.EMAIL or case.endpoint_kind is not EndpointKind.WORK:
        return ALLOWED
    person = case.contact.to_person
    forbidden = [each for each in known if each.at <= case.at and said_by(each, case.consumer, "") == person]
    if not forbidden:
        return ALLOWED
    scopes = exceptions.get(AGREED, {}).get("scopes", ())
    if scopes and standing(case, scopes, since=forbidden[-1].at) is not None:
        return Finding.allow("the person consented directly to us", lifted=AGREED)
    since = forbidden[-1].at
    if oral_days is not None and all(map(_oral, forbidden)) and case.places.zones:
        until = Window(oral_days + 1, "days").clears(since, case.places.zones)
        if until <= case.at:
            return Finding.allow("an oral wish of that age holds no more", since=since.isoformat())
        return Finding.hold("the person asked not to be called at work", until=until, since=since.isoformat())
    return Finding.block(
        "the employer does not allow such contact", since=since.isoformat(), event=forbidden[-1].id
    )


def _oral(wish: Event) -> bool:
    """Whether it is known to have been said by word of mouth."""
    form = wish.fields.get("form")
    return form == "oral" or (not form and wish.fields.get("channel") in CALL_CHANNELS)


def _email(case: Case, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
    to = case.contact.to
    known = case.history.of("employer_provided")
    told = bool(known) and any(event.fields.get("to") == to and event.at <= case.at for event in known)
    if not told and case.endpoint_kind is not EndpointKind.WORK:
        return ALLOWED
    if _USED in exceptions and any(
        event.fields.get("from") == to and event.fields.get("channel") == "email" and event.at <= case.at
        for event in case.history.of("inbound")
    ):
        return Finding.allow("the person wrote to us from this address", lifted=_USED)
    # 6(d)(4)(i)(B): a consent to use this very address; a general one names none.
    scopes = exceptions.get(_CONSENTED, {}).get("scopes", ())
    if scopes and any(
        event.fields.get("to") == to and withdrawn_at(case, event) is None for event in given(case, scopes)
    ):
        return Finding.allow("the person consented to this address", lifted=_CONSENTED)
    if _PRIOR in exceptions and any(
        event.fields.get("to") == to and event.fields.get("immediate") and event.at <= case.at
        for event in case.history.of("prior_collector_used")
    ):
        return Finding.allow("the collector before us used this address", lifted=_PRIOR)
    return Finding.block("the employer provides this e-mail address", told=told)
