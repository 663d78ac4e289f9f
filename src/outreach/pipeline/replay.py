"""Judging a recorded decision again: same knowledge, same packs, same words, or with one thing changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from outreach.domain import Decision, Draft, Event, Words
from outreach.errors import InputError
from outreach.ledger import KnownPerson, Reading, StoredContact
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.judging import Books, decide
from outreach.pipeline.parts import Parts
from outreach.pipeline.recording import findings_as_data, stamp
from outreach.policy import Policy, load_documents

__all__ = ["Replayed", "Replayer", "moment_of"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision made again. ``differs``: each version that is not what it was, as (name, then, now)."""

    decision: Decision
    same: bool
    differs: tuple[tuple[str, str, str], ...] = ()


class Replayer:
    """Replays decisions of one ledger; packs are taken from the texts kept in it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._policies: dict[frozenset[str], Policy] = {}

    def replay(self, reading: Reading, decided: Event, *, with_also: Sequence[Event] = ()) -> Replayed:
        """Judge again what was judged in this ``decided`` event.

        :param with_also: events that were not known then: would they have changed the answer?
        :raises InputError: if the contact or the person's data have been erased.
        """
        fields = decided.fields
        contact = reading.contacts([fields["contact"]]).get(fields["contact"])
        consumer = reading.person_version(decided.stream, fields["person_version"])
        if contact is None or consumer is None:
            raise InputError(
                "this decision cannot be replayed: the person was erased",
                where=decided.id,
                why="her data, the words, the outside facts and the addresses it rested on are gone; "
                "verdict, rules, packs and versions stand in the chain",
                remedy="outreach explain shows them; outreach privacy proof the erasure",
            )
        now_known = reading.persons_by_id([decided.stream])[decided.stream]
        person = replace(now_known, consumer=consumer, version=fields["person_version"])
        differs = list(self._versions(fields["versions"]))
        parts = replace(self._parts, policy=self._policy(reading, fields["packs"], differs))
        positions = {**fields.get("positions", {}), decided.stream: decided.seq - 1}
        books = Books(parts, reading, [(contact.contact, person)], up_to=positions)
        gone = [each for each in reading.persons_by_id(positions).values() if each.erased]
        differs += [("what was known of another person", "known", "erased") for _ in gone]
        book = books.of(decided.stream)
        book.person = person
        for event in with_also:
            book.know(event)
        draft = self._draft(parts, reading, decided, contact, person, books, differs)
        moment = moment_of(fields["moment"])
        decision = decide(books, draft, person, moment, self._facts(reading, fields))
        return Replayed(decision, _same(decided, decision), tuple(differs))

    def _policy(
        self, reading: Reading, packs: Mapping[str, str], differs: list[tuple[str, str, str]]
    ) -> Policy:
        current = dict(self._parts.policy.digests)
        if current == dict(packs):
            return self._parts.policy
        digests = frozenset(packs.values())
        if digests not in self._policies:
            texts = {digest: reading.document(digest) for digest in digests}
            if None in texts.values():
                differs += [(n, d[:12], current.get(n, "none")[:12]) for n, d in packs.items()]
                return self._parts.policy
            checks = self._parts.registry.checks
            self._policies[digests] = load_documents([t for t in texts.values() if t], checks)
        return self._policies[digests]

    def _draft(
        self,
        parts: Parts,
        reading: Reading,
        decided: Event,
        contact: StoredContact,
        person: KnownPerson,
        books: Books,
        differs: list[tuple[str, str, str]],
    ) -> Draft:
        """The draft as it was: the kept words of an attempt, else composed from the kept template."""
        fields = decided.fields
        history = books.of(decided.stream).history
        audience = person.consumer.audience_of(contact.contact.to_person, deceased=history.deceased)
        if "words" not in fields:
            return Draft(
                contact.contact, audience, via=fields.get("via", ""), trouble=fields.get("reason", "")
            )
        words: Words | None = reading.words(fields["attempt"]) if fields.get("attempt") else None
        if words is not None:
            return Draft(contact.contact, audience, words, via=fields.get("via", ""))
        text = reading.document(fields["template"])
        draft = Drafter(parts).draft(contact.contact, person, history, moment_of(fields["moment"]), text=text)
        if draft.words is None or draft.words.version != fields["template"]:
            now = draft.words.version[:12] if draft.words else draft.trouble
            differs.append(("template", fields["template"][:12], now))
        return draft

    def _versions(self, then: Mapping[str, str]) -> list[tuple[str, str, str]]:
        now = self._parts.policy.versions
        names = sorted({*then, *now})
        return [(n, then.get(n, "none"), now.get(n, "none")) for n in names if then.get(n) != now.get(n)]

    def _facts(self, reading: Reading, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        digest = fields.get("facts")
        text = reading.document(digest) if digest else None
        return json.loads(text) if text else {}


def moment_of(text: str) -> datetime:
    """A moment as the ledger wrote it."""
    return datetime.fromisoformat(text)


def _same(decided: Event, decision: Decision) -> bool:
    """Whether verdict, instant and every rule's answer are as recorded."""
    fields = decided.fields
    then = fields["findings"]
    now = findings_as_data(decision)
    return (
        fields["verdict"] == decision.verdict.value
        and fields.get("until") == stamp(decision.until)
        and _essence(then) == _essence(now)
    )


def _essence(findings: Mapping[str, Any]) -> Any:
    told = [(each["rule"], each["verdict"], each.get("until")) for each in findings.get("told", ())]
    return (list(findings.get("passed", ())), told, list(findings.get("not_applicable", ())))
