"""P8: the memory of sending a large campaign over that of sending a tenth of it, and how much that is.

An invented campaign by e-mail, SMS and letter, read from its file as `outreach send` reads it, in a process
of its own that imported nobody before. Largest resident size (VmHWM) of the whole process, from its start.
The target's million rows over a hundred thousand are the full form.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from apart import apart
from figures import Figure, How, figure, progress, rounded
from project import NOON

from outreach.cli.importing import consumers_from, events_from
from outreach.cli.opening import open_app
from outreach.cli.portfolio import name_creditors, write_large_campaign
from outreach.cli.sending import send_file
from outreach.cli.setup import make_project
from outreach.domain import StartedClock


def measure(how: How) -> list[Figure]:
    """One campaign of each size; memory does not tremble as time does."""
    rows = how.pick(10_000, 200_000, 1_000_000)
    few, many = (_campaign(how.folder, count) for count in (rows // 10, rows))
    growth = f"peak memory of sending {rows:,} rows over that of {rows // 10:,}"
    return [
        figure("P8 growth", growth, [many / few], megabytes_of_a_tenth=rounded(few)),
        figure("P8 peak", f"peak memory of `send`, {rows:,} rows", [many], unit="MB"),
    ]


def _campaign(within: Path, rows: int) -> float:
    with tempfile.TemporaryDirectory(dir=within) as name:
        folder = Path(name)
        apart(bring_in, folder, rows)
        peak = apart(send, folder)
    progress(f"{rows:,} rows: {peak:.0f} MB")
    return peak


def bring_in(folder: Path, rows: int) -> None:
    """Write the campaign's files and import its people and consents."""
    make_project(folder)
    name_creditors(folder / "outreach.toml")
    portfolio = write_large_campaign(folder / "files", rows, now=NOON)
    with open_app(folder=folder, clock=StartedClock(NOON), create=True) as app:
        consumers_from(app, portfolio.consumers_path, NOON - timedelta(days=365), None, lambda _: None)
        events_from(app, portfolio.events_path, None, lambda _: None)


def send(folder: Path) -> float:
    """Send all of it; the largest this process ever was, in MB.

    :raises RuntimeError: if a row was not sent; the figure would mean nothing.
    """
    with open_app(folder=folder, clock=StartedClock(NOON)) as app:
        summary, _ = send_file(
            app, folder / "files" / "campaign.csv", "", dry_run=False, rejects=None, as_json=False
        )
    if summary.samples.keys() != {"sent"}:
        raise RuntimeError(f"not every row was sent: {dict(summary.by_rule)}")
    return _peak()


def _peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024 / 1e6
