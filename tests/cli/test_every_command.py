"""What holds for each command alike: help, --json, completion, exit statuses."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from outreach import __version__, cli
from outreach.cli.main import app
from tests.cli.running import run

NO_JSON = {("demo",), ("policy", "schema")}
"""They print for people only, or nothing but JSON."""


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that name it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
    else:
        for name, each in below.items():
            yield from walk(each, (*path, name))


COMMANDS = dict(walk(typer.main.get_command(app)))

every_command = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)


def test_the_commands_of_the_issue_are_there() -> None:
    wanted = """
        init demo send work check when explain record correct pause resume reconcile plugins settings
        import_consumers import_events calls_next calls_done calls_release policy_show policy_test policy_lint
        policy_schema audit_verify templates_check templates_preview db_upgrade db_check db_backup
    """
    assert set(wanted.split()) <= {"_".join(words) for words in COMMANDS}


@every_command
def test_help_says_what_a_command_and_each_of_its_parameters_is_for(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    told = run(*words, "--help", folder=tmp_path)
    assert (0, "") == (told.status, told.err)
    assert COMMANDS[words].help, "no sentence says what it does"
    shown = " ".join(told.out.split())
    assert COMMANDS[words].help.split("\n")[0].strip() in shown
    for each in COMMANDS[words].params:
        assert each.help, f"{each.name} is not explained"
        assert each.help.split()[0] in shown


@every_command
def test_every_command_speaks_json(words: tuple[str, ...]) -> None:
    options = {option for each in COMMANDS[words].params for option in each.opts}
    assert ("--json" in options) == (words not in NO_JSON)


@every_command
def test_an_unknown_option_is_a_usage_error_that_names_it(words: tuple[str, ...], tmp_path: Path) -> None:
    told = run(*words, "--frobnicate", folder=tmp_path)
    assert 2 == told.status
    assert "--frobnicate" in told.err
    assert "" == told.out


@pytest.mark.parametrize("words", [(), ("policy",), ("calls",), ("import",)], ids=str)
def test_without_a_command_the_help_lists_them(words: tuple[str, ...], tmp_path: Path) -> None:
    told = run(*words, folder=tmp_path)
    assert "Commands" in told.out + told.err
    assert 2 == told.status


def test_every_documented_exit_status_is_explained_where_the_command_line_is() -> None:
    assert cli.__doc__
    assert ["0", "1", "2", "3", "4", "130"] == re.findall(r"\b(\d+) [a-z]", cli.__doc__)


def test_the_installed_command_runs_in_any_folder(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("outreach")
    told = subprocess.run(
        [command, "--version"], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60
    )
    assert (0, f"outreach {__version__}\n", "") == (told.returncode, told.stdout, told.stderr)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_made_for_each_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    """The shell is found among the parents of the process, and the tests have any parents."""
    monkeypatch.setattr("shellingham.detect_shell", lambda: (shell, f"/bin/{shell}"))
    told = run("--show-completion", folder=tmp_path)
    assert 0 == told.status, told.err
    assert "outreach" in told.out
    assert [f"complete_{shell}"] == sorted(set(re.findall(r"\bcomplete_[a-z]+", told.out)))


def test_completion_offers_commands_and_options(tmp_path: Path) -> None:
    """What the script asks for while somebody types."""
    script = "import sys; sys.argv = ['outreach']; from outreach.cli import main; main()"

    def offered(typed: str) -> list[str]:
        asked = {"_OUTREACH_COMPLETE": "complete_bash", "COMP_WORDS": typed}
        asked["COMP_CWORD"] = str(len(typed.split()) - 1)
        told = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env=asked,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return told.stdout.split()

    assert {"check", "calls", "correct"} <= set(offered("outreach c"))
    assert "--dry-run" in offered("outreach send --d")


@pytest.mark.parametrize(
    "words",
    [
        ("send", "campaign.csv", "--campaign", "x"),
        ("db", "check"),
    ],
    ids=" ".join,
)
def test_without_a_project_a_command_says_how_to_begin_one(words: tuple[str, ...], tmp_path: Path) -> None:
    told = run(*words, folder=tmp_path)
    assert (3, "") == (told.status, told.out)
    assert "outreach init" in told.err
    assert [] == list(tmp_path.iterdir()), "and it leaves nothing behind"


def test_with_json_an_error_is_json_too(tmp_path: Path) -> None:
    told = run("when", "p1", "--json", folder=tmp_path)
    assert 3 == told.status
    assert {"error", "what", "where", "remedy"} <= told.line.keys()
    assert "LedgerError" == told.line["error"]
