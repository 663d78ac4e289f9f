"""What is encrypted beside the chain, and how encrypted values are told from plain ones.

Each stream (a person, the system) has a random key of its own. With encryption on, that key is stored
encrypted under a master key of the installation, and what lies beside the stream's chain under a key derived
from it. A plain value is JSON and a plain key is hexadecimal: neither begins like an encrypted one, so that
both kinds may stand in one ledger. The work itself is done in ``encryption``, which is loaded only where
master keys are given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from outreach.errors import LedgerError

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys, StreamCipher

__all__ = [
    "ASIDE",
    "COLUMNS",
    "DATA",
    "ENCRYPTED",
    "LATE_WORDS",
    "MASTER_KEY",
    "RECEIVED",
    "STANDING",
    "TOKENS",
    "WORDS",
    "WRAPPED",
    "Ciphers",
    "Column",
    "Unlocked",
    "key_needed",
    "unreadable",
]

ENCRYPTED: Final = "e1:"
"""Begins each encrypted value: version 1, AES-256-GCM."""
WRAPPED: Final = "k1:"
"""Begins each encrypted key of a stream; the id of its master key follows."""
MASTER_KEY: Final = "master_key"
"""Names, among the facts of the installation, the id of the master key that was current last."""

_KEPT: Final = 4096  # bounds memory


class Column(NamedTuple):
    """A column whose values are encrypted.

    ``name`` and what ``row`` says bind a value to its place. ``source``: what stands behind FROM, with the
    stream as ``s``. ``stream``, ``key``: name and key of the stream whose key encrypts it.
    """

    name: str
    table: str
    value: str
    id: str
    row: str
    source: str
    stream: str = "s.name"
    key: str = "s.key"
    plain: str = "{value} LIKE '{{%'"  # which values are still plain

    @property
    def column(self) -> str:
        """The column's own name."""
        return self.value.partition(".")[2]

    @property
    def is_plain(self) -> str:
        """The condition that a value is still plain."""
        return self.plain.format(value=self.value)


TOKENS: Final = Column("stream.aliases", "stream", "s.aliases", "s.id", "''", "stream AS s")
DATA: Final = Column(
    "person_version.data",
    "person_version",
    "v.data",
    "v.id",
    "v.version",
    "person_version AS v JOIN stream AS s ON s.id = v.stream",
)
ASIDE: Final = Column(
    "entry.aside", "entry", "e.aside", "e.id", "e.seq", "entry AS e JOIN stream AS s ON s.id = e.stream"
)
# Words may be kept before the row that opens their attempt: until then nobody can tell whose they are.
WORDS: Final = Column(
    "words.data",
    "words",
    "w.data",
    "w.attempt",
    "w.attempt",
    "words AS w LEFT JOIN entry AS e ON e.name = w.attempt LEFT JOIN stream AS s ON s.id = e.stream",
    "coalesce(s.name, 'system')",
    "coalesce(s.key, (SELECT y.key FROM stream AS y WHERE y.name = 'system'))",
)
RECEIVED: Final = Column(
    "contact.received",
    "contact",
    "c.received",
    "c.arrival",
    "c.id",
    "contact AS c JOIN stream AS s ON s.name = c.person",
)
# Only its reason is free text: that alone is encrypted, inside the JSON.
STANDING: Final = Column(
    "contact.standing",
    "contact",
    "c.standing",
    "c.arrival",
    "c.id",
    "contact AS c JOIN stream AS s ON s.name = c.person",
    plain="{value} LIKE '%\"reason\":%'",
)
LATE_WORDS: Final = (
    f"w.attempt, w.data, {WORDS.stream}, {WORDS.key}, "
    f"(SELECT y.key FROM stream AS y WHERE y.name = 'system') FROM {WORDS.source}"
)
"""What :meth:`Ciphers.words` takes."""
COLUMNS: Final = (TOKENS, DATA, ASIDE, WORDS, RECEIVED, STANDING)


class Unlocked(NamedTuple):
    """A stream's key in plain ("" once it was erased), and its cipher where encryption is on."""

    key: str
    cipher: StreamCipher | None


class Ciphers:
    """The keys and ciphers of streams, remembered: a campaign meets each person a few times, close together.

    :param master: ``None`` where encryption is off.
    """

    __slots__ = ("_known", "_master")

    def __init__(self, master: MasterKeys | None) -> None:
        self._master = master
        self._known: dict[tuple[str, str], Unlocked | None] = {}

    def find(self, stream: str, key: str) -> Unlocked | None:
        """A stream's key and cipher; ``None`` if the stored key was changed.

        :param key: as it is stored.
        :raises LedgerError: if it is encrypted and the master key for it is not given.
        """
        if self._master is None:
            if key.startswith(WRAPPED):
                raise key_needed()
            return Unlocked(key, None)
        place = stream, key  # not the key alone: it has to be proven for each stream
        if place in self._known:
            return self._known[place]
        if len(self._known) >= _KEPT:
            self._known.clear()
        found = self._known[place] = self._master.unlock(stream, key)
        return found

    def of(self, stream: str, key: str) -> Unlocked:
        """A stream's key and cipher.

        :raises LedgerError: if the stored key was changed, or its master key is not given.
        """
        found = self.find(stream, key)
        if found is None:
            raise unreadable(stream, "its key")
        return found

    def plain(self, column: Column, stream: str, key: str, row: object, text: str) -> str:
        """A stored value in plain.

        :raises LedgerError: if it is encrypted and cannot be read.
        """
        if not text.startswith(ENCRYPTED):
            return text
        cipher = self.of(stream, key).cipher
        if cipher is None:
            raise key_needed() if self._master is None else unreadable(stream, column.name)
        return cipher.decrypt(column.name, row, text)

    def forget(self, stream: str) -> None:
        """Keep no key of this stream."""
        for place in [place for place in list(self._known) if place[0] == stream]:
            self._known.pop(place, None)

    def words(self, attempt: str, text: str, stream: str, key: str, system_key: str) -> str:
        """Words kept apart: under their person's key, or the system's if they came before their attempt."""
        cipher = self.of(stream, key).cipher
        hers = None if cipher is None else cipher.opened(WORDS.name, attempt, text)
        return self.plain(WORDS, "system", system_key, attempt, text) if hers is None else hers


def key_needed() -> LedgerError:
    """The error for a ledger that is encrypted where no master key is given."""
    return LedgerError(
        "the ledger is encrypted and no master key is given",
        remedy="put it into the environment or .env as OUTREACH_LEDGER__MASTER_KEYS",
    )


def unreadable(stream: str, what: str) -> LedgerError:
    """The error for a value that is not what was encrypted at its place."""
    return LedgerError(
        f"an encrypted value cannot be read: {what}",
        where=stream,
        why="it was changed, stands in another's place, or its person was erased",
        remedy="outreach audit verify; put it back from a backup",
    )
