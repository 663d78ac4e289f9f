"""Processes killed, interrupted and running at once over one real project."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from outreach.ledger import ContactState
from tests.faults.processes import finish, start, wait_for_sends
from tests.faults.wires import DEADLY, ONE_BY_ONE
from tests.support import Project, consumer

ROWS = 40


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "agency", group=10)
    made.consumers(*(consumer(f"p{number}") for number in range(1, ROWS + 1)))
    return made


def campaign(project: Project, name: str = "campaign.csv") -> Path:
    file = project.folder / name
    lines = ["key,person,channel,to,template"]
    lines += [f"k{n},p{n},email,person{n}@example.com,reminder" for n in range(1, ROWS + 1)]
    file.write_text("\n".join(lines) + "\n")
    return file


def sent_to(project: Project) -> Counter[str]:
    return Counter(sent["to"] for sent in project.sent)


def slow(project: Project, seconds: float = 0.2) -> None:
    project.script(**{f"person{n}@example.com": f"sleeps:{seconds}" for n in range(1, ROWS + 1)})


def test_promise_5_killed_in_the_middle_then_again_nothing_is_sent_twice(project: Project) -> None:
    """kill -9 while sends are under way; the second run answers every row and repeats no send."""
    slow(project)
    file = campaign(project)
    first = start("send", project.folder, file)
    wait_for_sends(project, 8)
    first.kill()
    first.communicate()
    assert len(project.sent) < ROWS
    project.script()
    answers = finish(start("send", project.folder, file))
    assert len(answers) == ROWS
    assert len({key for key, _, _ in answers}) == ROWS
    assert set(sent_to(project).values()) == {1}
    kinds = Counter(answered for _, answered, _ in answers)
    assert set(kinds) <= {"sent", "unknown"}
    assert kinds["sent"] + kinds["unknown"] == ROWS
    # whatever was under way at the kill is unknown, never more than the wire's four threads and a group
    assert len(project.sent) >= kinds["sent"]


def test_promise_6_after_a_kill_every_row_has_a_recorded_answer(project: Project) -> None:
    slow(project)
    file = campaign(project)
    first = start("send", project.folder, file)
    wait_for_sends(project, 5)
    first.kill()
    first.communicate()
    project.script()
    finish(start("send", project.folder, file))
    with project.app.ledger.read() as reading:
        states = reading.states()
        assert states.get(ContactState.DONE, 0) == ROWS
        assert states.get(ContactState.OPEN, 0) == 0
    assert project.app.ledger.verify().broken == ()
    assert not any(project.app.ledger.rebuild().values())


# ---- killed at a chosen moment ---------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["in-a-commit", "after-a-commit"])
def test_promise_1_killed_before_anything_was_handed_over_everything_is_sent_once_by_the_next_run(
    project: Project, moment: str
) -> None:
    """What was not committed never was; what was committed goes back to be judged afresh."""
    file = campaign(project)
    first = start("die", moment, project.folder, file)
    out, err = first.communicate(timeout=100)
    assert (-signal.SIGKILL, "") == (first.returncode, out), err
    assert [] == project.sent
    with project.app.ledger.read() as reading:
        opened = reading.states().get(ContactState.OPEN, 0)
    assert (opened > 0) == (moment == "after-a-commit")
    answers = finish(start("send", project.folder, file))
    assert ROWS == len(answers)
    assert {"sent"} == {answered for _, answered, _ in answers}
    assert ROWS == len(project.sent)
    assert {1} == set(sent_to(project).values())
    assert project.app.ledger.verify().broken == ()
    assert not any(project.app.ledger.rebuild().values())


@pytest.mark.parametrize(("ending", "left"), [("dies_before", 0), ("dies_after", 1)])
def test_promise_5_killed_around_a_send_that_one_is_unknown_and_never_repeated(
    tmp_path: Path, ending: str, left: int
) -> None:
    """Nobody can tell on which side of the kill it left; the others had not been handed over."""
    project = Project(tmp_path / "agency", group=10, wire=DEADLY)
    project.consumers(*(consumer(f"p{number}") for number in range(1, ROWS + 1)))
    project.script(**{"person3@example.com": ending})
    file = campaign(project)
    first = start("send", project.folder, file)
    first.communicate(timeout=100)
    assert -signal.SIGKILL == first.returncode
    project.script()
    answers = {str(key): answered for key, answered, _ in finish(start("send", project.folder, file))}
    # those before it were accepted, and killed before that could be written
    assert {"k1", "k2", "k3"} >= {key for key, answered in answers.items() if answered == "unknown"}
    assert "unknown" == answers["k3"]
    assert left == sent_to(project)["person3@example.com"]
    assert {1} == set(sent_to(project).values())
    assert ROWS - 1 + left == len(project.sent)
    project.close()


# ---- stopped by a person ---------------------------------------------------------------------------


def interrupted(tmp_path: Path) -> tuple[Project, subprocess.Popen[str]]:
    """A campaign whose first send stays on the wire until the file ``go`` is there; stopped by Ctrl-C."""
    project = Project(tmp_path / "agency", group=10, wire=ONE_BY_ONE)
    project.consumers(*(consumer(f"p{number}") for number in range(1, ROWS + 1)))
    project.script(**{"person1@example.com": "waits:go"})
    campaign(project)
    words = ("cli", "send", "campaign.csv", "--campaign", "test", "--json")
    process = start(*words, folder=project.folder)
    wait_for_sends(project, 1)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "stopping" not in process.stderr.readline():
        assert process.poll() is None
    return project, process


def test_ctrl_c_finishes_what_is_under_way_and_a_later_run_goes_on(tmp_path: Path) -> None:
    project, process = interrupted(tmp_path)
    (project.folder / "go").touch()
    out, err = process.communicate(timeout=100)
    assert 130 == process.returncode, err
    *answers, last = [json.loads(line) for line in out.splitlines()]
    assert last["summary"]["stopped"] is True
    assert 0 < len(answers) < ROWS
    assert {"sent"} == {answer["answered"] for answer in answers}
    assert len(answers) == len(project.sent)
    with project.app.ledger.read() as reading:
        assert reading.states().get(ContactState.OPEN, 0) == 0, "nothing is left open"
    finish(start("send", project.folder, project.folder / "campaign.csv"))
    assert len(project.sent) == ROWS
    assert set(sent_to(project).values()) == {1}
    project.close()


def test_a_second_ctrl_c_abandons_at_once_and_the_next_run_sets_it_right(tmp_path: Path) -> None:
    """The send on the wire is unknown for ever; those behind it never left, and are sent once."""
    project, process = interrupted(tmp_path)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=100)
    assert 130 == process.returncode, err
    assert "abandoned" in err
    assert "Traceback" not in err
    assert 1 == len(project.sent)
    answers = finish(start("send", project.folder, project.folder / "campaign.csv"))
    assert {"k1": "unknown"} == {key: answered for key, answered, _ in answers if answered != "sent"}
    assert ROWS == len(answers) == len(project.sent)
    assert {1} == set(sent_to(project).values())
    project.close()


# ---- several at once -------------------------------------------------------------------------------


def test_promise_4_two_processes_sending_the_same_file_send_each_row_once(project: Project) -> None:
    file = campaign(project)
    one, two = start("send", project.folder, file), start("send", project.folder, file)
    answers = finish(one) + finish(two)
    assert len(answers) == 2 * ROWS
    assert len(project.sent) == ROWS
    assert set(sent_to(project).values()) == {1}


def test_send_work_and_agents_at_once_on_one_file(project: Project) -> None:
    file = campaign(project)
    calls = project.folder / "calls.csv"
    lines = ["key,person,channel,to,template"]
    lines += [f"c{n},p{n},call,+1614555{n:04d},early" for n in range(1, 21)]
    calls.write_text("\n".join(lines) + "\n")
    finish(start("send", project.folder, calls))
    running = [
        start("send", project.folder, file),
        start("work", project.folder),
        start("take", project.folder, "a"),
        start("take", project.folder, "b"),
        start("stop", project.folder, "p1"),
    ]
    results = [process.communicate(timeout=100) for process in running]
    assert [process.returncode for process in running] == [0] * 5, [err for _, err in results]
    taken = [json.loads(line) for out, _ in results[2:4] for line in out.splitlines()]
    assert len(taken) == 20
    assert len({contact for _, contact in taken}) == 20, "two agents had the same task"
    assert len(project.sent) == ROWS
    assert project.app.ledger.verify().broken == ()
