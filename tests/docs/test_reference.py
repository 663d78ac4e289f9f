"""The reference pages say what the code does; they cannot go stale."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined, to_jsonable_python

from outreach.settings import Settings
from tests.docs.pages import ROOT
from tests.tools import cli_page, pass_list

SETTINGS = ROOT / "docs" / "reference" / "settings.md"

_ROW = re.compile(r"^\| `([^`]+)` \| (.+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_the_page_of_commands_is_what_the_command_says_of_itself() -> None:
    assert cli_page.page() == cli_page.PAGE.read_text("utf-8"), "run python tools/cli_page.py"


def test_the_page_of_the_official_examples_is_what_the_packs_answer_now() -> None:
    assert pass_list.page() == pass_list.PAGE.read_text("utf-8"), "run python tools/pass_list.py"


def test_every_official_example_that_can_be_read_in_one_way_holds() -> None:
    told = pass_list.page()
    assert 150 < told.count("| holds |")
    assert 0 == told.count("| FAILS |")


def settings_of(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting with its default, tables and lists of tables walked through."""
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        tables = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not tables:
            yield above + name, field.get_default()
        elif field.annotation is tables[0]:
            yield from settings_of(tables[0], f"{above}{name}.")
        else:
            marks = "ID." if field.annotation and "dict" in str(field.annotation) else ""
            yield from settings_of(tables[0], f"{above}{name}.{marks}")


def spelt(default: Any) -> str:
    """A default as `outreach.toml` would write it."""
    if default is PydanticUndefined:
        return "required"
    return f"`{json.dumps(to_jsonable_python(default))}`"


def test_the_page_of_settings_names_every_setting_with_its_default() -> None:
    stated = {row[0]: row[2].strip() for row in _ROW.findall(SETTINGS.read_text("utf-8"))}
    actual = {name: spelt(default) for name, default in settings_of(Settings)}
    assert actual == stated


def test_every_setting_has_a_meaning_and_a_unit_or_a_dash() -> None:
    rows = _ROW.findall(SETTINGS.read_text("utf-8"))
    assert rows
    assert [] == [name for name, meaning, _, unit in rows if len(meaning.strip()) < 8 or not unit.strip()]


def test_the_example_settings_show_each_single_value() -> None:
    """Whoever opens outreach.toml finds every value there is, set or commented out."""
    shown = Path(ROOT / "config" / "outreach.toml").read_text("utf-8")
    alone = [
        name for name, _ in settings_of(Settings) if "." not in name and name not in ("creditors", "plugin")
    ]
    assert [] == [name for name in alone if not re.search(rf"^(# |\[)?{name}( =|\])", shown, re.MULTILINE)]


def test_each_of_the_ten_promises_names_a_file_whose_tests_carry_its_number() -> None:
    text = (ROOT / "docs" / "explanation.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| .+ \| `(tests/[\w/]+\.py)` \|$", text, re.MULTILINE)
    assert [str(number) for number in range(1, 11)] == [number for number, _ in rows]
    strange = []
    for number, file in rows:
        if not re.search(
            rf"promise[ _]{number}\b|promise_{number}_", (ROOT / file).read_text("utf-8").lower()
        ):
            strange.append((number, file))
    assert [] == strange
