"""The restricted YAML: what could be read in two ways is refused, with its line and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.errors import PolicyError
from outreach.policy.strict import nearest
from outreach.policy.yamlfile import parse, read


def refused(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse(text, "f.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\nb: NO\n", 2, 4),
        ("a: ON", 1, 4),
        ("a: yes", 1, 4),
        ("a: Off", 1, 4),
        ("a: True", 1, 4),
        ("a: ~", 1, 4),
        ("a: [ok, no]", 1, 9),
        ("a: 21:00", 1, 4),
        ("a: 8:00:30", 1, 4),
        ("a: 190:20:30", 1, 4),
        ("a: 2026-01-31", 1, 4),
        ("a: 2026-01-31T08:00:00Z", 1, 4),
        ('"a": {"b": 2026-01-31}', 1, 12),
        ("a: 0501", 1, 4),
        ("a: +15551230000", 1, 4),
        ("a: 1_000", 1, 4),
        ("a: 1,000", 1, 4),
        ("a: 1e5", 1, 4),
        ("a: 0x1F", 1, 4),
        ("a: .inf", 1, 4),
        ("2026-01-01: a", 1, 1),
        ("7: a", 1, 1),
        ("a: !!str b", 1, 4),
        ("a: !python/object b", 1, 4),
        ("a: &x 1", 1, 4),
        ("a: 1\nb: *x", 2, 4),
        ("a: {<<: 1}", 1, 5),
        ("? [a]\n: 1", 1, 3),
        ("%YAML 1.1\n---\na: 1", 1, 1),
        ("a: 1\n---\nb: 1", 2, 1),
        ("a: [1", 2, 1),
        ("x: 1\n\ta: 1", 2, 1),
        ("a:\nb: 1", 1, 1),
        ("", 1, 1),
    ],
)
def test_what_is_ambiguous_is_refused_with_line_and_column(text: str, line: int, column: int) -> None:
    error = refused(text)
    assert error.where == f"f.yaml:{line}:{column}"
    assert error.what


@pytest.mark.parametrize("text", ["a: NO", "a: 21:00", "a: 2026-01-31", "a: 0501", "2026-01-01: a"])
def test_the_cure_is_quotes_and_works(text: str) -> None:
    assert "quotes" in refused(text).remedy
    key, value = text.split(": ")
    assert parse(f'"{key}": "{value}"', "f").value == {key: value}


def test_a_second_equal_key_is_refused_naming_the_line_of_the_first() -> None:
    error = refused("rules:\n  - id: a\n    id: b\n")
    assert error.where == "f.yaml:3:5"
    assert "line 2" in error.why


def test_plain_values_are_what_they_look_like() -> None:
    text = 'a: text with: colon\nb: 7\nc: -3\nd: 1.5\ne: true\nf: null\ng: "43215"\non: 12 CFR 1006.2\nh: OH'
    assert parse(text.replace("with: colon", "with:colon"), "f").value == {
        "a": "text with:colon",
        "b": 7,
        "c": -3,
        "d": 1.5,
        "e": True,
        "f": None,
        "g": "43215",
        "on": "12 CFR 1006.2",
        "h": "OH",
    }


def test_an_error_does_not_repeat_a_number_or_date_which_may_be_somebodys() -> None:
    assert "15551230000" not in str(refused("number: +15551230000"))
    assert "1980" not in str(refused("date_of_birth: 1980-05-01"))


def test_too_deep_is_refused_and_not_a_crash() -> None:
    assert "levels deep" in refused("[" * 300 + "]" * 300).what


def test_a_file_that_is_not_utf8_or_not_there_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(b"a: \xff\xfe")
    with pytest.raises(PolicyError, match="not UTF-8"):
        read(bad)
    with pytest.raises(PolicyError, match="cannot be read"):
        read(tmp_path / "none.yaml")


def test_line_ends_and_a_byte_order_mark_do_not_change_the_text() -> None:
    assert parse("a: 1\nb: 2\n", "f").text == parse("\ufeffa: 1\r\nb: 2", "f").text


def test_the_nearest_known_word_is_suggested() -> None:
    assert nearest("chanel", ["channel", "purpose"]) == "did you mean 'channel'?"
    assert nearest("xyz", ["channel", "purpose"]) == "known are: channel, purpose"
