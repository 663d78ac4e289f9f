"""Whom an event or attempt is about, and which debts are one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from outreach.domain import CONSUMER, Attempt, Audience, Case, Consumer, Debt, Event

__all__ = [
    "about",
    "called",
    "concerns",
    "debt_keys",
    "in_her_place",
    "medium",
    "particular_debt",
    "said_by",
]


def medium(channel: str) -> str:
    """The medium of a channel: a voicemail is a telephone call (comment 14(b)-1; DESIGN of this product)."""
    return "call" if channel in ("call", "voicemail") else str(channel)


def called(attempt: Attempt, consumer: Consumer) -> str:
    """The person an attempt went to: as said, else the owner of the address, else the consumer."""
    return attempt.person or consumer.owner_of(attempt.to) or CONSUMER


def said_by(event: Event, consumer: Consumer, address: str = "to") -> str:
    """The person an event speaks of: as said, else the owner of its address, else the consumer."""
    said = event.fields.get("person")
    if said:
        return str(said)
    where = event.fields.get(address)
    return (consumer.owner_of(where) if isinstance(where, str) else "") or CONSUMER


def about(event: Event, debts: Iterable[str]) -> bool:
    """Whether an event concerns any of these debts; one that names none concerns all."""
    named = event.fields.get("debts")
    return not named or any(debt in named for debt in debts)


def concerns(named: Collection[str] | None, debt: str) -> bool:
    """Whether what names these debts, or none and so all, is about this one ("": about any)."""
    return not debt or not named or debt in named


def in_her_place(person: str, case: Case) -> bool:
    """Whether this is the consumer, or somebody whom 12 CFR 1006.6(a) puts in her place."""
    return case.consumer.audience_of(person, deceased=case.history.deceased) is Audience.CONSUMER


def particular_debt(debt: Debt) -> str:
    """The particular debt it belongs to: student loans under one account number are one.

    12 CFR 1006.14(b)(4).
    """
    if debt.kind == "student_loan" and debt.servicing_account:
        return f"student loans {debt.servicing_account}"
    return debt.id


def debt_keys(case: Case, *, by_account: bool = False, by_creditor: bool = False) -> Mapping[str, str]:
    """For each debt of hers, and of the contact, the key under which it is counted.

    :param by_account: whether every debt is counted by its servicing account, where it has one.
    :param by_creditor: whether all debts to one creditor are counted together; a debt whose creditor is
        not known may be owed to any of them, so all then count as one.
    """
    keys = {}
    debts = (*case.consumer.debts, *case.debts)
    all_known = all(debt.creditor for debt in debts)
    for debt in debts:
        if by_creditor:
            keys[debt.id] = f"creditor {debt.creditor}" if all_known else "every creditor"
        elif by_account and debt.servicing_account:
            keys[debt.id] = f"account {debt.servicing_account}"
        else:
            keys[debt.id] = particular_debt(debt)
    return keys
