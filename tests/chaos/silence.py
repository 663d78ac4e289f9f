"""Brute force against promise 9: what processes printed, and what stands in the chains, names nobody."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from outreach.ledger import Ledger
from tests.chaos.limits import Breach

__all__ = ["chain_names_somebody", "output_names_somebody"]

PERSONAL = re.compile(
    r"\+?1?(?:614|214|213)555[0-9]{4}|[\w.]+@example\.com|Alex Example|High Street|4000[0-9]{12}"
)
"""What everybody in :mod:`tests.chaos.plan` can be told by: number, address, name, street, account."""


def output_names_somebody(folder: Path) -> Iterator[Breach]:
    """What the storm's processes said. The wire's own record and the files of rejects may name people."""
    for file in sorted([*folder.glob("output/*"), *folder.glob("*.err")]):
        yield from _named(file.read_text("utf-8", "replace"), file.name)


def chain_names_somebody(ledger: Ledger) -> Iterator[Breach]:
    """Every row of every chain, as an examiner would get it."""
    with tempfile.TemporaryDirectory() as name:
        ledger.export(Path(name) / "export")
        for file in sorted((Path(name) / "export").rglob("*.txt")):
            yield from _named(file.read_text("utf-8"), file.name)


def _named(text: str, where: str) -> Iterator[Breach]:
    for number, line in enumerate(text.splitlines(), 1):
        if PERSONAL.search(line):
            yield Breach("promise 9", f"{where}:{number}", "somebody's data stand here")
