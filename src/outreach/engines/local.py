"""The local engine: one process, SQLite, no services. ``send`` streams a file, ``work`` keeps going."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from outreach.assemble import Outreach, Run
from outreach.domain import SYSTEM, NewEvent
from outreach.engines.summary import Summary
from outreach.intake import ContactRow, Rejection, RejectsFile
from outreach.pipeline.items import Answer, Answered, Item
from outreach.pipeline.recovery import recover

__all__ = ["Sending", "Working"]

Dispatch = Callable[[Iterable[Item]], Iterator[list[Answer]]]

_LONGEST_REST = timedelta(seconds=5)  # `work` looks at least this often: facts may have freed a hold


class Sending:
    """One file of contacts on its way: rows in, an answer for each.

    :param dispatch: a dispatcher's, or a dry run's.
    :param rejects: where rows that cannot be used are kept with line, column and reason.
    :param record: whether rows that cannot be read are recorded (a dry run writes nothing).
    """

    def __init__(
        self, app: Outreach, dispatch: Dispatch, rejects: RejectsFile, *, record: bool = True
    ) -> None:
        self._app = app
        self._dispatch = dispatch
        self._rejects = rejects
        self._record = record
        self._raw: dict[int, str] = {}  # of rows on their way only
        self._unread: list[Rejection] = []
        self.summary = Summary()

    def send(self, rows: Iterable[ContactRow | Rejection]) -> Iterator[list[Answer]]:
        """Send each row; yields answers as they become final."""
        for answers in self._dispatch(self._items(rows)):
            for answer in answers:
                self.summary.add(answer)
                raw = self._raw.pop(answer.line, "")
                if answer.answered is Answered.REJECTED:
                    self._rejects.add(answer.line, answer.column, answer.reason, raw)
            self._record_unread()
            yield answers
        self._record_unread()

    def _items(self, rows: Iterable[ContactRow | Rejection]) -> Iterator[Item]:
        for row in rows:
            if isinstance(row, Rejection):
                self._unread.append(row)
                if len(self._unread) >= self._app.parts.limits.group:
                    self._record_unread()  # a file of nothing else fills no memory
                self.summary.add_rejected()
                self._rejects.add(row.line, row.column, row.reason, row.raw)
            else:
                self._raw[row.line] = row.raw
                yield Item(row.contact, row.line)

    def _record_unread(self) -> None:
        """Rows that could not be read get their recorded answer too, once however often they come."""
        if not self._record:
            self._unread.clear()
        if not self._unread:
            return
        now = self._app.clock.now()
        events = [
            NewEvent(
                SYSTEM,
                "row_rejected",
                now,
                {"line": row.line, "column": row.column, "reason": row.reason, "digest": row.digest},
                key=f"row:{row.digest}:{row.line}",
            )
            for row in self._unread
        ]
        with self._app.ledger.write() as writing:
            writing.append(events)
        self._unread.clear()


class Working:
    """Sends held contacts when their moment comes, judged afresh; sets right what crashes left.

    :param partition: only those of this share of all people.
    """

    def __init__(self, app: Outreach, run: Run, *, partition: int | None = None) -> None:
        self._app = app
        self._run = run
        self._partition = partition
        self._stopping = threading.Event()
        self.summary = Summary()

    def stop(self) -> None:
        """Finish what is under way, then return."""
        self._stopping.set()
        self._run.dispatcher.stop()

    def once(self) -> Iterator[list[Answer]]:
        """Everything that is due now."""
        for answers in self._run.dispatcher.dispatch(self._due()):
            for answer in answers:
                self.summary.add(answer)
            yield answers

    def forever(self, resting: Callable[[datetime | None], None] = lambda _: None) -> Iterator[list[Answer]]:
        """Go on until stopped, resting until the next hold is due.

        :param resting: told, before each rest, when the next hold is due.
        """
        while not self._stopping.is_set():
            recover(self._app.parts)
            yield from self.once()
            if self._stopping.is_set():
                return
            with self._app.ledger.read() as reading:
                due = reading.next_due()
            resting(due)
            rest = _LONGEST_REST
            if due is not None:
                rest = min(rest, max(timedelta(0), due - self._app.clock.now()))
            self._app.clock.sleep(max(rest.total_seconds(), 0.05))

    def _due(self) -> Iterator[Item]:
        """Held contacts whose moment has come, in order; each at most once a sweep."""
        seen: set[str] = set()
        limit = self._app.parts.limits.group
        while True:
            with self._app.ledger.read() as reading:
                found = reading.due(self._app.clock.now(), limit + len(seen), partition=self._partition)
                due = [contact for contact in found if contact.id not in seen]
                persons = reading.persons_by_id({contact.person for contact in due})
            if not due:
                return
            for contact in due:
                seen.add(contact.id)
                yield Item(contact.contact, stored=contact, person=persons[contact.person])
