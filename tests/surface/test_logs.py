"""Promise 9: no personal data in logs and errors. Here: the log lets through what it knows, and no more."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from outreach import logs
from outreach.domain import FrozenClock
from outreach.errors import InputError
from outreach.testing import NOW, Heard

NAME = "Rosalind Okafor"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    before = list(root.handlers)
    logs.configure("info", stream, clock=FrozenClock(NOW))
    yield stream
    root.handlers[:] = before
    structlog.reset_defaults()
    logs.configure()
    root.handlers[:] = before
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_time_from_the_clock_level_event_and_module(out: io.StringIO) -> None:
    logs.get("outreach.x").warning("fact_source_failed", source="crm", count=3, error="ValueError")
    assert [
        {
            "time": "2026-03-10T15:00:00.000+00:00",
            "level": "warning",
            "event": "fact_source_failed",
            "module": "outreach.x",
            "source": "crm",
            "count": 3,
            "error": "ValueError",
        }
    ] == lines(out)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", NAME),
        ("to", "+16145550142"),
        ("text", "hello"),
        ("attempt", "p17"),
        ("attempt", "614555014261455501426145550142"),
        ("person", NAME),
        ("count", 123456789),
        ("count", "3"),
        ("rule", NAME),
        ("rule", "n6145550142"),
        ("code", "Rosalind"),
        ("code", "6145550142"),
        ("file", "6145550142.csv"),
        ("file", "ann@example.org"),
        ("error", "Rosalind"),
        ("error", "it failed for Rosalind"),
        ("until", "tomorrow"),
        ("version", "6145550142"),
    ],
)
def test_a_value_without_the_shape_of_a_known_key_is_hidden(out: io.StringIO, key: str, value: Any) -> None:
    logs.get("outreach.x").warning("it happened", **{key: value})
    assert "…" == lines(out)[0][key]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("attempt", "01K5ABCDEFGHJKMNPQRSTVWXYZ", "01K5ABCDEFGHJKMNPQRSTVWXYZ"),
        ("digest", "a" * 64, "a" * 64),
        ("rule", "us.regf.call-frequency", "us.regf.call-frequency"),
        ("code", "connect-timeout", "connect-timeout"),
        ("code", "21610", "21610"),
        ("file", Path("/home/ann/people.csv"), "people.csv"),
        ("until", NOW, "2026-03-10T15:00:00+00:00"),
        ("seconds", 0.25, 0.25),
    ],
)
def test_what_has_the_shape_of_its_key_is_written(
    out: io.StringIO, key: str, value: Any, expected: Any
) -> None:
    logs.get("outreach.x").warning("it happened", **{key: value})
    assert expected == lines(out)[0][key]


def test_an_event_that_is_no_fixed_phrase_is_not_written(out: io.StringIO) -> None:
    log = logs.get("outreach.x")
    log.warning(f"sent to {NAME}")
    log.warning("sent to %s", "+16145550142")
    assert ["…", "…"] == [line["event"] for line in lines(out)]


def test_an_exception_is_written_as_type_and_frames_without_its_message(out: io.StringIO) -> None:
    try:
        int(NAME)
    except ValueError:
        logs.get("outreach.x").exception("it failed")
    [line] = lines(out)
    assert "ValueError" == line["error"]["type"]
    [frame] = line["error"]["frames"]
    assert frame.startswith("test_logs.py:")
    assert frame.endswith(":test_an_exception_is_written_as_type_and_frames_without_its_message")
    assert "Rosalind" not in out.getvalue()


def test_our_own_errors_are_written_in_words_and_their_foreign_cause_is_not(out: io.StringIO) -> None:
    try:
        try:
            int(NAME)
        except ValueError as error:
            raise InputError("no number", where="people.csv:3", remedy="write one") from error
    except InputError as error:
        logs.get("outreach.x").warning("row_rejected", error=error)
    told = lines(out)[0]["error"]
    assert ("no number", "people.csv:3", "write one") == (told["what"], told["where"], told["remedy"])
    assert {"type", "frames"} == set(told["cause"])


@pytest.mark.says_personal_data
def test_should_an_error_of_ours_break_its_promise_the_log_does_not(out: io.StringIO) -> None:
    logs.get("outreach.x").warning("row_rejected", error=InputError("no row for +16145550142", where="a:1"))
    assert ("…", "a:1") == (lines(out)[0]["error"]["what"], lines(out)[0]["error"]["where"])


def test_lines_below_the_level_are_not_written(out: io.StringIO) -> None:
    logs.get("outreach.x").debug("quiet")
    assert [] == lines(out)


def test_what_libraries_log_is_named_but_not_repeated(out: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine").warning("INSERT INTO people VALUES (%s)", NAME)
    [line] = lines(out)
    assert ("library message", "sqlalchemy.engine") == (line["event"], line["module"])
    assert "Rosalind" not in out.getvalue()


def test_a_plugin_that_asks_structlog_itself_is_redacted_too(out: io.StringIO) -> None:
    structlog.get_logger().warning("sent", to="+16145550142")
    assert "…" == lines(out)[0]["to"]


def test_a_logger_is_redacted_even_if_nobody_configured_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.get("outreach.x").error("sent", to="+16145550142")
    assert '"to": "…"' in capsys.readouterr().err


def test_a_log_file_is_made_for_its_owner_and_appended_to(tmp_path: Path, out: io.StringIO) -> None:
    file = tmp_path / "logs" / "outreach.log"
    for _ in range(2):
        logs.configure("warning", file=file)
        logs.get("outreach.x").warning("it happened")
    assert 2 == len(file.read_text().splitlines())
    assert 0o600 == file.stat().st_mode & 0o777
    assert "" == out.getvalue()


@given(
    st.dictionaries(
        st.sampled_from([*logs.SHAPES, "to", "name"]), st.from_regex(r"\+1[2-9]\d{9}", fullmatch=True)
    )
)
def test_no_key_lets_a_telephone_number_through(values: dict[str, str]) -> None:
    clean = logs.redact(None, "info", {"event": "x", **values})
    assert {"…"} >= {value for key, value in clean.items() if key != "event"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("call +1 614 555 0142 now", "phone"),
        ("call +16145550142 now", "phone"),
        ("614-555-0142", "phone"),
        ("(614) 555-0142", "phone"),
        ("6145550142", "digits"),
        ("+86 138 0013 8000", "phone"),
        ("write to ann.o@mail.example.org", "email"),
        ("ssn 123-45-6789", "national_id"),
        ("ssn 123456789", "digits"),
        ("id 11010519491231002X", "national_id"),
        ("4111 1111 1111 1111", "card"),
        ("4111111111111111", "digits"),
        ("3782 822463 10005", "card"),
        ("account AB1234567890", "digits"),
        ("to rosalind okafor", "known"),
    ],
)
def test_the_detector_finds(text: str, kind: str) -> None:
    assert [kind] == [hit.kind for hit in logs.find_personal(text, [NAME])]


@pytest.mark.parametrize(
    "text",
    [
        "attempt 01K5ABCDEFGHJKMNPQRSTVWXYZ of 2026-03-10T15:00:00.123456+00:00",
        "01234567890123456789ABCDEF and " + "0123456789abcdef" * 4,
        "12 CFR 1006.14(b)(2)(i)(A), us.regf.call-frequency, 9.0.43",
        "people.csv:1234567, 1000000 rows, 12,345.67, 2026-03-10",
        "550e8400-e29b-41d4-a716-446655440000",
        "postgresql+psycopg, chmod 600 .env, 08:00-21:00",
    ],
)
def test_the_detector_leaves_our_own_words_alone(text: str) -> None:
    assert [] == logs.find_personal(text)


@pytest.mark.says_personal_data
def test_the_suite_hears_what_an_error_says(heard: Heard) -> None:
    """The check after every test is real: it would have failed this one but for its mark."""
    str(InputError("no row for +16145550142"))
    assert [f"phone in error: {InputError('no row for +16145550142')}"] == heard.personal()[:1]
