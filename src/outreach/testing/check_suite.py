"""What every kind of check promises, as tests: subclass :class:`CheckSuite` and give it cases.

class TestRest(CheckSuite):
    def make_check(self):
        return Rest()

    def parameters(self):
        return [{"days": 3}, {"days": 5}]  # the cases below are judged by the first

    def cases(self):
        before = Event("dispute", NOW - timedelta(days=1), {"channel": "letter"})
        return [
            Judged("nothing happened", make_case(Way.SMS), Verdict.ALLOW),
            Judged("yesterday", make_case(Way.SMS, history=[before]), Verdict.HOLD, NOW + timedelta(days=2)),
        ]

    def events(self):
        return [Event("dispute", NOW, {"channel": "letter"})]
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from outreach.domain import EMPTY, EVENT_FIELDS, Case, Event, Finding, History, Verdict, Way
from outreach.policy.check import Check, Direction, Parameters
from outreach.policy.tighten import not_narrower
from outreach.testing.fakes import make_case, private_of, sample_events
from outreach.testing.heard import Heard, listening
from outreach.testing.home import imported_alone

__all__ = ["CheckSuite", "Judged"]

_TICK = timedelta(microseconds=1)
_AGO = (timedelta(), timedelta(minutes=1), timedelta(hours=7), timedelta(days=2))
_ZONES = ("America/Los_Angeles", "Pacific/Auckland")


@dataclass(frozen=True, slots=True)
class Judged:
    """A case and the answer expected; ``until``: of a hold, the exact instant."""

    name: str
    case: Case
    verdict: Verdict
    until: datetime | None = None


class CheckSuite(ABC):
    """The tests. ``self.check`` is fresh in each."""

    check: Check
    heard: Heard

    # ---- what you say of your check ------------------------------------------------------------------

    @abstractmethod
    def make_check(self) -> Check:
        """Your check, as it is registered."""

    @abstractmethod
    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Parameters as a pack writes them: first those the cases are judged by, then others."""

    @abstractmethod
    def cases(self) -> Sequence[Judged]:
        """Cases with their answers: on both sides of every number, and for every exception."""

    def exceptions(self) -> Mapping[str, Mapping[str, Any]]:
        """What the rule lists under ``not_counted`` and ``lifted_by``, by id."""
        return {}

    def events(self) -> Sequence[Event]:
        """At least one event of each kind that the check says restricts or lifts."""
        return ()

    # ---- how it runs ---------------------------------------------------------------------------------

    @pytest.fixture(autouse=True)
    def _prepared(self) -> Iterator[None]:
        with listening() as self.heard:
            self.check = self.make_check()
            yield

    def judge(self, case: Case, parameters: Mapping[str, Any] | None = None) -> Finding:
        """Ask the check, by the first of the parameters if none are given."""
        values = self.parameters()[0] if parameters is None else parameters
        return self.check.judge(case, self._read(values), self.exceptions())

    # ---- what it is ----------------------------------------------------------------------------------

    def test_its_kind_is_a_word_for_packs(self) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", self.check.kind)

    def test_importing_it_opens_no_connection_writes_no_file_and_starts_no_thread(self) -> None:
        assert "" == imported_alone(type(self.check).__module__)

    def test_it_declares_itself_in_words_of_the_vocabulary(self) -> None:
        """The loader narrows by ``stricter``; the properties here are made from the kinds of events."""
        declared = self.check.restricts | self.check.lifts
        assert set() == declared - EVENT_FIELDS.keys()
        assert set() == declared - {event.kind for event in self.events()}, "give one of each in events()"
        assert self.check.Parameters.model_fields.keys() == self.check.stricter.keys()
        assert all(isinstance(each, Direction) for each in self.check.stricter.values())

    def test_a_parameter_nobody_knows_is_refused(self) -> None:
        """A misspelt limit would otherwise be no limit."""
        assert issubclass(self.check.Parameters, Parameters)
        for values in self.parameters():
            self._read(values)
            with pytest.raises(ValidationError):
                self._read({**values, "invented_by_the_suite": 1})

    # ---- what it answers -----------------------------------------------------------------------------

    def test_each_case_is_answered_as_expected(self) -> None:
        objecting = set()
        for judged in self.cases():
            found = self.judge(judged.case)
            assert judged.verdict is found.verdict, judged.name
            if judged.until is not None:
                assert judged.until == found.until, judged.name
            objecting.add(found.objects)
        assert {True, False} == objecting, "give cases on both sides"

    def test_it_answers_whatever_is_asked(self) -> None:
        """What it raises, and an answer that is none, would block the contact."""
        for case in self._around():
            for values in self.parameters():
                assert isinstance(self.judge(case, values), Finding)

    def test_an_objection_says_why_and_a_hold_until_when(self) -> None:
        for case in self._around():
            found = self.judge(case)
            if found.objects:
                assert found.reason
            if found.verdict is Verdict.HOLD:
                assert found.until is not None
            if found.until is not None:
                assert found.until.tzinfo is not None
                assert found.until > case.at
                assert found.verdict in (Verdict.HOLD, Verdict.ALLOW)

    def test_a_hold_ends_when_it_says_and_an_allow_no_earlier(self) -> None:
        """By itself and with no new fact: contacts are held and sent by this instant."""
        for case in self._around():
            now = self.judge(case)
            if now.until is not None:
                then = self.judge(replace(case, at=now.until))
                just_before = self.judge(replace(case, at=now.until - _TICK))
                assert now.objects is just_before.objects
                if now.objects:
                    assert not then.objects

    def test_the_same_question_has_the_same_answer(self) -> None:
        """Asked again, in another order, of another copy: a decision can be replayed."""
        cases = list(self._around())
        first = [self.judge(case) for case in cases]
        assert first[::-1] == [self.judge(case) for case in cases[::-1]]
        self.check = self.make_check()
        assert first == [self.judge(case) for case in cases]

    def test_what_it_says_holds_nothing_private_and_can_be_written_down(self) -> None:
        for case in self._around():
            found = self.judge(case)
            told = [found.reason, dict(found.facts), found.cites, found.lifted]
            self.heard.errors.append(json.dumps(told, ensure_ascii=False))
            assert [] == self.heard.personal(private_of(case))

    # ---- monotone (promise 10) -----------------------------------------------------------------------

    def test_one_more_restricting_fact_never_turns_no_into_yes(self) -> None:
        kinds = self.check.restricts - self.check.lifts
        for case, more in self._with(kinds):
            if self.judge(case).objects:
                assert self.judge(more).objects, more.history.events[-1]

    def test_one_lifting_fact_less_never_turns_no_into_yes(self) -> None:
        kinds = self.check.lifts - self.check.restricts
        for case, more in self._with(kinds):
            if self.judge(more).objects:
                assert self.judge(case).objects, more.history.events[-1]

    def test_a_fact_it_does_not_name_changes_nothing(self) -> None:
        """What it counts or is lifted by has to be declared, or promise 10 would not be shown for it."""
        kinds = {event.kind for event in sample_events()} - self.check.restricts - self.check.lifts
        for case, more in self._with(kinds):
            assert self.judge(case).verdict is self.judge(more).verdict, more.history.events[-1]

    def test_what_happens_later_changes_nothing_now(self) -> None:
        for judged in self.cases():
            case = judged.case
            for event in (*self.events(), *sample_events()):
                later = _adding(case, replace(event, at=case.at + timedelta(days=3)))
                assert _short(self.judge(case)) == _short(self.judge(later)), event

    def test_one_more_plausible_zone_never_turns_no_into_yes(self) -> None:
        for case in self._around():
            if self.judge(case).objects:
                for zone in _ZONES:
                    zones = tuple(sorted({*case.places.zones, zone}))
                    more = replace(case, places=replace(case.places, zones=zones))
                    assert self.judge(more).objects, zone

    def test_narrower_parameters_never_permit_what_wider_ones_refuse(self) -> None:
        """By ``stricter`` the loader believes that a house rule narrows the law."""
        for wide in self.parameters():
            for narrow in self.parameters():
                if not_narrower(self.check, self._read(wide), self._read(narrow)) is None:
                    for case in self._around():
                        if self.judge(case, wide).objects:
                            assert self.judge(case, narrow).objects, (wide, narrow)

    # ---- how -----------------------------------------------------------------------------------------

    def _read(self, values: Mapping[str, Any]) -> Parameters:
        """As the loader of packs does."""
        return self.check.Parameters.model_validate_json(json.dumps(values))

    def _around(self) -> Iterator[Case]:
        """The author's cases, and what differs from each by one thing."""
        for way in Way:
            yield make_case(way)
        for judged in self.cases():
            case = judged.case
            yield case
            yield replace(case, words=None)
            yield replace(case, debts=())
            yield replace(case, history=EMPTY)
            yield replace(case, facts={})
            yield replace(case, known_since=case.at - timedelta(days=1))
            for ago in (timedelta(days=-1), timedelta(days=-30), timedelta(hours=5)):
                yield replace(case, at=case.at - ago)

    def _with(self, kinds: frozenset[str] | set[str]) -> Iterator[tuple[Case, Case]]:
        """Each case, and the same with one more event of these kinds."""
        known = [event for event in (*self.events(), *sample_events()) if event.kind in kinds]
        for judged in self.cases():
            for event in known:
                for ago in _AGO:
                    yield judged.case, _adding(judged.case, replace(event, at=judged.case.at - ago))


def _adding(case: Case, event: Event) -> Case:
    return replace(case, history=History([*case.history.events, event]))


def _short(found: Finding) -> tuple[Verdict, datetime | None, str]:
    return found.verdict, found.until, found.lifted
