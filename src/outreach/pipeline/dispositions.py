"""What an agent says of a call; whatever cannot be so is refused before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NoReturn

from outreach.domain import Audience, Code, Contact, Money, Result
from outreach.domain.words import CALL_RESULTS
from outreach.errors import InputError
from outreach.ledger import KnownPerson
from outreach.pipeline.books import debts_of
from outreach.policy.zones import local

__all__ = ["Call", "Disposition", "Promise", "refuse_impossible"]


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised: an amount, by a day (ISO). It is about the debts talked about."""

    amount: Money
    due: str


@dataclass(frozen=True, slots=True)
class Disposition:
    """How a call ended.

    ``discussed``: debts talked about in a conversation (``None``: those of the task). ``wrong_number``: the
    number is somebody else's. ``code``: the agent's code, of which ``result`` is the outcome (see
    :meth:`coded`); without one only the outcome is told. ``call_back``: when she asked to be called back, a
    moment or a whole day of hers. ``inconvenient``: the fields of an event of that kind.
    """

    result: Result
    discussed: tuple[str, ...] | None = None
    wrong_number: bool = False
    agent: str = ""
    note: str = ""
    code: Code | None = None
    promise: Promise | None = None
    call_back: datetime | date | None = None
    inconvenient: Mapping[str, Any] | None = None

    @classmethod
    def coded(cls, code: Code, *, wrong_number: bool = False, **more: Any) -> Disposition:
        """A call that ended with this code."""
        return cls(code.result, wrong_number=wrong_number or code.wrong_number, code=code, **more)


@dataclass(frozen=True, slots=True)
class Call:
    """The call that is being closed. ``zone``: hers; "" if none is known."""

    contact: Contact
    person: KnownPerson
    now: datetime
    zone: str

    @property
    def audience(self) -> Audience:
        """What the person called is to disclosure."""
        return self.person.consumer.audience_of(self.contact.to_person)

    def debts(self, told: Disposition) -> list[str]:
        """The debts talked about, else those that the call was about."""
        return list(told.discussed or [debt.id for debt in debts_of(self.contact, self.person)])

    def on_her_clock(self, moment: datetime) -> datetime:
        """The moment where she is."""
        return local(self.zone, moment) if self.zone else moment


def refuse_impossible(told: Disposition, call: Call) -> None:
    """Nothing is written unless all of it can be so.

    :raises InputError: naming what is missing, not hers, or contradicts the rest.
    """
    if told.result not in CALL_RESULTS:
        words = ", ".join(sorted(CALL_RESULTS))
        raise InputError(f"{told.result} does not say how a call ended", remedy=f"use one of {words}")
    _refuse_missing(told)
    _refuse_contradictions(told)
    _refuse_strange_debts(told, call)
    if told.promise is not None:
        _refuse_promise(told.promise, call, told)
    if told.call_back is not None:
        _refuse_call_back(told, call)


def _refuse_missing(told: Disposition) -> None:
    if told.code is None:
        return
    given = {
        "--promise and --due": told.promise is not None,
        "--call-back": told.call_back is not None,
        "--inconvenient": bool(told.inconvenient),
        "--note": bool(told.note.strip()),
    }
    missing = [name for name in told.code.needs if not given[name]]
    if missing:
        raise InputError(
            f"{told.code.name} needs {' and '.join(missing)}",
            where="--code",
            why=told.code.title,
            remedy="add it, or choose the code that fits: `outreach calls codes`",
        )


def _refuse_contradictions(told: Disposition) -> None:
    code = told.code
    name = code.name if code else told.result.value
    right_party = code is not None and code.right_party is True
    if told.discussed is not None and told.result is not Result.CONVERSATION:
        _refuse("--discussed", f"with {name} no debt was talked about", "choose a code for a conversation")
    if told.discussed and code and not code.discusses:
        _refuse("--discussed", f"with {name} no debt was talked about", "choose a code for a conversation")
    if told.promise is not None and not (code and code.promise):
        _refuse("--promise", f"{name} tells of no promise", "choose a code that does, such as RPC-PTP")
    if told.call_back is not None and not (code and code.call_back):
        _refuse("--call-back", f"{name} tells of no wish to be called back", "choose RPC-CB or CB")
    if told.inconvenient is not None and not right_party:
        _refuse("--inconvenient", f"with {name} she did not tell us when", "choose a code of the right party")
    if told.wrong_number and right_party:
        _refuse("--wrong-number", f"{name} says that she was on the line", "choose WN")


def _refuse_strange_debts(told: Disposition, call: Call) -> None:
    if any(call.person.consumer.debt(debt) is None for debt in told.discussed or ()):
        raise InputError(
            "a debt that was talked about is not this consumer's",
            where="--discussed",
            remedy="name debts of hers, joined by ';'",
        )


def _refuse_promise(promise: Promise, call: Call, told: Disposition) -> None:
    if promise.amount.minor <= 0:
        _refuse("--promise", "a promise is of more than nothing", "write it as 50.00 USD")
    if date.fromisoformat(promise.due) < call.on_her_clock(call.now).date():
        _refuse("--due", "this day is over", "name the day by which it will be paid")
    for debt in map(call.person.consumer.debt, call.debts(told)):
        if debt is not None and debt.balance and debt.balance.currency != promise.amount.currency:
            _refuse(
                "--promise",
                "the debt is in another currency",
                f"promise an amount in {debt.balance.currency}",
            )


def _refuse_call_back(told: Disposition, call: Call) -> None:
    then = told.call_back
    if isinstance(then, datetime):
        past = then <= call.now
    else:
        past = then is not None and then < call.on_her_clock(call.now).date()
    if past:
        _refuse("--call-back", "this is over", "name a moment to come, such as 2026-06-02T15:00-04:00")
    if told.result is Result.THIRD_PARTY_ANSWERED:
        _refuse(
            "--call-back",
            "somebody else cannot ask for a call to her",
            "close it as TP; what one of her people asks for themselves is an event callback_requested",
        )


def _refuse(where: str, what: str, remedy: str) -> NoReturn:
    raise InputError(what, where=where, remedy=remedy)
