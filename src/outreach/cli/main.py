"""The root of the command line: groups, errors, exit status."""

from __future__ import annotations

import difflib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from outreach import __version__
from outreach.cli import (
    asking,
    calls,
    doctor,
    making,
    officer,
    privacy,
    returning,
    sending,
    serving,
    setup,
    system,
    telling,
    working,
)
from outreach.cli.heap import collect_rarely
from outreach.cli.output import emit
from outreach.errors import ContainedError, InputError, LedgerBusy, OutreachError, StartError

__all__ = ["app", "main"]


class Suggesting(TyperGroup):
    """A group that, where a word is mistyped, names the command that was probably meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and self.get_command(ctx, args[0]) is None:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            ctx.fail(f"there is no command {args[0]}{meant}")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="outreach",
    cls=Suggesting,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Send call tasks, SMS, letters and e-mail within the law, and be able to prove it.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"outreach {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Every outbound contact is judged before it leaves, and everything is written down."""


for module in (
    setup,
    sending,
    working,
    asking,
    telling,
    returning,
    calls,
    officer,
    privacy,
    making,
    serving,
    system,
    doctor,
):
    module.attach(app)


def main() -> None:
    """Run the command line."""
    collect_rarely()
    try:
        app()
    except OutreachError as error:
        _tell(error)
        raise SystemExit(_status(error)) from None
    except OSError as error:
        _tell(_refused(error))
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        typer.echo("outreach: stopped", err=True)
        raise SystemExit(130) from None


def _tell(error: OutreachError) -> None:
    if isinstance(error, InputError) and not error.where:
        error.where = error.column
    if "--json" in sys.argv:
        emit(error.as_dict())
    else:
        typer.echo(f"outreach: {error}", err=True)


def _refused(error: OSError) -> InputError:
    """What the operating system would not do, in our words."""
    return InputError(
        "a file or folder cannot be used",
        where=str(error.filename or ""),
        why=error.strerror or type(error).__name__,
        remedy="check the path, who may write there, and the room on the disk",
    )


def _status(error: OutreachError) -> int:
    if isinstance(error, StartError):
        return 3
    if isinstance(error, LedgerBusy):
        return 4
    return 2 if isinstance(error, ContainedError) else 3
