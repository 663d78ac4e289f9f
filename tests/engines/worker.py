"""A worker on a project, at three on a Tuesday: ``python -m tests.engines.worker FOLDER``."""

from __future__ import annotations

import sys
from unittest.mock import patch

import outreach.cli
from tests.support import running_clock

if __name__ == "__main__":
    with patch("outreach.assemble.SystemClock", running_clock):
        sys.argv[1:] = ["work", "--engine", "distributed", "--json"]
        outreach.cli.main()
