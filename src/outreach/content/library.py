"""All templates of a project: found in folders, chosen by language, compiled once, kept by digest.

``<folder>/<language>/<channel>/<name>.j2`` and ``<folder>/<language>/passages/<name>.j2``. A file in an
earlier folder takes the place of one with the same path in a later folder, so a project replaces what is
shipped by one file at a time. Names come from the folders' listing; nothing builds a path from a row.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from jinja2.sandbox import SandboxedEnvironment

from outreach.content.checking import Problem
from outreach.content.checking import check as check_library
from outreach.content.environment import forbidden_character, make_environment
from outreach.content.request import ComposeRequest
from outreach.content.template import Document, Template
from outreach.content.variables import DEBT_PARTS
from outreach.domain import Way, Words, digest_of
from outreach.errors import DraftError

__all__ = ["Library", "TemplateFile"]

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_PASSAGES = "passages"
_WAYS = frozenset(Way)


@dataclass(frozen=True, slots=True, order=True)
class TemplateFile:
    """One template and the file it comes from."""

    language: str
    channel: str
    name: str
    path: Path

    @property
    def title(self) -> str:
        """``en/sms/reminder``."""
        return f"{self.language}/{self.channel}/{self.name}"


class Library:
    """The templates of some folders.

    :param folders: the project's own first, then those shipped.
    :param prepare: adds filters to the template environment, once.
    :param fallback: by template name the language to take where the person's has none; a warning says so.
    :param default_language: for people of whom no language is stated; a warning says so. Empty: refused.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        prepare: Callable[[SandboxedEnvironment], None] | None = None,
        fallback: Mapping[str, str] | None = None,
        default_language: str = "",
    ) -> None:
        self.fallback = MappingProxyType(dict(fallback or {}))
        self.default_language = default_language
        self.strays: list[Path] = []
        self._environment = make_environment(DEBT_PARTS, prepare)
        self._files: dict[tuple[str, str, str], TemplateFile] = {}  # by lower-case language, channel, name
        self._passage_files: dict[str, dict[str, Path]] = {}
        self._compiled: dict[tuple[str, str, str], Template] = {}
        self._passages: dict[str, Mapping[str, str]] = {}
        self._chosen: dict[tuple[str, str, str], tuple[Template, tuple[str, ...]]] = {}
        self._kept: dict[str, Template] = {}
        self._documents: dict[str, str] = {}
        for folder in folders:
            self._find(folder)

    def compose(self, request: ComposeRequest, text: str | None = None) -> Words:
        """The words for one contact.

        :param text: a template as kept in :attr:`documents`, for replay; without it, that of the folders.
        :raises DraftError: if there is no template for this contact, or it cannot be rendered.
        """
        if text is not None:
            template = self._from_kept(text)
            return template.compose(request, self._warnings(request.consumer.language, template.language))
        contact = request.contact
        key = (contact.template, contact.channel, request.consumer.language)
        template, warnings = self._chosen.get(key) or self._choose(*key)
        return template.compose(request, warnings)

    @property
    def documents(self) -> Mapping[str, str]:
        """Every version used so far, by its digest (:attr:`Words.version`)."""
        return MappingProxyType(self._documents)

    def templates(self) -> tuple[TemplateFile, ...]:
        """All templates, sorted by language, channel and name."""
        return tuple(sorted(self._files.values()))

    def languages(self) -> tuple[str, ...]:
        """The base languages there are templates or passages in."""
        tags = {language for language, _, _ in self._files} | set(self._passage_files)
        return tuple(sorted({tag.partition("-")[0] for tag in tags}))

    def template(self, language: str, channel: str, name: str) -> Template:
        """The compiled template of exactly this language.

        :raises DraftError: if it does not exist or cannot be compiled.
        """
        key = (language.lower(), channel, name)
        compiled = self._compiled.get(key)
        if compiled is None:
            file = self._files.get(key)
            if file is None:
                raise self._nothing(name, channel, language)
            text = _read(file.path)
            title = (file.language, file.channel, file.name)
            passages = self._passages_of(key[0])
            compiled = Template(self._environment, title, text, passages, _where(file.path))
            self._compiled[key] = compiled
            self._documents[compiled.version] = compiled.kept
        return compiled

    def check(self) -> list[Problem]:
        """What is wrong with any template; see :func:`outreach.content.checking.check`."""
        return check_library(self)

    def _find(self, folder: Path) -> None:
        for path in sorted(folder.glob("*/*/*.j2")):
            language, channel = path.parts[-3], path.parts[-2]
            known = channel == _PASSAGES or channel in _WAYS
            if not (known and _LANGUAGE.fullmatch(language) and _NAME.fullmatch(path.stem)):
                self.strays.append(path)
            elif channel == _PASSAGES:
                self._passage_files.setdefault(language.lower(), {}).setdefault(path.stem, path)
            else:
                key = (language.lower(), channel, path.stem)
                self._files.setdefault(key, TemplateFile(language, channel, path.stem, path))
        for pattern in ("*.j2", "*/*.j2", "*/*/*/*.j2"):  # too high or too deep to be found above
            self.strays.extend(sorted(folder.glob(pattern)))

    def _choose(self, name: str, channel: str, spoken: str) -> tuple[Template, tuple[str, ...]]:
        """The template in the person's language, else its base, else as the settings allow."""
        if not name:
            raise DraftError("the contact names no template", remedy="fill in the column template")
        if not spoken and not self.default_language:
            raise DraftError(
                "the person's language is not known",
                remedy="import consumers with a language, or set a default language",
            )
        wanted = [*_candidates(spoken or self.default_language)]
        if spoken and (other := self.fallback.get(name)):
            wanted += _candidates(other)
        found = next((tag for tag in wanted if (tag, channel, name) in self._files), None)
        if found is None:
            raise self._nothing(name, channel, spoken or self.default_language)
        template = self.template(found, channel, name)
        chosen = template, self._warnings(spoken, template.language)
        self._chosen[name, channel, spoken] = chosen
        return chosen

    def _warnings(self, spoken: str, written: str) -> tuple[str, ...]:
        if not spoken:
            return (f"no language is stated for the person; written in {written}",)
        if written.lower() not in _candidates(spoken):
            return (f"no template in {spoken}; written in {written} as the settings allow",)
        return ()

    def _nothing(self, name: str, channel: str, language: str) -> DraftError:
        there = sorted(
            {file.language for file in self._files.values() if (file.channel, file.name) == (channel, name)}
        )
        if there:
            return DraftError(
                f"no template in {language}",
                where=f"{channel}/{name}",
                why=f"it exists in {', '.join(there)}",
                remedy="write it in that language, or name a fallback language for it in the settings",
            )
        names = {file.name for file in self._files.values() if file.channel == channel}
        near = difflib.get_close_matches(name, names, 1)
        return DraftError(
            f"no template for {channel} of the name the contact gives",
            remedy=f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(names)) or 'none'}",
        )

    def _passages_of(self, language: str) -> Mapping[str, str]:
        """The passages of a language, with those of its bases where it has none of its own."""
        found = self._passages.get(language)
        if found is None:
            texts: dict[str, str] = {}
            for tag in _candidates(language):
                for name, path in self._passage_files.get(tag, {}).items():
                    if name not in texts:
                        texts[name] = _read_passage(path)
            found = self._passages[language] = MappingProxyType(texts)
        return found

    def _from_kept(self, text: str) -> Template:
        digest = digest_of(text)
        template = self._kept.get(digest)
        if template is None:
            document = Document.load(text)
            title = (document.language, document.channel, document.name)
            passages = dict(document.passages)
            where = f"kept template {document.title}"
            template = self._kept[digest] = Template(self._environment, title, document.text, passages, where)
        return template


def _candidates(tag: str) -> Iterator[str]:
    """A language tag and its bases, lower case: zh-hans-cn, zh-hans, zh."""
    rest = tag.lower().replace("_", "-")
    while rest:
        yield rest
        rest = rest.rpartition("-")[0]


def _where(path: Path) -> str:
    """A file as errors and records name it: from its templates folder on, without the machine's path."""
    return "/".join(path.parts[-4:])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DraftError("a template is not UTF-8", where=f"{_where(path)}, byte {error.start}") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise DraftError("a template cannot be read", where=_where(path), why=why) from None


def _read_passage(path: Path) -> str:
    """A passage is plain text: what the law wants said must not depend on a variable."""
    text = _read(path).strip()
    if not text or "{{" in text or "{%" in text or "{#" in text or forbidden_character(text):
        raise DraftError(
            "a passage is not plain text", where=f"{_where(path)}:1", remedy="write only words in it"
        )
    return text
