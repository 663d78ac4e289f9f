"""Proof that what comes back belongs to a message of ours: VERP addresses and subjects with a keyed digest.

A bounce goes to the envelope sender, so an attempt written there comes back whatever the bounce looks like
(variable envelope return path). Anybody can write to such an address; only who has the secret, or has seen
the message, knows the digest that belongs to an attempt.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import quote

from outreach_smtp_email.addresses import is_plain_address

__all__ = ["Proof", "fits_bounces"]

_ATTEMPT = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_VERP = re.compile(rf"({_ATTEMPT})-([0-9A-F]{{16}})")
_UNSUBSCRIBE = re.compile(r"unsubscribe (\S{3,254}) ([0-9a-f]{16})", re.IGNORECASE)


def fits_bounces(address: str) -> bool:
    """Whether an attempt and its digest fit into the local part: 64 characters (RFC 5321, 4.5.3.1.1)."""
    return is_plain_address(address) and address.isascii() and len(address.partition("@")[0]) <= 20


@dataclass(frozen=True, slots=True)
class Proof:
    """Makes and reads addresses and subjects.

    :param secret: kept as long as bounces may come back: another proves nothing of earlier messages.
    :param bounce_address: ``bounces@a.example`` makes ``bounces+<attempt>-<digest>@a.example``; "": none.
    :param mailto: where people write to unsubscribe; "": nowhere.
    """

    secret: str = field(default="", repr=False)
    bounce_address: str = ""
    mailto: str = ""

    def envelope_sender(self, attempt: str, sender: str) -> str:
        """Where bounces of this attempt go."""
        if not self.bounce_address:
            return sender
        local, _, domain = self.bounce_address.partition("@")
        return f"{local}+{attempt}-{self._digest('bounce', attempt)}@{domain}"

    def attempt_of(self, address: str) -> str:
        """The attempt an envelope sender names and proves; "" where it does not.

        Capitals do not matter: mail servers may change them on the way.
        """
        if not self.bounce_address or not self.secret:
            return ""
        local, _, domain = self.bounce_address.casefold().partition("@")
        given, _, at = address.strip().rpartition("@")
        name, _, tag = given.partition("+")
        found = _VERP.fullmatch(tag.upper())
        if (name.casefold(), at.casefold()) != (local, domain) or found is None:
            return ""
        right = self._digest("bounce", found[1])
        return found[1] if hmac.compare_digest(right, found[2].lower()) else ""

    def mailto_link(self, address: str) -> str:
        """What a mail program opens to unsubscribe this address (RFC 6068); "" where there is no mailto."""
        if not self.mailto:
            return ""
        subject = "unsubscribe"
        if self.secret:
            subject += f" {address} {self._digest('unsubscribe', address.casefold())}"
        return f"mailto:{quote(self.mailto, safe='@')}?subject={quote(subject, safe='@')}"

    def unsubscribed(self, subject: str) -> str:
        """The address that such a subject names and proves; "" where it does not."""
        found = _UNSUBSCRIBE.fullmatch(subject.strip())
        if found is None or not self.secret:
            return ""
        right = self._digest("unsubscribe", found[1].casefold())
        return found[1] if hmac.compare_digest(right, found[2].lower()) else ""

    def _digest(self, use: str, text: str) -> str:
        """Sixty-four bits; each guess at them would have to be mailed to us."""
        return hmac.digest(self.secret.encode(), f"{use}\0{text}".encode(), "sha256").hex()[:16]
