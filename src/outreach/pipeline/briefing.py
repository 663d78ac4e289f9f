"""The brief of a call: what an agent has to know before she dials, and what this call should find out.

Made in the core from what is on file, for the eyes of the agent who has taken the task. A third party's brief
holds nothing of a debt: she cannot let slip what she does not see (12 CFR 1006.6(d)(1), 1006.10(b)(2)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.content import Field, mask, show, write_money
from outreach.domain import CONSUMER, Audience, Consumer, Debt, Decision, Event, Finding, History, Words
from outreach.pipeline.books import Book, debts_of
from outreach.pipeline.items import Judged
from outreach.pipeline.promises import Promised, promises_of
from outreach.pipeline.questions import questions
from outreach.policy.zones import local

__all__ = ["Brief", "Owed", "Past", "brief_of"]

_LATEST = 5
_AMOUNTS = "en"  # briefs are written in the language of the agents


@dataclass(frozen=True, slots=True)
class Owed:
    """A debt the call is about; the account number is masked, the balance too where the words mask it."""

    id: str
    creditor: str
    kind: str
    account: str
    balance: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier contact: when, on her clock; which way and where to, masked; how it ended."""

    at: datetime
    way: str
    where: str
    ended: str


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything beside the script. All texts are for the agent; moments are on the clock of the person."""

    ask_for: str
    number: str
    shown: str
    debts: tuple[Owed, ...] = ()
    contacts: tuple[Past, ...] = ()
    promises: tuple[Promised, ...] = ()
    unsuitable: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    find_out: tuple[str, ...] = ()

    def text(self) -> str:
        """As a page: only parts that say something."""
        parts = {
            "find out": self.find_out,
            "look out": self.warnings,
            "debts": tuple(map(_owed, self.debts)),
            "promises": tuple(f"{each.amount} by {each.due}: {each.state}" for each in self.promises),
            "said not to suit": self.unsuitable,
            "last contacts": tuple(
                f"{each.at:%a %Y-%m-%d %H:%M %Z}  {each.way} {each.where}: {each.ended}"
                for each in self.contacts
            ),
        }
        return "\n\n".join("\n".join([title, *lines]) for title, lines in parts.items() if lines)


def brief_of(judged: Judged, book: Book, zones: Sequence[str], creditors: Mapping[str, str]) -> Brief:
    """The brief of a task that was judged just now.

    :param zones: her plausible zones; times are told in the first.
    :param creditors: names by id.
    """
    draft, contact = judged.item.draft, judged.item.contact
    assert draft is not None
    assert draft.words is not None
    assert draft.sender is not None
    consumer, history = book.person.consumer, book.history
    related = consumer.person(contact.to_person)
    open_to_debts = draft.audience is not Audience.THIRD_PARTY
    now = judged.decision.at
    today = _on_her_clock(now, zones).date()
    promises = promises_of(history) if open_to_debts else ()
    sender = draft.sender
    return Brief(
        ask_for=related.name if related else consumer.name,
        number=contact.to,
        shown=f"{sender.address} ({sender.name})" if sender.name else sender.address,
        debts=tuple(_owes(each, draft.words, creditors) for each in debts_of(contact, book.person))
        if open_to_debts
        else (),
        contacts=tuple(_latest(history, consumer, contact.to_person, judged.attempt_id, zones)),
        promises=promises,
        unsuitable=tuple(_unsuitable(history, contact.to_person, today.isoformat())),
        warnings=tuple(_warnings(judged.decision, draft.words)),
        find_out=tuple(questions(contact, book, draft.audience, promises, zones, today)),
    )


def _owes(debt: Debt, words: Words, creditors: Mapping[str, str]) -> Owed:
    balance = write_money(debt.balance, _AMOUNTS) if debt.balance else ""
    if "balance" in words.masked and balance:
        balance = mask(Field.BALANCE, balance)
    account = mask(Field.ACCOUNT, debt.account_number) if debt.account_number else ""
    creditor = creditors.get(debt.creditor, debt.creditor)
    return Owed(debt.id, creditor, debt.kind.replace("_", " "), account, balance, debt.as_of)


def _owed(each: Owed) -> str:
    what = ", ".join(part for part in (each.creditor, each.kind, each.account) if part)
    as_of = f" as of {each.as_of}" if each.as_of else ""
    return f"{each.id}: {what}; {each.balance or 'balance not known'}{as_of}"


def _latest(
    history: History, consumer: Consumer, person: str, attempt: str, zones: Sequence[str]
) -> Iterator[Past]:
    """The latest contacts with this person, either way, the latest first; without the one just opened."""
    codes = {event.get("attempt"): event.get("code", "") for event in history.of("call_result")}
    found: list[Past] = []
    for each in history.attempts:
        if each.id == attempt or (each.person or consumer.owner_of(each.to) or CONSUMER) != person:
            continue
        ended, code = each.result.value.replace("_", " "), codes.get(each.id, "")
        if code and code != each.result.value:
            ended = f"{ended} ({code})"
        found.append(Past(_on_her_clock(each.at, zones), each.channel.value, f"to {show(each.to)}", ended))
    for event in history.of("inbound"):
        if _who(event) == person:
            ended = "the debt was talked about" if event.get("conversation") else "she contacted us"
            where = f"from {show(event.get('from'))}" if event.get("from") else "from her"
            found.append(Past(_on_her_clock(event.at, zones), str(event.get("channel")), where, ended))
    found.sort(key=lambda past: past.at, reverse=True)
    yield from found[:_LATEST]


def _unsuitable(history: History, person: str, today: str) -> Iterator[str]:
    """What she said of times and places that still holds, in the order in which she said it."""
    for event in history.of("inconvenient", "convenient"):
        if _who(event) != person or (event.get("until") or today) < today:
            continue
        when = [" ".join(event.get("days") or ())]
        if event.get("from") or event.get("to"):
            when.append(f"{event.get('from', '00:00')} to {event.get('to', '24:00')}")
        if event.get("place"):
            when.append(f"at {event.get('place')}")
        if event.get("until"):
            when.append(f"until {event.get('until')}")
        suits = "" if event.kind == "inconvenient" else " (this suits)"
        yield ", ".join(part for part in when if part) + suits


def _warnings(decision: Decision, words: Words) -> Iterator[str]:
    """What the decision and the words warn of, and every count that this call fills."""
    yield from decision.warnings
    yield from (warning for warning in words.warnings if warning not in decision.warnings)
    for each in decision.findings:
        if _last_one(each.finding):
            yield f"{each.finding.reason}: this call is the last ({each.rule})"
    if decision.good_until and decision.good_until - decision.at < timedelta(minutes=30):
        yield "what allows this call ends within half an hour"


def _last_one(finding: Finding) -> bool:
    counted, at_most = finding.facts.get("counted"), finding.facts.get("at_most")
    return isinstance(counted, int) and isinstance(at_most, int) and 1 < at_most == counted + 1


def _who(event: Event) -> str:
    return event.get("person") or CONSUMER


def _on_her_clock(moment: datetime, zones: Sequence[str]) -> datetime:
    return local(zones[0], moment) if zones else moment
