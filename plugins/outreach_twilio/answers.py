"""What a request to Twilio gives: what it made or lists, or whether it had left when it failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["ApiFailed", "Created", "Found", "NeverLeft", "NoAnswer", "SaidNo"]


class ApiFailed(Exception):
    """A request did not succeed. ``code`` holds nothing about a person."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class NeverLeft(ApiFailed):
    """No connection came about, so nothing was handed over."""


class NoAnswer(ApiFailed):
    """It may have been handed over; what came back was nothing, or cannot be read."""


class SaidNo(ApiFailed):
    """Twilio answered with an error: the HTTP ``status``, and its own ``number`` (0 where it gave none)."""

    def __init__(self, status: int, number: int) -> None:
        self.status = status
        self.number = number
        super().__init__(str(number or status))


@dataclass(frozen=True, slots=True)
class Created:
    """What Twilio made: its id of it, and its word for how it stands."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class Found:
    """A message or a call as Twilio lists it. ``parent``: the call that dialled this one."""

    sid: str
    status: str
    direction: str
    created_at: datetime | None
    text: str = field(default="", repr=False)
    error: str = ""
    parent: str = ""
