"""The kit for authors of plugins: the suite every channel passes, fakes, and the detector.

    from outreach.testing import ChannelSuite, Failure, make_cleared

It needs pytest, which outreach itself does not.
"""

import pytest

pytest.register_assert_rewrite("outreach.testing.channel_suite", "outreach.testing.listening")

from outreach.domain import FrozenClock  # noqa: E402  after the line above, so that asserts explain themselves
from outreach.logs import Hit, find_personal  # noqa: E402
from outreach.testing.channel_suite import ChannelSuite, Failure, Unsayable  # noqa: E402
from outreach.testing.fakes import NOW, make_cleared, private_texts, sample_sender, sample_words  # noqa: E402
from outreach.testing.listening import Heard, listening  # noqa: E402
from outreach.testing.vendor import Asked, FakeVendor, Reply  # noqa: E402

__all__ = [
    "NOW",
    "Asked",
    "ChannelSuite",
    "Failure",
    "FakeVendor",
    "FrozenClock",
    "Heard",
    "Hit",
    "Reply",
    "Unsayable",
    "find_personal",
    "listening",
    "make_cleared",
    "private_texts",
    "sample_sender",
    "sample_words",
]
