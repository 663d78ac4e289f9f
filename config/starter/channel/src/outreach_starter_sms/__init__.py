"""The plugin: its settings, and the channel built from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from outreach.channels import Channel
from outreach.hookspecs import hookimpl
from pydantic import BaseModel, ConfigDict, SecretStr

from outreach_starter_sms.channel import StarterSms

OUTREACH_API = 1


class Settings(BaseModel):
    """The table ``[plugin.starter-sms]``. The two secrets come from the environment or from ``.env``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = "https://api.toy-vendor.example"
    api_key: SecretStr
    signing_secret: SecretStr
    seconds: float = 10.0


@hookimpl
def outreach_register_channels(register: Callable[[Channel], None], settings: Mapping[str, Any]) -> None:
    """A setting that is missing or misspelt stops the start, not a contact."""
    own = Settings(**{name: value for name, value in settings.items() if name != "folder"})
    register(
        StarterSms(
            own.url,
            own.api_key.get_secret_value(),
            own.signing_secret.get_secret_value(),
            seconds=own.seconds,
        )
    )
