"""frequency: what is counted besides attempts, by whom, where, from when on, and what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from checkcases import (
    LANDLINE,
    LOS_ANGELES,
    MAIL,
    MOBILE,
    NEIGHBOR,
    NEW_YORK,
    OTHER,
    WORK,
    call,
    case,
    consumer,
    event,
    utc,
    when,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain import Case, Debt, Event, Finding, Verdict
from outreach.policy.checks.frequency import Frequency

CHECK = Frequency()
CHANNELS = ["call", "sms", "email", "letter", "visit"]
NOW = "2026-04-07T15:00:00-04:00"


def ask(case: Case, exceptions: dict[str, dict[str, Any]] | None = None, **parameters: Any) -> Finding:
    stated = {"at_most": 1, "within": 7, "unit": "days", "per": ["person"], "channels": CHANNELS}
    made = Frequency.Parameters.model_validate(
        {
            name: frozenset(value) if isinstance(value, list) else value
            for name, value in (stated | parameters).items()
        },
        strict=False,
    )
    return CHECK.judge(case, made, exceptions or {})


def sent(at: str, channel: str, outcome: str = "sent", **fields: Any) -> Event:
    to = {"sms": MOBILE, "email": MAIL}.get(channel, "home")
    return event(at, "attempt", **{"channel": channel, "to": to, "outcome": outcome, **fields})


def counted(history: list[Event], **parameters: Any) -> int:
    found = ask(case(NOW, history=history), at_most=99, **parameters)
    assert Verdict.ALLOW is found.verdict
    return int(found.facts["counted"])


# ---- contacts and calls in vain ------------------------------------------------------------------


@pytest.mark.parametrize(
    "outcome",
    ["conversation", "voicemail", "limited_content_message", "dropped", "unknown", "open", "a_new_word"],
)
def test_a_call_that_reached_the_person_or_may_have_is_a_contact(outcome: str) -> None:
    assert 1 == counted([call("2026-04-06T10:00:00-04:00", outcome)], what="contacts")


@pytest.mark.parametrize(
    "outcome",
    [
        "no_answer",
        "busy",
        "not_in_service",
        "mailbox_full",
        "third_party_answered",
        "refused",
        "not_sent",
        "opted_out",
    ],
)
def test_a_call_that_reached_nobody_is_no_contact(outcome: str) -> None:
    assert 0 == counted([call("2026-04-06T10:00:00-04:00", outcome)], what="contacts")


@pytest.mark.parametrize(
    ("outcome", "number"), [("sent", 1), ("delivered", 1), ("unknown", 1), ("bounced", 0), ("refused", 0)]
)
def test_a_message_is_a_contact_unless_it_came_back_or_never_left(outcome: str, number: int) -> None:
    for channel in ("sms", "email", "letter"):
        assert number == counted([sent("2026-04-06T10:00:00-04:00", channel, outcome)], what="contacts")


def test_contacts_over_all_channels_count_together() -> None:
    history = [
        call("2026-04-02T10:00:00-04:00", "voicemail"),
        sent("2026-04-03T10:00:00-04:00", "sms"),
        sent("2026-04-04T10:00:00-04:00", "letter", "delivered"),
        call("2026-04-05T10:00:00-04:00", "no_answer"),
    ]
    held = ask(case(NOW, history=history), what="contacts", at_most=3)
    assert (Verdict.HOLD, utc("2026-04-09T00:00:00-04:00")) == (held.verdict, held.until)
    assert Verdict.ALLOW is ask(case(NOW, history=history), what="contacts", at_most=4).verdict


@pytest.mark.parametrize(
    ("outcome", "number"),
    [
        *((outcome, 1) for outcome in ("no_answer", "mailbox_full", "voicemail", "open", "unknown", "sent")),
        *((outcome, 0) for outcome in ("conversation", "dropped", "third_party_answered", "busy")),
        ("not_in_service", 0),
    ],
)
def test_a_call_that_nobody_is_known_to_have_answered_was_in_vain(outcome: str, number: int) -> None:
    assert number == counted([call("2026-04-06T10:00:00-04:00", outcome)], what="unanswered")


def test_a_message_is_no_call_in_vain() -> None:
    assert 0 == counted([sent("2026-04-06T10:00:00-04:00", "sms", "unknown")], what="unanswered")


def test_calls_in_vain_count_by_number_and_by_the_local_day() -> None:
    history = [call(f"2026-04-07T{hour:02}:00:00-04:00") for hour in range(8, 14)]
    limit = {"what": "unanswered", "at_most": 6, "within": 1, "per": ["person", "endpoint"]}
    held = ask(case(NOW, history=history), **limit)
    assert (Verdict.HOLD, utc("2026-04-08T00:00:00-04:00")) == (held.verdict, held.until)
    assert Verdict.ALLOW is ask(case(NOW, to=OTHER, history=history), **limit).verdict
    west = ask(case(NOW, history=history, zones=(LOS_ANGELES, NEW_YORK)), **limit)
    assert utc("2026-04-08T00:00:00-07:00") == west.until


# ---- conversations -------------------------------------------------------------------------------


def test_a_call_still_open_may_become_a_conversation_and_counts_as_one() -> None:
    for outcome in ("open", "unknown", "a_new_word"):
        held = ask(case(NOW, history=[call("2026-04-07T14:00:00-04:00", outcome)]), what="conversations")
        assert Verdict.HOLD is held.verdict


def test_a_conversation_that_the_person_began_counts_unless_the_rule_says_otherwise() -> None:
    history = [event("2026-04-06T10:00:00-04:00", "inbound", channel="call", from_=MOBILE, conversation=True)]
    assert Verdict.HOLD is ask(case(NOW, history=history), what="conversations").verdict
    ours_only = {"started-by-the-person": {}}
    assert Verdict.ALLOW is ask(case(NOW, history=history), ours_only, what="conversations").verdict


# ---- whose contacts, to what, about what ---------------------------------------------------------


def test_without_the_collector_in_the_key_the_contacts_of_every_collector_count() -> None:
    history = [call("2026-04-06T10:00:00-04:00", "voicemail", collector="another")]
    assert Verdict.HOLD is ask(case(NOW, history=history), what="contacts").verdict
    ours = ask(case(NOW, history=history), what="contacts", per=["person", "collector"])
    assert Verdict.ALLOW is ours.verdict


def test_debts_to_one_creditor_count_together() -> None:
    who = consumer([Debt("d1", creditor="a"), Debt("d2", creditor="a"), Debt("d3", creditor="b")])
    history = [call("2026-04-06T10:00:00-04:00", "voicemail", debts=["d1"])]
    verdicts = [
        ask(
            case(NOW, history=history, who=who, debts=[debt]), what="contacts", per=["person", "creditor"]
        ).verdict
        for debt in ("d1", "d2", "d3")
    ]
    assert [Verdict.HOLD, Verdict.HOLD, Verdict.ALLOW] == verdicts


def test_while_one_creditor_is_not_known_all_debts_count_as_one() -> None:
    who = consumer([Debt("d1", creditor="a"), Debt("d2")])
    history = [call("2026-04-06T10:00:00-04:00", "voicemail", debts=["d1"])]
    asked = case(NOW, history=history, who=who, debts=["d2"])
    assert Verdict.HOLD is ask(asked, what="contacts", per=["person", "creditor"]).verdict


def test_an_unanswered_call_about_two_debts_counts_for_one_of_them_or_for_each() -> None:
    who = consumer([Debt("d1"), Debt("d2")])
    history = [call("2026-04-06T10:00:00-04:00", debts=["d1", "d2"])]
    for choice, second in (("one", Verdict.ALLOW), ("each", Verdict.HOLD)):
        found = [
            ask(
                case(NOW, history=history, who=who, debts=[debt]),
                per=["person", "debt"],
                several_debts=choice,
            ).verdict
            for debt in ("d1", "d2")
        ]
        assert [Verdict.HOLD, second] == found


def test_only_endpoints_of_the_kinds_named_are_counted_and_judged() -> None:
    home = {"endpoint_kinds": ["home", "landline", "mobile"]}
    at_work = [
        call("2026-04-06T10:00:00-04:00", to=WORK),
        sent("2026-04-05T10:00:00-04:00", "visit", to="work"),
    ]
    at_home = [call("2026-04-06T10:00:00-04:00", to=LANDLINE)]
    assert Verdict.NOT_APPLICABLE is ask(case(NOW, to=WORK, history=at_home), **home).verdict
    assert Verdict.ALLOW is ask(case(NOW, history=at_work), **home).verdict
    assert Verdict.HOLD is ask(case(NOW, history=at_home), **home).verdict
    assert Verdict.HOLD is ask(case(NOW, "visit", "home", history=at_home), **home).verdict


def test_a_number_that_nobody_knows_is_of_unknown_kind() -> None:
    history = [call("2026-04-06T10:00:00-04:00", to="+16145550999")]
    assert Verdict.ALLOW is ask(case(NOW, history=history), endpoint_kinds=["mobile"]).verdict
    both = ask(case(NOW, history=history), endpoint_kinds=["mobile", "unknown"])
    assert Verdict.HOLD is both.verdict


# ---- after a conversation ------------------------------------------------------------------------


def test_after_a_conversation_only_what_came_later_counts() -> None:
    before = [call("2026-04-02T10:00:00-04:00", "voicemail"), call("2026-04-03T10:00:00-04:00", "voicemail")]
    limit = {"what": "contacts", "after": "conversation", "per": ["person", "creditor"], "at_most": 2}
    assert "not spoken with yet" == ask(case(NOW, history=before), **limit).reason
    talked = [*before, call("2026-04-04T10:00:00-04:00", "conversation")]
    assert 0 == ask(case(NOW, history=talked), **limit).facts["counted"]
    later = [*talked, sent("2026-04-05T10:00:00-04:00", "email"), sent("2026-04-06T10:00:00-04:00", "sms")]
    held = ask(case(NOW, history=later), **limit)
    assert (Verdict.HOLD, utc("2026-04-12T00:00:00-04:00")) == (held.verdict, held.until)


def test_a_conversation_she_began_is_one_too() -> None:
    history = [
        event("2026-04-02T10:00:00-04:00", "inbound", channel="call", from_=MOBILE, conversation=True),
        sent("2026-04-06T10:00:00-04:00", "email"),
    ]
    assert Verdict.HOLD is ask(case(NOW, history=history), what="contacts", after="conversation").verdict


def test_where_history_is_not_whole_we_may_have_spoken_before_it() -> None:
    history = [sent("2026-04-06T10:00:00-04:00", "email")]
    asked = case(NOW, history=history, known_since=when("2026-03-01T00:00:00-05:00"))
    assert Verdict.HOLD is ask(asked, what="contacts", after="conversation").verdict


# ---- months --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "until", "zones"),
    [
        ("2026-02-20T10:00:00-05:00", "2026-03-22T00:00:00-04:00", (NEW_YORK,)),  # clocks went forward
        ("2026-10-20T10:00:00-04:00", "2026-11-19T00:00:00-05:00", (NEW_YORK,)),  # and back
        ("2026-10-20T01:00:00-04:00", "2026-11-19T00:00:00-05:00", (LOS_ANGELES, NEW_YORK)),
        ("2026-10-20T10:00:00-04:00", "2026-11-19T00:00:00-08:00", (LOS_ANGELES, NEW_YORK)),
    ],
)
def test_a_month_is_thirty_days_of_the_calendar(first: str, until: str, zones: tuple[str, ...]) -> None:
    month = {"within": 1, "unit": "months"}
    held = ask(case(when(first).replace(hour=12), history=[call(first)], zones=zones), **month)
    assert (Verdict.HOLD, utc(until)) == (held.verdict, held.until)
    assert Verdict.ALLOW is ask(case(until, history=[call(first)], zones=zones), **month).verdict


# ---- asked for, agreed, required -----------------------------------------------------------------


def test_one_answer_to_her_message_neither_counts_nor_is_held() -> None:
    answered = {"answered-request": {}}
    message = event("2026-04-06T09:00:00-04:00", "inbound", channel="email", from_=MAIL)
    reply = sent("2026-04-06T10:00:00-04:00", "email", purpose="respond")
    other = sent("2026-04-05T10:00:00-04:00", "letter")
    waiting = case(NOW, "email", history=[other, message], purpose="respond")
    assert ("answered-request", Verdict.ALLOW) == (
        ask(waiting, answered).lifted,
        ask(waiting, answered).verdict,
    )
    assert Verdict.HOLD is ask(waiting).verdict
    after = ask(case(NOW, history=[message, reply]), answered)
    assert (Verdict.ALLOW, {"answered-request": 1}) == (after.verdict, after.facts["not_counted"])


def test_what_is_only_called_an_answer_counts() -> None:
    answered = {"answered-request": {}}
    reply = sent("2026-04-06T10:00:00-04:00", "email", purpose="respond")
    assert Verdict.HOLD is ask(case(NOW, history=[reply]), answered).verdict
    message = event("2026-04-05T09:00:00-04:00", "inbound", channel="sms", from_=MOBILE)
    assert Verdict.HOLD is ask(case(NOW, history=[message, reply]), answered).verdict
    assert Verdict.HOLD is ask(case(NOW, "email", history=[reply], purpose="respond"), answered).verdict


def test_one_message_takes_one_answer_out_of_the_count() -> None:
    message = event("2026-04-05T09:00:00-04:00", "inbound", channel="email", from_=MAIL)
    replies = [sent(f"2026-04-06T1{hour}:00:00-04:00", "email", purpose="respond") for hour in range(3)]
    found = ask(case(NOW, history=[message, *replies]), {"answered-request": {}}, at_most=3)
    assert (2, {"answered-request": 1}) == (found.facts["counted"], found.facts["not_counted"])


def test_required_notices_neither_count_nor_are_held() -> None:
    required = {"required-notice": {"purposes": ["legally_required"]}}
    notice = sent("2026-04-06T10:00:00-04:00", "letter", purpose="legally_required")
    plain = sent("2026-04-06T11:00:00-04:00", "letter")
    found = ask(case(NOW, history=[notice]), required)
    assert (Verdict.ALLOW, {"required-notice": 1}) == (found.verdict, found.facts["not_counted"])
    now = ask(case(NOW, "letter", purpose="legally_required", history=[plain]), required)
    assert (Verdict.ALLOW, "required-notice") == (now.verdict, now.lifted)
    assert Verdict.HOLD is ask(case(NOW, "letter", purpose="first_notice", history=[plain]), required).verdict


def test_what_is_made_under_her_consent_does_not_count() -> None:
    agreed = {"consent": {"scopes": ["sms", "any"]}}
    consent = event("2026-04-01T09:00:00-04:00", "consent", scope="sms", to=MOBILE, until="2026-04-08")
    texts = [sent("2026-04-06T10:00:00-04:00", "sms")]
    now = ask(case(NOW, "sms", history=[consent, *texts]), agreed)
    assert ("consent", utc("2026-04-09T00:00:00-04:00")) == (now.lifted, now.until)
    other = ask(case(NOW, "sms", to=OTHER, history=[consent, *texts]), agreed)
    assert (Verdict.ALLOW, {"consent": 1}) == (other.verdict, other.facts["not_counted"])


def test_a_consent_given_for_later_ends_the_wait_when_it_begins() -> None:
    agreed = {"consent": {"scopes": ["sms"]}}
    consent = event("2026-04-01T09:00:00-04:00", "consent", scope="sms", from_="2026-04-10")
    history = [consent, sent("2026-04-06T10:00:00-04:00", "sms")]
    for zones, until in (
        ((NEW_YORK,), "2026-04-10T00:00:00-04:00"),
        ((NEW_YORK, LOS_ANGELES), "2026-04-10T00:00:00-07:00"),
    ):
        held = ask(case(NOW, "sms", history=history, zones=zones), agreed)
        assert (Verdict.HOLD, utc(until)) == (held.verdict, held.until)
        assert "consent" == ask(case(until, "sms", history=history, zones=zones), agreed).lifted


@pytest.mark.parametrize(
    "end",
    [
        event("2026-04-05T09:00:00-04:00", "consent_withdrawn", scope="sms"),
        event("2026-04-05T09:00:00-04:00", "opt_out", channel="sms"),
        event("2026-04-05T09:00:00-04:00", "opt_out", to=MOBILE),
    ],
)
def test_a_consent_taken_back_takes_nothing_more_out_of_the_count(end: Event) -> None:
    agreed = {"consent": {"scopes": ["sms"]}}
    consent = event("2026-04-01T09:00:00-04:00", "consent", scope="sms")
    under, after = sent("2026-04-04T10:00:00-04:00", "sms"), sent("2026-04-06T10:00:00-04:00", "sms")
    found = ask(case(NOW, "sms", history=[consent, under, end, after]), agreed, at_most=2)
    assert (1, {"consent": 1}) == (found.facts["counted"], found.facts["not_counted"])


def test_a_consent_given_to_another_or_about_other_debts_is_none() -> None:
    agreed = {"consent": {"scopes": ["sms"]}}
    history = [
        event("2026-04-01T09:00:00-04:00", "consent", scope="sms", given_to="creditor"),
        event("2026-04-01T09:00:00-04:00", "consent", scope="sms", debts=["other"]),
        sent("2026-04-06T10:00:00-04:00", "sms"),
    ]
    assert Verdict.HOLD is ask(case(NOW, "sms", history=history), agreed).verdict


def test_other_people_are_counted_apart_where_the_person_is_in_the_key() -> None:
    history = [call("2026-04-06T10:00:00-04:00", "voicemail", to=NEIGHBOR)]
    assert Verdict.ALLOW is ask(case(NOW, history=history), what="contacts").verdict
    assert Verdict.HOLD is ask(case(NOW, history=history), what="contacts", per=["debt"]).verdict


# ---- an oracle of plain loops --------------------------------------------------------------------

REACHED = {"conversation", "voicemail", "dropped", "unknown", "sent", "open"}
IN_VAIN = {"no_answer", "mailbox_full", "voicemail", "unknown", "open", "sent"}
MAY_BE_TALK = {"conversation", "unknown", "open", "sent"}
ENDS = sorted(REACHED | IN_VAIN | {"busy", "third_party_answered", "bounced"})
KINDS = {MOBILE: "mobile", LANDLINE: "landline", WORK: "work"}
AT = when("2026-03-20T15:00:00-04:00")  # the clocks went forward on the eighth


@dataclass(frozen=True)
class Past:
    days: int
    hour: int
    to: str
    end: str

    @property
    def at(self) -> datetime:
        return AT - timedelta(days=self.days, hours=self.hour)


def _is_meant(each: Past, what: str, kinds: list[str] | None) -> bool:
    if kinds is not None and KINDS[each.to] not in kinds:
        return False
    ends = {"contacts": REACHED, "unanswered": IN_VAIN, "conversations": MAY_BE_TALK}
    return what == "attempts" or each.end in ends[what]


def _most(past: list[Past], moment: datetime, days: int, zones: tuple[str, ...]) -> int:
    """In the zone where that is most: how many lie on the last so many local dates, today's among them."""
    found = 0
    for name in zones:
        zone = ZoneInfo(name)
        first = moment.astimezone(zone).date() - timedelta(days=days - 1)
        found = max(found, sum(each.at.astimezone(zone).date() >= first for each in past))
    return found


@settings(max_examples=300)
@given(
    past=st.lists(
        st.builds(
            Past,
            st.integers(0, 34),
            st.integers(0, 14),
            st.sampled_from(sorted(KINDS)),
            st.sampled_from(ENDS),
        ),
        max_size=8,
    ),
    what=st.sampled_from(["attempts", "contacts", "unanswered", "conversations"]),
    kinds=st.sampled_from([None, ["mobile"], ["mobile", "landline"], ["work"]]),
    at_most=st.integers(1, 4),
    within=st.sampled_from([(1, "days"), (7, "days"), (1, "weeks"), (1, "months")]),
    zones=st.sampled_from([(NEW_YORK,), (LOS_ANGELES, NEW_YORK), ("Asia/Kolkata", NEW_YORK)]),
)
def test_counts_and_their_ends_agree_with_plain_loops(
    past: list[Past],
    what: str,
    kinds: list[str] | None,
    at_most: int,
    within: tuple[int, str],
    zones: tuple[str, ...],
) -> None:
    history = [call(each.at, each.end, to=each.to) for each in sorted(past, key=lambda each: each.at)]
    to = next(number for number, kind in KINDS.items() if kinds is None or kind in kinds)
    found = ask(
        case(AT, to=to, history=history, zones=zones),
        at_most=at_most,
        within=within[0],
        unit=within[1],
        what=what,
        endpoint_kinds=kinds,
    )
    days = within[0] * {"days": 1, "weeks": 7, "months": 30}[within[1]]
    counting = [each for each in past if _is_meant(each, what, kinds)]
    assert (_most(counting, AT, days, zones) >= at_most) is found.objects
    if not found.objects:
        return
    moment = AT
    while _most(counting, moment, days, zones) >= at_most:  # every local midnight lies on a half hour
        moment += timedelta(minutes=30)
    assert moment == found.until
