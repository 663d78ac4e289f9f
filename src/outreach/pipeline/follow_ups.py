"""The events that follow from what an agent says of a call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from outreach.domain import CONSUMER, Audience, NewEvent, Result
from outreach.domain.dispositions import Follows
from outreach.pipeline.dispositions import Call, Disposition

__all__ = ["follow_ups", "said_of_call"]


def said_of_call(told: Disposition, attempt: str, booked: str) -> dict[str, Any]:
    """The fields of the call's result.

    :param booked: the debt to which an unanswered call is booked, "" for none.
    """
    code = told.code
    fields: dict[str, Any] = {
        "attempt": attempt,
        "result": told.result.value,
        "code": code.name if code else told.result.value,
    }
    if code is not None and told.result is Result.CONVERSATION and not code.discusses:
        fields["discussed"] = []  # it counts for at least one (comment 14(b)(4)-1.ii)
    elif told.discussed is not None:
        fields["discussed"] = list(told.discussed)
    if code is not None and code.right_party is not None:
        fields["right_party"] = code.right_party
    if told.agent:
        fields["agent"] = told.agent
    if booked:
        fields["counted_to"] = [booked]
    if told.note:
        fields["note"] = told.note
    return fields


def follow_ups(told: Disposition, call: Call) -> list[NewEvent]:
    """What else was learned in the call, each as an event of its own."""
    return [NewEvent(call.person.id, kind, call.now, fields) for kind, fields in _facts(told, call)]


def _facts(told: Disposition, call: Call) -> Iterator[tuple[str, dict[str, Any]]]:
    contact, code = call.contact, told.code
    named = {} if contact.to_person in ("", CONSUMER) else {"person": contact.to_person}
    if told.wrong_number:
        yield "wrong_number", {"to": contact.to, **named}
        if named and call.person.consumer.owner_of(contact.to) == CONSUMER:
            yield "wrong_number", {"to": contact.to}  # nor is it hers, with whom they share it
    if told.promise is not None:
        amount = {"minor": told.promise.amount.minor, "currency": told.promise.amount.currency}
        yield "promise", {"debts": call.debts(told), "amount": amount, "due": told.promise.due}
    if told.call_back is not None:
        yield _wish_to_be_called(told, told.call_back, call, named)
    if told.inconvenient:
        yield "inconvenient", {**told.inconvenient, "channel": "call", **named}
    if code is None or code.follows in (Follows.NOTHING, Follows.INCONVENIENT):
        return
    if code.follows is Follows.DECEASED:
        yield "deceased", {}
        return
    fields: dict[str, Any]
    if code.follows is Follows.NO_CALLS:
        fields = {"channel": "call", "form": "oral"}
        if not code.right_party:  # whoever answers there can close that number, not hers elsewhere
            fields["to"] = contact.to
    elif code.follows is Follows.ATTORNEY:
        fields = {"debts": call.debts(told), "form": "oral"}
    else:
        fields = {"debts": call.debts(told), "channel": "call"}
    yield code.follows.value, fields | (named if code.right_party else {})


def _wish_to_be_called(
    told: Disposition, then: datetime | date, call: Call, named: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    """Her consent to a call: at this number, about these debts, from then until that day is over.

    12 CFR 1006.14(b)(3)(i): it is what she agreed to and no more; of unusual hours it says nothing, they
    need a consent of another scope. A third party's wish lifts only that he is asked once (1006.10(c)).
    """
    if call.audience is Audience.THIRD_PARTY:
        return "callback_requested", dict(named)
    if isinstance(then, datetime):
        moment = call.on_her_clock(then)
        begins, day = moment.isoformat(), moment.date().isoformat()
    else:
        begins = day = then.isoformat()
    fields = {
        "scope": "call",
        "to": call.contact.to,
        "debts": call.debts(told),
        "given_to": "collector",
        "from": begins,
        "until": day,
        "channel": "call",
    }
    return "consent", fields | named
