"""Months of history for invented people: what an old system would hand over."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, Final

from outreach.cli.portfolio.people import Person

__all__ = ["tell"]

Told = tuple[datetime, dict[str, Any]]

_OUTCOMES: Final = {
    "no_answer": 44,
    "limited_content_message": 15,
    "voicemail": 8,
    "busy": 8,
    "not_in_service": 3,
    "mailbox_full": 6,
    "dropped": 5,
    "third_party_answered": 4,
    "conversation": 7,
}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _Teller:
    """Writes down what happened to one person, on her own clock."""

    def __init__(self, rng: random.Random, person: Person, now: datetime) -> None:
        self.rng = rng
        self.person = person
        self.now = now.astimezone(person.zone)
        self.told: list[Told] = []
        self.debt = person.debts[:1]

    def when(self, days: int) -> datetime:
        """Some time of the day so many days ago, before now."""
        at = datetime.combine(
            self.now.date() - timedelta(days=days),
            time(self.rng.randrange(9, 19), self.rng.randrange(60)),
            self.person.zone,
        )
        return min(at, self.now - timedelta(minutes=1 + self.rng.randrange(30)))

    def say(self, at: datetime | int, event: str, **fields: Any) -> datetime:
        """One event; ``from`` is written ``from_``."""
        moment = at if isinstance(at, datetime) else self.when(at)
        row = {"consumer": self.person.id, "at": moment.isoformat(), "event": event}
        row |= {name.rstrip("_"): value for name, value in fields.items()}
        self.told.append((moment, row))
        return moment

    def call(self, days: int, outcome: str, to: str = "") -> datetime:
        """An outbound call about the first debt."""
        number = to or self.person.mobile or self.person.landline
        return self.say(days, "attempt", channel="call", to=number, debts=self.debt, outcome=outcome)


def tell(rng: random.Random, person: Person, now: datetime) -> list[Told]:
    """What happened to her: (when, row) pairs, in no order."""
    teller = _Teller(rng, person, now)
    if person.story != "new":
        _placed(teller)
        _earlier(teller)
    _consent(teller)
    _STORIES.get(person.story, _nothing)(teller)
    return teller.told


def _placed(teller: _Teller) -> None:
    """The debt was placed with us and the first notice went out."""
    at = teller.say(
        teller.rng.randrange(90, 160),
        "attempt",
        channel="letter",
        to="home",
        debts=teller.person.debts,
        outcome="sent",
        purpose="first_notice",
    )
    teller.say(at, "validation_notice", debts=teller.person.debts)


def _earlier(teller: _Teller) -> None:
    """Calls, texts and e-mails of past months, with a little of the last week."""
    rng, person = teller.rng, teller.person
    outcomes, weights = list(_OUTCOMES), list(_OUTCOMES.values())
    numbers = [number for number in (person.mobile, person.landline) if number]
    for _ in range(rng.randrange(2, 6) if numbers else 0):
        teller.call(rng.randrange(9, 90), rng.choices(outcomes, weights)[0], rng.choice(numbers))
    if person.email and rng.random() < 0.4:
        teller.say(
            rng.randrange(9, 60),
            "attempt",
            channel="email",
            to=person.email,
            debts=person.debts,
            outcome=rng.choices(("delivered", "bounced"), (97, 3))[0],
        )
    if numbers and rng.random() < 0.06:
        teller.say(
            rng.randrange(10, 80),
            "inbound",
            channel="call",
            from_=numbers[0],
            debts=teller.debt,
            conversation=True,
        )
    if numbers and person.story == "plain" and rng.random() < 0.5:
        for _ in range(rng.randrange(1, 3)):
            teller.call(rng.randrange(1, 6), rng.choices(("no_answer", "busy", "mailbox_full"), (7, 2, 1))[0])


def _consent(teller: _Teller) -> None:
    rng, person = teller.rng, teller.person
    if person.mobile and (rng.random() < 0.9 or person.story in ("promise", "kept", "just_opted_out")):
        person.consented = True
        teller.say(rng.randrange(60, 89), "consent", scope="sms", to=person.mobile, given_to="collector")
        if rng.random() < 0.5:
            teller.say(
                rng.randrange(9, 50),
                "attempt",
                channel="sms",
                to=person.mobile,
                debts=person.debts,
                outcome=rng.choices(("delivered", "sent"), (9, 1))[0],
            )
    if person.email and rng.random() < 0.8:
        teller.say(rng.randrange(60, 89), "consent", scope="email", to=person.email, given_to="collector")
    if person.mobile and rng.random() < 0.15:
        teller.say(rng.randrange(1, 30), "reassigned_check", to=person.mobile, result="not_reassigned")


def _nothing(teller: _Teller) -> None:
    """Nothing out of the ordinary."""


def _seven_in_seven(teller: _Teller) -> None:
    for days in (1, 1, 2, 3, 4, 5, 6):
        teller.call(days, teller.rng.choice(("no_answer", "no_answer", "limited_content_message")))


def _talked(teller: _Teller) -> None:
    teller.call(teller.rng.randrange(1, 6), "conversation")


def _inconvenient_now(teller: _Teller) -> None:
    hour = teller.now.hour
    start, end = (hour - teller.rng.randrange(1, 4)) % 24, (hour + teller.rng.randrange(1, 5)) % 24
    fields: dict[str, Any] = {"from_": f"{start:02d}:00", "to": f"{end:02d}:30"}
    if teller.rng.random() < 0.4:
        fields["days"] = [_WEEKDAYS[teller.now.weekday()]]
    teller.say(teller.rng.randrange(2, 80), "inconvenient", **fields)


def _inconvenient_else(teller: _Teller) -> None:
    day = _WEEKDAYS[(teller.now.weekday() + teller.rng.randrange(2, 6)) % 7]
    teller.say(teller.rng.randrange(2, 80), "inconvenient", days=[day])
    if teller.rng.random() < 0.3:
        teller.say(teller.rng.randrange(2, 80), "inconvenient", place="work")


def _cease(teller: _Teller) -> None:
    fields: dict[str, Any] = {"debts": teller.debt} if teller.rng.random() < 0.5 else {}
    teller.say(teller.rng.randrange(3, 80), "cease", channel="letter", **fields)


def _attorney(teller: _Teller) -> None:
    teller.say(teller.rng.randrange(50, 80), "attorney", name_known=True)
    if teller.person.story == "attorney_released":
        teller.say(teller.rng.randrange(5, 40), "attorney_released")


def _opt_out_channel(teller: _Teller) -> None:
    teller.say(teller.rng.randrange(1, 60), "opt_out", channel=teller.rng.choice(("sms", "call")))


def _opt_out_address(teller: _Teller) -> None:
    teller.say(teller.rng.randrange(1, 60), "opt_out", channel="email", to=teller.person.email)


def _just_opted_out(teller: _Teller) -> None:
    at = teller.now - timedelta(seconds=teller.rng.randrange(60, 200))
    teller.say(at, "inbound", channel="sms", from_=teller.person.mobile)
    teller.say(at, "opt_out", channel="sms", to=teller.person.mobile, form="electronic")


def _employer(teller: _Teller) -> None:
    teller.say(teller.rng.randrange(5, 80), "employer_prohibits")


def _wrong_number(teller: _Teller) -> None:
    number = teller.person.mobile or teller.person.landline
    teller.call(8, "third_party_answered", number)
    teller.say(7, "wrong_number", to=number)


def _reassigned(teller: _Teller) -> None:
    teller.say(teller.rng.randrange(1, 20), "reassigned_check", to=teller.person.mobile, result="reassigned")


def _dispute(teller: _Teller) -> None:
    at = teller.say(teller.rng.randrange(50, 80), "dispute", channel="letter", debts=teller.debt)
    teller.say(at, "inbound", channel="letter", from_="home", debts=teller.debt)
    if teller.rng.random() < 0.4:
        teller.say(teller.rng.randrange(10, 40), "dispute_answered", channel="letter", debts=teller.debt)


def _deceased(teller: _Teller) -> None:
    teller.say(teller.rng.randrange(5, 80), "deceased")


def _bankrupt(teller: _Teller) -> None:
    teller.say(teller.rng.randrange(5, 80), "bankrupt")


def _promised(teller: _Teller, days: int, due: int, **fields: Any) -> dict[str, Any]:
    at = teller.call(days, "conversation")
    amount = {"minor": teller.rng.randrange(20, 200) * 100, "currency": "USD"}
    due_on = (teller.now.date() + timedelta(days=due)).isoformat()
    key = f"{teller.person.id}-promise"
    teller.say(at, "promise", key=key, debts=teller.debt, amount=amount, due=due_on, **fields)
    return {"of": key, "amount": amount}


def _promise(teller: _Teller) -> None:
    _promised(teller, teller.rng.randrange(8, 25), teller.rng.randrange(1, 9))


def _plan(teller: _Teller) -> None:
    _promised(teller, teller.rng.randrange(8, 12), 14, plan="three monthly payments")


def _kept(teller: _Teller) -> None:
    kept = _promised(teller, teller.rng.randrange(20, 40), -3)
    teller.say(teller.rng.randrange(2, 5), "promise_kept", **kept)


def _location(teller: _Teller) -> None:
    """We do not know where she is. Some of the people around her we have spoken to already."""
    third = teller.person.third
    chance = teller.rng.random()
    if chance < 0.6:
        teller.say(
            teller.rng.randrange(10, 60),
            "attempt",
            channel="call",
            to=third["phones"][0]["number"],
            person=third["id"],
            purpose="location",
            outcome="no_answer" if chance < 0.2 else "conversation",
        )
    if 0.5 < chance < 0.6:
        teller.say(teller.rng.randrange(1, 9), "callback_requested", person=third["id"])


def _consent_withdrawn(teller: _Teller) -> None:
    teller.say(teller.rng.randrange(1, 9), "consent_withdrawn", scope="sms", to=teller.person.mobile)


def _household(teller: _Teller) -> None:
    if teller.rng.random() < 0.5:
        teller.say(teller.rng.randrange(1, 60), "opt_out", channel="call", to=teller.person.landline)


_STORIES: Final[dict[str, Callable[[_Teller], None]]] = {
    "seven_in_seven": _seven_in_seven,
    "talked": _talked,
    "inconvenient_now": _inconvenient_now,
    "inconvenient_else": _inconvenient_else,
    "cease": _cease,
    "attorney": _attorney,
    "attorney_released": _attorney,
    "opt_out_channel": _opt_out_channel,
    "opt_out_address": _opt_out_address,
    "just_opted_out": _just_opted_out,
    "employer": _employer,
    "wrong_number": _wrong_number,
    "reassigned": _reassigned,
    "dispute": _dispute,
    "deceased": _deceased,
    "bankrupt": _bankrupt,
    "promise": _promise,
    "plan": _plan,
    "kept": _kept,
    "location": _location,
    "consent_withdrawn": _consent_withdrawn,
    "household": _household,
}
