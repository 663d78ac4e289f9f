"""A pack as it stands in its file: strict models, nothing coerced, nothing unknown taken."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from outreach.domain import Audience, CollectorKind, EndpointKind, Purpose, Way, Weight

__all__ = ["EXPECTED", "AppliesTo", "Checked", "DebtKind", "ListedException", "Pack", "PackRule", "Strict"]

EXPECTED = "expected"
"""Under a date: a change that is foreseen. It has no effect; ``policy show`` tells of it."""

DebtKind = Literal[
    "credit_card",
    "medical",
    "student_loan",
    "mortgage",
    "auto",
    "personal_loan",
    "consumer_loan",
    "other",
]

_ID = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*\Z")
_PART_OF_A_STATE = re.compile(r"us\.[a-z]{2}\.[a-z0-9-]+\Z")
_PLACE = re.compile(r"any\Z|[a-z]{2}(\.[a-z0-9-]+)*\Z")


def _an_id(text: str) -> str:
    if not _ID.match(text):
        raise ValueError("an id is lower-case words joined by dots or hyphens, as in us.regf.hours")
    return text


def _a_place(text: str) -> str:
    if not _PLACE.match(text):
        raise ValueError(
            'a jurisdiction is "any", a country such as us, or a region below one such as us.ny.nyc'
        )
    return text


def _a_date(text: str) -> str:
    """Kept as text, so that a document and its models stay comparable."""
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise ValueError('a date is written "2026-01-31"')


Id = Annotated[str, AfterValidator(_an_id)]
Jurisdiction = Annotated[str, AfterValidator(_a_place)]
Day = Annotated[str, AfterValidator(_a_date)]
Sentence = Annotated[str, Field(min_length=1)]
Evidence = Literal["text", "regulator", "report"]
Force = Literal["law", "standard", "guideline", "association", "house"]


class Strict(BaseModel):
    """What every model of a policy file is: closed, frozen, without coercion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Checked(Strict):
    """When someone last compared the pack with its source, and by when it is due again."""

    on: Day
    against: Sentence
    again_by: Day


class AreaEntry(Strict):
    """What belongs to a part of a state that has a law of its own: counties, and area codes of its lines."""

    counties: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    area_codes: tuple[Annotated[str, Field(pattern=r"^[2-9][0-9]{2}$")], ...] = ()


class AppliesTo(Strict):
    """To which contacts a rule applies; what is left out does not matter to it.

    ``endpoint``: the kinds of number or address that it is about: home, work, mobile, landline, ...
    """

    channel: Annotated[tuple[Way, ...], Field(min_length=1)] | None = None
    purpose: Annotated[tuple[Purpose, ...], Field(min_length=1)] | None = None
    audience: Annotated[tuple[Audience, ...], Field(min_length=1)] | None = None
    debt_kind: Annotated[tuple[DebtKind, ...], Field(min_length=1)] | None = None
    collector: Annotated[tuple[CollectorKind, ...], Field(min_length=1)] | None = None
    endpoint: Annotated[tuple[EndpointKind, ...], Field(min_length=1)] | None = None


class ListedException(BaseModel):
    """What is not counted, or what lifts an objection; other keys are the check's own."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    id: Id
    cite: Sentence


class PackRule(Strict):
    """One duty. ``in_force``: the check's parameters under the date from which they hold."""

    id: Id
    title: str = ""
    check: str = ""
    standard: Literal["prohibition", "presumption"] | None = None
    weight: Weight = Weight.RULE
    cites: tuple[Sentence, ...] = ()
    evidence: Evidence | None = None
    force: Force | None = None
    applies_to: AppliesTo | None = None
    in_force: Annotated[dict[Day, dict[str, Any] | Literal["expected"] | None], Field(min_length=1)]
    not_counted: tuple[ListedException, ...] | None = None
    lifted_by: tuple[ListedException, ...] | None = None
    tightens: str = ""
    because: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _whole(self) -> PackRule:
        if self.tightens:
            if self.check:
                raise ValueError("a rule that tightens another has that rule's check: take out check")
            if not self.because:
                raise ValueError("a rule that tightens another says because of what: add because")
        elif not self.check or not self.title:
            raise ValueError("a rule has a title and a check, or tightens another rule")
        return self


class Pack(Strict):
    """A file of rules of one source.

    One without rules only lends its phrases: a rule of another pack names them ``<pack>:<phrases>``. It
    holds everywhere, so that every decision records which wording it was judged by.
    """

    pack: Id
    title: Sentence
    jurisdiction: Jurisdiction
    area: AreaEntry | None = None
    authority: Sentence
    checked: Checked
    evidence: Evidence
    force: Force
    phrases: dict[str, dict[str, tuple[Sentence, ...]]] = {}
    note: str = ""
    rules: tuple[PackRule, ...] = ()

    @model_validator(mode="after")
    def _of_use(self) -> Pack:
        if not self.rules and not (self.phrases and self.jurisdiction == "any"):
            raise ValueError("a pack has rules, or lends phrases to others and then holds in any place")
        if self.area is not None and not _PART_OF_A_STATE.match(self.jurisdiction):
            raise ValueError("area is for a part of a state of the US, such as us.ny.nyc")
        return self
