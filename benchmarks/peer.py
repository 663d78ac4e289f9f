"""Running a peer: a script in an environment of its own (`make build/peers`), in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from figures import NotMeasured

_ROOT = Path(__file__).resolve().parents[1]
_PYTHON = _ROOT / "build" / "peers" / "bin" / "python"
_LONGEST = 600  # seconds


def peer(script: str, count: int, broker: str = "") -> Mapping[str, float]:
    """What the script of this name told of so many tasks.

    :param broker: the address of its server, or its file.
    :raises NotMeasured: if the peers are not installed.
    :raises RuntimeError: if the script failed.
    """
    if not _PYTHON.exists():
        raise NotMeasured("the peers are not installed (make build/peers/ready)")
    done = subprocess.run(
        [_PYTHON, _ROOT / "benchmarks" / "peers" / f"{script}.py", str(count)],
        check=False,
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        env={**os.environ, "BROKER": broker},
    )
    if done.returncode:
        raise RuntimeError(f"{script} failed: {done.stderr[-2000:] or done.stdout[-2000:]}")
    told: Mapping[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told
