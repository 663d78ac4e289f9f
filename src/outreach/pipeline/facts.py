"""Outside facts: every source is asked once a group, before any lock, within a time limit."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from outreach.hookspecs import FactSource
from outreach.ledger import KnownPerson
from outreach.logs import get
from outreach.pipeline.parts import Parts

__all__ = ["ask_sources", "facts_as_text"]

log = get(__name__)

Answers = Sequence[Mapping[str, Any]]


def ask_sources(parts: Parts, persons: Sequence[KnownPerson]) -> dict[str, dict[str, Any]]:
    """What outside sources say of each person, by internal id.

    A source that raises, is late or answers for the wrong number of people leaves its facts out, which
    blocks wherever a rule needs them. Of several answers the least permitting stands: a truth value
    restricts when true, and any other value joins the list of all that was said.
    """
    sources = parts.registry.fact_sources
    if not sources or not persons:
        return {}
    known: dict[str, dict[str, Any]] = {person.id: {} for person in persons}
    deadline = time.monotonic() + parts.limits.facts_seconds
    for question in [_Question(source, persons) for source in sources]:
        try:
            answers = question.answers(deadline)
        except Exception as trouble:  # noqa: BLE001  its facts stay unknown
            log.warning("fact_source_failed", source=question.source.name, error=type(trouble).__name__)
            continue
        for person, answer in zip(persons, answers, strict=True):
            _merge(known[person.id], answer)
    return known


def facts_as_text(facts: Mapping[str, Any]) -> str:
    """The text kept beside the chain; its digest stands in the decision."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"))


class _Question:
    """A source being asked, in a thread that keeps no process from ending should it never answer."""

    def __init__(self, source: FactSource, persons: Sequence[KnownPerson]) -> None:
        self.source = source
        self._told: queue.SimpleQueue[Answers | Exception] = queue.SimpleQueue()
        name = f"facts-{source.name}"
        threading.Thread(target=self._ask, args=(persons,), name=name, daemon=True).start()

    def _ask(self, persons: Sequence[KnownPerson]) -> None:
        try:
            self._told.put(_ask(self.source, persons))
        except Exception as trouble:  # noqa: BLE001  raised where the answers are wanted
            self._told.put(trouble)

    def answers(self, deadline: float) -> Answers:
        """What it says, by the deadline (monotonic); raises what it raised."""
        try:
            told = self._told.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(told, Exception):
            raise told
        return told


def _ask(source: FactSource, persons: Sequence[KnownPerson]) -> Answers:
    answers = source.ask([person.consumer for person in persons])
    if len(answers) != len(persons):
        raise ValueError("one answer for each person is needed")
    return answers


def _merge(known: dict[str, Any], answer: Mapping[str, Any]) -> None:
    for name, value in answer.items():
        if name not in known:
            known[name] = value
        elif isinstance(value, bool) and isinstance(known[name], bool):
            known[name] = known[name] or value
        elif value != known[name]:
            said = known[name] if isinstance(known[name], list) else [known[name]]
            known[name] = [*said, value]
