"""A file of events to which each is appended once."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from outreach.domain import Event
from outreach.domain.events import PRIVATE_FIELDS, token_fields
from outreach.logs import HIDDEN, find_personal

__all__ = ["Feed"]


class Feed:
    """Appends events as lines; what already stands in the file is known by the height of each stream.

    Events of a stream come in order, so its height says which were written. The file is read once, and
    again from where we left off if another process has appended to it meanwhile. A last line torn by a crash
    is cut off: its event was not acknowledged and will be told again.
    """

    def __init__(self, path: Path, sync: bool) -> None:
        self._path = path
        self._sync = sync
        self._heights: dict[str, int] = {}
        self._end = 0  # how much of the file is reflected in the heights
        self._lock = threading.Lock()

    def add(self, event: Event) -> None:
        """Write one event. When this returns it stands in the file.

        :raises OSError: if it could not be written; it will be told again.
        """
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            with open(handle, "r+b") as file:
                self._catch_up(file)
                if event.seq <= self._heights.get(event.stream, 0):
                    return
                line = json.dumps(as_plain(event), sort_keys=True, ensure_ascii=False) + "\n"
                file.seek(self._end)
                file.write(line.encode())
                file.flush()
                if self._sync:
                    os.fsync(file.fileno())
                self._end = file.tell()
                self._heights[event.stream] = event.seq

    def _catch_up(self, file: Any) -> None:
        size = file.seek(0, os.SEEK_END)
        if size < self._end:  # it was rotated or emptied: begin anew, what was read stays known
            self._end = 0
        file.seek(self._end)
        for line in file:
            if not line.endswith(b"\n"):
                file.truncate(self._end)
                return
            told = json.loads(line)
            stream, seq = told["stream"], told["seq"]
            self._heights[stream] = max(seq, self._heights.get(stream, 0))
            self._end += len(line)


def as_plain(event: Event) -> dict[str, Any]:
    """The event as JSON values, without free text; an address that is no token is not passed on."""
    tokens = token_fields(event.kind, event.fields)
    fields = {
        name: _hidden(value) if name in tokens else _plain(value)
        for name, value in event.fields.items()
        if name not in PRIVATE_FIELDS
    }
    recorded = event.recorded_at.isoformat() if event.recorded_at else None
    return {
        "id": event.id,
        "stream": event.stream,
        "seq": event.seq,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "recorded_at": recorded,
        "fields": fields,
    }


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return HIDDEN if find_personal(value) else value
    if isinstance(value, list | tuple):
        return [_hidden(each) for each in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items() if key not in PRIVATE_FIELDS}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value
