"""The plugin of pytest: four fixtures where outreach is installed, and no trace of it anywhere else."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

import outreach.testing
from outreach.domain import SYSTEM, FrozenClock, NewEvent
from outreach.errors import InputError
from outreach.ledger import Ledger, open_ledger
from outreach.testing import NOW, FakeVendor, Heard, Reply


def test_pytest_finds_the_plugin_by_its_entry_point() -> None:
    [point] = entry_points(group="pytest11", name="outreach")
    assert "outreach.testing.pytest_plugin" == point.value


def test_the_clock_stands_at_the_moment_of_the_fakes(outreach_clock: FrozenClock) -> None:
    assert NOW == outreach_clock.now()
    outreach_clock.sleep(60)
    assert 60 == (outreach_clock.now() - NOW).total_seconds()


def test_the_ledger_is_a_file_of_this_test(
    outreach_ledger: Ledger, outreach_clock: FrozenClock, tmp_path: Path
) -> None:
    with outreach_ledger.write() as writing:
        writing.append([NewEvent(SYSTEM, "paused", NOW, {"scope": "everything", "value": "", "by": "test"})])
    other = open_ledger(f"sqlite:///{tmp_path / 'outreach.db'}", outreach_clock)
    assert 1 == other.verify().events
    other.close()


def test_the_vendor_answers_as_it_is_told(fake_vendor: FakeVendor) -> None:
    fake_vendor.answer = lambda asked: Reply(200, {"path": asked.path})
    fake_vendor.next(Reply(503))
    with pytest.raises(HTTPError) as error:
        urlopen(fake_vendor.url)
    error.value.close()
    with urlopen(f"{fake_vendor.url}/x") as answer:
        assert b'{"path": "/x"}' == answer.read()
    assert ["/", "/x"] == [asked.path for asked in fake_vendor.asked]


@pytest.mark.says_personal_data
def test_what_is_said_is_heard(outreach_heard: Heard) -> None:
    str(InputError("no row for Rosalind Okafor"))
    assert 1 == len(outreach_heard.personal(["Rosalind Okafor"]))


def test_every_name_of_the_kit_can_be_had_and_no_other() -> None:
    assert all(getattr(outreach.testing, name) is not None for name in outreach.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'ChannelSuit'"):
        outreach.testing.ChannelSuit  # noqa: B018


def test_a_run_that_uses_none_of_it_imports_none_of_it(tmp_path: Path) -> None:
    """Neither is coverage disturbed: what is imported before it starts to look is not counted."""
    (tmp_path / "test_other.py").write_text(
        "import sys\n\n\ndef test_other():\n"
        "    ours = sorted(name for name in sys.modules if name.startswith('outreach'))\n"
        "    assert ['outreach', 'outreach.testing', 'outreach.testing.pytest_plugin'] == ours\n"
        "    assert not {'sqlalchemy', 'pydantic', 'structlog', 'jinja2'} & sys.modules.keys()\n"
    )
    without = [f"-pno:{name}" for name in ("cacheprovider", "hypothesispytest", "xdist", "randomly")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *without, "-c", "/dev/null", f"--rootdir={tmp_path}", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert 0 == done.returncode, done.stdout
