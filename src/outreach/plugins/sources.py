"""Where plugins come from: installed distributions (entry points) and the project's own files.

Neither is imported unless the settings name it: being installed makes a plugin available, nothing more.
"""

from __future__ import annotations

import importlib.util
import os
import re
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from outreach.errors import PluginError

__all__ = ["GROUP", "Found", "available"]

GROUP = "outreach"

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin that could be loaded. Nothing of it has been imported yet."""

    name: str
    where: str
    version: str
    load: Callable[[], Any]


def available(project_folder: Path) -> dict[str, list[Found]]:
    """Every plugin that settings could name, by name; more than one under a name is a clash."""
    found: dict[str, list[Found]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        plugin = _installed(point)
        if plugin not in found.get(point.name, []):
            found.setdefault(point.name, []).append(plugin)
    folder = project_folder / "plugins"
    for path in sorted(folder.glob("*.py")) if folder.is_dir() else ():
        name = path.stem.replace("_", "-")
        if _NAME.fullmatch(name):
            found.setdefault(name, []).append(_Dropped(path).found(name))
    return found


def _installed(point: EntryPoint) -> Found:
    distribution = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"
    version = point.dist.version if point.dist else ""
    return Found(point.name, f"{point.value}, from {distribution}", version, _Importing(point))


@dataclass(frozen=True)
class _Importing:
    """Imports an entry point; comparable, because a path listed twice yields its entry points twice."""

    point: EntryPoint

    def __call__(self) -> Any:
        try:
            return self.point.load()
        except ImportError as error:
            raise _missing(self.point.name, self.point.value, error, self.point.extras) from error


@dataclass(frozen=True)
class _Dropped:
    """A file ``<project>/plugins/<name>.py``."""

    path: Path

    def found(self, name: str) -> Found:
        return Found(name, f"plugins/{self.path.name} of the project", "", lambda: self.load(name))

    def load(self, name: str) -> ModuleType:
        source = self._read_safely()
        module_name = f"outreach_project_plugin_{self.path.stem}"
        spec = importlib.util.spec_from_loader(module_name, loader=None, origin=str(self.path))
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        module.__file__ = str(self.path)
        sys.modules[module_name] = module  # dataclasses and enums look their module up here
        try:
            # Compiled from what was read, never from a cached copy that others could have written.
            exec(compile(source, str(self.path), "exec"), module.__dict__)
        except ImportError as error:
            sys.modules.pop(module_name, None)
            raise _missing(name, str(self.path), error) from error
        except BaseException:
            sys.modules.pop(module_name, None)
            raise
        return module

    def _read_safely(self) -> bytes:
        """The file's bytes.

        :raises PluginError: if anybody but its owner, who must be us or root, could have written them.
        """
        path = self.path.resolve()
        with path.open("rb") as file:
            if os.name == "posix":
                _refuse_if_others_write(self.path, os.fstat(file.fileno()))
                for folder in {self.path.parent, path.parent}:
                    _refuse_if_others_write(folder, folder.stat())
            return file.read()


def _refuse_if_others_write(path: Path, state: os.stat_result) -> None:
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PluginError(
            "others can change this plugin, so it is not loaded",
            where=str(path),
            why=f"its mode is {stat.S_IMODE(state.st_mode):03o}",
            remedy=f"chmod go-w {path}",
        )
    if state.st_uid not in (os.geteuid(), 0):
        raise PluginError(
            "this plugin belongs to someone else, so it is not loaded",
            where=str(path),
            remedy=f"chown {os.geteuid()} {path}",
        )


def _missing(name: str, where: str, error: ImportError, extras: list[str] | None = None) -> PluginError:
    if isinstance(error, ModuleNotFoundError) and error.name:
        why = f"there is no module {error.name}"
        remedy = f"pip install {error.name.partition('.')[0]}"
    else:
        why = f"{type(error).__name__} in {error.name or 'an import'}"
        remedy = "see whether the plugin fits this version of outreach"
    if extras:
        remedy = f"pip install 'outreach[{','.join(extras)}]'"
    return PluginError(f"the plugin {name!r} cannot be imported", where=where, why=why, remedy=remedy)
