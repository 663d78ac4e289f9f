"""``[plugin.twilio]``: the account, its secrets, limits of time and rate, and the agents' telephones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from outreach.channels import NUMBER, Rate

__all__ = ["NUMBER", "RateSettings", "TwilioSettings"]

Positive = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, le=120)]

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class RateSettings(BaseModel):
    """What one of the channels can carry; see :class:`outreach.channels.Rate`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_second: Positive | None = None
    at_once: Annotated[int, Field(ge=1, le=100)] = 8
    per_day: Annotated[int, Field(ge=1)] | None = None
    sender_per_second: Positive | None = None
    sender_per_day: Annotated[int, Field(ge=1)] | None = None

    def rate(self) -> Rate:
        """As a channel states it."""
        return Rate(**self.model_dump())


class TwilioSettings(BaseModel):
    """``[plugin.twilio]``. The secrets come from the environment; see plugins/README.md.

    ``auth_token``: one, or several separated by spaces while they are being rotated. The first is used for
    requests, and the signature of a callback may be made with any of them. ``agents``: the telephone of each
    agent, by her name. ``voicemail_after``: the words of Twilio's machine detection after which a message is
    spoken; by default only a beep, which no person makes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    path: str = "twilio"
    account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")]
    auth_token: SecretStr
    api_key: SecretStr | None = None
    api_secret: SecretStr | None = None
    messaging_service_sid: Annotated[str, Field(pattern=r"^(MG[0-9a-fA-F]{32})?$")] = ""
    base_url: str = "https://api.twilio.com"
    connect_seconds: Seconds = 5
    read_seconds: Seconds = 15
    # "Can be up to 1,600 characters in length": the Body of Twilio's Messages resource.
    sms_max_characters: Annotated[int, Field(ge=1, le=1600)] = 1600
    sms_rate: RateSettings = RateSettings()
    # Twilio begins one call a second for an account that has not asked for more.
    voice_rate: RateSettings = RateSettings(per_second=1, at_once=2)
    voicemail_rate: RateSettings = RateSettings(per_second=1)
    agents: dict[str, str] = {}
    # Short, so that it ends before the agent's own mailbox takes the call.
    agent_ring_seconds: Annotated[int, Field(ge=5, le=600)] = 15
    languages: dict[str, str] = {"en": "en-US", "es": "es-MX", "zh": "zh-CN"}
    voices: dict[str, str] = {}
    # How long Twilio listens for a machine: 3 to 59 seconds, as documented for MachineDetectionTimeout.
    machine_seconds: Annotated[int, Field(ge=3, le=59)] = 30
    voicemail_after: frozenset[Annotated[str, Field(pattern=r"^machine_end_(beep|silence|other)$")]] = (
        frozenset({"machine_end_beep"})
    )

    @field_validator("auth_token")
    @classmethod
    def _some_token(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().split():
            raise ValueError("no token: set OUTREACH_PLUGIN__TWILIO__AUTH_TOKEN in the environment")
        return value

    @field_validator("agents")
    @classmethod
    def _telephones(cls, value: dict[str, str]) -> dict[str, str]:
        for name, number in value.items():
            if not NUMBER.fullmatch(number):
                raise ValueError(f"the telephone of {name} is no number in E.164, such as +1614...")
        return value

    @field_validator("base_url")
    @classmethod
    def _only_a_host(cls, value: str) -> str:
        parts = urlsplit(value)
        if (
            parts.scheme not in ("https", "http")
            or not parts.hostname
            or parts.path.strip("/")
            or parts.query
        ):
            raise ValueError("base_url is a scheme and a host, such as https://api.dublin.ie1.twilio.com")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError(
                "base_url is http, which would show the token to everybody on the way: use https"
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _key_with_secret(self) -> Self:
        if (self.api_key is None) is not (self.api_secret is None):
            raise ValueError("api_key and api_secret are set together, or neither")
        return self

    @property
    def tokens(self) -> tuple[str, ...]:
        """Every token in force, the one for requests first."""
        return tuple(self.auth_token.get_secret_value().split())
