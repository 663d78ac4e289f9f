"""Which variables exist for an audience, and which of them it may see unmasked.

To a third party no variable about a debt, and none that only identifies the consumer, exists at all (12 CFR
1006.6(d)(1), 1006.10(b)): masked or not, "the debt ending 1234" discloses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from outreach.content.itemization import LABELS, NOTICE
from outreach.content.request import Build
from outreach.content.variables import OF_DEBTS, OPEN, PLAIN, SENSITIVE, account_numbers, debts_table, masked
from outreach.domain import Audience

__all__ = ["REMEDIES", "SENSITIVE", "builders_for"]

_NOT_FOR_OTHERS = frozenset(
    {*OF_DEBTS, *NOTICE, "account", "balance", "debts", "phone", "date_of_birth", "national_id"}
)

# A name has to be said to ask for its bearer (12 CFR 1006.10(b)(1)); more is for the consumer alone, and a
# professional of 1006.6(d)(1) may also see what is owed.
_MAY_SEE: Mapping[Audience, frozenset[str]] = {
    Audience.CONSUMER: frozenset(SENSITIVE),
    Audience.PROFESSIONAL: frozenset({"consumer_name", "recipient_name", "balance"}),
    Audience.THIRD_PARTY: frozenset({"consumer_name", "recipient_name"}),
}

REMEDIES: Mapping[str, str] = {
    "collector_name": "set name in [collector] of the settings",
    "collector_phone": "set phone in [collector] of the settings",
    "collector_address": "set the address in [collector] of the settings",
    "sender_name": "set the name of a person to ask for in [senders]",
    "sender_address": "set the address in [senders]",
    "consumer_name": "import the consumer with a name",
    "recipient_name": "import the person with a name",
    "date_of_birth": "import the consumer with a date_of_birth, or choose another template",
    "national_id": "import the consumer with a national_id, or choose another template",
    "opt_out_address": "set the address to which people may write to stop e-mails",
    "creditor_name": "set name in [creditors] for the contact's creditor",
    "account": "give every debt of the contact its account_number",
    "balance": "give every debt of the contact its balance",
    "balance_as_of": "give every debt of the contact its as_of date",
    "recipient_address": "import the address to which the letter goes",
    "itemization_date": "give every debt of the contact its itemization_date",
    "itemization_creditor": "give every debt of the contact its itemization_creditor",
    **{
        name: f"give every debt's itemization an item '{label}', 0 where there is none"
        for name, label in LABELS.items()
    },
    "validation_end": "load a pack that knows a validation period where the consumer lives",
    "promise_amount": "record the promise, or choose another template",
    "promise_due": "record the promise, or choose another template",
    "payment_amount": "record the payment, or choose another template",
    "payment_date": "record the payment, or choose another template",
}
"""What to do where a variable has no value."""


def builders_for(audiences: Iterable[Audience], shows: Iterable[str]) -> tuple[dict[str, Build], list[str]]:
    """The variables that exist for all of these audiences, and which of ``shows`` may not be shown.

    The least permitting of the audiences decides.
    """
    audiences = tuple(audiences)
    allowed = frozenset.intersection(*(_MAY_SEE[audience] for audience in audiences))
    shown = frozenset(shows)
    builders: dict[str, Build] = dict(OPEN)
    for name in PLAIN:
        builders[name] = masked(name, name in shown & allowed)
    builders["account"] = account_numbers("account" in shown & allowed)
    builders["debts"] = debts_table("account" in shown & allowed, "balance" in shown & allowed)
    builders.update(OF_DEBTS)
    builders.update(NOTICE)
    if Audience.THIRD_PARTY in audiences:
        for name in _NOT_FOR_OTHERS:
            del builders[name]
    return builders, sorted(shown - allowed)
