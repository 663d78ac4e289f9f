"""A real project in a temporary folder: real settings, packs, templates, ledger and threads.

The only thing that is ours is the wire: a drop-in channel plugin that writes down what it is handed and
ends as its script says.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from outreach.assemble import Outreach, assemble
from outreach.cli.importing import consumers_from, events_from
from outreach.domain import Clock, Contact, FrozenClock, Purpose, StartedClock, Way
from outreach.engines.local import Working
from outreach.pipeline.items import Answer, Item
from outreach.settings import load_settings
from outreach.worklist import Disposition, Task

TUESDAY = datetime(2026, 6, 2, 19, 0, tzinfo=UTC)
"""15:00 in New York, noon in Los Angeles."""

SETTINGS = """
plugins = ["call-task", "wire"]
group = {group}

[collector]
id = "us"
kind = "agency"
name = "Northgate Recovery"
phone = "+16145550100"

[collector.address]
lines = ["1 Main Street"]
city = "Columbus"
region = "OH"
postal_code = "43215"
country = "US"

[creditors.mill]
name = "Mill Street Bank"

[routes]
sms = "wire-sms"
email = "wire-email"
letter = "wire-letter"

[[senders]]
id = "line"
channel = "call"
address = "+16145550100"
name = "Robin Smith"

[[senders]]
id = "texts"
channel = "sms"
address = "+16145550101"

[[senders]]
id = "mail"
channel = "email"
address = "office@northgate.example"
name = "Northgate Recovery"

[[senders]]
id = "head"
channel = "letter"
address = "1 Main Street, Columbus OH 43215"
name = "Northgate Recovery"
{more}
"""

WIRE = '''
"""Writes down what it is handed; ends as script.json says, by address."""

import json
import os
import time
from pathlib import Path

from outreach.channels import Accepted, Channel, Rate, SendFailed
from outreach.domain import Way
from outreach.hookspecs import hookimpl

OUTREACH_API = 1


class Wire(Channel):
    rate = Rate(at_once=4)

    def __init__(self, folder):
        self.folder = Path(folder)

    def send(self, cleared):
        script = self.folder / "script.json"
        ending = json.loads(script.read_text()).get(cleared.address, "") if script.exists() else ""
        if ending == "not_sent":
            raise SendFailed.not_sent("line down", retry=True)
        if ending == "refused":
            raise SendFailed.refused("no such address")
        if ending == "opted_out":
            raise SendFailed.opted_out("21610")
        if ending == "cannot_say":
            raise SendFailed.cannot_say("too long")
        line = json.dumps({"attempt": cleared.attempt, "to": cleared.address, "text": cleared.words.text})
        handle = os.open(self.folder / "sent.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, (line + "\\n").encode())
        finally:
            os.close(handle)
        if ending == "unknown":
            raise SendFailed.unknown("no answer")
        if ending == "raises":
            raise RuntimeError("something nobody thought of")
        if ending.startswith("sleeps:"):
            time.sleep(float(ending.partition(":")[2]))
        return Accepted(provider_id="w-" + cleared.attempt)


class WireSms(Wire):
    name = "wire-sms"
    medium = Way.SMS


class WireEmail(Wire):
    name = "wire-email"
    medium = Way.EMAIL


class WireLetter(Wire):
    name = "wire-letter"
    medium = Way.LETTER


@hookimpl
def outreach_register_channels(register, settings):
    for kind in (WireSms, WireEmail, WireLetter):
        register(kind(settings["folder"]))
'''


def running_clock() -> StartedClock:
    """A clock for another process: a minute after the test's, and further for each process that follows.

    TEST_EPOCH, the moment at which the test began, keeps one process from living before another.
    """
    passed = time.time() - float(os.environ["TEST_EPOCH"])
    return StartedClock(TUESDAY + timedelta(minutes=1, seconds=passed))


class Store:
    """Where new projects keep their ledgers: in a file of their own, unless a test says on a server."""

    def ledger(self, folder: Path) -> str:
        """The table ``[ledger]`` of a new project."""
        return ""


class Encrypted(Store):
    """Files whose personal values are encrypted; the master key lies where users put it."""

    def ledger(self, folder: Path) -> str:
        dotenv = folder / ".env"
        dotenv.touch(0o600)
        dotenv.write_text(f"OUTREACH_LEDGER__MASTER_KEYS={'1f' * 32}\n")
        return ""


STORE = Encrypted() if os.environ.get("TESTS_ENCRYPTED") else Store()


class Project:
    """A project and the means to work on it as its users do."""

    def __init__(
        self, folder: Path, *, clock: Clock | None = None, group: int = 500, more: str = "", wire: str = WIRE
    ) -> None:
        self.folder = folder
        self.clock: Any = clock or FrozenClock(TUESDAY)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plugins").mkdir(mode=0o755, exist_ok=True)
        (folder / "plugins" / "wire.py").write_text(wire)
        (folder / "plugins" / "wire.py").chmod(0o644)
        ledger = STORE.ledger(folder)
        (folder / "outreach.toml").write_text(SETTINGS.format(group=group, more=f"{more}\n{ledger}"))
        self.app: Outreach = self.open(create=True)

    def open(self, *, create: bool = False) -> Outreach:
        """Another opening of the same project, as another process would have it."""
        return assemble(load_settings(self.folder), clock=self.clock, create=create)

    def close(self) -> None:
        self.app.close()

    # ---- files in ----------------------------------------------------------------------------------

    def consumers(self, *consumers: Mapping[str, Any], known_since: datetime | None = None) -> dict[str, Any]:
        path = self._lines("people.jsonl", consumers)
        return consumers_from(self.app, path, known_since, None, lambda _n: None)

    def events(self, *events: Mapping[str, Any]) -> dict[str, Any]:
        path = self._lines("events.jsonl", events)
        return events_from(self.app, path, None, lambda _n: None)

    def _lines(self, name: str, values: Iterable[Mapping[str, Any]]) -> Path:
        path = self.folder / name
        path.write_text("".join(json.dumps(value) + "\n" for value in values))
        return path

    # ---- contacts ----------------------------------------------------------------------------------

    def send(self, *contacts: Contact, app: Outreach | None = None) -> list[Answer]:
        """Send these; the answers in the order of the contacts."""
        with (app or self.app).run() as run:
            items = [Item(contact, line) for line, contact in enumerate(contacts, 1)]
            answers = [each for group in run.dispatcher.dispatch(items) for each in group]
        return sorted(answers, key=lambda answer: answer.line)

    def work(self) -> list[Answer]:
        """Everything that is due now."""
        with self.app.run() as run:
            return [each for group in Working(self.app, run).once() for each in group]

    def closed(self, told: Disposition) -> Task:
        """The next call task, taken by an agent and closed with what is told."""
        task, _ = self.app.worklist.next("agent")
        assert task is not None
        self.app.worklist.done(task.attempt, told)
        return task

    @property
    def sent(self) -> list[dict[str, Any]]:
        """What reached the wire, in order."""
        path = self.folder / "sent.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def script(self, **endings: str) -> None:
        """How the wire ends, by address."""
        (self.folder / "script.json").write_text(json.dumps(endings))

    def kinds(self, ref: str) -> list[str]:
        """The kinds of events recorded of this consumer, in chain order."""
        return [event.kind for event in self.stream(ref)]

    def stream(self, ref: str) -> Sequence[Any]:
        """Everything recorded of this consumer, in chain order."""
        with self.app.ledger.read() as reading:
            person = reading.persons([ref])[ref]
            return reading.knowledge([person.id])[person.id].events


def consumer(ref: str = "p1", **changes: Any) -> dict[str, Any]:
    """An invented consumer in Columbus, Ohio, as import files have her."""
    number = int(ref.strip("abcdefghijklmnopqrstuvwxyz") or 1)
    base = {
        "id": ref,
        "name": f"Alex Example {number}",
        "language": "en",
        "addresses": [
            {"kind": "home", "country": "US", "region": "OH", "postal_code": "43215", "city": "Columbus"}
            | {"lines": [f"{number} High Street"]}
        ],
        "phones": [{"number": phone(number), "kind": "mobile"}],
        "emails": [{"address": f"person{number}@example.com", "kind": "personal"}],
        "debts": [
            {
                "id": f"{ref}-d1",
                "kind": "credit_card",
                "creditor": "mill",
                "account_number": f"40000000{number:08d}",
                "balance": {"minor": 123450, "currency": "USD"},
                "as_of": "2026-05-31",
            }
        ],
    }
    return base | changes


def phone(number: int) -> str:
    """An Ohio number nobody has."""
    return f"+1614555{number:04d}"


def consents(ref: str, number: int, at: str = "2026-05-20T10:00:00-04:00") -> dict[str, Any]:
    """Consent to texts, given to us."""
    return {
        "consumer": ref,
        "key": f"consent-{ref}",
        "at": at,
        "event": "consent",
        "scope": "sms",
        "to": phone(number),
        "given_to": "collector",
    }


def sms(ref: str = "p1", number: int = 1, key: str = "", **changes: Any) -> Contact:
    """A wish to text a reminder."""
    values: dict[str, Any] = {
        "person": ref,
        "channel": Way.SMS,
        "to": phone(number),
        "purpose": Purpose.COLLECT,
        "campaign": "test",
        "key": key or f"{ref}-sms",
        "template": "reminder",
    }
    return Contact(**(values | changes))


def email(ref: str = "p1", number: int = 1, key: str = "", **changes: Any) -> Contact:
    """A wish to e-mail a reminder."""
    changed = {"channel": Way.EMAIL, "to": f"person{number}@example.com", "key": key or f"{ref}-email"}
    return sms(ref, number, **(changed | changes))


def call(ref: str = "p1", number: int = 1, key: str = "", **changes: Any) -> Contact:
    """A wish to have an agent call."""
    return sms(
        ref, number, **({"channel": Way.CALL, "template": "early", "key": key or f"{ref}-call"} | changes)
    )


def letter(ref: str = "p1", key: str = "", **changes: Any) -> Contact:
    """A wish to write a letter home."""
    return sms(ref, 1, **({"channel": Way.LETTER, "to": "home", "key": key or f"{ref}-letter"} | changes))
