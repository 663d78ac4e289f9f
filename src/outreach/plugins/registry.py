"""What plugins have offered, frozen once all are loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from jinja2.sandbox import SandboxedEnvironment

from outreach.channels import Channel
from outreach.domain import Contact, Sender
from outreach.errors import DraftError, PluginError
from outreach.hookspecs import FactSource
from outreach.policy.check import Check

__all__ = ["PluginReport", "Registry", "State"]

Named = tuple[str, Callable[..., Any]]
"""A plugin's name and one of its hook implementations, called with keyword arguments."""


class State(StrEnum):
    """Where a plugin stands."""

    ON = "on"
    OFF = "off"  # available, but not named in the settings
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PluginReport:
    """One line of ``outreach plugins``. ``source``: built in, a distribution, or a file of the project."""

    name: str
    state: State
    source: str
    version: str = ""
    hooks: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything that can be asked for by name, and the few hooks that are called later.

    ``observers`` and the other hooks are plain callables, resolved once: a loop over them costs a
    fraction of a call through the plugin manager. ``choosers`` stand in the order in which they are asked.
    """

    channels: Mapping[str, Channel]
    checks: Mapping[str, Check]
    pack_folders: tuple[Path, ...]
    fact_sources: tuple[FactSource, ...]
    observers: list[Named] = field(default_factory=list)
    choosers: tuple[Named, ...] = ()
    preparers: tuple[Named, ...] = ()
    reports: tuple[PluginReport, ...] = ()

    def report(self) -> list[PluginReport]:
        """What is on, from where, in which version, and what is available but off."""
        return list(self.reports)

    def prepare_templates(self, environment: SandboxedEnvironment) -> None:
        """Let every plugin add its filters; none may replace what is already there.

        :raises PluginError: naming the plugin; a replaced filter could unmask what it should mask.
        """
        for name, prepare in self.preparers:
            before = {kind: dict(getattr(environment, kind)) for kind in ("filters", "tests", "globals")}
            fixed = (environment.undefined, environment.autoescape, environment.sandboxed)
            try:
                prepare(environment=environment)
            except Exception as error:
                raise PluginError(
                    f"the plugin {name!r} could not prepare the templates",
                    where=name,
                    why=type(error).__name__,
                    remedy="mend the plugin or take it out of `plugins`",
                ) from error
            for kind, held in before.items():
                now = getattr(environment, kind)
                changed = sorted(key for key in held if now.get(key) is not held[key])
                if changed:
                    raise PluginError(
                        f"the plugin {name!r} replaces {changed[0]!r} of the templates' {kind}",
                        where=name,
                        remedy="give it a name of its own",
                    )
            if fixed != (environment.undefined, environment.autoescape, environment.sandboxed):
                raise PluginError(f"the plugin {name!r} loosens the template environment", where=name)

    def choose_sender(self, contact: Contact, senders: Sequence[Sender]) -> Sender:
        """The sender of a contact: the first answer of a plugin, else the first of ``senders``.

        :raises DraftError: if there is none, or a plugin raises or answers with a stranger.
        """
        if not senders:
            raise DraftError(
                "no sender is set for this channel and creditor", remedy="add one to [[senders]]"
            )
        for name, choose in self.choosers if len(senders) > 1 else ():
            try:
                chosen = choose(contact=contact, senders=senders)
            except Exception as error:
                raise DraftError(
                    f"the plugin {name!r} could not choose a sender", why=type(error).__name__
                ) from error
            if chosen is None:
                continue
            if chosen not in senders:
                raise DraftError(f"the plugin {name!r} chose a sender that is not among those set")
            return next(sender for sender in senders if sender == chosen)
        return senders[0]
