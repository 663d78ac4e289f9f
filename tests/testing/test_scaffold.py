"""``outreach new``: what it writes works at once, in an environment that has never seen the checkout."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from outreach.testing import FakeVendor, Reply
from tests.cli.running import run as typed
from tests.environment import Environment, run

LONG = "a-gateway-with-the-longest-name-there-is"
PEOPLE = (
    "consumer_id,name,phone_1,phone_1_kind,home_city,home_region,home_postal_code,home_country,"
    "debt_id,debt_kind,debt_creditor,account_number,balance_minor,balance_currency,as_of\n"
    "ana,Ana Lopez,+16145550142,mobile,Columbus,OH,43215,US,"
    "ana-1,credit_card,lakeside,4000123412341234,123450,USD,2026-01-15\n"
)
AGREED = ("--set", "scope=any", "--set", "given_to=collector")


# ---- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["My-gateway", "my_gateway", "-x", "x-", "a--b", "1a", "../a", "", "a" * 41])
@pytest.mark.parametrize("kind", ["channel", "check", "pack"])
def test_a_name_that_is_not_kebab_case_is_refused_and_nothing_is_written(
    kind: str, name: str, tmp_path: Path
) -> None:
    told = typed("new", kind, "--", name, folder=tmp_path)
    assert 2 == told.status
    assert "kebab-case" in told.err
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        ("channel", "outbox", "there is a plugin 'outbox' already"),
        ("check", "print-room", "there is a plugin 'print-room' already"),
        ("channel", "made", "this folder is there already"),
        ("pack", "house", "there is a pack 'house' already"),
    ],
)
def test_a_name_that_is_taken_is_refused(kind: str, name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "print_room.py").touch()
    (tmp_path / "made").mkdir()
    told = typed("new", kind, name, folder=tmp_path)
    assert 2 == told.status
    assert why in told.err
    assert ["made", "plugins"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_module_that_is_there_is_not_shadowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outreach_shared_words.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    told = typed("new", "channel", "shared-words", folder=tmp_path)
    assert (2, True) == (told.status, "there is a module outreach_shared_words already" in told.err)


# ---- what is written -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x", LONG])
@pytest.mark.parametrize("kind", ["channel", "check"])
def test_what_is_written_passes_ruff_and_strict_mypy_whatever_its_name(
    kind: str, name: str, tmp_path: Path
) -> None:
    told = typed("new", kind, name, "--folder", tmp_path, "--json", folder=tmp_path)
    assert 0 == told.status, told.err
    made = tmp_path / name
    assert sorted(told.line["files"]) == sorted(
        path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()
    )
    left = [path for path in made.rglob("*") if path.is_file() and "starter" in path.read_text().lower()]
    assert [] == left
    for command in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        done = run(
            sys.executable, "-m", *command, cwd=made, MYPYPATH="src", RUFF_NO_CACHE="true",
            MYPY_CACHE_DIR=str(tmp_path / "cache"),
        )  # fmt: skip
        assert 0 == done.returncode, done.stdout + done.stderr


def test_a_pack_is_accepted_by_lint_and_its_cases_hold(tmp_path: Path) -> None:
    assert 0 == typed("init", "agency", folder=tmp_path).status
    project = tmp_path / "agency"
    told = typed("new", "pack", "quiet-hours", folder=project)
    assert 0 == told.status, told.err
    made = project / "policies" / "quiet-hours"
    assert ["NOTES.md", "cases.yaml", "pack.yaml"] == sorted(path.name for path in made.iterdir())
    lint = typed("policy", "lint", folder=project)
    assert (0, "nothing to mend\n") == (lint.status, lint.out)
    cases = typed("policy", "test", made, folder=project)
    assert (0, True) == (cases.status, cases.out.startswith("2 passed, 0 failed"))


# ---- in an environment of its own ------------------------------------------------------------------


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Holds outreach, and a channel and a check that its own command wrote."""
    made = Environment(tmp_path_factory.mktemp("clean"))
    for kind, name in (("channel", "my-gateway"), ("check", "quiet-week")):
        told = run(made.bin / "outreach", "new", kind, name, cwd=made.folder)
        assert 0 == told.returncode, told.stderr
        made.install(made.folder / name)
    return made


pytestmark = pytest.mark.xdist_group("wheel")


@pytest.mark.parametrize(("name", "at_least"), [("my-gateway", 40), ("quiet-week", 15)])
def test_the_tests_it_writes_pass_on_the_first_run(
    environment: Environment, name: str, at_least: int
) -> None:
    done = run(environment.bin / "python", "-m", "pytest", "-q", cwd=environment.folder / name)
    assert 0 == done.returncode, done.stdout
    found = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert found is not None
    assert at_least <= int(found[1])


def test_a_message_leaves_through_the_channel_it_writes(environment: Environment, tmp_path: Path) -> None:
    sent: list[Any] = []

    def answer(asked: Any) -> Reply:
        sent.append(asked)
        return Reply(201, {"id": f"m-{len(sent)}", "status": "queued"})

    command = environment.bin / "outreach"
    assert 0 == run(command, "init", "agency", cwd=tmp_path).returncode
    project = tmp_path / "agency"
    listed = run(command, "plugins", "--json", cwd=project)
    assert {"my-gateway": "off", "quiet-week": "off"}.items() <= states(listed.stdout).items()

    settings = (project / "outreach.toml").read_text("utf-8")
    settings = settings.replace(
        '["outbox", "call-task"]', '["outbox", "call-task", "my-gateway", "quiet-week"]'
    )
    settings = re.sub(r'^sms = ".*"$', 'sms = "my-gateway"', settings, flags=re.MULTILINE)
    (project / "people.csv").write_text(PEOPLE)
    (project / "texts.csv").write_text("person,channel,to,template\nana,sms,+16145550142,reminder\n")
    with FakeVendor(answer).serving() as vendor:
        (project / "outreach.toml").write_text(f'{settings}\n[plugin.my-gateway]\nurl = "{vendor.url}"\n')
        secrets = {
            "OUTREACH_PLUGIN__MY_GATEWAY__API_KEY": "a-key",
            "OUTREACH_PLUGIN__MY_GATEWAY__SIGNING_SECRET": "a-secret",
        }
        for words in (
            ("import", "consumers", "people.csv", "--new-placement"),
            # She also agreed to any time of day: this test is run at all of them.
            (
                "record",
                "ana",
                "consent",
                "--to",
                "+16145550142",
                "--set",
                "scope=any",
                "--set",
                "given_to=collector",
            ),
            ("send", "texts.csv", "--campaign", "january"),
        ):
            told = run(command, *words, cwd=project, **secrets)
            assert 0 == told.returncode, told.stdout + told.stderr
        listed = run(command, "plugins", "--json", cwd=project, **secrets)
    assert {"my-gateway": "on", "quiet-week": "on"}.items() <= states(listed.stdout).items()
    [asked] = sent
    assert ("POST", "/messages", "Bearer a-key") == (asked.method, asked.path, asked.headers["authorization"])
    assert "+16145550142" == asked.json["to"]
    assert asked.json["reference"] == asked.headers["idempotency-key"]


def states(printed: str) -> dict[str, str]:
    """State by plugin, of what ``outreach plugins --json`` prints."""
    return {each["name"]: each["state"] for each in map(json.loads, printed.splitlines())}
