"""Every word of PostGrid's in one place, and what each means to us.

postgrid.readme.io/reference/tracking-your-orders: ``status`` of an order, ``imbStatus`` where the USPS scans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from outreach.channels import CallbackRefused, DeliveryNews, News
from outreach.domain import Result

__all__ = ["CANCELLED", "ID", "RESULTS", "WORD", "news_of"]

CANCELLED: Final = "cancelled"

RESULTS: Final[Mapping[str, Result | None]] = MappingProxyType(
    {
        "ready": None,  # ordered, not printed: nothing new to who ordered it
        "printing": None,
        "processed_for_delivery": Result.SENT,  # handed to the postal service
        "completed": Result.SENT,  # "most likely been delivered", by their own word no more than that
        CANCELLED: Result.BOUNCED,  # never mailed, so it reached nobody
        "entered_mail_stream": Result.SENT,
        "out_for_delivery": Result.SENT,
        "returned_to_sender": Result.BOUNCED,
    }
)

_EVENTS: Final = frozenset({"letter.created", "letter.updated"})
WORD = re.compile(r"[a-z][a-z0-9_-]{0,63}")
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def news_of(event: Any) -> Iterator[News]:
    """The news of one webhook event.

    :raises CallbackRefused: if it has not the published shape.
    """
    letter = event.get("data") if isinstance(event, dict) else None
    if not isinstance(letter, dict) or not isinstance(event.get("type"), str):
        raise CallbackRefused("a callback of PostGrid has not the published shape")
    return _news(event["type"], letter)


def _news(kind: str, letter: dict[str, Any]) -> Iterator[News]:
    metadata = letter.get("metadata")
    attempt = metadata.get("attempt") if isinstance(metadata, dict) else None
    if kind not in _EVENTS or not isinstance(attempt, str) or not ID.fullmatch(attempt):
        return  # another kind of mail, or ordered by somebody else
    scanned = letter.get("imbStatus")
    word = str(letter.get("status") if scanned is None or letter.get("status") == CANCELLED else scanned)
    result = RESULTS.get(word, Result.UNRECOGNISED)
    if result is None:
        return
    said = word if WORD.fullmatch(word) else "unreadable"
    at = letter.get("imbDate") if scanned == word else letter.get("updatedAt")
    yield DeliveryNews(attempt, result, said, key=f"{attempt}:{said}", at=_moment(at))


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
