"""Files that cannot be used, or rows that cannot: through the commands, nothing is lost without a word."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Ran, run
from tests.support import TUESDAY, Project, consents, consumer, phone

GOOD = f"g,p1,sms,{phone(1)},reminder"
HEAD = "key,person,channel,to,template"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path / "agency")
    made.consumers(consumer(), consumer("p2"))
    made.events(consents("p1", 1))
    yield made
    made.close()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One project for every file that is refused as a whole: nothing is ever written to its ledger."""
    made = Project(tmp_path_factory.mktemp("files") / "agency")
    made.consumers(consumer())
    with made.app.run():
        pass  # the first run notes which packs and templates are in force
    before = made.app.ledger.verify().events
    yield made
    assert before == made.app.ledger.verify().events
    made.close()


def command(project: Project, *words: object) -> Ran:
    return run(*words, folder=project.folder, clock=TUESDAY)


def send(project: Project, content: bytes | str, name: str = "c.csv") -> Ran:
    data = content if isinstance(content, bytes) else content.encode()
    (project.folder / name).write_bytes(data)
    return command(project, "send", name, "--campaign", "june", "--json")


def rejects(project: Project, name: str = "c") -> list[dict[str, str]]:
    with (project.folder / f"{name}.rejects.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def recorded(project: Project) -> list[tuple[int, str]]:
    """Line and column of every rejected row the ledger tells of."""
    with project.app.ledger.read() as reading:
        events = reading.system_events(["row_rejected"])
    return [(event.fields["line"], event.get("column", "")) for event in events]


# ---- one bad row among good ones -------------------------------------------------------------------

BAD_ROWS: dict[str, tuple[bytes, str, str]] = {
    # row, column, part of the reason
    "not UTF-8": (b"b,p1,sms,+1614555\xff\xfe001,reminder", "", "UTF-8"),
    "a NUL byte": (b"b,p1,sms,\x00,reminder", "", "NUL"),
    "a quote never closed": (b'b,p1,sms,"+16145550001,reminder', "", "quote"),
    "a quote closed in a field": (b'b,p1,sms,"+1614"5550001,reminder', "", "quote"),
    "a cell too few": (b"b,p1,sms,reminder", "", "cells"),
    "a cell too many": (b"b,p1,sms,+16145550001,reminder,x", "", "cells"),
    "a huge field": (b"b,p1,sms,+16145550001," + b"x" * 70_000, "template", "longer than 64 KiB"),
    "a huge row": (b"b,p1,sms,+16145550001," + b"x" * 1_100_000, "", "longer than 1024 KiB"),
    "an impossible number": (b"b,p1,sms,+1614555,reminder", "to", "telephone"),
    "nobody's number": (b"b,p1,sms,+16140000000,reminder", "to", ""),
    "a number of letters": (b"b,p1,sms,call me,reminder", "to", ""),
    "an impossible e-mail address": (b"b,p1,email,person1@,reminder", "to", ""),
    "an unknown person": (b"b,p9,sms,+16145550009,reminder", "person", "no consumer"),
    "somebody else's number": (b"b,p1,sms,+16145550002,reminder", "to", "not on file"),
    "an unknown channel": (b"b,p1,fax,+16145550001,reminder", "channel", "known"),
    "no template": (b"b,p1,sms,+16145550001,", "template", "no template"),
    "a template with a path": (b"b,p1,sms,+16145550001,../../secret", "template", ""),
    "no person": (b"b,,sms,+16145550001,reminder", "person", ""),
}


def test_each_bad_row_costs_itself_alone_and_is_told_with_line_column_and_reason(project: Project) -> None:
    """Good and bad rows in turn, in one file; the file of rejects and the ledger name every bad one."""
    rows = [HEAD.encode()]
    for number, (row, _, _) in enumerate(BAD_ROWS.values()):
        rows += [row, f"g{number},p1,email,person1@example.com,reminder".encode()]
    told = send(project, b"\n".join([*rows, b""]))
    assert (1, "") == (told.status, told.err)
    kept = rejects(project)
    for line, (kind, (_, column, reason)), row in zip(
        range(2, 999, 2), BAD_ROWS.items(), kept_in_order(kept), strict=False
    ):
        assert (line, column) == (int(row["line"]), row["column"]), (kind, row["reason"])
        assert row["reason"], kind
        assert reason in row["reason"], (kind, row["reason"])
    assert len(BAD_ROWS) == len(kept) == len(project.sent)
    assert {"rejected": len(BAD_ROWS), "sent": len(BAD_ROWS)} == told.lines[-1]["summary"]["answers"]
    assert sorted(recorded(project)) == sorted((int(row["line"]), row["column"]) for row in kept)
    again = command(project, "send", "c.csv", "--campaign", "june", "--json")
    assert 1 == again.status
    assert len(BAD_ROWS) == len(project.sent)
    assert len(BAD_ROWS) == len(recorded(project)), "and once only"


def kept_in_order(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: int(row["line"]))


# ---- columns of more than the plain file -----------------------------------------------------------


WISHES: list[tuple[dict[str, str], str, str]] = [
    # cells, column, part of the reason
    ({"debts": "p2-d1"}, "debts", "not this consumer's"),
    ({"debts": "p1-d1;p1-d1"}, "debts", "twice"),
    ({"not_before": "2026-06-04T10:00"}, "not_before", "offset"),
    ({"not_before": "next tuesday"}, "not_before", ""),
    ({"expires_at": "2026-06-02T10:00-04:00"}, "expires_at", "already expired"),
    (
        {"not_before": "2026-06-05T10:00Z", "expires_at": "2026-06-04T10:00Z"},
        "expires_at",
        "before it may begin",
    ),
    ({"to_person": "spouse"}, "purpose", "purpose"),
    ({"to_person": "spouse", "purpose": "location"}, "to_person", "nobody"),
    ({"purpose": "gossip"}, "purpose", "known"),
    ({"priority": "-1"}, "priority", ""),
    ({"priority": "1.5"}, "priority", ""),
]


def test_an_impossible_wish_is_rejected_by_its_column_and_spends_no_key(project: Project) -> None:
    columns = ["debts", "not_before", "expires_at", "to_person", "purpose", "priority"]
    rows = [",".join([GOOD, *(cells.get(name, "") for name in columns)]) for cells, _, _ in WISHES]
    told = send(project, "\n".join([",".join([HEAD, *columns]), *rows, ""]))
    assert 1 == told.status
    kept = kept_in_order(rejects(project))
    assert [(line, column) for line, (_, column, _) in enumerate(WISHES, 2)] == [
        (int(row["line"]), row["column"]) for row in kept
    ]
    assert [] == [
        row for row, (_, _, reason) in zip(kept, WISHES, strict=True) if reason not in row["reason"]
    ]
    assert [] == project.sent
    assert ["consent"] == project.kinds("p1")
    assert 0 == send(project, f"{HEAD}\n{GOOD}\n").status, "all of them had the key of this one"


# ---- files that cannot be used as a whole ----------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "c.csv", "empty"),
        (b"\n\n\n", "c.csv", "empty"),
        (f"{HEAD},colour\n{GOOD},blue\n", "c.csv", "colour"),
        (f"{HEAD},prioriti\n{GOOD},1\n", "c.csv", "priority"),
        ("key,person,channel,to\n", "c.csv", "template"),
        (f"{HEAD},key\n{GOOD},x\n", "c.csv", "twice"),
        (f"{GOOD}\n{GOOD}\n", "c.csv", "names no column"),
        (f"{HEAD}\n{GOOD}\n".replace(",", ";"), "c.csv", "comma"),
        (f"{HEAD}\n{GOOD}\n".encode("utf-16"), "c.csv", "UTF-8"),
        (b"key,per\xffson,channel\n", "c.csv", "UTF-8"),
        (b"PK\x03\x04\x14\x00\x06\x00" * 20, "c.csv", "do:"),
        (f"{HEAD}\n{GOOD}\n", "c.xlsx", ".csv"),
        ('[{"person": "p1"}]\n', "c.jsonl", "object a line"),
        (b"", "c.jsonl", "empty"),
    ],
    ids=str,
)
def test_a_file_that_cannot_be_used_is_refused_before_its_first_row(
    untouched: Project, content: bytes | str, name: str, said: str
) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    (untouched.folder / name).write_bytes(data)
    told = command(untouched, "send", name, "--campaign", "june")
    assert (2, "") == (told.status, told.out)
    assert said in told.err
    assert name in told.err, "where"
    assert "do:" in told.err, "and what to do"
    assert phone(1) not in told.err, "what may be somebody's data is not repeated"
    assert not (untouched.folder / "c.rejects.csv").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("send", "missing.csv", "--campaign", "x"),
        ("send", ".", "--campaign", "x"),
        ("import", "consumers", "..", "--new-placement"),
        ("import", "events", "plugins"),
    ],
    ids=" ".join,
)
def test_a_file_that_is_not_there_or_a_folder_is_named(untouched: Project, words: tuple[str, ...]) -> None:
    told = command(untouched, *words)
    assert (2, "") == (told.status, told.out), words
    assert any(f"where: {word}\n" in told.err for word in words)


def test_a_byte_order_mark_and_windows_line_ends_are_no_trouble(project: Project) -> None:
    told = send(project, b"\xef\xbb\xbf" + f"{HEAD}\r\n{GOOD}\r\n".encode())
    assert 0 == told.status
    assert 1 == len(project.sent)


# ---- JSONL -----------------------------------------------------------------------------------------


BAD_LINES: list[tuple[bytes, str, str]] = [
    (b'{"person": "p1", "channel": "sms"', "", "not valid JSON"),
    (b'{"person": "p1", "person": "p2"}', "person", "twice"),
    (b'{"person": "p1", "colour": "blue"}', "colour", "unknown"),
    (b'{"person": "p1", "channel": "sms", "template": "reminder"}', "to", "missing"),
    (b'{"person": 17, "channel": "sms", "to": "+16145550001", "template": "reminder"}', "person", ""),
    (b'{"person": "p1\xff"}', "", "UTF-8"),
    (b'{"person": "p1\x00"}', "", "NUL"),
    (b"[" * 100_000, "", "not"),
    (b'{"person": "' + b"x" * 1_100_000 + b'"}', "", "longer than"),
    (b"NaN", "", "not"),
    (b'["p1", "sms"]', "", "not a JSON object"),
]


def test_each_bad_line_of_jsonl_costs_itself_alone(project: Project) -> None:
    lines = []
    for number, (line, _, _) in enumerate(BAD_LINES):
        good = {"key": f"g{number}", "person": "p1", "channel": "email", "to": "person1@example.com"}
        lines += [json.dumps({**good, "template": "reminder"}).encode(), line]
    told = send(project, b"\n".join([*lines, b""]), "c.jsonl")
    assert 1 == told.status, told.err
    kept = kept_in_order(rejects(project))
    assert [(2 * place, column) for place, (_, column, _) in enumerate(BAD_LINES, 1)] == [
        (int(row["line"]), row["column"]) for row in kept
    ]
    assert [] == [row for row, (_, _, why) in zip(kept, BAD_LINES, strict=True) if why not in row["reason"]]
    assert len(BAD_LINES) == len(project.sent) == len(recorded(project))


# ---- consumers and events --------------------------------------------------------------------------


def test_a_consumer_that_cannot_be_used_is_not_imported_by_halves(project: Project) -> None:
    bad = [
        ("x1,Sam,+1614,US,OH,43215,d1", "phone_1"),
        ("x2,Sam,,USA,OH,43215,d2", "home_country"),
        ("x3,Sam,,US,OH,4321,d3", "home_postal_code"),
        (",Sam,,US,OH,43215,d4", "consumer_id"),
    ]
    rows = ["consumer_id,name,phone_1,home_country,home_region,home_postal_code,debt_id"]
    rows += [row for row, _ in bad]
    (project.folder / "people.csv").write_text("\n".join([*rows, "y1,Kim,,US,OH,43215,d9", ""]))
    told = command(project, "import", "consumers", "people.csv", "--new-placement", "--json")
    assert (1, 1, len(bad)) == (told.status, told.line["imported"], told.line["rejected"]), told.out
    kept = kept_in_order(rejects(project, "people"))
    assert [(line, column) for line, (_, column) in enumerate(bad, 2)] == [
        (int(row["line"]), row["column"]) for row in kept
    ]
    with project.app.ledger.read() as reading:
        assert {"y1"} == set(reading.persons(["x1", "x2", "x3", "y1"]))


def test_an_event_that_cannot_be_used_is_rejected_by_its_column(project: Project) -> None:
    bad = [
        ("p9,2026-06-01T10:00-04:00,cease,", "consumer", "no consumer"),
        ("p1,2026-06-01T10:00,cease,", "at", "offset"),
        ("p1,2031-06-01T10:00-04:00,cease,", "at", "future"),
        ("p1,2026-06-01T10:00-04:00,ceese,", "event", "cease"),
        ("p1,2026-06-01T10:00-04:00,cease,p2-d1", "debts", "not this consumer's"),
        ("p1,2026-06-01T10:00-04:00,decided,", "event", ""),
    ]
    rows = [f"{row},k{number}" for number, (row, _, _) in enumerate(bad)]
    rows = ["consumer,at,event,debts,key", *rows, "p2,2026-06-01T10:00-04:00,cease,,k", ""]
    (project.folder / "e.csv").write_text("\n".join(rows))
    told = command(project, "import", "events", "e.csv", "--json")
    assert (1, 1, len(bad)) == (told.status, told.line["imported"], told.line["rejected"])
    kept = kept_in_order(rejects(project, "e"))
    assert [(line, column) for line, (_, column, _) in enumerate(bad, 2)] == [
        (int(row["line"]), row["column"]) for row in kept
    ]
    assert [] == [row for row, (_, _, why) in zip(kept, bad, strict=True) if why not in row["reason"]]
    assert ["cease"] == project.kinds("p2")
    assert ["consent"] == project.kinds("p1")
