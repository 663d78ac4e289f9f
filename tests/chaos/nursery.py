"""Where the workers of a storm are born: a process that has imported everything and read the rules once.

Each worker is forked from it, which takes a fiftieth of the time of a start from nothing, and is a process
like any other from then on: with its own memory, its own connections, its own locks, and its own death.
The nursery has no thread and no connection that a child could share.

It reads lines from its input, ``{"number": 1, "words": [...], "output": "path"}``. It answers ``born NUMBER
PID``, and ``ended NUMBER STATUS`` once that worker is gone, with the status as subprocess has it: negative
for a signal.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]

__all__ = ["ROOT", "Nursery"]


class Nursery:
    """The nursery of a project, seen from the storm.

    :param folder: the project's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ended: dict[int, int] = {}
        self._pids: dict[int, int] = {}
        self._told = threading.Condition()
        self._errors = (folder / "nursery.err").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery", str(folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(self, number: int, words: list[str], output: Path) -> int:
        """A new worker with this command line; its process id."""
        order = {"number": number, "words": words, "output": str(output)}
        self._orders.write(json.dumps(order).encode() + b"\n")
        self._orders.flush()
        with self._told:
            if not self._told.wait_for(lambda: number in self._pids or self._is_gone, timeout=60):
                raise AssertionError("no worker is born")
            if number not in self._pids:
                raise AssertionError((self._folder / "nursery.err").read_text())
            return self._pids[number]

    def status(self, number: int) -> int | None:
        """How this worker ended; ``None`` while it lives."""
        with self._told:
            return self._ended.get(number)

    def close(self) -> None:
        """End it, once its workers are gone."""
        self._orders.close()
        self._process.wait(timeout=60)
        self._listener.join(timeout=60)
        self._answers.close()
        self._errors.close()

    @property
    def _is_gone(self) -> bool:
        return self._process.poll() is not None

    def _listen(self) -> None:
        for line in self._answers:
            what, number, value = line.split()
            with self._told:
                (self._pids if what == b"born" else self._ended)[int(number)] = int(value)
                self._told.notify_all()
        with self._told:
            self._told.notify_all()


# ---- the process itself ----------------------------------------------------------------------------


def main() -> None:
    import outreach.assemble
    from outreach.settings import load_settings
    from tests.chaos import worker

    rules = outreach.assemble.assemble_rules(load_settings(Path(sys.argv[1])))
    outreach.assemble.assemble_rules = lambda settings: rules
    _serve(worker)


def _serve(worker: Any) -> None:
    children: dict[int, int] = {}
    pending = b""
    while True:
        if select.select([0], [], [], 0.005)[0]:
            read = os.read(0, 65536)
            if not read:
                return
            *orders, pending = (pending + read).split(b"\n")
            for order in map(json.loads, orders):
                child = os.fork()
                if not child:
                    _live(worker, order)
                children[child] = order["number"]
                os.write(1, f"born {order['number']} {child}\n".encode())
        while children:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                break
            os.write(1, f"ended {children.pop(child)} {os.waitstatus_to_exitcode(status)}\n".encode())


def _live(worker: Any, order: dict[str, Any]) -> None:
    """The life of a child; it never returns."""
    status = 1
    try:
        for stream, name in ((0, os.devnull), (1, order["output"]), (2, order["output"] + ".err")):
            file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(file, stream)
            os.close(file)
        status = worker.main(order["words"])
    except BaseException:  # noqa: BLE001  it must not become a second nursery
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
