"""P8: whether a campaign's memory grows with its rows, followed from outside while it is sent.

python benchmarks/memory.py [--rows 400000] [--json]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from outreach.cli.importing import consumers_from, events_from
from outreach.cli.opening import open_app
from outreach.cli.portfolio import name_creditors, write_large_campaign
from outreach.cli.sending import send_file
from outreach.cli.setup import make_project
from outreach.domain import StartedClock

NOON = datetime(2026, 6, 2, 19, tzinfo=UTC)  # day-time on all of the mainland
_TENTHS = 10
_EVERY = 0.25  # seconds
_PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Make a campaign, send it in a process of its own, print how large that process was at each tenth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    asked = parser.parse_args()
    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        importing = fresh.Process(target=_import, args=(folder, asked.rows))
        importing.start()
        importing.join()
        if importing.exitcode:
            raise SystemExit("the campaign could not be made")
        sending = fresh.Process(target=_send, args=(folder,))
        sending.start()
        figure = _figure(list(_followed(sending, folder)), asked.rows)
        if sending.exitcode:
            raise SystemExit("the campaign could not be sent; the figure would mean nothing")
    print(json.dumps(figure) if asked.json else _told(figure))


def _import(folder: Path, rows: int) -> None:
    make_project(folder)
    name_creditors(folder / "outreach.toml")
    portfolio = write_large_campaign(folder / "files", rows, now=NOON)
    with open_app(folder=folder, clock=StartedClock(NOON), create=True) as app:
        consumers_from(app, portfolio.consumers_path, NOON - timedelta(days=365), None, lambda _: None)
        events_from(app, portfolio.events_path, None, lambda _: None)


def _send(folder: Path) -> None:
    campaign = folder / "files" / "campaign.csv"
    with open_app(folder=folder, clock=StartedClock(NOON)) as app:
        summary, _ = send_file(app, campaign, "", dry_run=False, rejects=None, as_json=False)
        if summary.samples.keys() != {"sent"}:
            raise SystemExit(f"not every row was sent: {dict(summary.by_rule)}")


def _followed(process: Any, folder: Path) -> Iterator[tuple[int, int]]:
    """Rows answered so far and resident bytes, again and again until the process ends."""
    (ledger,) = folder.glob("*.db")
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as reading:
        while process.is_alive():
            try:
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
            except (FileNotFoundError, ProcessLookupError, IndexError):
                break
            rows = reading.execute("SELECT count(*) FROM contact").fetchone()[0]
            yield rows, pages * _PAGE
            print(f"\r{rows:,} rows, {pages * _PAGE / 1e6:.0f} MB", end="", file=sys.stderr)
            time.sleep(_EVERY)
    process.join()
    print(file=sys.stderr)


def _figure(samples: list[tuple[int, int]], rows: int) -> dict[str, Any]:
    """The largest size seen within each tenth of the rows."""
    sizes = [
        max((size for done, size in samples if _tenth(done, rows) == tenth), default=0)
        for tenth in range(_TENTHS)
    ]
    first, rest = max(sizes[:2]), max(sizes[2:])
    return {
        "id": "P8",
        "what": "resident memory of sending a campaign, largest in each tenth of it",
        "megabytes": [round(size / 1e6, 1) for size in sizes],
        "later_over_first_two_tenths": round(rest / first, 3),
        "rows": rows,
    }


def _tenth(done: int, rows: int) -> int:
    return min(done * _TENTHS // rows, _TENTHS - 1)


def _told(figure: dict[str, Any]) -> str:
    sizes = " ".join(f"{size:.0f}" for size in figure["megabytes"])
    return (
        f"P8  {figure['what']}, {figure['rows']:,} rows\n    MB: {sizes}\n"
        f"    largest later over largest in the first two tenths: {figure['later_over_first_two_tenths']}"
    )


if __name__ == "__main__":
    main()
