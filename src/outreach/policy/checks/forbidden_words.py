"""forbidden_words: certain things may not be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ahocorasick_rs import AhoCorasick

from outreach.domain import ALLOWED, CONSUMER, NOT_APPLICABLE, Case, Finding, Relation, Words
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.prepared import Prepared
from outreach.policy.checks.wording import GAP, Phrase, bounded, normal, whole_text

__all__ = ["ForbiddenWords", "Found", "Phrases"]


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase that stands in a text, with the category it belongs to."""

    category: str
    text: str


class Phrases:
    """All phrases in one automaton, made once; a hundred phrases cost what one does.

    Of a phrase in several parts the longest part is looked for, the whole only where that stands.

    :param phrases: by category and language.
    """

    __slots__ = ("automaton", "found", "phrases")

    def __init__(self, phrases: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        self.phrases: list[Phrase] = []
        self.found: list[Found] = []
        for category, by_language in sorted(phrases.items()):
            for text in (each for texts in by_language.values() for each in texts):
                phrase = Phrase.of(text)
                self.phrases.append(phrase)
                self.found.append(Found(category, GAP.join(part for part, _ in phrase.parts)))
        self.automaton = AhoCorasick([phrase.longest for phrase in self.phrases])

    def found_in(self, words: Words, *, subject_only: bool = False) -> Found | None:
        """The first phrase that stands in what is said or written, or in its subject alone."""
        return self.in_text(normal(words.subject if subject_only else whole_text(words)))

    def in_text(self, text: str) -> Found | None:
        """The first phrase that stands in a text that was made :func:`normal`."""
        for number, start, end in self.automaton.find_matches_as_indexes(text, overlapping=True):
            phrase = self.phrases[number]
            if phrase.within(text) if phrase.has_more else bounded(text, start, end):
                return self.found[number]
        return None


class ForbiddenWords(Check):
    """Compared without case, width, accents and punctuation, on word boundaries in Latin script."""

    class Parameters(CheckParameters):
        """``phrases``: by category and language. ``cite_by``: a category's own paragraph.

        ``others_than``: only what goes to somebody who is neither the debtor nor one of these to her, such
        as a guarantor; ``None``: whoever it goes to. ``time_barred``: only where a debt of the contact is.
        ``subject_only``: only the subject is read, which a list of messages or a locked screen shows.
        """

        phrases: Mapping[str, Mapping[str, tuple[str, ...]]]
        cite_by: Mapping[str, str] = {}
        others_than: frozenset[Relation] | None = None
        time_barred: bool = False
        subject_only: bool = False

    kind = "forbidden_words"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "phrases": Direction.EQUAL,
        "cite_by": Direction.EQUAL,
        "others_than": Direction.EQUAL,
        "time_barred": Direction.EQUAL,
        "subject_only": Direction.EQUAL,
    }
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {}

    def __init__(self) -> None:
        self._rules: Prepared[Phrases] = Prepared(lambda parameters, _: Phrases(parameters.phrases))

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        if case.words is None:
            return ALLOWED
        if parameters.others_than is not None and not _to_another(case, parameters.others_than):
            return NOT_APPLICABLE
        if parameters.time_barred and not any(debt.time_barred for debt in case.debts):
            return NOT_APPLICABLE
        phrases = self._rules.of(parameters, exceptions)
        found = phrases.found_in(case.words, subject_only=parameters.subject_only)
        if found is None:
            return ALLOWED
        cite = parameters.cite_by.get(found.category)
        return Finding.block(
            f"the words hold what may not be said: {found.category}",
            cites=(cite,) if cite else (),
            category=found.category,
            phrase=found.text,
        )


def _to_another(case: Case, besides: frozenset[Relation]) -> bool:
    """Whether it goes to somebody who is neither the debtor nor stands in one of these relations to her."""
    if case.contact.to_person == CONSUMER:
        return False
    related = case.consumer.person(case.contact.to_person)
    return related is None or related.relation not in besides
