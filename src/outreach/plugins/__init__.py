"""The registry: which plugins are there, what each offers, and why one is not used."""

from outreach.plugins.loading import load_plugins, survey
from outreach.plugins.registry import PluginReport, Registry, State

__all__ = ["PluginReport", "Registry", "State", "load_plugins", "survey"]
