"""Pages of documentation as things that can be run.

What a reader is told to type stands in a fenced block ``console``: lines beginning with ``$`` are commands,
the others what they print. In what is printed, ``...`` stands for any text on its line (on a line of its own,
for any number of lines), and ``<name>`` for one word that differs from run to run; the first such word is
meant wherever ``<name>`` comes again, in commands too. A block that begins ```` ```csv people.csv ````
is a file: the reader saves it under that name. All blocks of a page are one session, from top to bottom.
A command that ends with another status than 0 is followed by ``$ echo $?``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(\S*)[ \t]*(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PLACE = re.compile(r"<([a-z_]+)>")
_STATUS = "echo $?"


class Differs(AssertionError):
    """A command printed something else than its page says."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: the word after the fence, the file name after that, and the line it stands on."""

    language: str
    name: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """One command with what it is said to print."""

    line: int
    command: str
    printed: tuple[str, ...]


def pages() -> list[Path]:
    """README and everything under docs."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def called(page: Path) -> str:
    """The page's name for people."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page."""
    for found in _FENCE.finditer(text):
        yield Block(found[1], found[2], found[3], text.count("\n", 0, found.start()) + 1)


def prose(text: str) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", text)


def steps(block: Block) -> Iterator[Step]:
    """The commands of a ``console`` block."""
    command, printed, line = "", list[str](), 0
    for number, each in enumerate(block.text.splitlines(), block.line + 1):
        if each.startswith("$ "):
            if command:
                yield Step(line, command, tuple(printed))
            command, printed, line = each[2:], [], number
        elif command.endswith("\\") and not printed and each.startswith("> "):
            command = f"{command}\n{each[2:]}"
        elif not command:
            raise Differs(f"line {number}: a console block begins with a command")
        else:
            printed.append(each)
    if command:
        yield Step(line, command, tuple(printed))


def pattern(printed: tuple[str, ...], known: Mapping[str, str]) -> re.Pattern[str]:
    """What the output must look like."""
    seen: set[str] = set()

    def place(found: re.Match[str]) -> str:
        name = found[1]
        if name in known:
            return re.escape(known[name])
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return rf"(?P<{name}>[\w./-]+)"

    lines = []
    for line in printed:
        if line == "...":
            lines.append(r"(?:.*\n)*?")
            continue
        parts, last = [], 0
        for found in re.finditer(r"\.\.\.|<[a-z_]+>", line):
            parts += [re.escape(line[last : found.start()])]
            parts += [".*?" if found[0] == "..." else _PLACE.sub(place, found[0])]
            last = found.end()
        lines.append("".join(parts) + re.escape(line[last:]) + "\n")
    return re.compile("".join(lines))


@dataclass
class Session:
    """A reader at a terminal, in an empty folder, with ``outreach`` installed.

    :param commands: a folder whose commands go before those beside this Python.
    :param database: the address of an empty database, for pages that want one.
    """

    folder: Path
    commands: Path | None = None
    database: str = ""
    words: dict[str, str] = field(default_factory=dict)
    status: int = 0

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
        first = [self.commands] if self.commands else []
        self._environment = {
            **kept,
            "PATH": os.pathsep.join(map(str, [*first, Path(sys.executable).parent, kept.get("PATH", "")])),
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "DATABASE": self.database,
        }
        for name in ("COLUMNS", "FORCE_COLOR", "CI", "GITHUB_ACTIONS"):
            self._environment.pop(name, None)

    def save(self, name: str, text: str) -> None:
        """Save a block as a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def type(self, command: str) -> str:
        """Run a command; returns what it prints, without blanks at the ends of lines."""
        for name, word in self.words.items():
            command = command.replace(f"<{name}>", word)
        if command.startswith("cd "):
            self.folder = (self.folder / command[3:]).resolve(strict=True)
            return ""
        done = subprocess.run(
            ["/bin/sh", "-c", f"(exit {self.status})\n{command}"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        self.status = done.returncode
        return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())

    def check(self, step: Step) -> None:
        """Run one command and compare.

        :raises Differs: naming the line of the page, with both texts.
        """
        if self.status and step.command != _STATUS:
            raise Differs(f"line {step.line}: the command before ended with {self.status}; say so there")
        printed = self.type(step.command)
        found = pattern(step.printed, self.words).fullmatch(printed)
        if found is None:
            said = "\n".join(step.printed)
            raise Differs(
                f"line {step.line}: $ {step.command}\n--- the page says\n{said}\n--- it prints\n{printed}"
            )
        self.words.update(found.groupdict())


def run(text: str, folder: Path, commands: Path | None = None, database: str = "") -> None:
    """Do everything a page tells its reader to do.

    :param commands: see :class:`Session`, as for ``database``.
    :raises Differs: at the first command that does not do what the page says.
    """
    session = Session(folder, commands, database)
    for block in blocks(text):
        if block.language == "console":
            for step in steps(block):
                session.check(step)
        elif block.name:
            session.save(block.name, block.text)
    if session.status:
        raise Differs(f"the last command ended with {session.status}; say so with `$ {_STATUS}`")
