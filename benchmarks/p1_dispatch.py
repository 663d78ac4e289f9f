"""P1: guarded, durable dispatch to a channel that does nothing, as a share of raw batched inserts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from apart import apart
from dispatch import Dispatched, guarded_dispatch
from figures import Figure, How, figure, in_turn, middle
from raw_store import raw_inserts


def measure(how: How) -> list[Figure]:
    """Ours and the raw store in turn, each in a process of its own."""
    contacts = how.pick(4_000, 20_000)
    told = in_turn(
        how.pick(3, 5),
        lambda _: apart(raw_inserts, how.folder),
        lambda _: dispatched(how.folder, contacts),
    )
    raws, ours = zip(*told, strict=True)
    return [
        figure(
            "P1",
            "guarded, durable dispatch, as a share of raw batched inserts",
            [mine.rate / rate for (rate, _), mine in told],
            processor_share=middle([row / mine.processor for (_, row), mine in told]),
            contacts_per_second=middle([mine.rate for mine in ours]),
            raw_rows_per_second=middle([rate for rate, _ in raws]),
            processor_us_per_contact=middle([mine.processor for mine in ours]),
            processor_us_per_raw_row=middle([row for _, row in raws]),
            commits_per_1000_contacts=middle([mine.commits / contacts * 1000 for mine in ours]),
            ledger_bytes_per_contact=middle([mine.bytes for mine in ours]),
            first_group_seconds=middle([mine.warming for mine in ours]),
            contacts=contacts,
            packs=ours[0].packs,
            rules=ours[0].rules,
        )
    ]


def dispatched(folder: Path, contacts: int) -> Dispatched:
    """Guarded dispatch of so many in a fresh project and process; nothing of it stays."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        return apart(guarded_dispatch, Path(name) / "project", contacts)
