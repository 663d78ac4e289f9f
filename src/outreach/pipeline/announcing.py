"""Telling observers what was recorded: after the commit, in order within a stream, at least once.

Each observer has a durable cursor in the ledger and a thread of its own here, so that one that fails
or dawdles keeps its place, is told again with growing pauses, and delays nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from outreach.domain import Event
from outreach.ledger import Ledger
from outreach.logs import get

__all__ = ["Announcer"]

log = get(__name__)

_BATCH = 500
_FIRST_PAUSE = 0.5  # seconds; doubled after each failure
_LONGEST_PAUSE = 60.0
_IN_VAIN = 50  # failures in a row after which the observer is at fault, and not what it was told


class Announcer:
    """Serves observers in the background while a run lasts.

    :param observers: (plugin name, callable) pairs.
    """

    def __init__(self, ledger: Ledger, observers: list[tuple[str, Callable[..., Any]]]) -> None:
        self._ledger = ledger
        self._observers = observers
        self._news = [threading.Event() for _ in observers]
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, args=(index,), name=f"observer-{name}", daemon=True)
            for index, (name, _) in enumerate(observers)
        ]
        for thread in self._threads:
            thread.start()

    def __call__(self) -> None:
        """Something was committed."""
        for news in self._news:
            news.set()

    def close(self, seconds: float = 10.0) -> None:
        """Serve what there is, then stop; an observer that fails is left for the next run."""
        self._closing.set()
        self()
        for thread in self._threads:
            thread.join(seconds)

    def _serve(self, index: int) -> None:
        name, tell = self._observers[index]
        news, pause = self._news[index], _FIRST_PAUSE
        while True:
            news.wait(timeout=_LONGEST_PAUSE)
            news.clear()
            if self._tell_all(name, tell):
                pause = _FIRST_PAUSE
            elif not self._closing.wait(timeout=pause):
                pause = min(pause * 2, _LONGEST_PAUSE)
                news.set()
            if self._closing.is_set() and not news.is_set():
                return

    def _tell_all(self, name: str, tell: Callable[..., Any]) -> bool:
        """Tell everything new; ``False`` where the observer failed: those streams keep their place."""
        behind: dict[str, str] = {}  # streams that failed in this sweep, and by what
        in_vain = 0
        try:
            while in_vain < _IN_VAIN and (events := self._ledger.news(name, _BATCH)):
                told: list[Event] = []
                for event in events:
                    if event.stream in behind or in_vain == _IN_VAIN:
                        continue
                    try:
                        tell(event=event)
                    except Exception as trouble:  # noqa: BLE001  an observer's trouble is its own
                        behind[event.stream] = type(trouble).__name__
                        in_vain += 1
                    else:
                        told.append(event)
                        in_vain = 0
                if not told:
                    break  # nothing is left but what failed
                self._ledger.served(name, told)
        except Exception as trouble:  # noqa: BLE001  the ledger's: what was told is told once more
            behind[""] = type(trouble).__name__
        for error in dict.fromkeys(behind.values()):
            log.warning("observer_failed", plugin=name, error=error)
        return not behind
