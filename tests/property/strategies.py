"""People, what is told of them, and what we wish to send: the one place where properties get these from.

Extend this file with each new fact. Everything is built from a consumer's own addresses and debts, so that
what is drawn concerns somebody; nobody here exists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from outreach.domain import (
    CONSUMER,
    Address,
    Consumer,
    Contact,
    Debt,
    Email,
    EndpointKind,
    Event,
    Money,
    Phone,
    Purpose,
    RelatedPerson,
    Relation,
    Way,
    Words,
)

__all__ = [
    "AGO",
    "BODIES",
    "CAST",
    "KINDS",
    "MOMENTS",
    "WEEKDAYS",
    "Fact",
    "addresses_for",
    "consumers",
    "contacts",
    "facts",
    "fields_of",
    "histories",
    "moved_west",
]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something told of a consumer: what, with which fields, and how long before now it was so."""

    kind: str
    fields: dict[str, Any]
    ago: timedelta = timedelta()

    def event(self, now: datetime, event_id: str = "") -> Event:
        """The fact as an event."""
        return Event(self.kind, now - self.ago, self.fields, id=event_id)


# ---- people ------------------------------------------------------------------------------------------


def _home(state: str, postal_code: str, city: str) -> Address:
    return Address(EndpointKind.HOME, "US", state, postal_code, ("1 High Street",), city)


_OHIO, _CALIFORNIA = _home("OH", "43215", "Columbus"), _home("CA", "90012", "Los Angeles")
_SHARED = Phone("+16145550001", EndpointKind.MOBILE)
_FAMILY = Email("family@example.com", EndpointKind.PERSONAL)
_JOINT = Debt(
    "joint", "personal_loan", creditor="mill", account_number="4000000000000099", as_of="2026-01-31"
)


def _debt(name: str, number: int, **more: Any) -> Debt:
    return Debt(
        name,
        creditor="mill",
        account_number=f"40000000{number:08d}",
        balance=Money(12345, "USD"),
        as_of="2026-01-31",
        **({"kind": "credit_card"} | more),
    )


CAST = (
    Consumer(
        "p1",
        "Alex Example One",
        "en",
        addresses=(_OHIO,),
        phones=(_SHARED, Phone("+16145550011", EndpointKind.WORK)),
        emails=(Email("one@example.com", EndpointKind.PERSONAL), _FAMILY),
        debts=(_debt("a1", 11), _debt("a2", 12, kind="medical"), replace(_JOINT, balance=Money(700, "USD"))),
    ),
    Consumer(
        "p2",
        "Blake Example Two",
        "en",
        addresses=(_OHIO,),
        phones=(_SHARED, Phone("+16145550002", EndpointKind.LANDLINE)),
        emails=(_FAMILY,),
        debts=(
            _debt("b1", 21, kind="student_loan", servicing_account="S1"),
            _debt("b2", 22, kind="student_loan", servicing_account="S1"),
            replace(_JOINT, balance=Money(700, "USD")),
        ),
    ),
    Consumer(
        "p3",
        "Casey Example Three",
        "es",
        addresses=(_CALIFORNIA,),
        phones=(Phone("+16145550003", EndpointKind.MOBILE),),
        emails=(Email("three@example.com", EndpointKind.PERSONAL),),
        people=(
            RelatedPerson(
                "s3", Relation.SPOUSE, "Sam Example", (Phone("+12135550004", EndpointKind.MOBILE),)
            ),
        ),
        debts=(_debt("c1", 31),),
    ),
)
"""Three who share: the first two a number, a mailbox and a debt; the third may be in either of two zones."""


def moved_west(consumer: Consumer) -> Consumer:
    """The same person, whose home is now in California."""
    return replace(consumer, addresses=(_CALIFORNIA,))


_HOMES = (
    _OHIO,
    _CALIFORNIA,
    _home("TX", "79901", "El Paso"),
    _home("AZ", "85001", "Phoenix"),
    _home("IN", "47710", "Evansville"),
)
_AREAS = ("614", "213", "812", "480", "208")  # 812 and 208 span two zones


@st.composite
def consumers(draw: st.DrawFn, most: int = 2) -> Consumer:
    """Anybody of the United States: one or more zones, one to three debts, others around her.

    :param most: how many homes and numbers she may have, and so how many zones.
    """
    homes = draw(st.lists(st.sampled_from(_HOMES), max_size=most, unique=True))
    areas = draw(st.lists(st.sampled_from(_AREAS), min_size=1, max_size=most, unique=True))
    kinds = draw(st.lists(st.sampled_from(["mobile", "landline", "work", "unknown"]), min_size=2, max_size=2))
    phones = [Phone(f"+1{area}5550{n:03d}", EndpointKind(kinds[n])) for n, area in enumerate(areas)]
    loans = draw(
        st.lists(st.sampled_from(["credit_card", "student_loan", "mortgage"]), min_size=1, max_size=3)
    )
    debts = [
        Debt(f"d{n}", kind, servicing_account="S1" if kind == "student_loan" else "")
        for n, kind in enumerate(loans, 1)
    ]
    relations = draw(st.lists(st.sampled_from(list(_AROUND)), max_size=2, unique=True))
    return Consumer(
        "c1",
        language="en",
        timezone=draw(st.sampled_from(["", "", "", "America/Chicago"])),
        addresses=tuple(homes),
        phones=tuple(phones),
        emails=(
            Email("ana@example.com", EndpointKind.PERSONAL),
            Email("ana@work.example", EndpointKind.WORK),
        ),
        people=tuple(_AROUND[each] for each in relations),
        debts=tuple(debts),
    )


_AROUND = {
    relation: RelatedPerson(
        name, relation, f"Related {name}", (Phone(f"+1614555019{n}", EndpointKind.MOBILE),)
    )
    for n, (name, relation) in enumerate(
        [
            ("spouse", Relation.SPOUSE),
            ("neighbor", Relation.NEIGHBOR),
            ("attorney", Relation.ATTORNEY),
            ("executor", Relation.EXECUTOR),
        ]
    )
}


# ---- what is told ------------------------------------------------------------------------------------

AGO = (
    [timedelta()] * 3
    + [timedelta(minutes=each) for each in (1, 20, 45, 90)]
    + [timedelta(hours=each) for each in (5, 13, 24, 30)]
    + [timedelta(days=each) for each in (2, 3, 5, 6, 7, 8)]
)
"""How long ago a fact was so: near in minutes, and around the edges of windows of seven days."""

_CALL_ENDS = ["conversation", "no_answer", "voicemail", "busy", "not_in_service", "third_party_answered"]
_CALL_ENDS += ["limited_content_message", "dropped", "mailbox_full", "unknown"]


def _opt(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Fields each of which may be left out."""
    return st.fixed_dictionaries(
        {}, optional={name.rstrip("_"): strategy for name, strategy in fields.items()}
    )


def _some(values: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(values)), min_size=1, max_size=len(values), unique=True).map(sorted)


def _dates(today: date) -> st.SearchStrategy[str]:
    return st.integers(-1, 6).map(lambda days: (today + timedelta(days=days)).isoformat())


def _numbers(consumer: Consumer) -> list[str]:
    owners: list[Any] = [consumer, *consumer.people]
    return [phone.number for owner in owners for phone in owner.phones]


def _mails(consumer: Consumer) -> list[str]:
    return [email.address for email in consumer.emails]


_Made = st.SearchStrategy[dict[str, Any]]
_Make = Callable[[Consumer, date], _Made]


def _both(one: _Made, other: _Made) -> _Made:
    return st.tuples(one, other).map(lambda two: two[0] | two[1])


def _attempt(consumer: Consumer, today: date) -> _Made:
    """A past contact. A call that named no debt says to which one it is booked: see CASES, ``counted_to``."""
    debts = [debt.id for debt in consumer.debts]
    calls = st.builds(
        lambda to, about, outcome, purpose: (
            {"channel": "call", "to": to, "debts": about, "outcome": outcome, "purpose": purpose}
            | ({"discussed": about[:1]} if outcome == "conversation" and len(about) > 1 else {})
            | ({"counted_to": about[:1]} if outcome not in ("conversation", "voicemail", "unknown") else {})
        ),
        st.sampled_from(_numbers(consumer)),
        _some(debts),
        st.sampled_from(_CALL_ENDS),
        st.sampled_from(["collect", "collect", "collect", "respond"]),
    )
    others = st.builds(
        lambda email, number, about, outcome: (
            {"channel": "email", "to": email, "debts": about, "outcome": outcome}
            if number is None
            else {"channel": "sms", "to": number, "debts": about, "outcome": outcome}
        ),
        st.sampled_from(_mails(consumer)),
        st.none() | st.sampled_from(_numbers(consumer)),
        _some(debts),
        st.sampled_from(["sent", "delivered", "bounced"]),
    )
    return st.one_of(calls, calls, calls, others)


def _inbound(consumer: Consumer, today: date) -> _Made:
    debts = [debt.id for debt in consumer.debts]
    by_call = _both(
        st.just({"channel": "call"}),
        _opt(from_=st.sampled_from(_numbers(consumer)), conversation=st.booleans(), discussed=_some(debts)),
    )
    by_text = _both(st.just({"channel": "sms"}), _opt(from_=st.sampled_from(_numbers(consumer))))
    by_mail = _both(st.just({"channel": "email"}), _opt(from_=st.sampled_from(_mails(consumer))))
    return st.one_of(by_call, by_text, by_mail)


def _consent(consumer: Consumer, today: date) -> _Made:
    debts = [debt.id for debt in consumer.debts]
    about = _opt(
        to=st.sampled_from(_numbers(consumer) + _mails(consumer)),
        debts=_some(debts),
        given_to=st.sampled_from(["collector", "collector", "creditor"]),
        until=_dates(today),
    )
    scopes = st.sampled_from(["call", "call", "sms", "sms", "email", "any"])
    hours = _both(
        st.just({"scope": "hours"}), _opt(until=_dates(today)).flatmap(lambda it: _hours().map(it.__or__))
    )
    return st.one_of(*[_both(scopes.map(lambda scope: {"scope": scope}), about)] * 4, hours)


def _withdrawn(consumer: Consumer, today: date) -> _Made:
    return _opt(
        scope=st.sampled_from(["call", "sms", "email", "any"]),
        to=st.sampled_from(_numbers(consumer)),
        debts=_some([debt.id for debt in consumer.debts]),
    )


def _request(consumer: Consumer, today: date) -> _Made:
    """An opt-out or opt-in: a medium, an address, or both."""
    medium = st.sampled_from(["call", "sms", "email"]).map(lambda way: {"channel": way})
    number = st.sampled_from(_numbers(consumer)).map(lambda to: {"to": to})
    mail = st.sampled_from(_mails(consumer)).map(lambda to: {"to": to})
    both = st.builds(
        lambda to, way: {"to": to, "channel": way},
        st.sampled_from(_numbers(consumer)),
        st.sampled_from(["call", "sms"]),
    )
    return st.one_of(medium, number, mail, both)


def _hours() -> _Made:
    """Clock times, over midnight or not."""
    ends = [
        ("21:00", "23:00"),
        ("06:30", "08:00"),
        ("12:00", "14:00"),
        ("22:00", "02:00"),
        ("09:00", "17:30"),
    ]
    return st.sampled_from(ends).map(lambda pair: {"from": pair[0], "to": pair[1]})


def _times(consumer: Consumer, today: date) -> _Made:
    when = st.one_of(
        _both(_hours(), _opt(days=_some(WEEKDAYS), until=_dates(today))),
        _both(_some(WEEKDAYS[:6]).map(lambda days: {"days": days}), _opt(until=_dates(today))),
    )
    return st.one_of(when, when, st.sampled_from(["home", "work"]).map(lambda place: {"place": place}))


def _debts(consumer: Consumer, today: date) -> _Made:
    return _opt(debts=_some([debt.id for debt in consumer.debts]))


def _to_number(consumer: Consumer, today: date) -> _Made:
    return st.sampled_from(_numbers(consumer)).map(lambda to: {"to": to})


def _to_any(consumer: Consumer, today: date) -> _Made:
    return st.sampled_from(_numbers(consumer) + _mails(consumer)).map(lambda to: {"to": to})


def _nothing(consumer: Consumer, today: date) -> _Made:
    return st.just({})


def _person(consumer: Consumer, today: date) -> _Made:
    if not consumer.people:
        return st.just({})
    return st.sampled_from(consumer.people).map(lambda person: {"person": person.id})


KINDS: dict[str, _Make] = {
    "attempt": _attempt,
    "inbound": _inbound,
    "consent": _consent,
    "consent_withdrawn": _withdrawn,
    "opt_out": _request,
    "opt_in": _request,
    "cease": _debts,
    "inconvenient": _times,
    "convenient": _times,
    "attorney": lambda who, today: _both(_debts(who, today), _opt(name_known=st.booleans())),
    "attorney_released": _debts,
    "attorney_unresponsive": _debts,
    "attorney_consents": _debts,
    "employer_prohibits": _nothing,
    "employer_provided": lambda who, _: st.sampled_from(_mails(who)).map(lambda to: {"to": to}),
    "wrong_number": _to_number,
    "reassigned_check": lambda who, today: _both(
        _to_number(who, today),
        st.sampled_from(["reassigned", "not_reassigned"]).map(lambda word: {"result": word}),
    ),
    "disclosure_led": _to_any,
    "prior_collector_used": lambda who, _: st.builds(
        lambda to, immediate: {"to": to, "immediate": immediate}, st.sampled_from(_mails(who)), st.booleans()
    ),
    "creditor_notice": lambda who, today: st.builds(
        lambda to, day: {"to": to, "opt_out_by": day}, st.sampled_from(_mails(who)), _dates(today)
    ),
    "dispute": _debts,
    "dispute_answered": _debts,
    "validation_notice": _debts,
    "callback_requested": _person,
    "breathing_space": lambda who, today: _both(
        _debts(who, today), _dates(today).map(lambda day: {"until": day})
    ),
    "bankrupt": _debts,
    "deceased": _nothing,
    "promise": lambda who, today: _both(
        _debts(who, today),
        _dates(today).map(lambda day: {"amount": {"minor": 2500, "currency": "USD"}, "due": day}),
    ),
}
"""Every kind of fact that can be told of a consumer, and what makes its fields."""


def fields_of(kind: str, consumer: Consumer, today: date) -> _Made:
    """The fields of one kind of fact about her."""
    return KINDS[kind](consumer, today)


@st.composite
def facts(draw: st.DrawFn, consumer: Consumer, today: date, kinds: Sequence[str] = tuple(KINDS)) -> Fact:
    """A fact of one of these kinds."""
    kind = draw(st.sampled_from(list(kinds)))
    return Fact(kind, draw(fields_of(kind, consumer, today)), draw(st.sampled_from(AGO)))


@st.composite
def histories(draw: st.DrawFn, consumer: Consumer, now: datetime) -> list[Event]:
    """What had been recorded of her before ``now``: some facts, and often a run of calls near a limit."""
    told = draw(st.lists(facts(consumer, now.date()), max_size=6))
    calls = draw(st.sampled_from([0, 0, 3, 5, 6, 7, 8]))
    about = consumer.debts[0].id
    to = consumer.phones[0].number
    for number in range(calls):
        ago = timedelta(hours=draw(st.integers(0, 9 * 24)), minutes=number)
        end = draw(st.sampled_from(["no_answer", "no_answer", "voicemail", "busy"]))
        told.append(Fact("attempt", {"channel": "call", "to": to, "debts": [about], "outcome": end}, ago))
    return [fact.event(now, f"e{number}") for number, fact in enumerate(told)]


# ---- what we wish ------------------------------------------------------------------------------------

MOMENTS = st.builds(
    lambda day, clock: datetime.combine(day, clock, UTC),
    st.sampled_from([date(2026, 6, 2), date(2026, 3, 7), date(2026, 3, 8), date(2026, 10, 31)])
    | st.dates(date(2026, 1, 1), date(2026, 12, 20)),
    st.times().map(lambda each: each.replace(microsecond=0))
    | st.sampled_from([time(0, 59, 59), time(1, 0), time(12, 0), time(13, 0), time(15, 0), time(20, 59)]),
)
"""Any moment of 2026, the nights on which clocks change and the edges of the day among them."""

BODIES = (
    None,
    Words(
        "Northgate: This is from a debt collector. We are attempting to collect a debt, and any information "
        "obtained will be used for that purpose. Reply STOP to stop texts to this telephone number.",
        languages=("en",),
    ),
    Words("Please call us about your balance.", languages=("en",)),
)
"""Nothing said yet, words as they should be, and words that lack what the law requires."""


def addresses_for(consumer: Consumer, channel: Way) -> list[tuple[str, str]]:
    """(address, whose) pairs that a contact by this channel may go to."""
    if channel is Way.EMAIL:
        return [(email.address, CONSUMER) for email in consumer.emails]
    if channel is Way.LETTER:
        return [("home", CONSUMER)]
    own = [(phone.number, CONSUMER) for phone in consumer.phones]
    return own + [(phone.number, person.id) for person in consumer.people for phone in person.phones]


@st.composite
def contacts(
    draw: st.DrawFn, consumer: Consumer, channels: Sequence[Way] = (Way.CALL, Way.SMS, Way.EMAIL, Way.LETTER)
) -> Contact:
    """A wish to reach her or one of her people about some of her debts; without key and template."""
    channel = draw(st.sampled_from(list(channels)))
    to, whose = draw(st.sampled_from(addresses_for(consumer, channel)))
    purposes = [Purpose.COLLECT] * 5 + [Purpose.RESPOND, Purpose.OPT_OUT_CONFIRMATION, Purpose.LOCATION]
    return Contact(
        consumer.id,
        channel,
        to,
        draw(st.sampled_from(purposes)),
        tuple(draw(st.just([]) | _some([debt.id for debt in consumer.debts]))),
        whose,
    )
