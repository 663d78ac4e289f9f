"""Where time comes from. Nothing else in outreach may ask the operating system for it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "FrozenClock", "StartedClock", "SystemClock"]


class Clock(Protocol):
    """Tells the moment and lets time pass."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let this many seconds pass."""
        ...


class SystemClock:
    """The operating system's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class StartedClock:
    """Runs at real speed from a chosen moment; the demo's clock.

    :param start: aware; what :meth:`now` answers first.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._began)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class FrozenClock:
    """Stands still until moved; sleeping moves it. For tests and for asking about another moment."""

    def __init__(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._moment = moment.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._moment

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        """Move on by ``by`` (backwards too: a clock can jump)."""
        with self._lock:
            self._moment += by

    def set(self, moment: datetime) -> None:
        """Stand at ``moment`` (aware) from now on."""
        with self._lock:
            self._moment = moment.astimezone(UTC)
