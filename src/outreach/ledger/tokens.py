"""Keyed tokens: what stands in the chain for an address, a debt or a related person.

In a person's chain each value is an HMAC under a random key of that person, kept beside her data; when she
is erased the key goes, and the tokens lead nowhere. The index of who holds an endpoint or a debt is made
under the installation's key, which lies in a file of its own beside the database.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from outreach.domain import CONSUMER
from outreach.domain.events import EVENT_FIELDS, token_fields
from outreach.errors import LedgerError
from outreach.ledger.private_files import read_private, write_private

if TYPE_CHECKING:
    from outreach.ledger.encryption import StreamCipher

__all__ = ["Aliases", "Hmac", "InstallationKey", "erased_ref", "holder_value"]

_BLOCK: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_MARK: Final = "~"
_SPOKEN: Final = frozenset({"", CONSUMER, "home", "work"})  # words of ours that identify nobody
_SORTS: Final = {"to": "endpoint", "from": "endpoint", "person": "person"}  # every other field: debts
# Which fields of a kind can be tokens at all, with their sorts: worked out once, asked for each event.
_FIELDS: Final = {
    kind: tuple((name, _SORTS.get(name, "debt")) for name in sorted(token_fields(kind, {}) & fields))
    for kind, fields in EVENT_FIELDS.items()
}
_ALL_SORTS: Final = ("endpoint", "debt", "person")
_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(dict[str, dict[str, str]]).decode


class Hmac:
    """HMAC-SHA256 under one key, prepared once: a third of the cost of the library's for short texts."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        padded = key.ljust(_BLOCK, b"\0")  # our keys are 32 bytes
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def digest(self, text: bytes) -> bytes:
        """32 bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.digest()

    def short(self, sort: str, value: str) -> str:
        """The first 128 bits, hexadecimal, of a value of one sort; equal values of two sorts differ."""
        return self.digest(f"{sort}\0{value}".encode())[:16].hex()


class Aliases:
    """The tokens of one stream, both ways. ``grown``: whether there are new ones to be kept.

    Of a person erased there are only tokens by the digests of her endpoints that were kept: they are shown as
    the value somebody asked for, and stay tokens for everybody else.

    :param key: the stream's key, in plain.
    :param stored: the tokens as they were kept, in plain.
    :param values: values asked for, by their digests in the endpoint index.
    :param cipher: encrypts what lies beside the stream's chain; ``None``: it lies there in plain.
    """

    __slots__ = ("_hmac", "_key", "_plain", "_tokens", "_values", "cipher", "fresh", "grown")

    def __init__(
        self,
        key: str,
        stored: str,
        values: Mapping[str, str] | None = None,
        cipher: StreamCipher | None = None,
    ) -> None:
        self._key = key
        self.cipher = cipher
        self._values = values
        self._hmac: Hmac | None = None
        self._tokens = _decode(stored) if stored else {sort: {} for sort in _ALL_SORTS}
        self._plain: dict[str, str] | None = None
        self.grown = False
        self.fresh: list[tuple[str, str]] = []  # (sort, value) pairs that are new

    @property
    def erased(self) -> bool:
        """Whether the key was destroyed."""
        return not self._key

    def kept(self, digests: Mapping[str, str]) -> str:
        """What stays of the tokens after an erasure, for keeping: those of these values, by digest."""
        known = self._tokens["endpoint"]
        left = {digest: known[value] for value, digest in digests.items() if value in known}
        return _encode({"endpoint": left}).decode() if left else ""

    def values(self, sort: str) -> tuple[str, ...]:
        """Every value of this sort that has a token."""
        return tuple(self._tokens[sort]) if self._key else ()

    def forget(self, sort: str, values: Iterable[str]) -> dict[str, str]:
        """Leave these values without their tokens; the tokens they had, by value."""
        gone = {value: self._tokens[sort].pop(value) for value in values if value in self._tokens[sort]}
        self.grown = self.grown or bool(gone)
        self._plain = None
        return gone

    @staticmethod
    def new_key() -> str:
        """A key for a new stream."""
        return secrets.token_hex(32)

    @property
    def hmac(self) -> Hmac:
        """The stream's own HMAC.

        :raises LedgerError: if the key was destroyed by an erasure.
        """
        if self._hmac is None:
            if not self._key:
                raise LedgerError("this person was erased; nothing more can be recorded of them")
            self._hmac = Hmac(bytes.fromhex(self._key))
        return self._hmac

    def token(self, sort: str, value: str) -> str:
        """What stands for this value in the chain."""
        if value in _SPOKEN:
            return value
        known = self._tokens[sort].get(value)
        if known is None:
            known = _MARK + self.hmac.short(sort, value)[:24]
            self._tokens[sort][value] = known
            self._plain = None
            self.grown = True
            self.fresh.append((sort, value))
        return known

    def hide(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields as they stand in the chain. Changes nothing in ``fields``."""
        names = _FIELDS[kind]
        if not names:
            return fields
        if "scope" in fields:  # then "from" and "to" may be clock times
            allowed = token_fields(kind, fields)
            names = tuple(each for each in names if each[0] in allowed)
        hidden = dict(fields)
        for name, sort in names:
            value = fields.get(name)
            if value is None:
                continue
            known = self._tokens[sort]
            if isinstance(value, str):
                hidden[name] = known.get(value) or self.token(sort, value)
            elif isinstance(value, list):
                hidden[name] = [
                    known.get(each) or self.token(sort, each) if isinstance(each, str) else each
                    for each in value
                ]
        return hidden

    def show(self, kind: str, fields: dict[str, Any]) -> None:
        """Put the values as the client wrote them into ``fields``; a token that was erased stays."""
        plain = self._plain
        if not self._key:
            asked = self._values or {}
            plain = {
                token: asked[digest]
                for digest, token in self._tokens.get("endpoint", {}).items()
                if digest in asked
            }
        elif plain is None:
            plain = {token: value for values in self._tokens.values() for value, token in values.items()}
            self._plain = plain
        for name, _ in _FIELDS.get(kind, ()):
            value = fields.get(name)
            if isinstance(value, str):
                fields[name] = plain.get(value, value)
            elif isinstance(value, list):
                fields[name] = [plain.get(each, each) if isinstance(each, str) else each for each in value]

    def dump(self) -> str:
        """For keeping."""
        return _encode(self._tokens).decode()


def erased_ref(key: InstallationKey, ref: str) -> str:
    """What stands for the client's id of a person erased: it tells that she was, and no more."""
    return _MARK + key.digest("ref", ref)


def holder_value(sort: str, value: str) -> str | None:
    """What of a value is compared between people; ``None`` where it means something to one person only.

    A debt's id is the client's and means the same everywhere; an endpoint is shared if it is a number or
    an e-mail address, and not if it is the id of a related person.
    """
    if sort == "debt":
        return value
    if sort == "endpoint":
        if "@" in value:
            return value.casefold()
        if value[:1] == "+":
            return value
    return None


class InstallationKey:
    """The key of the endpoint index, with its id. Memorises digests of values seen lately."""

    def __init__(self, key: bytes) -> None:
        self.id = hashlib.sha256(key).hexdigest()[:8]
        self.secret = key
        self._hmac = Hmac(key)
        self._seen: dict[tuple[str, str], str] = {}

    def digest(self, sort: str, value: str) -> str:
        """The digest under which holders of this value are found."""
        known = self._seen.get((sort, value))
        if known is None:
            if len(self._seen) > 20_000:
                self._seen.clear()
            known = self._seen[sort, value] = self._hmac.short(sort, value)
        return known

    def token(self, sort: str, value: str) -> str:
        """The same, without remembering it: what is asked for once a message."""
        return self._hmac.short(sort, value)

    @classmethod
    def create(cls, path: Path) -> InstallationKey:
        """Make a new key and write it where only its owner can read it."""
        key = secrets.token_bytes(32)
        write_private(path, f"{key.hex()}\n".encode())
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> InstallationKey:
        """Read the key.

        :raises LedgerError: if it is missing, readable by others, or no key.
        """
        text = read_private(
            path,
            "the key of the endpoint index",
            missing="put back the key file from the backup made with this ledger",
            exposed=f"chmod 600 {path.name}",
        )
        try:
            return cls.parse(text.decode().strip())
        except ValueError:
            raise LedgerError("this file holds no key of the endpoint index", where=str(path)) from None

    @classmethod
    def parse(cls, text: str) -> InstallationKey:
        """A key written as 64 hexadecimal digits.

        :raises ValueError: if it is none.
        """
        key = bytes.fromhex(text)
        if len(key) != 32:
            raise ValueError("a key has 32 bytes")
        return cls(key)
