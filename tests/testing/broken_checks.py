"""Checks broken on purpose, one for each behaviour, each with the tests of the suite that must notice.

They are the starter of ``outreach new check`` with one thing wrong. See ``broken_channels.py``.
"""

import itertools
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

STARTER = Path(__file__).resolve().parents[2] / "config" / "starter" / "check"
sys.path[:0] = [str(STARTER / "src"), str(STARTER / "tests"), str(Path(__file__).parent)]

from loud_check import LoudCheck  # noqa: E402
from outreach_starter_check.check import StarterCheck  # noqa: E402
from test_starter_check import TestStarterCheck as StarterSuite  # noqa: E402
from test_starter_check import dispute  # noqa: E402

from outreach.domain import ALLOWED, Event, Finding, Way  # noqa: E402
from outreach.policy.check import Direction  # noqa: E402
from outreach.policy.check import Parameters as CheckParameters  # noqa: E402
from outreach.testing import NOW  # noqa: E402

IMPORTS = "test_importing_it_opens_no_connection_writes_no_file_and_starts_no_thread"


class Base(StarterSuite):
    kind = StarterCheck

    def make_check(self):
        return self.kind()


del StarterSuite


class TestCorrect(Base):
    breaks = frozenset()


def broken(*tests, **says):
    """The check that follows is run through the suite, and exactly these tests of it must fail."""

    def decorated(check):
        members = {"kind": check, "breaks": frozenset(f"test_{test}" for test in tests), **says}
        if IMPORTS not in members["breaks"]:
            members[IMPORTS] = None
        suite = type(f"Test{check.__name__}", (Base,), members)
        globals()[suite.__name__] = suite
        return check

    return decorated


class Altering(StarterCheck):
    """Its answer is changed by ``altered``."""

    def altered(self, case, finding):
        raise NotImplementedError

    def judge(self, case, parameters, exceptions):
        return self.altered(case, super().judge(case, parameters, exceptions))


@broken("its_kind_is_a_word_for_packs")
class OddKind(StarterCheck):
    kind = "Rest!"


@broken("importing_it_opens_no_connection_writes_no_file_and_starts_no_thread")
class Noisy(LoudCheck):
    __module__ = "loud_check"


@broken("it_declares_itself_in_words_of_the_vocabulary")
class SaysNothingOfItsNumber(StarterCheck):
    stricter = {}  # noqa: RUF012


@broken("it_declares_itself_in_words_of_the_vocabulary")
class InventsAKind(StarterCheck):
    restricts = StarterCheck.restricts | {"quarrel"}


@broken("a_parameter_nobody_knows_is_refused")
class TakesAnyParameter(StarterCheck):
    class Parameters(CheckParameters):
        model_config = {"extra": "ignore"}  # noqa: RUF012
        days: int


@broken("each_case_is_answered_as_expected")
class OneDayMore(StarterCheck):
    def judge(self, case, parameters, exceptions):
        return super().judge(case, parameters.model_copy(update={"days": parameters.days + 1}), exceptions)


@broken(
    "it_answers_whatever_is_asked",
    "an_objection_says_why_and_a_hold_until_when",
    "a_hold_ends_when_it_says_and_an_allow_no_earlier",
    "what_it_says_holds_nothing_private_and_can_be_written_down",
    "one_more_plausible_zone_never_turns_no_into_yes",
    "narrower_parameters_never_permit_what_wider_ones_refuse",
)
class SaysNothingOfVisits(Altering):
    def altered(self, case, finding):
        silent = case.contact.channel is Way.VISIT or case.known_since is not None
        return None if silent else finding


@broken("an_objection_says_why_and_a_hold_until_when")
class GivesNoReason(Altering):
    def altered(self, case, finding):
        return replace(finding, reason="")


@broken("a_hold_ends_when_it_says_and_an_allow_no_earlier", "each_case_is_answered_as_expected")
class EndsTooEarly(Altering):
    def altered(self, case, finding):
        early = finding.objects and finding.until - case.at > timedelta(hours=1)
        return replace(finding, until=finding.until - timedelta(hours=1)) if early else finding


COUNT = itertools.count()


@broken("the_same_question_has_the_same_answer", "what_happens_later_changes_nothing_now")
class Varies(Altering):
    def altered(self, case, finding):
        return replace(finding, lifted=str(next(COUNT)))


@broken("what_it_says_holds_nothing_private_and_can_be_written_down")
class NamesThePerson(Altering):
    def altered(self, case, finding):
        return replace(finding, reason=f"{case.consumer.name} disputed this") if finding.objects else finding


@broken("what_it_says_holds_nothing_private_and_can_be_written_down")
class GivesFactsThatAreNoJson(Altering):
    def altered(self, case, finding):
        return replace(finding, facts={"at": case.at})


@broken(
    "one_more_restricting_fact_never_turns_no_into_yes",
    "each_case_is_answered_as_expected",
)
class SecondOneLifts(StarterCheck):
    def judge(self, case, parameters, exceptions):
        before = [event for event in case.history.of("dispute") if event.at <= case.at]
        return ALLOWED if len(before) > 1 else super().judge(case, parameters, exceptions)


def with_a_consent(suite):
    return [dispute(timedelta()), Event("consent", NOW, {"scope": "any"})]


@broken("one_lifting_fact_less_never_turns_no_into_yes", events=with_a_consent)
class LiftsTheWrongWay(StarterCheck):
    """It says that a consent lifts, and is restricted by it."""

    lifts = frozenset({"consent"})

    def judge(self, case, parameters, exceptions):
        if any(event.at <= case.at for event in case.history.of("consent")):
            return Finding.block("there is a consent")
        return super().judge(case, parameters, exceptions)


@broken("a_fact_it_does_not_name_changes_nothing")
class LooksAtMore(StarterCheck):
    def judge(self, case, parameters, exceptions):
        if any(event.at <= case.at for event in case.history.of("cease")):
            return Finding.block("there is a cessation")
        return super().judge(case, parameters, exceptions)


@broken("what_happens_later_changes_nothing_now")
class LooksAhead(StarterCheck):
    def judge(self, case, parameters, exceptions):
        if any(event.at > case.at for event in case.history.of("dispute")):
            return Finding.block("a dispute is coming")
        return super().judge(case, parameters, exceptions)


@broken("one_more_plausible_zone_never_turns_no_into_yes")
class OneZoneOnly(Altering):
    def altered(self, case, finding):
        return finding if len(case.places.zones) == 1 else ALLOWED


@broken("narrower_parameters_never_permit_what_wider_ones_refuse")
class DeclaresTheWrongWay(StarterCheck):
    stricter = {"days": Direction.FEWER}  # noqa: RUF012
