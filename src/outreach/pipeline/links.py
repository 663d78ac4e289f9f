"""Where the outside reaches us: the URL of an attempt's callbacks, and of one click that ends e-mail."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from outreach.ledger import Ledger

__all__ = ["Links"]

_OPT_OUT = "opt-out"  # the sort of token; one of another sort opens nothing


@dataclass(frozen=True, slots=True)
class Links:
    """:param public: ``[callbacks] public_url``, without a slash at the end; "": there are no links."""

    ledger: Ledger
    public: str = ""

    def callback(self, via: str, attempt: str) -> str:
        """Where the provider behind this channel tells what became of an attempt."""
        return f"{self.public}/callbacks/{via}/{attempt}" if self.public else ""

    def opt_out(self, attempt: str) -> str:
        """The one-click link of an e-mail (RFC 8058). Nobody can guess that of another one."""
        if not self.public:
            return ""
        return f"{self.public}/opt-out/{attempt}.{self.ledger.token(_OPT_OUT, attempt)}"

    def attempt_of(self, token: str) -> str:
        """The attempt a one-click link speaks of; "" if it is none of ours."""
        attempt, _, proof = token.partition(".")
        ours = self.ledger.token(_OPT_OUT, attempt)
        return attempt if hmac.compare_digest(proof.encode(), ours.encode()) else ""
