"""What can be asked without a ledger: plugins, packs and templates of the project."""

from __future__ import annotations

from dataclasses import dataclass

from outreach import logs
from outreach.assemble import assemble_rules
from outreach.content import Library
from outreach.plugins import Registry
from outreach.policy import Policy
from outreach.settings import Settings, load_settings

__all__ = ["Rules", "load_rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """The project's settings, plugins, packs and templates."""

    settings: Settings
    registry: Registry
    policy: Policy
    library: Library


def load_rules() -> Rules:
    """Load them for the project found upward from the current folder."""
    settings = load_settings()
    logs.configure(settings.log.level, file=settings.log_file())
    return Rules(settings, *assemble_rules(settings))
