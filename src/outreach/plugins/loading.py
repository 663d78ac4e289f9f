"""Loading plugins: each registers sealed off from the others, then everything freezes.

Every plugin gets a manager of its own on which each registration hook has been called once while it was
still empty. pluggy remembers historic calls and replays them inside ``register``: whose offer it is, and
whose settings it may see, is never in doubt, and pluggy itself refuses wrappers around them. No verdict
ever travels through a hook call, see ``outreach.hookspecs``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pluggy

from outreach import hookspecs
from outreach.errors import PluginError
from outreach.plugins.offers import Offers
from outreach.plugins.refusals import explaining, refuse_other_api, refuse_unmarked, refuse_wrappers
from outreach.plugins.registry import Named, PluginReport, Registry, State
from outreach.plugins.sources import Found, available
from outreach.settings import Settings

__all__ = ["load_plugins", "survey"]

Builtin = Sequence[tuple[str, object]]

_CALLED_BY_US = ("outreach_prepare_templates", "outreach_choose_sender", "outreach_event_recorded")


def load_plugins(settings: Settings, *, project_folder: Path, builtin: Builtin) -> Registry:
    """Load the built-in plugins and those the settings name, and freeze what they offered.

    :param builtin: (name, plugin) pairs, loaded first.
    :raises PluginError: if one cannot be used or two clash; outreach then does not start.
    """
    loader = _Loader(settings, project_folder)
    for name, plugin in builtin:
        loader.load(Found(name, "built in", _version_of(plugin), lambda plugin=plugin: plugin))  # type: ignore[misc]
    for name in settings.plugins:
        loader.load(loader.find(name))
    loader.refuse_strange_tables()
    return loader.registry()


def survey(settings: Settings, *, project_folder: Path, builtin: Builtin) -> list[PluginReport]:
    """What would load and what would not, and why: for ``outreach plugins`` when the start fails."""
    loader = _Loader(settings, project_folder)
    failed = []
    for name, plugin in builtin:
        loader.load(Found(name, "built in", _version_of(plugin), lambda plugin=plugin: plugin))  # type: ignore[misc]
    for name in settings.plugins:
        found = None
        try:
            found = loader.find(name)
            loader.load(found)
        except PluginError as error:
            where = found.where if found else error.where
            failed.append(
                PluginReport(name, State.FAILED, where, found.version if found else "", why=str(error))
            )
    return [*loader.registry().reports, *failed]


class _Loader:
    def __init__(self, settings: Settings, project_folder: Path) -> None:
        self._settings = settings
        self._folder = project_folder
        self._available = available(project_folder)
        self._offers = Offers()
        self._managers: dict[str, pluggy.PluginManager] = {}
        self._plugins: dict[str, object] = {}
        self._reports: list[PluginReport] = []

    def find(self, name: str) -> Found:
        """The plugin of that name.

        :raises PluginError: if there is none, or more than one.
        """
        found = self._available.get(name, [])
        if len(found) > 1:
            raise PluginError(
                f"two plugins are called {name!r}",
                where="; ".join(each.where for each in found),
                remedy="uninstall or rename one of them",
            )
        if not found:
            known = sorted(self._available)
            near = difflib.get_close_matches(name, known, n=1)
            file = self._folder / "plugins" / f"{name.replace('-', '_')}.py"
            raise PluginError(
                f"there is no plugin called {name!r}",
                where="plugins",
                why=f"none is installed under this name, and there is no file {file}",
                remedy=f"did you mean {near[0]!r}?" if near else f"available: {', '.join(known) or 'none'}",
            )
        return found[0]

    def load(self, found: Found) -> None:
        """Import one plugin, check that it fits, and take what it offers.

        :raises PluginError: if any of this fails; nothing of the plugin is kept then.
        """
        name = found.name
        if name in self._plugins:
            raise PluginError(f"the plugin {name!r} is named twice", where="plugins")
        with explaining(name, found.where, "cannot be imported"):
            plugin = found.load()
        refuse_other_api(name, found.where, plugin)
        refuse_unmarked(name, found.where, plugin)
        mine = self._offers.of(name)
        manager = self._sealed(name, mine.as_arguments(self._own_settings(name)))
        with explaining(name, found.where, "could not register what it offers"):
            manager.register(plugin, name)
            manager.check_pending()
        mine.close()
        hooks = tuple(sorted(caller.name for caller in manager.get_hookcallers(plugin) or ()))
        if not hooks:
            raise PluginError(
                f"the plugin {name!r} implements no hook",
                where=found.where,
                remedy="mark its functions with @hookimpl, see plugins/README.md",
            )
        for hook in _CALLED_BY_US:
            refuse_wrappers(name, found.where, manager, hook)
        self._offers.keep(mine)
        self._managers[name], self._plugins[name] = manager, plugin
        version = found.version or str(getattr(plugin, "__version__", ""))
        self._reports.append(PluginReport(name, State.ON, found.where, version, hooks, mine.spoken()))

    def refuse_strange_tables(self) -> None:
        """:raises PluginError: for a table ``[plugin.NAME]`` that no plugin could ever read."""
        known = {*self._available, *self._plugins}
        for table in self._settings.plugin:
            if table.replace("_", "-") not in known and table not in known:
                near = difflib.get_close_matches(table, sorted(known), n=1)
                raise PluginError(
                    f"[plugin.{table}] belongs to no plugin",
                    where=f"plugin.{table}",
                    remedy=f"did you mean [plugin.{near[0]}]?"
                    if near
                    else "take it out, or install the plugin",
                )

    def registry(self) -> Registry:
        """Everything offered, frozen, with the hooks that are called later resolved."""
        resolved = {hook: self._in_order(hook) for hook in _CALLED_BY_US}
        off = [
            PluginReport(each.name, State.OFF, each.where, each.version)
            for name, found in sorted(self._available.items())
            if name not in self._plugins and name not in self._settings.plugins
            for each in found
        ]
        return Registry(
            channels=MappingProxyType(dict(self._offers.channels)),
            checks=MappingProxyType(dict(self._offers.checks)),
            pack_folders=tuple(self._offers.packs),
            fact_sources=tuple(self._offers.fact_sources.values()),
            observers=resolved["outreach_event_recorded"],
            choosers=tuple(resolved["outreach_choose_sender"]),
            preparers=tuple(resolved["outreach_prepare_templates"]),
            reports=(*self._reports, *off),
        )

    def _in_order(self, hook: str) -> list[Named]:
        """The implementations of a hook in the order in which they are asked.

        Those named first come first, the built-in last; ``tryfirst`` and ``trylast`` hold as in pluggy.
        """
        order = pluggy.PluginManager("outreach")
        order.add_hookspecs(hookspecs)
        for name, plugin in self._plugins.items() if hook == "outreach_prepare_templates" else self._asked():
            order.register(plugin, name)
        return [
            (each.plugin_name, _called_with_what_it_takes(each, self._own_settings(each.plugin_name)))
            for each in reversed(getattr(order.hook, hook).get_hookimpls())
        ]

    def _asked(self) -> list[tuple[str, object]]:
        """Last registered is asked first, so: the built-in, then the settings' order from its end."""
        named = [item for item in self._plugins.items() if item[0] in self._settings.plugins]
        others = [item for item in self._plugins.items() if item[0] not in self._settings.plugins]
        return [*others, *reversed(named)]

    def _sealed(self, name: str, arguments: Mapping[str, Mapping[str, Any]]) -> pluggy.PluginManager:
        manager = pluggy.PluginManager("outreach")
        manager.add_hookspecs(hookspecs)
        for hook, values in arguments.items():
            getattr(manager.hook, hook).call_historic(kwargs=dict(values))
        return manager

    def _own_settings(self, name: str) -> Mapping[str, Any]:
        return MappingProxyType({**self._settings.plugin_table(name), "folder": self._folder})


def _called_with_what_it_takes(
    implementation: pluggy.HookImpl, settings: Mapping[str, Any]
) -> Callable[..., Any]:
    """A hook may leave out arguments it does not need; where it asks for settings, it gets its own."""
    function, takes = implementation.function, frozenset(implementation.argnames)
    if "settings" in takes:
        function = partial(function, settings=settings)

    def call(**values: Any) -> Any:
        return function(**{key: value for key, value in values.items() if key in takes})

    return call


def _version_of(plugin: object) -> str:
    return str(getattr(plugin, "__version__", ""))
