"""What tests run in processes of their own: ``FOLDER=… python -m tests.ledger.processes WHAT URL …``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.domain import FrozenClock
from outreach.errors import OutreachError
from outreach.ledger import Ledger, open_ledger
from tests.ledger.made import NOW, noted, opened, stored

if TYPE_CHECKING:
    from tests.ledger.conftest import Backend

ROOT = Path(__file__).parents[2]


def start(what: str, backend: Backend, *arguments: object) -> subprocess.Popen[str]:
    """A process that does one of the things below with the backend's ledger."""
    command = [sys.executable, "-m", "tests.ledger.processes", what, backend.url, *map(str, arguments)]
    kept = {name.upper(): str(backend.options.get(name, "")) for name in ("folder", "master_keys")}
    environment = {**os.environ, **kept}
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)


def said(process: subprocess.Popen[str]) -> str:
    """The next line it prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str]) -> str:
    """What else it prints, once it has ended well."""
    output, _ = process.communicate(timeout=60)
    assert 0 == process.returncode
    return output.strip()


def _open(url: str, seconds: float = 30.0) -> Ledger:
    options = {"folder": Path(os.environ["FOLDER"]), "master_keys": os.environ["MASTER_KEYS"]}
    return open_ledger(url, FrozenClock(NOW), busy_seconds=seconds, **options)  # type: ignore[arg-type]


def append(url: str, person: str, times: str) -> None:
    """Append to one stream, commit by commit."""
    ledger = _open(url)
    for number in range(int(times)):
        with ledger.write() as writing:
            writing.append([noted(person, f"{os.getpid()} {number}"), noted("system")])


def claim(url: str, person: str, keys: str) -> None:
    """Try to be the first with each key; print how many were."""
    ledger, first = _open(url), 0
    with ledger.read() as reading:
        known = reading.persons_by_id([person])[person]
    for number in range(int(keys)):
        try:
            with ledger.write() as writing:
                writing.add_contacts([stored(known, f"{os.getpid()}-{number}", f"k{number}")])
            first += 1
        except OutreachError:
            pass
    print(first)


def crash(url: str, person: str) -> None:
    """Open two attempts, hand one over, begin a write that never ends, and be killed."""
    ledger = _open(url)
    with ledger.read() as reading:
        known = reading.persons_by_id([person])[person]
    run = ledger.begin_run()
    with ledger.write() as writing:
        for name in ("left", "kept"):
            writing.append([opened(person, name * 6, name, run.id)])
            writing.add_contacts([stored(known, name, name, attempt=name * 6, run=run.id, opened_at=NOW)])
    run.hand_over("left" * 6)
    with ledger.write() as writing:
        writing.append([noted(person, "never committed")])
        writing.heights([person])  # the row is in the database, in an open transaction
        print(run.id, flush=True)
        time.sleep(60)


def hold(url: str, seconds: str) -> None:
    """Hold the write lock."""
    with _open(url).write() as writing:
        writing.append([noted("system", "held")])
        print("holding", flush=True)
        time.sleep(float(seconds))


def campaign(url: str, groups: str) -> None:
    """Write group after group without a pause; print the system's height after each."""
    ledger = _open(url)
    for _ in range(int(groups)):
        with ledger.write() as writing:
            event = writing.append([noted("system", "campaign")])[0]
            time.sleep(0.02)
        print(event.seq, flush=True)


def unprivileged(url: str) -> None:
    """Read and write as a user who may only read; print what each said."""
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    for what in ("write", "begin_run", "create"):
        try:
            if what == "create":
                open_ledger(f"{url.rsplit('/', 1)[0]}/new/other.db", FrozenClock(NOW), create=True)
            else:
                ledger = _open(url, 0.2)
                if what == "begin_run":
                    ledger.begin_run()
                else:
                    with ledger.write():
                        pass
            print(f"{what}: done")
        except OutreachError as error:
            print(f"{what}: {type(error).__name__}: {error.what}")


def full(url: str, limit: str) -> None:
    """Write until the file may grow no further; print what was said and how many commits were answered."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    ledger, answered = _open(url), 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    try:
        while True:
            with ledger.write() as writing:
                writing.append([noted("system", "x" * 20_000)])
            answered += 1
    except OutreachError as error:
        print(answered, type(error).__name__, error.what, error.remedy, sep="|")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
