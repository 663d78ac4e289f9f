"""What the pages tell a reader to type does what they say it does."""

from pathlib import Path

import pytest

from outreach import __version__
from tests.docs.pages import ROOT, Differs, called, pages, run
from tests.postgres import Server

RUNNABLE = [page for page in pages() if "```console\n" in page.read_text("utf-8")]


@pytest.mark.parametrize("page", RUNNABLE, ids=called)
def test_every_example_of_the_page_runs_and_prints_what_it_says(
    page: Path, tmp_path: Path, command: Path, request: pytest.FixtureRequest
) -> None:
    text, database = page.read_text("utf-8"), ""
    if "$DATABASE" in text:
        server: Server = request.getfixturevalue("postgres")
        database = server.url(server.new_database())
    run(text, tmp_path, command, database)


def test_the_command_as_it_is_installed_does_the_same(tmp_path: Path, command: Path) -> None:
    said = f"```console\n$ outreach --version\noutreach {__version__}\n```\n"
    run(said, tmp_path)
    run(said, tmp_path, command)


def test_the_pages_for_each_kind_of_user_have_examples() -> None:
    shown = {called(page) for page in RUNNABLE}
    wanted = {
        "README.md",
        "docs/tutorial.md",
        "docs/how-to/collection-team.md",
        "docs/how-to/compliance-officer.md",
        "docs/how-to/integrator.md",
    }
    assert set() == wanted - shown
    assert (ROOT / "docs/index.md").is_file()


@pytest.mark.parametrize(
    ("said", "because"),
    [
        ("```console\n$ echo one\ntwo\n```\n", "the page says"),
        ("```console\n$ printf 'one\\ntwo\\n'\none\n```\n", "the page says"),
        ("```console\n$ echo one\none\n\n```\n", "the page says"),
        ("```console\n$ echo 7 8\n<a> <a>\n```\n", "the page says"),
        ("```console\n$ false\n$ true\n```\n", "ended with 1"),
        ("```console\n$ false\n```\n", "ended with 1"),
        ("```console\nno command\n```\n", "begins with a command"),
    ],
)
def test_the_runner_notices_what_is_not_so(said: str, because: str, tmp_path: Path) -> None:
    with pytest.raises(Differs, match=because):
        run(said, tmp_path)


@pytest.mark.parametrize(
    "said",
    [
        "```console\n$ printf 'a\\nb\\nc\\n'\na\n...\nc\n```\n",
        "```console\n$ echo one 17 two\none ... two\n$ cd /\n```\n",
        "```console\n$ echo id ab-1\nid <id>\n$ echo <id>\n<id>\n```\n",
        "```console\n$ false\n$ echo $?\n1\n```\n",
        "```csv deep/a.csv\nx,y\n```\n```console\n$ cat deep/a.csv\nx,y\n```\n",
        "```console\n$ echo one \\\n> two\none two\n```\n",
    ],
)
def test_the_runner_takes_what_is_so(said: str, tmp_path: Path) -> None:
    run(said, tmp_path)
