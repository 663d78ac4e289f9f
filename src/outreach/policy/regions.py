"""Time zones of a country's regions, for countries that have several.

Read off the remarks of ``zone.tab`` in tzdata, widely: a zone that reaches into a region stands there,
however small its part. A region that is not listed has all zones of its country.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from outreach.policy.zones import zones_of_country

__all__ = ["zones_of_region"]

_REGIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "AU": {
        "ACT": "Australia/Sydney",
        "NSW": "Australia/Sydney Australia/Broken_Hill Australia/Lord_Howe",
        "NT": "Australia/Darwin",
        "QLD": "Australia/Brisbane Australia/Lindeman",
        "SA": "Australia/Adelaide",
        "TAS": "Australia/Hobart Antarctica/Macquarie",
        "VIC": "Australia/Melbourne",
        "WA": "Australia/Perth Australia/Eucla",
    },
    "BR": {
        "DF": "America/Sao_Paulo",
        "ES": "America/Sao_Paulo",
        "GO": "America/Sao_Paulo",
        "MG": "America/Sao_Paulo",
        "PR": "America/Sao_Paulo",
        "RJ": "America/Sao_Paulo",
        "RS": "America/Sao_Paulo",
        "SC": "America/Sao_Paulo",
        "SP": "America/Sao_Paulo",
    },
    "CA": {
        "AB": "America/Edmonton",
        "BC": "America/Vancouver America/Creston America/Dawson_Creek America/Fort_Nelson America/Edmonton",
        "MB": "America/Winnipeg",
        "NB": "America/Moncton",
        "NS": "America/Halifax America/Glace_Bay",
        "ON": "America/Toronto America/Atikokan America/Winnipeg",
        "PE": "America/Halifax",
        "QC": "America/Toronto America/Blanc-Sablon America/Halifax",
    },
}


def zones_of_region(country: str, region: str) -> tuple[str, ...]:
    """The zones of a region (ISO 3166-2, the part after the dash), else all of its country, sorted."""
    known = _REGIONS.get(country, {}).get(region)
    return tuple(sorted(known.split())) if known else zones_of_country(country)
