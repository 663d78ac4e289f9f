"""calls next, done, release: an agent's work list."""

from __future__ import annotations

import getpass
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.opening import open_app
from outreach.cli.output import Json, emit, in_zone, say
from outreach.cli.sending import answer_data
from outreach.errors import InputError

if TYPE_CHECKING:
    from outreach.domain import Result
    from outreach.pipeline.items import Answer

__all__ = ["attach"]

calls = typer.Typer(help="Call tasks: take one, close it, or give it back.", no_args_is_help=True)

_SHOWN = 3

Agent = Annotated[str, typer.Option(help="The agent's name (default: yours on this machine).")]


def attach(app: typer.Typer) -> None:
    """Put these commands under ``outreach``."""
    app.add_typer(calls, name="calls")


@calls.command("next")
def take(agent: Agent = "", as_json: Json = False) -> None:
    """Take the next task that is lawful at this moment, with its script.

    It is judged now; from now on it counts as an attempt. Exit status 1: nothing may be called now.
    """
    with open_app() as app:
        task, passed = app.worklist.next(agent or getpass.getuser())
        app.announce()
    if as_json:
        for answer in passed:
            emit({"passed_over": answer_data(answer)})
        if task:
            said = {"to": task.contact.contact.to, "sections": dict(task.sections)}
            emit({"attempt": task.attempt, **said, **answer_data(task.answer)})
    else:
        _say_passed(passed)
        if task:
            say(f"attempt {task.attempt}: call {task.contact.contact.person} at {task.contact.contact.to}")
            for name, text in task.sections or (("script", task.text),):
                say(f"\n{name}\n{text}")
            say(f"\nthen: outreach calls done {task.attempt} --result conversation|no_answer|busy|...")
    if task is None:
        if not as_json:
            say("nothing may be called now")
        raise typer.Exit(1)


@calls.command("done")
def done(
    attempt: Annotated[str, typer.Argument(help="The attempt's id, or its beginning.")],
    result: Annotated[
        str, typer.Option(help="How the call ended: conversation, no_answer, busy, voicemail, ...")
    ],
    discussed: Annotated[str, typer.Option(help="Debts talked about, joined by ';'.")] = "",
    wrong_number: Annotated[bool, typer.Option(help="The number is somebody else's.")] = False,
    note: Annotated[str, typer.Option(help="For the reader.")] = "",
    agent: Agent = "",
    as_json: Json = False,
) -> None:
    """Close a task with what happened; the limits follow from it."""
    from outreach.worklist import Disposition

    debts = tuple(part for part in discussed.split(";") if part) if discussed else None
    told = Disposition(_result(result), debts, wrong_number, agent or getpass.getuser(), note)
    with open_app() as app:
        contact = app.worklist.done(attempt, told)
        app.announce()
    if as_json:
        emit({"attempt": contact.attempt, "state": contact.state, "result": told.result})
    else:
        say(f"{contact.attempt} is closed: {told.result.value}")


@calls.command("release")
def release(
    attempt: Annotated[str, typer.Argument(help="The attempt's id, or its beginning.")], as_json: Json = False
) -> None:
    """Give a task back before dialling: it does not count, and somebody else may take it."""
    with open_app() as app:
        contact = app.worklist.release(attempt)
        app.announce()
    if as_json:
        emit({"contact": contact.id, "state": contact.state})
    else:
        say(f"{contact.id} is on the list again")


def _say_passed(passed: list[Answer]) -> None:
    """Tasks that, judged now, may not be called: the first few, then how many more."""
    for answer in passed[:_SHOWN]:
        until = f" until {in_zone(answer.until)}" if answer.until else ""
        why = f"{answer.rule} {answer.reason}".strip()
        say(f"passed over {answer.contact_id}: {answer.answered.value}{until}, {why}")
    for answered, count in Counter(answer.answered.value for answer in passed[_SHOWN:]).items():
        say(f"passed over {count} more: {answered}")


def _result(text: str) -> Result:
    from outreach.domain import Result
    from outreach.domain.words import CALL_RESULTS

    if text not in {each.value for each in CALL_RESULTS}:
        words = ", ".join(sorted(CALL_RESULTS))
        raise InputError(
            f"{text} does not say how a call ended", where="--result", remedy=f"use one of {words}"
        )
    return Result(text)
