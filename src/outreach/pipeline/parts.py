"""Everything the pipeline is made of, built in ``outreach.assemble`` and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from outreach.channels import Channel, Mint
from outreach.content import Library
from outreach.domain import Clock, Code, Collector, Sender, Way
from outreach.ledger import Ledger
from outreach.pipeline.links import Links
from outreach.plugins import Registry
from outreach.policy import Policy
from outreach.policy.wishes import Wishes

__all__ = ["Limits", "Parts", "Routes"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The pipeline's own settings; none of them is law."""

    group: int = 500
    cleared: timedelta = timedelta(seconds=60)
    hold_expiry: timedelta = timedelta(days=14)
    task: timedelta = timedelta(hours=1)
    facts_seconds: float = 5.0
    retry_pause: timedelta = timedelta(minutes=5)
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Routes:
    """Which channel plugin carries which way, by creditor where wished."""

    default: Mapping[Way, str]
    by_creditor: Mapping[str, Mapping[Way, str]] = field(default_factory=dict)

    def via(self, channel: Way, creditor: str) -> str:
        """The name of the channel plugin, "" where none is set."""
        own = self.by_creditor.get(creditor, {})
        return own.get(channel) or self.default.get(channel, "")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running outreach."""

    clock: Clock
    ledger: Ledger
    policy: Policy
    library: Library
    registry: Registry
    collector: Collector
    routes: Routes
    senders: tuple[Sender, ...]
    creditors: Mapping[str, str]  # id -> name
    limits: Limits
    mint: Mint
    links: Links
    wishes: Wishes
    codes: Mapping[str, Code] = field(default_factory=dict)  # the agents' disposition codes, by name

    def channel(self, via: str) -> Channel | None:
        """The channel plugin of that name."""
        return self.registry.channels.get(via)
