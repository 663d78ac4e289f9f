"""AES-256-GCM with keys within keys. Needs the package `cryptography`; loaded where master keys are given.

A value is encrypted under a key derived (HKDF-SHA256, RFC 5869) from its stream's own key, which also makes
the keyed digests in the chain: the two uses have different keys. The stream's key is encrypted under a master
key. Both times the place of a value is associated data: at another place it cannot be read.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outreach.errors import LedgerError
from outreach.ledger.encrypted import ENCRYPTED, WRAPPED, Unlocked, unreadable

__all__ = ["MasterKeys", "StreamCipher"]

_NONCE: Final = 12  # bytes, random: safe for 2**32 values under one key
_KEY: Final = 32  # bytes
_INFO: Final = b"outreach ledger: values beside the chain, 1"
_WRAPPING: Final = "stream.key"


class StreamCipher:
    """Encrypts and decrypts what lies beside one stream's chain.

    :param key: the stream's own key, 64 hexadecimal digits.
    """

    __slots__ = ("_aead", "_stream")

    def __init__(self, stream: str, key: str) -> None:
        self._stream = stream
        self._aead = AESGCM(HKDF(SHA256(), _KEY, None, _INFO).derive(bytes.fromhex(key)))

    def encrypt(self, column: str, row: object, text: str) -> str:
        """A value for its place: the column's name, and what names the row within the stream."""
        return ENCRYPTED + _sealed(self._aead, text.encode(), _place(column, self._stream, row))

    def opened(self, column: str, row: object, text: str) -> str | None:
        """The value in plain, whether it was encrypted or not; ``None`` if it is not what was encrypted."""
        if not text.startswith(ENCRYPTED):
            return text
        found = _opened(self._aead, text[len(ENCRYPTED) :], _place(column, self._stream, row))
        return None if found is None else found.decode()

    def decrypt(self, column: str, row: object, text: str) -> str:
        """The value in plain.

        :raises LedgerError: if it is not what was encrypted for this place.
        """
        found = self.opened(column, row, text)
        if found is None:
            raise unreadable(self._stream, column)
        return found


class MasterKeys:
    """The master keys of an installation: the first encrypts, all of them are believed.

    ``ids``: their names, the first eight hexadecimal digits of their SHA-256, in order.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._aeads = {hashlib.sha256(key).hexdigest()[:8]: AESGCM(key) for key in keys}
        self.ids = tuple(self._aeads)
        self.current = self.ids[0]
        self.beginning = f"{WRAPPED}{self.current}:"
        """What each key begins with that is encrypted under the current one."""

    @classmethod
    def parse(cls, text: str) -> MasterKeys:
        """Keys of 64 hexadecimal digits each, parted by commas.

        :raises LedgerError: if one is none.
        """
        try:
            keys = [bytes.fromhex(each) for each in text.split(",") if each.strip()]
        except ValueError:
            keys = []
        if not keys or any(len(key) != _KEY for key in keys):
            raise LedgerError(
                "a master key is no key",
                where="OUTREACH_LEDGER__MASTER_KEYS",
                remedy="give 64 hexadecimal digits, as outreach db key prints them; several with commas",
            )
        return cls(keys)

    @staticmethod
    def new() -> str:
        """A new key, as it is given in the settings."""
        return secrets.token_hex(_KEY)

    def wrap(self, stream: str, key: str) -> str:
        """A stream's key (64 hexadecimal digits), encrypted under the current master key."""
        return self.beginning + _sealed(
            self._aeads[self.current], bytes.fromhex(key), _place(_WRAPPING, stream, "")
        )

    def unwrap(self, stream: str, stored: str) -> str | None:
        """A stream's key as 64 hexadecimal digits; ``None`` if it was changed. A plain one stays as it is.

        :raises LedgerError: if its master key is not given.
        """
        if not stored.startswith(WRAPPED):
            return stored
        name, _, text = stored[len(WRAPPED) :].partition(":")
        if name not in self._aeads:
            raise self.missing(name)
        found = _opened(self._aeads[name], text, _place(_WRAPPING, stream, ""))
        return None if found is None else found.hex()

    def unlock(self, stream: str, stored: str) -> Unlocked | None:
        """A stream's key and cipher; ``None`` if the stored key was changed."""
        key = self.unwrap(stream, stored)
        if key is None:
            return None
        try:
            return Unlocked(key, StreamCipher(stream, key) if key else None)
        except ValueError:  # a plain key that is none
            return None

    def missing(self, name: str) -> LedgerError:
        """The error for a master key that is wanted and not given."""
        return LedgerError(
            "the ledger is encrypted with a master key that is not given",
            why=f"it needs the key {name[:8]}; given: {', '.join(self.ids)}",
            remedy="add that key to OUTREACH_LEDGER__MASTER_KEYS, behind the current one",
        )


def _place(column: str, stream: str, row: object) -> bytes:
    return f"{column}\0{stream}\0{row}".encode()


def _sealed(aead: AESGCM, data: bytes, place: bytes) -> str:
    nonce = os.urandom(_NONCE)
    return urlsafe_b64encode(nonce + aead.encrypt(nonce, data, place)).decode()


def _opened(aead: AESGCM, text: str, place: bytes) -> bytes | None:
    try:
        data = urlsafe_b64decode(text)
        return aead.decrypt(data[:_NONCE], data[_NONCE:], place)
    except (InvalidTag, ValueError):
        return None
