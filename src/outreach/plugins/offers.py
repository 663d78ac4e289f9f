"""What each plugin offers, checked as it is handed over, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from outreach.channels import Ability, Channel, Rate
from outreach.domain import Way
from outreach.errors import PluginError
from outreach.hookspecs import FactSource
from outreach.policy.check import Check

__all__ = ["Mine", "Offers"]

_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(slots=True)
class Offers:
    """All offers kept so far, and by whom: a name is given once."""

    channels: dict[str, Channel] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    fact_sources: dict[str, FactSource] = field(default_factory=dict)
    packs: list[Path] = field(default_factory=list)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, plugin: str) -> Mine:
        """A place for one plugin's offers."""
        return Mine(plugin, self)

    def keep(self, mine: Mine) -> None:
        """Take over what one plugin offered."""
        self.channels.update(mine.channels)
        self.checks.update(mine.checks)
        self.fact_sources.update(mine.fact_sources)
        self.packs += mine.packs
        self.owners.update(dict.fromkeys(mine.names, mine.plugin))


@dataclass(slots=True)
class Mine:
    """One plugin's offers. Closed once the plugin has registered."""

    plugin: str
    others: Offers
    channels: dict[str, Channel] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    fact_sources: dict[str, FactSource] = field(default_factory=dict)
    packs: list[Path] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    closed: bool = False

    def as_arguments(self, settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """What each registration hook is called with."""
        return {
            "outreach_register_channels": {"register": self.channel, "settings": settings},
            "outreach_register_checks": {"register": self.check},
            "outreach_register_packs": {"register": self.pack, "settings": settings},
            "outreach_register_fact_sources": {"register": self.fact_source, "settings": settings},
        }

    def channel(self, channel: Channel) -> None:
        """Take one channel."""
        expect = self._expecting("channel", channel)
        expect(isinstance(channel, Channel), "the base class outreach.channels.Channel")
        expect(_KEBAB.fullmatch(str(getattr(channel, "name", ""))), "a kebab-case `name`")
        expect(isinstance(getattr(channel, "medium", None), Way), "a `medium` (Way)")
        abilities: Any = channel.abilities
        known = isinstance(abilities, frozenset) and all(isinstance(each, Ability) for each in abilities)
        expect(known, "`abilities`, a frozenset of Ability")
        rate: Any = channel.rate
        possible = isinstance(rate, Rate) and rate.at_once >= 1
        expect(possible and (rate.per_second is None or rate.per_second > 0), "a possible `rate`")
        expect(type(channel).deliver is Channel.deliver, "the inherited `deliver`, which guards the pass")
        self._claim("channel", channel.name)
        self.channels[channel.name] = channel

    def check(self, check: Check) -> None:
        """Take one kind of check."""
        expect = self._expecting("check", check)
        expect(isinstance(check, Check), "the base class outreach.policy.check.Check")
        expect(_SNAKE.fullmatch(str(getattr(check, "kind", ""))), "a snake_case `kind`")
        model = getattr(check, "Parameters", None)
        expect(isinstance(model, type) and issubclass(model, BaseModel), "`Parameters`, a pydantic model")
        self._claim("check", check.kind)
        self.checks[check.kind] = check

    def pack(self, folder: Path) -> None:
        """Take one folder with a pack."""
        expect = self._expecting("pack folder", folder)
        expect(isinstance(folder, Path), "the type pathlib.Path")
        expect((folder / "pack.yaml").is_file(), f"a pack.yaml in {folder.name}")
        self._claim("pack folder", str(folder.resolve()))
        self.packs.append(folder)

    def fact_source(self, source: FactSource) -> None:
        """Take one source of facts."""
        expect = self._expecting("fact source", source)
        expect(_KEBAB.fullmatch(str(getattr(source, "name", ""))), "a kebab-case `name`")
        facts = getattr(source, "facts", None)
        named = isinstance(facts, frozenset) and facts and all(isinstance(fact, str) for fact in facts)
        expect(named, "`facts`, a frozenset of the names it gives")
        expect(callable(getattr(source, "ask", None)), "a method `ask`")
        self._claim("fact source", source.name)
        self.fact_sources[source.name] = source

    def close(self) -> None:
        """From now on nothing more is taken."""
        self.closed = True

    def spoken(self) -> tuple[str, ...]:
        """The offers as words: ``channel outbox-sms``."""
        return tuple(f"{kind} {Path(name).name}" for kind, name in self.names)

    def _claim(self, kind: str, name: str) -> None:
        if self.closed:
            raise PluginError(
                f"the plugin {self.plugin!r} offers the {kind} {name!r} too late",
                where=self.plugin,
                why="the registry is frozen once all plugins are loaded",
                remedy="call register inside the registration hook",
            )
        other = self.plugin if (kind, name) in self.names else self.others.owners.get((kind, name))
        if other is not None:
            raise PluginError(
                f"the {kind} {name!r} is offered by the plugin {other!r} and again by {self.plugin!r}",
                where=self.plugin,
                remedy="rename one, or take one of the plugins out of `plugins`",
            )
        self.names.append((kind, name))

    def _expecting(self, kind: str, offered: object) -> Callable[[object, str], None]:
        def expect(holds: object, what: str) -> None:
            if not holds:
                label = f"{kind} ({type(offered).__name__})"
                raise PluginError(
                    f"the plugin {self.plugin!r} offers a {label} that lacks {what}",
                    where=self.plugin,
                    remedy="see plugins/README.md",
                )

        return expect
