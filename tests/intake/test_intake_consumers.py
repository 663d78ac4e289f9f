"""Consumers from JSONL and CSV: the same person either way, and what is rejected why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import (
    Address,
    Consumer,
    Debt,
    Email,
    EndpointKind,
    Money,
    Phone,
    RelatedPerson,
    Relation,
)
from outreach.errors import InputError
from outreach.intake import ConsumerRow, Rejection, read_consumers

HOME = {"kind": "home", "lines": ["12 Elm St"], "city": "Columbus", "region": "OH", "postal_code": "43215"}
DEBT = {"id": "d1", "kind": "medical", "balance": {"minor": 123450, "currency": "USD"}, "as_of": "2026-03-01"}
FULL: dict[str, Any] = {
    "id": "p1",
    "name": "Ana Díaz",
    "language": "es-mx",
    "timezone": "America/New_York",
    "minor": False,
    "date_of_birth": "1980-02-03",
    "national_id": "900-01-0001",
    "addresses": [{**HOME, "country": "us"}],
    "phones": [{"number": "+1 614 555 0123", "kind": "mobile"}],
    "emails": [{"address": "ana@Example.com", "kind": "personal"}],
    "people": [{"id": "s1", "relation": "spouse", "name": "Bo", "phones": [{"number": "+16145550124"}]}],
    "debts": [
        {
            **DEBT,
            "creditor": "lakeside",
            "account_number": "0042",
            "days_past_due": 61,
            "servicing_account": "sa",
            "time_barred": True,
            "itemization": [{"label": "fees", "minor": -50}],
            "itemization_date": "2025-11-30",
            "itemization_creditor": "Lakeside Medical",
        }
    ],
}


def jsonl(tmp_path: Path, *rows: dict[str, Any]) -> list[ConsumerRow | Rejection]:
    path = tmp_path / "people.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return list(read_consumers(path))


def flat(tmp_path: Path, text: str) -> list[ConsumerRow | Rejection]:
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    return list(read_consumers(path))


def only(rows: list[ConsumerRow | Rejection]) -> Consumer:
    (row,) = rows
    assert isinstance(row, ConsumerRow), row
    return row.consumer


def rejection(rows: list[ConsumerRow | Rejection]) -> Rejection:
    (row,) = (row for row in rows if isinstance(row, Rejection))
    return row


def test_everything_a_consumer_is_arrives_from_jsonl(tmp_path: Path) -> None:
    expected = Consumer(
        id="p1",
        name="Ana Díaz",
        language="es-MX",
        timezone="America/New_York",
        date_of_birth="1980-02-03",
        national_id="900-01-0001",
        addresses=(Address(EndpointKind.HOME, "US", "OH", "43215", ("12 Elm St",), "Columbus"),),
        phones=(Phone("+16145550123", EndpointKind.MOBILE),),
        emails=(Email("ana@example.com", EndpointKind.PERSONAL),),
        people=(RelatedPerson("s1", Relation.SPOUSE, "Bo", (Phone("+16145550124"),)),),
        debts=(
            Debt(
                "d1",
                kind="medical",
                servicing_account="sa",
                time_barred=True,
                days_past_due=61,
                creditor="lakeside",
                account_number="0042",
                balance=Money(123450, "USD"),
                as_of="2026-03-01",
                itemization=(("fees", -50),),
                itemization_date="2025-11-30",
                itemization_creditor="Lakeside Medical",
            ),
        ),
    )
    assert expected == only(jsonl(tmp_path, FULL))


def test_an_id_is_all_a_consumer_needs(tmp_path: Path) -> None:
    assert Consumer("p1") == only(jsonl(tmp_path, {"id": "p1"}))


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"id": ""}, "id", "this is empty"),
        ({"id": 17}, "id", "an id is text, not a number; write it in quotes"),
        ({"id": "consumer"}, "id", "a meaning of its own"),
        ({"lanuage": "en"}, "lanuage", "the nearest known name is language"),
        ({"name": "a\nb"}, "name", "a line break or another control character"),
        ({"name": "a\ud800"}, "name", "control character"),
        ({"name": "a\x00"}, "name", "control character"),
        ({"name": "x" * 70000}, "name", "longer than 65536"),
        ({"language": "español"}, "language", "not a language tag"),
        ({"timezone": "America/Columbus"}, "timezone", "time zone is unknown"),
        ({"timezone": "EST5"}, "timezone", "time zone is unknown"),
        ({"minor": "yes"}, "minor", "neither true nor false"),
        ({"date_of_birth": "03/02/1980"}, "date_of_birth", "not a date; write it as 2026-06-01"),
        ({"date_of_birth": "1980-02-30"}, "date_of_birth", "not a date"),
        ({"addresses": {}}, "addresses", "not a list"),
        ({"addresses": ["home"]}, "addresses[0]", "not an object"),
        ({"addresses": [HOME]}, "addresses[0].country", "needs its country"),
        ({"addresses": [{**HOME, "country": "USA"}]}, "addresses[0].country", "two letters"),
        (
            {"addresses": [{**HOME, "country": "US", "region": "US-OH"}]},
            "addresses[0].region",
            "OH, not US-OH",
        ),
        (
            {"addresses": [{**HOME, "country": "US", "postal_code": 2139}]},
            "addresses[0].postal_code",
            "a postal code is text",
        ),
        (
            {"addresses": [{**HOME, "country": "US", "postal_code": "2139"}]},
            "addresses[0].postal_code",
            "a leading zero was lost",
        ),
        ({"addresses": [{**HOME, "country": "US", "kind": "office"}]}, "addresses[0].kind", "known: home"),
        ({"phones": [{"number": "+1614555"}]}, "phones[0].number", "no such telephone number is possible"),
        (
            {"phones": [{"number": "+16145550123", "kind": "cell"}]},
            "phones[0].kind",
            "known: landline, mobile",
        ),
        ({"phones": [{"nummer": "+16145550123"}]}, "phones[0].nummer", "the nearest known name is number"),
        (
            {"phones": [{"number": "+16145550123"}, {"number": "+1 614-555-0123"}]},
            "phones",
            "the same one is there twice",
        ),
        ({"emails": [{"address": "ana@"}]}, "emails[0].address", "not an e-mail address"),
        ({"people": [{"id": "s1", "relation": "wife"}]}, "people[0].relation", "not known here"),
        ({"people": [{"id": "home", "relation": "friend"}]}, "people[0].id", "a meaning of its own"),
        (
            {"people": [{"id": "s1", "relation": "friend", "phones": [{"number": "+1"}]}]},
            "people[0].phones[0].number",
            "telephone number",
        ),
        ({"debts": [{**DEBT, "id": "d;1"}]}, "debts[0].id", "cannot hold ;"),
        ({"debts": [DEBT, DEBT]}, "debts", "the same one is there twice"),
        ({"debts": [{**DEBT, "kind": "card"}]}, "debts[0].kind", "not known here"),
        ({"debts": [{**DEBT, "balance": 1234.5}]}, "debts[0].balance", "not an amount of money"),
        (
            {"debts": [{**DEBT, "balance": {"minor": 12.5, "currency": "USD"}}]},
            "debts[0].balance.minor",
            "whole",
        ),
        (
            {"debts": [{**DEBT, "balance": {"minor": "12", "currency": "USD"}}]},
            "debts[0].balance.minor",
            "quotes",
        ),
        (
            {"debts": [{**DEBT, "balance": {"minor": True, "currency": "USD"}}]},
            "debts[0].balance.minor",
            "whole",
        ),
        (
            {"debts": [{**DEBT, "balance": {"minor": -1, "currency": "USD"}}]},
            "debts[0].balance.minor",
            "less than 0",
        ),
        (
            {"debts": [{**DEBT, "balance": {"minor": 1, "currency": "US$"}}]},
            "debts[0].balance.currency",
            "ISO 4217",
        ),
        ({"debts": [{**DEBT, "as_of": "2026-3-1"}]}, "debts[0].as_of", "not a date"),
        ({"debts": [{**DEBT, "days_past_due": -3}]}, "debts[0].days_past_due", "less than 0"),
        (
            {"debts": [{**DEBT, "itemization": [{"label": "", "minor": 1}]}]},
            "debts[0].itemization[0].label",
            "empty",
        ),
    ],
)
def test_a_bad_field_is_rejected_with_its_path_and_reason(
    tmp_path: Path, change: dict[str, Any], column: str, reason: str
) -> None:
    bad, good = jsonl(tmp_path, {**FULL, **change}, {**FULL, "id": "p2"})
    assert isinstance(bad, Rejection)
    assert column == bad.column
    assert reason in bad.reason
    assert isinstance(good, ConsumerRow)


def test_a_consumer_twice_in_jsonl_is_rejected(tmp_path: Path) -> None:
    bad = rejection(jsonl(tmp_path, FULL, {"id": "p2"}, FULL))
    assert (3, "id") == (bad.line, bad.column)
    assert "stands in the file before" in bad.reason


CSV = """\
consumer_id,name,language,minor,phone_1,phone_1_kind,email_1,email_1_kind,home_line_1,home_city,home_region,\
home_postal_code,home_country,debt_id,debt_creditor,debt_kind,account_number,balance_minor,balance_currency,\
as_of,days_past_due,servicing_account,time_barred
p1,Ana Díaz,es,false,+16145550123,mobile,ana@Example.com,personal,12 Elm St,Columbus,OH,\
43215,US,d1,lakeside,medical,0042,123450,USD,2026-03-01,61,sa,true
p1,,,,,,,,,,,,,d2,lakeside,medical,0043,500,USD,2026-03-01,,,
"""


def test_everything_a_consumer_is_arrives_from_csv(tmp_path: Path) -> None:
    expected = Consumer(
        id="p1",
        name="Ana Díaz",
        language="es",
        addresses=(Address(EndpointKind.HOME, "US", "OH", "43215", ("12 Elm St",), "Columbus"),),
        phones=(Phone("+16145550123", EndpointKind.MOBILE),),
        emails=(Email("ana@example.com", EndpointKind.PERSONAL),),
        debts=(
            Debt("d1", "medical", "sa", True, 61, "lakeside", "0042", Money(123450, "USD"), "2026-03-01"),
            Debt("d2", "medical", "", False, None, "lakeside", "0043", Money(500, "USD"), "2026-03-01"),
        ),
    )
    rows = flat(tmp_path, CSV)
    assert expected == only(rows)
    assert isinstance(rows[0], ConsumerRow)
    assert (2, 2) == (rows[0].line, rows[0].rows)


def test_five_phones_five_emails_and_a_work_address_fit_in_a_row(tmp_path: Path) -> None:
    phones = {f"phone_{n}": f"+1614555010{n}" for n in range(1, 6)}
    emails = {f"email_{n}": f"a{n}@example.com" for n in range(1, 6)}
    work = {"work_line_1": "1 Shop Rd", "work_line_2": "Suite 2", "work_country": "US"}
    cells = {"consumer_id": "p1", **phones, **emails, **work}
    consumer = only(flat(tmp_path, ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"))
    assert list(phones.values()) == [phone.number for phone in consumer.phones]
    assert list(emails.values()) == [email.address for email in consumer.emails]
    assert (("1 Shop Rd", "Suite 2"),) == tuple(address.lines for address in consumer.addresses)
    assert () == consumer.debts


def test_rows_of_one_consumer_have_to_be_next_to_each_other(tmp_path: Path) -> None:
    rows = flat(tmp_path, "consumer_id,debt_id\np1,d1\np2,d2\np1,d3\np1,d4\n")
    assert [("p1", 1), ("p2", 1)] == [(r.consumer.id, r.rows) for r in rows if isinstance(r, ConsumerRow)]
    assert [4, 5] == [row.line for row in rows if isinstance(row, Rejection)]
    assert all("next to each other" in row.reason for row in rows if isinstance(row, Rejection))


def test_a_bad_debt_costs_its_row_and_not_the_consumer(tmp_path: Path) -> None:
    columns = "consumer_id,phone_1,debt_id,balance_minor,balance_currency\n"
    text = columns + "p1,+16145550123,d1,1x,USD\np1,,d2,5,USD\n"
    bad, row = flat(tmp_path, text)
    assert isinstance(bad, Rejection)
    assert (2, "balance_minor") == (bad.line, bad.column)
    assert isinstance(row, ConsumerRow)
    assert (("d2",), 1, "+16145550123") == (
        tuple(debt.id for debt in row.consumer.debts),
        row.rows,
        row.consumer.phones[0].number,
    )


def test_a_bad_first_row_costs_the_consumer(tmp_path: Path) -> None:
    """Without what the first row says of her, places and numbers would be missing: fewer rules would hold."""
    text = "consumer_id,phone_1,debt_id\np1,+1614555,d1\np1,,d2\np2,,d3\n"
    first, second, good = flat(tmp_path, text)
    assert isinstance(first, Rejection)
    assert "phone_1" == first.column
    assert isinstance(second, Rejection)
    assert "the consumer's first row, on line 2, was rejected" in second.reason
    assert isinstance(good, ConsumerRow)


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("consumer_id,name,debt_id\np1,Ana,d1\np1,Bo,d2\n", "name", "differs from the consumer's first row"),
        ("consumer_id,debt_id\np1,d1\np1,d1\n", "debt_id", "this debt stands in a row before"),
        ("consumer_id,debt_id\np1,d1\np1,\n", "debt_id", "a further row of a consumer needs a debt"),
        ("consumer_id,debt_kind\np1,auto\n", "debt_id", "this is empty"),
        ("consumer_id,debt_id\n,d1\n", "consumer_id", "this is empty"),
        ("consumer_id,balance_minor,debt_id\np1,5,d1\n", "balance_currency", "ISO 4217"),
        ("consumer_id,phone_1,phone_2\np1,+16145550123,+1 6145550123\n", "phone_2", "there twice"),
        ("consumer_id,phone_1_kind\np1,mobile\n", "phone_1_kind", "a kind without a number"),
        ("consumer_id,email_1,email_2\np1,a@b.co,a@B.co\n", "email_2", "there twice"),
        ("consumer_id,email_1_kind\np1,work\n", "email_1_kind", "a kind without an address"),
        ("consumer_id,home_city\np1,Columbus\n", "home_country", "needs its country"),
        ('consumer_id,name\np1,"a\nb"\n', "name", "a line break"),
        ("consumer_id,time_barred,debt_id\np1,1,d1\n", "time_barred", "write true or false"),
    ],
)
def test_a_bad_csv_row_is_rejected_with_its_column(
    tmp_path: Path, text: str, column: str, reason: str
) -> None:
    bad = rejection(flat(tmp_path, text))
    assert column == bad.column
    assert reason in bad.reason


def test_people_come_only_in_jsonl(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown"):
        flat(tmp_path, "consumer_id,people\np1,x\n")
