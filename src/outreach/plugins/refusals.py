"""Why a plugin is not taken, told so that its author or operator can mend it."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pluggy
from pydantic import ValidationError

from outreach.errors import OutreachError, PluginError
from outreach.hookspecs import OUTREACH_API

__all__ = ["explaining", "refuse_other_api", "refuse_unmarked", "refuse_wrappers"]


@contextmanager
def explaining(name: str, where: str, what: str) -> Iterator[None]:
    """Turn whatever a plugin raises at start into a PluginError that names it.

    The text of a foreign exception is not repeated: it may hold a credential.
    """
    what = f"the plugin {name!r} {what}"
    try:
        yield
    except PluginError:
        raise
    except OutreachError as error:
        raise PluginError(
            f"{what}: {error.what}", where=error.where or where, why=error.why, remedy=error.remedy
        ) from error
    except pluggy.PluginValidationError as error:
        why = "; ".join(str(error).strip().splitlines())
        remedy = "see plugins/README.md for every hook and its arguments"
        raise PluginError(what, where=where, why=why, remedy=remedy) from error
    except ValidationError as error:
        wrong = _without_values(error)
        remedy = f"correct it in [plugin.{name}], or in the environment"
        raise PluginError(what, where=f"plugin.{name}", why="; ".join(wrong), remedy=remedy) from error
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} in {last.name}"
        remedy = "mend it, or take it out of `plugins`"
        raise PluginError(what, where=where, why=why, remedy=remedy) from error


def refuse_other_api(name: str, where: str, plugin: object) -> None:
    """:raises PluginError: if the plugin was written for another version of the surface, or does not say."""
    stated = getattr(plugin, "OUTREACH_API", None)
    if stated is None:
        raise PluginError(
            f"the plugin {name!r} does not say for which version of the plugin surface it was written",
            where=where,
            why=f"this is version {OUTREACH_API}",
            remedy=f"state OUTREACH_API = {OUTREACH_API} in it once it fits",
        )
    if stated != OUTREACH_API:
        raise PluginError(
            f"the plugin {name!r} was written for version {stated} of the plugin surface, "
            f"this is version {OUTREACH_API}",
            where=where,
            remedy="install a version of the plugin, or of outreach, that fits the other",
        )


def refuse_unmarked(name: str, where: str, plugin: object) -> None:
    """:raises PluginError: for a function named like a hook without the mark; pluggy passes over it."""
    for attribute in dir(plugin):
        if attribute.startswith("outreach_"):
            function = getattr(plugin, attribute, None)
            if inspect.isroutine(function) and not hasattr(function, "outreach_impl"):
                raise PluginError(
                    f"{attribute} of the plugin {name!r} is not marked as a hook",
                    where=where,
                    remedy="put @hookimpl above it, or rename it",
                )


def refuse_wrappers(name: str, where: str, manager: pluggy.PluginManager, hook: str) -> None:
    """:raises PluginError: for a wrapper; around a historic hook pluggy refuses them itself."""
    for each in getattr(manager.hook, hook).get_hookimpls():
        if each.wrapper or each.hookwrapper:
            raise PluginError(
                f"{hook} of the plugin {name!r} is a wrapper, and wrappers are refused",
                where=where,
                remedy="implement the hook itself",
            )


def _without_values(error: ValidationError) -> list[str]:
    """What is wrong, without the values: one may be a credential."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        f"{'.'.join(str(part) for part in each['loc'])}: {each['msg'].removeprefix('Value error, ')}"
        for each in found
    ]
