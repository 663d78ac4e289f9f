"""Agents in several processes on one list: no two of them ever have the same person."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import FrozenClock, Result
from outreach.ledger import ContactState
from outreach.pipeline.drafting import Drafter
from outreach.pipeline.items import Answered
from outreach.pipeline.taking import take
from outreach.worklist import Disposition
from tests.faults.processes import EPOCH, finish, start
from tests.support import TUESDAY, Project, call, consumer, phone

PEOPLE, AGENTS = 8, 4


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Eight people with three call tasks each, one of them to her spouse."""
    made = Project(tmp_path / "agency", clock=FrozenClock(TUESDAY + timedelta(seconds=time.time() - EPOCH)))
    made.consumers(*(married(f"p{n}", n) for n in range(1, PEOPLE + 1)))
    answers = made.send(
        *(call(f"p{n}", n, key=f"{n}-{key}") for key in "ab" for n in range(1, PEOPLE + 1)),
        *(to_spouse(n) for n in range(1, PEOPLE + 1)),
    )
    assert {Answered.OFFERED} == {each.answered for each in answers}
    yield made
    made.close()


def married(ref: str, number: int) -> dict[str, Any]:
    spouse = {"id": f"{ref}-spouse", "relation": "spouse", "name": "Sam Example"}
    return consumer(ref, people=[spouse | {"phones": [{"number": phone(100 + number), "kind": "mobile"}]}])


def to_spouse(number: int) -> Any:
    return call(f"p{number}", 100 + number, key=f"{number}-spouse", to_person=f"p{number}-spouse")


def never_two_at_once(project: Project) -> int:
    """How many tasks were taken; fails if one was opened while another of the same person stood open."""
    taken = 0
    for number in range(1, PEOPLE + 1):
        open_now: list[str] = []
        for event in project.stream(f"p{number}"):
            if event.kind == "attempt_opened":
                assert [] == open_now, f"p{number} was called twice at once"
                open_now.append(event.fields["attempt"])
                taken += 1
            elif event.kind == "attempt_closed":
                open_now.remove(event.fields["attempt"])
    return taken


def test_promise_4_several_processes_never_have_the_same_person_at_once(project: Project) -> None:
    printed = [finish(each) for each in [start("call", project.folder, f"a{n}") for n in range(AGENTS)]]
    assert 3 * PEOPLE == never_two_at_once(project)
    assert [] == [passed for lines in printed for _, passed in lines if passed], "none was held in vain"
    with project.app.ledger.read() as reading:
        assert 3 * PEOPLE == reading.states()[ContactState.DONE]
    assert () == project.app.ledger.verify().broken


def test_promise_4_several_threads_never_have_the_same_person_at_once(project: Project) -> None:
    with ThreadPoolExecutor(AGENTS) as pool:
        taken = [task for task, _ in pool.map(project.app.worklist.next, "abcd" * 3)]
    people = Counter(task.contact.person for task in taken if task)
    assert PEOPLE == len(people), "each was handed out, and then there was nobody left"
    assert {1} == set(people.values())
    assert PEOPLE == never_two_at_once(project)


def test_while_an_agent_has_a_task_of_hers_nobody_gets_another_not_even_the_same_agent(
    project: Project,
) -> None:
    first, _ = project.app.worklist.next("a")
    assert first is not None
    others = [project.app.worklist.next("a")[0] for _ in range(PEOPLE)]
    assert first.contact.person not in {each.contact.person for each in others if each}
    assert others[-1] is None
    project.app.worklist.done(first.attempt, Disposition(Result.BUSY))
    again, passed = project.app.worklist.next("b")
    assert (first.contact.person, []) == (again and again.contact.person, passed)


def test_promise_4_under_the_lock_a_task_is_refused_while_another_of_hers_is_open(project: Project) -> None:
    """The list is read without a lock: of two agents who saw two tasks of hers there, one gets none."""
    parts = project.app.parts
    with project.app.ledger.read() as reading:
        hers = [task for task in reading.listed(100) if task.contact.person == "p1"]
    first, *others = [take(parts, Drafter(parts), task) for task in hers]
    assert first is not None
    assert [None, None] == others
    with project.app.ledger.read() as reading:
        assert {ContactState.LISTED} == {reading.contacts([each.id])[each.id].state for each in hers[1:]}


def test_a_task_forgotten_for_an_hour_keeps_nobody_from_her_other_tasks(project: Project) -> None:
    """It ends unknown and counts; the next of hers is judged on that, and handed out like any other."""
    first, _ = project.app.worklist.next("a")
    assert first is not None
    project.clock.advance(timedelta(minutes=61))
    given = [task for task, _ in (project.app.worklist.next("b") for _ in range(PEOPLE)) if task]
    assert first.contact.person in {task.contact.person for task in given}
    with project.app.ledger.read() as reading:
        assert [first.attempt] == [each.attempt for each in reading.unknown(10)]


def test_a_long_list_of_people_who_are_being_called_is_read_once_not_again_for_each(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked of the list grows with its length, not with its square."""
    from outreach.ledger.contacts import ContactReading

    monkeypatch.setattr("outreach.worklist._PAGE", 4)
    for _ in range(PEOPLE):
        assert project.app.worklist.next("a")[0] is not None
    rows, listed = 0, ContactReading.listed

    def counted(reading: Any, *given: Any, **more: Any) -> Any:
        nonlocal rows
        found = listed(reading, *given, **more)
        rows += len(found)
        return found

    monkeypatch.setattr(ContactReading, "listed", counted)
    assert (None, []) == project.app.worklist.next("a")
    assert 2 * PEOPLE == rows
