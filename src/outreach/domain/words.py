"""The words of outreach, each meaning one thing everywhere: code, ledger, files and pages.

The spellings are those of case files and imports; see docs/reference/events.md.
"""

from __future__ import annotations

from collections.abc import Container
from enum import StrEnum

__all__ = [
    "CALL_CHANNELS",
    "CALL_RESULTS",
    "ELECTRONIC",
    "NEVER_LEFT",
    "Audience",
    "CollectorKind",
    "EndpointKind",
    "Outcome",
    "Purpose",
    "Relation",
    "Result",
    "Verdict",
    "Way",
    "Weight",
    "among",
]


class Way(StrEnum):
    """The way a contact goes; ``channel`` in files, packs and events."""

    CALL = "call"
    VOICEMAIL = "voicemail"  # a call meant to leave that message; meets every rule on calls
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    VISIT = "visit"


CALL_CHANNELS = frozenset({Way.CALL, Way.VOICEMAIL})
ELECTRONIC = frozenset({Way.SMS, Way.EMAIL})


def among(channel: str, channels: Container[Way]) -> bool:
    """Whether a rule for these channels is about this one: a voicemail meets every rule on calls."""
    return channel in channels or (channel == Way.VOICEMAIL and Way.CALL in channels)


class Purpose(StrEnum):
    """Why a contact is made."""

    COLLECT = "collect"
    RESPOND = "respond"  # answers the latest unanswered inbound of the same channel
    OPT_OUT_CONFIRMATION = "opt_out_confirmation"
    LOCATION = "location"
    RELAY = "relay"
    CONFIRM_EMPLOYMENT = "confirm_employment"
    VALIDATION_NOTICE = "validation_notice"
    FIRST_NOTICE = "first_notice"
    TERMINATE_NOTICE = "terminate_notice"
    REMEDY_NOTICE = "remedy_notice"
    LEGALLY_REQUIRED = "legally_required"


class Relation(StrEnum):
    """What a related person is to the consumer."""

    SPOUSE = "spouse"
    PARENT = "parent"
    GUARDIAN = "guardian"
    EXECUTOR = "executor"
    SUCCESSOR_IN_INTEREST = "successor_in_interest"  # a confirmed one
    ATTORNEY = "attorney"
    EMPLOYER = "employer"
    RELATIVE = "relative"
    FRIEND = "friend"
    NEIGHBOR = "neighbor"
    GUARANTOR = "guarantor"
    CREDITOR = "creditor"
    CREDITOR_ATTORNEY = "creditor_attorney"
    COLLECTOR_ATTORNEY = "collector_attorney"
    REPORTING_AGENCY = "reporting_agency"
    OTHER = "other"


class Audience(StrEnum):
    """Who will receive the words, as far as disclosure is concerned."""

    CONSUMER = "consumer"  # with those whom 12 CFR 1006.6(a) puts in the consumer's place
    PROFESSIONAL = "professional"  # attorney, creditor and the others of 1006.6(d)(1)
    THIRD_PARTY = "third_party"


class CollectorKind(StrEnum):
    """What we are, where a rule asks."""

    BANK = "bank"
    CREDITOR = "creditor"
    AGENCY = "agency"
    MONEY_LENDER = "money_lender"


class EndpointKind(StrEnum):
    """What a number or address is, as far as known."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    WORK = "work"
    HOME = "home"
    PERSONAL = "personal"
    OTHER = "other"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How handing a contact over ended: did it leave?"""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # the provider said no; nothing left
    NOT_SENT = "not_sent"  # it never left
    OPTED_OUT = "opted_out"  # the provider knows of an opt-out; nothing left
    UNKNOWN = "unknown"  # handed over, then silence: it counts and is never repeated by itself


NEVER_LEFT = frozenset({Outcome.REFUSED, Outcome.NOT_SENT, Outcome.OPTED_OUT})


class Result(StrEnum):
    """What became of an attempt, as far as known; the outcome words of case files, and ours."""

    CONVERSATION = "conversation"  # a debt was talked about
    NO_ANSWER = "no_answer"  # rang out; connected, so it counts
    BUSY = "busy"
    NOT_IN_SERVICE = "not_in_service"
    VOICEMAIL = "voicemail"  # a message about the attempt's debts was left
    MAILBOX_FULL = "mailbox_full"  # reached a machine, nothing left
    LIMITED_CONTENT_MESSAGE = "limited_content_message"
    THIRD_PARTY_ANSWERED = "third_party_answered"
    DROPPED = "dropped"  # connected, cut off before talking about the debt
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    UNRECOGNISED = "unrecognised"  # a provider's word we do not know; counts as contact
    OPEN = "open"  # opened, its end not yet recorded; counts
    UNKNOWN = "unknown"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    OPTED_OUT = "opted_out"


CALL_RESULTS = frozenset(
    {
        Result.CONVERSATION,
        Result.NO_ANSWER,
        Result.BUSY,
        Result.NOT_IN_SERVICE,
        Result.VOICEMAIL,
        Result.MAILBOX_FULL,
        Result.LIMITED_CONTENT_MESSAGE,
        Result.THIRD_PARTY_ANSWERED,
        Result.DROPPED,
    }
)


class Verdict(StrEnum):
    """One rule's answer, or the whole decision's (which is never ``not_applicable``)."""

    ALLOW = "allow"
    HOLD = "hold"  # time alone will lift it
    BLOCK = "block"  # needs a new fact or other words
    NOT_APPLICABLE = "not_applicable"


class Weight(StrEnum):
    """Whether a rule's objection decides or only warns."""

    RULE = "rule"
    WARN = "warn"
