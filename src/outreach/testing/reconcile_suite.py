"""What a channel promises of looking up (ability ``reconcile``): the truth about an attempt, or nothing."""

from __future__ import annotations

import pytest

from outreach.channels import Ability, Accepted, Cleared, SendFailed
from outreach.domain import Outcome
from outreach.domain.words import NEVER_LEFT
from outreach.testing.suite import Suite

__all__ = ["ReconcileBehaviours"]


class ReconcileBehaviours(Suite):
    """The tests. A channel without the ability has none of this to show but that it says so."""

    def test_without_the_ability_it_looks_nothing_up(self) -> None:
        if Ability.RECONCILE not in self.channel.abilities:
            with pytest.raises(NotImplementedError):
                self.channel.reconcile(self.lost(self.cleared()))

    def test_what_left_is_found_by_the_vendors_id(self) -> None:
        """After an answer, and after none; looking up sends nothing."""
        if self.shows(Ability.RECONCILE):
            cleared = self.cleared()
            accepted = self.deliver(cleared)
            found = self._looked_up(cleared)
            assert isinstance(found, Accepted)
            assert accepted.provider_id == found.provider_id
            for name, cleared in self._unanswered(left=True):
                found = self._looked_up(cleared)
                assert isinstance(found, Accepted), f"{name}: it left, and was not found"
                assert found.provider_id, name

    def test_what_did_not_leave_is_never_said_to_have_left(self) -> None:
        if self.shows(Ability.RECONCILE):
            for name, cleared in [("never sent", self.cleared()), *self._unanswered(left=False)]:
                found = self._looked_up(cleared)
                if found is not None:
                    assert isinstance(found, SendFailed), f"{name}: it was said to have left"
                    assert found.outcome in NEVER_LEFT, name

    def test_what_left_is_never_said_not_to_have_left_whatever_the_vendor_answers(self) -> None:
        """A vendor that cannot be asked is no answer; a failure here would give back a slot that is used."""
        if self.shows(Ability.RECONCILE):
            cleared = self.cleared()
            accepted = self.deliver(cleared)
            for trouble in self.troubles():
                with self.failing(trouble):
                    found = self._looked_up(cleared)
                if found is not None:
                    assert isinstance(found, Accepted), f"{trouble.name}: it was said not to have left"
                    assert accepted.provider_id == found.provider_id, trouble.name

    def _looked_up(self, cleared: Cleared) -> Accepted | SendFailed | None:
        before = len(self.carried())
        found = self.channel.reconcile(self.lost(cleared))
        assert before == len(self.carried()), "looking up made a message"
        return found

    def _unanswered(self, *, left: bool) -> list[tuple[str, Cleared]]:
        """Passes whose sending ended unknown, by whether a message left all the same."""
        found = []
        for trouble in self.troubles():
            before, cleared = len(self.carried()), self.cleared()
            with self.failing(trouble):
                outcome = self.outcome_of(cleared)
            unknown = isinstance(outcome, SendFailed) and outcome.outcome is Outcome.UNKNOWN
            if unknown and left is (len(self.carried()) > before):
                found.append((trouble.name, cleared))
        return found
