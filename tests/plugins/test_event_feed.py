"""The event feed has each event once, whatever is told twice, torn or written by another process."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import Event
from outreach_event_feed import feed_at, outreach_event_recorded
from outreach_event_feed.feed import Feed, as_plain

AT = datetime(2026, 3, 10, 15, tzinfo=UTC)


def event(seq: int, stream: str = "s1", **fields: Any) -> Event:
    return Event("opt_out", AT, fields, AT, f"e-{stream}-{seq}", stream, seq)


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()]


def test_an_event_told_twice_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "feed" / "events.jsonl"
    feed = Feed(path, sync=True)
    for each in (event(1), event(1), event(2), event(1, "s2"), event(2)):
        feed.add(each)
    assert ["e-s1-1", "e-s1-2", "e-s2-1"] == ids(path)
    assert 0o600 == path.stat().st_mode & 0o777


def test_a_new_process_knows_what_stands_there(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    Feed(path, sync=False).add(event(1))
    later = Feed(path, sync=False)
    later.add(event(1))
    later.add(event(2))
    assert ["e-s1-1", "e-s1-2"] == ids(path)


def test_what_another_process_has_written_meanwhile_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    ours = Feed(path, sync=False)
    ours.add(event(1))
    code = (
        "from outreach_event_feed.feed import Feed; from outreach.domain import Event\n"
        "from datetime import datetime, UTC; from pathlib import Path; import sys\n"
        "at = datetime(2026, 3, 10, tzinfo=UTC)\n"
        "Feed(Path(sys.argv[1]), sync=True).add(Event('opt_out', at, {}, at, 'e-s1-2', 's1', 2))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=60)
    ours.add(event(2))
    ours.add(event(3))
    assert ["e-s1-1", "e-s1-2", "e-s1-3"] == ids(path)


def test_a_line_torn_by_a_crash_is_cut_off_and_told_again(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    Feed(path, sync=True).add(event(1))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"id": "e-s1-2", "str')
    Feed(path, sync=True).add(event(2))
    assert ["e-s1-1", "e-s1-2"] == ids(path)


def test_after_rotation_only_what_is_new_is_written(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    feed = Feed(path, sync=False)
    feed.add(event(1))
    path.rename(tmp_path / "events.jsonl.1")
    feed.add(event(1))
    feed.add(event(2))
    assert ["e-s1-2"] == ids(path)


def test_a_folder_that_cannot_be_written_is_told_so_that_the_event_comes_again(tmp_path: Path) -> None:
    (tmp_path / "feed").write_text("a file stands where the folder should be")
    with pytest.raises(OSError, match="feed"):
        Feed(tmp_path / "feed" / "events.jsonl", sync=False).add(event(1))


def test_free_text_is_left_out_and_what_is_no_token_is_not_passed_on() -> None:
    told = as_plain(
        event(1, to="+16145550142", debts=("d1",), note="she is ill", because="asked", channel="sms")
    )
    assert {"to": "…", "debts": ["d1"], "channel": "sms"} == told["fields"]


def test_the_plugin_writes_where_its_own_settings_say(tmp_path: Path) -> None:
    outreach_event_recorded(event(1), {"folder": tmp_path, "path": "out.jsonl", "sync": False})
    assert ["e-s1-1"] == ids(tmp_path / "out.jsonl")
    assert feed_at(tmp_path / "out.jsonl", False) is feed_at(tmp_path / "out.jsonl", False)
