"""Every figure of ``make bench``: each is a ratio of two things measured in turn in the same run.

python benchmarks/run.py [P1 P2 ...] [--quick | --full] [--json FILE]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import re
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from figures import Figure, How, not_measured, progress

_HERE = Path(__file__).resolve().parent
_BUILD = _HERE.parent / "build" / "bench"


def main() -> None:
    """Measure what was asked for, one figure after the other; print a table and write the results."""
    modules = _modules()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="P1", help=f"which ({' '.join(modules)}); default: all")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_true", help="a short form, to see it work: not to be quoted")
    form.add_argument("--full", action="store_true", help="the sizes of the targets: takes long")
    parser.add_argument("--json", type=Path, default=_BUILD / "results.json", metavar="FILE")
    asked = parser.parse_args()
    names = list(dict.fromkeys(name.upper() for name in asked.names)) or list(modules)
    if strange := [name for name in names if name not in modules]:
        parser.error(f"no figure is called {', '.join(strange)}; there are {', '.join(modules)}")
    _BUILD.mkdir(parents=True, exist_ok=True)
    machine = _machine()
    figures: list[Figure] = []
    failed = False
    with tempfile.TemporaryDirectory(dir=_BUILD) as folder:
        how = How(Path(folder), asked.quick, asked.full)
        for name in names:
            progress(f"{importlib.import_module(modules[name]).__doc__.splitlines()[0]}")
            try:
                figures += importlib.import_module(modules[name]).measure(how)
            except Exception as trouble:  # noqa: BLE001  the other figures can still be had
                traceback.print_exc()
                figures.append(not_measured(name, modules[name], f"it failed ({type(trouble).__name__})"))
                failed = True
    form_name = "quick" if asked.quick else "full" if asked.full else "usual"
    machine["load_after"] = _load()
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    told = {"form": form_name, "machine": machine, "figures": [each.as_data() for each in figures]}
    asked.json.write_text(json.dumps(told, indent=1) + "\n")
    print(table(figures))
    print(f"form: {form_name}; {', '.join(f'{key} {value}' for key, value in machine.items())}")
    print(f"details: {asked.json}")
    sys.exit(failed)


def _modules() -> dict[str, str]:
    """The module of each figure, by its name: a new one is a new file ``p<number>_<name>.py``."""
    found = {
        int(match[1]): path.stem
        for path in _HERE.glob("p*_*.py")
        if (match := re.fullmatch(r"p(\d+)_\w+", path.stem))
    }
    return {f"P{number}": found[number] for number in sorted(found)}


def table(figures: Sequence[Figure]) -> str:
    """One row a figure."""
    rows = [("", "measured", "lowest", "highest", "target", "stretch", "met", "")]
    for each in figures:
        if each.ratio is None:
            rows.append((each.id, "-", "", "", *_aims(each), "", f"{each.what}: {each.missing}"))
            continue
        seen = (_shown(each.ratio), _shown(each.lowest), _shown(each.highest))
        rows.append((each.id, *seen, *_aims(each), each.met, f"{each.what}{each.unit and f', {each.unit}'}"))
    widths = [max(len(row[column]) for row in rows) for column in range(7)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=False))
        )
        + f"  {row[7]}"
        for row in rows
    )


def _aims(each: Figure) -> tuple[str, str]:
    if each.target is None:
        return "", ""
    mark = "<=" if each.target.less else ">="
    return f"{mark} {_shown(each.target.target)}", f"{mark} {_shown(each.target.stretch)}"


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def _machine() -> dict[str, Any]:
    return {
        "moment": datetime.now(UTC).isoformat(timespec="minutes"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_before": _load(),
    }


def _load() -> float:
    return round(os.getloadavg()[0], 1)


if __name__ == "__main__":
    main()
