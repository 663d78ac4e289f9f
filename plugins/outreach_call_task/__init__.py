"""Call tasks: the call is made by a person, and sending means handing her the brief.

A contact by ``call`` is judged twice: when it is put on the work list (nothing is reserved), and again when
an agent takes it with ``outreach calls next``. Only then is an attempt opened and handed here.

    [plugin.call-task]
    path = "calls"      # where briefs are written, below the project's folder unless absolute
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from outreach.channels import NUMBER, Ability, Accepted, Channel, Cleared, Rate, SendFailed, Spool, brief
from outreach.domain import Way
from outreach.hookspecs import hookimpl

__all__ = ["OUTREACH_API", "CallTask", "CallTaskSettings", "VoicemailTask"]

OUTREACH_API = 1


class CallTaskSettings(BaseModel):
    """``[plugin.call-task]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    path: str = "calls"


class CallTask(Channel):
    """A call made by an agent, from a brief with the script by its sections and masked facts."""

    name = "call-task"
    medium = Way.CALL
    abilities = frozenset({Ability.WORK_LIST})
    rate = Rate(at_once=1)

    def __init__(self, settings: CallTaskSettings) -> None:
        folder = settings.folder / Path(settings.path).expanduser() / self.medium.value
        self.spool = Spool(folder, ".txt")

    def send(self, cleared: Cleared) -> Accepted:
        """Write the brief of a task an agent has taken. The same task again finds it there."""
        words = cleared.words
        if not NUMBER.fullmatch(cleared.address):
            raise SendFailed.cannot_say("no telephone number to dial")
        if not words.text.strip() or not all(text.strip() for _, text in words.sections):
            raise SendFailed.cannot_say("a script with nothing in it")
        page = brief(
            attempt=cleared.attempt,
            to_name=cleared.to_name,
            number=cleared.address,
            sender=cleared.sender,
            words=words,
            good_until=cleared.good_until,
            background=cleared.brief,
        )
        written = self.spool.put(cleared.attempt, page.encode())
        return Accepted(provider_id=cleared.attempt, said="handed over" if written else "already there")

    def check(self) -> None:
        """Try whether briefs can be written."""
        self.spool.check()


class VoicemailTask(CallTask):
    """A call made by an agent to leave exactly this message."""

    name = "voicemail-task"
    medium = Way.VOICEMAIL


@hookimpl
def outreach_register_channels(register: Callable[[Channel], None], settings: Mapping[str, Any]) -> None:
    """Calls, and calls meant to leave a message."""
    mine = CallTaskSettings(**settings)
    register(CallTask(mine))
    register(VoicemailTask(mine))
