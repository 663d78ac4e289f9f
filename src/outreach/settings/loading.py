"""From the sources to settings, or to an error that names file, key and cure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from outreach.errors import SettingsError
from outreach.settings import sources
from outreach.settings.model import Settings, Source

__all__ = ["FILE_NAME", "load_settings", "origin_of"]

FILE_NAME = "outreach.toml"


def load_settings(folder: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Gather the settings of the project that ``folder`` (default: the current one) lies in.

    :param overrides: what the command line says; nested or with dots.
    :raises SettingsError: naming file, key and cure.
    """
    start = (folder or Path.cwd()).resolve()
    file = _upward(start)
    project = file.parent if file else start
    gathered = [
        sources.from_overrides(overrides or {}),
        sources.from_environment(),
        sources.from_dotenv(project / ".env"),
    ]
    if file is not None:
        gathered.append(sources.from_file(file))
    data: dict[str, Any] = {}
    for source in reversed(gathered):
        data = sources.merged(data, _with_plugins_spelt_as_in(data, source.values))
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise _explained(error, gathered) from error
    settings._folder = project
    settings._sources = tuple(gathered)
    _refuse_strange_variables(settings)
    _refuse_missing_folders(settings)
    return settings


def origin_of(gathered: Iterable[Source], place: tuple[str, ...]) -> Source | None:
    """The source that decided the value at ``place``; ``None``: the default stands."""
    return next((source for source in gathered if _holds(source.values, place)), None)


def _upward(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def _with_plugins_spelt_as_in(known: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The environment cannot spell ``-``: its ``twilio_sms`` is the file's ``twilio-sms``."""
    tables = values.get("plugin")
    if not isinstance(tables, Mapping):
        return values
    spelt = {name.replace("-", "_").lower(): name for name in known.get("plugin") or {}}
    return {**values, "plugin": {spelt.get(name, name): table for name, table in tables.items()}}


def _holds(values: Any, place: tuple[str, ...]) -> bool:
    for index, name in enumerate(place):
        if not isinstance(values, Mapping):
            return True  # a list or a text decided everything below it
        found = [key for key in values if key == name or (index == 1 and _same(key, name, place))]
        if not found:
            return False
        values = values[found[0]]
    return True


def _same(key: str, name: str, place: tuple[str, ...]) -> bool:
    return place[0] == "plugin" and key.replace("-", "_") == name.replace("-", "_")


def _explained(error: ValidationError, gathered: Sequence[Source]) -> SettingsError:
    """The first trouble in full, the others by name. Values are not shown: one may be a secret."""
    first, *others = error.errors(include_url=False, include_context=False, include_input=False)
    place = tuple(str(part) for part in first["loc"])
    if not place:
        label = gathered[-1].label if gathered[-1].values else "settings"
        return SettingsError(_sentence(first), where=label, remedy="see the example in config/outreach.toml")
    name = ".".join(place)
    if first["type"] == "extra_forbidden":
        what, remedy = f"{name} is not a setting", _nearest(place)
    else:
        what, remedy = f"{name}: {_sentence(first)}", "see the example in config/outreach.toml"
    source = origin_of(gathered, place)
    spelt = sources.variable(place) if source and source.has_variables else name
    more = ", ".join(".".join(str(part) for part in other["loc"]) for other in others)
    return SettingsError(
        what,
        where=f"{source.label}: {spelt}" if source else name,
        why=f"also wrong: {more}" if more else "",
        remedy=remedy,
    )


def _sentence(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _nearest(place: tuple[str, ...]) -> str:
    known = _names_at(place[:-1])
    near = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {'.'.join((*place[:-1], near[0]))}?"
    return f"known here: {', '.join(known)}"


def _names_at(place: tuple[str, ...]) -> list[str]:
    """The names a table may hold, found by walking the model."""
    kind: Any = Settings
    for name in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[name].annotation if name in kind.model_fields else None
        else:  # a dict or tuple of tables: its last argument that is one
            kind = next((arg for arg in reversed(get_args(kind)) if arg is not Ellipsis), None)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return sorted(kind.model_fields)
    return []


def _refuse_strange_variables(settings: Settings) -> None:
    for source in settings._sources:
        for name in sources.strange_variables(source.variables, settings.plugins):
            first = name.upper().removeprefix("OUTREACH_").split("__")[0].lower()
            near = difflib.get_close_matches(first, list(Settings.model_fields), n=1, cutoff=0.5)
            known = near or sorted(Settings.model_fields)
            spelt = ", ".join(f"OUTREACH_{each.upper()}" for each in known)
            raise SettingsError(
                f"{name.upper()} sets nothing",
                where=f"{source.label}: {name.upper()}",
                remedy=f"did you mean {spelt}?" if near else f"known: {spelt}; values of a table with __",
            )


def _refuse_missing_folders(settings: Settings) -> None:
    """A folder that was named must be there; the default one may be missing."""
    for key, names in (("packs", settings.packs), ("templates", (settings.templates,))):
        source = origin_of(settings._sources, (key,))
        for name in names:
            if source is not None and not settings.path(name).is_dir():
                raise SettingsError(
                    f"the folder {name!r} of {key} is missing",
                    where=f"{source.label}: {key}",
                    remedy=f"make {settings.path(name)} or correct the name",
                )
