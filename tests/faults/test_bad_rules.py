"""Templates and packs with mistakes: a contact blocked with the reason, or a start refused at file:line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.pipeline.items import Answered
from tests.cli.running import Ran, run
from tests.support import TUESDAY, Project, consumer, email

PASSAGES = "{{ passage('collector-full') }} {{ passage('opt-out-email') }}"
FRONT = """---
purpose: collect
audience: consumer
subject: Your account
description: for a test
---
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path / "agency")
    made.consumers(consumer(), consumer("p2", language="es"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def unsent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One project for every mistake: whatever is tried, nothing leaves it."""
    made = Project(tmp_path_factory.mktemp("rules") / "agency")
    made.consumers(consumer())
    row = "p1,email,person1@example.com"
    (made.folder / "ours.csv").write_text(f"person,channel,to,template\n{row},ours\n")
    (made.folder / "reminder.csv").write_text(f"person,channel,to,template\n{row},reminder\n")
    (made.folder / "policies" / "ours").mkdir(parents=True)
    yield made
    assert [] == made.sent
    made.close()


@pytest.fixture
def a_mistake(unsent: Project) -> Iterator[Project]:
    """The same, without the mistake of the test before."""
    yield unsent
    for file in (unsent.folder / "policies").rglob("*.yaml"):
        file.unlink()
    for file in (unsent.folder / "templates").rglob("*.j2"):
        file.unlink()


def command(project: Project, *words: object) -> Ran:
    return run(*words, folder=project.folder, clock=TUESDAY)


def write_template(project: Project, body: str, front: str = FRONT, name: str = "ours") -> Path:
    file = project.folder / "templates" / "en" / "email" / f"{name}.j2"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(front + body)
    return file


def reopen(project: Project) -> None:
    project.close()
    project.app = project.open()


# ---- templates that load and cannot be filled in ---------------------------------------------------


def test_a_value_nobody_has_blocks_and_is_named_never_left_blank(project: Project) -> None:
    """The template is right; there is no promise of this person to remind her of."""
    write_template(project, f"You promised {{{{ promise_amount }}}}. {PASSAGES}\n")
    reopen(project)
    [answer] = project.send(email(template="ours"))
    assert Answered.BLOCKED is answer.answered
    assert "promise_amount" in answer.reason
    assert [] == project.sent
    amount = {"minor": 5000, "currency": "USD"}
    promise = {"amount": amount, "due": "2026-06-09", "debts": ["p1-d1"]}
    at = "2026-06-01T10:00:00-04:00"
    project.events({"consumer": "p1", "key": "promise", "at": at, "event": "promise", **promise})
    [answer] = project.send(email(template="ours", key="after"))
    assert Answered.SENT is answer.answered
    assert "$50.00" in project.sent[0]["text"]


def test_one_persons_missing_value_keeps_back_nobody_else(project: Project) -> None:
    project.consumers(consumer("p3"), consumer("p4", debts=[{"id": "p4-d1", "kind": "credit_card"}]))
    write_template(project, f"You owe {{{{ balance }}}}. {PASSAGES}\n")
    reopen(project)
    answers = project.send(*(email(f"p{n}", n, template="ours") for n in (1, 4, 3)))
    assert [Answered.SENT, Answered.BLOCKED, Answered.SENT] == [answer.answered for answer in answers]
    assert "balance" in answers[1].reason


def test_a_template_that_is_not_there_blocks_and_spends_no_send(project: Project) -> None:
    [answer] = project.send(email(template="nosuch"))
    assert (Answered.BLOCKED, True) == (answer.answered, "no template" in answer.reason)


def test_a_template_that_is_there_in_another_language_only_blocks(project: Project) -> None:
    write_template(project, f"Hello. {PASSAGES}\n")
    reopen(project)
    [answer] = project.send(email("p2", 2, template="ours"))
    assert Answered.BLOCKED is answer.answered
    assert "es" in answer.reason


def test_a_template_without_the_words_the_law_wants_is_judged_and_blocked(project: Project) -> None:
    write_template(project, "You owe {{ balance }}. Pay.\n")
    reopen(project)
    [answer] = project.send(email(template="ours"))
    assert Answered.BLOCKED is answer.answered
    assert answer.cites
    assert "12 CFR 1006" in answer.cites[0]


# ---- templates that cannot be loaded ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "front", "said"),
    [
        (f"Dear {{{{ nobody_knows_this }}}}. {PASSAGES}\n", FRONT, "nobody_knows_this"),
        (f"Dear {{{{ consumer_name }}. {PASSAGES}\n", FRONT, ""),
        (f"{{% if balance %}}Pay. {PASSAGES}\n", FRONT, ""),
        ("{{ passage('no-such-passage') }}\n", FRONT, "no-such-passage"),
        ("{{ ''.__class__.__mro__ }}\n", FRONT, ""),
        (f"Hello. {PASSAGES}\n", FRONT.replace("purpose:", "porpuse:"), "purpose"),
        (f"Hello. {PASSAGES}\n", FRONT.replace("audience: consumer", "audience: everybody"), "audience"),
        (f"Hello. {PASSAGES}\n", FRONT.replace("---\n", "", 1), ""),
        (f"Hello. {PASSAGES}\n", FRONT.replace("---\n", "required: [no-such-passage]\n---\n").removeprefix(
            "required: [no-such-passage]\n"), "no-such-passage"),
    ],
    ids=[
        "undefined variable", "open braces", "open block", "unknown passage", "forbidden", "unknown key",
        "unknown audience", "no front matter", "missing required passage",
    ],
)  # fmt: skip
def test_a_template_with_a_mistake_is_found_by_templates_check_and_never_sent(
    a_mistake: Project, request: pytest.FixtureRequest, body: str, front: str, said: str
) -> None:
    write_template(a_mistake, body, front)
    checked = command(a_mistake, "templates", "check")
    assert checked.status in (1, 3), checked.out
    text = checked.out + checked.err
    assert "ours.j2" in text, "where"
    assert said in text, "what"
    assert "Traceback" not in text
    campaign = request.node.callspec.id.replace(" ", "-")
    told = command(a_mistake, "send", "ours.csv", "--campaign", campaign, "--json")
    if told.status == 3:
        assert "ours.j2" in told.line["where"] + told.line["what"]
    else:
        assert ("blocked", None) == (told.lines[0]["answered"], told.lines[0].get("repeated"))
    assert [] == a_mistake.sent


# ---- packs -----------------------------------------------------------------------------------------

PACK = """pack: ours
title: Ours
jurisdiction: any
authority: this test
checked: {on: "2026-01-01", against: "this test", again_by: "2030-01-01"}
evidence: text
force: house
rules:
  - id: ours.spacing
    title: An hour between texts
    check: spacing
    standard: prohibition
    cites: [this test]
    in_force: {"2026-01-01": {at_least: 60, unit: minutes, per: [person], channels: [sms]}}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("  - id: ours.spacing", "  - id: ours.spacing\n  oops", 11, ""),
        ("force: house", "force: house\nforce: law", 8, "force"),
        ("force: house", "farce: house", 7, "force"),
        ("check: spacing", "check: spaceing", 11, "spacing"),
        ("at_least: 60", "at_leest: 60", 14, "at_least"),
        ("at_least: 60", "at_least: sixty", 14, "at_least"),
        ('"2026-01-01": {at', "2026-01-01: {at", 14, "quot"),
        ("channels: [sms]", "channels: [smss]", 14, "sms"),
        ("channels: [sms]", "channels: [NO]", 14, ""),
        ("authority: this test\n", "", 1, "authority"),
    ],
    ids=[
        "YAML", "a key twice", "an unknown key", "an unknown check", "an unknown parameter", "a wrong type",
        "a date without quotes", "an unknown word", "a YAML trap", "a key missing",
    ],
)  # fmt: skip
def test_a_pack_with_a_mistake_stops_the_start_at_file_line_and_column_with_the_cure(
    a_mistake: Project, old: str, new: str, line: int, said: str
) -> None:
    assert PACK.count(old) == 1
    (a_mistake.folder / "policies" / "ours" / "pack.yaml").write_text(PACK.replace(old, new))
    told = command(a_mistake, "send", "reminder.csv", "--campaign", "june", "--json")
    assert 3 == told.status, told.out
    error = told.line
    assert "PolicyError" == error["error"]
    place = error["where"].partition("pack.yaml:")[2].split(":")
    assert str(line) == place[0], error
    assert place[1].isdigit(), "and the column"
    assert error.get("remedy"), "and the cure"
    assert said in str(error)
    assert [] == a_mistake.sent


def test_a_house_rule_that_would_loosen_another_is_refused_and_named(a_mistake: Project) -> None:
    file = a_mistake.folder / "policies" / "ours" / "pack.yaml"
    rule = PACK.index("  - id")
    file.write_text(
        PACK[:rule]
        + "  - id: ours.calls\n    tightens: us.regf.call-frequency\n    because: we wish\n"
        + '    in_force: {"2026-01-01": {at_most: 8}}\n'
    )
    told = command(a_mistake, "policy", "show")
    assert (3, "") == (told.status, told.out)
    assert "at_most" in told.err
    assert "pack.yaml:" in told.err
    assert "do:" in told.err


def test_the_pack_as_it_should_be_starts(a_mistake: Project) -> None:
    (a_mistake.folder / "policies" / "ours" / "pack.yaml").write_text(PACK)
    assert 0 == command(a_mistake, "policy", "show").status
