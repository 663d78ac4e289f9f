"""Seals: checkpoints over all chains, each proving the one before it.

A seal follows *growth* as an observer does: it covers what was committed after the mark of the seal before
it. The heads are read in one snapshot and the seal is written afterwards, only if it still follows the last
one; so each event falls in exactly one seal, and nobody's commit waits while the tree is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final

import msgspec

from outreach.errors import LedgerError
from outreach.ledger.chain import canonical, from_micros, micros, read_growth
from outreach.ledger.examining import (
    GENESIS,
    KIND,
    Seal,
    Seals,
    can_check_signatures,
    leaf,
    merkle_root,
    sha256,
)
from outreach.ledger.sql import Connection, Database, as_list
from outreach.ledger.values import BrokenSeal, Sealed, SealsFound, Signer

__all__ = ["check_seals", "stored_seal", "stored_seals", "take_seal"]

_AT_ONCE: Final = 1000
_COLUMNS: Final = "number, body, signature, hash, leaves"
_LAST: Final = "SELECT number, body, hash FROM seal ORDER BY number DESC LIMIT 1"
_LAST_HASH: Final = "SELECT hash FROM seal ORDER BY number DESC LIMIT 1"
_HEADS: Final = (
    "SELECT s.id, s.name, e.upto, e.hash FROM list_of(value bigint) AS wanted "
    "CROSS JOIN stream AS s ON s.id = wanted.value JOIN entry AS e ON e.stream = s.id "
    "AND e.seq = (SELECT max(l.seq) FROM entry AS l WHERE l.stream = s.id)"
)
# Which leaves the chains do not hold, with the end of the row found there.
_UNLIKE: Final = (
    "SELECT leaf.name, leaf.height, e.upto FROM list_of(name text, height bigint, hash text) AS leaf "
    "LEFT JOIN stream AS s ON s.name = leaf.name LEFT JOIN entry AS e ON e.stream = s.id AND e.seq = "
    "(SELECT max(l.seq) FROM entry AS l WHERE l.stream = s.id AND l.seq <= leaf.height) "
    "WHERE e.upto IS NULL OR e.upto <> leaf.height OR e.hash <> leaf.hash"
)
_leaves = msgspec.json.Decoder(list[tuple[str, int, str]]).decode


class _Text(msgspec.Struct):
    """A seal's text. In the order of the alphabet, as in canonical JSON."""

    at: int
    events: int
    growth: int
    key: str
    kind: str
    number: int
    prev: str
    root: str
    streams: int


_text = msgspec.json.Decoder(_Text).decode


def take_seal(database: Database, now: datetime, signer: Signer | None) -> Sealed | None:
    """Seal what was committed since the last seal; ``None`` if nothing was.

    With a key, a last seal that is not signed is followed by one that is, even if nothing is new.

    :raises LedgerError: if a chain does not end where its commits say: nothing broken is ever sealed.
    """
    while True:
        with database.reading() as connection:
            last = connection.execute(_LAST).fetchone()
            made = _next(connection, last, micros(now), signer)
        if made is None:
            return None
        text, seal = made
        with database.writing() as connection:
            connection.exclusive("seal")
            if connection.execute(_LAST_HASH).fetchone() == (None if last is None else last[2:]):
                connection.execute(
                    f"INSERT INTO seal ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)",
                    (*seal[:4], as_list(seal.leaves)),
                )
                return _told(text, seal.hash)
        # Another process was faster; what it left is sealed now.


def _next(connection: Connection, last: Any, now: int, signer: Signer | None) -> tuple[_Text, Seal] | None:
    previous = None if last is None else _read(*last)
    mark, grown = _grown(connection, previous.growth if previous else 0)
    if not grown and not (signer and previous and not previous.key):
        return None
    leaves = sorted(_heads(connection, grown))
    text = _Text(
        at=max(now, previous.at if previous else 0),
        events=sum(height - first + 1 for first, height in grown.values()),
        growth=mark,
        key=signer.public if signer else "",
        kind=KIND,
        number=previous.number + 1 if previous else 1,
        prev=last[2] if last else GENESIS,
        root=merkle_root(leaf(*each) for each in leaves),
        streams=len(leaves),
    )
    body = canonical(text)
    signature = signer.sign(body) if signer else ""
    told = body.decode()
    return text, Seal(text.number, told, signature, sha256(told), [list(each) for each in leaves])


def _read(number: int, body: str, digest: str) -> _Text:
    """The last seal's text, if it still is what it was."""
    try:
        text = _text(body)
    except (msgspec.MsgspecError, TypeError):
        text = None
    if text is None or (text.number, sha256(body)) != (number, digest):
        raise _refused(f"the last seal, {number}, was changed")
    return text


def _grown(connection: Connection, mark: int) -> tuple[int, dict[int, tuple[int, int]]]:
    """Which streams grew behind the mark, from where to where; and the mark of the next seal."""
    grown: dict[int, tuple[int, int]] = {}
    rows = connection.each("SELECT id, streams FROM growth WHERE id > ? ORDER BY id", (mark,))
    for number, streams in rows:
        mark = number
        for stream, first, height in read_growth(streams):
            grown[stream] = (grown[stream][0] if stream in grown else first, height)
    return mark, grown


def _heads(connection: Connection, grown: dict[int, tuple[int, int]]) -> Iterator[tuple[str, int, str]]:
    """Name, height and head hash of each stream that grew."""
    waiting = iter(grown)
    while streams := list(islice(waiting, _AT_ONCE)):
        found = {row[0]: row[1:] for row in connection.execute(_HEADS, (as_list(streams),))}
        for stream in streams:
            if stream not in found or found[stream][1] != grown[stream][1]:
                raise _refused("a chain does not end where its commits say")
            yield found[stream]


def _refused(what: str) -> LedgerError:
    return LedgerError(f"{what}; no seal was made", remedy="see what outreach audit verify names")


def _told(text: _Text, digest: str) -> Sealed:
    return Sealed(text.number, from_micros(text.at), text.streams, text.events, digest, text.key)


def stored_seal(connection: Connection, after: int) -> Seal | None:
    """The first seal behind this number. What was meddled with comes without leaves, or with strange ones."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM seal WHERE number > ? ORDER BY number LIMIT 1", (after,)
    ).fetchone()
    if row is None:
        return None
    try:
        leaves = [list(each) for each in _leaves(row[4])]
    except msgspec.MsgspecError:
        leaves = []
    return Seal(row[0], str(row[1]), str(row[2]), str(row[3]), leaves)


def stored_seals(database: Database) -> Iterator[Seal]:
    """All seals from the first on, each read in a snapshot of its own."""
    number = 0
    while True:
        with database.reading() as connection:
            seal = stored_seal(connection, number)
        if seal is None:
            return
        yield seal
        number = seal.number


def check_seals(database: Database, keys: Collection[str]) -> tuple[SealsFound, dict[int, str]]:
    """Every seal against the one before it, its signature and the chains; and the hashes by number.

    That the rows' own hashes hold is what :func:`outreach.ledger.verify.verify` proves.
    """
    checking = can_check_signatures()
    walk = Seals(keys, signatures=checking)
    broken: list[BrokenSeal] = []
    hashes: dict[int, str] = {}
    for seal in stored_seals(database):
        why = walk.trouble(seal)
        if why:
            broken.append(BrokenSeal(seal.number, why))
        broken += _against_chains(database, seal)
        hashes[seal.number] = seal.hash
    if end := walk.at_the_end():
        broken.append(BrokenSeal(walk.number, end))
    if walk.signed and not checking:
        broken.append(
            BrokenSeal(walk.number, "signatures cannot be checked here: pip install 'outreach[encryption]'")
        )
    found = SealsFound(len(hashes), walk.events, walk.signed, tuple(walk.keys), tuple(broken))
    return found, hashes


def _against_chains(database: Database, seal: Seal) -> Iterator[BrokenSeal]:
    with database.reading() as connection:
        for start in range(0, len(seal.leaves), _AT_ONCE):
            some = as_list(seal.leaves[start : start + _AT_ONCE])
            for stream, height, found in connection.execute(_UNLIKE, (some,)):
                what = "holds another" if found == height else "does not hold the"
                yield BrokenSeal(seal.number, f"chain {stream} {what} event {height} that was sealed")
