"""Whose word it was, which debt and which address it was about: what no check may mistake for another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from checkcases import (
    LANDLINE,
    MAIL,
    MOBILE,
    NEIGHBOR,
    OTHER,
    WORK,
    WORK_MAIL,
    ask,
    call,
    case,
    consumer,
    event,
    rule,
    utc,
    when,
)

from outreach.domain import (
    Debt,
    Email,
    EndpointKind,
    Event,
    Finding,
    History,
    Phone,
    RelatedPerson,
    Relation,
    Verdict,
)
from outreach.policy.checks.consent import Consent
from outreach.policy.checks.related_persons import RelatedPersons, out_of_contact
from outreach.policy.checks.suppression import Suppression

AT = "2026-05-12T10:00:00-04:00"
BEFORE = "2026-05-04T10:00:00-04:00"
LATER = "2026-05-06T10:00:00-04:00"

BY_EMAIL = "us.regf.email-procedure"
BY_TEXT = "us.regf.text-procedure"
DISPUTE = "us.regf.dispute"
NOT_HERS = "us.regf.not-her-number"
ATTORNEY_ONLY = "us.regf.location-attorney"
NOTICE_DUE = "us.regf.validation-notice-due"
INITIAL = "us.regf.initial-disclosure-spoken"
TWO_DEBTS = consumer([Debt("d1"), Debt("d2")])


# ---- addresses: 12 CFR 1006.6(d)(4) and (5) ----------------------------------------------------------


def wrote(at: str, channel: str = "sms", from_: str = MOBILE) -> Event:
    return event(at, "inbound", channel=channel, from_=from_)


def checked(at: str, to: str = MOBILE, result: str = "not_reassigned") -> Event:
    return event(at, "reassigned_check", to=to, result=result)


def test_an_address_used_again_after_an_opt_out_is_one_she_uses() -> None:
    out = event(BEFORE, "opt_out", to=MAIL)
    assert (
        Verdict.ALLOW is ask(BY_EMAIL, case(AT, "email", history=[out, wrote(LATER, "email", MAIL)])).verdict
    )
    assert (
        Verdict.BLOCK is ask(BY_EMAIL, case(AT, "email", history=[wrote(BEFORE, "email", MAIL), out])).verdict
    )


def test_an_opt_out_ends_the_routes_before_it_and_none_after() -> None:
    used = event("2026-05-01T10:00:00-04:00", "prior_collector_used", to=MAIL, immediate=True)
    out = event(BEFORE, "opt_out", to=MAIL)
    again = replace(used, at=when(LATER))
    found = ask(BY_EMAIL, case(AT, "email", history=[used, out]))
    assert (Verdict.BLOCK, "this e-mail address came by none of the procedures") == (
        found.verdict,
        found.reason,
    )
    found = ask(BY_EMAIL, case(AT, "email", history=[used, out, again]))
    assert (Verdict.ALLOW, {"route": "used by the collector before us"}) == (found.verdict, found.facts)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (event(LATER, "employer_provided", to="ana@gmail.com"), Verdict.BLOCK),
        (event(LATER, "employer_provided", to=WORK_MAIL), Verdict.ALLOW),
        (event("2026-05-12T10:00:01-04:00", "employer_provided", to="ana@gmail.com"), Verdict.ALLOW),
    ],
)
def test_a_public_domain_serves_unless_the_employer_gave_this_very_address(
    given: Event, verdict: Verdict
) -> None:
    """6(d)(4)(ii)(E)."""
    who = consumer(emails=(Email("ana@gmail.com", EndpointKind.PERSONAL),))
    notice = event(
        "2026-04-01T10:00:00-04:00", "creditor_notice", to="ana@gmail.com", opt_out_by="2026-05-11"
    )
    found = ask(BY_EMAIL, case(AT, "email", "ana@gmail.com", who=who, history=[notice, given]))
    assert verdict is found.verdict


@pytest.mark.parametrize(
    ("history", "verdict"),
    [
        ([event(LATER, "consent", scope="any")], Verdict.ALLOW),
        ([event(LATER, "consent", scope="sms")], Verdict.ALLOW),
        ([event(LATER, "consent", scope="email")], Verdict.BLOCK),
        (
            [event(BEFORE, "consent", scope="sms"), event(LATER, "consent_withdrawn", scope="sms")],
            Verdict.BLOCK,
        ),
    ],
)
def test_her_consent_to_texts_earns_the_defence_until_she_takes_it_back(
    history: list[Event], verdict: Verdict
) -> None:
    """6(d)(5)(ii)."""
    found = ask(BY_TEXT, case(AT, "sms", history=history))
    assert verdict is found.verdict
    missing = "no text, consent or clean check within 60 days stands for this number"
    assert ("her own text or consent" if verdict is Verdict.ALLOW else missing) in found.reason


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        (checked(LATER), Verdict.ALLOW),
        (checked(AT), Verdict.ALLOW),
        (checked("2026-01-05T09:00:00-05:00"), Verdict.BLOCK),
        (checked("2026-05-12T10:00:01-04:00"), Verdict.BLOCK),
        (checked(LATER, OTHER), Verdict.BLOCK),
        (checked(LATER, result="reassigned"), Verdict.BLOCK),
    ],
)
def test_an_old_text_is_made_fresh_by_a_clean_check_of_this_number(check: Event, verdict: Verdict) -> None:
    """6(d)(5)(i)(B): within the past 60 days, and since her latest text."""
    assert (
        verdict is ask(BY_TEXT, case(AT, "sms", history=[wrote("2026-01-05T10:00:00-05:00"), check])).verdict
    )


@pytest.mark.parametrize(
    ("stop", "verdict"),
    [
        ({"channel": "email", "to": MOBILE}, Verdict.BLOCK),  # electronic messages to this number
        ({"channel": "call", "to": MOBILE}, Verdict.ALLOW),
        ({"channel": "email"}, Verdict.ALLOW),
        ({"channel": "sms", "to": OTHER}, Verdict.ALLOW),
        ({"channel": "sms", "person": "p2"}, Verdict.ALLOW),
        ({"channel": "sms", "at": BEFORE}, Verdict.BLOCK),  # in the very moment of her text
        ({"channel": "sms", "at": "2026-05-04T09:59:59-04:00"}, Verdict.ALLOW),
        ({"channel": "sms", "at": AT}, Verdict.BLOCK),
        ({"channel": "sms", "at": "2026-05-12T10:00:01-04:00"}, Verdict.ALLOW),
    ],
)
def test_a_text_earns_nothing_once_she_opted_out_of_texts_to_this_number(
    stop: dict[str, Any], verdict: Verdict
) -> None:
    """6(d)(5)(i)."""
    history = [wrote(BEFORE), event(**{"kind": "opt_out", "at": LATER, **stop})]
    assert verdict is ask(BY_TEXT, case(AT, "sms", history=history)).verdict


@pytest.mark.parametrize(
    "first",
    [
        {"channel": "call"},
        {"channel": "sms", "to": OTHER},
        {"channel": "sms", "person": "p2"},
        {"channel": "sms", "at": "2026-05-03T10:00:00-04:00"},
    ],
)
def test_an_opt_out_that_does_not_reach_a_contact_hides_none_that_does(first: dict[str, Any]) -> None:
    no_more = event("2026-05-07T10:00:00-04:00", "opt_out", channel="sms")
    history = [wrote(BEFORE), event(**{"kind": "opt_out", "at": LATER, **first}), no_more]
    assert Verdict.ALLOW is ask(BY_TEXT, case(AT, "sms", history=history[:2])).verdict
    assert Verdict.BLOCK is ask(BY_TEXT, case(AT, "sms", history=history)).verdict
    consent = event(BEFORE, "consent", scope="sms")
    needs = Consent.Parameters.model_validate(TEXTS, strict=False)
    assert (
        Verdict.BLOCK is Consent().judge(case(AT, "sms", history=[consent, *history[1:]]), needs, {}).verdict
    )


# ---- somebody else's number --------------------------------------------------------------------------


def test_a_number_found_wrong_stays_barred_whatever_is_found_of_another() -> None:
    history = [event(BEFORE, "wrong_number", to=MOBILE), event(LATER, "wrong_number", to=OTHER)]
    assert Verdict.BLOCK is ask(NOT_HERS, case(AT, history=history)).verdict
    assert Verdict.BLOCK is ask(NOT_HERS, case(AT, to=OTHER, history=history)).verdict
    assert Verdict.ALLOW is ask(NOT_HERS, case(AT, to=LANDLINE, history=history)).verdict


def test_a_number_is_wrong_for_the_person_it_was_thought_to_be() -> None:
    history = [event(BEFORE, "wrong_number", to=NEIGHBOR, person="p1")]
    location = {"to": NEIGHBOR, "purpose": "location", "history": history}
    assert Verdict.BLOCK is ask(NOT_HERS, case(AT, person="p1", **location)).verdict
    assert Verdict.ALLOW is ask(NOT_HERS, case(AT, **location)).verdict


# ---- disputes: 12 CFR 1006.38(d)(2) ------------------------------------------------------------------


def disputed(*debts: str, at: str = BEFORE) -> Event:
    return event(at, "dispute", debts=list(debts), channel="letter")


@pytest.mark.parametrize(
    "answer",
    [
        lambda debts, at: event(at, "dispute_answered", debts=debts),
        lambda debts, at: event(
            at, "attempt", channel="letter", to="home", purpose="respond", outcome="sent", debts=debts
        ),
    ],
)
def test_an_answer_about_another_debt_frees_none(answer: Any) -> None:
    def verdict(debts: list[str], at: str = LATER) -> Verdict:
        history = [disputed("d1", "d2"), answer(debts, at)]
        return ask(DISPUTE, case(AT, who=TWO_DEBTS, debts=["d1"], history=history)).verdict

    assert Verdict.BLOCK is verdict(["d2"])
    assert Verdict.ALLOW is verdict(["d1"])
    assert Verdict.ALLOW is verdict(["d1"], BEFORE)  # in the very moment
    assert Verdict.BLOCK is verdict(["d1"], "2026-05-03T10:00:00-04:00")


# ---- validation notices: 12 CFR 1006.34 --------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "warned"),
    [
        ({}, False),
        ({"debts": ["d1"]}, False),
        ({"debts": ["d2"]}, True),
        ({"outcome": "bounced"}, True),
        ({"outcome": "delivered"}, False),
    ],
)
@pytest.mark.parametrize("sent", [False, True])
def test_a_notice_serves_the_debts_it_is_about_unless_it_came_back(
    fields: dict[str, Any], warned: bool, sent: bool
) -> None:
    letter = {"channel": "letter", "to": "home", "purpose": "validation_notice", "outcome": "sent"}
    notice = (
        event(LATER, "attempt", **{**letter, **fields})
        if sent
        else event(LATER, "validation_notice", **fields)
    )
    history = [call("2026-05-01T10:00:00-04:00", "conversation"), notice]
    found = ask(NOTICE_DUE, case(AT, who=TWO_DEBTS, debts=["d1"], history=history))
    assert (Verdict.BLOCK if warned else Verdict.ALLOW) is found.verdict


@pytest.mark.parametrize(
    ("fields", "warned"),
    [
        ({"debts": ["d1"]}, True),
        ({"debts": ["d2"]}, False),
        ({"discussed": ["d2"]}, False),
        ({"discussed": ["d1"], "debts": ["d2"]}, True),
        ({"from_": NEIGHBOR}, False),
    ],
)
def test_a_talk_that_she_began_about_this_debt_makes_its_notice_due(
    fields: dict[str, Any], warned: bool
) -> None:
    """34(a)(1)(i)(B): the initial communication with the consumer, whoever began it."""
    stated = {"channel": "call", "from_": MOBILE, "conversation": True, **fields}
    asked = case(AT, who=TWO_DEBTS, debts=["d1"], history=[event(BEFORE, "inbound", **stated)])
    assert (Verdict.BLOCK if warned else Verdict.ALLOW) is ask(NOTICE_DUE, asked).verdict


def test_the_days_of_a_notice_and_of_a_first_talk_are_hers() -> None:
    """The evening of the 4th, when it is the 5th in UTC."""
    evening = "2026-05-04T22:00:00-04:00"
    talk = call(evening, "conversation")
    assert Verdict.ALLOW is ask(NOTICE_DUE, case("2026-05-09T23:59:59-04:00", history=[talk])).verdict
    assert Verdict.BLOCK is ask(NOTICE_DUE, case("2026-05-10T00:00:00-04:00", history=[talk])).verdict
    notice = event(evening, "validation_notice", debts=["d1"])  # received the 11th, over with June 10th

    def verdict(at: str) -> Verdict:
        return ask(
            DISPUTE, case("2026-06-12T10:00:00-04:00", history=[notice, disputed("d1", at=at)])
        ).verdict

    assert Verdict.BLOCK is verdict("2026-06-10T23:59:59-04:00")
    assert Verdict.ALLOW is verdict("2026-06-11T00:00:00-04:00")


# ---- disclosures: 12 CFR 1006.18(e) ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inbound", "due"),
    [
        ({"from_": MOBILE, "conversation": True}, False),
        ({"from_": NEIGHBOR, "conversation": True}, True),  # a talk with a neighbor is none with her
        ({"from_": MOBILE}, True),
        ({"from_": MOBILE, "conversation": True, "at": AT}, False),  # in the very moment, before it
        ({"from_": MOBILE, "conversation": True, "at": "2026-05-12T10:00:01-04:00"}, True),
    ],
)
def test_only_a_talk_with_her_was_the_first_communication(inbound: dict[str, Any], due: bool) -> None:
    """Comment 18(e)(1)-1: with a consumer, whoever began it."""
    words = "This is Meadow Recovery, a debt collector."
    asked = case(
        AT,
        body=words,
        languages=("en",),
        history=[event(**{"at": BEFORE, "kind": "inbound", "channel": "call", **inbound})],
    )
    found = ask(INITIAL, asked)
    assert (Verdict.BLOCK if due else Verdict.NOT_APPLICABLE) is found.verdict


@pytest.mark.parametrize(
    ("at", "outcome", "due"),
    [(AT, "sent", False), ("2026-05-12T10:00:01-04:00", "sent", True), (BEFORE, "bounced", True)],
)
def test_a_letter_of_this_very_moment_was_the_first_communication(at: str, outcome: str, due: bool) -> None:
    letter = event(at, "attempt", channel="letter", to="home", debts=["d1"], outcome=outcome)
    words = "This is Meadow Recovery, a debt collector."
    found = ask(INITIAL, case(AT, body=words, languages=("en",), history=[letter]))
    assert (Verdict.BLOCK if due else Verdict.NOT_APPLICABLE) is found.verdict


# ---- attorneys: 12 CFR 1006.10(b)(5) -----------------------------------------------------------------

LAWYER = "+16145550199"


def test_the_attorney_alone_is_asked_and_for_her_debts_alone() -> None:
    people = (
        *consumer().people,
        RelatedPerson("p3", Relation.ATTORNEY, phones=(Phone(LAWYER, EndpointKind.WORK),)),
    )
    who = replace(TWO_DEBTS, people=people)
    known = [event(BEFORE, "attorney", debts=["d1"])]

    def verdict(to: str, person: str, *debts: str) -> Verdict:
        asked = case(AT, to=to, person=person, purpose="location", who=who, debts=debts, history=known)
        return ask(ATTORNEY_ONLY, asked).verdict

    assert Verdict.BLOCK is verdict(NEIGHBOR, "p1", "d1")
    assert Verdict.BLOCK is verdict(NEIGHBOR, "p1", "d2", "d1")
    assert Verdict.ALLOW is verdict(NEIGHBOR, "p1", "d2")
    assert Verdict.BLOCK is verdict("+16145550198", "nobody we know", "d1")


@pytest.mark.parametrize(
    ("silent", "until"),
    [
        ({"debts": ["d1"]}, "2026-06-03T00:00:00-04:00"),
        ({}, "2026-06-03T00:00:00-04:00"),
        ({"debts": ["d2"]}, None),
        ({"debts": ["d1"], "at": BEFORE}, "2026-06-03T00:00:00-04:00"),
        ({"debts": ["d1"], "at": AT}, "2026-06-03T00:00:00-04:00"),
        ({"debts": ["d1"], "at": "2026-05-12T10:00:01-04:00"}, None),
        ({"debts": ["d1"], "at": "2026-05-03T10:00:00-04:00"}, None),
    ],
)
def test_silence_is_that_of_the_attorney_for_this_debt(silent: dict[str, Any], until: str | None) -> None:
    check, parameters, _ = rule("us.regf.attorney")
    history = [
        event(BEFORE, "attorney", debts=["d1"]),
        event(**{"at": LATER, "kind": "attorney_unresponsive", **silent}),
    ]
    about = case(AT, who=TWO_DEBTS, debts=["d1"], history=history)
    found = check.judge(about, parameters, {"attorney-unresponsive": {"days": 29}})
    expected = (Verdict.BLOCK, None) if until is None else (Verdict.HOLD, utc(until))
    assert expected == (found.verdict, found.until)
    unlisted = check.judge(about, parameters, {})
    assert Verdict.BLOCK is unlisted.verdict


def test_silence_frees_at_once_where_the_rule_gives_no_days() -> None:
    check, parameters, _ = rule("us.regf.attorney")
    history = [event(BEFORE, "attorney"), event("2026-05-04T11:00:00-04:00", "attorney_unresponsive")]
    found = check.judge(
        case("2026-05-04T12:00:00-04:00", history=history), parameters, {"attorney-unresponsive": {}}
    )
    assert (Verdict.ALLOW, "attorney-unresponsive") == (found.verdict, found.lifted)


@pytest.mark.parametrize(
    ("at", "lifted"), [(LATER, "consent"), (AT, "consent"), ("2026-05-03T10:00:00-04:00", "")]
)
def test_a_consent_speaks_of_an_attorney_that_was_known_before_it(at: str, lifted: str) -> None:
    known = replace(event(BEFORE, "attorney"), id="known")
    found = ask("us.regf.attorney", case(AT, history=[known, event(at, "consent", scope="any")]))
    assert bool(lifted) is bool(found.lifted)
    if lifted:
        assert (Verdict.ALLOW, "the person consented directly to us") == (found.verdict, found.reason)
    else:
        assert (Verdict.BLOCK, "known", known.at.isoformat()) == (
            found.verdict,
            found.facts["event"],
            found.facts["since"],
        )


@pytest.mark.parametrize(
    ("at", "verdict"), [(LATER, Verdict.ALLOW), ("2026-05-03T10:00:00-04:00", Verdict.BLOCK)]
)
def test_one_reply_answers_a_message_that_came_after_the_attorney(at: str, verdict: Verdict) -> None:
    history = [event(BEFORE, "attorney"), wrote(at)]
    found = ask("us.regf.attorney", case(AT, "sms", purpose="respond", history=history))
    assert verdict is found.verdict
    if verdict is Verdict.ALLOW:
        assert "one reply to the person's own message" == found.reason


# ---- work --------------------------------------------------------------------------------------------


def test_an_address_is_the_employers_when_that_was_said_of_this_address() -> None:
    """12 CFR 1006.22(f)(3)."""
    rule_id = "us.regf.employer-email"

    def verdict(to: str, at: str = BEFORE) -> Verdict:
        return ask(rule_id, case(AT, "email", history=[event(at, "employer_provided", to=to)])).verdict

    assert Verdict.BLOCK is verdict(MAIL)
    assert Verdict.BLOCK is verdict(MAIL, AT)
    assert Verdict.ALLOW is verdict("other@workplace.example")
    assert Verdict.ALLOW is verdict(MAIL, "2026-05-12T10:00:01-04:00")


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"at": LATER}, Verdict.ALLOW),
        ({"at": BEFORE}, Verdict.ALLOW),  # in the very moment
        ({"at": "2026-05-03T10:00:00-04:00"}, Verdict.BLOCK),  # before the ban: it says no more
        ({"at": LATER, "scope": "call"}, Verdict.BLOCK),
        ({"at": LATER, "to": MOBILE}, Verdict.BLOCK),
        ({"at": LATER, "person": "p2"}, Verdict.BLOCK),
    ],
)
def test_a_consent_lifts_the_ban_of_the_employer_that_was_known_before_it(
    given: dict[str, Any], verdict: Verdict
) -> None:
    consent = event(**{"kind": "consent", "scope": "any", **given})
    history = [event(BEFORE, "employer_prohibits"), consent]
    found = ask("us.regf.workplace", case(AT, to=WORK, history=history))
    assert verdict is found.verdict
    said = (
        "the person consented directly to us"
        if verdict is Verdict.ALLOW
        else "the employer does not allow such contact"
    )
    assert said == found.reason


def test_the_ban_of_her_employer_is_none_for_her_spouse() -> None:
    ban = event(BEFORE, "employer_prohibits", person="p2")
    assert Verdict.ALLOW is ask("us.regf.workplace", case(AT, to=WORK, history=[ban])).verdict


# ---- other people ------------------------------------------------------------------------------------

ONE_NUMBER = consumer(phones=(Phone(MOBILE, EndpointKind.MOBILE),))


def out(*history: Event, at: str = AT) -> str:
    return out_of_contact(case(at, history=history, who=ONE_NUMBER), 2)


def test_only_calls_to_her_show_that_she_cannot_be_reached() -> None:
    vain = [call("2026-05-10T10:00:00-04:00"), call("2026-05-11T10:00:00-04:00")]
    assert out(*vain)
    assert "" == out(vain[0], call("2026-05-11T10:00:00-04:00", to=NEIGHBOR))
    text = event("2026-05-11T10:00:00-04:00", "attempt", channel="sms", to=MOBILE, outcome="not_in_service")
    assert "" == out(vain[0], text)
    assert "" == out(*vain, at="2026-05-11T09:59:59-04:00")


@pytest.mark.parametrize("at", ["2026-05-10T10:00:00-04:00", "2026-05-11T12:00:00-04:00", AT])
def test_a_word_of_hers_from_the_first_of_these_calls_on_is_contact(at: str) -> None:
    vain = [call("2026-05-10T10:00:00-04:00"), call("2026-05-11T10:00:00-04:00")]
    assert "" == out(*vain, wrote(at))
    assert out(*vain, wrote(at, from_=NEIGHBOR))
    assert out(*vain, wrote("2026-05-10T09:59:59-04:00"))


def test_a_number_is_known_to_be_wrong_from_that_moment_on() -> None:
    wrong = event(AT, "wrong_number", to=MOBILE)
    assert out_of_contact(case(AT, history=[wrong], who=ONE_NUMBER), None)
    assert "" == out_of_contact(case("2026-05-12T09:59:59-04:00", history=[wrong], who=ONE_NUMBER), None)


def test_somebody_we_know_nothing_of_is_no_guarantor() -> None:
    parameters = RelatedPersons.Parameters.model_validate({"not_about": ["guarantor"]}, strict=False)
    found = RelatedPersons().judge(case(AT, to="+16145550198", person="unheard of"), parameters, {})
    assert (Verdict.BLOCK, "nobody but the debtor may be contacted for collect") == (
        found.verdict,
        found.reason,
    )


# ---- the dead, the bankrupt, the protected -----------------------------------------------------------


def barred(*history: Event, debts: list[str] | None = None, at: str = AT) -> tuple[Verdict, Any]:
    parameters = Suppression.Parameters(reasons=frozenset({"deceased", "bankrupt", "breathing_space"}))
    found = Suppression().judge(case(at, who=TWO_DEBTS, debts=debts, history=history), parameters, {})
    return found.verdict, found.until


ALLOWED = (Verdict.ALLOW, None)
BLOCKED = (Verdict.BLOCK, None)


def test_she_is_dead_from_the_moment_we_know_it() -> None:
    assert BLOCKED == barred(event(AT, "deceased"))
    assert ALLOWED == barred(event("2026-05-12T10:00:01-04:00", "deceased"))


def test_a_bankruptcy_bars_from_its_instant_until_its_end_whatever_else_is_known() -> None:
    other = event(BEFORE, "bankrupt", debts=["d2"])
    hers = event(LATER, "bankrupt", debts=["d1"], until=AT)
    assert ALLOWED == barred(other, debts=["d1"])
    assert BLOCKED == barred(other, hers, debts=["d1"], at="2026-05-12T09:59:59-04:00")
    assert ALLOWED == barred(other, hers, debts=["d1"])  # its end is not in it
    assert BLOCKED == barred(event(AT, "bankrupt"))
    assert ALLOWED == barred(event("2026-05-12T10:00:01-04:00", "bankrupt"))
    dated = event(BEFORE, "bankrupt", until="2026-05-11")
    assert ALLOWED == barred(dated)
    assert BLOCKED == barred(dated, at="2026-05-11T23:59:59-04:00")


def test_a_moratorium_of_another_debt_hides_none_of_this_one() -> None:
    other = event(BEFORE, "breathing_space", debts=["d2"], until="2026-05-13")
    hers = event(LATER, "breathing_space", debts=["d1"], until="2026-05-14")
    assert (Verdict.HOLD, utc("2026-05-15T00:00:00-04:00")) == barred(other, hers, debts=["d1"])
    assert (Verdict.HOLD, utc("2026-05-14T00:00:00-04:00")) == barred(other, hers, debts=["d2"])


@pytest.mark.parametrize(
    ("given_to", "verdict"), [("", Verdict.BLOCK), ("collector", Verdict.BLOCK), ("creditor", Verdict.ALLOW)]
)
def test_a_request_made_to_somebody_else_is_heard_where_the_rule_says_so(
    given_to: str, verdict: Verdict
) -> None:
    stop = event(BEFORE, "opt_out", channel="sms", **({"given_to": given_to} if given_to else {}))
    assert verdict is ask("us.regf.medium-refused", case(AT, "sms", history=[stop])).verdict
    assert Verdict.BLOCK is ask("gb.means", case(AT, "sms", history=[stop])).verdict


TEXTS = {
    "channels": frozenset({"sms"}),
    "endpoint_kinds": frozenset({"mobile"}),
    "scopes": frozenset({"sms"}),
    "given_to": frozenset({"collector"}),
}


def test_a_stop_from_this_number_ends_the_consent_whoever_of_its_owners_sent_it() -> None:
    """47 CFR 64.1200(a)(10)."""
    needs = Consent.Parameters.model_validate(TEXTS, strict=False)
    confirmation = {"confirmation": {"minutes": 5}}

    def judged(stop: Event, purpose: str = "collect") -> Finding:
        history = [event(BEFORE, "consent", scope="sms")]
        about = case(AT, "sms", history=history, shared=History([stop]), purpose=purpose)
        return Consent().judge(about, needs, confirmation)

    here = event("2026-05-12T09:58:00-04:00", "opt_out", channel="sms", to=MOBILE)
    assert Verdict.BLOCK is judged(here).verdict
    assert (
        Verdict.ALLOW
        is judged(event("2026-05-12T09:58:00-04:00", "opt_out", channel="sms", to=OTHER)).verdict
    )
    assert Verdict.ALLOW is judged(event("2026-05-12T09:58:00-04:00", "opt_out", channel="sms")).verdict
    assert (
        Verdict.ALLOW
        is judged(event("2026-05-04T09:59:59-04:00", "opt_out", channel="sms", to=MOBILE)).verdict
    )
    confirmed = judged(here, "opt_out_confirmation")
    assert ("confirmation", utc("2026-05-12T10:03:00-04:00")) == (confirmed.lifted, confirmed.until)
    late = judged(
        event("2026-05-12T09:55:00-04:00", "opt_out", channel="sms", to=MOBILE), "opt_out_confirmation"
    )
    assert (Verdict.BLOCK, "the opt-out was too long ago to be confirmed") == (late.verdict, late.reason)
    assert "2026-05-12T09:55:00-04:00" == late.facts["opted_out"]


# ---- what an officer reads ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule_id", "channel", "known", "reason"),
    [
        (
            "us.regf.cease",
            "call",
            {"kind": "cease"},
            "the person refused in writing to pay, or wants no further communication",
        ),
        ("us.regf.attorney", "call", {"kind": "attorney"}, "an attorney represents the person for this debt"),
        (
            "us.regf.not-her-number",
            "call",
            {"kind": "wrong_number", "to": MOBILE},
            "this number is known to be someone else's",
        ),
        (
            "us.regf.not-her-number",
            "sms",
            {"kind": "reassigned_check", "to": MOBILE, "result": "reassigned"},
            "this number was reassigned to someone else",
        ),
        (
            "us.regf.disclosed-address",
            "sms",
            {"kind": "disclosure_led", "to": MOBILE, "person": "p1"},
            "messages to this address are known to have reached a third party",
        ),
    ],
)
def test_an_objection_says_why(rule_id: str, channel: str, known: dict[str, Any], reason: str) -> None:
    found = ask(rule_id, case(AT, channel, history=[event(**{"at": BEFORE, **known})]))
    assert (Verdict.BLOCK, reason) == (found.verdict, found.reason)


def test_what_may_follow_an_opt_out_is_named() -> None:
    stop = event(BEFORE, "opt_out", channel="sms", to=MOBILE)

    def said(*more: Event, purpose: str) -> tuple[str, str]:
        found = ask("us.regf.medium-refused", case(AT, "sms", purpose=purpose, history=[stop, *more]))
        return found.reason, found.lifted

    assert ("the confirmation of an opt-out", "confirmation") == said(purpose="opt_out_confirmation")
    assert ("one reply to the person's own message", "reply-once") == said(wrote(LATER), purpose="respond")
    for stopped, what in (({"channel": "sms"}, "this medium"), ({"to": MOBILE}, "this number or address")):
        words = f"the person asked us not to use {what}"
        barred_ = ask(
            "us.regf.medium-refused", case(AT, "sms", history=[event(BEFORE, "opt_out", **stopped)])
        )
        assert (words, when(BEFORE).isoformat()) == (barred_.reason, barred_.facts["refused"])
    refused, parameters, _ = rule("us.regf.medium-refused")
    about = case(AT, "sms", purpose="opt_out_confirmation", history=[stop])
    assert Verdict.BLOCK is refused.judge(about, parameters, {"confirmation": {}}).verdict


def test_what_ended_an_attorneys_part_is_named() -> None:
    history = [event(BEFORE, "attorney"), event(LATER, "attorney_released")]
    found = ask("us.regf.attorney", case(AT, history=history))
    assert ("the attorney no longer stands between us", "attorney-released") == (found.reason, found.lifted)


def test_an_exception_without_purposes_lifts_nothing() -> None:
    cease, parameters, _ = rule("us.regf.cease")
    about = case(AT, purpose="terminate_notice", history=[event(BEFORE, "cease")])
    assert Verdict.BLOCK is cease.judge(about, parameters, {"terminate-notice": {}}).verdict


def test_what_a_rule_does_not_list_lifts_nothing() -> None:
    told, parameters, _ = rule("us.regf.third-party")
    location = case(AT, to=NEIGHBOR, person="p1", purpose="location")
    assert (
        "to acquire location information"
        == told.judge(location, parameters, {"location": {"purposes": ["location"]}}).reason
    )
    found = told.judge(location, parameters, {})
    assert (Verdict.BLOCK, "this person may not be told about the debt") == (found.verdict, found.reason)
    email, parameters, _ = rule("us.regf.employer-email")
    history = [event(BEFORE, "employer_provided", to=MAIL), event(LATER, "consent", scope="email", to=MAIL)]
    assert Verdict.BLOCK is email.judge(case(AT, "email", history=history), parameters, {}).verdict


def test_what_bars_a_person_says_what_it_is() -> None:
    lists = Suppression.Parameters(reasons=frozenset({"breathing_space"}), lists=frozenset({"dnc"}))

    def said(facts: dict[str, Any], *history: Event) -> tuple[str, dict[str, Any]]:
        found = Suppression().judge(case(AT, facts=facts, history=history), lists, {})
        return found.reason, dict(found.facts)

    assert ("a suppression list could not be asked", {"list": "dnc"}) == said({})
    assert ("a suppression list names this person", {"list": "dnc"}) == said({"dnc": True})
    assert ("a suppression list names this person", {"list": "suppressed"}) == said({"suppressed": True})
    space = event(BEFORE, "breathing_space", until="2026-06-01")
    assert ("a moratorium protects the person", {}) == said({"dnc": False}, space)


def test_what_another_person_said_is_told() -> None:
    stated = {"not_about": [], "stop_when_asked": True}
    parameters = RelatedPersons.Parameters.model_validate(stated, strict=False)

    def said(*history: Event) -> tuple[str, str, Any]:
        about = case(AT, to=NEIGHBOR, person="p1", history=history)
        found = RelatedPersons().judge(about, parameters, {"agreed": {"scopes": ["any"]}})
        return found.reason, found.lifted, found.facts.get("since")

    out_ = event(BEFORE, "opt_out", channel="call", person="p1")
    assert ("this person asked not to be contacted", "", out_.at.isoformat()) == said(out_)
    agreed = event(BEFORE, "consent", scope="any", person="p1")
    assert ("agreed to beforehand", "agreed", None) == said(agreed)


def test_what_was_counted_with_another_person_is_shown() -> None:
    spoken = [call(at, "conversation", NEIGHBOR, person="p1", purpose="location") for at in (BEFORE, LATER)]
    about = case(AT, to=NEIGHBOR, person="p1", purpose="location", history=spoken)
    once = ask("us.regf.location-once", about)
    assert {"last": spoken[1].at.isoformat(), "times": 2} == once.facts

    def judged(at_most: int, **exceptions: dict[str, Any]) -> Finding:
        stated = {"not_about": [], "purposes": ["location"], "at_most": at_most}
        parameters = RelatedPersons.Parameters.model_validate(stated, strict=False)
        lifts = {name.replace("_", "-"): each for name, each in exceptions.items()}
        again = event(LATER, "callback_requested", person="p1")
        asked = replace(about, history=History([*spoken, again]))
        return RelatedPersons().judge(asked, parameters, lifts)

    assert ("2 of 3 contacts", {"counted": 2, "at_most": 3}) == (judged(3).reason, judged(3).facts)
    full = judged(2)
    assert ("this person was contacted already", {"counted": 2, "at_most": 2}) == (full.reason, full.facts)
    lifted = judged(2, callback_requested={})
    assert ("the person asked to be contacted again", "callback-requested") == (lifted.reason, lifted.lifted)
