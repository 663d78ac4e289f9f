"""consent: only with the person's consent, where a rule asks for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from outreach.domain import NOT_APPLICABLE, Case, EndpointKind, Event, Finding, Purpose, Way
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.consents import covers_moment, given, opted_out_since, withdrawn_at
from outreach.policy.checks.medium_refused import CONFIRMATION

__all__ = ["Consent"]


class Consent(Check):
    """A consent that covers the channel, number and debts, still stands, and was not followed by STOP.

    An opt-out after the consent revokes it, by whatever reasonable means it was said
    (47 CFR 64.1200(a)(10)).
    """

    class Parameters(CheckParameters):
        """Contacts by ``channels`` to ``endpoint_kinds`` need a consent of one of ``scopes``.

        ``given_to``: to whom it may have been given. ``ringless_only``: only voicemails left without
        ringing are meant.
        """

        channels: frozenset[Way]
        endpoint_kinds: frozenset[EndpointKind]
        scopes: frozenset[str]
        given_to: frozenset[str]
        ringless_only: bool = False

    kind = "consent"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "channels": Direction.SUPERSET,
        "endpoint_kinds": Direction.SUPERSET,
        "scopes": Direction.SUBSET,
        "given_to": Direction.SUBSET,
        "ringless_only": Direction.EQUAL,
    }
    restricts = frozenset({"consent_withdrawn", "opt_out"})
    lifts = frozenset({"consent"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {CONFIRMATION: frozenset({"minutes"})}

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        contact = case.contact
        if contact.channel not in parameters.channels or (parameters.ringless_only and not contact.ringless):
            return NOT_APPLICABLE
        if case.endpoint_kind not in parameters.endpoint_kinds:
            return NOT_APPLICABLE
        opt_outs = [*case.history.of("opt_out")]
        opt_outs += [event for event in case.shared.of("opt_out") if event.fields.get("to")]
        for event in reversed(list(given(case, parameters.scopes, to_whom=parameters.given_to))):
            if withdrawn_at(case, event) is not None or not covers_moment(case, event, case.at):
                continue
            if opt_outs and opted_out_since(case, event.at, opt_outs):
                continue
            return Finding.allow("consented", consent=event.at.isoformat())
        if contact.purpose is Purpose.OPT_OUT_CONFIRMATION and CONFIRMATION in exceptions:
            return _confirms(case, opt_outs, timedelta(minutes=int(exceptions[CONFIRMATION]["minutes"])))
        return Finding.block("no consent to this is known", scopes=sorted(parameters.scopes))


def _confirms(case: Case, opt_outs: Sequence[Event], within: timedelta) -> Finding:
    """Whether the confirmation follows soon enough on the latest opt-out that reaches the contact."""
    moments = [event.at for event in opt_outs if opted_out_since(case, event.at, [event])]
    if not moments:
        return Finding.block("there is no opt-out to confirm")
    if case.at < (end := max(moments) + within):
        return Finding.allow("the confirmation of an opt-out", until=end, lifted=CONFIRMATION)
    return Finding.block("the opt-out was too long ago to be confirmed", opted_out=max(moments).isoformat())
