"""StarterCheck keeps every promise of a check; the cases stand on both sides of its number."""

from datetime import timedelta

from outreach.domain import Event, Verdict, Way
from outreach.testing import NOW, CheckSuite, Judged, make_case

from outreach_starter_check.check import StarterCheck


def dispute(ago):
    return Event("dispute", NOW - ago, {"channel": "letter"})


class TestStarterCheck(CheckSuite):
    def make_check(self):
        return StarterCheck()

    def parameters(self):
        return [{"days": 3}, {"days": 5}]

    def events(self):
        return [dispute(timedelta())]

    def cases(self):
        just, no_longer = dispute(timedelta(days=3, microseconds=-1)), dispute(timedelta(days=3))
        two = [dispute(timedelta(days=9)), dispute(timedelta(days=1))]
        soon = NOW + timedelta(microseconds=1)
        return [
            Judged("nothing happened", make_case(Way.SMS), Verdict.ALLOW),
            Judged("three days ago", make_case(Way.CALL, history=[no_longer]), Verdict.ALLOW),
            Judged("just under three days", make_case(Way.CALL, history=[just]), Verdict.HOLD, soon),
            Judged(
                "the latest counts",
                make_case(Way.EMAIL, history=two),
                Verdict.HOLD,
                NOW + timedelta(days=2),
            ),
        ]
