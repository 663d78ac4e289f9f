"""forbidden_words: certain things may not be said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ahocorasick_rs import AhoCorasick

from outreach.domain import ALLOWED, CONSUMER, NOT_APPLICABLE, Case, Finding, Relation
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.prepared import Exceptions, Prepared
from outreach.policy.checks.wording import GAP, Phrase, bounded, normal, whole_text

__all__ = ["ForbiddenWords"]


class _Rule:
    """All phrases in one automaton, made once; a hundred phrases cost what one does.

    Of a phrase in several parts the longest part is looked for, the whole only where that stands.
    """

    __slots__ = ("automaton", "categories", "cites", "phrases", "texts")

    def __init__(self, parameters: ForbiddenWords.Parameters, exceptions: Exceptions) -> None:
        self.categories: list[str] = []
        self.phrases: list[Phrase] = []
        self.texts: list[str] = []
        for category, by_language in sorted(parameters.phrases.items()):
            for text in (each for texts in by_language.values() for each in texts):
                self.categories.append(category)
                self.phrases.append(Phrase.of(text))
                self.texts.append(GAP.join(part for part, _ in self.phrases[-1].parts))
        self.cites = parameters.cite_by
        self.automaton = AhoCorasick([phrase.longest for phrase in self.phrases])

    def stands(self, number: int, text: str, start: int, end: int) -> bool:
        """Whether the phrase, of which a part was found here, stands in the text."""
        phrase = self.phrases[number]
        return phrase.within(text) if phrase.has_more else bounded(text, start, end)


class ForbiddenWords(Check):
    """Compared without case, width, accents and punctuation, on word boundaries in Latin script."""

    class Parameters(CheckParameters):
        """``phrases``: by category and language. ``cite_by``: a category's own paragraph.

        ``others_than``: only what goes to somebody who is neither the debtor nor one of these to her, such
        as a guarantor; ``None``: whoever it goes to.
        """

        phrases: Mapping[str, Mapping[str, tuple[str, ...]]]
        cite_by: Mapping[str, str] = {}
        others_than: frozenset[Relation] | None = None

    kind = "forbidden_words"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "phrases": Direction.EQUAL,
        "cite_by": Direction.EQUAL,
        "others_than": Direction.EQUAL,
    }
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {}

    def __init__(self) -> None:
        self._rules: Prepared[_Rule] = Prepared(_Rule)

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        if case.words is None:
            return ALLOWED
        if parameters.others_than is not None and not _to_another(case, parameters.others_than):
            return NOT_APPLICABLE
        rule = self._rules.of(parameters, exceptions)
        text = normal(whole_text(case.words))
        for number, start, end in rule.automaton.find_matches_as_indexes(text, overlapping=True):
            if rule.stands(number, text, start, end):
                category = rule.categories[number]
                cite = rule.cites.get(category)
                return Finding.block(
                    f"the words hold what may not be said: {category}",
                    cites=(cite,) if cite else (),
                    category=category,
                    phrase=rule.texts[number],
                )
        return ALLOWED


def _to_another(case: Case, besides: frozenset[Relation]) -> bool:
    """Whether it goes to somebody who is neither the debtor nor stands in one of these relations to her."""
    if case.contact.to_person == CONSUMER:
        return False
    related = case.consumer.person(case.contact.to_person)
    return related is None or related.relation not in besides
