"""What the views of one ledger have in common: its key, and what it need not read twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from outreach.domain import Clock, Consumer, Pause
from outreach.ledger.encrypted import TOKENS, Ciphers
from outreach.ledger.records import consumer_from
from outreach.ledger.tokens import Aliases, InstallationKey

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys

__all__ = ["Head", "Shared"]

_CONSUMERS = 4096  # bounds memory: a campaign of a million meets each person a few times, close together

_NEVER: Final = object()


@dataclass(slots=True)
class Head:
    """Where a stream's chain ends, within one view; a write moves it on.

    ``exposed``: its key is stored in plain although encryption is on.
    """

    number: int
    name: str
    aliases: Aliases
    height: int
    hash: str
    last: int  # recorded_at of the last row, microseconds
    exposed: bool = False

    def tokens(self) -> str:
        """The stream's tokens, as they are kept."""
        text, cipher = self.aliases.dump(), self.aliases.cipher
        return text if cipher is None else cipher.encrypt(TOKENS.name, "", text)


class Shared:
    """Nothing here is a truth of its own: all of it can be read again.

    ``master``: the master keys; ``None``: encryption is off. ``marked``: the ledger says that
    it is encrypted.
    """

    def __init__(
        self, clock: Clock, key: InstallationKey, master: MasterKeys | None = None, *, marked: bool = False
    ) -> None:
        self.clock = clock
        self.key = key
        self.master = master
        self.ciphers = Ciphers(master)
        self.marked = marked
        self._consumers: dict[tuple[str, str], Consumer] = {}
        self._pauses: tuple[int, tuple[Pause, ...]] | None = None
        self._heads: tuple[object, dict[str, Head]] = (_NEVER, {})

    def known_consumer(self, person: str, version: str) -> Consumer | None:
        """A person's data of one version, if they were read lately."""
        return self._consumers.get((person, version))

    def consumer(self, person: str, version: str, data: str) -> Consumer:
        """A person's data of one version, read and remembered."""
        if len(self._consumers) >= _CONSUMERS:
            self._consumers.clear()
        known = self._consumers[person, version] = consumer_from(data)
        return known

    def forget(self, person: str) -> None:
        """Keep no data and no key of a person erased in memory."""
        self.ciphers.forget(person)
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
