"""``python -m tests.chaos --store sqlite --seed 1 --kills 40 --contacts 2000``: a table, 1 on any breach."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.faults import STEPS
from tests.chaos.run import Storm, storm
from tests.chaos.stores import STORES


def main() -> int:
    given = _arguments()
    broken = False
    for name in STORES if given.store == "all" else [given.store]:
        root = Path(tempfile.mkdtemp(prefix=f"chaos-{name}-"))
        with STORES[name](root) as store:
            for seed in given.seed or [1]:
                told = storm(
                    store,
                    root,
                    seed,
                    contacts=given.contacts,
                    kills=max(given.kills, len(STEPS)),
                    steps=STEPS,
                    days=given.days,
                )
                print(_table(told), flush=True)
                if told.breaches:
                    broken = True
                    print(f"BROKEN with --store {name} --seed {seed}; kept in {told.folder}")
                    print("\n".join(f"  {each}" for each in told.breaches), flush=True)
        if not broken:
            shutil.rmtree(root)
    return int(broken)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--store", choices=[*STORES, "all"], default="all")
    parser.add_argument("--seed", type=int, action="append", help="may be given several times")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--contacts", type=int, default=1000)
    parser.add_argument("--days", type=float, default=4.0, help="of calm afterwards, by the storm's clock")
    return parser.parse_args()


def _table(told: Storm) -> str:
    report = told.report
    assert report is not None
    rows = {
        "storm": f"{told.store}, seed {told.seed}: {told.rounds} rounds in {told.seconds:.0f} s",
        "kills": f"{told.kills.total()}: {_counts(told.kills)}",
        "faults": f"{told.troubles.total()}: {_counts(told.troubles)}",
        "refused work": _counts(told.refusals) or "-",
        "contacts": f"{report.contacts}, {report.rejected} rows rejected, {told.seals} seals",
        "attempts": f"{report.attempts}, {report.given_back} given back, {report.unknown} unknown",
        "handed over": f"{report.handed_over}: {_counts(report.by_way)}",
        "waiting": f"{report.held} held, {report.blocked} blocked, {report.expired} expired",
        "in the way": _counts(report.objections),
        "judged again": f"{told.replayed} decisions, {len(told.differing)} otherwise",
        "breaches": str(len(told.breaches)),
    }
    return "\n".join(f"{name:>14}  {text}" for name, text in rows.items()) + "\n"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
