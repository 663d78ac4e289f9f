"""Plugins that fail or dawdle: observers keep their place, sources of facts leave their facts unknown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from outreach.pipeline.items import Answered
from tests.faults.processes import EPOCH, ROOT
from tests.support import Project, consumer, email

OBSERVERS = '''
"""Writes down each event it is told of; raises for the kinds and people that trouble.json names."""

import json
import threading
from pathlib import Path

from outreach.hookspecs import hookimpl

OUTREACH_API = 1
lock = threading.Lock()


@hookimpl
def outreach_event_recorded(event, settings):
    folder = Path(settings["folder"])
    trouble = folder / "trouble-{name}.json"
    if trouble.exists() and event.kind in json.loads(trouble.read_text()):
        raise RuntimeError("no line to the data warehouse")
    with lock, (folder / "heard-{name}.txt").open("a") as heard:
        heard.write(f"{{event.stream}} {{event.seq}} {{event.kind}}\\n")
'''

SOURCE = '''
"""Says what facts.json says; raises or dawdles if it says so."""

import json
import time
from pathlib import Path

from outreach.hookspecs import hookimpl

OUTREACH_API = 1


class Source:
    name = "crm"
    facts = frozenset({"suppressed"})

    def __init__(self, folder):
        self.folder = Path(folder)

    def ask(self, consumers):
        told = json.loads((self.folder / "facts.json").read_text())
        if told == "raises":
            raise ConnectionError("no line")
        if told == "short":
            return []
        if isinstance(told, float):
            time.sleep(told)
            told = False
        if told is None:
            return [{} for _ in consumers]
        return [{"suppressed": told} for _ in consumers]


@hookimpl
def outreach_register_fact_sources(register, settings):
    register(Source(settings["folder"]))
'''

NEEDED = """
pack: test
title: The list must have answered
jurisdiction: any
authority: this test
checked: {on: "2026-01-01", against: "this test", again_by: "2030-01-01"}
evidence: text
force: house
rules:
  - id: test.suppression
    tightens: house.suppression
    because: this test
    in_force: {"2026-01-01": {lists: [suppressed]}}
"""


def with_plugins(project: Project, **plugins: str) -> None:
    """Add drop-in plugins, as an integrator would, and open the project again."""
    project.close()
    for name, text in plugins.items():
        file = project.folder / "plugins" / f"{name}.py"
        file.write_text(text)
        file.chmod(0o644)
    settings = project.folder / "outreach.toml"
    named = ", ".join(f'"{name}"' for name in plugins)
    settings.write_text(settings.read_text().replace('"wire"]', f'"wire", {named}]', 1))
    project.app = project.open()


# ---- observers -------------------------------------------------------------------------------------


@pytest.fixture
def observed(tmp_path: Path) -> Project:
    project = Project(tmp_path / "agency")
    with_plugins(project, good=OBSERVERS.format(name="good"), bad=OBSERVERS.format(name="bad"))
    return project


def heard(project: Project, name: str) -> list[tuple[str, int, str]]:
    file = project.folder / f"heard-{name}.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(stream, int(seq), kind) for stream, seq, kind in (line.split() for line in lines)]


def recorded(project: Project, ref: str) -> list[tuple[str, int, str]]:
    return [(event.stream, event.seq, event.kind) for event in project.stream(ref)]


def of_stream(
    told: list[tuple[str, int, str]], like: list[tuple[str, int, str]]
) -> list[tuple[str, int, str]]:
    return [each for each in told if each[0] == like[0][0]]


def trouble(project: Project, *kinds: str) -> None:
    (project.folder / "trouble-bad.json").write_text(json.dumps(kinds))


def test_an_observer_that_raises_keeps_its_place_and_delays_nobody(observed: Project) -> None:
    observed.consumers(consumer(), consumer("p2"))
    trouble(observed, "attempt_opened")
    answers = observed.send(email(), email("p2", 2))
    assert [Answered.SENT] * 2 == [answer.answered for answer in answers], "sending did not wait for it"
    for ref in ("p1", "p2"):
        whole = recorded(observed, ref)
        assert whole == of_stream(heard(observed, "good"), whole), "the others are told, in order"
        before = whole[: [kind for _, _, kind in whole].index("attempt_opened")]
        assert before == of_stream(heard(observed, "bad"), whole), "told up to its trouble and no further"
    trouble(observed)
    with observed.app.run():
        pass
    for ref in ("p1", "p2"):
        whole = recorded(observed, ref)
        assert whole == of_stream(heard(observed, "bad"), whole), "and goes on where it stood, in order"
        assert whole == of_stream(heard(observed, "good"), whole), "nobody is told twice"
    observed.close()


def test_trouble_with_one_persons_events_does_not_keep_back_those_of_others(observed: Project) -> None:
    observed.consumers(*(consumer(f"p{n}") for n in range(1, 4)))
    trouble(observed, "opt_out")
    stop = {"at": "2026-06-01T10:00:00-04:00", "event": "opt_out", "channel": "sms", "key": "x"}
    observed.events({"consumer": "p2", **stop})
    observed.app.announce()
    observed.send(email(), email("p2", 2), email("p3", 3))
    for ref in ("p1", "p3"):
        whole = recorded(observed, ref)
        assert whole == of_stream(heard(observed, "bad"), whole)
    assert [] == of_stream(heard(observed, "bad"), recorded(observed, "p2"))
    observed.close()


def test_an_observers_failure_is_logged_by_its_plugins_name_alone(
    observed: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    observed.consumers(consumer())
    trouble(observed, "decided")
    observed.send(email())
    logged = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    failed = [line for line in logged if line["event"] == "observer_failed"]
    assert {("bad", "RuntimeError")} == {(line["plugin"], line["error"]) for line in failed}
    assert "warehouse" not in json.dumps(logged), "what an exception says is not ours to log"
    observed.close()


# ---- sources of facts ------------------------------------------------------------------------------


@pytest.fixture
def informed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("OUTREACH_FACT_SECONDS", "0.2")
    project = Project(tmp_path / "agency")
    (project.folder / "facts.json").write_text("false")
    with_plugins(project, crm=SOURCE)
    project.consumers(consumer())
    return project


def say(project: Project, told: Any) -> None:
    (project.folder / "facts.json").write_text(json.dumps(told))


def require_the_fact(project: Project) -> None:
    (project.folder / "policies").mkdir()
    (project.folder / "policies" / "pack.yaml").write_text(NEEDED)
    project.close()
    project.app = project.open()


@pytest.mark.parametrize("told", ["raises", "short", 5.0, None], ids=["raises", "too few", "late", "silent"])
def test_promise_3_a_fact_nobody_could_tell_blocks_where_a_rule_needs_it(
    informed: Project, told: Any
) -> None:
    require_the_fact(informed)
    say(informed, told)
    began = time.monotonic()
    [answer] = informed.send(email())
    assert time.monotonic() - began < 4, "a late source is not waited for"
    assert (Answered.BLOCKED, "test.suppression") == (answer.answered, answer.rule)
    assert "could not be asked" in answer.reason
    assert [] == informed.sent
    say(informed, False)
    [answer] = informed.send(email(key="later"))
    assert Answered.SENT is answer.answered
    informed.close()


def test_where_no_rule_needs_it_a_source_that_fails_stops_nothing(informed: Project) -> None:
    say(informed, "raises")
    [answer] = informed.send(email())
    assert Answered.SENT is answer.answered
    informed.close()


def test_what_a_source_tells_is_kept_with_the_decision_and_replays(informed: Project) -> None:
    say(informed, True)
    [answer] = informed.send(email())
    assert (Answered.BLOCKED, "house.suppression") == (answer.answered, answer.rule)
    say(informed, False)
    with informed.app.ledger.read() as reading:
        decided = reading.event(answer.decision_id)
        assert decided is not None
        assert informed.app.replayer.replay(reading, decided).same, "as the source said then"
    informed.close()


def test_a_source_that_never_answers_does_not_keep_the_command_from_ending(informed: Project) -> None:
    say(informed, 600.0)
    file = informed.folder / "c.csv"
    file.write_text("person,channel,to,template\np1,email,person1@example.com,reminder\n")
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.driver", "send", str(informed.folder), str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TEST_EPOCH": str(EPOCH)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (0, "sent") == (done.returncode, json.loads(done.stdout)[1]), done.stderr
    assert time.monotonic() - began < 45
    informed.close()
