"""barred: a way of contact that is forbidden outright, save for what the rule names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from outreach.domain import ALLOWED, Case, EndpointKind, Finding, Way
from outreach.domain.words import among
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.kinds_counted import IN_VAIN
from outreach.policy.checks.prepared import Prepared
from outreach.policy.checks.requests import ANSWERED, CONSENTED, REQUESTED, REQUIRED, Requested

__all__ = ["Barred"]

UNREACHED: Final = "not-reached-elsewhere"


class Barred(Check):
    """No waiting lifts it: only an exception that the rule lists, such as the person's own consent."""

    class Parameters(CheckParameters):
        """``channels`` that are barred; a voicemail is a call."""

        channels: frozenset[Way]

    kind = "barred"
    stricter: ClassVar[Mapping[str, Direction]] = {"channels": Direction.SUPERSET}
    restricts = frozenset({"consent_withdrawn", "opt_out"})
    lifts = frozenset({"consent", "inbound", "dispute", "attempt"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        **{each: REQUESTED[each] for each in (ANSWERED, CONSENTED, REQUIRED)},
        UNREACHED: frozenset({"endpoint_kinds"}),
    }

    def __init__(self) -> None:
        self._rules: Prepared[Requested] = Prepared(lambda _, exceptions: Requested.of(exceptions))

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        channel = case.contact.channel
        if not among(channel, parameters.channels):
            return ALLOWED
        lifted = self._rules.of(parameters, exceptions).now(case)
        if lifted is not None:
            return lifted
        kinds = frozenset(map(EndpointKind, exceptions.get(UNREACHED, {}).get("endpoint_kinds", ())))
        if kinds and _unreached(case, kinds):
            return Finding.allow("the person was not reached elsewhere", lifted=UNREACHED)
        return Finding.block(f"contact by {channel} is not allowed here")


def _unreached(case: Case, kinds: frozenset[EndpointKind]) -> bool:
    """Whether she has no number of these kinds, or the latest call to one of them was in vain."""
    if not any(phone.kind in kinds for phone in case.consumer.phones):
        return True
    for attempt in reversed(case.history.attempts):
        kind = case.consumer.kind_by(attempt.channel, attempt.to)
        if attempt.at <= case.at and attempt.is_call and attempt.left and kind in kinds:
            return attempt.result in IN_VAIN
    return False
