"""envelope: no postcards, and nothing on the outside but addresses, postage and an innocent name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import model_validator

from outreach.domain import ALLOWED, NOT_APPLICABLE, Case, Finding, Way
from outreach.policy.check import Check, Direction
from outreach.policy.check import Parameters as CheckParameters
from outreach.policy.checks.forbidden_words import Phrases
from outreach.policy.checks.prepared import Exceptions, Prepared
from outreach.policy.checks.wording import normal

__all__ = ["Envelope"]

_POSTCARD: Final = "postcard"
# A line of a postal address: a box or a street number, or a place with its postal code.
_BOX: Final = re.compile(r"\b(p\.?\s*o\.?\s*box|apartado|postbox)\b|邮政信箱|郵政信箱", re.IGNORECASE)
_STREET: Final = re.compile(r"(?:^|[\s,])\d+[a-z]?\s+[^\W\d]{2,}", re.IGNORECASE)
_PLACE: Final = re.compile(r"\b[A-Z]{2}\s+\d{5}(-\d{4})?\b|\b\d{6}\b|\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b")


class _Rule:
    __slots__ = ("allowed", "names", "reveals")

    def __init__(self, parameters: Envelope.Parameters, exceptions: Exceptions) -> None:
        def of(wanted: frozenset[str]) -> Phrases:
            return Phrases({name: parameters.phrases[name] for name in wanted})

        self.allowed, self.reveals = of(parameters.marks), of(parameters.reveals)
        self.names = of(parameters.names)


class Envelope(Check):
    """Judges what is printed on the outside, text by text; without any it is taken as compliant.

    12 CFR 1006.22(f)(1), (2) and comment 22(f)(2)-1. A text shaped as a postal address is the
    addressee's or ours. A business name is ours, and lawful unless it tells the business.
    """

    class Parameters(CheckParameters):
        """``phrases``: by name and language; the other fields name some of them.

        ``marks``: aids to mailing. ``names``: by which a business name is known, such as Inc. or LLC.
        ``reveals``: what tells that debts are collected, wherever it stands.
        """

        phrases: Mapping[str, Mapping[str, tuple[str, ...]]]
        marks: frozenset[str]
        names: frozenset[str]
        reveals: frozenset[str]

        @model_validator(mode="after")
        def _names_phrases(self) -> Envelope.Parameters:
            if unknown := sorted((self.marks | self.names | self.reveals) - self.phrases.keys()):
                raise ValueError(f"no phrases of that name in the pack: {', '.join(unknown)}")
            return self

    kind = "envelope"
    stricter: ClassVar[Mapping[str, Direction]] = dict.fromkeys(
        ("phrases", "marks", "names", "reveals"), Direction.EQUAL
    )
    exceptions: ClassVar[Mapping[str, frozenset[str]] | None] = {}

    def __init__(self) -> None:
        self._rules: Prepared[_Rule] = Prepared(_Rule)

    def judge(self, case: Case, parameters: Any, exceptions: Mapping[str, Mapping[str, Any]]) -> Finding:
        contact = case.contact
        if contact.channel is not Way.LETTER:
            return NOT_APPLICABLE
        if contact.form == _POSTCARD:
            return Finding.block("a postcard lets others read it")
        outside = contact.envelope or (case.words.envelope if case.words is not None else ())
        rule = self._rules.of(parameters, exceptions)
        for position, text in enumerate(outside, 1):
            trouble = _trouble(rule, text, case)
            if trouble:
                return Finding.block(f"the envelope {trouble}", text=position)
        return ALLOWED


def _trouble(rule: _Rule, text: str, case: Case) -> str:
    """What is wrong with one text on the envelope, "" if nothing is. The text itself is not repeated."""
    said = normal(text)
    if rule.reveals.in_text(said) is not None:
        return "tells that debts are collected"
    known = {normal(case.consumer.name), normal(case.collector.name)} - {""}
    known |= {normal(person.name) for person in case.consumer.people if person.name}
    known |= {normal(line) for line in case.collector.address.lines}  # the rule speaks of its address
    if said in known or _BOX.search(text) or _STREET.search(text) or _PLACE.search(text):
        return ""
    if rule.allowed.in_text(said) is not None or rule.names.in_text(said) is not None:
        return ""
    return "says more than an address"
