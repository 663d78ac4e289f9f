"""An environment of its own, far from the checkout, that holds the wheel and whatever else is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command without the environment of this process, but for what every command needs."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**kept, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
    )


class Environment:
    """Made afresh in ``folder``; dependencies are borrowed from the environment that runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "env" / "bin"
        venv.create(self.bin.parent, symlinks=True)
        self.install(ROOT)
        place = Path(sysconfig.get_path("purelib", vars={"base": str(self.bin.parent)}))
        # Dependencies only: a path file would also run the editable install's, and find the checkout again.
        for path in Path(sysconfig.get_path("purelib")).iterdir():
            if "outreach" not in path.name and path.suffix != ".pth" and not (place / path.name).exists():
                (place / path.name).symlink_to(path)

    def install(self, project: Path) -> None:
        """Build the wheel of a project and install it, without a network."""
        built = self.folder / "dist" / project.name
        done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", built, cwd=project)
        assert 0 == done.returncode, done.stderr
        [wheel] = built.glob("*.whl")
        done = run(
            sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--quiet",
            "--python", self.bin / "python", wheel, cwd=self.folder, HOME=str(self.folder),
        )  # fmt: skip
        assert 0 == done.returncode, done.stderr
