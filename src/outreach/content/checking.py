"""Looks over all templates before anything is sent, and shows one with an invented person.

``outreach templates check`` and ``preview`` are made of these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from outreach.content.request import ComposeRequest
from outreach.content.sample import sample_request
from outreach.content.segments import Segments, segments
from outreach.content.template import Template
from outreach.domain import Way, Words
from outreach.errors import DraftError

__all__ = ["Problem", "Survey", "check", "preview", "survey"]


class _File(Protocol):
    @property
    def language(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def path(self) -> Path: ...


class _Library(Protocol):
    """What this module asks of a :class:`outreach.content.library.Library`."""

    strays: list[Path]

    @property
    def fallback(self) -> Mapping[str, str]: ...
    def templates(self) -> tuple[_File, ...]: ...
    def languages(self) -> tuple[str, ...]: ...
    def template(self, language: str, channel: str, name: str) -> Template: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right; ``template`` is ``en/sms/reminder`` or a path."""

    template: str
    what: str
    where: str = ""
    why: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """One template as it stands: its version, and for SMS the segments of a sample text."""

    language: str
    channel: str
    name: str
    path: Path
    version: str
    simple: bool
    segments: Segments | None


def check(library: _Library) -> list[Problem]:
    """Everything wrong with any template: it does not compile, a variable is unknown, a required passage
    is missing from a sample text, a language lacks it, or its file lies where nobody looks."""
    problems = [
        Problem(
            "/".join(path.parts[-3:]),
            "this file is never used",
            str(path),
            remedy="put it at <language>/<channel>/<name>.j2 or <language>/passages/<name>.j2",
        )
        for path in library.strays
    ]
    for file in library.templates():
        try:
            _sample(library, file.name, file.channel, file.language)
        except DraftError as error:
            title = f"{file.language}/{file.channel}/{file.name}"
            problems.append(Problem(title, error.what, error.where, error.why, error.remedy))
    return problems + _untranslated(library)


def _untranslated(library: _Library) -> list[Problem]:
    languages = set(library.languages())
    there: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file in library.templates():
        there[file.channel, file.name].add(file.language.lower().partition("-")[0])
    return [
        Problem(
            f"{language}/{channel}/{name}",
            f"there is no {name} for {channel} in {language}",
            remedy="write it, or name a fallback language for it in the settings",
        )
        for (channel, name), written in sorted(there.items())
        for language in sorted(languages - written)
        if name not in library.fallback
    ]


def preview(library: _Library, template: str, channel: str, language: str) -> Words:
    """The words of one template for an invented person.

    :raises DraftError: if there is no such template in exactly that language, or it cannot be rendered.
    """
    return _sample(library, template, channel, language)


def survey(library: _Library) -> list[Survey]:
    """Every template that works, with its version and, for SMS, what a sample text takes to send."""
    surveys = []
    for file in library.templates():
        try:
            words = _sample(library, file.name, file.channel, file.language)
        except DraftError:
            continue  # told by check
        taken = segments(words.text) if file.channel == Way.SMS else None
        template = library.template(file.language, file.channel, file.name)
        surveys.append(
            Survey(file.language, file.channel, file.name, file.path, words.version, template.simple, taken)
        )
    return surveys


def _sample(library: _Library, name: str, channel: str, language: str) -> Words:
    template = library.template(language, channel, name)
    request: ComposeRequest = sample_request(
        name, Way(channel), template.language, template.front.purpose[0], template.front.audience[0]
    )
    return template.compose(request)
