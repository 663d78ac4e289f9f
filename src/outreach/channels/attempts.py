"""What a channel can know of attempts by itself: when one was opened, and which it has handed over."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from outreach.channels.base import Accepted, SendFailed
from outreach.domain import Outcome, moment_of_id

__all__ = ["HandedOver", "opened_at"]

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def opened_at(attempt: str) -> datetime | None:
    """When the attempt was opened, which its id tells.

    :returns: to the second, in UTC; ``None`` if the id is not one of ours.
    """
    if not _ULID.fullmatch(attempt):
        return None
    try:
        return moment_of_id(attempt).replace(microsecond=0)
    except (ValueError, OverflowError, OSError):
        return None


class HandedOver:
    """The latest attempts of this process and how each ended. Safe for several threads.

    For providers that take no idempotency key. An older attempt, or one of another process, is not known
    here: the ledger never repeats an attempt, and this guards against a mistake above it.

    :param most: how many are kept.
    """

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._ends: OrderedDict[str, Accepted | None] = OrderedDict()
        self._attempts: dict[str, str] = {}

    def once(self, attempt: str, hand_over: Callable[[], Accepted]) -> Accepted:
        """Hand an attempt over, unless it was handed over before: then tell how that ended.

        What provably never left may be handed over again.

        :raises SendFailed: as ``hand_over`` does; ``unknown`` if it was taken, and its end is not known.
        """
        before = self.claim(attempt)
        if before is not None:
            return before
        try:
            accepted = hand_over()
        except SendFailed as failed:
            if failed.outcome is not Outcome.UNKNOWN:
                with self._lock:
                    self._ends.pop(attempt, None)
            raise
        with self._lock:
            if attempt in self._ends:
                self._ends[attempt] = accepted
                self._attempts[accepted.provider_id] = attempt
        return accepted

    def belongs_to_another(self, provider_id: str, attempt: str) -> bool:
        """Whether what the provider made is known to be the answer to another attempt."""
        with self._lock:
            return self._attempts.get(provider_id, attempt) != attempt

    def claim(self, attempt: str) -> Accepted | None:
        """Take an attempt that nobody has taken: ``None``; else what it was answered before."""
        with self._lock:
            if attempt in self._ends:
                before = self._ends[attempt]
                if before is None:
                    raise SendFailed.unknown("handed_over_before")
                return before
            self._ends[attempt] = None
            if len(self._ends) > self._most:
                _, oldest = self._ends.popitem(last=False)
                if oldest is not None:
                    self._attempts.pop(oldest.provider_id, None)
        return None
