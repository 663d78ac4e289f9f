"""represented: not past the attorney whom a person has for a debt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from outreach.domain import ALLOWED, Case, Event, Finding
from outreach.policy.check import Check
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.consents import standing
from outreach.policy.checks.hours import AGREED
from outreach.policy.checks.inconvenient import REPLY
from outreach.policy.checks.people import about
from outreach.policy.checks.replies import unanswered

__all__ = ["ENDINGS", "Represented", "represented_since"]

ENDINGS: Final = {
    "attorney-released": "attorney_released",
    "attorney-unresponsive": "attorney_unresponsive",
    "attorney-consents": "attorney_consents",
}
"""What ends the protection: exception by id, and the event that shows it."""


class Represented(Check):
    """Per debt; bites once the attorney's name and address are known or readily ascertained.

    12 CFR 1006.6(b)(2). A message of the person's own may be answered once and revokes nothing
    (comment 6(b)(2)-1).
    """

    class Parameters(CheckParameters):
        """Nothing to set: what ends the protection stands in the rule's exceptions."""

    kind = "represented"
    restricts = frozenset({"attorney", "consent_withdrawn"})
    lifts = frozenset({*ENDINGS.values(), "consent", "inbound"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        **dict.fromkeys(ENDINGS, frozenset()),
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
        if event.at > case.at or (debt and not about(event, (debt,))):
            continue
        if event.kind == "attorney":
            if event.fields.get("name_known") is not False:
                found, ended = event, ""
        elif event.kind in ends and found is not None:
            found, ended = None, ends[event.kind]
    return found, ended
