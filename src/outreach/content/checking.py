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
from outreach.content.template import IDENTITY, SECTIONS, Template
from outreach.domain import Audience, Way, Words
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
    is missing from a sample text, a call tells of a debt too early, a language lacks it, or its file lies
    where nobody looks."""
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
            continue
        problems += _too_early(library.template(file.language, file.channel, file.name), file.channel)
    return problems + _untranslated(library)


def _too_early(template: Template, channel: str) -> list[Problem]:
    """A script that is spoken to the consumer tells of a debt only after it was made sure that it is she.

    Whoever answers hears it: 12 CFR 1006.6(d)(1). Sections out of their order do not compile at all.
    """
    if channel not in (Way.CALL, Way.VISIT) or Audience.CONSUMER not in template.front.audience:
        return []
    sections = template.sections
    before = SECTIONS[: SECTIONS.index(IDENTITY) + 1] if IDENTITY in sections else ("", *SECTIONS)
    return [
        Problem(
            template.title,
            f"the section {part} tells of a debt before it is known who is on the line"
            if part
            else "the script tells of a debt without asking first who is on the line",
            f"{template.where}:{line}",
            remedy="ask in a section == identity ==, and tell in == disclosure == and those behind it",
        )
        for part, line in template.disclosing
        if part in before
    ]


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
