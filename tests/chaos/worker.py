"""A process that works on a storm's project, and may be told to die: ``python -m tests.chaos.worker ...``.

send FILE=CAMPAIGN...   send campaign files, one after another
work SECONDS       send what is due, recover what is lost, again and again
queue FILE=CAMPAIGN...  take campaign files in, for workers
serve SECONDS      be a worker of the distributed engine
agent NAME TASKS   take so many call tasks, dial, and say how it went
tell SEED COUNT    record what so many people say: stops of texts and e-mail, and calls of theirs
calm NAME          send what is due, take every call task there is

It prints lines: ``ready`` once the project is open, ``dies STEP`` if it kills itself, and at the end
``done`` or ``failed`` with the kind of error.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from outreach.assemble import Outreach
from outreach.cli.working import jobs_of
from outreach.domain import Code, Event
from outreach.domain.dispositions import SHIPPED
from outreach.engines.distributed import Worker as Serving
from outreach.engines.local import Sending, Working
from outreach.errors import InputError, OutreachError
from outreach.intake import RejectsFile, read_contacts
from outreach.ledger import ContactState
from outreach.pipeline.queueing import Queueing
from outreach.worklist import Disposition
from tests.chaos.clock import ChaosClock
from tests.chaos.faults import Doom, doom, keep_room, reached
from tests.chaos.scenario import open_app
from tests.chaos.wire import Witness

_ENDS = {"NA": 45, "BUSY": 15, "VM": 15, "DROP": 8, "RPC-NP": 8, "MB": 5, "CEASE": 2, "WN": 2}
"""How calls end, of a hundred."""


def main(words: Sequence[str]) -> int:
    """Work as told; the exit status. Meant for a process of its own, which it changes for good."""
    given = _arguments(words)
    if given.machine:  # before anything asks for its name: another machine's journals are not believed
        platform.node = lambda: given.machine
    if given.room:
        keep_room(given.room)
    if given.die:
        doom(Doom.parse(given.die))
    folder = Path(given.folder)
    clock = ChaosClock(folder)
    try:
        with open_app(folder, clock) as app:
            print("ready", flush=True)
            _WORK[given.what](app, folder, given.words)
        print("done", flush=True)
        return 0
    except OutreachError as error:
        print(f"failed {type(error).__name__}: {error.what}", flush=True)
        return 3


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--die", default="")
    parser.add_argument("--room", type=int, default=0)
    parser.add_argument("--machine", default="")
    parser.add_argument("folder")
    parser.add_argument("what", choices=sorted(_WORK))
    parser.add_argument("words", nargs="*")
    return parser.parse_args(words)


def _send(app: Outreach, folder: Path, files: list[str]) -> None:
    for name, _, campaign in (each.partition("=") for each in files):
        rejects = RejectsFile(folder / f"{name}.{os.getpid()}.rejects")
        with rejects, app.run() as run:
            rows = read_contacts(folder / name, campaign, now=app.clock.now())
            for _ in Sending(app, run.dispatcher.dispatch, rejects).send(rows):
                pass


def _work(app: Outreach, _folder: Path, words: list[str]) -> None:
    with app.run() as run:
        working = Working(app, run)
        signal.signal(signal.SIGTERM, lambda *_: working.stop())
        timer = threading.Timer(float(words[0]), working.stop)
        timer.daemon = True
        timer.start()
        for _ in working.forever():
            pass


def _queue(app: Outreach, folder: Path, files: list[str]) -> None:
    for name, _, campaign in (each.partition("=") for each in files):
        rejects = RejectsFile(folder / f"{name}.{os.getpid()}.rejects")
        with rejects, jobs_of(app) as jobs:
            rows = read_contacts(folder / name, campaign, now=app.clock.now())
            for _ in Sending(app, Queueing(app.parts, jobs.wake).dispatch, rejects).send(rows):
                pass


def _serve(app: Outreach, _folder: Path, words: list[str]) -> None:
    """It has somebody look for what is due at once, and rides out whatever befalls the store."""
    from outreach.engines.carrier import ProcrastinateJobs

    with closing(ProcrastinateJobs(app.settings.ledger_url(), app.clock, heartbeat=0.5, silent=2)) as jobs:
        worker = Serving(app, jobs)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        timer = threading.Timer(float(words[0]), worker.stop)
        timer.daemon = True
        timer.start()
        worker.work()


def _agent(app: Outreach, folder: Path, words: list[str]) -> None:
    """Dials at once, and may be too late to say how it went: then the task was closed behind her back."""
    name, tasks = words[0], int(words[1])
    chance = random.Random(name)
    witness = Witness(folder, ChaosClock(folder))
    listed = False
    for _ in range(tasks):
        task, _ = app.worklist.next(name)
        if task is None and not listed:
            listed = True
            _sweep(app)  # puts on the list what is lawful again
            task, _ = app.worklist.next(name)
        if task is None:
            return
        if chance.random() < 0.05:
            app.worklist.release(task.attempt)
            continue
        witness.saw(task.attempt, task.contact.contact.to, "call")
        reached("dialled")
        [code] = chance.choices([*_ENDS], [*_ENDS.values()])
        _dispose(app, task.attempt, SHIPPED[code], name)


def _sweep(app: Outreach) -> None:
    with app.run() as run:
        for _ in Working(app, run).once():
            pass


def _dispose(app: Outreach, attempt: str, code: Code, agent: str) -> None:
    try:
        app.worklist.done(attempt, Disposition.coded(code, agent=agent))
    except InputError:
        with app.ledger.read() as reading:
            contact = reading.contact_of_attempt(attempt)
        if contact is None or contact.state is ContactState.OPEN:
            raise


def _tell(app: Outreach, _folder: Path, words: list[str]) -> None:
    """The same seed says the same, under the same keys: what was not acknowledged is told again."""
    with app.ledger.read() as reading:
        people = reading.persons_by_id(reading.person_ids())
    consumers = sorted((each.consumer for each in people.values()), key=lambda each: each.id)
    chance = random.Random(words[0])
    for number in range(int(words[1])):
        her = chance.choice(consumers)
        kind = chance.choice(["sms", "email", "call"])
        if kind == "call":
            fields = {"channel": "call", "from": her.phones[0].number, "conversation": True}
            event = Event("inbound", app.clock.now(), fields)
        else:
            to = her.phones[0].number if kind == "sms" else her.emails[0].address
            event = Event("opt_out", app.clock.now(), {"channel": kind, "to": to})
        _, unrecorded = app.inbound.events([(her.id, event, f"told-{words[0]}-{number}")])
        assert not unrecorded
        reached("told")


def _calm(app: Outreach, folder: Path, words: list[str]) -> None:
    """Everything that may be done at this moment."""
    _sweep(app)
    _agent(app, folder, [words[0], "1000"])


_WORK = {
    "send": _send,
    "work": _work,
    "queue": _queue,
    "serve": _serve,
    "agent": _agent,
    "tell": _tell,
    "calm": _calm,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
