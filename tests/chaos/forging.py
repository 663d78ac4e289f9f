"""A project in which nothing went wrong, and the means to plant what must never be.

What is planted is consistent with itself, so that the checker finds that one thing and nothing else.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from outreach.assemble import Outreach
from outreach.domain import Contact, NewEvent, Outcome, Purpose, Way
from outreach.intake import content_digest
from outreach.ledger import ContactState, Ledger, StoredContact, open_ledger
from tests.chaos.checker import Report, check
from tests.chaos.clock import BEGINS, ChaosClock
from tests.chaos.plan import Plan, Row
from tests.chaos.scenario import open_app

__all__ = ["Forged", "local"]


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """So many days after the storm's first, by a clock in Columbus, where p0 and p1 live."""
    return datetime.fromisoformat(f"2026-06-01T{hour:02d}:{minute:02d}-04:00") + timedelta(days=day)


@dataclass
class Forged:
    """A copy of a good project, to be spoilt.

    The clock is set to each moment before something is recorded at it, as it was in truth.
    """

    folder: Path
    plan: Plan
    numbers: int = 0

    @classmethod
    def copy(cls, good: Path, plan: Plan, folder: Path) -> Forged:
        """A fresh copy."""
        shutil.copytree(good, folder)
        settings = folder / "outreach.toml"
        settings.write_text(settings.read_text().replace(str(good), str(folder)))
        return cls(folder, plan)

    def check(self) -> Report:
        """What the checker says of it."""
        with closing(self.ledger(ChaosClock(self.folder))) as ledger:
            return check(ledger, self.folder, self.plan)

    def open(self) -> Outreach:
        """The project as any process opens it."""
        return open_app(self.folder, ChaosClock(self.folder))

    def ledger(self, clock: Any) -> Ledger:
        return open_ledger(f"sqlite:///{self.folder / 'outreach.db'}", clock)

    def breaches(self) -> list[str]:
        """The rules broken."""
        return [each.rule for each in self.check().breaches]

    # ---- planting ----------------------------------------------------------------------------------

    def tell(self, ref: str, kind: str, at: datetime, **fields: Any) -> None:
        """Record one event of this person."""
        clock = self._at(at)
        with closing(self.ledger(clock)) as ledger, ledger.write() as writing:
            person = writing.persons([ref])[ref].id
            writing.append([NewEvent(person, kind, at, fields)])

    def attempt(
        self,
        ref: str,
        channel: str,
        at: datetime,
        *,
        outcome: str = "accepted",
        closings: int = 1,
        verdict: str = "allow",
        line: bool = True,
        left: datetime | None = None,
        recorded: datetime | None = None,
        code: str = "",
        to: str = "",
        **more: Any,
    ) -> str:
        """A contact that somebody asked for, judged, opened, closed and handed over; its attempt's id."""
        human = next(each for each in self.plan.people if each.ref == ref)
        address = human.email if channel == "email" else human.phone
        stored = self._contact(ref, channel, address)
        attempt = f"A{stored.id}"
        events = [
            self._decided(stored, at, verdict, attempt),
            ("attempt_opened", {"contact": stored.id, "attempt": attempt, "channel": channel, "to": address}),
            *[("attempt_closed", {"attempt": attempt, "outcome": outcome} | ({"code": code} if code else {}))]
            * (closings if outcome else 0),
        ]
        if channel == "call" and outcome == "accepted":
            events.append(("call_result", {"attempt": attempt, "result": "no_answer", **more}))
        state = ContactState.DONE if outcome else ContactState.OPEN
        standing = replace(
            stored, state=state, attempt=attempt, outcome=Outcome(outcome) if outcome else None, run="r"
        )
        self._write(standing, at, events, recorded=recorded or at)
        if line:
            self.line(attempt, to or address, channel, left or at)
        return attempt

    def again(self, first: str, at: datetime, *, line: bool = True) -> str:
        """The same contact, judged and handed over once more."""
        stored = self._stored(first)
        attempt = f"B{stored.id}"
        to, channel = stored.contact.to, stored.contact.channel.value
        opened = {"contact": stored.id, "attempt": attempt, "channel": channel, "to": to}
        events = [
            self._decided(stored, at, "allow", attempt),
            ("attempt_opened", opened),
            ("attempt_closed", {"attempt": attempt, "outcome": "accepted"}),
        ]
        standing = replace(stored, state=ContactState.DONE, attempt=attempt, outcome=Outcome.ACCEPTED)
        self._write(standing, at, events, new=False)
        if line:
            self.line(attempt, to, channel, at)
        return attempt

    def held(self, ref: str, at: datetime, rule: str) -> None:
        """A contact by e-mail that was held for this rule."""
        human = next(each for each in self.plan.people if each.ref == ref)
        stored = self._contact(ref, "email", human.email)
        kind, fields = self._decided(stored, at, "hold", "")
        fields["findings"] = {"passed": [], "told": [{"rule": rule, "verdict": "hold"}]}
        due = at + timedelta(days=1)
        self._write(replace(stored, state=ContactState.HELD, due=due), at, [(kind, fields)])

    def received(self, ref: str, at: datetime) -> None:
        """A contact that came, and was never judged."""
        human = next(each for each in self.plan.people if each.ref == ref)
        stored = self._contact(ref, "email", human.email)
        self._write(replace(stored, state=ContactState.BLOCKED), at, [])

    def line(self, attempt: str, to: str, by: str, at: datetime) -> None:
        """The wire saw this leave."""
        with closing(ChaosClock(self.folder)) as clock:
            true = (at - BEGINS).total_seconds() - clock.offset()
        told = {"attempt": attempt, "to": to, "by": by, "at": at.isoformat(), "true": true}
        with (self.folder / "sent.jsonl").open("a") as file:
            file.write(json.dumps(told) + "\n")

    def unask(self) -> None:
        """Nobody had asked for what was planted last."""
        self.plan = replace(self.plan, rows=self.plan.rows[:-1])

    def sql(self, statement: str, *values: object) -> int:
        """Change a row behind everybody's back; how many there were."""
        with closing(sqlite3.connect(self.folder / "outreach.db", isolation_level=None)) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            return connection.execute(statement, values).rowcount

    # ---- how it is done ----------------------------------------------------------------------------

    def _at(self, moment: datetime) -> Any:
        """A clock that stands there. The storm's own ran on without a jump, and so would this."""

        class Standing:
            def now(self) -> datetime:
                return moment

        return Standing()

    def _contact(self, ref: str, channel: str, to: str) -> StoredContact:
        self.numbers += 1
        key = f"planted-{self.numbers}"
        wish = Contact(ref, Way(channel), to, Purpose.COLLECT, campaign="planted", key=key)
        row = Row("planted.csv", self.numbers, "planted", key, ref, channel, to)
        self.plan = replace(self.plan, rows=(*self.plan.rows, row))
        return StoredContact(f"C{self.numbers:025d}", ref, wish, content_digest(wish), ContactState.HELD)

    def _stored(self, attempt: str) -> StoredContact:
        with closing(self.ledger(self._at(BEGINS))) as ledger, ledger.read() as reading:
            found = reading.contact_of_attempt(attempt)
        assert found is not None
        return found

    @staticmethod
    def _decided(
        stored: StoredContact, at: datetime, verdict: str, attempt: str
    ) -> tuple[str, dict[str, Any]]:
        fields: dict[str, Any] = {"contact": stored.id, "verdict": verdict, "moment": at.isoformat()}
        fields["findings"] = {"passed": [], "told": []}
        return "decided", fields | ({"attempt": attempt} if attempt else {})

    def _write(
        self,
        stored: StoredContact,
        at: datetime,
        events: Sequence[tuple[str, dict[str, Any]]],
        *,
        new: bool = True,
        recorded: datetime | None = None,
    ) -> None:
        with closing(self.ledger(self._at(recorded or at))) as ledger, ledger.write() as writing:
            person = writing.persons([stored.person])[stored.person].id if new else stored.person
            wish = stored.contact
            fields = {"contact": stored.id, "channel": wish.channel.value, "to": wish.to}
            told = [NewEvent(person, "contact_received", at, fields)] if new else []
            told += [NewEvent(person, kind, at, dict(said)) for kind, said in events]
            recorded = writing.append(told)
            decision = next((each.id for each in reversed(recorded) if each.kind == "decided"), "")
            standing = replace(stored, person=person, decision=decision, opened_at=at)
            (writing.add_contacts if new else writing.update_contacts)([standing])
