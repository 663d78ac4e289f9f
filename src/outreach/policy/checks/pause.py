"""pause: the kill switch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outreach.domain import ALLOWED, Case, Finding, Pause
from outreach.policy.check import Check
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.people import medium

__all__ = ["PauseCheck"]


class PauseCheck(Check):
    """Blocks while somebody has paused everything, or this channel, creditor, template or campaign.

    A pause of calls reaches voicemails. A pause whose scope is not known stops everything.
    """

    class Parameters(CheckParameters):
        """Nothing to set."""

    kind = "pause"
    restricts = frozenset()

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        for pause in case.pauses:
            if _stops(pause, case):
                return Finding.block(
                    "paused", scope=pause.scope, value=pause.value, since=pause.since.isoformat()
                )
        return ALLOWED


def _stops(pause: Pause, case: Case) -> bool:
    contact, value = case.contact, pause.value
    if pause.scope == "channel":
        return medium(value) == medium(contact.channel)
    if pause.scope == "creditor":
        return value == contact.creditor or any(debt.creditor == value for debt in case.debts)
    if pause.scope == "template":
        return value == contact.template or (case.words is not None and value == case.words.template)
    if pause.scope == "campaign":
        return value == contact.campaign
    return True
