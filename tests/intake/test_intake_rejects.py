"""The file of rejected rows: whole, private, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest

from outreach.errors import InputError
from outreach.intake import RejectsFile
from outreach.intake.rejects import neutral


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_rejected_rows_are_written_with_line_column_reason_and_the_row(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    with RejectsFile(path) as kept:
        kept.add(7, "to", "no such number", 'p1,"x, y",é')
        assert not path.exists(), "the file appears whole"
    assert 1 == kept.count
    assert [["line", "column", "reason", "row"], ["7", "to", "no such number", 'p1,"x, y",é']] == cells(path)
    assert ["rejects.csv"] == [entry.name for entry in tmp_path.iterdir()]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_starts_a_formula(tmp_path: Path, start: str) -> None:
    assert "'" + start + "1" == neutral(start + "1")
    path = tmp_path / "rejects.csv"
    with RejectsFile(path) as kept:
        kept.add(1, start + "c", start + "r", start + "cmd|' /C calc'!A0")
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in cells(path) for cell in row)
    assert "'" + start + "cmd|' /C calc'!A0" == cells(path)[1][3]


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    with RejectsFile(tmp_path / "rejects.csv") as kept:
        kept.add(1, "", "x", "y")
    assert 0o600 == stat.S_IMODE((tmp_path / "rejects.csv").stat().st_mode)


def test_without_a_rejection_there_is_no_file(tmp_path: Path) -> None:
    with RejectsFile(tmp_path / "rejects.csv"):
        pass
    assert [] == list(tmp_path.iterdir())


def test_the_rows_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    for count in (2, 0):
        with RejectsFile(path) as kept:
            for line in range(count):
                kept.add(line, "", "x", "y")
    assert [["line", "column", "reason", "row"]] == cells(path)


def test_what_was_rejected_before_an_error_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"

    def stopped() -> None:
        with RejectsFile(path) as kept:
            kept.add(1, "", "x", "y")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert 2 == len(cells(path))


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="cannot be written"),
        RejectsFile(tmp_path / "none" / "r.csv") as kept,
    ):
        kept.add(1, "", "x", "y")
