"""The kinds of checks that ship with outreach, one module each."""

from __future__ import annotations

from outreach.policy.check import Check
from outreach.policy.checks.address_procedure import AddressProcedure
from outreach.policy.checks.attribution import attribute, choose_debt
from outreach.policy.checks.barred import Barred
from outreach.policy.checks.cessation import Cessation
from outreach.policy.checks.consent import Consent
from outreach.policy.checks.cooling_off import CoolingOff
from outreach.policy.checks.dispute import Dispute
from outreach.policy.checks.envelope import Envelope
from outreach.policy.checks.forbidden_words import ForbiddenWords
from outreach.policy.checks.frequency import Frequency
from outreach.policy.checks.hours import Hours
from outreach.policy.checks.inconvenient import Inconvenient
from outreach.policy.checks.medium_refused import MediumRefused
from outreach.policy.checks.notice_due import NoticeDue
from outreach.policy.checks.notice_first import NoticeFirst
from outreach.policy.checks.overshadowing import Overshadowing
from outreach.policy.checks.pause import PauseCheck
from outreach.policy.checks.personal_data import PersonalData
from outreach.policy.checks.related_persons import RelatedPersons
from outreach.policy.checks.represented import Represented
from outreach.policy.checks.required_words import RequiredWords
from outreach.policy.checks.spacing import Spacing
from outreach.policy.checks.suppression import Suppression
from outreach.policy.checks.third_party import ThirdParty
from outreach.policy.checks.workplace import Workplace

__all__ = ["attribute", "builtin_checks", "choose_debt"]

_KINDS: tuple[type[Check], ...] = (
    AddressProcedure,
    Barred,
    Cessation,
    Consent,
    CoolingOff,
    Dispute,
    Envelope,
    ForbiddenWords,
    Frequency,
    Hours,
    Inconvenient,
    MediumRefused,
    NoticeDue,
    NoticeFirst,
    Overshadowing,
    PauseCheck,
    PersonalData,
    RelatedPersons,
    Represented,
    RequiredWords,
    Spacing,
    Suppression,
    ThirdParty,
    Workplace,
)


def builtin_checks() -> tuple[Check, ...]:
    """A new instance of every built-in kind of check."""
    return tuple(kind() for kind in _KINDS)
