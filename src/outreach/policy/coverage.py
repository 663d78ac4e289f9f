"""Which paragraphs of a law a pack carries, by which rules, and what lies out of the engine's reach.

``coverage.yaml`` beside a pack lists every paragraph of its source once. It is for people: no decision
looks at it, but ``policy lint`` holds it and the pack together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import RootModel, model_validator

from outreach.policy.gate import Policy
from outreach.policy.pack import Id, Sentence, Strict
from outreach.policy.rule import LoadedPack
from outreach.policy.strict import validate
from outreach.policy.yamlfile import Document, read

__all__ = ["COVERAGE_FILE", "Paragraph", "coverage_of", "loose_ends"]

COVERAGE_FILE: Final = "coverage.yaml"


class Paragraph(Strict):
    """One paragraph, or a few that belong together. ``text``: its duty in our own words.

    Either ``rules`` carry it, or ``out_of_reach`` says why none can.
    """

    paragraph: Sentence
    text: Sentence
    rules: tuple[Id, ...] = ()
    out_of_reach: str = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Paragraph:
        if bool(self.rules) == bool(self.out_of_reach):
            raise ValueError("name the rules that carry it, or say under out_of_reach why none can")
        return self


class _File(RootModel[tuple[Paragraph, ...]]):
    """A coverage file: a list of paragraphs, in the order of the law."""


@dataclass(frozen=True, slots=True)
class LooseEnd:
    """A rule that a coverage file names and nobody has, or one it leaves out."""

    what: str
    where: str
    remedy: str


def coverage_of(pack: LoadedPack) -> tuple[Paragraph, ...]:
    """What the file beside a pack says; empty where there is none.

    :raises PolicyError: with file, line and column, if it cannot be read as meant.
    """
    document = _document(pack)
    return _paragraphs(document) if document is not None else ()


def loose_ends(policy: Policy, pack: LoadedPack) -> Iterator[LooseEnd]:
    """Where a pack and the coverage file beside it part."""
    document = _document(pack)
    if document is None:
        return
    paragraphs = _paragraphs(document)
    named = {rule for each in paragraphs for rule in each.rules}
    for index, each in enumerate(paragraphs):
        for position, rule in enumerate(each.rules):
            if rule not in policy.rules:
                yield LooseEnd(
                    f"{each.paragraph} is said to be carried by {rule}, which is no rule",
                    document.where((index, "rules", position)),
                    "correct the name, or take it out",
                )
    for rule in sorted(each.id for each in pack.rules if each.id not in named):
        yield LooseEnd(
            f"{COVERAGE_FILE} names no paragraph that {rule} carries",
            document.where(),
            "add the rule to its paragraph",
        )


def _document(pack: LoadedPack) -> Document | None:
    path = pack.beside(COVERAGE_FILE)
    return read(path) if path is not None else None


def _paragraphs(document: Document) -> tuple[Paragraph, ...]:
    return validate(_File, document).root
