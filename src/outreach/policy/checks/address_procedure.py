"""address_procedure: whether an e-mail address or number for texts came by a way that keeps it private."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal

from outreach.domain import NOT_APPLICABLE, Case, EndpointKind, Event, Finding, Way
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.consents import given, opted_out_since, withdrawn_at
from outreach.policy.checks.days import DAY, as_date, last_midnight
from outreach.policy.zones import local

__all__ = ["AddressProcedure"]


class AddressProcedure(Check):
    """The procedures of 12 CFR 1006.6(d)(4) for e-mail addresses and (d)(5) for texts, route by route.

    They earn a defence against having told a third party; they are no prohibition of their own.
    """

    class Parameters(CheckParameters):
        """``about``: e-mail addresses or numbers for texts.

        ``notice_days``: how long a creditor's notice leaves to object. ``public_domains``: domains that
        anybody may have an address at. ``fresh_days``: how old the latest sign may be that a number is
        still the consumer's.
        """

        about: Literal["email", "text"]
        notice_days: int = 0
        public_domains: frozenset[str] = frozenset()
        fresh_days: int = 0

    kind = "address_procedure"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "about": Direction.EQUAL,
        "notice_days": Direction.MORE,
        "public_domains": Direction.SUBSET,
        "fresh_days": Direction.FEWER,
    }
    restricts = frozenset({"opt_out", "consent_withdrawn", "employer_provided"})
    lifts = frozenset({"inbound", "consent", "creditor_notice", "prior_collector_used", "reassigned_check"})
    subjects = frozenset({"person", "endpoint"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {}

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        channel = case.contact.channel
        if parameters.about == "email" and channel is Way.EMAIL:
            route = _used(case, "email") or _consented(case, "email") or _by_others(case, parameters)
            what = "this e-mail address came by none of the procedures"
        elif parameters.about == "text" and channel is Way.SMS:
            route = _fresh(case, parameters.fresh_days)
            what = (
                f"no text, consent or clean check within {parameters.fresh_days} days stands for this number"
            )
        else:
            return NOT_APPLICABLE
        return Finding.allow(f"procedure: {route}", route=route) if route else Finding.block(what)


def _used(case: Case, channel: str) -> str:
    """Whether she wrote from this address about a debt, and has not opted out since."""
    latest = max(
        (
            event.at
            for event in case.history.of("inbound")
            if event.at <= case.at
            and event.fields.get("channel") == channel
            and event.fields.get("from") == case.contact.to
        ),
        default=None,
    )
    if latest is None or opted_out_since(case, latest):
        return ""
    return "used by the consumer"


def _consented(case: Case, scope: str) -> str:
    for event in given(case, {scope, "any"}):
        if withdrawn_at(case, event) is None and not opted_out_since(case, event.at):
            return "consented to"
    return ""


def _by_others(case: Case, parameters: Any) -> str:
    """The creditor's notice (6(d)(4)(ii)), or use by the collector immediately before us ((iii))."""
    to = case.contact.to
    events = case.history.of("prior_collector_used", "creditor_notice")
    for event in events:
        if event.at > case.at or event.get("to") != to:
            continue
        if opted_out_since(case, event.at):
            continue
        if event.kind == "prior_collector_used" and event.get("immediate") is True:
            return "used by the collector before us"
        if (
            event.get("opt_out_by")
            and _notice_is_over(case, event, parameters)
            and _is_public(case, parameters)
        ):
            return "the creditor's notice"
    return ""


def _notice_is_over(case: Case, event: Event, parameters: Any) -> bool:
    """Whether the notice left long enough to object, and that time has passed in every zone."""
    last, zones = as_date(event.get("opt_out_by")), case.places.zones
    left = [(last - local(zone, event.at).date()).days for zone in zones]
    if not zones or min(left) < parameters.notice_days:
        return False
    return case.at >= last_midnight(zones, last + DAY)


def _is_public(case: Case, parameters: Any) -> bool:
    """Whether anybody may have an address there, and nobody said that the employer gave this one."""
    to = case.contact.to
    employer = any(
        event.at <= case.at and event.get("to") == to for event in case.history.of("employer_provided")
    )
    known = case.consumer.kind_of(to) is EndpointKind.WORK
    return not employer and not known and to.rsplit("@", 1)[-1].lower() in parameters.public_domains


def _fresh(case: Case, days: int) -> str:
    """6(d)(5): her text or her consent to texts, and within so many days one of these or a clean check."""
    since, to = case.at - timedelta(days=days), case.contact.to
    texts = [
        event.at
        for event in case.history.of("inbound")
        if event.at <= case.at and event.fields.get("channel") == "sms" and event.fields.get("from") == to
    ]
    consents = [event.at for event in given(case, {"sms", "any"}) if withdrawn_at(case, event) is None]
    signs = [at for at in (*texts, *consents) if not opted_out_since(case, at)]
    if not signs:
        return ""
    if max(signs) >= since:
        return "her own text or consent"
    checked = any(
        max(signs) <= event.at <= case.at
        and event.at >= since
        and event.get("to") == to
        and event.get("result") == "not_reassigned"
        for event in case.history.of("reassigned_check")
    )
    return "a clean check of reassigned numbers" if checked else ""
