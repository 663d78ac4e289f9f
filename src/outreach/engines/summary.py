"""Counting answers as they come, in constant memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from outreach.pipeline.items import Answer, Answered

__all__ = ["Summary"]


@dataclass(slots=True)
class Summary:
    """What was answered so far.

    ``by_channel``: (channel, answered) -> count. ``by_rule``: (rule, answered) -> count, of what was
    held or blocked, with the rule's citation in ``cites``. ``stopped``: somebody ended it early.
    """

    rows: int = 0
    repeated: int = 0
    stopped: bool = False
    by_channel: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)
    cites: dict[str, str] = field(default_factory=dict)
    samples: dict[str, Answer] = field(default_factory=dict)

    def add(self, answer: Answer) -> None:
        """Count one answer."""
        self.rows += 1
        self.repeated += answer.repeated
        answered = answer.answered.value
        self.by_channel[answer.contact.channel.value, answered] += 1
        self.samples.setdefault(answered, answer)
        judged = answer.decision_id and not answer.repeated  # what is taken in for workers is not yet
        if judged and answer.answered in (Answered.HELD, Answered.BLOCKED):
            rule = answer.rule or answer.reason
            self.by_rule[rule, answered] += 1
            if answer.cites:
                self.cites.setdefault(rule, answer.cites[0])

    def add_rejected(self) -> None:
        """Count a row that could not even be read as a contact."""
        self.rows += 1
        self.by_channel["", Answered.REJECTED.value] += 1

    def count(self, *answered: Answered) -> int:
        """How many were answered with one of these."""
        return sum(n for (_, each), n in self.by_channel.items() if each in answered)

    def as_data(self) -> dict[str, Any]:
        """The same for ``--json``."""
        return {
            "rows": self.rows,
            "repeated": self.repeated,
            **({"stopped": True} if self.stopped else {}),
            "answers": {each.value: self.count(each) for each in Answered if self.count(each)},
            "by_channel": [
                {"channel": channel, "answered": answered, "count": count}
                for (channel, answered), count in sorted(self.by_channel.items())
            ],
            "by_rule": [
                {"rule": rule, "answered": answered, "count": count, "cite": self.cites.get(rule, "")}
                for (rule, answered), count in self.by_rule.most_common()
            ],
        }
