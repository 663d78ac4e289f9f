"""Every figure of ``make bench``: each is a ratio of two things measured in turn in the same run.

python benchmarks/run.py [--contacts 20000] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dispatch import Dispatched, guarded_dispatch
from raw_store import raw_inserts

TARGETS = {"P1": 0.25}


def main() -> None:
    """Measure in interleaved rounds; print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000, help="contacts in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    asked = parser.parse_args()
    ours: list[Dispatched] = []
    raws: list[tuple[float, float]] = []
    for number in range(asked.rounds):
        with tempfile.TemporaryDirectory() as folder:
            raws.append(raw_inserts(Path(folder) / "raw.db", asked.contacts))
            ours.append(guarded_dispatch(Path(folder) / "project", asked.contacts))
        print(_round(number + 1, ours[-1], raws[-1]), file=sys.stderr)
    figure = _figure(ours, raws, asked.contacts)
    print(json.dumps(figure) if asked.json else _told(figure))


def _figure(ours: Sequence[Dispatched], raws: Sequence[tuple[float, float]], contacts: int) -> dict[str, Any]:
    """Medians over the rounds; each ratio is made of two neighbours in time before its median is taken."""
    median, pairs = statistics.median, list(zip(ours, raws, strict=True))
    ratios = sorted(mine.rate / rate for mine, (rate, _) in pairs)
    return {
        "id": "P1",
        "what": "guarded, durable dispatch to a null channel, as a share of raw batched inserts",
        "ratio": round(median(ratios), 3),
        "ratio_lowest": round(ratios[0], 3),
        "ratio_highest": round(ratios[-1], 3),
        "target": TARGETS["P1"],
        "processor_ratio": round(median(row / mine.processor for mine, (_, row) in pairs), 3),
        "contacts_per_second": round(median(mine.rate for mine in ours)),
        "raw_rows_per_second": round(median(rate for rate, _ in raws)),
        "processor_us_per_contact": round(median(mine.processor for mine in ours)),
        "processor_us_per_raw_row": round(median(row for _, row in raws), 1),
        "commits_per_1000_contacts": round(median(mine.commits for mine in ours) / contacts * 1000, 2),
        "contacts": contacts,
        "rounds": len(ours),
        "packs": ours[0].packs,
        "rules": ours[0].rules,
    }


def _round(number: int, mine: Dispatched, raw: tuple[float, float]) -> str:
    return (
        f"round {number}: {mine.rate:,.0f} contacts against {raw[0]:,.0f} rows a second "
        f"({mine.rate / raw[0]:.3f}); {mine.processor:,.0f} against {raw[1]:.1f} us of processor each"
    )


def _told(figure: dict[str, Any]) -> str:
    lines = [
        f"P1  {figure['what']}",
        f"    ratio {figure['ratio']} (target {figure['target']}; lowest {figure['ratio_lowest']}, "
        f"highest {figure['ratio_highest']}; medians of {figure['rounds']} rounds of {figure['contacts']:,})",
        f"    {figure['contacts_per_second']:,} contacts/s against {figure['raw_rows_per_second']:,} rows/s",
        f"    processor time: {figure['processor_us_per_contact']} us a contact against "
        f"{figure['processor_us_per_raw_row']} us a row, ratio {figure['processor_ratio']}",
        f"    {figure['commits_per_1000_contacts']} durable commits (an fsync each) for 1,000 contacts",
        f"    in force: {figure['packs']} packs, {figure['rules']} rules",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
