"""The key that signs seals: Ed25519 (RFC 8032), in a file that only its owner can read.

The package `cryptography` is wanted here and nowhere else, and only by who has a key.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from outreach.errors import LedgerError
from outreach.ledger.private_files import read_private, write_private

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["SealKey"]


class SealKey:
    """A private key. ``public``: its public half, 64 hexadecimal digits; seals name it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw().hex()

    def sign(self, text: bytes) -> str:
        """The signature under a text, hexadecimal."""
        return self._private.sign(text).hex()

    @classmethod
    def create(cls, path: Path) -> SealKey:
        """Make a new key and write it where only its owner can read it, as PEM (PKCS #8).

        :raises LedgerError: if there is a file already, or it cannot be written.
        """
        _need_cryptography()
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - an extra
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        private = Ed25519PrivateKey.generate()
        text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            write_private(path, text)
        except OSError as error:
            raise LedgerError(
                "the key of the seals cannot be written",
                where=str(path),
                why=error.strerror or "",
                remedy="name a file that does not exist, in a folder of yours",
            ) from None
        return cls(private)

    @classmethod
    def load(cls, path: Path) -> SealKey:
        """Read a key.

        :raises LedgerError: if it is missing, can be read by others, or is no such key.
        """
        _need_cryptography()
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        text = read_private(
            path,
            "the key of the seals",
            missing="make one with outreach audit key FILE, or correct [seals] key_file",
            exposed=f"make a new one with outreach audit key; or, if nobody has, chmod 600 {path.name}",
            why="whoever has read it can sign seals",
        )
        try:
            private = load_pem_private_key(text, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise LedgerError("this file holds no key of seals (Ed25519 as PEM)", where=str(path))
        return cls(private)


def _need_cryptography() -> None:
    try:
        import cryptography  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise LedgerError(
            "signing needs the package cryptography", remedy="pip install 'outreach[encryption]'"
        ) from None
