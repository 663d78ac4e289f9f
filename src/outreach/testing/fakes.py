"""Passes, words and senders for tests. The passes are real ones, made by a mint as the dispatcher does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from outreach.channels import Cleared, Mint
from outreach.domain import (
    Address,
    Case,
    Consumer,
    Contact,
    Debt,
    Email,
    EndpointKind,
    Event,
    History,
    Phone,
    Places,
    Sender,
    Way,
    Words,
    new_id,
)

__all__ = [
    "NOW",
    "make_case",
    "make_cleared",
    "private_of",
    "private_texts",
    "sample_consumer",
    "sample_events",
    "sample_sender",
    "sample_words",
]

NOW: Final = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
"""A Tuesday, 11:00 in New York: where a :class:`FrozenClock` of the suite stands."""

_NUMBER = "+16145550142"
_POSTAL = "Rosalind Okafor\n12 Larkspur Lane\nColumbus OH 43004\nUS"
_ADDRESSES: Final[Mapping[Way, str]] = MappingProxyType(
    {
        Way.CALL: _NUMBER,
        Way.VOICEMAIL: _NUMBER,
        Way.SMS: _NUMBER,
        Way.EMAIL: "rosalind.okafor@example.org",
        Way.LETTER: _POSTAL,
        Way.VISIT: _POSTAL,
    }
)
_FROM: Final[Mapping[Way, str]] = MappingProxyType(
    {
        **dict.fromkeys((Way.CALL, Way.VOICEMAIL, Way.SMS), "+16145550100"),
        Way.EMAIL: "payments@collector.example",
        **dict.fromkeys((Way.LETTER, Way.VISIT), "PO Box 7\nColumbus OH 43004"),
    }
)
_TEXT = "Hello Rosalind Okafor, your balance is $1,234.50. This is from a debt collector."


def sample_sender(way: Way) -> Sender:
    """A sender of ours for this way."""
    return Sender(id=f"main-{way.value}", channel=way, address=_FROM[way], name="Harbor Recovery")


def sample_words(way: Way) -> Words:
    """Words such as a template of this way would give."""
    sections = (("opening", "Hello."), ("disclosure", _TEXT)) if way is Way.CALL else ()
    return Words(
        text="\n\n".join(text for _, text in sections) or _TEXT,
        subject="About your account" if way in (Way.EMAIL, Way.LETTER) else "",
        languages=("en",),
        template="reminder",
        sections=sections,
        envelope=("PO Box 7", "Columbus OH 43004") if way is Way.LETTER else (),
    )


def make_cleared(
    channel: Way,
    *,
    attempt: str = "",
    address: str = "",
    words: Words | None = None,
    sender: Sender | None = None,
    good_until: datetime | None = None,
    to_name: str = "Rosalind Okafor",
    agent: str = "",
    callback_url: str = "",
    opt_out_url: str = "",
    brief: str = "",
) -> Cleared:
    """A pass good for a minute from :data:`NOW`; whatever is not given is sampled for the way."""
    return Mint().clear(
        attempt or new_id(NOW),
        channel,
        address or _ADDRESSES[channel],
        words or sample_words(channel),
        sender or sample_sender(channel),
        good_until or NOW + timedelta(seconds=60),
        to_name,
        agent=agent,
        callback_url=callback_url,
        opt_out_url=opt_out_url,
        brief=brief,
    )


def sample_consumer(**changes: Any) -> Consumer:
    """Somebody in Ohio with a number, an e-mail address, a home and one debt; ``changes`` as of Consumer."""
    fields: dict[str, Any] = {
        "id": "c1",
        "name": "Rosalind Okafor",
        "addresses": (
            Address(EndpointKind.HOME, "US", "OH", "43004", lines=("12 Larkspur Lane",), city="Columbus"),
        ),
        "phones": (Phone(_NUMBER, EndpointKind.MOBILE),),
        "emails": (Email(_ADDRESSES[Way.EMAIL], EndpointKind.PERSONAL),),
        "debts": (Debt("d1", kind="credit_card"),),
    }
    return Consumer(**{**fields, **changes})


def make_case(
    channel: Way, *, at: datetime = NOW, history: Iterable[Event] = (), to: str = "", **changes: Any
) -> Case:
    """A question to a check: may :func:`sample_consumer` be contacted by this way at ``at``?

    :param history: what had happened, in the order in which it was recorded.
    :param changes: other fields of :class:`Case`, such as ``words``, ``facts`` or ``consumer``.
    """
    consumer = changes.get("consumer") or sample_consumer()
    to = to or ("home" if channel in (Way.LETTER, Way.VISIT) else _ADDRESSES[channel])
    fields: dict[str, Any] = {
        "consumer": consumer,
        "contact": Contact(consumer.id, channel, to, debts=tuple(debt.id for debt in consumer.debts)),
        "debts": consumer.debts,
        "places": Places(zones=("America/New_York",), jurisdictions=("us", "us.oh")),
        "history": History(history),
    }
    return Case(at=at, **{**fields, **changes})


def sample_events() -> tuple[Event, ...]:
    """One event of each kind that checks most often look at, all at :data:`NOW`."""
    fields: dict[str, dict[str, Any]] = {
        "attempt": {"channel": "call", "to": _NUMBER, "debts": ["d1"], "outcome": "no_answer"},
        "inbound": {"channel": "call", "from": _NUMBER},
        "consent": {"scope": "any", "given_to": "collector"},
        "consent_withdrawn": {"scope": "any"},
        "opt_out": {"channel": "sms", "to": _NUMBER},
        "cease": {},
        "dispute": {"channel": "letter", "debts": ["d1"]},
        "dispute_answered": {"debts": ["d1"]},
        "attorney": {"debts": ["d1"], "name_known": True},
        "wrong_number": {"to": _NUMBER},
        "deceased": {},
        "bankrupt": {"debts": ["d1"]},
    }
    return tuple(Event(kind, NOW, values) for kind, values in fields.items())


def private_of(case: Case) -> list[str]:
    """What of a case may not appear in a finding: name, numbers, addresses and the words."""
    who = case.consumer
    texts = [who.name, *(phone.number for phone in who.phones), *(email.address for email in who.emails)]
    texts += [line for address in who.addresses for line in address.lines]
    texts += [case.words.text, case.words.subject] if case.words is not None else []
    return [text for text in texts if len(text) > 3]


def private_texts(cleared: Cleared) -> list[str]:
    """What of a pass may not appear in any log or error: address, name and words."""
    texts = [cleared.to_name, *cleared.address.splitlines(), cleared.words.subject, cleared.words.text]
    texts += [text for _, text in cleared.words.sections]
    return [text for text in texts if len(text) > 3]
