"""represented: not past the attorney whom a person has for a debt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from outreach.domain import ALLOWED, Case, Event, Finding
from outreach.policy.check import Check
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.consents import standing
from outreach.policy.checks.days import Window
from outreach.policy.checks.hours import AGREED
from outreach.policy.checks.inconvenient import REPLY
from outreach.policy.checks.people import concerns
from outreach.policy.checks.replies import unanswered

__all__ = ["ENDINGS", "Represented", "represented_since"]

ENDINGS: Final = {
    "attorney-released": "attorney_released",
    "attorney-unresponsive": "attorney_unresponsive",
    "attorney-consents": "attorney_consents",
}
"""What ends the protection: exception by id, and the event that shows it."""
SILENCE: Final = "attorney-unresponsive"


class Represented(Check):
    """Per debt; bites once the attorney's name and address are known or readily ascertained.

    12 CFR 1006.6(b)(2). A message of the person's own may be answered once and revokes nothing
    (comment 6(b)(2)-1).
    """

    class Parameters(CheckParameters):
        """Nothing to set: what ends the protection stands in the rule's exceptions."""

    kind = "represented"
    restricts = frozenset({"attorney", "consent_withdrawn"})
    lifts = frozenset({*ENDINGS.values(), "consent", "inbound", "dispute"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        **dict.fromkeys(ENDINGS, frozenset()),
        SILENCE: frozenset({"days"}),
        AGREED: frozenset({"scopes"}),
        REPLY: frozenset(),
    }

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        if not case.history.of("attorney"):
            return ALLOWED
        known: list[tuple[str, Event]] = []
        ended = ""
        for debt in case.debt_ids or ("",):
            event, ending = represented_since(case, debt, exceptions)
            if event is not None:
                known.append((debt, event))
            ended = ended or ending
        if not known:
            return (
                Finding.allow("the attorney no longer stands between us", lifted=ended) if ended else ALLOWED
            )
        latest = max(event.at for _, event in known)
        scopes = exceptions.get(AGREED, {}).get("scopes", ())
        if scopes and standing(case, scopes, since=latest) is not None:
            return Finding.allow("the person consented directly to us", lifted=AGREED)
        if REPLY in exceptions and unanswered(case, since=latest) is not None:
            return Finding.allow("one reply to the person's own message", lifted=REPLY)
        silent = [_silent_from(case, debt, event, exceptions) for debt, event in known]
        until = max((moment for moment in silent if moment is not None), default=None)
        if until is not None and None not in silent:
            return Finding.hold("the attorney's time to answer is not over", until=until)
        return Finding.block(
            "an attorney represents the person for this debt",
            debts=[debt for debt, _ in known if debt],
            since=latest.isoformat(),
            event=known[0][1].id,
        )


def represented_since(
    case: Case, debt: str, exceptions: Mapping[str, Mapping[str, Any]]
) -> tuple[Event | None, str]:
    """The event by which we know of an attorney for this debt ("": any), while nothing ended it.

    :param exceptions: those of the rule; an ending it does not list ends nothing.
    :returns: with it the exception that ended the protection last, "" if none did.
    """
    ends = {event: name for name, event in ENDINGS.items() if name in exceptions}
    found, ended = None, ""
    for event in case.history.of("attorney", *ENDINGS.values()):
        if event.at > case.at or not concerns(event.fields.get("debts"), debt):
            continue
        if event.kind == "attorney":
            if event.fields.get("name_known") is not False:
                found, ended = event, ""
        elif event.kind in ends and found is not None:
            if ends[event.kind] == SILENCE and case.at < _time_to_answer(case, found, exceptions):
                continue
            found, ended = None, ends[event.kind]
    return found, ended


def _time_to_answer(case: Case, attorney: Event, exceptions: Mapping[str, Mapping[str, Any]]) -> datetime:
    """When the days that an attorney has at the least are over; the day we knew of them is none."""
    days = int(exceptions.get(SILENCE, {}).get("days", 0))
    if not days:
        return attorney.at
    return Window(days + 1, "days").clears(attorney.at, case.places.zones)


def _silent_from(
    case: Case, debt: str, attorney: Event, exceptions: Mapping[str, Mapping[str, Any]]
) -> datetime | None:
    """When silence that is already known will have lasted long enough."""
    known = any(
        attorney.at <= event.at <= case.at and concerns(event.fields.get("debts"), debt)
        for event in case.history.of(ENDINGS[SILENCE])
    )
    return _time_to_answer(case, attorney, exceptions) if known and SILENCE in exceptions else None
