"""Pages lead somewhere: links, commands and file names in them exist, and no page is a book."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, called, pages, prose
from tests.tools import cli_page

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_COMMAND = re.compile(r"`outreach ([^`]+)`")
_FILE = re.compile(r"`((?:src|plugins|config|templates|tests|tools|docs|benchmarks)/[\w./-]+)`")

PAGES = [*pages(), ROOT / "plugins" / "README.md"]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = set()
    for heading in _HEADING.findall(prose(page.read_text("utf-8"))):
        kept = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(kept.replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_link_to_a_file_or_heading_leads_there(page: Path) -> None:
    lost = []
    for target in _LINK.findall(prose(page.read_text("utf-8"))):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        if not to.exists() or (anchor and anchor not in anchors(to)):
            lost.append(target)
    assert [] == lost


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_file_named_exists(page: Path) -> None:
    named = _FILE.findall(prose(page.read_text("utf-8")))
    assert [] == [name for name in named if not (ROOT / name).exists() and not _of_a_project(name)]


def _of_a_project(name: str) -> bool:
    """Files a reader makes in a project of her own; capitals stand for names of hers."""
    return (name.startswith("plugins/") and name.count("/") == 1) or bool(re.search(r"/[A-Z]{2,}", name))


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_command_and_option_named_exists(page: Path) -> None:
    commands = cli_page.commands()
    strange = []
    for typed in _COMMAND.findall(prose(page.read_text("utf-8"))):
        words = typed.split()
        if words[0].startswith("--") or words[0] == "COMMAND":
            continue
        for alternative in words[1].split("|") if len(words) > 1 else [""]:
            name = f"{words[0]} {alternative}" if f"{words[0]} {alternative}" in commands else words[0]
            group = [each for each in commands if each.startswith(f"{words[0]} ")]
            if name not in commands and not (group and len(words) == 1):
                strange.append(typed)
                continue
            known = cli_page.options(commands[name]) if name in commands else []
            given = [re.sub(r"\W+$", "", word) for word in words if word.startswith("--")]
            strange += [typed for option in given if option not in [*known, "--help"]]
    assert [] == strange


@pytest.mark.parametrize("page", [page for page in pages() if page.parent.name != "reference"], ids=called)
def test_no_page_that_is_read_through_is_longer_than_two_hundred_lines(page: Path) -> None:
    assert 200 >= len(page.read_text("utf-8").splitlines())


def test_every_page_can_be_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    reached = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in _LINK.findall(index.read_text("utf-8"))
    }
    assert set() == {page for page in pages() if page.parent != ROOT and page != index} - reached
