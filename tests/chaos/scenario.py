"""A project made for a storm: settings, a pack of tight limits, a wire that misbehaves, people and files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from outreach.assemble import Outreach, assemble
from outreach.cli.importing import consumers_from, events_from
from outreach.settings import load_settings
from tests.chaos.clock import ChaosClock
from tests.chaos.plan import Limits, Plan, consent, consumer
from tests.chaos.stores import Store
from tests.support import SETTINGS

__all__ = ["GROUP", "Scenario", "open_app"]

GROUP = 20

_SETTINGS = """
[ledger]
url = "{url}"

[plugin.wire]
seed = "{seed}"
"""

_WIRE = """from tests.chaos.wire import OUTREACH_API, outreach_register_channels

__all__ = ["OUTREACH_API", "outreach_register_channels"]
"""

_PACK = """
pack: chaos
title: Limits tight enough to be met all the time
jurisdiction: any
authority: this test
checked: {{on: "2026-01-01", against: "this test", again_by: "2030-01-01"}}
evidence: text
force: house
rules:
  - id: chaos.emails
    title: So many e-mails to a person in a week
    check: frequency
    standard: prohibition
    cites: [this test]
    applies_to: {{channel: [email]}}
    in_force:
      "2026-01-01":
        {{at_most: {emails}, within: {email_days}, unit: days, per: [person], channels: [email]}}
  - id: chaos.debt-emails
    title: So many e-mails about a debt in a week, whoever owes it
    check: frequency
    standard: prohibition
    cites: [this test]
    applies_to: {{channel: [email]}}
    in_force:
      "2026-01-01":
        {{at_most: {debt_emails}, within: {email_days}, unit: days, per: [debt], channels: [email]}}
  - id: chaos.texts
    title: So many texts to a number in a day, whoever has it
    check: frequency
    standard: prohibition
    cites: [this test]
    applies_to: {{channel: [sms]}}
    in_force:
      "2026-01-01": {{at_most: {texts}, within: 1, unit: days, per: [endpoint], channels: [sms]}}
  - id: chaos.spacing
    title: Some hours between any two contacts
    check: spacing
    standard: prohibition
    cites: [this test]
    in_force:
      "2026-01-01":
        {{at_least: {gap_hours}, unit: hours, per: [person], channels: [call, voicemail, sms, email]}}
"""


class Scenario:
    """A project in its folder, ready to be worked on by other processes.

    :param root: where the store keeps its projects.
    :param seed: of the wire's endings; "" for a wire that behaves.
    """

    def __init__(self, store: Store, root: Path, name: str, plan: Plan, seed: str = "") -> None:
        self.plan = plan
        self.folder = root / name
        self.machine = self.folder / ".outreach"  # what a ledger on a server keeps here
        (self.folder / "plugins").mkdir(parents=True)
        (self.folder / "policies").mkdir()
        self.url = store.url(name)
        _write(self.folder / "plugins" / "wire.py", _WIRE)
        _write(self.folder / "policies" / "pack.yaml", _PACK.format(**_limits(plan.limits)))
        settings = SETTINGS.format(group=GROUP, more=_SETTINGS.format(url=self.url, seed=seed))
        _write(self.folder / "outreach.toml", settings.replace('letter = "wire-letter"\n', ""))
        self.clock = ChaosClock(self.folder)
        self._fill()

    def open(self, *, create: bool = False) -> Outreach:
        """Another opening of the project, in this process."""
        return open_app(self.folder, self.clock, create=create)

    def close(self) -> None:
        self.clock.close()

    def _fill(self) -> None:
        """Everybody on file, texts consented to, and the campaign files written."""
        people = self.plan.people
        with self.open(create=True) as app:
            file = self._lines("people.jsonl", [consumer(each, n) for n, each in enumerate(people)])
            assert 0 == consumers_from(app, file, None, None, lambda _n: None)["rejected"]
            file = self._lines("consents.jsonl", [consent(each) for each in people])
            assert 0 == events_from(app, file, None, lambda _n: None)["rejected"]
        for name in self.plan.files:
            lines = ["key,person,channel,to,template"]
            for row in self.plan.rows:
                if row.file == name:
                    template = "early" if row.channel == "call" else "reminder"
                    lines.append(f"{row.key},{row.person},{row.channel},{row.to},{template}")
            lines += [row.text for row in self.plan.refused if row.file == name]
            _write(self.folder / name, "\n".join([*lines, ""]))

    def _lines(self, name: str, values: Iterable[object]) -> Path:
        file = self.folder / name
        _write(file, "".join(json.dumps(value) + "\n" for value in values))
        return file


def open_app(folder: Path, clock: ChaosClock, *, create: bool = False) -> Outreach:
    """The project in this folder, as any process opens it."""
    return assemble(load_settings(folder), clock=clock, create=create)


def _limits(limits: Limits) -> dict[str, int]:
    return {name: getattr(limits, name) for name in Limits.__slots__}


def _write(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o644)
