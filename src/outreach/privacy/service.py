"""Everything an officer does about personal data, in one place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from outreach.domain import Event, NewEvent, moment_of_id
from outreach.errors import InputError, LedgerError
from outreach.ledger import Knowledge, KnownPerson, Reading, Subject
from outreach.pipeline.parts import Parts
from outreach.privacy.erasing import Erasure, erase_person, refuse_erasure
from outreach.privacy.exporting import export_of
from outreach.privacy.holds import hold_in_force
from outreach.privacy.proof import Proof, prove
from outreach.privacy.retention import Due, Keeping, Retention, last_activity

__all__ = ["Privacy"]

_AT_ONCE = 500
_LOOKED_FOR = 500  # texts: each is one more pass over the file; of a large sweep's an even part is taken


class Privacy:
    """:param retention: how long records are kept."""

    def __init__(self, parts: Parts, retention: Retention) -> None:
        self._parts = parts
        self._retention = retention

    def export(self, ref: str) -> dict[str, Any]:
        """Everything held of a person, for her.

        :param ref: the client's id.
        :raises InputError: if she is not on file, or was erased.
        """
        with self._parts.ledger.read() as reading:
            return export_of(reading, self._parts.policy, _living(reading, ref).id)

    def hold(self, ref: str, because: str, by: str, *, lift: bool = False) -> Event:
        """Put a legal hold on a person's records, or lift it.

        :raises InputError: if she is not on file, was erased, or there is no hold to lift.
        """
        if not because:
            raise InputError("why?", where="--because", remedy="name the matter; it is recorded")
        with self._parts.ledger.read() as reading:
            person = _living(reading, ref).id
        with self._parts.ledger.write({Subject("person", person)}, first=True) as writing:
            known = writing.knowledge([person])[person]
            if known.person.erased:
                raise InputError("this person was erased", where=person)
            if lift and hold_in_force(known.events) is None:
                raise InputError("no legal hold stands on this person", where=person)
            kind = "legal_hold_lifted" if lift else "legal_hold"
            fields = {"because": because, "by": by}
            [event] = writing.append([NewEvent(person, kind, self._parts.clock.now(), fields)])
        return event

    def erase(
        self, ref: str, because: str, officer: str, *, dry_run: bool = False, despite_retention: bool = False
    ) -> Erasure:
        """Erase a person and look through rows and files whether anything of her is left.

        :param despite_retention: erase although the law wants her records kept longer.
        :raises InputError: if something forbids it (see :func:`refuse_erasure`), or retention does.
        :raises LedgerError: if something is left.
        """
        _named(officer, because)
        with self._parts.ledger.read() as reading:
            person = _living(reading, ref)
            known = reading.knowledge([person.id])[person.id]
            refuse_erasure(known, reading.contacts_of(person.id))
            keeping = self._lawful(reading, known)
        now = self._parts.clock.now()
        if not (dry_run or despite_retention or keeping.over(now)):
            raise InputError(
                "the law wants the records of this person kept longer",
                where=", ".join(keeping.cites),
                why=f"{keeping.years} years after {keeping.since:%Y-%m-%d}: until {keeping.until:%Y-%m-%d}",
                remedy="wait; or, where another law commands it, say --despite-retention",
            )
        erasure, texts = erase_person(self._parts, person.id, because, officer, keeping, dry_run=dry_run)
        return erasure if dry_run else replace(erasure, shared=self._clean(texts))

    def due(self) -> Iterator[Due]:
        """Whose records need not be kept any longer, with what still keeps them back."""
        now = self._parts.clock.now()
        with self._parts.ledger.read() as reading:
            ids = reading.person_ids()
            for start in range(0, len(ids), _AT_ONCE):
                for known in reading.knowledge(ids[start : start + _AT_ONCE]).values():
                    if known.person.erased:
                        continue
                    keeping = self._keeping(reading, known)
                    if keeping.over(now):
                        held = hold_in_force(known.events)
                        back = "legal hold" if held else ""
                        yield Due(known.person.id, known.person.consumer.id, keeping, back)

    def sweep(self, officer: str, *, limit: int = 10_000, compact: bool = True) -> list[Erasure]:
        """Erase whoever is due and not kept back; the files are written anew once, at the end.

        :param compact: whether to do that now: nobody else can work on a server's ledger meanwhile.
        :raises InputError: if no officer is named.
        """
        because = "retention is over"
        _named(officer, because)
        done: list[Erasure] = []
        texts: set[str] = set()
        for each in [due for due in self.due() if not due.kept_back][:limit]:
            try:
                erasure, found = erase_person(
                    self._parts, each.person, because, officer, each.keeping, dry_run=False
                )
            except InputError:
                continue  # something happened since; it is due again another day, or not at all
            done.append(erasure)
            texts |= found
        if done and compact:
            self._clean(texts)
        return done

    def proof(self, wanted: str, texts: Collection[str] = ()) -> Proof:
        """The record of an erasure, and whether the ledger bears it out now.

        :param wanted: the person's id, or the record's.
        :raises InputError: if there is none.
        """
        return prove(self._parts.ledger, wanted, texts)

    def _clean(self, texts: Collection[str]) -> int:
        """Write the files anew and look for these texts in them.

        :returns: how many of the texts stand in other people's records too.
        :raises LedgerError: if a text that stands in no row is still in the files.
        """
        ledger = self._parts.ledger
        quiet = ledger.compact()
        ordered = sorted(texts)
        looked_for = ordered[:: len(ordered) // _LOOKED_FOR + 1]
        found = ledger.texts_in_files(looked_for) or frozenset()
        with ledger.read() as reading:
            # What is encrypted cannot be found in the files, and may stand in others' rows all the same.
            shared = reading.texts_within(looked_for if ledger.encrypted else found)
        left = found - shared
        if left or not quiet:
            raise LedgerError(
                "erased and recorded, but older bytes may still lie in the ledger's files",
                why="another process still reads the ledger"
                if not quiet
                else f"{len(left)} texts were found",
                remedy="stop the other processes of outreach, then: outreach privacy compact",
            )
        return len(shared)

    def compact(self) -> None:
        """Write the files anew, so that nothing erased is left in them.

        :raises LedgerError: if another process keeps them.
        """
        self._clean(())

    def _keeping(self, reading: Reading, known: Knowledge) -> Keeping:
        last = last_activity(known.events, moment_of_id(known.person.id))
        return self._retention.keeping(last, self._places(reading, known), self._parts.clock.now())

    def _lawful(self, reading: Reading, known: Knowledge) -> Keeping:
        last = last_activity(known.events, moment_of_id(known.person.id))
        return self._retention.lawful(last, self._places(reading, known), self._parts.clock.now())

    def _places(self, reading: Reading, known: Knowledge) -> frozenset[str]:
        """Wherever she may be or have been."""
        versions = reading.versions_of(known.person.id)
        found = (self._parts.policy.places(each).jurisdictions for each in versions)
        return frozenset(place for places in found for place in places)


def _living(reading: Reading, ref: str) -> KnownPerson:
    person = reading.persons([ref]).get(ref)
    if person is None:
        raise InputError("no consumer of this id is on file")
    if person.erased:
        raise InputError(
            "this person was erased", remedy=f"outreach privacy proof {ref} shows the record of it"
        )
    return person


def _named(officer: str, because: str) -> None:
    if not officer:
        raise InputError("who answers for it?", where="--officer", remedy="name the officer")
    if not because:
        raise InputError("why?", where="--because", remedy="say the reason; it is recorded")
