"""The way out in a storm: writes down what it was handed, in a file that only grows, and misbehaves.

What that file says is what really left. It is written outside the ledger and by nobody of outreach, so it
can bear witness against it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from outreach.channels import Accepted, Channel, Cleared, Rate, SendFailed
from outreach.domain import Way
from outreach.hookspecs import hookimpl
from tests.chaos.clock import ChaosClock
from tests.chaos.faults import reached

__all__ = ["OUTREACH_API", "Witness", "outreach_register_channels"]

OUTREACH_API = 1

# Of a thousand sends.
_ENDINGS = (
    (40, "not_sent"),
    (30, "refused"),
    (8, "opted_out"),
    (30, "silent"),  # it left, and no answer came
    (10, "lost"),  # it did not leave, and no answer came either
    (15, "raises"),
    (30, "slow"),
)


class Witness:
    """The record of what really left.

    :param folder: the project's.
    """

    def __init__(self, folder: Path, clock: ChaosClock) -> None:
        self._path = folder / "sent.jsonl"
        self._clock = clock

    def saw(self, attempt: str, to: str, by: str) -> None:
        """This attempt left just now; one write, so that a line is there or not."""
        line = {"attempt": attempt, "to": to, "by": by, "at": self._clock.now().isoformat()}
        line["true"] = round(self._clock.true(), 6)  # type: ignore[assignment]
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, (json.dumps(line) + "\n").encode())
        finally:
            os.close(file)


class Wire(Channel):
    """Ends well, or as chance has it; the chance is drawn from the attempt's id."""

    rate = Rate(at_once=3)

    def __init__(self, folder: Path, seed: str) -> None:
        self._witness = Witness(folder, ChaosClock(folder))
        self._seed = seed

    def send(self, cleared: Cleared) -> Accepted:
        reached("noted")
        ending = self._ending(cleared.attempt)
        if ending == "not_sent":
            raise SendFailed.not_sent("line down", retry=True)
        if ending == "refused":
            raise SendFailed.refused("no such address")
        if ending == "opted_out":
            raise SendFailed.opted_out("21610")
        if ending == "lost":
            raise SendFailed.unknown("no answer")
        self._witness.saw(cleared.attempt, cleared.address, self.medium.value)
        reached("sent")
        if ending == "silent":
            raise SendFailed.unknown("no answer")
        if ending == "raises":
            raise RuntimeError("something nobody thought of")
        if ending == "slow":
            time.sleep(0.02)
        return Accepted(provider_id="w-" + cleared.attempt)

    def _ending(self, attempt: str) -> str:
        if not self._seed:
            return ""
        drawn = int(hashlib.sha256(f"{self._seed}{attempt}".encode()).hexdigest()[:8], 16) % 1000
        for share, ending in _ENDINGS:
            if drawn < share:
                return ending
            drawn -= share
        return ""


class WireSms(Wire):
    """Texts."""

    name = "wire-sms"
    medium = Way.SMS


class WireEmail(Wire):
    """E-mail."""

    name = "wire-email"
    medium = Way.EMAIL


@hookimpl
def outreach_register_channels(register: Callable[[Channel], None], settings: Mapping[str, Any]) -> None:
    """Both. ``seed``: "" for a wire that behaves."""
    for kind in (WireSms, WireEmail):
        register(kind(Path(settings["folder"]), str(settings.get("seed", ""))))
