"""spacing: a pause between one attempt and the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal

from outreach.domain import ALLOWED, Case, Finding, Result, Way
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.exclusions import NOT_CONNECTED
from outreach.policy.checks.people import called
from outreach.policy.checks.prepared import Exceptions, Prepared

__all__ = ["Spacing"]


class _Rule:
    __slots__ = ("channels", "gap", "per", "results")

    def __init__(self, parameters: Spacing.Parameters, exceptions: Exceptions) -> None:
        self.gap = timedelta(**{parameters.unit: parameters.at_least})
        self.per = parameters.per
        calls = {Way.CALL, Way.VOICEMAIL} if Way.CALL in parameters.channels else set()
        self.channels = parameters.channels | calls
        self.results = frozenset(map(Result, exceptions.get(NOT_CONNECTED, {}).get("results", ())))


class Spacing(Check):
    """Holds until so much time has passed since the latest attempt.

    No federal number exists; rapid succession is a factor against the collector (comment
    14(b)(2)(i)-2.i names two unanswered calls within five minutes).
    """

    class Parameters(CheckParameters):
        """``at_least`` ``unit`` between attempts over ``channels``; ``per``: what must agree."""

        at_least: int
        unit: Literal["seconds", "minutes", "hours"]
        channels: frozenset[Way]
        per: frozenset[Literal["person", "endpoint"]]

    kind = "spacing"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "at_least": Direction.MORE,
        "unit": Direction.EQUAL,
        "channels": Direction.SUPERSET,
        "per": Direction.SUBSET,
    }
    restricts = frozenset({"attempt"})
    subjects = frozenset({"person", "endpoint"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {NOT_CONNECTED: frozenset({"results"})}

    def __init__(self) -> None:
        self._rules: Prepared[_Rule] = Prepared(_Rule)

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        rule = self._rules.of(parameters, exceptions)
        at, gap = case.at, rule.gap
        latest, aside = None, 0
        if not case.history.attempts and not case.shared.attempts and case.known_since is None:
            return ALLOWED
        histories = (case.history, case.shared) if "person" not in rule.per else (case.history,)
        for history in histories:
            for attempt in reversed(history.attempts):
                if at - attempt.at >= gap:
                    break
                if attempt.at > at or attempt.channel not in rule.channels or not attempt.left:
                    continue
                if "person" in rule.per and called(attempt, case.consumer) != case.contact.to_person:
                    continue
                if "endpoint" in rule.per and attempt.to != case.contact.to:
                    continue
                if attempt.result in rule.results:
                    aside += 1
                    continue
                latest = attempt.at if latest is None else max(latest, attempt.at)
                break
        known_since = case.known_since
        if known_since is not None and at - known_since < gap:
            latest = known_since if latest is None else max(latest, known_since)
        if latest is None:
            return Finding.allow(not_counted={NOT_CONNECTED: aside}) if aside else ALLOWED
        return Finding.hold(
            f"the latest attempt is less than {parameters.at_least} {parameters.unit} ago",
            until=latest + gap,
            latest=latest.isoformat(),
            at_least=f"{parameters.at_least} {parameters.unit}",
        )
