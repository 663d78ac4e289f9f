"""What a ledger is, whichever database holds it: SQLite now, PostgreSQL behind the same interface.

A ledger is opened for :meth:`Ledger.read` (one consistent snapshot) or :meth:`Ledger.write` (subjects
locked, everything in one durable commit or nothing). Ids of persons here are internal: random, the name
of the person's stream. Addresses, debts and related people are plain in memory and keyed tokens in the
chain; the ledger translates both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from outreach.domain import Consumer, Event, NewEvent, Pause, Words
from outreach.ledger.values import (
    ContactState,
    Encrypted,
    Erased,
    Knowledge,
    KnownPerson,
    LostAttempt,
    Rotated,
    Sealed,
    SealsFound,
    Signer,
    StoredContact,
    Subject,
    Verification,
    Waiting,
    Worker,
)

__all__ = ["Ledger", "Reading", "Run", "Writing"]


class Reading(Protocol):
    """One consistent view of the ledger."""

    def persons(self, refs: Collection[str]) -> dict[str, KnownPerson]:
        """The consumers of these client ids, by client id; unknown ones are absent."""
        ...

    def person_ids(self) -> tuple[str, ...]:
        """The internal ids of everyone on file, in the order in which they came."""
        ...

    def persons_by_id(self, ids: Collection[str]) -> dict[str, KnownPerson]:
        """The consumers of these internal ids."""
        ...

    def person_version(self, person: str, version: str) -> Consumer | None:
        """The consumer's data as they were; ``None`` if erased."""
        ...

    def knowledge(
        self, persons: Collection[str], *, up_to: Mapping[str, int] | None = None
    ) -> dict[str, Knowledge]:
        """Everything recorded of these persons (internal ids), read in a few queries for all of them.

        :param up_to: for replay: the chain height at which to cut, by person.
        """
        ...

    def holders(self, subjects: Collection[Subject]) -> dict[Subject, frozenset[str]]:
        """For each endpoint or debt that anybody has or had: those persons' internal ids."""
        ...

    def sharers(self, subjects: Collection[Subject]) -> dict[Subject, frozenset[str]]:
        """For each endpoint or debt that more than one person has: those persons' internal ids."""
        ...

    def system_events(self, kinds: Collection[str] = (), *, up_to: int | None = None) -> tuple[Event, ...]:
        """Events of the system stream, in chain order, of these kinds (none: all)."""
        ...

    def pauses(self, *, up_to: int | None = None) -> tuple[Pause, ...]:
        """The kill switches in force."""
        ...

    def latest(self) -> datetime | None:
        """When the latest event was recorded; ``None`` in an empty ledger."""
        ...

    def heights(self, streams: Collection[str]) -> dict[str, int]:
        """The chain height of each stream (0 where it has none); one cheap query."""
        ...

    def kinds_since(self, positions: Mapping[str, int]) -> dict[str, frozenset[str]]:
        """For each stream that grew above the height given here: the kinds of events recorded since.

        One cheap query for the last look before a send: has anything happened since the decision?
        """
        ...

    def grown(self, since: int | None) -> tuple[int, frozenset[str]]:
        """A mark of this moment, and the streams that grew since an earlier one (``None``: none is told)."""
        ...

    def contacts_by_key(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], StoredContact]:
        """The contacts of these (campaign, key) pairs."""
        ...

    def contacts(self, ids: Collection[str]) -> dict[str, StoredContact]:
        """The contacts of these ids (ours)."""
        ...

    def contact_of_attempt(self, attempt: str) -> StoredContact | None:
        """The contact whose latest or earlier attempt has this id; a unique beginning will do."""
        ...

    def contacts_of(self, person: str) -> tuple[StoredContact, ...]:
        """All contacts of one person, in order of arrival."""
        ...

    def due(self, now: datetime, limit: int, *, partition: int | None = None) -> tuple[StoredContact, ...]:
        """Held contacts whose moment has come (of one partition, or all): by priority, due, then arrival."""
        ...

    def waiting(self, now: datetime) -> tuple[Waiting, ...]:
        """What waits, partition by partition; those without anything are left out."""
        ...

    def listed(self, limit: int, *, after: StoredContact | None = None) -> tuple[StoredContact, ...]:
        """Call tasks on the list: by priority, then arrival.

        :param after: begin behind this task's place, wherever it stands now.
        """
        ...

    def open_tasks(self, opened_before: datetime) -> tuple[StoredContact, ...]:
        """Call tasks taken by an agent before that moment and not closed."""
        ...

    def unknown(self, limit: int) -> tuple[StoredContact, ...]:
        """Contacts whose attempt ended ``unknown`` and is not yet settled."""
        ...

    def states(self) -> dict[ContactState, int]:
        """How many contacts stand where."""
        ...

    def spent(self, day: date) -> dict[tuple[str, str], int]:
        """How many attempts were opened on this day (UTC), by channel plugin and sender.

        Asked in a write, nobody else opens any that count here until its end.
        """
        ...

    def next_due(self) -> datetime | None:
        """When the earliest held contact is due."""
        ...

    def words(self, attempt: str) -> Words | None:
        """What was said in an attempt."""
        ...

    def document(self, digest: str) -> str | None:
        """A kept text (pack, template, outside facts) by its digest; a unique beginning will do."""
        ...

    def event(self, event_id: str) -> Event | None:
        """One event by its id; a unique beginning of at least six characters will do."""
        ...

    def versions_of(self, person: str) -> tuple[Consumer, ...]:
        """Every version of a person's data (internal id), oldest first; none once she is erased."""
        ...

    def texts_within(self, texts: Collection[str], person: str = "") -> frozenset[str]:
        """Which of these texts still stand anywhere in the ledger, by a walk through every row.

        :param person: look only at what is this person's (internal id) or the system's own; cheap.
        """
        ...


class Writing(Reading, Protocol):
    """An open write: what it reads includes what it has written. All of it commits, or nothing.

    ``claimed``: of the contacts asked for, those that nobody else is at.
    """

    claimed: frozenset[str]

    def append(self, events: Sequence[NewEvent]) -> list[Event]:
        """Record events, each at the end of its stream's chain; returned in the same order.

        An event whose ``key`` its stream already holds is not recorded again and comes back as it was.
        """
        ...

    def save_persons(
        self, consumers: Sequence[Consumer], *, known_since: datetime | None
    ) -> list[KnownPerson]:
        """Create or update consumers by their client ids; each new version of the data is kept.

        :param known_since: for new persons; ``None``: history is complete from the start.
        """
        ...

    def set_known_since(self, persons: Collection[str], known_since: datetime | None) -> None:
        """Say from when on the history of these persons (internal ids) is complete."""
        ...

    def add_contacts(self, contacts: Sequence[StoredContact]) -> None:
        """Insert contacts (``arrival`` is set here). The database refuses a key it already holds."""
        ...

    def update_contacts(self, contacts: Sequence[StoredContact]) -> None:
        """Replace state, due, decision, attempt, outcome, reason, opened_at, run and tries."""
        ...

    def wake(self, persons: Collection[str], now: datetime) -> int:
        """Make the held contacts of these persons due at once; a new fact may have freed them."""
        ...

    def spend(self, day: date, attempts: Mapping[tuple[str, str], int]) -> None:
        """Count attempts opened on this day (UTC), by channel plugin and sender."""
        ...

    def keep_words(self, words: Sequence[tuple[str, Words]]) -> None:
        """Keep what is said in attempts: (attempt id, words) pairs."""
        ...

    def keep_documents(self, documents: Mapping[str, str]) -> None:
        """Keep texts by their digests; a digest already held is left alone."""
        ...

    def erase(self, person: str, *, keep: Collection[str], spare: Collection[int] = ()) -> Erased:
        """Destroy a person's key, tokens, data, free text, words and contacts; her chain stays as it is.

        Nothing can be recorded of her afterwards. She is still found by her client id, through its digest.

        :param person: internal id.
        :param keep: numbers and e-mail addresses whose digests go on to find her stops.
        :param spare: numbers of system events whose free text is still needed.
        :raises InputError: if free text of hers in the system's stream cannot go without one to be spared.
        """
        ...


class Run(Protocol):
    """A process that opens attempts. While it lives it holds a lease nobody else can take.

    ``doubtful``: whether somebody may have taken it for gone and closed what it had open, because for a while
    it could not tell that it lived.
    """

    id: str

    @property
    def doubtful(self) -> bool: ...

    def hand_over(self, attempt: str) -> None:
        """Note, just before a send, that this attempt may leave from now on."""
        ...

    def close(self) -> None:
        """End the lease. Attempts it left open are then recoverable."""
        ...


class Ledger(Protocol):
    """An append-only memory with locks.

    ``encrypted``: whether what is personal is encrypted, and not to be found in the bytes of the files.
    """

    @property
    def encrypted(self) -> bool: ...

    def read(self) -> AbstractContextManager[Reading]:
        """One consistent snapshot."""
        ...

    def write(
        self, subjects: Collection[Subject] = (), *, first: bool = False, contacts: Collection[str] = ()
    ) -> AbstractContextManager[Writing]:
        """Lock these subjects (sorted, in one go); commit durably at the end, or roll back on an error.

        :param contacts: held contacts (ids) to be claimed for this write, passing over those that others
            have: see :attr:`Writing.claimed`.
        :param first: for events from outside (opt-outs, dispositions): go before waiting campaigns.
        :raises outreach.errors.LedgerBusy: if the lock is not had within 30 s.
        :raises outreach.errors.LedgerError: if the ledger cannot be written (read-only, full, foreign).
        """
        ...

    def token(self, sort: str, value: str) -> str:
        """A keyed digest, 32 hexadecimal digits, that only this installation can make."""
        ...

    def changes(self) -> int:
        """A number that is another whenever an event has been committed since it was last asked; very cheap.

        Equal numbers prove that nothing was recorded in between; unequal ones prove nothing.
        """
        ...

    def take(self, what: str) -> bool:
        """Be the only process that does ``what``, until :meth:`leave` or its end; whether it was free.

        In a file everybody may: one machine is alone with it.
        """
        ...

    def leave(self, what: str) -> None:
        """Let others do it."""
        ...

    def note_partition(self, partition: int, run: str) -> None:
        """Note which run serves a partition, for whoever looks; "": none."""
        ...

    def turn(self, steps: Mapping[str, timedelta]) -> timedelta | None:
        """Reserve the next turn under each of these names, each so long after the one before it.

        :returns: how long to wait for it; ``None`` where a ledger is one machine's, which keeps its own pace.
        """
        ...

    def workers(self) -> tuple[Worker, ...]:
        """Runs that live, or were not heard of for so long that they will soon count as gone."""
        ...

    def begin_run(self) -> Run:
        """Take a lease for a process that will open attempts."""
        ...

    def lost_attempts(self) -> tuple[LostAttempt, ...]:
        """Open attempts of runs whose lease is provably gone."""
        ...

    def news(self, observer: str, limit: int) -> tuple[Event, ...]:
        """Committed events this observer has not been served, in order within each stream."""
        ...

    def served(self, observer: str, events: Sequence[Event]) -> None:
        """Move the observer's durable cursors past these events."""
        ...

    def verify(self, progress: Callable[[int], None] | None = None) -> Verification:
        """Walk every chain and recompute every hash."""
        ...

    def seal(self, signer: Signer | None = None, copies: Path | None = None) -> Sealed | None:
        """Seal what was committed since the last seal; ``None`` if nothing was.

        :param signer: without one the seal is not signed.
        :param copies: a folder elsewhere that gets every seal it lacks.
        :raises outreach.errors.LedgerError: if a chain is visibly broken, or the folder cannot be used or
            holds other seals; no seal is made then.
        """
        ...

    def verify_seals(self, keys: Collection[str] = (), copies: Path | None = None) -> SealsFound:
        """Walk every seal and compare it with the chains and with the copies; :meth:`verify` does the chains.

        :param keys: public keys that are believed; none: each that a seal names.
        """
        ...

    def export(self, folder: Path, *, keys: Collection[str] = (), words: bool = False) -> Verification:
        """Write what an examiner needs into a new folder: chains, seals, keys and a verifier.

        :param words: also free text and the words of attempts: personal data.
        :raises outreach.errors.LedgerError: if the folder holds something, or cannot be written.
        """
        ...

    def rebuild(self) -> dict[str, int]:
        """Compare the projection with one made anew from events; the number of differences by kind."""
        ...

    def compact(self) -> bool:
        """Write the database anew, so that nothing erased is left in pages set free.

        :returns: ``False`` if somebody still reads what was before; then it is to be done again.
        """
        ...

    def texts_in_files(self, texts: Collection[str]) -> frozenset[str] | None:
        """Which of these texts stand in the bytes of the database's files, pages set free included.

        :returns: ``None`` where the files are a server's, out of reach.
        """
        ...

    def backup(self, target: Path) -> None:
        """Write a consistent copy while others go on working."""
        ...

    def encrypt(self, progress: Callable[[int], None] | None = None) -> Encrypted:
        """Encrypt what was written before encryption was on, in portions; cut short, it goes on next time.

        :raises outreach.errors.LedgerError: if no master key is given.
        """
        ...

    def rotate(self, progress: Callable[[int], None] | None = None) -> Rotated:
        """Encrypt all keys under the first master key, in portions; cut short, it goes on next time.

        :raises outreach.errors.LedgerError: if no master key is given, or one of those in use is not.
        """
        ...

    def upgrade(self) -> tuple[str, str]:
        """Bring the schema to this version; (from, to) revisions."""
        ...

    def check(self) -> None:
        """:raises outreach.errors.LedgerError: if the schema is not this version's, naming the cure."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
