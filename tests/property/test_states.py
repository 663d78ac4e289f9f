"""Held until exactly then, also where a state or a city adds rules of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.domain import Address, Case, Collector, CollectorKind, EndpointKind
from tests.property.cases import cases, shipped
from tests.property.depth import examples
from tests.property.exactly import keeps_to_its_instants

HOMES: Final = {
    "MA": "02108",
    "NY": "11201",
    "WA": "98101",
    "DC": "20001",
    "FL": "33101",
    "WV": "25301",
    "OR": "97201",
    "CO": "80202",
    "NV": "89101",
}


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(
    cases(), st.sampled_from(sorted(HOMES)), st.sampled_from([CollectorKind.AGENCY, CollectorKind.CREDITOR])
)
def test_wherever_she_lives_a_hold_ends_when_it_says_and_not_before(
    case: Case, state: str, kind: CollectorKind
) -> None:
    home = Address(EndpointKind.HOME, "US", state, HOMES[state])
    consumer = replace(case.consumer, addresses=(home,))
    case = replace(
        case, consumer=consumer, places=shipped().places(consumer), collector=Collector("us", kind)
    )
    keeps_to_its_instants(case, parts=12)
