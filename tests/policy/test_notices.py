"""The end of the validation period that a notice gives, by the rules that hold within it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from outreach.domain import Address, Consumer, EndpointKind
from outreach.policy import Policy, builtin_checks, load, validation_end

POLICY = Path(__file__).parents[2] / "config" / "policies" / "us" / "federal" / "regulation-f"


def living(country: str, region: str, postal_code: str) -> Consumer:
    return Consumer("p1", addresses=(Address(EndpointKind.HOME, country, region, postal_code),))


@pytest.fixture(scope="module")
def shipped() -> Policy:
    return load([POLICY], {check.kind: check for check in builtin_checks()})


@pytest.mark.parametrize(
    ("provided", "end"),
    [
        ("2026-03-10T15:00:00+00:00", date(2026, 4, 16)),  # a Tuesday: five business days, then thirty days
        ("2026-05-22T15:00:00+00:00", date(2026, 7, 1)),  # over Memorial Day, which is none
        ("2026-03-11T02:00:00+00:00", date(2026, 4, 16)),  # still the tenth where she lives
    ],
)
def test_the_period_ends_thirty_days_after_receipt_may_be_assumed(
    shipped: Policy, provided: str, end: date
) -> None:
    """12 CFR 1006.34(b)(5)."""
    assert end == validation_end(shipped, living("US", "OH", "43215"), datetime.fromisoformat(provided))


def test_of_two_zones_the_later_end_is_given(shipped: Policy) -> None:
    person = Consumer(
        "p1",
        addresses=(
            Address(EndpointKind.HOME, "US", "OH", "43215"),
            Address(EndpointKind.WORK, "US", "CA", "94103"),
        ),
    )
    at = datetime(2026, 3, 11, 5, 0, tzinfo=UTC)  # the eleventh in Ohio, the tenth in California
    assert date(2026, 4, 17) == validation_end(shipped, person, at)


@pytest.mark.parametrize("person", [living("MX", "", ""), Consumer("p1")], ids=["no such rule", "no place"])
def test_where_no_rule_knows_the_period_there_is_no_end(shipped: Policy, person: Consumer) -> None:
    assert None is validation_end(shipped, person, datetime(2026, 3, 10, 15, 0, tzinfo=UTC))
