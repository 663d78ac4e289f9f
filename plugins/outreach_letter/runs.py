"""Many letters in one file for the print house, with a list of what lies where."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pypdf

from outreach.errors import InputError

__all__ = ["COLUMNS", "Run", "make_run"]

COLUMNS: Final = ("attempt", "position", "pages", "sheets", "duplex", "postage_class", "paper")
"""The manifest; ``position`` is the page of the file on which the letter begins, counted from one."""

_NAME = re.compile(r"run-(\d{6})")
_PDF: Final = "letters.pdf"
_MANIFEST: Final = "manifest.csv"


@dataclass(frozen=True, slots=True)
class Run:
    """A run on disk. ``attempts`` in the order of their pages."""

    folder: Path
    attempts: tuple[str, ...]
    pages: int

    @property
    def pdf(self) -> Path:
        """All letters, one after another."""
        return self.folder / _PDF

    @property
    def manifest(self) -> Path:
        """What lies where; nothing about a person."""
        return self.folder / _MANIFEST


def make_run(folder: Path, *, at_most: int = 1000) -> Run | None:
    """Put the letters that are in no run yet into one, the oldest first.

    Letters of one run have one paper, one way of printing and one postage class, those of the oldest letter;
    call it again until it gives ``None``. Printed on both sides, each letter begins on a sheet of its own.

    The run is made under a hidden name and renamed when file and manifest are both on the disk: after a crash
    it is there whole or not at all. One run is made at a time, and a letter stands in one manifest for ever.
    Nothing is moved.

    :param folder: the folder of the plugin, ``path`` in its settings.
    :raises InputError: if a letter is not what its job says; nothing was done.
    """
    runs = folder / "runs"
    with _alone(runs):
        done = {row["attempt"] for made in _made(runs) for row in _rows(made / _MANIFEST)}
        jobs = _waiting(folder, done)
        chosen = [job for job in jobs if _kind(job) == _kind(jobs[0])][:at_most]
        if not chosen:
            return None
        number = max((int(made.name[4:]) for made in _made(runs)), default=0) + 1
        draft = runs / f".run-{number:06d}.part"
        shutil.rmtree(draft, ignore_errors=True)  # what a crash left
        draft.mkdir(mode=0o700)
        pages = _write(folder, draft, chosen)
        final = runs / f"run-{number:06d}"
        os.rename(draft, final)
        _sync(runs)
        return Run(final, tuple(job["attempt"] for job in chosen), pages)


@contextmanager
def _alone(runs: Path) -> Iterator[None]:
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(runs / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made(runs: Path) -> list[Path]:
    return sorted(path for path in runs.iterdir() if _NAME.fullmatch(path.name))


def _rows(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _waiting(folder: Path, done: set[str]) -> list[dict[str, Any]]:
    """The jobs whose letter is there and in no run; a job alone is of a letter that was never written."""
    letters = sorted(path.stem for path in (folder / "single").glob("*.pdf") if not path.name.startswith("."))
    return [
        json.loads((folder / "jobs" / f"{attempt}.json").read_bytes())
        for attempt in letters
        if attempt not in done
    ]


def _kind(job: dict[str, Any]) -> tuple[Any, ...]:
    return job["paper"], job["duplex"], job["postage_class"]


def _write(folder: Path, draft: Path, jobs: list[dict[str, Any]]) -> int:
    """File and manifest, both on the disk when this returns; how many pages."""
    together = pypdf.PdfWriter()
    table = io.StringIO()
    rows = csv.DictWriter(table, COLUMNS, lineterminator="\r\n")
    rows.writeheader()
    for job in jobs:
        letter = (folder / "single" / f"{job['attempt']}.pdf").read_bytes()
        if hashlib.sha256(letter).hexdigest() != job["sha256"]:
            raise InputError(
                "a letter is not the one that was written",
                where=f"single/{job['attempt']}.pdf",
                remedy="bring it back from a backup; do not print it",
            )
        position = len(together.pages) + 1
        together.append(io.BytesIO(letter), import_outline=False)
        if job["duplex"] and len(together.pages) % 2:
            together.add_blank_page()
        rows.writerow(
            {
                **{name: job[name] for name in COLUMNS if name in job},
                "position": position,
                "duplex": "yes" if job["duplex"] else "no",
            }
        )
    content = io.BytesIO()
    together.write(content)
    for name, data in ((_PDF, content.getvalue()), (_MANIFEST, table.getvalue().encode())):
        handle = os.open(draft / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    _sync(draft)
    return len(together.pages)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
