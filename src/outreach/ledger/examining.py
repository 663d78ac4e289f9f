#!/usr/bin/env python3
"""Check an export of outreach's record: every chain, every seal, every signature.

    python verify.py [FOLDER] [--key HEX ...] [--copies FOLDER] [--without-signatures]

FOLDER (default: the one this file lies in) holds chains.txt, seals/, summary.json and, where there are keys,
public-keys.txt. This file needs Python 3.9 and its standard library; only signatures need the package
`cryptography`. Exit status 0: the record is whole. 1: it is not, or it could not be proven.

chains.txt has one row of a chain a line: its SHA-256, a blank, its text. A row's text holds the hash of the
row before it. A seal's text holds the Merkle root (RFC 6962, section 2.1) over [stream, height, head hash]
of every chain that grew since the seal before it, and the hash of that seal; the signature (Ed25519,
RFC 8032) is over the text. outreach checks its own seals with this same code.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Chains", "Seal", "Seals", "can_check_signatures", "file_name", "from_file", "leaf", "merkle_root"]

GENESIS = "0" * 64
KIND = "outreach seal 1"
"""Stands in each seal's text: a signature under it can be meant for nothing else."""

_FIELDS = {"at", "events", "growth", "key", "kind", "number", "prev", "root", "streams"}


class Seal(NamedTuple):
    """One seal as it is kept. ``leaves``: [stream, height, head hash] in the order of the streams' names."""

    number: int
    body: str
    signature: str
    hash: str
    leaves: list[list[Any]]


def canonical(value: Any) -> str:
    """JSON with sorted names and no blanks; RFC 8785 for what stands in a chain."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(text: str) -> str:
    """Hexadecimal; of a text that is no Unicode, nothing that any row could hold."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def leaf(stream: str, height: int, digest: str) -> bytes:
    """What the tree holds of one chain."""
    return canonical([stream, height, digest]).encode()


def merkle_root(entries: Iterable[bytes]) -> str:
    """RFC 6962, section 2.1: leaves are hashed behind a 0x00, nodes behind a 0x01.

    Pairing level by level, an odd one going up as it is, gives the tree that the RFC defines from above.
    """
    level = [hashlib.sha256(b"\x00" + each).digest() for each in entries]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        above = [
            hashlib.sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)
        ]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0].hex()


def can_check_signatures() -> bool:
    """Whether `cryptography` is installed."""
    try:
        import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401, PLC0415 - only if there are any
    except ImportError:
        return False
    return True


def is_signed(key: str, signature: str, text: str) -> bool:
    """Whether the signature is that key's, under that text."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only if there are any
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


class Seals:
    """Seals walked from the first to the last.

    :param keys: public keys (hexadecimal) that are believed; none: each is believed that a seal names.
    """

    def __init__(self, keys: Collection[str] = (), *, signatures: bool = True) -> None:
        self.number = self.events = self.signed = self.unproven = 0
        self.heights: dict[str, int] = {}
        self.keys: dict[str, int] = {}  # which key signed how many
        self.prev = GENESIS
        self._believed = frozenset(keys)
        self._signatures = signatures
        self._at = self._growth = 0

    def trouble(self, seal: Seal) -> str:
        """Why the next seal does not hold, or ""; the walk then goes on behind it."""
        try:
            return self._order(seal) or self._text(seal, json.loads(seal.body))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return "it is no seal"
        finally:
            self.number, self.prev = seal.number, sha256(str(seal.body))

    def at_the_end(self) -> str:
        """What is wrong once all were walked, or "": the last ones must be proven by a signature."""
        if self._believed and self.unproven:
            return f"the last {self.unproven} seals are not signed and no later one proves them"
        return ""

    def _order(self, seal: Seal) -> str:
        if seal.number != self.number + 1:
            missing = f"seal {self.number + 1} is missing"
            return missing if seal.number > self.number else "it stands twice or in another's place"
        if sha256(seal.body) != seal.hash:
            return "its text or its hash was changed"
        return ""

    def _text(self, seal: Seal, told: dict[str, Any]) -> str:
        if set(told) != _FIELDS or told["kind"] != KIND or canonical(told) != seal.body:
            return "it is no seal"
        if told["number"] != seal.number:
            return "it was moved"
        if told["prev"] != self.prev:
            return "it does not follow the seal before it"
        if told["at"] < self._at or told["growth"] < self._growth:
            return "it is older than the seal before it"
        self._at, self._growth = told["at"], told["growth"]
        return self._leaves(seal.leaves, told) or self._signature(seal, told["key"])

    def _leaves(self, leaves: list[list[Any]], told: dict[str, Any]) -> str:
        if merkle_root(leaf(*each) for each in leaves) != told["root"]:
            return "what it covers was changed: the Merkle root is another"
        names = [each[0] for each in leaves]
        events = 0
        for stream, height, _ in leaves:
            new = height - self.heights.get(stream, 0)
            if new <= 0:
                return f"it covers events of chain {stream} that an earlier seal covers"
            events += new
            self.heights[stream] = height
        self.events += events
        if names != sorted(set(names)) or told["streams"] != len(leaves) or told["events"] != events:
            return "it does not cover what it says"
        return ""

    def _signature(self, seal: Seal, key: str) -> str:
        if not key:
            self.unproven += 1
            return "it names no key and bears a signature" if seal.signature else ""
        if self._believed and key not in self._believed:
            return f"it is signed with the key {key}, which is none of those believed"
        if self._signatures and not is_signed(key, seal.signature, seal.body):
            return "its signature is not that of the key it names"
        self.signed, self.unproven = self.signed + 1, 0
        self.keys[key] = self.keys.get(key, 0) + 1
        return ""


class Chains:
    """Rows of chains walked in order, and compared with what was sealed.

    :param sealed: by stream what seals hold of it, oldest first: height, head hash, number of the seal.
    """

    def __init__(self, sealed: dict[str, list[tuple[int, str, int]]]) -> None:
        self.streams = self.events = self.unsealed = 0
        self._sealed = sealed
        self._seen: set[str] = set()
        self._stream = ""
        self._height, self._prev = 0, GENESIS
        self._waiting: list[tuple[int, str, int]] = []
        self._broken = False

    def walk(self, lines: Iterable[str]) -> Iterator[str]:
        """What does not hold, one sentence for each chain."""
        for line in lines:
            digest, _, text = line.rstrip("\n").partition(" ")
            try:
                row = json.loads(text)
                stream, seq, prev, count = row["stream"], row["seq"], row["prev"], len(row["events"])
            except (ValueError, TypeError, KeyError, RecursionError):
                yield f"after event {self._height} of chain {self._stream} stands a line that is no row"
                self._broken = True
                continue
            if stream != self._stream:
                yield from self._end()
                yield from self._begin(stream)
            self.events += count
            if not self._broken:
                why = self._trouble(text, digest, seq, prev, count)
                if why:
                    self._broken = True
                    yield f"chain {stream}, event {min(seq, self._height + 1)}: {why}"
        yield from self._end()
        for stream in sorted(self._sealed.keys() - self._seen):
            height, _, number = self._sealed[stream][-1]
            yield f"chain {stream} is missing: seal {number} covers its {height} events"

    def _begin(self, stream: str) -> Iterator[str]:
        self._stream, self._height, self._prev = stream, 0, GENESIS
        self._broken = stream in self._seen
        if self._broken:
            yield f"chain {stream}: its rows do not stand together"
        else:
            self.streams += 1
        self._seen.add(stream)
        self._waiting = list(reversed(self._sealed.get(stream, [])))

    def _end(self) -> Iterator[str]:
        if self._waiting and not self._broken:
            height, _, number = self._waiting[0]
            yield (
                f"chain {self._stream}: events {self._height + 1} to {height} are missing at the end; "
                f"seal {number} covers them"
            )
        last = self._sealed.get(self._stream, [(0, "", 0)])[-1][0]
        self.unsealed += max(0, self._height - last)

    def _trouble(self, text: str, digest: str, seq: int, prev: str, count: int) -> str:
        if seq != self._height + 1:
            missing = f"a row is missing: after event {self._height} comes {seq}"
            return missing if seq > self._height else "a row stands twice, or in another's place"
        if sha256(text) != digest:
            return "its text or its hash was changed"
        if prev != self._prev:
            return "it does not follow the row before it"
        self._height, self._prev = seq + count - 1, digest
        while self._waiting and self._waiting[-1][0] <= self._height:
            height, sealed, number = self._waiting.pop()
            if (height, sealed) != (self._height, digest):
                return f"the chain was written anew: seal {number} holds another event {height}"
        return ""


def file_name(number: int) -> str:
    """What a seal's file is called."""
    return f"seal-{number:08d}.json"


def from_file(path: Path) -> Seal:
    """A seal in a file of its own.

    :raises ValueError: if it is none.
    """
    told = json.loads(path.read_text("utf-8"))
    if not isinstance(told, dict) or set(told) != set(Seal._fields) or not isinstance(told["number"], int):
        raise ValueError("no seal")
    return Seal(**told)


def seals_in(folder: Path) -> list[Path]:
    """The files of seals in a folder, in their order.

    :raises OSError: if there is no such folder; one that is not there has no other files than an empty one.
    """
    return sorted(each for each in folder.iterdir() if each.match("seal-*.json"))


def words_trouble(folder: Path) -> Iterator[str]:
    """Free text and words beside the chain, where they were exported: each is proven by its digest."""
    wanted: dict[tuple[str, int], Any] = {}
    with (folder / "words.jsonl").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            told = json.loads(line)
            wanted[told["stream"], told["seq"]] = told
    with (folder / "chains.txt").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            row = json.loads(line.partition(" ")[2])
            told = wanted.pop((row["stream"], row["seq"]), None)
            if told is not None and not _proven(row, told):
                yield f"chain {row['stream']}, event {row['seq']}: the words beside it were changed"
    for stream, seq in wanted:
        yield f"chain {stream}, event {seq}: there are words beside it and no row"


def _proven(row: dict[str, Any], told: dict[str, Any]) -> bool:
    fields, words = told.get("fields", {}), told.get("words")
    if not fields.keys() <= {str(row["seq"] + at) for at in range(len(row["events"]))}:
        return False
    for seq, record in enumerate(row["events"], row["seq"]):
        text = fields.get(str(seq))
        if text is not None:
            key = bytes.fromhex(told["key"])
            if hmac.new(key, canonical(text).encode(), "sha256").hexdigest() != record.get("aside"):
                return False
    if words is None:
        return True
    opened = [each["fields"].get("words") for each in row["events"] if each["kind"] == "attempt_opened"]
    return opened == [sha256(words["text"])]


def examine(folder: Path, keys: list[str], copies: Path | None, signatures: bool) -> Iterator[str]:
    """Everything that does not hold; what was looked at is printed on the way."""
    keys_file = folder / "public-keys.txt"
    believed = keys or (keys_file.read_text("utf-8").split() if keys_file.exists() else [])
    files = seals_in(folder / "seals")
    if files and signatures and not can_check_signatures():
        signatures = False
        if believed or any(json.loads(from_file(each).body)["key"] for each in files):
            yield "signatures cannot be checked: install `cryptography`, or give --without-signatures"
    seals = Seals(believed, signatures=signatures)
    sealed: dict[str, list[tuple[int, str, int]]] = {}
    hashes: dict[int, str] = {}
    for path in files:
        seal = from_file(path)
        why = seals.trouble(seal)
        if why:
            yield f"seal {seal.number}: {why}"
        hashes[seal.number] = seal.hash
        for stream, height, digest in seal.leaves:
            sealed.setdefault(stream, []).append((height, digest, seal.number))
    end = seals.at_the_end()
    if end:
        yield end
    if copies is not None:
        for number, different in copies_trouble(copies, hashes.get):
            yield f"seal {number}: {different}"
        say(f"copies      {len(seals_in(copies))} seals in {copies}")
    chains = Chains(sealed)
    with (folder / "chains.txt").open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
        yield from chains.walk(lines)
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    stated = (summary["seals"], summary["streams"], summary["events"])
    if stated != (len(files), chains.streams, chains.events):
        yield f"the export should hold {stated[0]} seals, {stated[1]} chains and {stated[2]} events"
    if summary["words"]:
        yield from words_trouble(folder)
    say(f"chains      {chains.streams}, {chains.events} events, {chains.unsealed} of them unsealed")
    say(
        f"seals       {len(files)}, {seals.signed} signed"
        + ("" if signatures else ", SIGNATURES NOT CHECKED")
    )
    for key, count in seals.keys.items():
        say(f"key         {key} ({count} seals): compare it with the one you were given")


def copies_trouble(folder: Path, hash_of: Callable[[int], str | None]) -> Iterator[tuple[int, str]]:
    """Seals kept elsewhere that the record does not hold as they are there: number, and why."""
    for path in seals_in(folder):
        copy = from_file(path)
        known = hash_of(copy.number)
        if known is None:
            yield copy.number, f"it was copied to {folder} and is not in the record"
        elif known != sha256(copy.body):
            yield copy.number, f"the copy in {folder} is another"


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(text + "\n")


def main() -> int:
    """Check, and print the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", action="append", default=[], help="a public key to be believed (repeat)")
    parser.add_argument("--copies", type=Path, help="a folder with seals that was kept elsewhere")
    parser.add_argument("--without-signatures", action="store_true", help="check all but the signatures")
    given = parser.parse_args()
    broken = 0
    try:
        for why in examine(given.folder, given.key, given.copies, not given.without_signatures):
            say(f"BROKEN      {why}")
            broken += 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        say(f"BROKEN      the export cannot be read: {type(error).__name__} {error}")
        broken += 1
    say("VERDICT     the record is whole" if not broken else "VERDICT     the record is NOT proven whole")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
