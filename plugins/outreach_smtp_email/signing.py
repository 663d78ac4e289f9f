"""DKIM signatures (RFC 6376) over what a forger would want to change, the one-click headers among them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import dkim  # type: ignore[import-untyped]

from outreach.channels import SendFailed
from outreach.errors import SettingsError

__all__ = ["Signer"]

# RFC 8058 section 4 demands the two of List-Unsubscribe. From, To and Subject once more than they stand, so
# that nobody can put a second one above.
_SIGNED = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"),
    *(b"content-language", b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post"),
    *(b"from", b"to", b"subject"),
)


class Signer:
    """Signs with one key.

    :param key_file: an RSA key as PEM, readable to its owner only.
    :raises SettingsError: if it cannot be read or used, or others can read it.
    """

    def __init__(self, domain: str, selector: str, key_file: Path) -> None:
        self._domain = domain.encode()
        self._selector = selector.encode()
        self._key = _key(key_file)
        try:
            self.sign(b"From: a@a.example\r\n\r\n\r\n")
        except SendFailed:
            raise SettingsError(
                "the DKIM key cannot be used",
                where=str(key_file),
                remedy="give an RSA private key as PEM without a passphrase",
            ) from None

    def sign(self, message: bytes) -> bytes:
        """The message with its signature above.

        :raises SendFailed: ``not_sent``, if it cannot be signed.
        """
        try:
            return self._signature(message) + message
        except (dkim.DKIMException, ValueError):
            raise SendFailed.not_sent("dkim_failed", retry=False) from None

    def _signature(self, message: bytes) -> bytes:
        made: bytes = dkim.sign(
            message,
            self._selector,
            self._domain,
            self._key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(_SIGNED),
        )
        return made


def _key(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise SettingsError(
                    "others may read or change the DKIM key",
                    where=str(path),
                    why=f"its mode is {mode:03o}",
                    remedy=f"chmod 600 {path}",
                )
            return file.read(65536)
    except OSError as error:
        raise SettingsError(
            "the DKIM key cannot be read", where=str(path), why=type(error).__name__
        ) from error
