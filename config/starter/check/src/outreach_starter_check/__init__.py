"""The plugin: one kind of check, which does nothing until a pack has a rule with ``check: starter_check``."""

from __future__ import annotations

from collections.abc import Callable

from outreach.hookspecs import hookimpl
from outreach.policy.check import Check

from outreach_starter_check.check import StarterCheck

OUTREACH_API = 1


@hookimpl
def outreach_register_checks(register: Callable[[Check], None]) -> None:
    """Offer the check."""
    register(StarterCheck())
