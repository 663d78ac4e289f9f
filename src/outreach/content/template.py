"""One template, compiled: front matter, subject, and a body in one piece or in the sections of a script."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from outreach.content.audiences import SENSITIVE, builders_for
from outreach.content.environment import Place, Sandbox
from outreach.content.frontmatter import Source, read_source
from outreach.content.grammar import parse
from outreach.content.pieces import Piece, unconditional
from outreach.content.request import ComposeRequest
from outreach.content.variables import OF_DEBTS, address_lines
from outreach.domain import Way, Words, digest_of
from outreach.errors import DraftError

__all__ = ["IDENTITY", "LETTER_SECTIONS", "SECTIONS", "Document", "Template"]

SECTIONS = ("opening", "identity", "disclosure", "options", "closing")
"""The parts of a call script, in this order; a script may leave some out."""

IDENTITY, DISCLOSURE = "identity", "disclosure"

_OF_A_DEBT = frozenset({*OF_DEBTS, "account", "balance", "debts"})
_SAYS_WHO = re.compile(r"passage\(\s*['\"]collector-")  # who says so is collecting a debt

LETTER_SECTIONS = ("letterhead", "date", "address", "body", "itemization", "rights", "response")
"""The parts of a letter, in this order; it may leave some out. A print room puts them in their places."""

_SECTIONS: Mapping[str, tuple[str, ...]] = {
    Way.CALL: SECTIONS,
    Way.VISIT: SECTIONS,
    Way.LETTER: LETTER_SECTIONS,
}

_SECTION = re.compile(r"^== *([a-z_]+) *== *$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Document:
    """A template's text with the passages it uses: all that its words depend on, and so its version."""

    language: str
    channel: str
    name: str
    text: str
    passages: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        """``en/sms/reminder``."""
        return f"{self.language}/{self.channel}/{self.name}"

    def dump(self) -> str:
        """As one text, to be kept; its SHA-256 is the version."""
        return json.dumps(
            {
                "language": self.language,
                "channel": self.channel,
                "name": self.name,
                "text": self.text,
                "passages": dict(self.passages),
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def load(cls, text: str) -> Document:
        """Back from :meth:`dump`.

        :raises DraftError: if the text is not a kept template.
        """
        try:
            read = json.loads(text)
            passages = tuple(sorted(read["passages"].items()))
            return cls(read["language"], read["channel"], read["name"], read["text"], passages)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DraftError("a kept template cannot be read", where=digest_of(text)[:12]) from None


class Template:
    """A template ready to give words."""

    __slots__ = (
        "_checked",
        "_letter",
        "_pieces",
        "_subject",
        "base_language",
        "disclosing",
        "document",
        "front",
        "kept",
        "language",
        "masked",
        "title",
        "version",
        "where",
    )

    def __init__(
        self,
        environment: Sandbox,
        title: tuple[str, str, str],
        text: str,
        passages: Mapping[str, str],
        where: str,
    ) -> None:
        """Compile.

        :param title: language, channel, name.
        :param passages: all passages of the language.
        :param where: the file, for errors.
        :raises DraftError: naming file and line.
        """
        self.language, channel, name = title
        self.base_language = self.language.partition("-")[0].lower()
        self.title = "/".join(title)
        self.where = where
        self._letter = channel == Way.LETTER
        source = read_source(text, where)
        front = self.front = source.front
        builders, unfit = builders_for(front.audience, front.shows)
        self._vet_front(source, channel, unfit, passages)
        used: set[str] = set()
        always: list[str] = []
        audience = " and ".join(audience.value for audience in front.audience)

        def piece(body: str, line: int) -> Piece:
            place = Place(self.title, where, line)
            tree, names = parse(environment, body, place, passages=passages)
            used.update(names)
            always.extend(unconditional(tree))
            return Piece(tree, environment, place, builders, audience)

        self._subject = piece(front.subject, source.lines["subject"]) if front.subject else None
        always.clear()  # a passage has to stand in the body
        split = self._split(source, channel)
        self._pieces = tuple((part, piece(body, line)) for part, body, line in split)
        self.disclosing = tuple(
            (part, line)
            for (part, body, line), (_, made) in zip(split, self._pieces, strict=True)
            if part == DISCLOSURE or not _OF_A_DEBT.isdisjoint(made.lines) or _SAYS_WHO.search(body)
        )
        """The sections (or the one text, "") that tell of a debt, each with its first line in the file."""
        # Passages that stand outside every condition need not be looked for in each text.
        self._checked = tuple(
            (required, passages[required]) for required in front.required if passages[required] not in always
        )
        pieces = [piece for _, piece in self._pieces] + ([self._subject] if self._subject else [])
        names = {name for piece in pieces for name in piece.lines}
        if "debts" in names:
            names |= {"account", "balance"}
        self.masked = tuple(sorted(names & set(SENSITIVE) - set(front.shows)))
        kept = sorted((key, passages[key]) for key in used | set(front.required))
        self.document = Document(self.language, channel, name, text, tuple(kept))
        self.kept = self.document.dump()
        self.version = digest_of(self.kept)

    def compose(self, request: ComposeRequest, warnings: tuple[str, ...] = ()) -> Words:
        """The words for this request.

        :raises DraftError: if the template is not meant for this contact, or a variable has no value.
        """
        if request.contact.purpose not in self.front.purpose:
            raise self._unfit("purpose", request.contact.purpose, self.front.purpose)
        if request.audience not in self.front.audience:
            raise self._unfit("audience", request.audience, self.front.audience)
        language = self.language
        subject = "" if self._subject is None else self._subject.render(request, language)
        if "\n" in subject:
            raise DraftError(f"template {self.title} gives a subject of several lines", where=self.where)
        if len(self._pieces) == 1 and not self._pieces[0][0]:
            text = self._pieces[0][1].render(request, language)
            if "\n\n\n" in text:  # left behind by conditions that did not hold
                text = _BLANK_LINES.sub("\n\n", text)
            sections: tuple[tuple[str, str], ...] = ()
        else:
            sections = tuple((part, piece.render(request, language)) for part, piece in self._pieces)
            if self._letter:
                sections = tuple(
                    (part, _BLANK_LINES.sub("\n\n", text.strip("\n"))) for part, text in sections
                )
            text = "\n\n".join([section for _, section in sections])
        if not text or text.isspace():
            raise DraftError(f"template {self.title} gives an empty text", where=self.where)
        for name, passage in self._checked:
            if passage not in text:
                raise DraftError(
                    f"template {self.title} left out a required passage: {name}", where=self.where
                )
        return Words(
            text,
            subject,
            (self.base_language,),
            self.title,
            self.version,
            sections,
            address_lines(request.collector.address) if self._letter else (),
            self.masked,
            warnings,
        )

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of its sections in order; one empty name if it has none."""
        return tuple(part for part, _ in self._pieces)

    @property
    def simple(self) -> bool:
        """Whether every piece is joined from parts."""
        return all(piece.simple for _, piece in self._pieces) and (not self._subject or self._subject.simple)

    def both_ways(self, request: ComposeRequest) -> list[tuple[str, str]]:
        """Each piece as it is rendered and as Jinja2 alone renders it."""
        pieces = [piece for _, piece in self._pieces] + ([self._subject] if self._subject else [])
        return [piece.both_ways(request, self.language) for piece in pieces]

    def _unfit(self, what: str, wanted: str, given: tuple[str, ...]) -> DraftError:
        return DraftError(
            f"template {self.title} is not for {what} {wanted}",
            where=self.where,
            why=f"its {what} is {', '.join(given)}",
            remedy=f"choose a template for {wanted}",
        )

    def _vet_front(self, source: Source, channel: str, unfit: list[str], passages: Mapping[str, str]) -> None:
        front = source.front

        def fail(key: str, what: str, remedy: str) -> None:
            line = source.lines.get(key, 1)
            raise DraftError(f"template {self.title} {what}", where=f"{self.where}:{line}", remedy=remedy)

        if front.subject and channel != Way.EMAIL:
            fail("subject", "has a subject", "only e-mail has one; remove the line")
        if channel == Way.EMAIL and not front.subject:
            fail("purpose", "has no subject", "add a subject: line")
        if "\n" in front.subject:
            fail("subject", "has a subject of several lines", "write it on one line")
        for name in front.required:
            if name not in passages:
                fail("required", f"requires a passage that does not exist: {name}", f"add passages/{name}.j2")
        for name in unfit:
            remedy = f"its audience may be shown: {', '.join(sorted(SENSITIVE))} at most"
            fail("shows", f"shows {name}, which its audience may not see", remedy)

    def _split(self, source: Source, channel: str) -> list[tuple[str, str, int]]:
        """The body's parts as (section, text, first line); one part without a name if it has no sections."""
        known = _SECTIONS.get(channel, ())
        heads = list(_SECTION.finditer(source.body)) if known else []
        if not heads:
            return [("", *_trimmed(source.body, source.first_line))]

        def fail(at: int, what: str) -> None:
            line = source.first_line + source.body.count("\n", 0, at)
            raise DraftError(
                f"template {self.title} {what}",
                where=f"{self.where}:{line}",
                remedy=f"sections are, in this order, {', '.join(known)}",
            )

        if source.body[: heads[0].start()].strip():
            fail(0, "has text before its first section")
        names = [head[1] for head in heads]
        for head in heads:
            if head[1] not in known:
                fail(head.start(), f"has an unknown section: {head[1]}")
        if names != [name for name in known if name in names]:
            fail(heads[0].start(), "has its sections doubled or out of order")
        ends = [head.start() for head in heads[1:]] + [len(source.body)]
        parts = []
        for head, end in zip(heads, ends, strict=True):
            line = source.first_line + source.body.count("\n", 0, head.end())
            parts.append((head[1], *_trimmed(source.body[head.end() : end], line)))
        return parts


def _trimmed(body: str, line: int) -> tuple[str, int]:
    """The text without blank lines around it, and the line it begins on."""
    bare = body.lstrip()
    return bare.rstrip(), line + body[: len(body) - len(bare)].count("\n")
