"""record, correct, pause, resume, reconcile and the agents' calls: each through the command."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.cli.running import Command
from tests.support import Project, phone


def send(project: Project, outreach: Command, *rows: str, campaign: str = "june") -> list[dict[str, Any]]:
    """Send these rows (person,channel,to,template); the answers in the order of the rows."""
    (project.folder / "c.csv").write_text("\n".join(["person,channel,to,template", *rows]) + "\n")
    told = outreach("send", "c.csv", "--campaign", campaign, "--json")
    return sorted(told.lines[:-1], key=lambda line: int(line["line"]))


TEXT = f"p1,sms,{phone(1)},reminder"
CALL = f"p1,call,{phone(1)},early"


# ---- record and correct ----------------------------------------------------------------------------


def test_what_is_recorded_holds_from_that_instant(project: Project, outreach: Command) -> None:
    told = outreach("record", "p1", "opt_out", "--channel", "sms", "--note", "said so on the phone", "--json")
    assert (0, 1, []) == (told.status, len(told.line["events"]), told.line["late"])
    [answer] = send(project, outreach, TEXT)
    assert ("blocked", "us.regf.medium-refused") == (answer["answered"], answer["rule"])


def test_a_fact_told_late_names_the_attempts_it_would_have_stopped(
    project: Project, outreach: Command
) -> None:
    [sent] = send(project, outreach, TEXT)
    project.clock.advance(timedelta(days=2))
    told = outreach("record", "p1", "opt_out", "--channel", "sms", "--at", "2026-06-02T10:00-04:00", "--json")
    assert [(sent["attempt"], "block")] == [(late["attempt"], late["would_be"]) for late in told.line["late"]]
    listed = outreach("audit", "late", "--json")
    assert (1, sent["attempt"]) == (listed.status, listed.line["attempt"])
    assert 0 == outreach("audit", "late", "--person", "p2").status
    assert sent["attempt"] in outreach("audit", "late").out.replace("\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("p1", "opt_outt"), "opt_out"),
        (("p9", "opt_out", "--channel", "sms"), "no consumer p9"),
        (("p1", "opt_out"), "channel"),
        (("p1", "cease", "--debts", "p2-d1"), "not this consumer's"),
        (("p1", "opt_out", "--at", "2026-06-01T10:00"), "offset"),
        (("p1", "opt_out", "--at", "2031-06-01T10:00Z"), "future"),
        (("p1", "opt_out", "--channel", "fax"), "channel"),
        (("p1", "opt_out", "--set", "colour"), "NAME=VALUE"),
        (("p1", "opt_out", "--set", "colour=blue"), "colour"),
        (("p1", "decided"), "record"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_recorded_is_refused_with_the_reason(
    unchanged: Command, words: tuple[str, ...], said: str
) -> None:
    told = unchanged("record", *words)
    assert (2, "") == (told.status, told.out)
    assert said in told.err


def test_a_correction_needs_an_officer_where_it_permits_more(project: Project, outreach: Command) -> None:
    event = outreach("record", "p1", "opt_out", "--channel", "sms", "--json").line["events"][0]
    refused = outreach("correct", event, "--void", "--because", "typed for the wrong person")
    assert (2, True) == (refused.status, "--officer" in refused.err)
    done = outreach("correct", event, "--void", "--because", "typed for the wrong person", "--officer", "Kim")
    assert (0, "") == (done.status, done.err)
    assert "sent" == send(project, outreach, TEXT)[0]["answered"]


@pytest.mark.parametrize("words", [(), ("--void", "--set", "to=x")], ids=["neither", "both"])
def test_a_correction_voids_or_sets(project: Project, outreach: Command, words: tuple[str, ...]) -> None:
    event = outreach("record", "p1", "opt_out", "--channel", "sms", "--json").line["events"][0]
    told = outreach("correct", event, "--because", "x", *words)
    assert (2, True) == (told.status, "--void" in told.err)


# ---- the kill switch -------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["everything", "sms", "creditor=mill", "template=reminder", "campaign=june"])
def test_what_is_paused_does_not_leave_until_it_is_resumed(
    project: Project, outreach: Command, what: str
) -> None:
    assert 0 == outreach("pause", what, "--reason", "letterhead under review").status
    [answer] = send(project, outreach, TEXT)
    assert ("blocked", "house.pause") == (answer["answered"], answer["rule"])
    assert [] == project.sent
    assert "resumed" == outreach("resume", what, "--json").line["event"]
    project.clock.advance(timedelta(seconds=1))
    [answer] = send(project, outreach, f"p2,sms,{phone(2)},reminder")
    assert "sent" == answer["answered"]


def test_a_pause_of_one_thing_lets_others_pass(project: Project, outreach: Command) -> None:
    outreach("pause", "email", "--reason", "x")
    assert "sent" == send(project, outreach, TEXT)[0]["answered"]


@pytest.mark.parametrize("what", ["fax", "creditor=", "nobody=x"])
def test_what_cannot_be_paused_is_refused(unchanged: Command, what: str) -> None:
    told = unchanged("pause", what, "--reason", "x")
    assert (2, True) == (told.status, "campaign=NAME" in told.err)


def test_only_what_is_paused_can_be_resumed(unchanged: Command) -> None:
    assert 2 == unchanged("resume", "sms").status


# ---- unknown ends ----------------------------------------------------------------------------------


def test_an_unknown_end_is_listed_settled_by_an_officer_and_then_no_more(
    project: Project, outreach: Command
) -> None:
    project.script(**{phone(1): "unknown"})
    [answer] = send(project, outreach, TEXT)
    assert "unknown" == answer["answered"]
    assert answer["attempt"] == outreach("reconcile", "--json").line["attempt"]
    assert answer["attempt"] in outreach("reconcile").out.replace("\n", "")
    settle = ("reconcile", answer["attempt"], "--because", "the provider's log shows nothing")
    assert 2 == outreach(*settle).status, "it must be said what became of it"
    assert 2 == outreach(*settle, "--outcome", "lost").status
    refused = outreach(*settle, "--outcome", "not_sent")
    assert (2, True) == (refused.status, "--officer" in refused.err)
    done = outreach(*settle, "--outcome", "not_sent", "--officer", "Kim", "--json")
    assert (0, "not_sent") == (done.status, done.line["outcome"])
    assert "" == outreach("reconcile", "--json").out
    assert 2 == outreach(*settle, "--outcome", "not_sent", "--officer", "Kim").status, "once"
    assert outreach("audit", "verify", "--json").line["projection"] == {}


# ---- agents ----------------------------------------------------------------------------------------


def test_an_agent_takes_a_task_and_closes_it(project: Project, outreach: Command) -> None:
    send(project, outreach, CALL)
    taken = outreach("calls", "next", "--agent", "kim", "--json")
    assert 0 == taken.status
    assert ("open", "p1", phone(1)) == tuple(taken.line[name] for name in ("answered", "person", "to"))
    assert {"opening", "identity", "disclosure"} <= taken.line["sections"].keys()
    assert 1 == outreach("calls", "next", "--json").status, "nobody else gets it"
    done = outreach("calls", "done", taken.line["attempt"], "--result", "no_answer", "--json")
    assert (0, "done", "no_answer") == (done.status, done.line["state"], done.line["result"])
    again = outreach("calls", "done", taken.line["attempt"], "--result", "busy")
    assert (2, True) == (again.status, "not open" in again.err)


def test_for_people_the_task_says_whom_to_call_what_to_say_and_what_to_type_then(
    project: Project, outreach: Command
) -> None:
    send(project, outreach, CALL)
    told = outreach("calls", "next")
    assert phone(1) in told.out
    assert "\nopening\n" in told.out
    assert "outreach calls done" in told.out


def test_a_released_task_is_there_for_the_next_agent(project: Project, outreach: Command) -> None:
    send(project, outreach, CALL)
    first = outreach("calls", "next", "--json").line
    assert "listed" == outreach("calls", "release", first["attempt"], "--json").line["state"]
    second = outreach("calls", "next", "--json").line
    assert first["contact"] == second["contact"]
    assert first["attempt"] != second["attempt"]


def test_with_nothing_to_call_the_exit_status_says_so_and_what_was_passed_over(
    project: Project, outreach: Command
) -> None:
    told = outreach("calls", "next")
    assert (1, "nothing may be called now\n") == (told.status, told.out)
    send(project, outreach, CALL)
    outreach("record", "p1", "cease", "--channel", "letter")
    passed = outreach("calls", "next", "--json")
    assert (1, "blocked") == (passed.status, passed.line["passed_over"]["answered"])
    assert "12 CFR 1006.6(c)" in passed.line["passed_over"]["cites"][0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("done", "01ZZZZZZ", "--result", "busy"), "no attempt has this id"),
        (("done", "01ZZZZZZ", "--result", "asleep"), "use one of"),
        (("release", "01ZZZZZZ"), "no attempt has this id"),
        (("done", "01ZZZZZZ"), "--result"),
    ],
)
def test_an_agents_mistake_is_named(unchanged: Command, words: tuple[str, ...], said: str) -> None:
    told = unchanged("calls", *words)
    assert (2, "") == (told.status, told.out)
    assert said in told.err


def test_a_call_that_talked_about_a_debt_begins_seven_quiet_days(project: Project, outreach: Command) -> None:
    send(project, outreach, CALL)
    attempt = outreach("calls", "next", "--json").line["attempt"]
    outreach("calls", "done", attempt, "--result", "conversation", "--discussed", "p1-d1")
    told = outreach("check", "--person", "p1", "--channel", "call", "--json")
    assert (1, "2026-06-09T12:00:00Z") == (told.status, told.line["until"])


def test_debts_discussed_must_be_hers(project: Project, outreach: Command) -> None:
    send(project, outreach, CALL)
    attempt = outreach("calls", "next", "--json").line["attempt"]
    told = outreach("calls", "done", attempt, "--result", "conversation", "--discussed", "p2-d1")
    assert 2 == told.status
    assert "call_result" not in project.kinds("p1")
