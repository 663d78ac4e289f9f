"""What outlives a person erased: the stops that hold for a number or address, whoever has it later.

Of an endpoint named by an opt-out, a wrong number, a reassignment or a disclosure the digest is kept, so that
these events of her chain still find it. What she said without naming an endpoint (no more texts; no more
contact at all) is restated, before she is erased, as an opt-out of each endpoint of her own it reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from outreach.domain import CONSUMER, Consumer, Event, History, NewEvent
from outreach.domain.words import CALL_CHANNELS

__all__ = ["Stops", "stops_of"]

_NAMING: Final = ("opt_out", "wrong_number", "reassigned_check", "disclosure_led")
_RESTATED: Final = "kept_at_erasure"  # the form of an opt-out that stands for an earlier, wider one
_BY_PHONE: Final = frozenset({*CALL_CHANNELS, "sms"})


@dataclass(slots=True)
class Stops:
    """``keep``: endpoints whose digests stay. ``restated``: events to be recorded before the erasure."""

    keep: set[str] = field(default_factory=set)
    restated: list[NewEvent] = field(default_factory=list)


def stops_of(stream: str, versions: Sequence[Consumer], events: Iterable[Event]) -> Stops:
    """What must outlive the person.

    :param stream: her internal id.
    :param versions: every version of her data.
    """
    events = tuple(events)
    corrected = {event.fields["of"] for event in events if event.kind == "correction"}
    history = History(events)
    stops = Stops()
    for event in history.of(*_NAMING):
        to = event.get("to")
        if to:
            stops.keep.add(to)
            if event.id in corrected:  # what the correction set lies beside the chain, and goes
                stops.restated.append(NewEvent(stream, event.kind, event.at, dict(event.fields)))
    for event in history.of("cease"):
        _restate(stops, stream, versions, event, {})
    for event in history.of("opt_out"):
        channel = event.get("channel", "")
        if not event.get("to") and channel and not _taken_back(history, event):
            _restate(stops, stream, versions, event, {"channel": channel})
    return stops


def _restate(
    stops: Stops, stream: str, versions: Sequence[Consumer], event: Event, how: dict[str, Any]
) -> None:
    channel = how.get("channel", "")
    for endpoint in sorted(set(_endpoints(versions, event.get("person") or CONSUMER))):
        is_phone = "@" not in endpoint
        if channel and (channel in _BY_PHONE) != is_phone:
            continue
        if channel and not is_phone and channel != "email":
            continue
        fields = {**how, "to": endpoint, "form": _RESTATED}
        stops.keep.add(endpoint)
        stops.restated.append(NewEvent(stream, "opt_out", event.at, fields))


def _endpoints(versions: Iterable[Consumer], who: str) -> Iterator[str]:
    """The numbers and addresses this person of hers has or had."""
    for consumer in versions:
        owner = consumer if who == CONSUMER else consumer.person(who)
        if owner is not None:
            yield from (phone.number for phone in owner.phones)
            yield from (email.address for email in owner.emails)


def _taken_back(history: History, opt_out: Event) -> bool:
    """Whether she took it back as widely as she had said it."""
    moment: datetime = opt_out.at
    return any(
        event.at > moment
        and not event.get("to")
        and event.get("channel") == opt_out.get("channel")
        and (event.get("person") or CONSUMER) == (opt_out.get("person") or CONSUMER)
        for event in history.of("opt_in")
    )
