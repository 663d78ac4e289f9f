"""Each value with where it came from, for ``outreach settings``; secrets are never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretBytes, SecretStr

from outreach.settings import sources
from outreach.settings.loading import origin_of
from outreach.settings.model import Settings

__all__ = ["HIDDEN", "Origin", "origins", "without_password"]

HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True)
class Origin:
    """One value: its name, what may be shown of its value, and where it came from."""

    name: str
    value: str
    origin: str


def origins(settings: Settings) -> list[Origin]:
    """Every value of the settings, in the order of the model."""
    shown = []
    for place, value in _values(settings.model_dump(mode="python")):
        keys = tuple(part for part in place if isinstance(part, str))
        source = origin_of(settings._sources, keys)
        text, origin = _shown(keys, value), source.label if source else "default"
        if source and source.has_variables:
            origin = f"{origin} {sources.variable(keys)}"
            if keys[0] == "plugin":  # where a plugin's secrets stand, whatever it calls them
                text = HIDDEN
        shown.append(Origin(_spelt(place), text, origin))
    return shown


def without_password(url: str) -> str:
    """A database's address as it may be shown."""
    return sources.PASSWORD.sub(HIDDEN, url)


def _values(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _values(inner, (*above, str(key)))
    elif isinstance(value, tuple | list) and any(isinstance(each, Mapping) for each in value):
        for index, inner in enumerate(value):
            yield from _values(inner, (*above, index))
    else:
        yield above, value


def _spelt(place: tuple[str | int, ...]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _shown(keys: tuple[str, ...], value: Any) -> str:
    if isinstance(value, SecretStr | SecretBytes) or (
        keys[0] == "plugin" and sources.sounds_secret(keys[-1])
    ):
        return HIDDEN
    if keys == ("ledger", "url"):
        return without_password(value)
    if isinstance(value, tuple | list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, Mapping):
        return ""
    return str(value)
