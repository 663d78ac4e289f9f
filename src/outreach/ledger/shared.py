"""What the views of one ledger have in common: its key, and what it need not read twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from outreach.domain import Clock, Consumer, Pause
from outreach.ledger.records import consumer_from
from outreach.ledger.tokens import Aliases, InstallationKey

__all__ = ["Head", "Shared"]

_CONSUMERS = 4096  # bounds memory: a campaign of a million meets each person a few times, close together

_NEVER: Final = object()


@dataclass(slots=True)
class Head:
    """Where a stream's chain ends, within one view; a write moves it on."""

    number: int
    name: str
    aliases: Aliases
    height: int
    hash: str
    last: int  # recorded_at of the last row, microseconds


class Shared:
    """Nothing here is a truth of its own: all of it can be read again."""

    def __init__(self, clock: Clock, key: InstallationKey) -> None:
        self.clock = clock
        self.key = key
        self._consumers: dict[tuple[str, str], Consumer] = {}
        self._pauses: tuple[int, tuple[Pause, ...]] | None = None
        self._heads: tuple[object, dict[str, Head]] = (_NEVER, {})

    def consumer(self, person: str, version: str, data: str) -> Consumer:
        """A person's data of one version, made once."""
        known = self._consumers.get((person, version))
        if known is None:
            if len(self._consumers) >= _CONSUMERS:
                self._consumers.clear()
            known = self._consumers[person, version] = consumer_from(data)
        return known

    def forget(self, person: str) -> None:
        """Keep no data of a person erased in memory."""
        self._consumers = {
            known: consumer for known, consumer in self._consumers.items() if known[0] != person
        }

    def heads_at(self, version: object) -> dict[str, Head]:
        """The chain heads the last write left, if nobody has written since; endings need them again.

        :param version: connection and its count of others' commits, asked with the lock held.
        """
        known, heads = self._heads
        self._heads = (_NEVER, {})  # a write moves them on, and may yet be rolled back
        return heads if known == version else {}

    def keep_heads(self, version: object, heads: dict[str, Head]) -> None:
        """Remember the heads a committed write left."""
        self._heads = (version, heads)

    def pauses_at(self, height: int) -> tuple[Pause, ...] | None:
        """The pauses in force at this height of the system's chain, if they were read before."""
        known = self._pauses
        return known[1] if known is not None and known[0] == height else None

    def keep_pauses(self, height: int, pauses: tuple[Pause, ...]) -> None:
        """Remember them; only for committed heights."""
        self._pauses = (height, pauses)
