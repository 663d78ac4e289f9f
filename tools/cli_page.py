"""Writes docs/reference/cli.md from the command itself: python tools/cli_page.py

tests/docs/test_reference.py compares the page with what this gives.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

import outreach.cli
from outreach.cli.main import app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "cli.md"

_HEAD = """\
# The command `outreach`

This page is written by `tools/cli_page.py` from the command itself. `outreach COMMAND --help` says the same.
`outreach --install-completion` sets up completion for your shell.

A command works on the project whose `outreach.toml` it finds in the current folder or above. With `--json` it
prints one JSON object a line, with times in UTC; for people, times stand in the consumer's zone with offset.
{json} `TIME` is ISO 8601 with an offset, such as
`2026-06-02T15:00-04:00`. An error says what is wrong, where, why, and what to do.

| exit status | meaning |
|---|---|
"""


def page() -> str:
    """The whole page."""
    without = [f"`{name}`" for name, each in commands().items() if "--json" not in options(each)]
    spelt = f"Every command has it, but for {' and '.join(without)}." if without else "Every command has it."
    head = _HEAD.replace("{json}", spelt)
    return head + "".join(_statuses()) + "".join(f"\n{part}" for part in _commands())


def commands() -> dict[str, Any]:
    """Every command by its full name, such as ``policy show``."""
    found = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        if inner := getattr(command, "commands", None):
            found.update({f"{name} {each}": inner[each] for each in inner})
        else:
            found[name] = command
    return found


def options(command: Any) -> list[str]:
    """The options a command takes, as they are typed."""
    return [each for parameter in command.params for each in parameter.opts if each.startswith("--")]


def _statuses() -> Iterator[str]:
    text = " ".join((inspect.getdoc(outreach.cli) or "").split("Exit status:")[1].split())
    for part in text.removesuffix(".").split("; "):
        number, rest = part.strip().split(" ", 1)
        if not number.isdigit():
            raise SystemExit(f"the docstring of outreach.cli names no exit status in {part!r}")
        yield f"| {number} | {rest} |\n"


def _commands() -> Iterator[str]:
    for name, command in commands().items():
        arguments = [p for p in command.params if not p.opts[0].startswith("-")]
        spelt = " ".join([f"outreach {name}", *map(_argument, arguments)])
        lines = [f"## `{spelt}`", " ".join((command.help or "").split())]
        lines += [f"- {_described(each)}" for each in command.params if "--json" not in each.opts]
        yield "\n".join(lines) + "\n"


def _argument(parameter: Any) -> str:
    spelt = str(parameter.name).upper() + ("..." if parameter.nargs == -1 else "")
    return spelt if parameter.required else f"[{spelt}]"


def _described(parameter: Any) -> str:
    spelt = parameter.opts[0]
    if not spelt.startswith("-"):
        return f"`{spelt.upper()}`: {parameter.help}"
    value = "" if parameter.is_flag else f" {_value(parameter)}"
    extra = []
    if parameter.required:
        extra.append("required")
    if parameter.multiple:
        extra.append("may be repeated")
    if not parameter.is_flag and parameter.default not in (None, ""):
        extra.append(f"default `{parameter.default}`")
    return f"`{spelt}{value}`: {parameter.help}" + (f" ({', '.join(extra)})" if extra else "")


def _value(parameter: Any) -> str:
    text, kind = str(parameter.help), str(parameter.type_descriptor.annotation)
    if "offset" in text or parameter.name == "as_known_at":
        return "TIME"
    if "NAME=VALUE" in text:
        return "NAME=VALUE"
    return "PATH" if "Path" in kind else "NUMBER" if "int" in kind else "TEXT"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
