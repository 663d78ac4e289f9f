"""P4: how often a campaign makes the disk keep what it has, for 1,000 contacts.

Counted are the calls of fsync, fdatasync, sync_file_range, syncfs, sync and msync that the whole process
makes from the beginning of the run to its end, as strace sees them: for the ledger's commits, for its
checkpoints, for the lease. Without strace nothing is counted and the row says so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from figures import Figure, How, figure, middle, not_measured, progress

_CALLS = "fsync,fdatasync,sync_file_range,syncfs,sync,msync"
WHAT = "fsyncs for 1,000 contacts of a campaign"


def measure(how: How) -> list[Figure]:
    """A campaign or two in a process that is watched."""
    contacts = how.pick(4_000, 20_000)
    if shutil.which("strace") is None:
        return [not_measured("P4", WHAT, "strace is missing")]
    found = []
    for number in range(how.pick(1, 3)):
        with tempfile.TemporaryDirectory(dir=how.folder) as folder:
            found.append(_watched(Path(folder), contacts))
        progress(f"campaign {number + 1}: {dict(found[-1]['calls'])}")
    return [
        figure(
            "P4",
            WHAT,
            [each["calls"].total() / contacts * 1000 for each in found],
            commits_per_1000_contacts=middle([each["commits"] / contacts * 1000 for each in found]),
            calls_of_the_last=dict(found[-1]["calls"]),
            contacts=contacts,
        )
    ]


def _watched(folder: Path, contacts: int) -> dict[str, Any]:
    """The calls within the run, and the commits."""
    log = folder / "calls"
    watch = [
        "strace",
        "-f",
        "-y",
        "--seccomp-bpf",
        "-ttt",
        "-e",
        f"trace={_CALLS}",
        "-e",
        "signal=none",
        "-o",
        log,
    ]
    done = subprocess.run(
        [*watch, sys.executable, __file__, folder / "project", str(contacts)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"the campaign failed: {done.stderr[-2000:]}")
    told = json.loads(done.stdout)
    calls: Counter[str] = Counter()
    for line in log.read_text().splitlines():
        _, moment, call = line.split(maxsplit=2)
        name, _, given = call.partition("(")
        if name in _CALLS.split(",") and told["began"] <= float(moment) <= told["ended"]:
            calls[f"{name} {_file(given)}"] += 1
    return {"calls": calls, "commits": told["commits"]}


def _file(given: str) -> str:
    """Of a call's arguments: the name of the file, as `strace -y` shows it."""
    return given.partition("<")[2].partition(">")[0].rpartition("/")[2]


def _campaign(folder: Path, contacts: int) -> None:
    """What is watched. Prints when the run began and ended, and how many commits it made."""
    import project
    from dispatch import counting, prepare, timed_run, warm_up

    prepare(folder, contacts)
    with project.opened(folder) as plain:
        app, counted = counting(plain)
        warm_up(app, contacts)
        counted.commits, began = 0, time.time()
        timed_run(app, project.items(range(contacts)), contacts)
        print(json.dumps({"began": began, "ended": time.time(), "commits": counted.commits}))


if __name__ == "__main__":
    _campaign(Path(sys.argv[1]), int(sys.argv[2]))
