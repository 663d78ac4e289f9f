"""The wheel, installed in an environment of its own far from the checkout, does the whole job."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from tests.environment import ROOT, Environment, run

PLUGINS = sorted(path.name for path in (ROOT / "plugins").glob("outreach_*"))

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a fresh environment that holds the wheel, with dependencies borrowed from this one."""
    return Environment(tmp_path_factory.mktemp("wheel")).bin / "outreach"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


def test_the_installed_package_finds_nothing_of_the_checkout(installed: Path, elsewhere: Path) -> None:
    script = "\n".join(
        [
            "import sys, outreach, importlib, outreach.assemble as a",
            f"for name in ['outreach', *{PLUGINS!r}]:",
            "    print(importlib.import_module(name).__file__)",
            "print(a.data_folder())",
            "print(*sys.path, sep='\\n')",
        ]
    )
    told = run(installed.with_name("python"), "-c", script, cwd=elsewhere)
    assert 0 == told.returncode, told.stderr
    lines = told.stdout.splitlines()
    assert [] == [line for line in lines if line.startswith((f"{ROOT}/src", f"{ROOT}/plugins"))]
    package = installed.parents[1]
    assert all(line.startswith(str(package)) for line in lines[: len(PLUGINS) + 2])
    assert lines[len(PLUGINS) + 1].endswith("outreach/_data")


def test_the_demo_runs_from_the_wheel_with_its_own_templates_and_packs(
    installed: Path, elsewhere: Path
) -> None:
    told = run(installed, "demo", "--consumers", "30", cwd=elsewhere)
    assert (0, "") == (told.returncode, told.stderr)
    assert "Tue 2026-06-02 15:00 EDT" in told.stdout
    assert "What to type next" in told.stdout
    assert list((elsewhere / ".outreach-demo" / "outbox").rglob("*.eml"))
    plugins = run(installed, "plugins", "--json", cwd=elsewhere / ".outreach-demo")
    assert 0 == plugins.returncode, plugins.stderr
    assert str(ROOT) not in plugins.stdout


def test_a_project_made_by_the_wheel_holds_its_own_cases(installed: Path, elsewhere: Path) -> None:
    assert 0 == run(installed, "init", "mine", cwd=elsewhere).returncode
    told = run(installed, "policy", "test", "policies", cwd=elsewhere / "mine")
    assert (0, " 0 failed," in told.stdout) == (told.returncode, True), told.stdout + told.stderr
    words = run(installed, "templates", "preview", "reminder", "--language", "zh", cwd=elsewhere / "mine")
    assert 0 == words.returncode


def test_an_edited_template_is_seen_by_an_editable_install(tmp_path: Path) -> None:
    """In a copy of the checkout, laid out as an editable install finds it: no stale copy is read."""
    copy = tmp_path / "checkout"
    for part in ("src", "plugins", "templates", "config"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    file = copy / "templates" / "en" / "sms" / "reminder.j2"
    preview = "import sys; sys.argv[1:] = ['templates', 'preview', 'reminder']; "
    preview += "from outreach.cli import main; main()"

    def shown() -> str:
        told = run(
            sys.executable, "-c", preview, cwd=tmp_path, PYTHONPATH=f"{copy / 'src'}:{copy / 'plugins'}"
        )
        assert 0 == told.returncode, told.stderr
        return told.stdout

    assert "Edited just now." not in shown()
    file.write_text(file.read_text("utf-8").rstrip("\n") + " Edited just now.\n", "utf-8")
    assert "Edited just now." in shown()
