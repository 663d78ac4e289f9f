"""Promise 6: whatever stands in a file gets an answer. And reading takes the same memory however long."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.errors import InputError
from outreach.intake import ContactRow, Rejection, read_consumers, read_contacts, read_events
from outreach.intake.addresses import phone
from outreach.intake.seen import Seen

COLUMNS = ("person", "channel", "to", "template", "debts", "expires_at")
CELLS = st.one_of(
    st.sampled_from(
        ["p1", "sms", "+16145550123", "reminder", "d1;d2", "", "home", "letter", "2026-06-01T10Z"]
    ),
    st.text(max_size=12),
)


def bytes_of(lines: list[bytes], suffix: str, header: bytes = b"") -> Path:
    with tempfile.NamedTemporaryFile(suffix=suffix, delete=False) as file:
        file.write(header + b"\n".join(lines))
    return Path(file.name)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=12))
def test_promise_6_every_csv_row_is_answered_once(rows: list[list[str]]) -> None:
    """However the cells look, if they are quoted as CSV asks for, each row has one answer."""
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    text = written.getvalue().encode("utf-8", errors="replace")
    path = bytes_of([text], ".csv", ",".join(COLUMNS).encode() + b"\n")
    try:
        assert len(rows) == len(list(read_contacts(path, "spring")))
    finally:
        path.unlink()


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=12))
def test_promise_6_no_line_of_a_damaged_csv_is_lost(lines: list[bytes]) -> None:
    path = bytes_of(lines, ".csv", ",".join(COLUMNS).encode() + b"\n")
    try:
        kept = [row.raw for row in read_contacts(path, "spring")]
    finally:
        path.unlink()
    said = "\n".join(kept)
    for line in lines:
        if line.strip():
            assert line.rstrip(b"\r").decode(errors="replace") in said


@given(
    st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=12),
    st.sampled_from([read_consumers, read_events, read_contacts]),
)
def test_promise_6_every_line_of_a_damaged_jsonl_is_answered_once(lines: list[bytes], read: object) -> None:
    path = bytes_of([b"{}", *lines], ".jsonl")
    try:
        answers = list(read(path))  # type: ignore[operator]
    finally:
        path.unlink()
    assert 1 + sum(1 for line in lines if line.strip()) == len(answers)


@given(st.binary(max_size=300), st.sampled_from([".csv", ".jsonl"]))
def test_no_file_whatever_brings_a_reader_down(content: bytes, suffix: str) -> None:
    path = bytes_of([content], suffix)
    try:
        for read in (read_consumers, read_events, read_contacts):
            with contextlib.suppress(InputError):
                list(read(path))
    finally:
        path.unlink()


@given(st.from_regex(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True))
def test_the_short_way_for_american_numbers_agrees_with_the_library(number: str) -> None:
    parsed = phonenumbers.parse(number)
    assert phonenumbers.is_possible_number(parsed)
    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == phone(number, "to")


@given(st.lists(st.text(max_size=4), max_size=400))
@settings(max_examples=30)
def test_ids_seen_are_known_as_a_set_knows_them(ids: list[str]) -> None:
    ids = [one for one in ids if one.isprintable()]
    seen, known = Seen(), set()
    for one in ids:
        assert (one not in known) is seen.add(one)
        known.add(one)


def test_many_ids_are_seen() -> None:
    seen = Seen()
    assert all(seen.add(f"p{number}") for number in range(5000))
    assert not any(seen.add(f"p{number}") for number in range(5000))


class Endless(io.RawIOBase):
    """A file of so many rows that is never held anywhere."""

    def __init__(self, rows: Iterator[bytes]) -> None:
        self._rows = rows
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while len(self._rest) < len(buffer) and (row := next(self._rows, b"")):
            self._rest += row
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Iterator[ContactRow | Rejection]:
    """Contacts of a file of two hundred thousand rows."""

    def lines() -> Iterator[bytes]:
        yield b"key,person,channel,to,template,debts\n"
        for number in range(200_000):
            yield b"k%d,p%d,sms,+1614555%04d,reminder,d%d\n" % (number, number, number % 10000, number)

    monkeypatch.setattr(Path, "open", lambda *_args, **_more: io.BufferedReader(Endless(lines()), 65536))
    return read_contacts(Path("large.csv"), "spring")


def test_two_hundred_thousand_rows_take_no_more_memory_than_a_thousand(
    endless: Iterator[ContactRow | Rejection],
) -> None:
    """Objects are counted over all rows; their bytes, which is slow, over some thousand of them."""
    assert all(type(row) is ContactRow for row in itertools.islice(endless, 1_000))
    tracemalloc.start()
    try:
        for _ in itertools.islice(endless, 1_000):
            pass
        few = tracemalloc.get_traced_memory()[0]
        for _ in itertools.islice(endless, 4_000):
            pass
        assert tracemalloc.get_traced_memory()[0] < few + 16_384
        assert tracemalloc.get_traced_memory()[1] < 1_048_576
    finally:
        tracemalloc.stop()
    before = sys.getallocatedblocks()
    assert 194_000 == sum(type(row) is ContactRow for row in endless)
    assert sys.getallocatedblocks() < before + 1_000


def test_a_line_without_an_end_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    with path.open("wb") as file:
        file.write(b"person,channel,to,template\n")
        for _ in range(64):
            file.write(b"x" * 1024 * 1024)
        file.write(b"\np1,sms,+16145550123,reminder\n")
    tracemalloc.start()
    try:
        bad, good = read_contacts(path, "spring")
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(bad, Rejection)
    assert isinstance(good, ContactRow)
    assert held < 8 * 1024 * 1024
