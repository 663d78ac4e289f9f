"""The reference pages say what the code does, field by field."""

from __future__ import annotations

import re
from pathlib import Path

from outreach.domain import EVENT_FIELDS, Purpose, Relation, Way
from outreach.domain.events import INTERNAL_EVENTS
from outreach.domain.words import Result
from outreach.intake import EventRow, Rejection, event_from, read_events
from outreach.intake.contacts import CONTACT_COLUMNS
from outreach.intake.contacts import REQUIRED as CONTACT_REQUIRED
from outreach.intake.fields import IMPORTABLE, REQUIRED
from outreach.intake.people import (
    ADDRESS_FIELDS,
    ADDRESS_KINDS,
    CONSUMER_FIELDS,
    DEBT_FIELDS,
    DEBT_KINDS,
    EMAIL_KINDS,
    PERSON_FIELDS,
    PHONE_KINDS,
)
from outreach.intake.people_csv import CONSUMER_COLUMNS, DEBT_COLUMNS
from outreach.intake.rejects import REJECT_COLUMNS

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
EVENTS = (REFERENCE / "events.md").read_text(encoding="utf-8")
FILES = (REFERENCE / "files.md").read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows, without heads and rules."""
    found = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in found]


def first_names(text: str) -> set[str]:
    return {name for row in rows(text) for name in re.findall(r"`([^`]+)`", row[0])}


def sections() -> dict[str, str]:
    parts = re.split(r"^### `(\w+)`$", EVENTS.split("## What you may import")[1], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def between(start: str, end: str) -> str:
    return FILES.split(start, 1)[1].split(end, 1)[0]


def test_every_kind_of_event_is_explained_with_exactly_its_fields() -> None:
    assert set(EVENT_FIELDS) == set(sections())
    for kind, text in sections().items():
        assert EVENT_FIELDS[kind] == first_names(text), kind
        assert text.strip().splitlines()[0].endswith("."), f"{kind} has its sentence"
        assert all(len(cell) > 1 for row in rows(text) for cell in row[2:3]), kind


def test_what_only_outreach_records_stands_apart() -> None:
    ours = EVENTS.split("## What outreach records itself")[1]
    apart = set(re.findall(r"^### `(\w+)`$", ours, flags=re.MULTILINE))
    assert set(EVENT_FIELDS) - IMPORTABLE == apart
    assert INTERNAL_EVENTS <= apart


def test_required_fields_of_events_are_marked() -> None:
    for kind in IMPORTABLE:
        marked = {row[0].strip("`") for row in rows(sections()[kind]) if len(row) == 4 and row[1]}
        assert marked == {name for need in REQUIRED.get(kind, ()) for name in need.split("|")}, kind


def test_every_outcome_is_explained() -> None:
    told = first_names(EVENTS.split("## Outcomes")[1].split("## What you may")[0])
    never_imported = {Result.UNRECOGNISED, Result.OPEN, Result.REFUSED, Result.NOT_SENT, Result.OPTED_OUT}
    assert {result.value for result in set(Result) - never_imported} == told


def test_commands_shown_for_events_work() -> None:
    at = "2026-03-02T10:00:00-05:00"
    for line in re.findall(r"^    outreach record p17 (.+)$", EVENTS, flags=re.MULTILINE):
        kind, *options = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
        given = [option.replace('"', "") for option in options if not option.startswith("--set")]
        if given[0].startswith("--"):
            given = [f"{given[0][2:]}={given[1]}"]
        assert event_from(kind, at, dict(pair.split("=", 1) for pair in given)).kind == kind


def test_the_row_shown_for_events_works(tmp_path: Path) -> None:
    (line,) = re.findall(r'^    (\{"consumer".+\})$', FILES, flags=re.MULTILINE)
    path = tmp_path / "history.jsonl"
    path.write_text(line, encoding="utf-8")
    (row,) = read_events(path)
    assert isinstance(row, EventRow), isinstance(row, Rejection) and row.reason


def test_the_fields_of_consumers_are_those_of_the_reader() -> None:
    jsonl = between("### JSONL", "### CSV")
    own, rest = jsonl.split("An address:")
    address, rest = rest.split("A person around her:")
    person, debt = rest.split("A debt:")
    assert set(CONSUMER_FIELDS) == first_names(own)
    assert set(ADDRESS_FIELDS) == first_names(address)
    assert set(PERSON_FIELDS) == first_names(person)
    assert set(DEBT_FIELDS) == first_names(debt)
    for words in (PHONE_KINDS, EMAIL_KINDS, ADDRESS_KINDS, DEBT_KINDS, {r.value for r in Relation}):
        assert all(f"`{word}`" in jsonl for word in words)


def test_the_columns_of_consumers_are_those_of_the_reader() -> None:
    told = first_names(between("### CSV", "## Contacts"))
    for name in ("phone_{}", "phone_{}_kind", "email_{}", "email_{}_kind"):
        told |= {name.format(number) for number in range(1, 6)}
    assert {*CONSUMER_COLUMNS, *DEBT_COLUMNS} == told


def test_the_columns_of_contacts_are_those_of_the_reader() -> None:
    text = between("## Contacts", "## Events")
    assert set(CONTACT_COLUMNS) == first_names(text)
    assert set(CONTACT_REQUIRED) == {row[0].strip("`") for row in rows(text) if row[1] == "yes"}
    assert all(f"`{word}`" in text for word in [*(w.value for w in Way), *(p.value for p in Purpose)])


def test_the_columns_of_rejects_are_those_of_the_writer() -> None:
    assert set(REJECT_COLUMNS) == first_names(FILES.split("## Rejects")[1])
