"""python -m outreach_letter run FOLDER: letters that wait, in one file for the print house, with a list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outreach.errors import OutreachError
from outreach_letter.runs import make_run

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """What is done with printed letters apart from sending them."""


@app.command()
def run(
    folder: Annotated[Path, typer.Argument(help="The plugin's folder: `path` in [plugin.letter].")],
    at_most: Annotated[int, typer.Option(help="Letters in one run.", min=1)] = 1000,
) -> None:
    """Put letters that are in no run yet into runs, until none waits; prints each run's folder."""
    if not folder.is_dir():
        typer.echo(
            f"outreach: {folder} is no folder\n  do:    name the one of [plugin.letter] path", err=True
        )
        raise typer.Exit(2)
    try:
        while made := make_run(folder, at_most=at_most):
            typer.echo(f"{made.folder}  {len(made.attempts):,} letters on {made.pages:,} pages")
    except OutreachError as error:
        typer.echo(f"outreach: {error}", err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
