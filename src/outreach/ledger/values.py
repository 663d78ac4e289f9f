"""What a ledger is asked with and answers with: plain values, whichever database holds it.

Ids of persons are internal: random, the name of the person's stream. Addresses, debts and related people are
plain here and keyed tokens in the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from outreach.domain import Consumer, Contact, Event, Outcome

__all__ = [
    "PARTITIONS",
    "Broken",
    "BrokenSeal",
    "ContactState",
    "Encrypted",
    "Erased",
    "Knowledge",
    "KnownPerson",
    "LostAttempt",
    "Rotated",
    "Sealed",
    "SealsFound",
    "Signer",
    "StoredContact",
    "Subject",
    "Verification",
    "Waiting",
    "Worker",
]


class ContactState(StrEnum):
    """Where a contact stands. A projection: events are the truth, a rebuild gives the same."""

    HELD = "held"  # waits until ``due``
    LISTED = "listed"  # a call task on the list; nothing reserved
    OPEN = "open"  # its attempt is open
    DONE = "done"  # its attempt is closed; see ``outcome``
    BLOCKED = "blocked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What is locked: a person (internal id), an endpoint (plain address) or a debt (client's id)."""

    kind: str  # person, endpoint, debt
    value: str


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A consumer as we hold her now. ``version``: digest of her data, kept for replay.

    ``known_since``: before it her history is unknown; ``None``: complete (a new placement).
    ``erased``: her data are gone for good; ``consumer`` is then empty.
    """

    id: str
    consumer: Consumer
    version: str
    known_since: datetime | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything recorded of one person: her events in chain order, and the chain's height."""

    person: KnownPerson
    events: tuple[Event, ...]
    height: int


@dataclass(frozen=True, slots=True)
class StoredContact:
    """A contact as it stands in the ledger. ``id`` is ours; ``content`` tells same key, other content.

    ``due``: when a held contact is to be judged again. ``attempt``/``decision``: ids of the latest.
    ``arrival``: order of receipt. ``run``: the run that opened the attempt ("" for an agent's task).
    """

    id: str
    person: str
    contact: Contact
    content: str
    state: ContactState
    due: datetime | None = None
    expires_at: datetime | None = None
    decision: str = ""
    attempt: str = ""
    outcome: Outcome | None = None
    reason: str = ""
    arrival: int = 0
    opened_at: datetime | None = None
    run: str = ""
    tries: int = 0


PARTITIONS: Final = 64
"""How many shares all people are dealt into, by a digest of their ids. The same in every ledger, for ever."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one partition: contacts held, those of them that are due, and since when the earliest is.

    ``worker``: the run that last served it, and whether it does so now.
    """

    partition: int
    held: int
    due: int
    since: datetime | None = None
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Worker:
    """A run that lives. ``silent``: seconds since it last told so; 0 where a lock tells."""

    run: str
    host: str
    pid: int
    started: datetime
    silent: float


@dataclass(frozen=True, slots=True)
class LostAttempt:
    """An open attempt whose run is provably gone. ``handed_over``: whether it may have left."""

    contact: StoredContact
    handed_over: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure emptied, in counts. ``kept``: endpoints of which only the keyed digest is left."""

    versions: int = 0
    texts: int = 0
    contacts: int = 0
    documents: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row of a chain that does not hold."""

    stream: str
    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What walking every chain found."""

    streams: int
    events: int
    broken: tuple[Broken, ...] = ()


@dataclass(frozen=True, slots=True)
class Encrypted:
    """How many values were plain and are encrypted now.

    ``keys`` of streams, their ``tokens``, ``versions`` of people's data, ``texts`` beside the chain and words
    of attempts, ``contacts``, and ``reasons`` why these stand as they do.
    """

    keys: int = 0
    tokens: int = 0
    versions: int = 0
    texts: int = 0
    contacts: int = 0
    reasons: int = 0


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many keys are encrypted under the ``current`` master key now (its id) and were not, and how many
    were already. ``left``: those that are not, because another process works with an older one.
    """

    changed: int
    kept: int
    left: int
    current: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal that was made: a checkpoint over the ``streams`` that grew since the one before it.

    ``hash``: SHA-256 of its text. ``key``: the public key whose signature it bears, or "".
    """

    number: int
    at: datetime
    streams: int
    events: int
    hash: str
    key: str


@dataclass(frozen=True, slots=True)
class BrokenSeal:
    """A seal that does not hold, or that a chain does not keep to."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class SealsFound:
    """What walking every seal found: ``events`` sealed, ``signed`` seals and the keys they name.

    ``copied``: how many are in the folder of copies too, if that was looked at.
    """

    seals: int
    events: int
    signed: int
    keys: tuple[str, ...] = ()
    broken: tuple[BrokenSeal, ...] = ()
    copied: int = 0


class Signer(Protocol):
    """Who signs seals. ``public``: the public key (Ed25519), 64 hexadecimal digits."""

    public: str

    def sign(self, text: bytes) -> str:
        """The signature under a text, hexadecimal."""
        ...
