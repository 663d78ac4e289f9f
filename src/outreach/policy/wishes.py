"""What a person's own message asks for: to end contact, and how far; or a matter for a person to read.

Messages are read by whole words and phrases, never by parts of words. What is not understood for certain is
``unsure``: it closes the way it came by until somebody has read it, for a wish that is overlooked harms the
person and a question asked in vain only costs a minute. The phrases are data: ``config/wishes.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from outreach.policy.checks.wording import Phrase, normal, sentences
from outreach.policy.strict import validate
from outreach.policy.yamlfile import read

__all__ = ["ADDRESS", "ALL", "Wish", "Wishes"]

ADDRESS = "address"
"""Scope of a wish: the number or address it came from, by its own medium."""
ALL = "all"
"""Scope of a wish: no contact of any kind. The other scopes are ways: call, sms, email, letter."""

_CLAUSE = re.compile(r"[,.!?;:()\n\r\u2014\u2013，。！？；：、]+")
_LONGEST = 4_000  # characters read; a longer message is a matter for a person as a whole

ByLanguage = Mapping[str, tuple[str, ...]]


class _Alone(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    language: str
    words: tuple[str, ...]
    cite: str = ""


class _File(BaseModel):
    """``config/wishes.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    alone: tuple[_Alone, ...]
    courtesy: ByLanguage
    start: ByLanguage
    harmless: ByLanguage
    stop: Mapping[Literal["all", "call", "sms", "email", "letter", "address"], ByLanguage]
    bounded_by: ByLanguage
    unsure: ByLanguage


@dataclass(frozen=True, slots=True)
class Wish:
    """What a message asks for.

    ``stop``: scopes that are to be closed. ``start``: the address may be used again. ``unsure``: a person has
    to read it; meanwhile ``stop`` is closed, and at least the address it came from.
    """

    stop: frozenset[str] = frozenset()
    start: bool = False
    unsure: bool = False


class Wishes:
    """Reads messages.

    :param path: the file of phrases.
    :raises outreach.errors.PolicyError: if it cannot be read as meant, with line and column.
    """

    def __init__(self, path: Path) -> None:
        file = validate(_File, read(path))
        self._alone = frozenset(normal(word) for each in file.alone for word in each.words)
        self._start = frozenset(normal(word) for word in _all(file.start))
        self._courtesy = _phrases(file.courtesy)
        self._harmless = _phrases(file.harmless)
        stops = [(scope, each) for scope, phrases in file.stop.items() for each in _phrases(phrases)]
        self._stop = sorted(stops, key=lambda each: -len(each[1].longest))
        self._bounds = _phrases(file.bounded_by)
        self._unsure = _phrases(file.unsure)

    def read(self, text: str, provider: str = "") -> Wish:
        """What this message asks for.

        :param provider: the provider's own reading, ``stop`` or ``start``; it is believed for the address.
        """
        if provider == "stop":
            wider = self._found(text)
            return Wish(wider.stop | {ADDRESS}, unsure=wider.unsure)
        whole = normal(text)
        if provider == "start" or whole in self._start:
            return Wish(start=True)
        if not whole and text.strip():
            return Wish(frozenset({ADDRESS}), unsure=True)  # signs only: nobody knows what they mean
        if whole and self._without(whole, self._courtesy) in self._alone:
            return Wish(frozenset({ADDRESS}))
        if len(text) > _LONGEST:
            return Wish(self._found(text[:_LONGEST]).stop | {ADDRESS}, unsure=True)
        return self._found(text)

    def _found(self, text: str) -> Wish:
        stop: set[str] = set()
        unsure = False
        for sentence in sentences(text):
            told = " ".join(self._clauses(sentence))
            scopes = self._scopes(told)
            stop |= scopes
            if scopes and any(each.within(told) for each in self._bounds):
                unsure = True
            if not scopes and any(each.within(told) for each in self._unsure):
                unsure = True
        if unsure:
            stop.add(ADDRESS)
        return Wish(frozenset(stop), unsure=unsure)

    def _scopes(self, told: str) -> set[str]:
        """What is to be closed; a phrase that was read is not read again as a part of a shorter one."""
        scopes: set[str] = set()
        for scope, phrase in self._stop:
            if phrase.within(told):
                scopes.add(scope)
                told = _take_out(told, phrase.longest)
        return scopes

    def _clauses(self, sentence: str) -> Iterable[str]:
        """Its clauses without what is harmless; a phrase of that kind never reaches over a comma."""
        for clause in _CLAUSE.split(sentence):
            if said := self._without(normal(clause), self._harmless):
                yield said

    @staticmethod
    def _without(text: str, phrases: tuple[Phrase, ...]) -> str:
        for phrase in phrases:
            part = phrase.longest
            while phrase.within(text):
                text = _take_out(text, part)
        return " ".join(text.split())


def _take_out(text: str, part: str) -> str:
    """The text without the first place where this part stands whole."""
    cjk = not part.isascii()  # an accent is gone by now
    pattern = re.escape(part) if cjk else rf"(?<![0-9a-z]){re.escape(part)}(?![0-9a-z])"
    return re.sub(pattern, "" if cjk else " ", text, count=1).strip()


def _all(by_language: ByLanguage) -> Iterable[str]:
    return (word for words in by_language.values() for word in words)


def _phrases(by_language: ByLanguage) -> tuple[Phrase, ...]:
    """Longer ones first, so that ``do not stop`` is taken out before ``stop`` is looked for."""
    made = [Phrase.of(word) for word in _all(by_language)]
    return tuple(sorted(made, key=lambda each: -len(each.longest)))
