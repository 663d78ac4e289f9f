"""Held until exactly then, under other countries' holidays, Sundays, notices and counts too."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.domain import Address, Case, Collector, CollectorKind, EndpointKind
from tests.property.cases import cases, shipped
from tests.property.depth import examples
from tests.property.exactly import keeps_to_its_instants

HOMES: Final = {
    "au": ("AU", "NSW"),
    "br.sp": ("BR", "SP"),
    "ca.bc": ("CA", "BC"),
    "ca.nb": ("CA", "NB"),
    "ca.on": ("CA", "ON"),
    "ca.qc": ("CA", "QC"),
    "cn": ("CN", "SH"),
    "gb": ("GB", "ENG"),
    "hk": ("HK", ""),
    "id": ("ID", "JK"),
    "ie": ("IE", "D"),
    "in": ("IN", "MH"),
    "jp": ("JP", "13"),
    "kr": ("KR", "11"),
    "ph": ("PH", ""),
    "tw": ("TW", "TPE"),
}


def test_every_country_that_has_a_pack_is_tried() -> None:
    assert HOMES.keys() == {
        pack.jurisdiction
        for pack in shipped().packs
        if pack.jurisdiction != "any" and not pack.jurisdiction.startswith("us")
    }


@pytest.mark.parametrize("place", sorted(HOMES))
def test_a_hold_ends_when_it_says_and_not_before_and_an_allow_lasts_as_long_as_it_says(place: str) -> None:
    country, region = HOMES[place]

    @settings(max_examples=examples(20), suppress_health_check=list(HealthCheck))
    @given(cases(), st.sampled_from(CollectorKind))
    def exact(case: Case, kind: CollectorKind) -> None:
        home = Address(EndpointKind.HOME, country, region)
        where = shipped().places(replace(case.consumer, addresses=(home,), phones=(), timezone=""))
        case = replace(case, places=where, collector=Collector("us", kind))
        keeps_to_its_instants(case, parts=24)

    exact()
