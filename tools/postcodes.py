"""Writes src/outreach/policy/postcodes.tsv from two tables of postal codes: python tools/postcodes.py

tests/policy/test_postcodes.py compares the file with what this gives, so that an upgrade of either table is
noticed and looked at. The tables themselves unpack to fifty megabytes, for a third of a second, in every
process that asks for one code; of what they know three things are needed.
"""

from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import zip2info
import zipcodes

from outreach.policy import zones

TABLE = Path(__file__).resolve().parents[1] / "src" / "outreach" / "policy" / "postcodes.tsv"
HEAD = ("state", "county", "zones", "codes", "cities")


def table() -> str:
    """The whole file: a row for each county and each set of zones its codes may lie in."""
    codes: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    cities: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in zipcodes.list_all():  # type: ignore[no-untyped-call]
        said = {row["timezone"], zip2info.timezone(row["zip_code"])}
        where = " ".join(sorted(zone for zone in said if zone and zones.known(zone)))
        here = row["state"], row["county"], where
        codes[here].add(row["zip_code"])
        names = (row["city"], *row["acceptable_cities"], *row["unacceptable_cities"])
        cities[here].update(" ".join(name.casefold().split()) for name in names)
    made_of = " ".join(f"{name}=={version(name)}" for name in ("zipcodes", "zip2info"))
    rows = [(*here, " ".join(sorted(codes[here])), ";".join(sorted(cities[here]))) for here in sorted(codes)]
    lines = [
        f"# {made_of}",
        "# Written by tools/postcodes.py. What zip2info knows comes from GeoNames (CC BY 4.0).",
        *("\t".join(row) for row in (HEAD, *rows)),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
