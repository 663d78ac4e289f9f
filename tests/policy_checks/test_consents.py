"""Consents: whose, for what, until when, and by which word they are taken back."""

from __future__ import annotations

from typing import Any

import pytest
from checkcases import MOBILE, OTHER, case, consumer, event, when

from outreach.domain import Debt, Event
from outreach.policy.checks.consents import covers_moment, given, opted_out_since, standing, withdrawn_at

AT = "2026-05-12T10:00:00-04:00"
BEFORE = "2026-05-04T10:00:00-04:00"
LATER = "2026-05-06T10:00:00-04:00"
TWO_DEBTS = consumer([Debt("d1"), Debt("d2")])


def consent(at: str = BEFORE, **fields: Any) -> Event:
    return event(**{"kind": "consent", "at": at, "scope": "sms", **fields})


def withdrawal(at: str = LATER, **fields: Any) -> Event:
    return event(at, "consent_withdrawn", **fields)


@pytest.mark.parametrize(
    ("granted", "taken", "back"),
    [
        ({}, {}, True),
        ({}, {"scope": "sms"}, True),
        ({}, {"scope": "any"}, True),
        ({}, {"scope": "email"}, False),
        ({"scope": "any"}, {"scope": "sms"}, True),  # what is left of it is not told: the stricter reading
        ({"scope": "any"}, {}, True),
        ({"scope": "hours"}, {"scope": "sms"}, False),
        ({"to": MOBILE}, {"to": MOBILE}, True),
        ({"to": MOBILE}, {"to": OTHER}, False),
        ({"to": MOBILE}, {}, True),
        ({}, {"to": OTHER}, True),
        ({"scope": "hours", "from": "08:00", "to": "09:00"}, {"to": MOBILE}, True),  # a clock time there
        ({"debts": ["d1"]}, {"debts": ["d1", "d2"]}, True),
        ({"debts": ["d1"]}, {"debts": ["d2"]}, False),
        ({"debts": ["d1"]}, {}, True),
        ({}, {"debts": ["d2"]}, True),
        ({}, {"at": BEFORE}, True),  # in the very moment
        ({}, {"at": "2026-05-04T09:59:59-04:00"}, False),
        ({}, {"at": AT}, True),
        ({}, {"at": "2026-05-12T10:00:01-04:00"}, False),  # not known yet
    ],
)
def test_a_consent_is_taken_back_by_a_word_that_reaches_it(
    granted: dict[str, Any], taken: dict[str, Any], back: bool
) -> None:
    one = consent(**granted)
    word = withdrawal(**taken)
    assert (word.at if back else None) == withdrawn_at(case(AT, "sms", history=[one, word]), one)


@pytest.mark.parametrize(
    "other",
    [
        {"at": "2026-05-03T10:00:00-04:00"},
        {"scope": "email"},
        {"to": OTHER},
        {"debts": ["d2"]},
    ],
)
def test_a_word_about_something_else_hides_none_after_it(other: dict[str, Any]) -> None:
    one = consent(to=MOBILE, debts=["d1"])
    history = [one, withdrawal(**other), withdrawal("2026-05-07T10:00:00-04:00")]
    assert history[2].at == withdrawn_at(case(AT, "sms", history=history), one)


def test_it_was_taken_back_when_that_was_first_said() -> None:
    one = consent()
    history = [one, withdrawal(), withdrawal("2026-05-07T10:00:00-04:00")]
    assert history[1].at == withdrawn_at(case(AT, "sms", history=history), one)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, True),
        ({"at": AT}, True),
        ({"at": "2026-05-12T10:00:01-04:00"}, False),
        ({"scope": "email"}, False),
        ({"given_to": "collector"}, True),
        ({"given_to": "creditor"}, False),
        ({"person": "p2"}, False),
        ({"to": MOBILE}, True),
        ({"to": OTHER}, False),
        ({"scope": "hours", "from": "08:00", "to": "09:00"}, True),
        ({"debts": ["d1", "d2"]}, True),
        ({"debts": ["d1"]}, False),  # the contact is about both
        ({"debts": []}, True),
    ],
)
def test_a_consent_is_hers_to_us_for_this_address_and_all_the_debts(
    fields: dict[str, Any], found: bool
) -> None:
    one = consent(**fields)
    asked = case(AT, "sms", who=TWO_DEBTS, history=[one])
    assert ([one] if found else []) == list(given(asked, {"sms", "hours"}))
    after = consent(AT, scope="sms")  # what is left out hides nothing after it
    both = case(AT, "sms", who=TWO_DEBTS, history=[one, after])
    assert after in list(given(both, {"sms", "hours"}))


def test_where_nothing_has_to_be_covered_address_and_debts_are_not_looked_at() -> None:
    history = [consent(to=OTHER), consent(debts=["d1"])]
    asked = case(AT, "sms", who=TWO_DEBTS, history=history)
    assert [] == list(given(asked, {"sms"}))
    assert history == list(given(asked, {"sms"}, covering=False))


@pytest.mark.parametrize(
    ("fields", "moment", "covered"),
    [
        ({}, AT, True),
        ({"from": "2026-05-12"}, "2026-05-12T00:00:00-04:00", True),
        ({"from": "2026-05-12"}, "2026-05-11T23:59:59-04:00", False),
        ({"until": "2026-05-12"}, "2026-05-12T23:59:59-04:00", True),
        ({"until": "2026-05-12"}, "2026-05-13T00:00:00-04:00", False),
        ({"days": ["tue"]}, AT, True),
        ({"days": ["wed"]}, AT, False),
        ({"scope": "hours", "from": "09:00", "to": "10:00"}, "2026-05-12T09:59:59-04:00", True),
        ({"scope": "hours", "from": "09:00", "to": "10:00"}, AT, False),
        ({"scope": "hours", "days": ["wed"]}, AT, False),
    ],
)
def test_a_consent_covers_its_own_times(fields: dict[str, Any], moment: str, covered: bool) -> None:
    one = consent(**fields)
    assert covered is covers_moment(case(AT, "sms", history=[one]), one, when(moment))
    if fields:
        assert not covers_moment(case(AT, "sms", zones=(), history=[one]), one, when(moment))


def test_the_latest_that_still_stands_is_found() -> None:
    first, second = consent(), consent(LATER)
    over = consent("2026-05-07T10:00:00-04:00", until="2026-05-11")
    asked = case(AT, "sms", history=[first, second, over])
    assert second is standing(asked, {"sms"})
    assert second is standing(asked, {"sms"}, since=when("2026-05-05T10:00:00-04:00"))
    assert second is standing(asked, {"sms"}, since=second.at)
    assert None is standing(asked, {"sms"}, since=when("2026-05-06T10:00:01-04:00"))
    assert None is standing(asked, {"email"})
    theirs = case(AT, "sms", history=[consent(given_to="creditor")])
    assert None is standing(theirs, {"sms"})
    assert standing(theirs, {"sms"}, to_whom={"creditor"}) is not None
    taken = case(AT, "sms", history=[second, withdrawal("2026-05-08T10:00:00-04:00")])
    assert None is standing(taken, {"sms"})


def test_an_opt_out_of_a_medium_is_that_of_the_person_who_said_it() -> None:
    hers = event(LATER, "opt_out", channel="sms")
    theirs = event(LATER, "opt_out", channel="sms", person="p2")
    since = when(BEFORE)
    assert opted_out_since(case(AT, "sms", history=[hers]), since)
    assert not opted_out_since(case(AT, "sms", history=[theirs]), since)
    assert opted_out_since(case(AT, "sms", person="p2", history=[theirs]), since)
    assert opted_out_since(case(AT, "sms"), since, [hers])
    assert not opted_out_since(case(AT, "sms", history=[hers]), since, [])
