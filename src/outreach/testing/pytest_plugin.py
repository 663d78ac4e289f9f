"""What pytest loads wherever outreach is installed: four fixtures, and nothing until one is asked for.

``outreach_clock``    a clock that stands still until it is moved
``outreach_ledger``   a ledger of this test's own: a real file of SQLite
``fake_vendor``       an HTTP server on loopback that answers as scripted, or misbehaves as real ones do
``outreach_heard``    what outreach logs, and the errors it makes, while the test runs
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from outreach.domain import FrozenClock
    from outreach.ledger import Ledger
    from outreach.testing import FakeVendor, Heard


@pytest.fixture
def outreach_clock() -> FrozenClock:
    """A :class:`FrozenClock` at ``outreach.testing.NOW``: a Tuesday, 11:00 in New York."""
    from outreach.testing import NOW, FrozenClock

    return FrozenClock(NOW)


@pytest.fixture
def outreach_ledger(tmp_path: Path, outreach_clock: FrozenClock) -> Iterator[Ledger]:
    """An empty ledger in the test's folder, on ``outreach_clock``."""
    from outreach.ledger import open_ledger

    ledger = open_ledger(f"sqlite:///{tmp_path / 'outreach.db'}", outreach_clock, create=True)
    try:
        yield ledger
    finally:
        ledger.close()


@pytest.fixture
def fake_vendor() -> Iterator[FakeVendor]:
    """A vendor that is listening; it answers 200 and ``{}`` until you set ``answer`` or script it."""
    from outreach.testing import FakeVendor, Reply

    with FakeVendor(lambda asked: Reply(200, {})).serving() as vendor:
        yield vendor


@pytest.fixture
def outreach_heard() -> Iterator[Heard]:
    """All that is said meanwhile: ``assert [] == outreach_heard.personal([name, address])``."""
    from outreach.testing import listening

    with listening() as heard:
        yield heard
