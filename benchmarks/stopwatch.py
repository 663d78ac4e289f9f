"""Stopwatches in the steps of the pipeline, each step counting only what is its own."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from figures import progress

_FUNCTIONS = {
    "admit: whom it is for, keys": ["outreach.dispatcher.admitted"],
    "facts: outside sources": ["outreach.pipeline.preparing.ask_sources"],
    "draft: words, sender, route": ["outreach.pipeline.drafting.Drafter.draft"],
    "draft: books, what it rests on": ["outreach.dispatcher.prepare"],
    "judge: rules": ["outreach.policy.Policy.decide"],
    "judge: cases, shared histories": ["outreach.pipeline.opening.decide"],
    "open: decisions and attempts": ["outreach.dispatcher.judge_group"],
    "open: what `decided` tells": ["outreach.pipeline.opening.decided"],
    "close: endings": ["outreach.dispatcher.close_all"],
}
_OF_WRITING = {
    "append": "append: events to their chains",
    "add_contacts": "store: contacts, words",
    "update_contacts": "store: contacts, words",
    "keep_words": "store: contacts, words",
    "keep_documents": "store: contacts, words",
    "spend": "store: contacts, words",
}
_READ, _LOCK, _COMMIT = "read: people, histories, keys", "lock", "commit"


class Stopwatch:
    """Nanoseconds by step, of the thread that made it: by the clock, and of processor time."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self.reset()

    def reset(self) -> None:
        """Begin anew; not while a step is under way."""
        self._sums: dict[str, list[int]] = {}
        self._steps: list[str] = []
        self._since = (0, 0)

    def enter(self, step: str) -> None:
        """From now on it is this step's time."""
        if threading.get_ident() == self._thread:
            self._charge()
            self._steps.append(step)

    def leave(self) -> None:
        """The step before goes on."""
        if threading.get_ident() == self._thread:
            self._charge()
            self._steps.pop()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Within it, time is this step's."""
        self.enter(name)
        try:
            yield
        finally:
            self.leave()

    def wrapped(self, function: Callable[..., Any], step: str) -> Callable[..., Any]:
        """The function, its time counted."""

        @wraps(function)
        def counted(*args: Any, **options: Any) -> Any:
            self.enter(step)
            try:
                return function(*args, **options)
            finally:
                self.leave()

        return counted

    def told(self) -> list[tuple[str, tuple[int, int]]]:
        """The sums, the dearest first."""
        found = [(step, (wall, work)) for step, (wall, work) in self._sums.items()]
        return sorted(found, key=lambda each: -each[1][1])

    def _charge(self) -> None:
        now = (time.perf_counter_ns(), time.thread_time_ns())
        if self._steps:
            sums = self._sums.setdefault(self._steps[-1], [0, 0])
            sums[0] += now[0] - self._since[0]
            sums[1] += now[1] - self._since[1]
        self._since = now


@contextmanager
def watch_functions(watch: Stopwatch) -> Iterator[None]:
    """Count the pipeline's own functions; one that is no longer there is said and left out."""
    with ExitStack() as stack:
        for step, names in _FUNCTIONS.items():
            for name in names:
                where, _, attribute = name.rpartition(".")
                owner = _found(where)
                function = getattr(owner, attribute, None)
                if function is None:
                    progress(f"there is no {name} any more: its time counts elsewhere")
                else:
                    stack.enter_context(patch.object(owner, attribute, watch.wrapped(function, step)))
        yield


def _found(name: str) -> Any:
    """A module, or a class in one."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, inner = name.rpartition(".")
        return getattr(importlib.import_module(module), inner, None)


class TimedLedger:
    """A ledger whose locks, commits and questions are counted."""

    def __init__(self, ledger: Any, watch: Stopwatch) -> None:
        self._ledger = ledger
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    @contextmanager
    def read(self) -> Iterator[Any]:
        with self._counted(self._ledger.read(), _READ, _READ, {}) as reading:
            yield reading

    @contextmanager
    def write(self, subjects: Collection[Any] = (), **options: Any) -> Iterator[Any]:
        with self._counted(self._ledger.write(subjects, **options), _LOCK, _COMMIT, _OF_WRITING) as writing:
            yield writing

    @contextmanager
    def _counted(
        self, inner: AbstractContextManager[Any], first: str, last: str, steps: Mapping[str, str]
    ) -> Iterator[Any]:
        """Beginning and end are steps, and so is each question between them."""
        with self._watch.step(first):
            view = inner.__enter__()
        try:
            yield _Timed(view, self._watch, steps)
        except BaseException as error:
            if not inner.__exit__(type(error), error, error.__traceback__):
                raise
        else:
            with self._watch.step(last):
                inner.__exit__(None, None, None)


class _Timed:
    """A view of the ledger whose questions are counted."""

    def __init__(self, view: Any, watch: Stopwatch, steps: Mapping[str, str]) -> None:
        self._view = view
        self._watch = watch
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        return self._watch.wrapped(getattr(self._view, name), self._steps.get(name, _READ))
