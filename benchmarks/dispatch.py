"""P1: contacts through the whole pipeline to a channel that does nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outreach.assemble import Outreach, assemble
from outreach.cli.setup import make_project
from outreach.domain import Consumer, Contact, Debt, Email, FrozenClock, Money, Way
from outreach.domain.people import Address
from outreach.domain.words import EndpointKind
from outreach.pipeline.items import Answered, Item
from outreach.settings import load_settings

_NULL = '''
"""A channel that does nothing, at once."""

from outreach.channels import Accepted, Channel, Rate
from outreach.domain import Way
from outreach.hookspecs import hookimpl

OUTREACH_API = 1
ACCEPTED = Accepted("null")


class Null(Channel):
    name = "null-email"
    medium = Way.EMAIL
    rate = Rate(at_once=1)

    def send(self, cleared):
        return ACCEPTED


@hookimpl
def outreach_register_channels(register, settings):
    register(Null())
'''


@dataclass(frozen=True, slots=True)
class Dispatched:
    """``rate``: contacts a second. ``processor``: microseconds a contact, all threads. ``commits``: durable
    ones that the pipeline made for these contacts, each an fsync.
    """

    rate: float
    processor: float
    commits: int
    packs: int
    rules: int


def guarded_dispatch(folder: Path, contacts: int) -> Dispatched:
    """From the first draft to the last durable close, and what was in force."""
    with _project(folder) as app:
        for start in range(0, contacts, 1000):
            app.inbound.consumers([_consumer(n) for n in range(start, min(start + 1000, contacts))], None)
        app.note_documents()
        sent, other = 0, None
        commits = _counted_commits(app)
        began, worked = time.perf_counter(), time.process_time()
        with app.run() as run:
            for answers in run.dispatcher.dispatch(_items(contacts)):
                for answer in answers:
                    if answer.answered is Answered.SENT:
                        sent += 1
                    else:
                        other = answer
            took, work = time.perf_counter() - began, time.process_time() - worked
        if sent != contacts:
            raise SystemExit(f"only {sent} of {contacts} were sent; the figure would mean nothing: {other}")
        rules = sum(len(pack.rules) for pack in app.policy.packs)
        return Dispatched(contacts / took, work / contacts * 1e6, commits(), len(app.policy.packs), rules)


def _counted_commits(app: Outreach) -> Callable[[], int]:
    """Count every write of the ledger that ends in a commit from now on."""
    ledger, made = app.parts.ledger, 0
    write = ledger.write

    @contextmanager
    def counted(*args: Any, **options: Any) -> Iterator[Any]:
        nonlocal made
        with write(*args, **options) as writing:
            yield writing
        made += 1

    vars(ledger)["write"] = counted
    return lambda: made


def _project(folder: Path) -> Outreach:
    make_project(folder)
    (folder / "plugins").mkdir(mode=0o755)
    plugin = folder / "plugins" / "null.py"
    plugin.write_text(_NULL)
    plugin.chmod(0o644)
    settings = load_settings(
        folder,
        overrides={"plugins": ["outbox", "call-task", "null"], "routes": {"email": "null-email"}},
    )
    return assemble(settings, clock=FrozenClock(datetime(2026, 6, 2, 19, tzinfo=UTC)), create=True)


def _consumer(number: int) -> Consumer:
    return Consumer(
        id=f"c{number}",
        name=f"Alex Example {number}",
        language="en",
        addresses=(Address(EndpointKind.HOME, "US", "OH", "43215", (f"{number} High Street",), "Columbus"),),
        emails=(Email(f"person{number}@example.com", EndpointKind.PERSONAL),),
        debts=(
            Debt(
                id=f"d{number}",
                kind="credit_card",
                account_number=f"{4000000000000000 + number}",
                creditor="lakeside",
                balance=Money(123450 + number, "USD"),
                as_of="2026-05-31",
            ),
        ),
    )


def _items(contacts: int) -> Iterator[Item]:
    for number in range(contacts):
        yield Item(
            Contact(
                person=f"c{number}",
                channel=Way.EMAIL,
                to=f"person{number}@example.com",
                campaign="bench",
                key=f"k{number}",
                template="reminder",
            ),
            number + 1,
        )
