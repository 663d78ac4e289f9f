"""serve: what answers over HTTP."""

from __future__ import annotations

import socket
import sys
from typing import Annotated

import typer

from outreach.cli.opening import open_app
from outreach.cli.output import Json, emit, say
from outreach.errors import InputError, SettingsError

__all__ = ["attach"]


def attach(app: typer.Typer) -> None:
    """Put this command under ``outreach``."""
    app.command()(serve)


def serve(
    callbacks: Annotated[
        bool, typer.Option("--callbacks", help="Take providers' callbacks and one-click opt-outs.")
    ] = False,
    host: Annotated[str, typer.Option(help="Where to listen (default: [callbacks] host).")] = "",
    port: Annotated[
        int | None, typer.Option(help="The port (default: [callbacks] port); 0 takes a free one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take what comes back over HTTP until stopped: callbacks, replies, one-click opt-outs.

    Put it behind the web server that answers at [callbacks] public_url with TLS. Several may run.
    """
    if not callbacks:
        raise InputError("what shall be served?", remedy="say --callbacks")
    try:
        from outreach.web.callbacks import callback_app
        from outreach.web.serving import server
    except ModuleNotFoundError as missing:
        raise SettingsError(
            "the web part is not installed",
            why=f"no module {missing.name}",
            remedy="pip install 'outreach[web]'",
        ) from None
    with open_app() as app:
        ours = app.settings.callbacks
        if not ours.public_url:
            raise SettingsError(
                "no public URL is set",
                where="[callbacks] public_url",
                why="providers sign the URL they call, so it has to be known",
                remedy='public_url = "https://outreach.example"',
            )
        with socket.create_server((host or ours.host, ours.port if port is None else port)) as listening:
            where = listening.getsockname()[:2]
            if as_json:
                emit({"public_url": ours.public_url, "host": where[0], "port": where[1]})
            else:
                say(f"taking callbacks for {ours.public_url} at {where[0]} port {where[1]}")
            sys.stdout.flush()  # whoever started it waits for this line
            server(callback_app(app), head_seconds=ours.read_seconds).run(sockets=[listening])
