"""The command without its start-up time: a process that has imported it runs each call in a fork of itself.

    python warm.py FOLDER

puts an ``outreach`` into FOLDER that hands its arguments, folder, environment and open files to this process.
What runs then is the function behind the real command. Ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import NoReturn

_SHIM = """\
#!{python} -IS
import json, os, socket, sys
call = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
with socket.socket(socket.AF_UNIX) as line:
    line.connect({place!r})
    socket.send_fds(line, [b"\\n"], [0, 1, 2])
    line.sendall(json.dumps(call).encode())
    line.shutdown(socket.SHUT_WR)
    sys.exit(int(line.recv(16) or b"70"))
"""


def main(folder: Path) -> None:
    """Serve until standard input ends."""
    place = str(folder / "line")
    shim = folder / "outreach"
    shim.write_text(_SHIM.format(python=sys.executable, place=place), "utf-8")
    shim.chmod(0o700)
    _import_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        print("ready", flush=True)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            line, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(line)
            line.close()


def _import_everything() -> None:
    """What a call would import, and the table of postal codes it would read."""
    import outreach.assemble
    import outreach.cli.demo
    import outreach.engines.local  # noqa: F401
    from outreach.policy.postcodes import look_up

    look_up("OH", "43215")


def _answer(line: socket.socket) -> NoReturn:
    _, files, _, _ = socket.recv_fds(line, 1, 3)
    text = b"".join(iter(lambda: line.recv(65536), b""))
    call = json.loads(text)
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.argv = ["outreach", *call["arguments"]]
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    line.sendall(str(_run()).encode())
    os._exit(0)


def _run() -> int:
    """The command's exit status."""
    from outreach.cli import main as command

    status: int | str | None = 0
    try:
        command()
    except SystemExit as ended:
        status = ended.code
    except BaseException:  # noqa: BLE001  what the interpreter would do: print it and end
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status if isinstance(status, int) else 0 if status is None else 1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
