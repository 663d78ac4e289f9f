"""The outbox: writes each SMS, e-mail and letter to a file a person can open.

For trying outreach out, for a print queue, or for a gateway that takes its messages from a folder.

    [plugin.outbox]
    path = "outbox"             # below the project's folder unless absolute
    sms_max_characters = 1600   # what SMS gateways commonly take in one request; longer is refused
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from outreach.channels import Accepted, Channel, Cleared, Rate, SendFailed, Spool, refuse_unsayable
from outreach.domain import Way
from outreach.hookspecs import hookimpl
from outreach_outbox.pages import as_email, as_letter, as_sms

__all__ = ["OUTREACH_API", "OutboxEmail", "OutboxLetter", "OutboxSettings", "OutboxSms"]

OUTREACH_API = 1


class OutboxSettings(BaseModel):
    """``[plugin.outbox]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    path: str = "outbox"
    sms_max_characters: Annotated[int, Field(ge=1, le=40_000)] = 1600


class _Outbox(Channel):
    """Checks the words, makes the file, writes it once."""

    suffix = ".txt"
    rate = Rate(at_once=4)

    def __init__(self, settings: OutboxSettings) -> None:
        self.settings = settings
        folder = settings.folder / Path(settings.path).expanduser() / self.medium.value
        self.spool = Spool(folder, self.suffix)

    def send(self, cleared: Cleared) -> Accepted:
        """Write the file. The same attempt again finds it there and writes nothing."""
        refuse_unsayable(cleared.words.text)
        content = self.page(cleared)
        written = self.spool.put(cleared.attempt, content)
        return Accepted(provider_id=cleared.attempt, said="written" if written else "already there")

    def page(self, cleared: Cleared) -> bytes:
        """The content of the file.

        :raises SendFailed: ``cannot_say``.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Try whether the folder can be written."""
        self.spool.check()


class OutboxSms(_Outbox):
    """SMS as text files."""

    name = "outbox-sms"
    medium = Way.SMS

    def page(self, cleared: Cleared) -> bytes:
        if len(cleared.words.text) > self.settings.sms_max_characters:
            raise SendFailed.cannot_say(f"more than {self.settings.sms_max_characters} characters")
        return as_sms(cleared)


class OutboxEmail(_Outbox):
    """E-mails as ``.eml`` files, which every mail program opens."""

    name = "outbox-email"
    medium = Way.EMAIL
    suffix = ".eml"

    def page(self, cleared: Cleared) -> bytes:
        return as_email(cleared)


class OutboxLetter(_Outbox):
    """Letters as pages that a browser shows and prints, with their envelope."""

    name = "outbox-letter"
    medium = Way.LETTER
    suffix = ".html"

    def page(self, cleared: Cleared) -> bytes:
        return as_letter(cleared)


@hookimpl
def outreach_register_channels(register: Callable[[Channel], None], settings: Mapping[str, Any]) -> None:
    """The three channels."""
    mine = OutboxSettings(**settings)
    for kind in (OutboxSms, OutboxEmail, OutboxLetter):
        register(kind(mine))
