"""new channel|check|pack: a plugin of your own that works and is tested from the first minute."""

from __future__ import annotations

import importlib.util
import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from outreach.cli.output import Json, emit, say
from outreach.errors import InputError

__all__ = ["attach", "make"]

new = typer.Typer(help="Write a plugin or a pack of your own, with tests that pass.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="In kebab-case, such as my-gateway.")]
Folder = Annotated[Path | None, typer.Option(help="Where its folder is made (default: here).")]
PackFolder = Annotated[
    Path | None,
    typer.Option(help="Where its folder is made (default: policies if there is one, else here)."),
]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40
_STARTERS = {"channel": "starter-sms", "check": "starter-check", "pack": "starter-pack"}
_CHECKED, _AGAIN_BY = "2000-01-01", "2001-01-01"  # as the starter of a pack says


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.add_typer(new, name="new")


@new.command("channel")
def channel(name: Name, folder: Folder = None, as_json: Json = False) -> None:
    """An SMS channel against an invented vendor on HTTP, with callbacks: replace piece by piece."""
    _tell(_plugin("channel", name, folder), as_json, "pip install -e .", "pytest")


@new.command("check")
def check(name: Name, folder: Folder = None, as_json: Json = False) -> None:
    """A kind of check that packs can use, with cases on both sides of its number."""
    _tell(_plugin("check", name, folder), as_json, "pip install -e .", "pytest")


@new.command("pack")
def pack(name: Name, folder: PackFolder = None, as_json: Json = False) -> None:
    """A pack of house rules with its cases and notes."""
    from outreach.cli.project import load_rules
    from outreach.domain import SystemClock

    _refuse_unless_kebab(name)
    if name in {each.name for each in load_rules().policy.packs}:
        raise InputError(f"there is a pack {name!r} already", remedy="choose another name")
    if folder is None:
        folder = Path("policies") if Path("policies").is_dir() else Path()
    today = SystemClock().now().date()
    made = make("pack", name, folder, {_CHECKED: today.isoformat(), _AGAIN_BY: _in_a_year(today)})
    _tell(made, as_json, "outreach policy lint", "outreach policy test .")


def make(kind: str, name: str, folder: Path, also: dict[str, str] | None = None) -> Path:
    """Write the starter of this kind under another name: its words are replaced, in texts and file names.

    :param also: other words to replace.
    :returns: the folder made, ``folder/name``.
    :raises InputError: if it is there already.
    """
    from outreach.assemble import data_folder

    target = folder / name
    if target.exists():
        raise InputError("this folder is there already", where=str(target), remedy="choose another name")
    words = {**_spelt(_STARTERS[kind], name), **(also or {})}
    source = data_folder() / "config" / "starter" / kind
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside.parts):
            file = target / _replaced(str(inside), words)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_replaced(path.read_text("utf-8"), words), "utf-8")
    return target


def _plugin(kind: str, name: str, folder: Path | None) -> Path:
    """Write a distribution of its own; a name that means something else already is refused."""
    from outreach.plugins.sources import available

    _refuse_unless_kebab(name)
    if name in available(Path()):
        where = available(Path())[name][0].where
        raise InputError(f"there is a plugin {name!r} already", where=where, remedy="choose another name")
    module = f"outreach_{name.replace('-', '_')}"
    if importlib.util.find_spec(module) is not None:
        raise InputError(f"there is a module {module} already", remedy="choose another name")
    return make(kind, name, folder or Path())


def _refuse_unless_kebab(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise InputError(
            "this is no name for a plugin",
            why=f"it is kebab-case: small letters, digits, single dashes; at most {_LONGEST} characters",
            remedy="write it like my-gateway",
        )


def _spelt(old: str, new: str) -> dict[str, str]:
    """The ways in which a name is written: for people, modules, classes and the environment."""
    forms = (
        lambda name: name,
        lambda name: name.replace("-", "_"),
        lambda name: name.replace("-", "_").upper(),
        lambda name: "".join(part.capitalize() for part in name.split("-")),
    )
    return {form(old): form(new) for form in forms}


def _replaced(text: str, words: dict[str, str]) -> str:
    """Every word at once, so that no replacement is replaced again."""
    return re.sub("|".join(map(re.escape, words)), lambda found: words[found[0]], text)


def _in_a_year(day: date) -> str:
    return day.replace(year=day.year + 1, day=min(day.day, 28)).isoformat()


def _tell(made: Path, as_json: bool, *then: str) -> None:
    files = sorted(str(path.relative_to(made)) for path in made.rglob("*") if path.is_file())
    if as_json:
        emit({"made": made, "files": files})
        return
    say(f"{made} is ready: {', '.join(files)}")
    say("next:")
    for line in (f"cd {made}", *then):
        say(f"  {line}")
