"""envelope: the lines that the pipeline itself puts outside a letter are judged like any other."""

from dataclasses import replace

from checkcases import case, shipped

from outreach.domain import Address, Collector, EndpointKind, Verdict, Words
from outreach.policy.checks.envelope import Envelope

RULE = "us.regf.envelope"
_HOME = Address(EndpointKind.WORK, "US", "OH", "43215", ("Suite Four", "9 Dock Rd"))
OURS = Collector(
    name="Harbor Recovery",
    address=Address(EndpointKind.WORK, "US", "OH", "43215", ("Suite Four", "9 Dock Rd")),
)


def judged(*envelope: str) -> Verdict:
    letter = case("2026-05-12T10:00:00-04:00", "letter", "home")
    rule = shipped().rules[RULE]
    parameters = rule.parameters_on(letter.at.date())
    letter = replace(letter, words=Words("Hello.", envelope=envelope), collector=OURS)
    return Envelope().judge(letter, parameters, {}).verdict


def test_a_line_of_our_own_address_may_stand_there_whatever_its_shape() -> None:
    """12 CFR 1006.22(f)(2): the collector's address is what may stand there."""
    assert Verdict.ALLOW is judged("Suite Four", "9 Dock Rd", "Columbus OH 43215")


def test_a_line_of_nobodys_address_may_not() -> None:
    assert Verdict.BLOCK is judged("Suite Five", "9 Dock Rd")


def test_our_name_may_not_where_it_tells_the_business() -> None:
    assert Verdict.BLOCK is judged("Harbor Recovery", "9 Dock Rd")
