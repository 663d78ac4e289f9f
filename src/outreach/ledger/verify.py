"""Verifying: every chain walked from its first row, every hash computed again.

This needs nothing but the rows: a row's text holds its predecessor's hash, its stream and its number.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from outreach.ledger.chain import GENESIS, Entry, canonical, read_entry, read_growth
from outreach.ledger.encrypted import ASIDE, WRAPPED, Ciphers
from outreach.ledger.records import Aside
from outreach.ledger.sql import Database
from outreach.ledger.tokens import Hmac
from outreach.ledger.values import Broken, Verification

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys

__all__ = ["ends", "verify"]

_STREAMS_AT_ONCE: Final = 1000  # each portion is one snapshot: a long walk holds back no checkpoint
_KEY_CHANGED: Final = "the key of its chain was changed"
_aside = msgspec.json.Decoder(Aside).decode


def verify(
    database: Database, progress: Callable[[int], None] | None, master: MasterKeys | None = None
) -> Verification:
    """Walk every chain; of each that does not hold, name the first row.

    :raises LedgerError: if the ledger is encrypted and its master key is not given.
    """
    broken: list[Broken] = []
    streams = events = 0
    with database.reading() as connection:
        known = ends(connection.each("SELECT streams FROM growth ORDER BY id"))
        top = max(connection.execute("SELECT coalesce(max(id), 0) FROM stream").fetchone()[0], len(known) - 1)
        strays = connection.execute(
            "SELECT stream, seq FROM entry WHERE stream NOT IN (SELECT id FROM stream) LIMIT 10"
        ).fetchall()
    broken += [Broken(f"#{stream}", seq, "the row belongs to no stream") for stream, seq in strays]
    ciphers = Ciphers(master)
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
                height, trouble = _walk(chain, expected, ciphers)
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


def _walk(chain: Iterator[Any], expected: int, ciphers: Ciphers) -> tuple[int, Broken | None]:
    """How far a chain holds, and the first row that does not."""
    height, prev, name = 0, GENESIS, ""
    for _, name, key, seq, upto, recorded_at, entry_name, body, aside, digest in chain:
        row = (seq, upto, recorded_at, entry_name, body, aside, digest)
        if not height and key.startswith(WRAPPED) and ciphers.find(name, key) is None:
            why = _KEY_CHANGED
        elif seq is None:
            break
        else:
            why = _trouble(name, height, prev, key, ciphers, row)
        if why:
            for _ in chain:
                pass
            return height, Broken(name, min(seq or 1, height + 1), why)
        height, prev = upto, digest
    if height < expected:
        return height, Broken(name, height + 1, f"events {height + 1} to {expected} are missing at the end")
    return height, None


def _trouble(name: str, height: int, prev: str, key: str, ciphers: Ciphers, row: tuple[Any, ...]) -> str:
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
    return _aside_trouble(entry, key, ciphers, aside)


def _aside_trouble(entry: Entry, stored_key: str, ciphers: Ciphers, aside: str) -> str:
    """Free text is proven by its keyed digest, for as long as neither was erased."""
    if not aside or not stored_key:
        return ""
    found = ciphers.find(entry.stream, stored_key)
    if found is None:
        return _KEY_CHANGED
    key, cipher = found
    text = aside if cipher is None else cipher.opened(ASIDE.name, entry.seq, aside)
    if text is None:
        return "the free text beside it was changed"
    try:
        beside = _aside(text).fields
    except msgspec.MsgspecError:
        return "the free text beside it was changed"
    hmac = Hmac(bytes.fromhex(key))
    for seq, record in enumerate(entry.events, entry.seq):
        told = beside.get(str(seq))
        if (told is not None) != bool(record.aside):
            return "the free text beside it was changed"
        if told is not None and hmac.digest(canonical(told)).hex() != record.aside:
            return "the free text beside it was changed"
    return ""
