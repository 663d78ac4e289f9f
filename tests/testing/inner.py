"""Running a file of suites with pytest in a process of its own, and what failed there, by class."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree


def failures_in(file: Path, folder: Path) -> dict[str, set[str]]:
    """The names of the tests that failed, for each class that ran; parameters are left out."""
    report = folder / "report.xml"
    without = ("cacheprovider", "randomly", "socket", "xdist", "timeout", "hypothesispytest")
    alone = ["--noconftest", "-c", os.devnull, f"--rootdir={folder}", f"--basetemp={folder / 'tmp'}"]
    alone += [f"-pno:{plugin}" for plugin in without]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=no", *alone, f"--junitxml={report}", str(file)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found: dict[str, set[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.get("name", "").partition("[")[0]
        failed = found.setdefault(case.get("classname", "").rpartition(".")[2], set())
        if case.find("failure") is not None or case.find("error") is not None:
            failed.add(name)
    return found
