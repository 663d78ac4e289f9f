"""The event feed: every committed event as a line of JSON in a file, for other systems to follow.

    [plugin.event-feed]
    path = "events.jsonl"   # below the project's folder unless absolute
    sync = true             # have each line on the disk before the next is taken

Each event stands once in the file, however often it is told. People, addresses and debts are the ledger's
tokens; free text is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from outreach.domain import Event
from outreach.hookspecs import hookimpl
from outreach_event_feed.feed import Feed

__all__ = ["OUTREACH_API", "FeedSettings", "feed_at"]

OUTREACH_API = 1


class FeedSettings(BaseModel):
    """``[plugin.event-feed]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    path: str = "events.jsonl"
    sync: bool = True


@lru_cache(maxsize=16)
def feed_at(path: Path, sync: bool) -> Feed:
    """The feed of a file: one for the process, for it remembers what already stands there."""
    return Feed(path, sync)


@hookimpl
def outreach_event_recorded(event: Event, settings: Mapping[str, Any]) -> None:
    """Append the event, unless it is already there."""
    mine = FeedSettings(**settings)
    feed_at(mine.folder / Path(mine.path).expanduser(), mine.sync).add(event)
