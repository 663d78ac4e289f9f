"""Campaign rows: what is taken, how it is normalised, and what is rejected why."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.domain import Contact, Purpose, Way
from outreach.errors import InputError
from outreach.intake import ContactRow, Rejection, content_digest, read_contact_json, read_contacts

NOW = datetime(2026, 3, 10, 19, 0, tzinfo=UTC)
GOOD = {"person": "p1", "channel": "sms", "to": "+16145550123", "template": "reminder"}


def rows(tmp_path: Path, *cells: dict[str, str], campaign: str = "spring") -> list[ContactRow | Rejection]:
    columns = list(dict.fromkeys(name for row in cells for name in row))
    lines = [",".join(columns), *(",".join(row.get(name, "") for name in columns) for row in cells)]
    path = tmp_path / "campaign.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return list(read_contacts(path, campaign, now=NOW))


def contact(tmp_path: Path, **cells: str) -> Contact:
    (row,) = rows(tmp_path, {**GOOD, **cells})
    assert isinstance(row, ContactRow), row
    return row.contact


def test_every_column_arrives(tmp_path: Path) -> None:
    found = contact(
        tmp_path,
        key="k1",
        to_person="p1-friend",
        channel="call",
        to="+1 (614) 555-0123",
        purpose="location",
        debts="d2; d1",
        template="location",
        creditor="northfield",
        not_before="2026-03-11T09:00-04:00",
        expires_at="2026-03-12T13:00Z",
        priority="7",
        campaign="spring",
    )
    expected = Contact(
        person="p1",
        channel=Way.CALL,
        to="+16145550123",
        purpose=Purpose.LOCATION,
        debts=("d2", "d1"),
        to_person="p1-friend",
        campaign="spring",
        key="k1",
        template="location",
        creditor="northfield",
        not_before=datetime(2026, 3, 11, 13, 0, tzinfo=UTC),
        expires_at=datetime(2026, 3, 12, 13, 0, tzinfo=UTC),
        priority=7,
    )
    assert expected == found


def test_the_row_keeps_its_line_and_its_text(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, GOOD)
    assert isinstance(row, ContactRow)
    assert (2, "p1,sms,+16145550123,reminder") == (row.line, row.raw)


def test_an_email_address_keeps_its_name_and_lowers_its_domain(tmp_path: Path) -> None:
    assert "Ana.Diaz@example.com" == contact(tmp_path, channel="email", to="Ana.Diaz@EXAMPLE.com").to


def test_a_letter_goes_home_to_work_or_to_a_person(tmp_path: Path) -> None:
    assert "home" == contact(tmp_path, channel="letter", to="home").to
    assert "p1-spouse" == contact(tmp_path, channel="letter", to="p1-spouse").to


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"person": ""}, "person", "this is empty"),
        ({"channel": "smss"}, "channel", "the nearest is sms"),
        ({"channel": ""}, "channel", "this word is not known here"),
        ({"to": "+1614555"}, "to", "no such telephone number is possible in its country"),
        ({"to": "614-555-0123"}, "to", "the number does not say its country; write + and the country code"),
        ({"to": "+hello"}, "to", "not a telephone number"),
        ({"to": "+16145550123 ext. 5"}, "to", "extension"),
        ({"to": ""}, "to", "this is empty"),
        ({"channel": "email", "to": "ana.example.com"}, "to", "not an e-mail address"),
        ({"channel": "email", "to": "ana@localhost"}, "to", "not an e-mail address"),
        ({"channel": "email", "to": "a..b@example.com"}, "to", "not an e-mail address"),
        ({"channel": "letter", "to": "+16145550123"}, "to", "write home, work or a related person's id"),
        ({"template": ""}, "template", "the row names no template"),
        ({"template": "../../etc/passwd"}, "template", "not the name of a template"),
        ({"purpose": "colect"}, "purpose", "the nearest is collect"),
        ({"to_person": "p1-friend"}, "purpose", "a contact to someone else needs its purpose"),
        ({"debts": "d1;d1"}, "debts", "a debt is named twice"),
        ({"debts": "d1;;d2"}, "debts", "this is empty"),
        ({"priority": "high"}, "priority", "not a whole number"),
        ({"priority": "-1"}, "priority", "this is less than 0"),
        ({"priority": "1.5"}, "priority", "not a whole number"),
        ({"not_before": "2026-06-01T10:00"}, "not_before", "the time has no offset"),
        ({"not_before": "2026-06-01T10:00"}, "not_before", "write it as 2026-06-01T10:00-04:00"),
        ({"not_before": "2026-06-01"}, "not_before", "a date without a time of day"),
        ({"not_before": "tomorrow"}, "not_before", "this is not a time"),
        ({"not_before": "2026-02-30T10:00Z"}, "not_before", "this is not a time"),
        ({"expires_at": "2026-03-10T15:00-04:00"}, "expires_at", "the contact has already expired"),
        (
            {"not_before": "2026-04-02T10:00Z", "expires_at": "2026-04-01T10:00Z"},
            "expires_at",
            "the contact would expire before it may begin",
        ),
        ({"campaign": "autumn"}, "campaign", "another campaign than was given"),
        ({"key": "k" * 201}, "key", "longer than 200"),
        ({"creditor": "a\x07b"}, "creditor", "control character"),
        ({"person": "p\u2028x"}, "person", "control character"),
    ],
)
def test_a_bad_cell_is_rejected_with_its_column_and_reason(
    tmp_path: Path, cells: dict[str, str], column: str, reason: str
) -> None:
    bad, good = rows(tmp_path, {**GOOD, **cells}, {**GOOD, "person": "p2"})
    assert isinstance(bad, Rejection)
    assert column == bad.column
    assert reason in bad.reason
    assert isinstance(good, ContactRow)


def test_reasons_never_repeat_what_stood_in_the_cell(tmp_path: Path) -> None:
    for column in GOOD:
        (bad,) = rows(tmp_path, {**GOOD, column: "Ana +4915\x07 Diaz"})
        assert isinstance(bad, Rejection)
        assert "Ana" not in bad.reason
        assert "4915" not in bad.reason


def test_a_number_outside_north_america_is_normalised(tmp_path: Path) -> None:
    assert "+447911123456" == contact(tmp_path, to="+44 (0)7911 123456").to


def test_the_campaign_comes_from_the_column_or_the_argument(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, {**GOOD, "campaign": "june"}, campaign="")
    assert isinstance(row, ContactRow)
    assert "june" == row.contact.campaign
    with pytest.raises(InputError, match="does not say which campaign"):
        rows(tmp_path, GOOD, campaign="")
    empty, _ = rows(tmp_path, {**GOOD, "campaign": ""}, {**GOOD, "campaign": "june"}, campaign="")
    assert isinstance(empty, Rejection)
    assert "the row names no campaign" in empty.reason


def test_without_a_key_the_same_wish_has_the_same_key(tmp_path: Path) -> None:
    one = contact(tmp_path, debts="d1;d2")
    assert one.key == contact(tmp_path, debts="d2;d1", priority="3").key
    for other in ({"person": "p2"}, {"to": "+16145550124"}, {"template": "first_notice"}, {"debts": "d1"}):
        assert one.key != contact(tmp_path, **{"debts": "d1;d2", **other}).key
    assert one.key != contact(tmp_path, debts="d1;d2", channel="call").key
    assert one.key != contact(tmp_path, debts="d1;d2", purpose="respond").key


def test_the_content_digest_tells_every_difference_but_key_and_campaign() -> None:
    one = Contact("p1", Way.SMS, "+16145550123", debts=("d1", "d2"), not_before=NOW)
    same = [
        dataclasses.replace(one, key="other"),
        dataclasses.replace(one, campaign="other"),
        dataclasses.replace(one, debts=("d2", "d1")),
        dataclasses.replace(one, not_before=datetime.fromisoformat("2026-03-10T15:00:00-04:00")),
    ]
    assert {content_digest(one)} == {content_digest(other) for other in same}
    changes = {
        "person": "p2",
        "channel": Way.CALL,
        "to": "+16145550124",
        "purpose": Purpose.RESPOND,
        "debts": ("d1",),
        "to_person": "p1-friend",
        "template": "reminder",
        "creditor": "northfield",
        "not_before": None,
        "expires_at": NOW,
        "priority": 1,
        "body": "words",
        "envelope": ("words",),
        "form": "postcard",
        "ringless": True,
    }
    named = {field.name for field in dataclasses.fields(Contact)}
    assert named == {*changes, "key", "campaign"}, "a new field of a contact belongs into its digest"
    digests = {content_digest(dataclasses.replace(one, **{name: value})) for name, value in changes.items()}
    assert len(changes) == len(digests - {content_digest(one)})


def test_a_contact_as_json(tmp_path: Path) -> None:
    found = read_contact_json({**GOOD, "debts": ["d1"], "priority": 3}, campaign="api", now=NOW)
    assert (("d1",), 3, "api", Way.SMS) == (found.debts, found.priority, found.campaign, found.channel)
    without = {name: value for name, value in GOOD.items() if name != "template"}
    assert "" == read_contact_json(without, campaign="api").template


@pytest.mark.parametrize(
    ("obj", "column", "what"),
    [
        ([], "", "A contact is a JSON object"),
        ({**GOOD, "chanel": "sms"}, "chanel", "unknown"),
        ({"person": "p1"}, "channel", "missing"),
        ({**GOOD, "person": 17}, "person", "an id is text, not a number"),
        ({**GOOD, "channel": ["sms"]}, "channel", "not known"),
        ({**GOOD, "to": 16145550123}, "to", "a number is text"),
        ({**GOOD, "debts": {"d1": 1}}, "debts", "not a list"),
        ({**GOOD, "not_before": 5}, "not_before", "a time is text"),
        ({**GOOD, "priority": True}, "priority", "not a whole number"),
        ({**GOOD, "template": 5}, "template", "an id is text"),
        ({**GOOD, "body": "words"}, "body", "unknown"),
    ],
)
def test_a_bad_contact_as_json_is_refused_with_its_field(obj: object, column: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        read_contact_json(obj, campaign="api")
    assert column == caught.value.column
    assert what in caught.value.what


def test_a_campaign_may_be_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(
        '{"person":"p1","channel":"letter","to":"home","template":"reminder"}\n'
        '{"person":"p1","channel":"letter","to":"home"}\n',
        encoding="utf-8",
    )
    good, bad = read_contacts(path, "spring")
    assert isinstance(good, ContactRow)
    assert isinstance(bad, Rejection)
    assert (2, "template") == (bad.line, bad.column)
