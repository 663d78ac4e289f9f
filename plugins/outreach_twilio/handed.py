"""What this process has handed over: Twilio's API takes no idempotency key, so we keep it ourselves."""

from __future__ import annotations

import threading
from collections import OrderedDict

from outreach.channels import Accepted, SendFailed

__all__ = ["HandedOver"]


class HandedOver:
    """The latest attempts of this process and how each ended. Safe for several threads.

    An older attempt, or one of another process, is not known here. The ledger never repeats an attempt; this
    guards against a mistake above it.

    :param most: how many are kept.
    """

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._ends: OrderedDict[str, Accepted | None] = OrderedDict()
        self._attempts: dict[str, str] = {}

    def claim(self, attempt: str) -> Accepted | None:
        """Take an attempt that nobody has taken.

        :returns: ``None`` if it is ours now, else what it was answered before.
        :raises SendFailed: ``unknown`` if it was taken, and how it ended is not known.
        """
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

    def accepted(self, attempt: str, accepted: Accepted) -> None:
        """Keep what it was answered."""
        with self._lock:
            if attempt in self._ends:
                self._ends[attempt] = accepted
                self._attempts[accepted.provider_id] = attempt

    def forget(self, attempt: str) -> None:
        """It provably never left, so it may be handed over again."""
        with self._lock:
            self._ends.pop(attempt, None)

    def belongs_to_another(self, provider_id: str, attempt: str) -> bool:
        """Whether what Twilio made is known to be the answer to another attempt."""
        with self._lock:
            return self._attempts.get(provider_id, attempt) != attempt
