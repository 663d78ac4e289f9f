"""What had happened, read from events: corrections applied, attempts put together, kinds found at once.

Events are the only memory. This is the one place that turns them into what a check asks for, whether
they come from the ledger, a case file or the reservations of the group being judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from outreach.domain.events import Event
from outreach.domain.people import CONSUMER
from outreach.domain.words import CALL_CHANNELS, Purpose, Result, Way

__all__ = ["EMPTY", "Attempt", "History"]

_NEVER_LEFT = frozenset({Result.REFUSED, Result.NOT_SENT, Result.OPTED_OUT})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One past outbound contact of ours (or of ``collector``), with what is known of its end.

    ``debts`` empty means all of the consumer's debts. ``counted_to`` is what an unanswered call was
    booked to, ``None`` where nothing was booked; ``discussed`` what a conversation was about, ``None``
    where not said. ``person`` is "" where an import does not say: it then went to the owner of ``to``.
    """

    at: datetime
    channel: Way
    to: str
    debts: tuple[str, ...]
    result: Result
    person: str = CONSUMER
    purpose: str = Purpose.COLLECT
    counted_to: tuple[str, ...] | None = None
    discussed: tuple[str, ...] | None = None
    ringless: bool = False
    collector: str = ""
    id: str = ""

    @property
    def is_call(self) -> bool:
        """Whether it was a telephone call placed (comment 14(b)-1: ringless voicemail is one)."""
        return self.channel in CALL_CHANNELS

    @property
    def left(self) -> bool:
        """Whether it may have reached anybody: open, unknown and unrecognised ends count."""
        return self.result not in _NEVER_LEFT

    @property
    def is_conversation(self) -> bool:
        """Whether a debt was talked about."""
        return self.result is Result.CONVERSATION


class History:
    """Everything known of one consumer, in the order in which it was so.

    :param events: in the order in which they were recorded (a case file's order), of one consumer.
    """

    __slots__ = ("_by_kind", "attempts", "events")

    def __init__(self, events: Iterable[Event] = ()) -> None:
        known = _corrected(events)
        known.sort(key=_moment)  # stable: at one instant, the order of recording stands
        self.events: tuple[Event, ...] = tuple(known)
        self._by_kind: dict[str, tuple[Event, ...]] = {}
        for event in known:
            self._by_kind[event.kind] = (*self._by_kind.get(event.kind, ()), event)
        self.attempts: tuple[Attempt, ...] = tuple(_attempts(self._by_kind)) if known else ()

    def of(self, *kinds: str) -> tuple[Event, ...]:
        """The events of these kinds, oldest first."""
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], ())
        return tuple(event for event in self.events if event.kind in kinds)

    def __len__(self) -> int:
        return len(self.events)

    @property
    def deceased(self) -> bool:
        """Whether the consumer is known to have died."""
        return "deceased" in self._by_kind


def _moment(event: Event) -> datetime:
    return event.at


def _corrected(events: Iterable[Event]) -> list[Event]:
    """The events without the voided ones, with what was set; the latest recorded correction wins."""
    known = list(events)
    latest: dict[str, Mapping[str, Any]] = {
        event.fields["of"]: event.fields for event in known if event.kind == "correction"
    }
    if not latest:
        return known
    result = []
    for event in known:
        correction = latest.get(event.id) if event.id else None
        if correction is None:
            result.append(event)
        elif not correction.get("void"):
            result.append(replace(event, fields={**event.fields, **correction.get("set", {})}))
    return result


def _attempts(by_kind: Mapping[str, Sequence[Event]]) -> list[Attempt]:
    imported = [_imported(event) for event in by_kind.get("attempt", ())]
    opened = by_kind.get("attempt_opened", ())
    if not opened:
        return imported
    later: dict[str, dict[str, Any]] = {}
    for kind in ("attempt_closed", "delivery"):
        for event in by_kind.get(kind, ()):
            later.setdefault(event.fields["attempt"], {}).update(event.fields)
    for attempt, said in _words_on_calls(by_kind.get("call_result", ())).items():
        later[attempt] = {**later.get(attempt, {}), **said}
    own = [_own(event, later.get(event.fields["attempt"], {})) for event in opened]
    return sorted([*imported, *own], key=lambda attempt: attempt.at)


def _words_on_calls(told: Sequence[Event]) -> dict[str, Mapping[str, Any]]:
    """The one word that holds on how each call ended, by attempt, where several were told.

    Who was on the line knows best: an agent's latest word holds against any of a provider, whenever it
    comes. Of a provider's words that which counts more holds, for they arrive in any order and twice.
    """
    holds: dict[str, Mapping[str, Any]] = {}
    for event in told:
        attempt = event.fields["attempt"]
        before = holds.get(attempt)
        if before is None or _weight(event.fields) >= _weight(before):
            holds[attempt] = event.fields
    return holds


def _weight(said: Mapping[str, Any]) -> int:
    """How much a word on a call counts for: an agent's above all, then by what the limits make of it."""
    if said.get("agent") or said.get("code"):  # her name is kept beside the chain, and may be erased
        return _AGENTS_WORD
    return _COUNTS_FOR.get(_result(said.get("result", "")), _TALK)


_AGENTS_WORD, _TALK, _EACH_DEBT, _ONE_DEBT, _NOTHING = 4, 3, 2, 1, 0
_COUNTS_FOR: Mapping[Result, int] = {
    Result.VOICEMAIL: _EACH_DEBT,
    Result.NO_ANSWER: _ONE_DEBT,
    Result.MAILBOX_FULL: _ONE_DEBT,
    Result.LIMITED_CONTENT_MESSAGE: _ONE_DEBT,
    Result.THIRD_PARTY_ANSWERED: _ONE_DEBT,
    Result.DROPPED: _ONE_DEBT,
    Result.BUSY: _NOTHING,  # 12 CFR 1006.14(b)(3)(ii): not connected
    Result.NOT_IN_SERVICE: _NOTHING,
}
"""What each end of a call counts for; any other was, or may have been, a conversation."""


def _imported(event: Event) -> Attempt:
    fields = event.fields
    return Attempt(
        at=event.at,
        channel=Way(fields["channel"]),
        to=fields.get("to", ""),
        debts=tuple(fields.get("debts") or ()),
        result=_result(fields.get("outcome", "")),
        person=fields.get("person") or "",
        purpose=fields.get("purpose") or Purpose.COLLECT,
        counted_to=_ids(fields.get("counted_to")),
        discussed=_ids(fields.get("discussed")),
        ringless=bool(fields.get("ringless")),
        collector=fields.get("collector", ""),
        id=event.id,
    )


def _own(event: Event, later: Mapping[str, Any]) -> Attempt:
    """Opened, closed and result read together."""
    fields = event.fields
    if "result" in later:
        result = _result(later["result"])
    elif "outcome" in later:
        outcome = later["outcome"]
        result = Result.SENT if outcome == "accepted" else _result(outcome)
    else:
        result = Result.OPEN
    return Attempt(
        at=event.at,
        channel=Way(fields["channel"]),
        to=fields.get("to", ""),
        debts=tuple(fields.get("debts") or ()),
        result=result,
        person=fields.get("person") or CONSUMER,
        purpose=fields.get("purpose") or Purpose.COLLECT,
        counted_to=_ids(later.get("counted_to")),
        discussed=_ids(later.get("discussed")),
        ringless=bool(fields.get("ringless")),
        id=fields["attempt"],
    )


def _result(word: str) -> Result:
    """A word we do not know counts as contact."""
    try:
        return Result(word)
    except ValueError:
        return Result.UNRECOGNISED


def _ids(value: Any) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


EMPTY = History()
