"""A campaign over invented people: call tasks, texts, e-mails and letters, and a few bad rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from outreach.cli.portfolio.people import Person

__all__ = ["COLUMNS", "bad_rows", "rows_for"]

COLUMNS: Final = (
    "key",
    "person",
    "to_person",
    "channel",
    "to",
    "purpose",
    "debts",
    "template",
    "not_before",
    "expires_at",
    "priority",
    "campaign",
)

Row = dict[str, str]
_CHANNELS = {"call": 38, "sms": 27, "email": 20, "letter": 15}
_PREFERRED: Final = {
    # the channel on which the story shows
    "seven_in_seven": ("call",),
    "talked": ("call",),
    "inconvenient_now": ("call", "sms", "email"),
    "opt_out_channel": ("sms", "call"),
    "opt_out_address": ("email",),
    "just_opted_out": ("sms",),
    "wrong_number": ("call",),
    "reassigned": ("sms",),
    "consent_withdrawn": ("sms",),
    "household": ("call",),
    "promise": ("sms", "email"),
    "plan": ("email", "letter"),
    "kept": ("email", "sms", "letter"),
    "new": ("letter", "letter", "email"),
    "attorney_released": ("letter", "email"),
}
_TEMPLATES: Final = {
    "promise": "promise_reminder",
    "plan": "payment_plan_confirmation",
    "kept": "receipt",
    "new": "first_notice",
}
_PRIORITIES: Final = {"just_opted_out": "10", "promise": "50", "plan": "50", "kept": "60"}


def rows_for(rng: random.Random, person: Person, now: datetime, campaign: str) -> Iterator[Row]:
    """What the team wishes to do with this person: one contact, now and then a letter besides."""
    if person.story == "location":
        yield _row(
            person,
            campaign,
            to_person=person.third["id"],
            channel="call",
            to=person.third["phones"][0]["number"],
            purpose="location",
            template="location",
        )
        return
    channel, to = _address(rng, person)
    row = _row(
        person,
        campaign,
        channel=channel,
        to=to,
        purpose="opt_out_confirmation" if person.story == "just_opted_out" else "collect",
        debts=_debts(rng, person),
        template=_template(person, channel),
        priority=_PRIORITIES.get(person.story, ""),
    )
    if rng.random() < 0.2:
        row["expires_at"] = (now + timedelta(days=10)).isoformat()
    if person.story == "plain" and rng.random() < 0.03:
        morning = (now.astimezone(person.zone) + timedelta(days=1)).replace(hour=9, minute=30, second=0)
        row["not_before"] = morning.replace(microsecond=0).isoformat()
    yield row
    if channel != "letter" and person.story in ("plain", "talked", "cease") and rng.random() < 0.15:
        yield _row(
            person,
            campaign,
            channel="letter",
            to="home",
            purpose="collect",
            debts=row["debts"],
            template="reminder",
        )


def _row(person: Person, campaign: str, **cells: str) -> Row:
    key = f"{campaign}-{person.id}-{cells['channel']}"
    return {**dict.fromkeys(COLUMNS, ""), "key": key, "person": person.id, "campaign": campaign, **cells}


def _address(rng: random.Random, person: Person) -> tuple[str, str]:
    """A channel on which she can be reached, and where."""
    call = person.work if person.story == "employer" else person.mobile or person.landline
    if person.story == "household":
        call = person.landline
    mobile = person.mobile
    if not person.consented and person.story == "plain" and rng.random() < 0.6:
        mobile = ""  # most teams do not text without a consent; some rows do
    reach = {"call": call, "sms": mobile, "email": person.email, "letter": "home"}
    wanted = ("call",) if person.story == "employer" else _PREFERRED.get(person.story)
    if wanted:
        channel = rng.choice(wanted)
    else:
        channel = rng.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]
    if not reach[channel]:
        channel = "call" if call and channel != "call" and not wanted else "letter"
    return channel, reach[channel]


def _debts(rng: random.Random, person: Person) -> str:
    if person.story in ("plain", "new") and rng.random() < 0.5:
        return ";".join(person.debts)
    return person.debts[0]


def _template(person: Person, channel: str) -> str:
    if channel == "call":
        return person.stage
    if person.story == "just_opted_out":
        return "opt_out_confirmation"
    return _TEMPLATES.get(person.story, "reminder")


def bad_rows(people: list[Person], now: datetime, campaign: str, used: str) -> Iterator[Row | str]:
    """Rows as real files have them: each is answered with its line, column and reason.

    :param used: the key of another row, whose contact is to somebody else.
    """
    first, second = people[0], people[-1]
    letter = {"channel": "letter", "to": "home", "purpose": "collect", "template": "reminder"}

    def bad(number: int, **cells: str) -> Row:
        return {**_row(first, campaign, **{**letter, **cells}), "key": f"{campaign}-bad-{number}"}

    yield {**bad(1), "person": "p99999"}  # nobody we know
    yield bad(2, channel="call", to="+1614555", template="early")  # no such number is possible
    yield bad(3, not_before=now.replace(tzinfo=None).isoformat())  # a time without its offset
    yield bad(4, channel="text")  # no such channel
    yield bad(5, debts=second.debts[0])  # somebody else's debt
    yield bad(6, expires_at=(now - timedelta(days=1)).isoformat())  # over before it began
    yield bad(7, template="../reminder")  # not the name of a template
    yield bad(8, channel="email", to="someone.at.example.com")  # no address
    yield {**bad(0), "key": used}  # a key that another contact has
    yield ",".join((f"{campaign}-bad-9", first.id, "consumer", "letter"))  # cells are missing
