"""Undocumented is unfinished: every hook stands in plugins/README.md and has a real implementation."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outreach import hookspecs
from outreach.builtin import Builtin
from outreach.plugins.sources import available

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "plugins" / "README.md").read_text("utf-8")
HOOKS = {name: hook for name, hook in vars(hookspecs).items() if hasattr(hook, "outreach_spec")}
FIRST_PARTY = (
    *("outbox", "call-task", "suppression-list", "event-feed"),
    *("twilio", "smtp-email", "letter", "postgrid"),
)


def blocks(mark: str) -> list[str]:
    return re.findall(rf"<!-- {mark} -->\n```python\n(.*?)```", README, re.DOTALL)


def test_the_page_states_each_hook_with_the_signature_it_has() -> None:
    stated = {}
    for block in blocks("hooks"):
        for function in ast.parse(block).body:
            assert isinstance(function, ast.FunctionDef)
            stated[function.name] = f"({ast.unparse(function.args)}) -> {ast.unparse(function.returns)}"  # type: ignore[arg-type]
    tree = ast.parse(Path(inspect.getfile(hookspecs)).read_text("utf-8"))
    actual = {
        function.name: f"({ast.unparse(function.args)}) -> {ast.unparse(function.returns)}"  # type: ignore[arg-type]
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
    }
    assert HOOKS.keys() == actual.keys()
    assert actual == stated


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_says_when_it_is_called_and_what_follows_if_it_raises(name: str) -> None:
    text = inspect.getdoc(HOOKS[name]) or ""
    assert "Called: " in text
    assert "If you raise" in text
    for argument in inspect.signature(HOOKS[name]).parameters:
        assert f":param {argument}:" in text


def implementations(plugin: Any) -> set[str]:
    return {name for name in dir(plugin) if hasattr(getattr(plugin, name), "outreach_impl")}


def test_each_hook_has_an_implementation_that_serves_somebody() -> None:
    found = available(ROOT)
    plugins = [found[name][0].load() for name in FIRST_PARTY]
    assert set(HOOKS) == implementations(Builtin).union(*map(implementations, plugins))


def test_each_first_party_plugin_stands_on_the_page_with_its_settings() -> None:
    folders = {
        path.name.removeprefix("outreach_").replace("_", "-")
        for path in (ROOT / "plugins").glob("outreach_*")
    }
    assert set(FIRST_PARTY) == folders
    for name in FIRST_PARTY:
        plugin: Any = available(ROOT)[name][0].load()
        [row] = [line for line in README.splitlines() if line.startswith(f"| `{name}`")]
        [model] = [value for key, value in vars(plugin).items() if key.endswith("Settings")]
        assert set(model.model_fields) - {"folder"} == set(re.findall(r"`(\w+)`", row.split("|")[3]))


def test_the_example_of_the_page_is_about_thirty_lines_and_passes_the_suite(tmp_path: Path) -> None:
    for name in ("print_room.py", "test_print_room.py"):
        [text] = blocks(f"example: {name}")
        (tmp_path / name).write_text(text, "utf-8")
        assert 40 >= len(text.splitlines())
    alone = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *alone, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert 0 == done.returncode, done.stdout
    assert 25 <= int(re.search(r"(\d+) passed", done.stdout)[1])  # type: ignore[index]
