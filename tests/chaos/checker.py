"""Was anything broken? Reads a finished project and answers, sharing no code with what it checks.

It knows the ledger through its read interface, the wire's own record of what left, and the plan. It has no
part of outreach.policy and outreach.pipeline: windows, zones, exclusions and states are worked out again,
slowly and plainly, in the modules beside this one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from outreach.ledger import ContactState, Ledger
from tests.chaos.limits import Breach, limits_broken
from tests.chaos.plan import Plan
from tests.chaos.promises import promises_broken, record_broken
from tests.chaos.record import Record, read_record
from tests.chaos.silence import chain_names_somebody, output_names_somebody

__all__ = ["Breach", "Report", "check"]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. Everything but ``breaches`` only says how much was looked at."""

    contacts: int
    attempts: int
    handed_over: int
    by_way: dict[str, int]
    unknown: int
    held: int
    blocked: int
    expired: int
    rejected: int
    given_back: int
    objections: dict[str, int]  # how often each rule stood in the way: whether limits were met at all
    breaches: tuple[Breach, ...]


def check(ledger: Ledger, folder: Path, plan: Plan) -> Report:
    """Look at everything.

    :param folder: where the wire and the clock left their records.
    """
    record = read_record(ledger, folder, plan)
    breaches = [*limits_broken(record, plan.limits), *promises_broken(record, plan), *record_broken(ledger)]
    breaches += [*output_names_somebody(folder), *chain_names_somebody(ledger)]
    return _report(record, breaches)


def _report(record: Record, breaches: list[Breach]) -> Report:
    contacts = [each for stream in record.streams for each in stream.contacts]
    attempts = [each for stream in record.streams for each in stream.attempts]
    states = Counter(each.state for each in contacts)
    return Report(
        contacts=len(contacts),
        attempts=len(attempts),
        handed_over=len(record.sent),
        by_way=dict(sorted(Counter(line.by for line in record.sent).items())),
        unknown=sum(each.outcome == "unknown" for each in attempts),
        held=states[ContactState.HELD],
        blocked=states[ContactState.BLOCKED],
        expired=states[ContactState.EXPIRED],
        rejected=sum(event.kind == "row_rejected" for event in record.system),
        given_back=sum(not each.counts for each in attempts),
        objections=_objections(record),
        breaches=tuple(sorted(breaches)),
    )


def _objections(record: Record) -> dict[str, int]:
    decided = [event for stream in record.streams for event in stream.events if event.kind == "decided"]
    told = [each for event in decided for each in event.fields["findings"]["told"]]
    return dict(Counter(each["rule"] for each in told if each["verdict"] in ("hold", "block")))
