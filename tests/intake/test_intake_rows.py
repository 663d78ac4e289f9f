"""What a file may look like, and what is said when it does not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from outreach.errors import InputError
from outreach.intake.rows import FIELD_LIMIT, LINE_LIMIT, CsvRows, JsonRows, Rejection, open_rows, suffix_of


def read(path: Path, content: bytes, kind: str = "csv") -> list[object]:
    """Rows of a file with columns a and b, with the line each stands on."""
    path = path / f"file.{kind}"
    path.write_bytes(content)
    with open_rows(path) as stream:
        rows = (
            CsvRows(stream, path.name, required=("a",), optional=("b",))
            if kind == "csv"
            else JsonRows(stream, path.name)
        )
        return [(row if isinstance(row, Rejection) else (rows.line, row)) for row in rows]


def refused(path: Path, content: bytes, kind: str = "csv") -> InputError:
    with pytest.raises(InputError) as caught:
        read(path, content, kind)
    return caught.value


def rejected(path: Path, content: bytes, kind: str = "csv") -> list[Rejection]:
    return [row for row in read(path, content, kind) if isinstance(row, Rejection)]


def test_rows_come_with_their_physical_line(tmp_path: Path) -> None:
    assert [(2, ["1", "2"]), (4, ["3", "4"])] == read(tmp_path, b"a,b\n1,2\n\n3,4\n")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_both_line_ends_and_a_byte_order_mark_are_taken(tmp_path: Path, end: bytes) -> None:
    content = b"\xef\xbb\xbf" + end.join([b"a,b", "é,王".encode(), b""])
    assert [(2, ["é", "王"])] == read(tmp_path, content)


def test_the_last_line_needs_no_end(tmp_path: Path) -> None:
    assert [(2, ["1", "2"])] == read(tmp_path, b"a,b\n1,2")


def test_a_quoted_field_may_run_over_lines(tmp_path: Path) -> None:
    assert [(2, ['x\ny "z"', "2"]), (4, ["3", "4"])] == read(tmp_path, b'a,b\n"x\ny ""z""",2\n3,4\n')


def test_one_quote_never_closed_costs_one_row(tmp_path: Path) -> None:
    first, *rest = read(tmp_path, b'a,b\n1,"2\n3,4\n5,6\n')
    assert isinstance(first, Rejection)
    assert (2, '1,"2', "a quote is opened and never closed; a quote inside a field is written twice") == (
        first.line,
        first.raw,
        first.reason,
    )
    assert [(3, ["3", "4"]), (4, ["5", "6"])] == rest


def test_a_quote_never_closed_before_a_quoted_row_costs_one_row(tmp_path: Path) -> None:
    rows = read(tmp_path, b'a,b\n1,"2\n3,"4"\n5,6\n')
    assert isinstance(rows[0], Rejection)
    assert "a quote is closed inside a field" in rows[0].reason
    assert [(3, ["3", "4"]), (4, ["5", "6"])] == rows[1:]


def test_a_quote_never_closed_in_a_long_file_costs_one_row(tmp_path: Path) -> None:
    many = 2 * LINE_LIMIT // 8
    rows = read(tmp_path, b'a,b\n1,"2\n' + b"333,444\n" * many)
    assert isinstance(rows[0], Rejection)
    assert many == len(rows) - 1
    assert (many + 2, ["333", "444"]) == rows[-1]


def test_a_line_inside_quotes_never_becomes_a_row_of_its_own(tmp_path: Path) -> None:
    """A name somebody chose may hold a line that looks like a row."""
    rows = read(tmp_path, b'a,b\n"x\nstolen,row\n",2,too many\n3,4\n')
    assert isinstance(rows[0], Rejection)
    assert 'x\nstolen,row\n",2,too many' in rows[0].raw
    assert [(5, ["3", "4"])] == rows[1:]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'1,"2"x', "a quote is closed inside a field"),
        (b"1\r,2", "a carriage return stands inside the row"),
        (b"1,\x002", "the row holds a NUL byte"),
        (b"1,\xff", "not valid UTF-8"),
        (b"1", "the row has 1 cells and the line with the names has 2"),
        (b"1,2,3", "the row has 3 cells and the line with the names has 2"),
        (b"1," + b"x" * (FIELD_LIMIT + 1), "the field is longer than 64 KiB"),
        (b"1," + b"x" * (3 * FIELD_LIMIT), "the field is longer than 64 KiB"),
        (b"1," + b"x" * (LINE_LIMIT + 5), "the row is longer than 1024 KiB"),
    ],
    ids=lambda value: value[:12].decode(errors="replace") if isinstance(value, bytes) else None,
)
def test_a_bad_row_is_rejected_and_the_rest_goes_on(tmp_path: Path, row: bytes, reason: str) -> None:
    rows = read(tmp_path, b"a,b\n1,2\n" + row + b"\n3,4\n")
    assert [(2, ["1", "2"]), (4, ["3", "4"])] == [rows[0], rows[2]]
    bad = rows[1]
    assert isinstance(bad, Rejection)
    assert reason in bad.reason
    assert 3 == bad.line
    assert hashlib.sha256(row).hexdigest() == bad.digest


def test_a_field_too_long_is_named(tmp_path: Path) -> None:
    assert "b" == rejected(tmp_path, b"a,b\n1," + b"x" * (FIELD_LIMIT + 1))[0].column


def test_a_column_we_do_not_know_refuses_the_file_and_names_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"person,chanel\np1,sms\n")
    with open_rows(path) as stream, pytest.raises(InputError) as caught:
        CsvRows(stream, "f.csv", required=("person",), optional=("channel",))
    assert "chanel" == caught.value.column
    assert "The column chanel is unknown." == caught.value.what
    assert "the nearest known name is channel" == caught.value.why
    assert "rename it to channel" in caught.value.remedy
    assert "f.csv:1" == caught.value.where


def test_a_missing_column_refuses_the_file(tmp_path: Path) -> None:
    assert "The column a is missing." == refused(tmp_path, b"b\n1\n").what


def test_a_column_twice_refuses_the_file(tmp_path: Path) -> None:
    assert "The column a is there twice." == refused(tmp_path, b"a,b,a\n1,2,3\n").what


def test_a_column_without_a_name_refuses_the_file(tmp_path: Path) -> None:
    assert "A column has no name." == refused(tmp_path, b"a,b,\n1,2,\n").what


def test_a_file_without_a_header_does_not_show_its_data(tmp_path: Path) -> None:
    error = refused(tmp_path, b"+16145550123,Maria Lopez\n")
    assert "The first line names no column that we know." == error.what
    assert "Lopez" not in str(error)
    assert "6145550123" not in str(error)


def test_data_among_the_columns_is_not_repeated(tmp_path: Path) -> None:
    assert "6145550123" not in str(refused(tmp_path, b"a,+16145550123\n1,2\n"))


@pytest.mark.parametrize("separator", [b";", b"\t"])
def test_another_separator_is_recognised(tmp_path: Path, separator: bytes) -> None:
    assert "separate cells by commas" == refused(tmp_path, b"a" + separator + b"b\n").remedy


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("content", [b"", b"\n \n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes, kind: str) -> None:
    assert "The file is empty." == refused(tmp_path, content, kind).what


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_utf_16_is_recognised(tmp_path: Path, kind: str) -> None:
    assert "The file is UTF-16." == refused(tmp_path, "a,b\n".encode("utf-16"), kind).what


def test_a_header_that_cannot_be_read_refuses_the_file(tmp_path: Path) -> None:
    assert "not valid UTF-8" in refused(tmp_path, b"a,\xff\n1,2\n").why
    assert "never closed" in refused(tmp_path, b'a,"b\n1,2\n').why


def test_no_such_file_a_folder_and_a_wrong_ending_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"), open_rows(tmp_path / "none.csv"):
        pass
    with pytest.raises(InputError, match="a folder"), open_rows(tmp_path):
        pass
    with pytest.raises(InputError, match="does not tell its format"):
        suffix_of(tmp_path / "people.xlsx", ".csv", ".jsonl")
    assert ".jsonl" == suffix_of(tmp_path / "people.NDJSON", ".csv", ".jsonl")


def test_json_rows_come_with_their_physical_line(tmp_path: Path) -> None:
    assert [(1, {"a": 1}), (3, {"b": "é"})] == read(tmp_path, '{"a":1}\r\n\n{"b":"é"}'.encode(), "jsonl")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'{"a":', "the line is not valid JSON (character"),
        (b'{"a": 1} {"b": 2}', "the line is not valid JSON (character"),
        (b"17", "the line is not a JSON object"),
        (b'{"a":1,"a":2}', "the line holds a field twice"),
        (b'{"a":"\x00"}', "the row holds a NUL byte"),
        (b'{"a":"\xff"}', "not valid UTF-8"),
        (b"[" * 200_000, "the line is not valid JSON"),
        (b'{"a":"' + b"x" * LINE_LIMIT + b'"}', "the row is longer than 1024 KiB"),
        (b'{"a":' + b"9" * 5000 + b"}", "the line is not valid JSON"),
    ],
    ids=lambda value: value[:12].decode(errors="replace") if isinstance(value, bytes) else None,
)
def test_a_bad_json_row_is_rejected_and_the_rest_goes_on(tmp_path: Path, row: bytes, reason: str) -> None:
    rows = read(tmp_path, b'{"a":1}\n' + row + b'\n{"a":3}\n', "jsonl")
    bad = rows[1]
    assert isinstance(bad, Rejection)
    assert reason in bad.reason
    assert (2, hashlib.sha256(row).hexdigest()) == (bad.line, bad.digest)
    assert (3, {"a": 3}) == rows[2]


def test_a_json_array_is_recognised(tmp_path: Path) -> None:
    assert "write one object a line" in refused(tmp_path, b'[\n{"a": 1}\n]\n', "jsonl").remedy
