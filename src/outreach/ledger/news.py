"""News: which events an observer has not been served.

Each commit leaves one row of *growth*: which streams it lengthened, from where to where. An observer has a
mark: everything up to it was served, apart from the streams for which it has a cursor. So nothing is
written for an observer that keeps up but its mark, and asking costs two look-ups when nothing is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from outreach.domain import Event
from outreach.ledger.chain import read_growth
from outreach.ledger.sql import Connection, as_list
from outreach.ledger.view import events_of_entry

__all__ = ["move_cursors", "news_of"]

_ALL: Final = 2**62
_Range = tuple[int, int]  # the first number not served, the last known


def news_of(connection: Connection, observer: str, limit: int) -> tuple[Event, ...]:
    """Events not yet served, in order within each stream; tokens and no free text.

    Streams that were left behind come first, each with an equal share, and fill at most half while others
    have news: an observer that cannot digest one stream still hears of the others.
    """
    behind = _cursors(connection, observer, limit)
    waiting = sum(last - first + 1 for first, last in behind.values())
    room = limit - min(limit // 2, waiting)
    grown: dict[int, _Range] = {}
    size = 0
    for _, streams in _growth(connection, _mark(connection, observer)):
        size += sum(last - first + 1 for _, first, last in streams)
        if grown and size > room:
            break
        _extend(grown, streams)
    wanted: dict[int, _Range] = {}
    share = max(1, (limit - min(size, room)) // max(1, len(behind)))
    for stream, (first, last) in behind.items():
        wanted[stream] = (first, min(last, first + share - 1))
    late = _late(connection, observer, grown)  # what these are behind with comes before what is new
    wanted.update((stream, new) for stream, new in grown.items() if stream not in late)
    return tuple(_fetch(connection, wanted, limit))


def move_cursors(connection: Connection, observer: str, events: Sequence[Event]) -> None:
    """Move an observer past these events; inside a write."""
    served = _served(connection, events)
    mark = _mark(connection, observer)
    behind = _cursors(connection, observer, _ALL)
    told: dict[int, _Range] = {}
    upto = mark
    waiting = {
        stream: seq for stream, seq in served.items() if stream not in behind or seq > behind[stream][1]
    }
    pending: list[tuple[int, list[tuple[int, int, int]]]] = []
    for number, streams in _growth(connection, mark):
        if not waiting:
            break
        pending.append((number, streams))
        touched = [stream for stream, first, _ in streams if waiting.get(stream, 0) >= first]
        if touched:
            upto = number
            for _, earlier in pending:
                _extend(told, earlier)
            pending.clear()
            for stream, _, last in streams:
                if stream in waiting and waiting[stream] <= last:
                    del waiting[stream]
    changed: list[tuple[str, int, int, int]] = []
    done: list[tuple[str, int]] = []
    for stream in {*told, *(behind.keys() & served.keys())}:
        ranges = [each[stream] for each in (behind, told) if stream in each]
        first, last = min(each[0] for each in ranges), max(each[1] for each in ranges)
        seq = max(first - 1, min(served.get(stream, 0), last))
        if seq < last:
            changed.append((observer, stream, seq, last))
        elif stream in behind:
            done.append((observer, stream))
    connection.executemany(
        "INSERT INTO behind (observer, stream, seq, upto) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (observer, stream) DO UPDATE SET seq = excluded.seq, upto = excluded.upto",
        changed,
    )
    connection.executemany("DELETE FROM behind WHERE observer = ? AND stream = ?", done)
    connection.execute(
        "INSERT INTO observer (name, mark) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET mark = excluded.mark WHERE observer.mark < excluded.mark",
        (observer, upto),
    )


def _mark(connection: Connection, observer: str) -> int:
    row = connection.execute("SELECT mark FROM observer WHERE name = ?", (observer,)).fetchone()
    return row[0] if row else 0


def _cursors(connection: Connection, observer: str, limit: int) -> dict[int, _Range]:
    rows = connection.execute(
        "SELECT stream, seq, upto FROM behind WHERE observer = ? LIMIT ?", (observer, limit)
    )
    return {stream: (seq + 1, upto) for stream, seq, upto in rows}


def _late(connection: Connection, observer: str, streams: Iterable[int]) -> set[int]:
    rows = connection.execute(
        "SELECT b.stream FROM list_of(value bigint) AS wanted JOIN behind AS b "
        "ON b.observer = ? AND b.stream = wanted.value",
        (as_list(streams), observer),
    )
    return {row[0] for row in rows}


def _growth(connection: Connection, mark: int) -> Iterable[tuple[int, list[tuple[int, int, int]]]]:
    rows = connection.each("SELECT id, streams FROM growth WHERE id > ? ORDER BY id", (mark,))
    return ((number, read_growth(streams)) for number, streams in rows)


def _extend(known: dict[int, _Range], streams: Iterable[tuple[int, int, int]]) -> None:
    for stream, first, last in streams:
        known[stream] = (known[stream][0], last) if stream in known else (first, last)


def _served(connection: Connection, events: Sequence[Event]) -> dict[int, int]:
    """How far each stream was served, by the stream's number."""
    far: dict[str, int] = {}
    for event in events:
        far[event.stream] = max(event.seq, far.get(event.stream, 0))
    rows = connection.execute(
        "SELECT s.id, s.name FROM list_of(value text) AS wanted JOIN stream AS s ON s.name = wanted.value",
        (as_list(far),),
    )
    return {number: far[name] for number, name in rows}


def _fetch(connection: Connection, wanted: dict[int, _Range], limit: int) -> Iterable[Event]:
    rows = connection.execute(
        "SELECT e.stream, e.body FROM list_of(stream bigint, first bigint, last bigint) AS wanted "
        "CROSS JOIN entry AS e ON e.stream = wanted.stream AND e.seq <= wanted.last "
        "AND e.seq >= (SELECT max(l.seq) FROM entry AS l WHERE l.stream = wanted.stream "
        "AND l.seq <= wanted.first) ORDER BY e.stream, e.seq",
        (as_list([stream, first, last] for stream, (first, last) in wanted.items()),),
    )
    for stream, body in rows:
        first, last = wanted[stream]
        for event in events_of_entry(body, "", None):
            if first <= event.seq <= last:
                if limit <= 0:
                    return
                limit -= 1
                yield event
