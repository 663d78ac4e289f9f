"""Makers of small cases, so that a test shows only what matters to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from outreach.domain import (
    CONSUMER,
    Address,
    Case,
    Consumer,
    Contact,
    Debt,
    Email,
    EndpointKind,
    Event,
    Finding,
    History,
    Phone,
    Places,
    Purpose,
    RelatedPerson,
    Relation,
    Way,
    Words,
)
from outreach.policy import Policy, builtin_checks, load
from outreach.policy.check import Check

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "config" / "policies"

NEW_YORK = "America/New_York"
LOS_ANGELES = "America/Los_Angeles"
MOBILE = "+16145550123"
OTHER = "+16145550124"
LANDLINE = "+16145550142"
WORK = "+16145550177"
NEIGHBOR = "+16145550188"
SPOUSE = "+16145550189"
MAIL = "ana@example.com"
WORK_MAIL = "ana@workplace.example"


@cache
def checks() -> Mapping[str, Check[Any]]:
    """The built-in checks by kind, made once a run."""
    return {check.kind: check for check in builtin_checks()}


@cache
def shipped() -> Policy:
    """The packs of this checkout, loaded once a run."""
    return load([PACKS], checks())


def rule(rule_id: str) -> tuple[Any, Any, Mapping[str, Mapping[str, Any]]]:
    """The check, the latest parameters and the exceptions of a shipped rule."""
    found = shipped().rules[rule_id]
    latest = next(each.parameters for each in reversed(found.periods) if each.parameters is not None)
    return found.check, latest, found.exceptions


def ask(rule_id: str, case: Case) -> Finding:
    """What a shipped rule answers."""
    check, parameters, exceptions = rule(rule_id)
    answer: Finding = check.judge(case, parameters, exceptions)
    return answer


def asked(
    kind: str, about: Case, exceptions: dict[str, dict[str, Any]] | None = None, /, **parameters: Any
) -> Finding:
    """What a built-in check answers with these parameters."""
    check = checks()[kind]
    made = check.Parameters.model_validate(
        {name: frozenset(each) if isinstance(each, list) else each for name, each in parameters.items()},
        strict=False,
    )
    found: Finding = check.judge(about, made, exceptions or {})
    return found


def when(text: str) -> datetime:
    """A moment with its offset."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return moment


def event(at: str | datetime, kind: str, **fields: Any) -> Event:
    moment = when(at) if isinstance(at, str) else at
    # ``from`` is a word of the language: written from_
    return Event(kind, moment, {name.rstrip("_"): value for name, value in fields.items()})


def call(at: str | datetime, outcome: str = "no_answer", to: str = MOBILE, **fields: Any) -> Event:
    return event(
        at, "attempt", **{"channel": "call", "to": to, "debts": ["d1"], "outcome": outcome, **fields}
    )


def consumer(debts: Sequence[Debt] = (Debt("d1"),), **more: Any) -> Consumer:
    fields: dict[str, Any] = {
        "addresses": (Address(EndpointKind.HOME, "US", "OH", "43215"),),
        "phones": (
            Phone(MOBILE, EndpointKind.MOBILE),
            Phone(OTHER, EndpointKind.MOBILE),
            Phone(LANDLINE, EndpointKind.LANDLINE),
            Phone(WORK, EndpointKind.WORK),
        ),
        "emails": (Email(MAIL, EndpointKind.PERSONAL), Email(WORK_MAIL, EndpointKind.WORK)),
        "people": (
            RelatedPerson("p1", Relation.NEIGHBOR, phones=(Phone(NEIGHBOR, EndpointKind.MOBILE),)),
            RelatedPerson("p2", Relation.SPOUSE, phones=(Phone(SPOUSE, EndpointKind.MOBILE),)),
        ),
        "debts": tuple(debts),
        **more,
    }
    return Consumer("c1", **fields)


def case(
    at: str | datetime,
    channel: str = "call",
    to: str = "",
    *,
    history: Iterable[Event] = (),
    zones: Sequence[str] = (NEW_YORK,),
    debts: Sequence[str] | None = None,
    who: Consumer | None = None,
    purpose: str = "collect",
    person: str = CONSUMER,
    body: str | None = None,
    languages: tuple[str, ...] = (),
    subject: str = "",
    contact: Mapping[str, Any] | None = None,
    **more: Any,
) -> Case:
    """A case as the pipeline builds it: debts resolved, audience and kind of endpoint found."""
    who = who or consumer()
    to = to or {"email": MAIL, "letter": "home", "visit": "home"}.get(channel, MOBILE)
    moment = when(at) if isinstance(at, str) else at
    known = History(history)
    wanted = [debt.id for debt in who.debts] if debts is None else list(debts)
    fields: dict[str, Any] = {
        "audience": who.audience_of(person, deceased=known.deceased),
        "places": Places(zones=tuple(zones), jurisdictions=("us", "us.oh")),
        "words": None if body is None else Words(body, subject=subject, languages=languages),
        **more,
    }
    return Case(
        at=moment,
        consumer=who,
        contact=Contact(
            "c1",
            Way(channel),
            to,
            Purpose(purpose),
            tuple(wanted),
            to_person=person,
            **dict(contact or {}),
        ),
        debts=tuple(debt for debt in who.debts if debt.id in wanted),
        history=known,
        **fields,
    )


def utc(text: str) -> datetime:
    return when(text).astimezone(UTC)


__all__ = [name for name in dir() if not name.startswith("_")]
