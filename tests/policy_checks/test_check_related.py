"""related_persons, and words that go to others: who besides the debtor may hear what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from checkcases import MOBILE, NEIGHBOR, SPOUSE, call, case, consumer, event

from outreach.domain import CONSUMER, Event, Finding, Phone, Verdict
from outreach.domain.words import EndpointKind
from outreach.policy.checks.forbidden_words import ForbiddenWords
from outreach.policy.checks.related_persons import RelatedPersons, out_of_contact

AT = "2026-05-12T12:00:00-04:00"
ONE_NUMBER = consumer(phones=(Phone(MOBILE, EndpointKind.MOBILE),))


def judged(
    history: Sequence[Event] = (),
    *,
    person: str = "p1",
    purpose: str = "location",
    exceptions: dict[str, dict[str, Any]] | None = None,
    **stated: Any,
) -> Finding:
    parameters = RelatedPersons.Parameters.model_validate(
        {"not_about": ["guarantor"], "purposes": ["location", "relay"], **stated}, strict=False
    )
    to = {CONSUMER: MOBILE, "p1": NEIGHBOR, "p2": SPOUSE}[person]
    asked = case(AT, to=to, person=person, purpose=purpose, history=history, who=ONE_NUMBER)
    return RelatedPersons().judge(asked, parameters, exceptions or {})


def test_the_debtor_herself_is_none_of_its_business() -> None:
    assert Verdict.NOT_APPLICABLE is judged(person=CONSUMER).verdict


@pytest.mark.parametrize(("purpose", "verdict"), [("location", Verdict.ALLOW), ("collect", Verdict.BLOCK)])
@pytest.mark.parametrize("person", ["p1", "p2"])
def test_a_spouse_is_somebody_else_here(person: str, purpose: str, verdict: Verdict) -> None:
    assert verdict is judged(person=person, purpose=purpose).verdict


def test_relations_narrow_whom_the_rule_is_about() -> None:
    assert Verdict.BLOCK is judged(person="p2", purposes=[], relations=["spouse"]).verdict
    assert Verdict.NOT_APPLICABLE is judged(person="p1", purposes=[], relations=["spouse"]).verdict


def vain(count: int, outcome: str = "no_answer") -> list[Event]:
    return [call(f"2026-05-{day:02}T12:00:00-04:00", outcome) for day in range(1, count + 1)]


@pytest.mark.parametrize(("count", "verdict"), [(2, Verdict.BLOCK), (3, Verdict.ALLOW), (4, Verdict.ALLOW)])
def test_so_many_calls_in_a_row_that_reached_nobody_are_enough(count: int, verdict: Verdict) -> None:
    assert verdict is judged(vain(count), only_out_of_contact=True, failures=3).verdict


@pytest.mark.parametrize(
    "since",
    [
        call("2026-05-10T12:00:00-04:00", "voicemail"),
        call("2026-05-10T12:00:00-04:00", "conversation"),
        event("2026-05-10T12:00:00-04:00", "inbound", channel="sms", from_=MOBILE),
    ],
)
def test_a_sign_of_life_ends_the_row(since: Event) -> None:
    assert "" == out_of_contact(case(AT, history=[*vain(3), since], who=ONE_NUMBER), 3)


def test_dead_numbers_are_enough_only_if_all_are_dead() -> None:
    dead = [call("2026-05-10T12:00:00-04:00", "not_in_service")]
    wrong = [event("2026-05-10T12:00:00-04:00", "wrong_number", to=MOBILE)]
    assert out_of_contact(case(AT, history=dead, who=ONE_NUMBER), None)
    assert out_of_contact(case(AT, history=wrong, who=ONE_NUMBER), None)
    assert "" == out_of_contact(case(AT, history=dead), None)  # she has other numbers
    rang = [*dead, call("2026-05-11T12:00:00-04:00", "no_answer")]
    assert "" == out_of_contact(case(AT, history=rang, who=ONE_NUMBER), None)


def test_who_asked_not_to_be_contacted_is_left_alone_until_she_says_otherwise() -> None:
    asked = event("2026-05-01T12:00:00-04:00", "opt_out", channel="call", person="p1")
    again = event("2026-05-02T12:00:00-04:00", "opt_in", channel="call", person="p1")
    assert Verdict.BLOCK is judged([asked], stop_when_asked=True).verdict
    assert Verdict.ALLOW is judged([asked, again], stop_when_asked=True).verdict
    assert Verdict.ALLOW is judged([asked], person="p2", stop_when_asked=True).verdict


@pytest.mark.parametrize(("at_most", "verdict"), [(1, Verdict.BLOCK), (2, Verdict.ALLOW)])
def test_contacts_with_one_person_are_counted_and_calls_in_vain_are_not(
    at_most: int, verdict: Verdict
) -> None:
    spoken = call("2026-05-01T12:00:00-04:00", "conversation", NEIGHBOR, person="p1", purpose="location")
    rang = call("2026-05-02T12:00:00-04:00", "no_answer", NEIGHBOR, person="p1", purpose="location")
    assert verdict is judged([spoken, rang], at_most=at_most).verdict


def test_what_lifts_it_has_to_be_listed() -> None:
    spoken = call("2026-05-01T12:00:00-04:00", "conversation", NEIGHBOR, person="p1", purpose="location")
    again = event("2026-05-02T12:00:00-04:00", "callback_requested", person="p1")
    dead = event("2026-05-02T12:00:00-04:00", "deceased")
    agreed = event("2026-05-02T12:00:00-04:00", "consent", scope="any", person="p1")
    for history, stated, name in (
        ([spoken, again], {"at_most": 1}, "callback-requested"),
        ([dead], {"only_out_of_contact": True}, "deceased"),
        ([agreed], {"purposes": []}, "agreed"),
    ):
        entry = {"cite": "a law", "scopes": ["any"]}
        assert Verdict.BLOCK is judged(history, **stated).verdict
        found = judged(history, exceptions={name: entry}, **stated)
        assert (Verdict.ALLOW, name) == (found.verdict, found.lifted)


@pytest.mark.parametrize(
    ("person", "verdict"),
    [(CONSUMER, Verdict.NOT_APPLICABLE), ("p1", Verdict.BLOCK), ("p2", Verdict.NOT_APPLICABLE)],
)
def test_words_may_be_forbidden_towards_others_alone(person: str, verdict: Verdict) -> None:
    parameters = ForbiddenWords.Parameters.model_validate(
        {"phrases": {"debt": {"en": ["owes"]}}, "others_than": ["spouse"]}, strict=False
    )
    to = {CONSUMER: MOBILE, "p1": NEIGHBOR, "p2": SPOUSE}[person]
    asked = case(AT, to=to, person=person, purpose="relay", body="She owes us.")
    assert verdict is ForbiddenWords().judge(asked, parameters, {}).verdict


@pytest.mark.parametrize(
    ("phrase", "text", "verdict"),
    [
        ("this is .. court", "This is the county court.", Verdict.BLOCK),
        ("this is .. court", "This is Sam, who may, if all else fails, go to court.", Verdict.ALLOW),
        ("pay ... or else", "Pay this week, whatever it takes, or else.", Verdict.BLOCK),
        ("这里是 .. 法院", "这里是某某区人民法院", Verdict.BLOCK),
        ("blackmail*", "This is blackmailing.", Verdict.BLOCK),
        ("black*", "He is a smallblack.", Verdict.ALLOW),
    ],
)
def test_forbidden_phrases_may_have_gaps_and_open_ends(phrase: str, text: str, verdict: Verdict) -> None:
    parameters = ForbiddenWords.Parameters.model_validate({"phrases": {"it": {"en": [phrase]}}}, strict=False)
    found = ForbiddenWords().judge(case(AT, "sms", body=text), parameters, {})
    assert verdict is found.verdict
