"""required_words: certain things must be said, in each language of the message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from outreach.domain import (
    ALLOWED,
    CONSUMER,
    NOT_APPLICABLE,
    Attempt,
    Case,
    Finding,
    Purpose,
    Result,
    Way,
)
from outreach.domain.words import CALL_CHANNELS
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.people import called, in_her_place, said_by
from outreach.policy.checks.prepared import Exceptions, Prepared
from outreach.policy.checks.third_party import was_communication
from outreach.policy.checks.wording import Phrase, languages_of, normal, sentences, whole_text

__all__ = ["RequiredWords"]

_ORAL = CALL_CHANNELS | {Way.VISIT}
_CERTAIN = frozenset({Result.CONVERSATION, Result.VOICEMAIL, Result.SENT, Result.DELIVERED})


class _Rule:
    __slots__ = ("mentions", "sentence", "sets")

    def __init__(self, parameters: RequiredWords.Parameters, exceptions: Exceptions) -> None:
        def read(names: Iterable[str]) -> list[tuple[str, dict[str, list[Phrase]]]]:
            return [
                (
                    name,
                    {language: [Phrase.of(text) for text in texts] for language, texts in wordings.items()},
                )
                for name in sorted(names)
                for wordings in (parameters.phrases[name],)
            ]

        self.sets = read(parameters.require)
        self.mentions = [
            phrase for _, by in read(parameters.if_mentions) for its in by.values() for phrase in its
        ]
        self.sentence = [
            phrase for _, by in read(parameters.every_sentence) for its in by.values() for phrase in its
        ]


class RequiredWords(Check):
    """Each set of phrases must be there in one of its wordings; without words the content is taken as right.

    ``when`` follows 12 CFR 1006.18(e)(1) and (2): ``initial`` is the first communication with the
    consumer, and the first written one where that was oral; ``later`` is every other. A limited-content
    message and an unanswered call are no communications (comment 18(e)-1). Where it is not certain that
    there was an earlier one, both apply.
    """

    class Parameters(CheckParameters):
        """``phrases``: wordings by name and language. The other fields name some of them.

        ``require``: must be present. ``if_mentions``: ask only where the words mention one of these.
        ``every_sentence``: each sentence must hold one of these, so that nothing else is said.
        ``languages``: whether each language of the words needs them, or one is enough.
        """

        phrases: Mapping[str, Mapping[str, tuple[str, ...]]]
        require: frozenset[str] = frozenset()
        if_mentions: frozenset[str] = frozenset()
        every_sentence: frozenset[str] = frozenset()
        when: Literal["always", "initial", "later"] = "always"
        languages: Literal["every", "any"] = "every"

        @model_validator(mode="after")
        def _names_phrases(self) -> RequiredWords.Parameters:
            named = self.require | self.if_mentions | self.every_sentence
            if unknown := sorted(named - self.phrases.keys()):
                raise ValueError(f"no phrases of that name in the pack: {', '.join(unknown)}")
            if not self.require and not self.every_sentence:
                raise ValueError("name what is required, in require or every_sentence")
            return self

    kind = "required_words"
    stricter: ClassVar[Mapping[str, Direction]] = {
        "phrases": Direction.EQUAL,
        "require": Direction.SUPERSET,
        "if_mentions": Direction.EQUAL,
        "every_sentence": Direction.EQUAL,
        "when": Direction.EQUAL,
        "languages": Direction.EQUAL,
    }
    lifts = frozenset({"attempt", "inbound", "validation_notice"})
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {}

    def __init__(self) -> None:
        self._rules: Prepared[_Rule] = Prepared(_Rule)

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        words = case.words
        if words is None:
            return ALLOWED
        if parameters.when != "always" and not _applies(case, parameters.when):
            return NOT_APPLICABLE
        rule = self._rules.of(parameters, exceptions)
        text = normal(whole_text(words))
        if rule.mentions and not any(phrase.within(text) for phrase in rule.mentions):
            return NOT_APPLICABLE
        if rule.sentence:
            for sentence in sentences(words.text):
                comparable = normal(sentence)
                if comparable and not any(phrase.within(comparable) for phrase in rule.sentence):
                    return Finding.block("it says more than it may")
        return _required(rule, text, languages_of(words) if parameters.languages == "every" else ())


def _required(rule: _Rule, text: str, languages: Sequence[str]) -> Finding:
    for name, wordings in rule.sets:
        for language in languages:
            phrases = wordings.get(language)
            if phrases is None:
                return Finding.block(
                    f"no wording of {name} in {language} is known", missing=name, language=language
                )
            if not any(phrase.within(text) for phrase in phrases):
                return Finding.block(f"{name} is missing in {language}", missing=name, language=language)
        if not languages and not any(phrase.within(text) for its in wordings.values() for phrase in its):
            return Finding.block(f"{name} is missing", missing=name)
    return ALLOWED


def _applies(case: Case, when: str) -> bool:
    """Whether the contact is, or may be, of that stage."""
    oral_now = case.contact.channel in _ORAL
    certain, certain_written, possible, possible_written = _communicated(case)
    if when == "initial":
        return not certain or (not oral_now and not certain_written)
    return possible and (oral_now or possible_written)


def _communicated(case: Case) -> tuple[bool, bool, bool, bool]:
    """Earlier communications with her: certain, certain in writing, possible, possible in writing."""
    unknown = case.known_since is not None
    if not case.history:
        return False, False, unknown, unknown
    talked = any(
        event.fields.get("conversation")
        and event.at <= case.at
        and _is_she(said_by(event, case.consumer, "from"), case)
        for event in case.history.of("inbound")
    )
    noticed = any(
        event.fields.get("outcome") != "bounced" and event.at <= case.at
        for event in case.history.of("validation_notice")
    )
    certain, written = talked or noticed, noticed
    possible, possible_written = certain or unknown, written or unknown
    for attempt in reversed(case.history.attempts):
        if attempt.at > case.at or not was_communication(attempt) or not _to_consumer(attempt, case):
            continue
        oral = attempt.channel in _ORAL
        # A call of which only the hand-over is known may have reached nobody.
        sure = attempt.result in _CERTAIN and not (oral and attempt.result in (Result.SENT, Result.DELIVERED))
        possible, certain = True, certain or sure
        possible_written, written = possible_written or not oral, written or (sure and not oral)
        if written:
            break
    return certain, written, possible, possible_written


def _to_consumer(attempt: Attempt, case: Case) -> bool:
    if attempt.purpose == Purpose.OPT_OUT_CONFIRMATION:
        return False  # it says nothing about a debt
    return _is_she(called(attempt, case.consumer), case)


def _is_she(person: str, case: Case) -> bool:
    """Whether this is the consumer; once she has died, whoever is put in her place.

    A spouse or guardian stands for her in 12 CFR 1006.6 alone (1006.2(e)): a talk with one of them is not
    the initial communication with her.
    """
    return person == CONSUMER or (case.history.deceased and in_her_place(person, case))
