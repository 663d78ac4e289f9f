"""The kit for authors of plugins: the suites every channel and check passes, fakes, and the detector.

    from outreach.testing import ChannelSuite, Failure, make_cleared

It needs pytest, which outreach itself does not. Names are imported when first asked for: pytest loads this
package in every run of every project it is installed for (see ``pytest_plugin``), and most do not use it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from outreach.domain import FrozenClock
    from outreach.logs import Hit, find_personal
    from outreach.testing.channel_suite import ChannelSuite
    from outreach.testing.check_suite import CheckSuite, Judged
    from outreach.testing.fakes import (
        NOW,
        make_case,
        make_cleared,
        private_texts,
        sample_consumer,
        sample_sender,
        sample_words,
    )
    from outreach.testing.heard import Heard, listening
    from outreach.testing.suite import Failure, Told, Unsayable
    from outreach.testing.vendor import Asked, FakeVendor, Reply

__all__ = [
    "NOW",
    "Asked",
    "ChannelSuite",
    "CheckSuite",
    "Failure",
    "FakeVendor",
    "FrozenClock",
    "Heard",
    "Hit",
    "Judged",
    "Reply",
    "Told",
    "Unsayable",
    "find_personal",
    "listening",
    "make_case",
    "make_cleared",
    "private_texts",
    "sample_consumer",
    "sample_sender",
    "sample_words",
]

_SUITES = ("channel_suite", "callback_suite", "reconcile_suite", "check_suite", "suite", "heard")

# Before any of them is imported, so that their asserts explain themselves.
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in _SUITES))

_WHERE = {
    "outreach.domain": ("FrozenClock",),
    "outreach.logs": ("Hit", "find_personal"),
    f"{__name__}.channel_suite": ("ChannelSuite",),
    f"{__name__}.check_suite": ("CheckSuite", "Judged"),
    f"{__name__}.fakes": (
        *("NOW", "make_case", "make_cleared", "private_texts"),
        *("sample_consumer", "sample_sender", "sample_words"),
    ),
    f"{__name__}.heard": ("Heard", "listening"),
    f"{__name__}.suite": ("Failure", "Told", "Unsayable"),
    f"{__name__}.vendor": ("Asked", "FakeVendor", "Reply"),
}


def __getattr__(name: str) -> Any:
    for module, names in _WHERE.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
