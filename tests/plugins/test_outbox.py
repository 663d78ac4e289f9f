"""The outbox keeps every promise of a channel, and its files are what a person or a mail program expects."""

import email
import email.policy
import errno
import gc
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import pytest

from outreach.channels import Channel, SendFailed
from outreach.domain import FrozenClock, Outcome, Way, new_id
from outreach.errors import SettingsError
from outreach.testing import NOW, ChannelSuite, Failure, Unsayable, make_cleared, sample_sender, sample_words
from outreach_outbox import OutboxEmail, OutboxLetter, OutboxSettings, OutboxSms
from outreach_outbox.pages import as_email
from tests.plugins.disk import disk_says


class OutboxSuite(ChannelSuite):
    kind: ClassVar[type[Any]]

    def make_channel(self, folder: Path) -> Channel:
        self.folder = folder / "outbox"
        channel: Channel = self.kind(OutboxSettings(folder=folder))
        return channel

    def files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.*")) if self.folder.exists() else []

    def carried(self) -> Sequence[str]:
        return [self.text_of(path) for path in self.files()]

    def text_of(self, path: Path) -> str:
        raise NotImplementedError

    def failures(self) -> Sequence[Failure]:
        return [
            Failure("disk full", lambda: disk_says(errno.ENOSPC, "fsync"), Outcome.NOT_SENT, retry=True),
            Failure("disk read only", lambda: disk_says(errno.EROFS, "open"), Outcome.NOT_SENT, retry=True),
            Failure("no rename", lambda: disk_says(errno.EDQUOT, "rename"), Outcome.NOT_SENT, retry=True),
        ]

    def unsayable(self) -> Sequence[Unsayable]:
        sampled = sample_words(self.kind.medium)
        return [
            Unsayable("no text", replace(sampled, text=" \n")),
            Unsayable("NUL in the text", replace(sampled, text="before\0after")),
        ]

    def test_a_failed_write_leaves_no_file_and_the_attempt_can_be_tried_again(self) -> None:
        attempt = self.cleared().attempt
        with disk_says(errno.ENOSPC, "fsync"), pytest.raises(SendFailed, match="enospc"):
            self.deliver(self.cleared(attempt=attempt))
        assert [] == self.files()
        self.deliver(self.cleared(attempt=attempt))
        assert [attempt] == [path.stem for path in self.files()]

    def test_the_same_attempt_with_other_words_does_not_replace_what_left(self) -> None:
        attempt = self.cleared().attempt
        self.deliver(self.cleared(attempt=attempt))
        [before] = self.carried()
        other = replace(sample_words(self.kind.medium), text="Something else.")
        with pytest.raises(SendFailed, match="another_content") as failed:
            self.deliver(self.cleared(attempt=attempt, words=other))
        assert Outcome.UNKNOWN is failed.value.outcome
        assert [before] == list(self.carried())

    def test_what_a_crash_left_half_written_is_unknown_and_not_repeated(self) -> None:
        cleared = self.cleared()
        path = self.channel.spool.file(cleared.attempt)  # type: ignore[attr-defined]
        path.parent.mkdir(parents=True)
        (path.parent / f".{path.name}.part").write_text("half")
        with pytest.raises(SendFailed) as failed:
            self.deliver(cleared)
        assert Outcome.UNKNOWN is failed.value.outcome
        assert not path.exists()

    def test_an_id_cannot_name_a_file_outside_the_folder(self) -> None:
        with pytest.raises(SendFailed) as failed:
            self.deliver(self.cleared(attempt="../../evil"))
        assert Outcome.NOT_SENT is failed.value.outcome
        assert [] == self.files()

    def test_only_the_owner_may_read_what_was_written(self) -> None:
        self.deliver(self.cleared())
        [path] = self.files()
        assert 0o600 == path.stat().st_mode & 0o777
        assert 0o700 == path.parent.stat().st_mode & 0o777


class TestOutboxSms(OutboxSuite):
    kind = OutboxSms

    def text_of(self, path: Path) -> str:
        return path.read_text("utf-8").partition("\n\n")[2]

    def unsayable(self) -> Sequence[Unsayable]:
        long = replace(sample_words(Way.SMS), text="x" * 1601)
        return [*super().unsayable(), Unsayable("too long", long), Unsayable("no number", address="home")]

    def test_a_text_of_the_longest_length_leaves_whole(self) -> None:
        self.deliver(self.cleared(words=replace(sample_words(Way.SMS), text="x" * 1600)))
        assert ["x" * 1600 + "\n"] == self.carried()

    def test_number_and_sender_stand_above_the_text(self) -> None:
        self.deliver(self.cleared())
        [path] = self.files()
        assert ["To: +16145550142", "From: +16145550100", ""] == path.read_text().splitlines()[:3]


class TestOutboxEmail(OutboxSuite):
    kind = OutboxEmail

    def parsed(self, path: Path) -> Any:
        return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)

    def text_of(self, path: Path) -> str:
        return str(self.parsed(path).get_content())

    def unsayable(self) -> Sequence[Unsayable]:
        sampled = sample_words(Way.EMAIL)
        sender = sample_sender(Way.EMAIL)
        return [
            *super().unsayable(),
            Unsayable("no subject", replace(sampled, subject="")),
            Unsayable("a subject that forges a header", replace(sampled, subject="a\nBcc: x@example.org")),
            Unsayable("a name that forges a header", to_name="Rosalind\r\nBcc: x@example.org"),
            Unsayable("no address", address="+16145550142"),
            Unsayable("two addresses", address="a@example.org, b@example.org"),
            Unsayable("no sender's address", sender=replace(sender, address="main")),
        ]

    def test_a_mail_program_reads_sender_recipient_subject_id_and_date(self) -> None:
        subject = "Su cuenta: última cuota, ¿podemos ayudar?"
        words = replace(sample_words(Way.EMAIL), subject=subject, languages=("es",))
        cleared = self.cleared(words=words, to_name="Núñez, Rosalía")
        self.deliver(cleared)
        [path] = self.files()
        message = self.parsed(path)
        assert not message.defects
        assert "payments@collector.example" == message["From"].addresses[0].addr_spec
        [to] = message["To"].addresses
        assert ("Núñez, Rosalía", "rosalind.okafor@example.org") == (to.display_name, to.addr_spec)
        assert words.subject == message["Subject"]
        assert f"<{cleared.attempt}@collector.example>" == message["Message-ID"]
        assert NOW == message["Date"].datetime
        assert "es" == message["Content-Language"]

    def test_every_line_ends_as_mail_demands_and_none_is_too_long(self) -> None:
        self.deliver(self.cleared(words=replace(sample_words(Way.EMAIL), text="word " * 500)))
        [path] = self.files()
        lines = path.read_bytes().split(b"\r\n")
        assert not any(b"\n" in line for line in lines)
        assert 998 >= max(map(len, lines))

    def test_an_id_that_is_not_ours_gives_no_invented_date(self) -> None:
        self.deliver(self.cleared(attempt="from-another-system"))
        [path] = self.files()
        assert self.parsed(path)["Date"] is None


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[str, list[str]] = {}
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "br"):
            self._open.append(tag)
            self.parts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.parts[self._open[-1]][-1] += data


def page_of(path: Path) -> dict[str, list[str]]:
    reader = _Page()
    reader.feed(path.read_text("utf-8"))
    return reader.parts


class TestOutboxLetter(OutboxSuite):
    kind = OutboxLetter

    def text_of(self, path: Path) -> str:
        return page_of(path)["pre"][0]

    def unsayable(self) -> Sequence[Unsayable]:
        return [*super().unsayable(), Unsayable("no address", address="\n \n")]

    def test_the_address_block_names_the_person_once_and_skips_empty_lines(self) -> None:
        self.deliver(self.cleared(address="Rosalind Okafor\n\n12 Larkspur Lane\nColumbus OH 43004\n"))
        [path] = self.files()
        blocks = page_of(path)["address"]
        assert ["Rosalind Okafor", "12 Larkspur Lane", "Columbus OH 43004"] == blocks[1].split("\n")

    def test_the_envelope_shows_nothing_but_its_own_lines_and_the_address(self) -> None:
        """12 CFR 1006.22(f)(2): no more than the collector's address may stand on it."""
        self.deliver(self.cleared())
        [path] = self.files()
        *_, envelope, address = page_of(path)["address"]
        assert ["PO Box 7", "Columbus OH 43004"] == envelope.split("\n")
        assert "Rosalind Okafor" == address.split("\n")[0]
        assert "debt" not in path.read_text().partition("<footer")[2]

    def test_the_page_says_its_language(self) -> None:
        self.deliver(self.cleared(words=replace(sample_words(Way.LETTER), languages=("zh",))))
        [path] = self.files()
        assert '<html lang="zh">' in path.read_text("utf-8")


def test_the_folder_of_the_settings_is_used_below_the_project(tmp_path: Path) -> None:
    channel = OutboxSms(OutboxSettings(folder=tmp_path, path="out/going"))
    cleared = make_cleared(Way.SMS)
    channel.deliver(cleared, FrozenClock(NOW))
    assert (tmp_path / "out/going/sms" / f"{cleared.attempt}.txt").is_file()


def test_an_email_leaves_nothing_for_the_collector_of_garbage() -> None:
    """In a process of its own: here threads of other tests' servers may leave some of theirs meanwhile."""
    words = [sys.executable, "-c", f"from {__name__} import garbage; print(garbage())"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False, timeout=60)
    assert ("0\n", "") == (done.stdout, done.stderr)


def garbage() -> int:
    """How many objects twenty e-mails leave for the collector."""
    cleared = make_cleared(Way.EMAIL)
    first = as_email(cleared)  # makes the kinds of header
    gc.collect()
    gc.disable()
    again = [as_email(cleared) for _ in range(20)]
    left = gc.collect()
    assert again == [first] * 20
    return left


def test_checking_names_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands where the folder should be")
    with pytest.raises(SettingsError, match="cannot be written") as error:
        OutboxSms(OutboxSettings(folder=tmp_path)).check()
    assert str(tmp_path / "outbox" / "sms") == error.value.where


def test_real_disk_without_room_sends_nothing(tmp_path: Path) -> None:
    """A file size limit of the operating system, not a patched function."""
    import resource
    import signal

    cleared = make_cleared(Way.SMS, attempt=new_id(NOW))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
        with pytest.raises(SendFailed) as failed:
            OutboxSms(OutboxSettings(folder=tmp_path)).deliver(cleared, FrozenClock(NOW))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)
    assert (Outcome.NOT_SENT, "efbig", True) == (failed.value.outcome, failed.value.code, failed.value.retry)
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]
