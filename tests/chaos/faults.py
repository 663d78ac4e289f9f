"""Death at a chosen step: the pipeline's own functions, wrapped so that a process kills itself there.

Nothing of outreach knows of it. A process that is to die is told a step and how often it may pass it;
SIGKILL leaves it no chance to clean up, as a machine that loses its power would not.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import outreach.dispatcher
import outreach.pipeline.recovery
import outreach.pipeline.taking
import outreach.worklist
from outreach.dispatcher import Dispatcher
from outreach.worklist import WorkList

__all__ = ["AGENT_STEPS", "ANY", "SEND_STEPS", "STEPS", "TELL_STEPS", "Doom", "doom", "keep_room", "reached"]

ANY = "any"

SEND_STEPS = (
    "judging",  # with the lock held, judged, nothing written
    "in-commit",  # contacts and events written, not committed
    "committed",  # attempts stand open, none is handed over
    "noted",  # in the run's journal, not yet on the wire
    "sent",  # on the wire, nothing recorded of it
    "closing",  # what came of it written, not committed
    "closed",  # and committed, not yet answered
)
AGENT_STEPS = (
    "taking",  # a task judged and written, not committed
    "taken",  # its attempt stands open, the agent has not seen it
    "dialled",  # she has called, and said nothing of it
    "disposing",  # what she said is about to be written
)
TELL_STEPS = ("told",)  # what came from outside is committed and was not acknowledged
RECOVERY_STEPS = ("recovering",)  # what a crash left is being closed, not committed

STEPS = (*SEND_STEPS, *AGENT_STEPS, *TELL_STEPS, *RECOVERY_STEPS)


@dataclass
class Doom:
    """The step, or any, at whose so many-eth passing the process dies."""

    step: str
    passing: int

    @classmethod
    def parse(cls, text: str) -> Doom:
        """From ``sent:3``."""
        step, _, passing = text.partition(":")
        if step not in (*STEPS, ANY):
            raise ValueError(f"no step is called {step}")
        return cls(step, int(passing or 1))

    def __str__(self) -> str:
        return f"{self.step}:{self.passing}"


_dooms: list[Doom] = []  # this process's own; none or one
_lock = threading.Lock()


def reached(step: str) -> None:
    """The process has come to this step; it may be its last."""
    with _lock:
        for each in _dooms:
            if each.step in (step, ANY):
                each.passing -= 1
                if each.passing <= 0:
                    print(f"dies {step}", flush=True)
                    os.kill(os.getpid(), signal.SIGKILL)


def doom(told: Doom) -> None:
    """This process will die there. Wraps the pipeline, once, in this process alone."""
    _dooms.append(told)
    dispatcher, recovery = outreach.dispatcher, outreach.pipeline.recovery
    _after(dispatcher, "judge_group", "judging")
    _after(dispatcher, "store", "in-commit")
    _before(Dispatcher, "_hand_over", "committed", lambda _self, plan, *_: any(_opened(plan)))
    _after(dispatcher, "close_all", "closing", lambda _writing, endings, *_: bool(endings))
    _before(Dispatcher, "_settle", "closed", lambda _self, closed, *_: bool(closed))
    _after(outreach.pipeline.taking, "store", "taking")
    _before(WorkList, "_hand_over", "taken")
    _after(outreach.worklist, "follow_ups", "disposing")
    _after(recovery, "attempt_closed", "recovering")


def _opened(plan: Any) -> list[str]:
    return [each.attempt_id for each in plan.judged if each.attempt_id]


def _always(*_: Any) -> bool:
    return True


def _after(owner: Any, name: str, step: str, when: Callable[..., bool] = _always) -> None:
    real = getattr(owner, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        counts = when(*given)
        result = real(*given, **named)
        if counts:
            reached(step)
        return result

    setattr(owner, name, wrapped)


def _before(owner: Any, name: str, step: str, when: Callable[..., bool] = _always) -> None:
    real = getattr(owner, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        if when(*given):
            reached(step)
        return real(*given, **named)

    setattr(owner, name, wrapped)


def keep_room(largest: int) -> None:
    """No file of this process may grow beyond so many bytes, as where the disk is full."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
