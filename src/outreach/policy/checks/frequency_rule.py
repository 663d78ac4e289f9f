"""A frequency rule as a pack states it, and made ready to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from outreach.domain import Attempt, EndpointKind, Finding, Way
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.days import Unit, Window
from outreach.policy.checks.exclusions import Excluded
from outreach.policy.checks.kinds_counted import What
from outreach.policy.checks.prepared import Exceptions
from outreach.policy.checks.requests import Requested

__all__ = ["FrequencyParameters", "FrequencyRule"]

_ROOM = 4096

Per = Literal["person", "debt", "account_group", "endpoint", "collector", "creditor"]


class FrequencyParameters(CheckParameters):
    """``at_most`` of ``what`` in the last ``within`` ``unit``, today included, one key at a time.

    ``per``: what must agree for two to be counted together; without ``collector`` the attempts of every
    collector count. ``channels``: those that count; ``call`` takes voicemail with it. ``endpoint_kinds``:
    only contacts and attempts to such numbers and addresses are looked at. ``after: conversation``: only
    once the person was spoken with, and only what came later. ``ringless_only``: voicemails left without
    ringing are meant, which are recordings. ``several_debts``: whether a call that named
    none of its debts counts for one of them, or for each.
    """

    at_most: int
    within: int
    unit: Unit
    per: frozenset[Per]
    channels: frozenset[Way]
    what: What = "attempts"
    endpoint_kinds: frozenset[EndpointKind] | None = None
    after: Literal["conversation"] | None = None
    ringless_only: bool = False
    several_debts: Literal["one", "each"] = "one"
    zones: Literal["every-plausible"] = "every-plausible"

    @property
    def books_to_one(self) -> bool:
        """Whether days of attempts are counted by debt, and a call that named none is booked to one."""
        one_of_several = "debt" in self.per and self.several_debts == "one"
        return one_of_several and self.what == "attempts" and self.unit == "days"


class FrequencyRule:
    """One rule made ready: its window, its exclusions and the findings it gives most often."""

    __slots__ = (
        "begins",
        "by_debt",
        "channels",
        "excluded",
        "parameters",
        "per",
        "plain",
        "quick",
        "reach",
        "requested",
        "window",
    )

    def __init__(self, parameters: FrequencyParameters, exceptions: Exceptions) -> None:
        self.parameters = parameters
        self.window = Window(parameters.within, parameters.unit)
        self.reach = self.window.reach
        self.per = parameters.per
        self.by_debt = bool(self.per & {"debt", "account_group", "creditor"})
        calls = {Way.CALL, Way.VOICEMAIL} if Way.CALL in parameters.channels else set()
        self.channels = parameters.channels | calls
        self.excluded = Excluded.of(exceptions)
        self.requested = Requested.of(exceptions)
        # Whether every attempt over the channels counts alike, so that counting them is enough.
        self.quick = parameters.what == "attempts" and not (
            parameters.endpoint_kinds or parameters.after or parameters.ringless_only or self.requested
        )
        self.begins: dict[tuple[str, ...], tuple[datetime, datetime, tuple[datetime, ...]]] = {}
        self.plain = [
            Finding.allow(f"{count} of {parameters.at_most}", counted=count, at_most=parameters.at_most)
            for count in range(min(parameters.at_most, 100))
        ]

    def quick_count(self, near: Sequence[Attempt], at: datetime, zones: tuple[str, ...]) -> int:
        """How many are inside the window, never fewer than :meth:`Window.count` finds.

        The beginnings of the window stand until the next local midnight, so they are kept; where clocks
        change at midnight the earlier reading is taken.
        """
        if self.window.unit == "hours":
            return self.window.count([each.at for each in near], at, zones)
        known = self.begins.get(zones)
        if known is None or not known[0] <= at < known[1]:
            changes, begins = self.window.starts(at, zones)
            if len(self.begins) >= _ROOM:
                self.begins.clear()
            known = self.begins[zones] = (at, changes, begins)
        most = 0
        for begin in known[2]:
            inside = 0
            for each in near:
                if each.at >= begin:
                    inside += 1
            most = max(most, inside)
        return most
