"""Case files: given this person and what had happened, may this contact be made at this moment?

A case file is read strictly, judged by the same gate as everything else, and compared with what it
expects. The models of the format stand in ``casemodels``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outreach.domain import (
    CONSUMER,
    Audience,
    Case,
    Consumer,
    Decision,
    EndpointKind,
    Event,
    History,
    Purpose,
    Weight,
    Words,
    pauses_in_force,
)
from outreach.errors import PolicyError
from outreach.policy.casemodels import CaseEntry, CaseFile, ContactEntry, ExpectEntry
from outreach.policy.coverage import COVERAGE_FILE
from outreach.policy.gate import Policy
from outreach.policy.strict import validate
from outreach.policy.yamlfile import Document, Place, read

__all__ = ["CaseResult", "ReadCase", "case_files", "judge_case", "read_cases", "run_cases", "succeeded"]

_NOT_INSTALLED = "pack not installed"
_NO_CASES = frozenset({"pack.yaml", COVERAGE_FILE})


@dataclass(frozen=True, slots=True)
class ReadCase:
    """One case, ready to be judged. ``packs`` ``None``: by those in force for the person."""

    id: str
    title: str
    source: str
    case: Case
    packs: tuple[str, ...] | None
    expect: ExpectEntry
    ambiguous: bool
    confidence: str
    where: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case came out. ``got`` and ``expected`` are plain values, as ``--json`` prints them."""

    id: str
    passed: bool
    ambiguous: bool
    expected: dict[str, Any]
    got: dict[str, Any]
    title: str = ""
    source: str = ""
    confidence: str = "verified"
    where: str = ""  # file, line and column
    decision: Decision | None = field(default=None, repr=False, compare=False)

    @property
    def counts(self) -> bool:
        """Whether a failure is one: not where two readings are possible or memory is the only source."""
        return not self.ambiguous and self.confidence != "memory"

    def as_dict(self) -> dict[str, Any]:
        """The object of one line of ``--json``."""
        return {
            "id": self.id,
            "passed": self.passed,
            "ambiguous": self.ambiguous,
            "confidence": self.confidence,
            "expected": self.expected,
            "got": self.got,
        }


def succeeded(results: Iterable[CaseResult]) -> bool:
    """Whether every case that counts holds."""
    return all(result.passed for result in results if result.counts)


def case_files(paths: Sequence[Path]) -> list[Path]:
    """The case files among files and in folders: every ``.yaml`` or ``.yml`` but packs and their coverage.

    :raises PolicyError: if a path is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")])
            found.update((each, None) for each in inside if each.name not in _NO_CASES)
        elif path.is_file():
            found[path] = None
        else:
            raise PolicyError("a case file is not there", where=str(path), remedy="check the path")
    return list(found)


def run_cases(policy: Policy, paths: Sequence[Path]) -> Iterator[CaseResult]:
    """Judge every case of these files and folders, in order.

    :raises PolicyError: about the first file that cannot be read, before any of its cases is judged.
    """
    for path in case_files(paths):
        for case in read_cases(policy, path):
            yield judge_case(policy, case)


def judge_case(policy: Policy, case: ReadCase) -> CaseResult:
    """Judge one case and compare."""
    expect = case.expect
    expected: dict[str, Any] = {"verdict": expect.verdict}
    if expect.until is not None:
        expected["until"] = expect.until.isoformat()
    if expect.cites:
        expected["cites"] = list(expect.cites)
    if expect.warns is not None:
        expected["warns"] = list(expect.warns)
    if expect.rules:
        expected["rules"] = dict(expect.rules)
    decision: Decision | None = None
    if case.packs is not None and not set(case.packs) <= policy.digests.keys():
        got: dict[str, Any] = {"verdict": "block", "reason": _NOT_INSTALLED}
        passed = False
    else:
        decision = policy.decide(case.case, case.packs)
        got = _got(decision)
        passed = _matches(case, decision)
    return CaseResult(
        id=case.id,
        passed=passed,
        ambiguous=case.ambiguous,
        expected=expected,
        got=got,
        title=case.title,
        source=case.source,
        confidence=case.confidence,
        where=case.where,
        decision=decision,
    )


def _matches(case: ReadCase, decision: Decision) -> bool:
    expect = case.expect
    if decision.verdict.value != expect.verdict:
        return False
    if expect.until is not None and decision.until != expect.until:
        return False
    if expect.warns is not None and set(expect.warns) != _warning(decision):
        return False
    answers = {each.rule: each.finding.verdict.value for each in decision.findings}
    if any(answers.get(rule) != verdict for rule, verdict in expect.rules.items()):
        return False
    compared = case.packs is not None and all(name.startswith("us.") for name in case.packs)
    if not compared or not expect.cites or expect.verdict == "allow":
        return True
    cited = _cited(decision)
    return any(citation.startswith(wanted) for wanted in expect.cites for citation in cited)


def _warning(decision: Decision) -> set[str]:
    """The rules that would object if they were not of weight ``warn``."""
    return {each.rule for each in decision.findings if each.weight is Weight.WARN and each.finding.objects}


def _cited(decision: Decision) -> list[str]:
    """The citations of all that objects: the rules' own and the more exact ones of their findings."""
    every = [cite for each in decision.objections for cite in (*each.finding.cites, *each.cites)]
    return list(dict.fromkeys(every))


def _got(decision: Decision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict.value,
        "until": decision.until.isoformat() if decision.until else None,
        "cites": _cited(decision),
        "reason": decision.reason,
        "findings": [
            {
                "rule": each.rule,
                "weight": each.weight.value,
                "verdict": each.finding.verdict.value,
                "until": each.finding.until.isoformat() if each.finding.until else None,
                "reason": each.finding.reason,
                "cites": [*each.finding.cites, *each.cites],
                "lifted": each.finding.lifted,
            }
            for each in decision.findings
        ],
    }


# ---- reading -------------------------------------------------------------------------------------


def read_cases(policy: Policy, path: Path) -> list[ReadCase]:
    """All cases of one file.

    :raises PolicyError: with file, line and column, if any of it cannot be read as meant.
    """
    document = read(path)
    if not isinstance(document.value, list):
        raise document.error("a case file is a list of cases", remedy='begin each case with "- id: ..."')
    entries = validate(CaseFile, document).root
    seen: dict[str, str] = {}
    cases = []
    for index, entry in enumerate(entries):
        here = document.where((index, "id"))
        if entry.id in seen:
            raise document.error(
                f"two cases are called {entry.id}",
                (index, "id"),
                why=f"the other one stands in {seen[entry.id]}",
                remedy="rename one of them",
            )
        seen[entry.id] = here
        cases.append(_case(policy, entry, document, index))
    return cases


def _case(policy: Policy, entry: CaseEntry, document: Document, index: int) -> ReadCase:
    consumer = entry.consumer.consumer(entry.debts)
    events = [each.event_value() for each in entry.history]
    case = _question(policy, entry, consumer, events, document, (index, "contact"))
    return ReadCase(
        id=entry.id,
        title=entry.title,
        source=entry.source,
        case=case,
        packs=entry.packs,
        expect=entry.expect,
        ambiguous=entry.ambiguous,
        confidence=entry.confidence,
        where=document.where((index,)),
    )


def _question(
    policy: Policy,
    entry: CaseEntry,
    consumer: Consumer,
    events: Sequence[Event],
    document: Document,
    here: Place,
) -> Case:
    contact, history = entry.contact, History(events)
    if contact.debts is None:
        debts = consumer.debts
    else:
        known = {debt.id: debt for debt in consumer.debts}
        for position, debt in enumerate(contact.debts):
            if debt not in known:
                raise document.error("the case has no such debt", (*here, "debts", position))
        debts = tuple(known[debt] for debt in contact.debts)
    person = contact.person or _addressee(contact, consumer)
    if not person or (person != CONSUMER and consumer.person(person) is None):
        raise document.error(
            "nobody in this case is meant by the contact",
            (*here, "person" if contact.person else "to"),
            remedy="name consumer or the id of one of the people",
        )
    audience = consumer.audience_of(person, deceased=history.deceased)
    purpose = contact.purpose or (Purpose.LOCATION if audience is Audience.THIRD_PARTY else Purpose.COLLECT)
    words = None
    if contact.body is not None or contact.subject:
        words = Words(contact.body or "", contact.subject, envelope=contact.envelope)
    return Case(
        at=contact.at,
        consumer=consumer,
        contact=contact.contact(consumer.id, person, purpose),
        debts=debts,
        places=policy.places(consumer),
        history=history,
        words=words,
        audience=audience,
        to_kind=_kind(contact, consumer),
        collector=entry.collector.collector(),
        pauses=pauses_in_force(each for each in events if each.at <= contact.at),
        facts=dict(entry.facts),
    )


def _addressee(contact: ContactEntry, consumer: Consumer) -> str:
    """The owner of what it goes to; ``home`` and ``work`` are the consumer's."""
    if contact.to in ("home", "work") or contact.to == CONSUMER:
        return CONSUMER
    if consumer.person(contact.to) is not None:
        return contact.to
    return consumer.owner_of(contact.to)


def _kind(contact: ContactEntry, consumer: Consumer) -> EndpointKind:
    if contact.to == "home":
        return EndpointKind.HOME
    return EndpointKind.WORK if contact.to == "work" else consumer.kind_of(contact.to)
