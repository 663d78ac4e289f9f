"""cessation: no further communication about a debt after written notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from outreach.domain import ALLOWED, Case, Finding
from outreach.policy.check import Check
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.people import about

__all__ = ["Cessation", "by_purpose"]

_KEYS = frozenset({"purposes", "channels", "debt_kinds"})


class Cessation(Check):
    """Per debt, by every medium, from receipt on (12 CFR 1006.6(c)(1), comment -1).

    The event itself says that a written notice was received: refusing to pay, or wanting no further
    communication. A message of the person's own afterwards opens no reply; the rule has no such exception.
    """

    class Parameters(CheckParameters):
        """Nothing to set: what is still allowed stands in the rule's exceptions."""

    kind = "cessation"
    restricts = frozenset({"cease"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {
        "terminate-notice": _KEYS,
        "remedy-notice": _KEYS,
        "legally-required": _KEYS,
    }

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        notices = case.history.of("cease")
        if not notices:
            return ALLOWED
        debts = case.debt_ids
        standing = [event for event in notices if event.at <= case.at and (about(event, debts) or not debts)]
        if not standing:
            return ALLOWED
        lifted = by_purpose(case, exceptions)
        if lifted:
            return Finding.allow("a notice that may still be given", lifted=lifted)
        named = sorted(debt for debt in debts if any(about(event, (debt,)) for event in standing))
        return Finding.block(
            "the person refused in writing to pay, or wants no further communication",
            received=standing[0].at.isoformat(),
            event=standing[0].id,
            debts=named,
        )


def by_purpose(case: Case, exceptions: Mapping[str, Mapping[str, Any]]) -> str:
    """The exception that fits the purpose, channel and debts of a contact, or ""."""
    for name, listed in exceptions.items():
        if case.contact.purpose not in listed.get("purposes", ()):
            continue
        channels, kinds = listed.get("channels"), listed.get("debt_kinds")
        if channels and case.contact.channel not in channels:
            continue
        if kinds and not all(debt.kind in kinds for debt in case.debts):
            continue
        return name
    return ""
