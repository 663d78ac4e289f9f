"""Another process at the worst moment, and processes that die: at each step between drafting and closing.

The parts are real; only the ledger that one run sees and the delivery it starts can be stopped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from outreach.assemble import Outreach
from outreach.dispatcher import Dispatcher
from outreach.ledger import Ledger, Run, Subject, Writing
from outreach.pipeline.delivery import Delivery, Ending, Opened
from outreach.pipeline.items import Answer, Item
from outreach.pipeline.parts import Parts
from outreach.pipeline.recovery import recover

__all__ = ["Crash", "Plan", "interrupted", "run"]


class Crash(BaseException):
    """The process is gone."""


@dataclass(slots=True)
class Plan:
    """What is to go wrong in one run.

    ``meanwhile``: what others do, once, at ``moment``: before the first ``lock``, after the first
    ``commit`` or before the first ``send``. ``dies``: ``before-commit`` or ``after-commit`` of write
    number ``at``; or at send number ``at``, before it is handed over (``opened``) or just after that
    was noted (``noted``).
    ``late``: no ending is written while there are rows to take.
    """

    meanwhile: Callable[[], None] | None = None
    moment: str = ""
    dies: str = ""
    at: int = 0
    late: bool = False

    def interrupt(self, moment: str) -> None:
        if self.meanwhile is not None and self.moment == moment:
            action, self.meanwhile = self.meanwhile, None
            action()


class _Watched:
    """A ledger whose writes can be interrupted."""

    def __init__(self, ledger: Ledger, plan: Plan) -> None:
        self._ledger = ledger
        self._plan = plan
        self._writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    @contextmanager
    def write(
        self, subjects: Collection[Subject] = (), *, first: bool = False, contacts: Collection[str] = ()
    ) -> Iterator[Writing]:
        self._plan.interrupt("lock")
        with self._ledger.write(subjects, first=first, contacts=contacts) as writing:
            yield writing
            self._die("before-commit")
        self._die("after-commit")
        self._writes += 1
        self._plan.interrupt("commit")

    def _die(self, where: str) -> None:
        if self._plan.dies == where and self._plan.at == self._writes:
            raise Crash


class _Cut(Delivery):
    """A delivery that can be interrupted, and that tells of endings at once or as late as it may."""

    def __init__(self, parts: Parts, lease: Run, plan: Plan) -> None:
        super().__init__(parts, lease)
        self._plan = plan
        self._lease = lease
        self._started = 0

    def start(self, opened: Opened) -> None:
        self._plan.interrupt("send")
        if self._plan.dies in ("opened", "noted") and self._plan.at == self._started:
            if self._plan.dies == "noted":
                self._lease.hand_over(opened.judged.attempt_id)
            raise Crash
        self._started += 1
        super().start(opened)

    def ended(self) -> list[Ending]:
        return [] if self._plan.late else self.all()

    def all(self) -> list[Ending]:
        """The endings of everything under way."""
        return [each for some in iter(self.wait, []) for each in some]


def interrupted(parts: Parts, plan: Plan) -> Parts:
    """The same parts over a ledger to which the plan happens."""
    return replace(parts, ledger=cast("Ledger", _Watched(parts.ledger, plan)))


def run(app: Outreach, items: Iterable[Item], plan: Plan, group: int) -> list[Answer] | None:
    """One run of a process, as ``Outreach.run`` has it; ``None`` if it died.

    :param group: how many contacts share a commit.
    """
    limits = replace(app.parts.limits, group=group)
    parts = replace(interrupted(app.parts, plan), limits=limits)
    recover(app.parts)
    app.note_documents()
    lease = app.ledger.begin_run()
    dispatcher = Dispatcher(parts, lease)
    delivery = _Cut(parts, lease, plan)
    dispatcher._delivery = delivery
    try:
        answers = [each for some in dispatcher.dispatch(items) for each in some]
        lease.close()
    except Crash:
        delivery.all()  # what was with a channel by then may have left
        delivery.close()
        _let_go(lease)
        return None
    return answers


def _let_go(lease: Run) -> None:
    """What the kernel does with a dead process's lease: nothing is written, the lock is free."""
    leased: Any = lease
    os.close(leased._file)
    leased._file = None
