"""A call task hands an agent the whole brief, in the order of the script, and nothing else leaves."""

import errno
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from outreach.channels import Ability, Channel, brief
from outreach.domain import FrozenClock, Outcome, Way, Words
from outreach.testing import (
    NOW,
    ChannelSuite,
    Failure,
    Unsayable,
    make_cleared,
    sample_sender,
    sample_words,
)
from outreach_call_task import CallTask, CallTaskSettings, VoicemailTask
from tests.plugins.disk import disk_says


class CallTaskSuite(ChannelSuite):
    kind: ClassVar[type[Any]]

    def make_channel(self, folder: Path) -> Channel:
        self.folder = folder / "calls"
        channel: Channel = self.kind(CallTaskSettings(folder=folder))
        return channel

    def carried(self) -> Sequence[str]:
        pages = [path.read_text("utf-8") for path in sorted(self.folder.rglob("*.txt"))]
        return [_script(page) for page in pages]

    def failures(self) -> Sequence[Failure]:
        full = Failure("disk full", lambda: disk_says(errno.ENOSPC, "fsync"), Outcome.NOT_SENT, retry=True)
        return [full]

    def unsayable(self) -> Sequence[Unsayable]:
        return [
            Unsayable("no text", Words("  ")),
            Unsayable("no number", address="home"),
            Unsayable("an empty section", Words("x", sections=(("opening", "x"), ("closing", "")))),
        ]

    def test_it_is_work_for_a_list(self) -> None:
        assert Ability.WORK_LIST in self.channel.abilities


class TestCallTask(CallTaskSuite):
    kind = CallTask


class TestVoicemailTask(CallTaskSuite):
    kind = VoicemailTask


def _script(page: str) -> str:
    """What stands between the facts and the closing hints, without the section titles."""
    body = page.split("\n\nAfterwards:", maxsplit=1)[0].split("\n\n", 2)[2]
    return "\n".join(line for line in body.splitlines() if not re.fullmatch(r"[A-Z ]+", line))


def test_the_brief_gives_number_sender_limit_and_sections_in_order() -> None:
    words = Words(
        "…",
        sections=(("opening", "Hello."), ("identity", "Your date of birth?"), ("disclosure", "You owe.")),
        languages=("en",),
        masked=("account", "date_of_birth"),
        warnings=("judged by the country's law",),
    )
    page = brief(
        attempt="01K5",
        to_name="R. Okafor",
        number="+1",
        sender=sample_sender(Way.CALL),
        words=words,
        good_until=NOW,
    )
    wanted = [
        "CALL TASK 01K5",
        "Ask for:  R. Okafor",
        "Dial:     +1",
        "Show:     +16145550100 (Harbor Recovery)",
        "Before:   2026-03-10 15:00:00+00:00",
        "Masked:   account, date of birth",
        "OPENING\n  Hello.",
        "IDENTITY\n  Your date of birth?",
        "DISCLOSURE\n  You owe.",
        "NOTE: judged by the country's law",
        "outreach calls done 01K5",
    ]
    places = [page.index(text) for text in wanted]
    assert sorted(places) == places


def test_the_file_of_a_task_holds_what_the_core_wrote_for_the_agent_before_the_script(tmp_path: Path) -> None:
    """The channel prints it as it is handed over; it asks for nothing more about the person."""
    background = "find out\nConfirm that it is she.\n\ndebts\nd1: Mill Street Bank, ****1234; $5.00"
    channel = CallTask(CallTaskSettings(folder=tmp_path))
    channel.deliver(make_cleared(Way.CALL, agent="kim", brief=background), FrozenClock(NOW))
    [page] = [path.read_text("utf-8") for path in tmp_path.rglob("*.txt")]
    wanted = ["Ask for:  Rosalind Okafor", "FIND OUT\n  Confirm", "DEBTS\n  d1: Mill Street Bank", "OPENING"]
    places = [page.index(text) for text in wanted]
    assert sorted(places) == places


def test_a_warning_stands_once_however_it_came() -> None:
    words = replace(sample_words(Way.CALL), warnings=("written in en",))
    page = brief(
        attempt="01K5",
        to_name="",
        number="+1",
        sender=sample_sender(Way.CALL),
        words=words,
        background="look out\nwritten in en",
    )
    assert 1 == page.count("written in en")


def test_a_brief_breaks_lines_but_never_words() -> None:
    text = "antidisestablishmentarianism " * 20 + "a" * 200
    words = replace(sample_words(Way.VOICEMAIL), text=text)
    page = brief(attempt="01K5", to_name="", number="+1", sender=sample_sender(Way.CALL), words=words)
    assert text.split() == _script(page).split()
