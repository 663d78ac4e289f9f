"""Wires with special habits, made of the common one: one send at a time, and sends that wait or kill."""

from __future__ import annotations

from tests.support import WIRE

__all__ = ["DEADLY", "ONE_BY_ONE"]


def _instead(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


ONE_BY_ONE = _instead(
    _instead(WIRE, "rate = Rate(at_once=4)", "rate = Rate(at_once=1)"),
    "        return Accepted(",
    """\
        if ending.startswith("waits:"):
            (self.folder / "waiting").touch()
            while not (self.folder / ending.partition(":")[2]).exists():
                time.sleep(0.005)
        return Accepted(""",
)
"""One thread. An address whose script says ``waits:NAME`` is sent to, then waits for a file NAME."""

DEADLY = _instead(
    _instead(
        _instead(WIRE, "rate = Rate(at_once=4)", "rate = Rate(at_once=1)"),
        "        line = json.dumps(",
        """\
        if ending == "dies_before":
            os.kill(os.getpid(), 9)
        line = json.dumps(""",
    ),
    '        if ending == "unknown":',
    """\
        if ending == "dies_after":
            os.kill(os.getpid(), 9)
        if ending == "unknown":""",
)
"""One thread. ``dies_before`` and ``dies_after`` kill the process around the sending, as ``kill -9`` does."""
