"""Verifying: every chain walked from its first row, every hash computed again.

This needs nothing but the rows: a row's text holds its predecessor's hash, its stream and its number.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import msgspec

from outreach.ledger.chain import GENESIS, canonical, read_entry, read_growth
from outreach.ledger.interface import Broken, Verification
from outreach.ledger.records import Aside
from outreach.ledger.sql import Database
from outreach.ledger.tokens import Aliases

__all__ = ["ends", "verify"]

_STREAMS_AT_ONCE: Final = 1000  # each portion is one snapshot: a long walk holds back no checkpoint
_aside = msgspec.json.Decoder(Aside).decode


def verify(database: Database, progress: Callable[[int], None] | None) -> Verification:
    """Walk every chain; of each that does not hold, name the first row."""
    broken: list[Broken] = []
    streams = events = 0
    with database.reading() as connection:
        known = ends(connection.each("SELECT streams FROM growth ORDER BY id"))
        top = max(connection.execute("SELECT coalesce(max(id), 0) FROM stream").fetchone()[0], len(known) - 1)
        strays = connection.execute(
            "SELECT stream, seq FROM entry WHERE stream NOT IN (SELECT id FROM stream) LIMIT 10"
        ).fetchall()
    broken += [Broken(f"#{stream}", seq, "the row belongs to no stream") for stream, seq in strays]
    for low in range(1, top + 1, _STREAMS_AT_ONCE):
        with database.reading() as connection:
            rows = connection.each(
                "SELECT s.id, s.name, s.key, e.seq, e.upto, e.recorded_at, e.name, e.body, e.aside, e.hash "
                "FROM stream AS s LEFT JOIN entry AS e ON e.stream = s.id WHERE s.id BETWEEN ? AND ? "
                "ORDER BY s.id, e.seq",
                (low, low + _STREAMS_AT_ONCE - 1),
            )
            for number, chain in groupby(rows, key=itemgetter(0)):
                expected = known[number] if number < len(known) else 0
                height, trouble = _walk(chain, expected)
                streams += 1
                events += height
                if trouble is not None:
                    broken.append(trouble)
        if progress is not None:
            progress(events)
    return Verification(streams, events, tuple(broken))


def ends(rows: Iterable[Any]) -> array[int]:
    """The last number of each stream, as each commit witnessed it; eight bytes a stream."""
    known = array("q", [0])
    for (streams,) in rows:
        for number, _, last in read_growth(streams):
            if number >= len(known):
                known.extend([0] * (number + 1 - len(known)))
            known[number] = last
    return known


def _walk(chain: Iterator[Any], expected: int) -> tuple[int, Broken | None]:
    """How far a chain holds, and the first row that does not."""
    height, prev, name = 0, GENESIS, ""
    for _, name, key, seq, upto, recorded_at, entry_name, body, aside, digest in chain:
        if seq is None:
            break
        why = _trouble(name, height, prev, key, (seq, upto, recorded_at, entry_name, body, aside, digest))
        if why:
            for _ in chain:
                pass
            return height, Broken(name, min(seq, height + 1), why)
        height, prev = upto, digest
    if height < expected:
        return height, Broken(name, height + 1, f"events {height + 1} to {expected} are missing at the end")
    return height, None


def _trouble(name: str, height: int, prev: str, key: str, row: tuple[Any, ...]) -> str:
    seq, upto, recorded_at, entry_name, body, aside, digest = row
    if seq != height + 1:
        return f"a row is missing: after event {height} comes {seq}" if seq > height else "a row stands twice"
    if not isinstance(body, str) or hashlib.sha256(body.encode()).hexdigest() != digest:
        return "its text or its hash was changed"
    try:
        entry = read_entry(body)
    except msgspec.MsgspecError:
        return "its text is no row of a chain"
    if entry.prev != prev:
        return "it does not follow the row before it"
    found = (entry.stream, entry.seq, entry.recorded_at, entry.name, entry.seq + len(entry.events) - 1)
    if found != (name, seq, recorded_at, entry_name, upto):
        return "it was moved, or its columns do not say what its text says"
    return _aside_trouble(entry.events, seq, key, aside)


def _aside_trouble(records: Iterable[Any], first: int, key: str, aside: str) -> str:
    """Free text is proven by its keyed digest, for as long as neither was erased."""
    if not aside or not key:
        return ""
    try:
        beside = _aside(aside).fields
    except msgspec.MsgspecError:
        return "the free text beside it was changed"
    aliases = Aliases(key, "")
    for seq, record in enumerate(records, first):
        text = beside.get(str(seq))
        if (text is not None) != bool(record.aside):
            return "the free text beside it was changed"
        if text is not None and aliases.hmac.digest(canonical(text)).hex() != record.aside:
            return "the free text beside it was changed"
    return ""
