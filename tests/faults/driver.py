"""Another process working on a project, at three on a Tuesday: ``python -m tests.faults.driver ...``.

send FOLDER FILE     send a campaign file; prints one JSON answer a line
work FOLDER          send what is due
take FOLDER AGENT    take call tasks until there are none; prints the attempts
call FOLDER AGENT    keep two call tasks in hand and close the older, until the list is empty; prints them
stop FOLDER PERSON   record an opt-out of texts
cli WORDS...         any command of outreach, in the current folder
die WHEN FOLDER FILE send, and be killed in-a-commit or after-a-commit
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any
from unittest.mock import patch

import outreach.cli
from outreach.assemble import Outreach, assemble
from outreach.domain import Event
from outreach.domain.dispositions import SHIPPED
from outreach.engines.local import Sending, Working
from outreach.intake import RejectsFile, read_contacts
from outreach.ledger.runs import LeasedRun
from outreach.ledger.writing import SqlWriting as Writing
from outreach.settings import load_settings
from outreach.worklist import Disposition
from tests.support import running_clock


def main() -> None:
    what, *words = sys.argv[1:]
    if what == "cli":
        sys.argv[1:] = words
        with patch("outreach.assemble.SystemClock", running_clock):
            outreach.cli.main()
        return
    if what == "die":
        when, *words = words
        owner, name = _MOMENTS[when]
        setattr(owner, name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        what = "send"
    folder = Path(words[0])
    with assemble(load_settings(folder), clock=running_clock()) as app:
        if what == "send":
            _send(app, Path(words[1]))
        elif what == "work":
            with app.run() as run:
                for answers in Working(app, run).once():
                    print(len(answers), flush=True)
        elif what == "take":
            _take(app, words[1])
        elif what == "call":
            _call(app, words[1])
        elif what == "stop":
            event = Event("opt_out", app.clock.now(), {"channel": "sms"})
            app.inbound.events([(words[1], event, "stop")])


_MOMENTS: dict[str, tuple[Any, str]] = {
    "in-a-commit": (Writing, "add_contacts"),  # decided and written down, and not yet committed
    "after-a-commit": (LeasedRun, "hand_over"),  # the attempts stand open; none has been handed over
}


def _send(app: Outreach, file: Path) -> None:
    with RejectsFile(file.with_suffix(".rejects.csv")) as rejects, app.run() as run:
        sending = Sending(app, run.dispatcher.dispatch, rejects)
        for answers in sending.send(read_contacts(file, "test", now=app.clock.now())):
            for answer in answers:
                print(json.dumps([answer.contact.key, answer.answered.value, answer.repeated]), flush=True)


def _take(app: Outreach, agent: str) -> None:
    while True:
        task, _ = app.worklist.next(agent)
        if task is None:
            return
        print(json.dumps([task.attempt, task.contact.id]), flush=True)


def _call(app: Outreach, agent: str) -> None:
    """An agent who dials the next while the last one still rings: busy, every one of them."""
    in_hand: deque[str] = deque()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        task, passed = app.worklist.next(agent)
        if task is not None:
            in_hand.append(task.attempt)
        print(json.dumps([task and task.contact.person, [each.reason for each in passed]]), flush=True)
        if in_hand and (task is None or len(in_hand) == 2):
            app.worklist.done(in_hand.popleft(), Disposition.coded(SHIPPED["BUSY"], agent=agent))
        elif task is None:
            with app.ledger.read() as reading:
                if not reading.listed(1):
                    return
            time.sleep(0.02)
    raise TimeoutError("the list never became empty")


if __name__ == "__main__":
    main()
