"""Cases for the gate over the packs that ship: one random person, her history, one wish."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from outreach.domain import Case, Event, Finding, History, Pause, Places
from outreach.policy import Policy, builtin_checks, load
from tests.property.strategies import BODIES, MOMENTS, consumers, contacts, facts, histories

__all__ = ["answers", "cases", "shipped", "with_events", "with_zones"]

PACKS = Path(__file__).resolve().parents[2] / "config" / "policies"


@cache
def shipped() -> Policy:
    """The packs that ship: Regulation F, the TCPA and the house."""
    return load([PACKS], {check.kind: check for check in builtin_checks()})


@st.composite
def cases(draw: st.DrawFn, having: str = "", most: int = 2) -> Case:
    """A case as the pipeline puts it; now and then history is not known, or something is paused.

    :param having: a kind of fact that is in her history for certain.
    :param most: how many homes and numbers she may have, and so how many zones.
    """
    consumer = draw(consumers(most))
    now = draw(MOMENTS)
    contact = draw(contacts(consumer))
    told = draw(histories(consumer, now))
    if having:
        told.append(draw(facts(consumer, now.date(), [having])).event(now, "had"))
    history = History(told)
    debts = tuple(debt for debt in consumer.debts if not contact.debts or debt.id in contact.debts)
    days = draw(st.sampled_from([None] * 5 + [0, 3, 6, 9]))
    paused = draw(st.sampled_from([None] * 9 + ["sms"]))
    return Case(
        now,
        consumer,
        contact,
        debts,
        shipped().places(consumer),
        history,
        words=draw(st.sampled_from(BODIES)),
        audience=consumer.audience_of(contact.to_person, deceased=history.deceased),
        to_kind=consumer.kind_of(contact.to),
        known_since=None if days is None else now - timedelta(days=days),
        pauses=() if paused is None else (Pause("channel", paused, "under review", now),),
    )


def with_events(case: Case, events: Iterable[Event]) -> Case:
    """The same case with another history, recorded in this order."""
    return replace(case, history=History(events))


def with_zones(case: Case, zones: Iterable[str]) -> Case:
    """The same case in other zones."""
    return replace(case, places=Places(tuple(sorted(zones)), case.places.jurisdictions))


def answers(case: Case) -> dict[str, Finding]:
    """What each rule of the packs in force answers about the case's own moment, by rule.

    Where a decision shows what stands in the way at a later moment, the rule is asked again.
    """
    policy = shipped()
    found = {}
    for each in policy.decide(case).findings:
        finding = each.finding
        if "asked_at" in finding.facts:
            rule = policy.rules[each.rule]
            finding = rule.check.judge(case, rule.parameters_on(case.at.date()), rule.exceptions)
        found[each.rule] = finding
    return found
