"""The proof of an erasure: its record, and whether the ledger bears it out now."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from outreach.domain import Event
from outreach.domain.events import PRIVATE_FIELDS
from outreach.errors import InputError
from outreach.ledger import KnownPerson, Ledger, Reading

__all__ = ["Proof", "find_erasure", "prove"]


_SERVERS = "the bytes of the server's files, its log, replicas and backups"


@dataclass(frozen=True, slots=True)
class Proof:
    """``checks``: what was looked at, and whether it holds. ``shared``: how many texts are others' too.

    ``unseen``: what could not be looked at, "" if all was.
    """

    erased: Event
    checks: tuple[tuple[str, bool], ...]
    shared: int = 0
    unseen: str = ""

    @property
    def holds(self) -> bool:
        """Whether everything does."""
        return all(well for _, well in self.checks)


def find_erasure(reading: Reading, wanted: str) -> Event:
    """The record of an erasure.

    :param wanted: the client's id of the person, her internal id, or the record's id or its beginning.
    :raises InputError: if there is none.
    """
    person = reading.persons([wanted]).get(wanted)
    if person is not None and not person.erased:
        raise InputError("this person was not erased", remedy="outreach privacy erase PERSON --dry-run")
    told = reading.system_events(["person_erased"])
    names = {person.id} if person else {wanted}
    found = [each for each in told if each.fields["of"] in names]
    if not found and len(wanted) >= 6:
        found = [each for each in told if each.id.startswith(wanted)]
    if len(found) != 1:
        raise InputError("no erasure of this person, and none of this id, is on record")
    return found[0]


def prove(ledger: Ledger, wanted: str, texts: Collection[str]) -> Proof:
    """Look again: at the person's rows, at her chain, and for these texts in all rows and in the files.

    :param wanted: see :func:`find_erasure`; if it is the client's id it is looked for too.
    """
    with ledger.read() as reading:
        erased = find_erasure(reading, wanted)
        stream = erased.fields["of"]
        by_ref = wanted in reading.persons([wanted])
        looked_for = {*texts, *({wanted} if by_ref else ())}
        person = reading.persons_by_id([stream])[stream]
        checks = list(_rows(reading, person))
        checks.append(("none of the texts in her rows", not reading.texts_within(looked_for, stream)))
        shared = reading.texts_within(looked_for)
    broken = {each.stream for each in ledger.verify().broken}
    checks.append(("her chain and the system's verify", broken.isdisjoint({stream, "system"})))
    in_files = ledger.texts_in_files(looked_for - shared)
    if in_files is None:
        return Proof(erased, tuple(checks), len(shared), _SERVERS)
    checks.append(("none of the texts in the bytes of the files", not in_files))
    return Proof(erased, tuple(checks), len(shared))


def _rows(reading: Reading, person: KnownPerson) -> Iterator[tuple[str, bool]]:
    events = reading.knowledge([person.id])[person.id].events
    contacts = reading.contacts_of(person.id)
    yield "her key is destroyed", person.erased
    yield "her data are emptied in every version", not reading.versions_of(person.id)
    yield "no free text beside her chain", not any(PRIVATE_FIELDS & event.fields.keys() for event in events)
    yield "her contacts are emptied", not any(each.contact.person or each.contact.to for each in contacts)
