"""Legal holds: while one stands nothing of the person is erased."""

from __future__ import annotations

from collections.abc import Iterable

from outreach.domain import Event

__all__ = ["hold_in_force"]


def hold_in_force(events: Iterable[Event]) -> Event | None:
    """The latest ``legal_hold`` that was not lifted since; ``None`` if none stands.

    Corrections do not reach it: a hold ends by being lifted, with a reason.

    :param events: of one person, in chain order.
    """
    standing = None
    for event in events:
        if event.kind == "legal_hold":
            standing = event
        elif event.kind == "legal_hold_lifted":
            standing = None
    return standing
