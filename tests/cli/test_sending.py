"""import, send and work: every row is answered, a dry run writes nothing, nothing is sent twice."""

from __future__ import annotations

import csv
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Command, run
from tests.support import Project, consents, consumer, phone

NIGHT = datetime.fromisoformat("2026-06-02T22:00-04:00")

MIXED = f"""key,person,channel,to,template,not_before
text,p1,sms,{phone(1)},reminder,
again,p1,sms,{phone(1)},reminder,
text,p1,sms,{phone(1)},reminder,
text,p2,sms,{phone(2)},reminder,
stopped,p3,sms,{phone(3)},reminder,
call,p2,call,{phone(2)},early,
later,p2,email,person2@example.com,reminder,2026-06-04T10:00-04:00
stranger,p9,sms,{phone(9)},reminder,
nobody,p1,sms,{phone(77)},reminder,
bad,p1,sms,12,reminder,
"""


def campaign(project: Project, text: str = MIXED, name: str = "june.csv") -> Path:
    file = project.folder / name
    file.write_text(text)
    return file


def rejects(file: Path) -> list[dict[str, str]]:
    with file.with_name(f"{file.stem}.rejects.csv").open(newline="") as opened:
        return list(csv.DictReader(opened))


def content(project: Project) -> list[str]:
    """Everything the ledger holds, row by row."""
    connection = sqlite3.connect(project.folder / "outreach.db")
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_every_row_gets_one_answer_and_rejects_say_line_column_reason(
    project: Project, outreach: Command
) -> None:
    file = campaign(project)
    told = outreach("send", file.name, "--campaign", "june", "--json")
    assert (1, "") == (told.status, told.err), "1: rows were rejected"
    *answers, last = told.lines
    answered = {line["line"]: line["answered"] for line in answers}
    assert {
        2: "sent", 3: "sent", 4: "sent", 5: "rejected", 6: "blocked", 7: "offered", 8: "held",
        9: "rejected", 10: "rejected",
    } == answered  # fmt: skip
    assert 10 == last["summary"]["rows"]
    assert {"sent": 3, "rejected": 4, "blocked": 1, "offered": 1, "held": 1} == last["summary"]["answers"]
    assert [("5", "key"), ("9", "person"), ("10", "to"), ("11", "to")] == sorted(
        ((row["line"], row["column"]) for row in rejects(file)), key=lambda pair: int(pair[0])
    )
    assert all(row["reason"] and row["row"] for row in rejects(file))
    assert 2 == len(project.sent)


def test_the_same_file_again_shows_the_first_answers_and_sends_nothing(
    project: Project, outreach: Command
) -> None:
    file = campaign(project)
    first = outreach("send", file.name, "--campaign", "june", "--json")
    sent = project.sent
    heights = heights_of(project)
    again = outreach("send", file.name, "--campaign", "june", "--json")
    shown = {line["line"]: (line["answered"], line.get("contact")) for line in first.lines[:-1]}
    assert shown == {line["line"]: (line["answered"], line.get("contact")) for line in again.lines[:-1]}
    assert all(line.get("repeated") for line in again.lines[:-1] if line["answered"] != "rejected")
    assert sent == project.sent
    assert heights == heights_of(project), "no consumer's chain grew"


def heights_of(project: Project) -> dict[str, int]:
    with project.app.ledger.read() as reading:
        return reading.heights(reading.person_ids())


def test_a_dry_run_gives_the_answers_of_the_real_one_and_writes_nothing(
    project: Project, outreach: Command
) -> None:
    file = campaign(project)
    before = content(project)
    dry = outreach("send", file.name, "--campaign", "june", "--dry-run", "--json")
    assert before == content(project)
    assert [] == project.sent
    real = outreach("send", file.name, "--campaign", "june", "--json")
    assert dry.status == real.status

    def told(line: dict[str, Any]) -> tuple[Any, ...]:
        answered = line["answered"].replace("sent", "open")  # allowed, and not sent
        reason = "" if answered == "rejected" else line.get("reason")  # a real one can name the first's id
        again = line.get("repeated", False)
        return (answered, line.get("rule"), line.get("until"), reason, again)

    def by_line(lines: list[dict[str, Any]]) -> dict[int, tuple[Any, ...]]:
        return {line["line"]: told(line) for line in lines}

    assert by_line(real.lines[:-1]) == by_line(dry.lines[:-1])
    assert len(by_line(dry.lines[:-1])) == len(dry.lines[:-1]), "one answer for each row"
    assert dry.lines[-1]["dry_run"] is True
    assert 10 == dry.lines[-1]["summary"]["rows"]


def test_a_dry_run_carries_its_own_reservations_across_groups_and_shared_numbers(tmp_path: Path) -> None:
    """One contact a day with a number, whoever has it: the second is held, dry and real."""
    made = Project(tmp_path / "agency", group=1)
    (made.folder / "policies").mkdir()
    (made.folder / "policies" / "pack.yaml").write_text(ONE_A_NUMBER)
    made.close()
    made.app = made.open()
    shared = [{"number": phone(1), "kind": "mobile"}]
    made.consumers(consumer(), consumer("p2", phones=shared))
    made.events(consents("p1", 1), consents("p2", 1))
    campaign(
        made,
        f"person,channel,to,template\np1,sms,{phone(1)},reminder\np2,sms,{phone(1)},reminder\n",
    )
    answers = []
    for words in (["--dry-run"], []):
        told = run(
            "send", "june.csv", "--campaign", "j", "--json", *words, folder=made.folder, clock=made.clock
        )
        lines = sorted(told.lines[:-1], key=lambda line: int(line["line"]))
        answers.append([(line["answered"], line.get("rule")) for line in lines])
    made.close()
    assert [[("open", None), ("held", "test.number")], [("sent", None), ("held", "test.number")]] == answers


def test_a_dry_run_spends_no_key(project: Project, outreach: Command) -> None:
    campaign(project, f"key,person,channel,to,template\nk,p1,sms,{phone(1)},reminder\n")
    outreach("send", "june.csv", "--campaign", "june", "--dry-run")
    campaign(project, f"key,person,channel,to,template\nk,p2,sms,{phone(2)},reminder\n")
    told = outreach("send", "june.csv", "--campaign", "june", "--json")
    assert "sent" == told.lines[0]["answered"]


def test_the_same_wish_in_another_campaign_is_another_contact(project: Project, outreach: Command) -> None:
    campaign(project, f"key,person,channel,to,template\nk,p1,sms,{phone(1)},reminder\n")
    outreach("send", "june.csv", "--campaign", "june")
    outreach("send", "june.csv", "--campaign", "july")
    assert 2 == len(project.sent)


def test_a_file_must_say_which_campaign_it_is(project: Project, outreach: Command) -> None:
    campaign(project)
    told = outreach("send", "june.csv")
    assert (2, "") == (told.status, told.out)
    assert "--campaign" in told.err


def test_for_people_send_prints_a_table_by_channel_and_by_rule(project: Project, outreach: Command) -> None:
    campaign(project)
    told = outreach("send", "june.csv", "--campaign", "june")
    assert 1 == told.status
    for word in ("sent", "held", "blocked", "rejected", "us.regf.medium-refused", "12 CFR 1006.14(h)(1)"):
        assert word in told.out
    assert "june.rejects.csv" in told.out


def test_work_once_sends_what_is_due_and_only_once(project: Project, outreach: Command) -> None:
    project.clock.set(NIGHT)
    campaign(project, "person,channel,to,template\np1,email,person1@example.com,reminder\n")
    assert "held" == outreach("send", "june.csv", "--campaign", "j", "--json").lines[0]["answered"]
    assert 0 == outreach("work", "--once", "--json").line["summary"]["rows"]
    project.clock.set(NIGHT + timedelta(hours=10))
    told = outreach("work", "--once", "--json")
    assert ["sent", None] == [line.get("answered") for line in told.lines]
    assert 1 == len(project.sent)
    assert 0 == outreach("work", "--once", "--json").line["summary"]["rows"]
    assert 1 == len(project.sent)


@pytest.fixture
def people(project: Project) -> Path:
    file = project.folder / "people.csv"
    file.write_text(
        "consumer_id,name,phone_1,phone_1_kind,home_country,home_region,home_postal_code,debt_id,debt_kind\n"
        f"n1,Sam Sample,{phone(51)},mobile,US,OH,43215,n1-d,credit_card\n"
        "n2,Kim Sample,+1614,mobile,US,OH,43215,n2-d,credit_card\n"
    )
    return file


def test_import_consumers_wants_to_know_how_much_of_their_history_is_known(
    people: Path, outreach: Command
) -> None:
    neither = outreach("import", "consumers", people.name)
    both = outreach(
        "import", "consumers", people.name, "--new-placement", "--known-since", "2026-01-01T00:00Z"
    )
    for told in (neither, both):
        assert (2, "") == (told.status, told.out)
        assert "--known-since" in told.err
        assert "--new-placement" in told.err


def test_import_consumers_counts_and_keeps_what_it_could_not_use(people: Path, outreach: Command) -> None:
    told = outreach("import", "consumers", people.name, "--new-placement", "--json")
    assert (1, 1, 1) == (told.status, told.line["imported"], told.line["rejected"])
    [row] = rejects(people)
    assert ("3", "phone_1") == (row["line"], row["column"])
    assert 0 == outreach("when", "n1").status
    assert 2 == outreach("when", "n2").status


def test_rejects_may_go_elsewhere_but_never_over_the_file_they_come_from(
    people: Path, outreach: Command
) -> None:
    told = outreach("import", "consumers", people.name, "--new-placement", "--rejects", "bad.csv", "--json")
    assert "bad.csv" == Path(told.line["rejects"]).name
    assert (people.parent / "bad.csv").exists()
    before = people.read_bytes()
    for words in (
        ("import", "consumers", people.name, "--new-placement"),
        ("import", "events", people.name),
        ("send", people.name, "--campaign", "x"),
    ):
        told = outreach(*words, "--rejects", people.name)
        assert (2, "") == (told.status, told.out)
        assert before == people.read_bytes(), words


def test_import_events_twice_records_each_once_and_names_strangers(
    project: Project, outreach: Command
) -> None:
    file = project.folder / "history.csv"
    file.write_text(
        "consumer,key,at,event,channel\n"
        "p1,e1,2026-06-01T10:00-04:00,opt_out,sms\n"
        "p9,e2,2026-06-01T10:00-04:00,opt_out,sms\n"
    )
    first = outreach("import", "events", file.name, "--json")
    assert (1, 1, 1) == (first.status, first.line["imported"], first.line["rejected"])
    assert ["consumer"] == [row["column"] for row in rejects(file)]
    second = outreach("import", "events", file.name, "--json")
    assert (0, 1) == (second.line["imported"], second.line["known_before"])
    assert 1 == project.kinds("p1").count("opt_out")


ONE_A_NUMBER = """
pack: test
title: Numbers
jurisdiction: any
authority: this test
checked: {on: "2026-01-01", against: "this test", again_by: "2030-01-01"}
evidence: text
force: house
rules:
  - id: test.number
    title: One text a day to a number
    check: frequency
    standard: prohibition
    cites: [this test]
    applies_to: {channel: [sms]}
    in_force: {"2026-01-01": {at_most: 1, within: 1, unit: days, per: [endpoint], channels: [sms]}}
"""
