"""doctor: each trouble is found, named and told its cure; a sound project has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from outreach.channels import ReplyNews
from outreach.cli.doctor import _skew
from outreach.domain import Way
from outreach.testing import FakeVendor, Reply
from tests.cli.running import Command, Ran, run
from tests.support import TUESDAY, WIRE, Project, call, consumer, email, phone

CHECKED = "class WireSms(Wire):\n    def check(self):\n"


def told(ran: Ran, about: str) -> list[tuple[str, str]]:
    return [(each["state"], each["what"]) for each in ran.lines if each["about"] == about]


@contextmanager
def public(tmp_path: Path, url: str, wire: str = WIRE) -> Iterator[Project]:
    made = Project(tmp_path / "agency", wire=wire, more=f'[callbacks]\npublic_url = "{url}"\n')
    made.consumers(consumer())
    yield made
    made.close()


def examined(project: Project) -> Ran:
    return run("doctor", "--json", folder=project.folder, clock=project.clock)


def web(body: bytes = b"ok\n") -> FakeVendor:
    return FakeVendor(lambda asked: Reply(200 if asked.path == "/health" else 404, body))


def test_a_sound_project_has_nothing_wrong(project: Project, outreach: Command) -> None:
    ran = outreach("doctor", "--json")
    assert 0 == ran.status
    assert "wrong" not in {each["state"] for each in ran.lines}
    about = {each["about"] for each in ran.lines}
    assert {
        "wire-sms",
        "wire-email",
        "callbacks",
        "zones",
        "clock",
        "ledger",
        "disk",
        "queue",
        "packs",
    } <= about
    assert "wire-sms" in outreach("doctor").out


def test_credentials_that_are_refused_are_wrong_with_their_cure(tmp_path: Path) -> None:
    refused = "        from outreach.errors import SettingsError\n"
    refused += '        raise SettingsError("no such key", remedy="set it")\n'
    with public(tmp_path, "", wire=WIRE.replace("class WireSms(Wire):\n", CHECKED + refused)) as project:
        ran = examined(project)
    assert 1 == ran.status
    assert [("wrong", "no such key")] == told(ran, "wire-sms")
    assert [("ok", "answers, and takes our credentials")] == told(ran, "wire-email")


def test_a_check_that_raises_anything_is_a_finding_without_its_words(tmp_path: Path) -> None:
    raising = WIRE.replace("class WireSms(Wire):\n", CHECKED + "        raise RuntimeError('secret')\n")
    with public(tmp_path, "", wire=raising) as project:
        ran = examined(project)
    assert [("wrong", "its check ended with RuntimeError")] == told(ran, "wire-sms")
    assert "secret" not in ran.out + ran.err


def test_the_callback_url_is_tried_as_from_outside(tmp_path: Path) -> None:
    with web().serving() as vendor, public(tmp_path, vendor.url) as project:
        found = told(examined(project), "callbacks")
        assert ("ok", f"{vendor.url} answers") in found
        assert ("warn", "the public URL is not https") in found


def test_somebody_else_at_the_callback_url_is_noticed(tmp_path: Path) -> None:
    with web(b"welcome").serving() as vendor, public(tmp_path, vendor.url) as project:
        ran = examined(project)
        assert ("wrong", f"something else answers at {vendor.url}") in told(ran, "callbacks")
    assert 1 == ran.status


def test_a_callback_url_that_does_not_answer_is_wrong(tmp_path: Path) -> None:
    with web().serving() as vendor:
        url = vendor.url
    with public(tmp_path, url) as project:
        ran = examined(project)
    assert 1 == ran.status
    assert any(state == "wrong" and "does not answer" in what for state, what in told(ran, "callbacks"))


@pytest.mark.parametrize(("seconds", "state"), [(5, "ok"), (6, "warn"), (60, "warn"), (61, "wrong")])
def test_how_far_the_clock_is_off_decides(seconds: int, state: str) -> None:
    assert state == _skew(timedelta(seconds=seconds)).state


def test_a_clock_that_went_back_is_wrong(project: Project, outreach: Command) -> None:
    project.clock.set(TUESDAY - timedelta(hours=1))
    ran = outreach("doctor", "--json")
    assert 1 == ran.status
    assert any("3600 s in the future" in what for _, what in told(ran, "clock"))


def test_old_zone_data_and_overdue_packs_are_told_by_name(project: Project, outreach: Command) -> None:
    project.clock.set(datetime(2028, 6, 1, tzinfo=UTC))
    ran = outreach("doctor", "--json")
    assert ["warn"] == [state for state, _ in told(ran, "zones")]
    assert ("wrong", "us.federal.regulation-f is overdue for checking") in told(ran, "packs")


def test_what_waits_is_told_with_the_command_that_deals_with_it(project: Project, outreach: Command) -> None:
    project.script(**{"person1@example.com": "unknown"})
    project.send(email(), call("p2", 2))
    task, _ = project.app.worklist.next("agent")
    assert task is not None
    project.app.inbound.receive("wire-sms", [ReplyNews(Way.SMS, phone(1), "who is this", "m1")])
    project.clock.advance(timedelta(hours=2))
    ran = outreach("doctor", "--json")
    cures = {each["what"]: each["cure"] for each in ran.lines if each["state"] == "warn"}
    assert "outreach reconcile --ask" == cures["attempts of unknown end, which count and wait: 1"]
    assert "outreach replies list" == cures["messages that wait to be read: 1"]
    assert any("call tasks taken and never closed: 1" in what for what in cures)
    assert 0 == ran.status


def test_held_contacts_nobody_sends_are_told(project: Project, outreach: Command) -> None:
    project.clock.set(datetime.fromisoformat("2026-06-02T22:00-04:00"))
    project.send(email("p2", 2))
    project.clock.set(datetime.fromisoformat("2026-06-03T12:00-04:00"))
    assert ("warn", "held contacts are due and nobody sends them") in told(
        outreach("doctor", "--json"), "queue"
    )


@pytest.mark.parametrize(("free", "state"), [(2e9, "ok"), (5e8, "warn"), (5e7, "wrong")])
def test_little_room_on_the_disk_is_told(
    project: Project, outreach: Command, free: float, state: str
) -> None:
    usage: Any = type("Usage", (), {"free": int(free)})
    with patch("shutil.disk_usage", return_value=usage):
        assert [state] == [found for found, _ in told(outreach("doctor", "--json"), "disk")]


def test_a_project_that_cannot_start_is_told_why(project: Project, outreach: Command) -> None:
    (project.folder / "outreach.toml").write_text("plugins = ['nobody-has-this']\n")
    ran = outreach("doctor", "--json")
    assert 1 == ran.status
    assert ["wrong"] == [state for state, _ in told(ran, "start")]
