"""calls next, done, release, codes: an agent's work list."""

from __future__ import annotations

import getpass
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.opening import open_app
from outreach.cli.output import Json, emit, in_zone, say, table
from outreach.cli.sending import answer_data

if TYPE_CHECKING:
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
            said = {"to": task.contact.contact.to, "sections": dict(task.sections), "brief": task.brief}
            emit({"attempt": task.attempt, **said, **answer_data(task.answer)})
    else:
        _say_passed(passed)
        if task:
            say(f"attempt {task.attempt}: call {task.contact.contact.person} at {task.contact.contact.to}")
            say(f"ask for {task.brief.ask_for or 'nobody by name'}, showing {task.brief.shown}")
            if background := task.brief.text():
                say(f"\n{background}")
            for name, text in task.sections or (("script", task.text),):
                say(f"\n{name}\n{text}")
            say(f"\nthen: outreach calls done {task.attempt} --code ...   (outreach calls codes)")
    if task is None:
        if not as_json:
            say("nothing may be called now")
        raise typer.Exit(1)


@calls.command("done")
def done(
    attempt: Annotated[str, typer.Argument(help="The attempt's id, or its beginning.")],
    code: Annotated[str, typer.Option(help="Your code for how it ended: `outreach calls codes`.")] = "",
    result: Annotated[
        str, typer.Option(help="Without a code: conversation, no_answer, busy, voicemail, ...")
    ] = "",
    discussed: Annotated[str, typer.Option(help="Debts talked about, joined by ';'.")] = "",
    promise: Annotated[str, typer.Option(help="What was promised, such as '50.00 USD'.")] = "",
    due: Annotated[str, typer.Option(help="By which day it was promised: 2026-06-15.")] = "",
    call_back: Annotated[
        str, typer.Option(help="When she asked to be called: a moment with its offset, or a day.")
    ] = "",
    inconvenient: Annotated[
        list[str] | None, typer.Option(help="What does not suit: days=sat;sun, from=09:00, place=work, ...")
    ] = None,
    wrong_number: Annotated[bool, typer.Option(help="The number is somebody else's.")] = False,
    note: Annotated[str, typer.Option(help="For the reader.")] = "",
    agent: Agent = "",
    as_json: Json = False,
) -> None:
    """Close a task with what happened; the limits follow from it. All of it is recorded, or nothing."""
    from outreach.cli.dispositions import Given

    given = Given(
        code, result, discussed, promise, due, call_back, tuple(inconvenient or ()), wrong_number, note
    )
    with open_app() as app:
        told = given.read(app.parts.codes, agent or getpass.getuser(), app.clock.now())
        contact = app.worklist.done(attempt, told)
        app.announce()
    if as_json:
        named = {"code": told.code.name} if told.code else {}
        emit({"attempt": contact.attempt, "state": contact.state, "result": told.result, **named})
    else:
        title = f" ({told.code.name}: {told.code.title})" if told.code else ""
        say(f"{contact.attempt} is closed: {told.result.value}{title}")


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


@calls.command("codes")
def codes(as_json: Json = False) -> None:
    """The disposition codes in force, with what each means to the limits and what it needs."""
    from outreach.settings import load_settings

    known = load_settings().disposition_codes().values()
    if as_json:
        for code in known:
            emit(code)
        return
    parties = {True: "yes", False: "no", None: ""}
    rows = [
        (code.name, code.title, code.result.value, parties[code.right_party], ", ".join(code.needs))
        for code in known
    ]
    table("Disposition codes", ["code", "says", "result", "right party", "needs"], rows)


def _say_passed(passed: list[Answer]) -> None:
    """Tasks that, judged now, may not be called: the first few, then how many more."""
    for answer in passed[:_SHOWN]:
        until = f" until {in_zone(answer.until)}" if answer.until else ""
        why = f"{answer.rule} {answer.reason}".strip()
        say(f"passed over {answer.contact_id}: {answer.answered.value}{until}, {why}")
    for answered, count in Counter(answer.answered.value for answer in passed[_SHOWN:]).items():
        say(f"passed over {count} more: {answered}")
