"""``[plugin.smtp-email]``: checked while registering, so that what is missing stops the start."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from outreach.channels import Rate
from outreach_smtp_email.proof import Proof, fits_bounces

__all__ = ["SmtpSettings"]

_PORTS = {"starttls": 587, "tls": 465, "none": 25}

_Seconds = Annotated[float, Field(gt=0, le=900)]
_PerDay = Annotated[int, Field(ge=1)] | None
_PerSecond = Annotated[float, Field(gt=0)] | None


class SmtpSettings(BaseModel):
    """The server, who we are to it, how long we wait, how fast we may be, and what is put into messages.

    ``answer_seconds`` is for one answer of the server, ``taken_seconds`` for the one after the message, which
    RFC 5321 section 4.5.3.2.6 wishes to be ten minutes; ``idle_seconds``: a connection not used for so long
    is not used again.
    """

    # Values are left out of errors: one is the password.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Path
    host: Annotated[str, Field(min_length=1, pattern=r"^[^\s/@]+$")]
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str = ""
    user: str = ""
    password: SecretStr = SecretStr("")
    hello_name: Annotated[str, Field(pattern=r"^[0-9A-Za-z.:\[\]-]*$")] = ""

    connect_seconds: _Seconds = 10
    answer_seconds: _Seconds = 30
    taken_seconds: _Seconds = 120
    idle_seconds: _Seconds = 20

    per_second: _PerSecond = None
    at_once: Annotated[int, Field(ge=1, le=64)] = 4
    per_day: _PerDay = None
    sender_per_second: _PerSecond = None
    sender_per_day: _PerDay = None

    unsubscribe_mailto: str = ""
    mailbox: str = ""
    bounce_address: str = ""
    verp_secret: SecretStr = SecretStr("")
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key_file: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.security == "none" and not _is_loopback(self.host):
            raise ValueError("security none is for this machine itself; set starttls or tls")
        password = self.password.get_secret_value()
        if bool(self.user) != bool(password):
            raise ValueError("user and password come together; the password stands in the environment")
        if not (self.user + password).isascii():
            raise ValueError("user and password have to be ASCII")
        if len(set(map(bool, (self.dkim_domain, self.dkim_selector, self.dkim_key_file)))) > 1:
            raise ValueError("dkim_domain, dkim_selector and dkim_key_file come together")
        if not (self.dkim_domain + self.dkim_selector).isascii():
            raise ValueError("dkim_domain and dkim_selector have to be ASCII")
        secret = self.verp_secret.get_secret_value()
        if secret and len(secret) < 16:
            raise ValueError("verp_secret has to have at least 16 characters")
        if self.bounce_address and not secret:
            raise ValueError("bounce_address needs verp_secret, else anybody could invent bounces")
        if self.bounce_address and not fits_bounces(self.bounce_address):
            raise ValueError("bounce_address is no address, or longer than 20 characters before its @")
        if self.unsubscribe_mailto and not fits_bounces(self.unsubscribe_mailto):
            raise ValueError("unsubscribe_mailto is no address, or longer than 20 characters before its @")
        return self

    @property
    def server(self) -> tuple[str, int]:
        """Host and port; a port of 0 means the usual one."""
        return self.host, self.port or _PORTS[self.security]

    @property
    def rate(self) -> Rate:
        """What the server takes."""
        return Rate(self.per_second, self.at_once, self.per_day, self.sender_per_second, self.sender_per_day)

    @property
    def proof(self) -> Proof:
        """What ties what comes back to what we sent."""
        return Proof(self.verp_secret.get_secret_value(), self.bounce_address, self.unsubscribe_mailto)

    def file(self, name: str) -> Path:
        """A file named in the settings: below the project's folder unless absolute."""
        return self.folder / Path(name).expanduser()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
