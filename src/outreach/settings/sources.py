"""Reading each source of settings into a plain nested dictionary, without judging the values yet."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from outreach.errors import SettingsError
from outreach.settings.model import Settings, Source

__all__ = [
    "from_dotenv",
    "from_environment",
    "from_file",
    "from_overrides",
    "leaves",
    "merged",
    "sounds_secret",
    "strange_variables",
    "variable",
]

_PREFIX = "OUTREACH_"
_PLUGIN = "plugin"
PASSWORD = re.compile(r"(?<=://)[^/@]*:[^/@]*(?=@)|(?<=[?&]password=)[^&]+")
"""What of a database's address nobody may read: its user with a password, wherever that stands."""

_SECRET_WORDS = ("secret", "password", "passwd", "token", "credential", "api_key", "private_key", "auth")


_SECRETS = (("ledger", "endpoint_key"), ("ledger", "master_keys"))


class _Lenient:
    """A list may be JSON or ``a,b``; the model splits the second."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)  # type: ignore[misc]
        except ValueError:
            return value


class _Environment(_Lenient, EnvSettingsSource):
    pass


class _DotEnv(_Lenient, DotEnvSettingsSource):
    pass


def from_environment() -> Source:
    """What ``OUTREACH_…`` variables say."""
    values = _with_plugins(_Environment(Settings)(), os.environ)
    return Source("environment", values, tuple(os.environ), has_variables=True)


def from_dotenv(path: Path) -> Source:
    """What ``.env`` says; nothing where there is none.

    :raises SettingsError: if others than its owner may read it (it is the place for secrets).
    """
    if not path.is_file():
        return Source(str(path), {}, has_variables=True)
    mode = path.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            "others may read or change the file with the secrets",
            where=str(path),
            why=f"its mode is {stat.S_IMODE(mode):03o}",
            remedy=f"chmod 600 {path}",
        )
    try:
        source = _DotEnv(Settings, env_file=path, dotenv_filtering="only_existing")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("the file cannot be read", where=str(path), why=type(error).__name__) from error
    known = {name: value for name, value in source.env_vars.items() if value is not None}
    return Source(str(path), _with_plugins(source(), known), tuple(known), has_variables=True)


def from_file(path: Path) -> Source:
    """What ``outreach.toml`` says.

    :raises SettingsError: if it is no TOML, or holds a secret.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("the settings are not TOML", where=str(path), why=str(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "the settings cannot be read", where=str(path), why=type(error).__name__
        ) from error
    for place, value in leaves(data):
        inside = place == ("ledger", "url") and PASSWORD.search(str(value)) is not None
        if inside or place in _SECRETS or (place[0] == _PLUGIN and sounds_secret(place[-1])):
            name = ".".join(place)
            raise SettingsError(
                f"{name} is a secret and stands in the settings file",
                where=f"{path}: {name}",
                why="settings files are copied, shared and kept in version control",
                remedy=f"put it in the environment or .env as {variable(place)}",
            )
    return Source(str(path), data)


def from_overrides(overrides: Mapping[str, Any]) -> Source:
    """What the command line says: nested, or with dots (``{"ledger.url": …}``)."""
    result: dict[str, Any] = {}
    for key, value in overrides.items():
        for name in reversed(key.split(".")):
            value = {name: value}
        result = merged(result, value)
    return Source("command line", result)


def variable(place: tuple[str, ...]) -> str:
    """The environment variable that sets this value."""
    return _PREFIX + "__".join(place).upper().replace("-", "_")


def strange_variables(names: Iterable[str], plugins: Iterable[str]) -> list[str]:
    """Variables with our prefix that set nothing; those of a named plugin are its own."""
    own = tuple(_PREFIX + name.upper().replace("-", "_") + "_" for name in plugins)
    strange = []
    for name in names:
        upper = name.upper()
        if upper.startswith(_PREFIX) and not upper.startswith(own):
            first = upper.removeprefix(_PREFIX).split("__")[0].lower()
            if first not in Settings.model_fields:
                strange.append(name)
    return sorted(strange)


def sounds_secret(name: str) -> bool:
    """Whether a plugin's setting is a secret, going by its name."""
    return any(word in name.lower() for word in _SECRET_WORDS)


def leaves(data: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that is not a table, with its place."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def merged(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """``upper`` laid over ``lower``, table by table; a list replaces a list."""
    result = dict(lower)
    for key, value in upper.items():
        known = result.get(key)
        both = isinstance(value, Mapping) and isinstance(known, Mapping)
        result[key] = merged(known, value) if both else value  # type: ignore[arg-type]
    return result


def _with_plugins(data: dict[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """Plugins' values stay the text they are: a token of digits must not become a number."""
    data.pop(_PLUGIN, None)
    start = f"{_PREFIX}{_PLUGIN}__".upper()
    for name, value in variables.items():
        upper = name.upper()
        if upper.startswith(start):
            plugin, _, key = upper.removeprefix(start).lower().partition("__")
            data.setdefault(_PLUGIN, {}).setdefault(plugin, {})[key] = value
    return data
