"""Which particular debts a call or a conversation counts for.

12 CFR 1006.14(b)(4) and comments -1.i, -1.ii: a voicemail or a conversation about debts counts for each
of them; a call that was unanswered or named none counts for at least one, which the collector may
choose. We book it to the debt with most calls left, then to the lowest id. What was recorded as
``counted_to`` stands and is never chosen anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.domain import CONSUMER, Attempt, Consumer, Event, History, Result
from outreach.policy.checks.days import Unit, Window
from outreach.policy.checks.people import called, particular_debt, said_by

__all__ = ["NAMED_NONE", "Booked", "PlacedCounts", "attribute", "choose_debt", "placed_counts", "placed_for"]

NAMED_NONE = frozenset(
    {
        Result.NO_ANSWER,
        Result.MAILBOX_FULL,
        Result.LIMITED_CONTENT_MESSAGE,
        Result.THIRD_PARTY_ANSWERED,
        Result.DROPPED,
    }
)
"""Ends by which no debt was named. Any other, and one not yet known, counts for every debt it was about."""

_UNCONNECTED = frozenset({Result.BUSY, Result.NOT_IN_SERVICE})
"""12 CFR 1006.14(b)(3)(ii): they never count, and so need no booking."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A call or a call of hers: the particular debts it was placed for, and those talked about."""

    at: datetime
    placed: frozenset[str] = frozenset()
    talked: frozenset[str] = frozenset()
    attempt: Attempt | None = None


def placed_for(attempt: Attempt, keys: Mapping[str, str]) -> tuple[frozenset[str], bool]:
    """The particular debts a call may have been placed for, and whether it was only for one of them.

    :param keys: particular debt by debt id.
    """
    debts = [keys.get(debt, debt) for debt in attempt.debts] or list(keys.values())
    if attempt.counted_to:
        return frozenset(keys.get(debt, debt) for debt in attempt.counted_to), False
    about = frozenset(debts)
    if attempt.result is Result.CONVERSATION and attempt.discussed is not None:
        talked = frozenset(keys.get(debt, debt) for debt in attempt.discussed)
        # comment 14(b)(4)-2.vi: a debt that only the person raised has a conversation but no call.
        return ((about & talked) or about), not talked
    return about, attempt.result in NAMED_NONE


def _talked_about(
    discussed: Iterable[str] | None, debts: Sequence[str], keys: Mapping[str, str]
) -> tuple[frozenset[str], bool]:
    """The debts of a conversation, and whether it was about one of them only (none was named)."""
    if discussed is None or not tuple(discussed):
        return frozenset(keys.get(debt, debt) for debt in debts or keys), discussed is not None
    return frozenset(keys.get(debt, debt) for debt in discussed), False


def attribute(
    history: History,
    consumer: Consumer,
    *,
    keys: Mapping[str, str],
    window: Window,
    zones: Sequence[str],
    person: str = CONSUMER,
    at: datetime | None = None,
    counts: Callable[[Attempt], bool] = lambda attempt: attempt.is_call and attempt.left,
) -> list[Booked]:
    """Calls to ``person`` and conversations with them, oldest first, each booked to particular debts.

    :param keys: particular debt by debt id.
    :param window: over which the calls left are reckoned where one debt has to be chosen.
    :param at: what came later is left out.
    :param counts: whether an attempt counts at all.
    """
    stream: list[tuple[datetime, int, Attempt | Event]] = [
        (attempt.at, 1, attempt)
        for attempt in history.attempts
        if counts(attempt) and (at is None or attempt.at <= at) and called(attempt, consumer) == person
    ]
    stream += [
        (event.at, 0, event)
        for event in history.of("inbound")
        if event.fields.get("conversation")
        and event.fields.get("channel") in ("call", "voicemail")
        and (at is None or event.at <= at)
        and said_by(event, consumer, "from") == person
    ]
    stream.sort(key=lambda each: each[:2])
    booked: list[Booked] = []
    taken: dict[str, list[datetime]] = {}

    def choose(among: frozenset[str], moment: datetime) -> frozenset[str]:
        if len(among) < 2:
            return among
        recent = {key: _recent(taken.get(key, ()), moment, window) for key in among}
        order = _order(keys)
        best = min(among, key=lambda key: (window.count(recent[key], moment, zones), order.get(key, key)))
        return frozenset({best})

    for moment, _, item in stream:
        if isinstance(item, Event):
            talked, one = _talked_about(item.fields.get("discussed"), item.fields.get("debts") or (), keys)
            booked.append(Booked(moment, talked=choose(talked, moment) if one else talked))
            continue
        placed, one = placed_for(item, keys)
        if one:
            placed = choose(placed, moment)
        talked = frozenset()
        if item.is_conversation:
            talked, none_named = _talked_about(item.discussed, item.debts, keys)
            if none_named:
                talked = placed
        for key in placed:
            taken.setdefault(key, []).append(moment)
        booked.append(Booked(moment, placed, talked, item))
    return booked


def _recent(moments: Iterable[datetime], at: datetime, window: Window) -> list[datetime]:
    since = at - window.reach - timedelta(days=1)
    return [moment for moment in moments if moment >= since]


def _order(keys: Mapping[str, str]) -> dict[str, str]:
    """The lowest debt id of each particular debt."""
    order: dict[str, str] = {}
    for debt, key in keys.items():
        order[key] = min(debt, order.get(key, debt))
    return order


def choose_debt(
    case_debts: Sequence[str],
    history: History,
    at: datetime,
    *,
    consumer: Consumer,
    within: int,
    unit: Unit = "days",
    zones: Sequence[str] = (),
    person: str = CONSUMER,
) -> str:
    """The debt to which an unanswered call about ``case_debts`` is booked: the one with most calls left.

    For the dispatcher, when it closes a call that named no debt. Equal ones: the lowest id. The call
    itself may still stand open in ``history``; it then counts for all and so favours none.

    :param case_debts: ids of the debts the call was about; at least one.
    :param at: when the call was placed.
    :param within: with ``unit``, the window of the frequency rule in force.
    :param zones: the plausible zones of the person; without any, days are taken as 24 hours.
    :returns: one of ``case_debts``.
    """
    if len(case_debts) == 1:
        return case_debts[0]
    window = Window(within, unit)
    if not zones and unit != "hours":
        window = Window(window.days * 24, "hours")
    keys = {debt.id: particular_debt(debt) for debt in consumer.debts}
    keys.update({debt: debt for debt in case_debts if debt not in keys})
    booked = attribute(history, consumer, keys=keys, window=window, zones=zones, person=person, at=at)

    def used(debt: str) -> int:
        moments = [each.at for each in booked if keys[debt] in each.placed]
        return window.count(_recent(moments, at, window), at, zones)

    return min(case_debts, key=lambda debt: (used(debt), debt))


class PlacedCounts:
    """How many calls of the window ending now are booked to each particular debt, and which these are."""

    def __init__(self, keys: Mapping[str, str], counted: Mapping[str, int], calls: frozenset[str]) -> None:
        self._keys = keys
        self._counted = Counter(counted)
        self._calls = calls

    def of(self, debt: str) -> int:
        """The count of the particular debt that a debt belongs to."""
        return self._counted[self._keys.get(debt, debt)]

    def holds(self, attempt: str) -> bool:
        """Whether this attempt is inside the window."""
        return attempt in self._calls

    def move(self, held: str, better: str) -> None:
        """Count one call for another debt from now on."""
        self._counted[self._keys.get(held, held)] -= 1
        self._counted[self._keys.get(better, better)] += 1


def placed_counts(
    history: History, at: datetime, *, consumer: Consumer, within: int, zones: Sequence[str]
) -> PlacedCounts:
    """The calls to the consumer in the last ``within`` days, booked as recorded.

    :param zones: her plausible zones; without any, days are taken as 24 hours.
    """
    window = Window(within, "days") if zones else Window(within * 24, "hours")
    keys = {debt.id: particular_debt(debt) for debt in consumer.debts}
    disowned = {
        event.fields.get("to") for event in history.of("wrong_number") if event.at <= at
    }  # comment 14(b)(2)(i)-3: calls to a number that is not hers are none to her
    booked = attribute(
        history,
        consumer,
        keys=keys,
        window=window,
        zones=zones,
        at=at,
        counts=lambda each: (
            each.is_call and each.left and each.result not in _UNCONNECTED and each.to not in disowned
        ),
    )
    inside = [each for each in booked if each.attempt and window.count([each.at], at, zones)]
    counted = Counter(key for each in inside for key in each.placed)
    return PlacedCounts(keys, counted, frozenset(each.attempt.id for each in inside if each.attempt))
