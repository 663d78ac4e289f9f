"""Events: everything that is known to have happened, and the fields each kind may carry.

One vocabulary for imports, case files, the ledger and exports. ``docs/reference/events.md`` explains
each kind; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

__all__ = [
    "EVENT_FIELDS",
    "INTERNAL_EVENTS",
    "PRIVATE_FIELDS",
    "SYSTEM",
    "Event",
    "NewEvent",
    "token_fields",
]

SYSTEM: Final = "system"
"""The stream of what concerns nobody in particular: policy, settings, pauses, imports, rejected rows."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. ``at``: when it was so. ``recorded_at``: when we learned it (``None`` in a case file).

    ``fields`` are plain values of the vocabulary (addresses and ids as the client wrote them).
    ``stream`` is the consumer's internal id or ``system``; ``seq`` its place in that chain, from 1.
    """

    kind: str
    at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    recorded_at: datetime | None = None
    id: str = ""
    stream: str = ""
    seq: int = 0

    def get(self, name: str, default: Any = None) -> Any:
        """The field of that name, or ``default``."""
        return self.fields.get(name, default)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact about to be recorded. ``stream`` is an internal person id or ``system``."""

    stream: str
    kind: str
    at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""  # made by the ledger where empty; an imported event keeps its key for deduplication
    key: str = ""  # an outside key: the same key twice in a stream is recorded once


EVENT_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    # what a client or an officer may import or record
    "attempt": frozenset(
        {"channel", "to", "debts", "outcome", "counted_to", "discussed", "person", "purpose", "ringless"}
        | {"collector", "form"}
    ),
    "inbound": frozenset({"channel", "from", "debts", "conversation", "discussed", "person", "body"}),
    "consent": frozenset({"scope", "to", "debts", "given_to", "from", "until", "channel", "person", "days"}),
    "consent_withdrawn": frozenset({"scope", "to", "debts", "channel", "person"}),
    "opt_out": frozenset({"channel", "to", "person", "given_to", "form"}),
    "opt_in": frozenset({"channel", "to", "person", "given_to", "form"}),
    "cease": frozenset({"debts", "channel", "person"}),
    "inconvenient": frozenset({"days", "from", "to", "until", "place", "person", "channel"}),
    "convenient": frozenset({"days", "from", "to", "until", "place", "person", "channel"}),
    "attorney": frozenset({"debts", "name_known", "form", "person"}),
    "attorney_released": frozenset({"debts", "person"}),
    "attorney_unresponsive": frozenset({"debts", "person"}),
    "attorney_consents": frozenset({"debts", "person"}),
    "employer_prohibits": frozenset({"channel", "person", "form"}),
    "employer_provided": frozenset({"to", "person"}),
    "wrong_number": frozenset({"to", "person"}),
    "reassigned_check": frozenset({"to", "result", "person"}),
    "disclosure_led": frozenset({"to", "person"}),
    "creditor_notice": frozenset({"to", "opt_out_by", "person"}),
    "prior_collector_used": frozenset({"to", "immediate", "person"}),
    "dispute": frozenset({"debts", "channel", "by", "person"}),
    "dispute_answered": frozenset({"debts", "channel", "by", "person"}),
    "original_creditor_request": frozenset({"debts", "channel", "person"}),
    "original_creditor_given": frozenset({"debts", "channel", "person"}),
    "validation_notice": frozenset({"debts", "outcome", "channel", "to", "person"}),
    "callback_requested": frozenset({"person"}),
    "breathing_space": frozenset({"until", "debts"}),
    "deceased": frozenset(),
    "bankrupt": frozenset({"debts", "until"}),
    "promise": frozenset({"debts", "amount", "due", "plan"}),
    "promise_kept": frozenset({"of", "amount"}),
    "promise_broken": frozenset({"of"}),
    "correction": frozenset({"of", "void", "set", "because", "by"}),
    # what outreach records itself
    "contact_received": frozenset({"contact", "campaign", "channel", "to", "purpose", "debts", "person"}),
    "row_rejected": frozenset({"file", "line", "column", "reason", "digest"}),
    "decided": frozenset(
        {"contact", "attempt", "verdict", "until", "good_until", "packs", "versions", "findings"}
        | {"positions", "person_version", "words", "template", "via", "moment", "facts", "reason"}
    ),
    "attempt_opened": frozenset(
        {"contact", "attempt", "channel", "to", "debts", "person", "purpose", "via", "sender", "ringless"}
        | {"words", "run"}
    ),
    "attempt_closed": frozenset({"attempt", "outcome", "code", "provider_id", "said", "because"}),
    "call_result": frozenset(
        {"attempt", "result", "counted_to", "discussed", "right_party", "said", "agent", "code"}
    ),
    "delivery": frozenset({"attempt", "result", "said"}),
    "task_offered": frozenset({"contact", "channel", "until"}),
    "contact_expired": frozenset({"contact", "because"}),
    "imported": frozenset({"file", "digest", "kind", "rows", "rejected"}),
    "policy_changed": frozenset({"packs", "templates", "because"}),
    "settings_changed": frozenset({"digest", "changed"}),
    "paused": frozenset({"scope", "value", "reason", "by"}),
    "resumed": frozenset({"scope", "value", "reason", "by"}),
    "reply_queued": frozenset({"of", "channel", "from", "reason", "body"}),
    "reply_settled": frozenset({"of", "as", "by", "because"}),
    "legal_hold": frozenset({"because", "by"}),
    "legal_hold_lifted": frozenset({"because", "by"}),
    "person_erased": frozenset({"of", "counts", "because", "by"}),
}
"""Each kind of event and the fields it may carry besides ``at``, ``event`` and ``note``."""

INTERNAL_EVENTS: Final = frozenset(
    {"contact_received", "row_rejected", "decided", "attempt_opened", "attempt_closed", "task_offered"}
    | {"contact_expired", "imported", "policy_changed", "settings_changed", "paused", "resumed"}
    | {"reply_queued", "reply_settled", "legal_hold", "legal_hold_lifted", "person_erased"}
)
"""Kinds that only outreach itself records; an import of one is refused."""

_TOKENS = frozenset({"to", "debts", "counted_to", "discussed", "person"})
_TOKENS_INBOUND = _TOKENS | {"from"}
_TOKENS_HOURS = _TOKENS - {"to"}


def token_fields(kind: str, fields: Mapping[str, Any]) -> frozenset[str]:
    """The fields that name a person, an address or a debt: in the chain they stand as keyed tokens.

    ``from`` and ``to`` are clock times, not addresses, where hours are told.
    """
    if kind in ("inbound", "reply_queued"):
        return _TOKENS_INBOUND
    if kind in ("inconvenient", "convenient") or fields.get("scope") == "hours":
        return _TOKENS_HOURS
    return _TOKENS


PRIVATE_FIELDS: Final = frozenset({"note", "because", "body", "name", "reason", "agent", "by"})
"""Free text: it is kept beside the chain, with its digest in it."""
