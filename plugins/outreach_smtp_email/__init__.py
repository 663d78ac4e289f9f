"""E-mail through a mail server of yours or your provider's (SMTP), from plain words to text and HTML.

    [plugin.smtp-email]
    host = "mail.ours.example"       # required
    security = "starttls"            # or "tls"; "none" only for a server on this machine
    port = 587                       # 0: 587, 465 or 25 by security
    ca_file = ""                     # trust these authorities instead of the system's
    user = "outreach"                # password: OUTREACH_PLUGIN__SMTP_EMAIL__PASSWORD
    hello_name = ""                  # what we call ourselves in EHLO
    unsubscribe_mailto = ""          # a second way to unsubscribe, beside one click
    bounce_address = ""              # bounces+<attempt>-<digest>@...; needs
                                     # OUTREACH_PLUGIN__SMTP_EMAIL__VERP_SECRET, 16 characters or more
    mailbox = ""                     # Maildir or mbox of what comes back: outreach receive smtp-email
    dkim_domain = ""                 # these three sign each message; the key file has mode 600
    dkim_selector = ""
    dkim_key_file = ""
    at_once = 4                      # connections; also per_second and per_day, which may
                                     # be for each sender: sender_per_second, sender_per_day
    connect_seconds = 10             # also answer_seconds, taken_seconds, idle_seconds

What comes back by e-mail is read by ``outreach_smtp_email.bounces``.
"""

from __future__ import annotations

import ssl
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from outreach.channels import Ability, Accepted, Channel, Cleared, Collected, HandedOver
from outreach.domain import Way
from outreach.errors import InputError, SettingsError
from outreach.hookspecs import hookimpl
from outreach_smtp_email.bounces import Unreadable, read_bounces, read_message
from outreach_smtp_email.connection import Connection, Lost
from outreach_smtp_email.message import Envelope, Writer
from outreach_smtp_email.pool import Pool
from outreach_smtp_email.settings import SmtpSettings
from outreach_smtp_email.signing import Signer

__all__ = ["OUTREACH_API", "SmtpEmail", "SmtpSettings"]

OUTREACH_API = 1

_REMEMBERED: Final = 10_000
_MOST_PIPED: Final = 30_000_000  # bytes; a mail server takes no larger one
_CURES: Final[Mapping[str, str]] = {
    "host_not_found": "correct `host`, or this machine's name service",
    "econnrefused": "start the mail server, or correct `host` and `port`",
    "timed_out": "correct `host` and `port`, or let the firewall pass them",
    "tls_not_trusted": "correct `host` to the name in its certificate, or name its authority in `ca_file`",
    "tls_failed": "set `security` to what the port speaks: starttls (587) or tls (465)",
    "no_tls_offered": 'the server offers no STARTTLS on this port: set security = "tls", or another port',
    "no_login_offered": "take `user` away, or use the port where the server lets its users in (587, 465)",
    "login_refused": "correct `user`, and the password in OUTREACH_PLUGIN__SMTP_EMAIL__PASSWORD",
}


class SmtpEmail(Channel):
    """Hands each message to one mail server, one recipient a message.

    An attempt that was handed over is remembered (the last 10,000), so that it does not leave a second time.
    """

    name = "smtp-email"
    medium = Way.EMAIL
    abilities = frozenset({Ability.COLLECT})

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self.rate = settings.rate
        self._tls = _trusting(settings)
        self._writer = Writer(settings.proof)
        self._signer = _signer(settings)
        self._connect = partial(Connection, settings, self._tls)
        self._pool = Pool(self._connect, settings.idle_seconds)
        self._handed = HandedOver(_REMEMBERED)
        weakref.finalize(self, self._pool.close)

    def send(self, cleared: Cleared) -> Accepted:
        """Write the message, sign it, hand it over."""
        envelope = self._writer.write(cleared)
        if self._signer is not None:
            envelope = replace(envelope, content=self._signer.sign(envelope.content))
        return self._handed.once(cleared.attempt, partial(self._hand_over, cleared.attempt, envelope))

    def _hand_over(self, attempt: str, envelope: Envelope) -> Accepted:
        return Accepted(provider_id=attempt, said=self._pool.carry(envelope))

    def collect(self, source: str) -> Iterator[Collected]:
        """What came back: a Maildir or mbox, or with ``-`` one message, as a mail server pipes it."""
        proof = self.settings.proof
        if source == "-":
            try:
                yield Collected(read_message(sys.stdin.buffer.read(_MOST_PIPED), proof))
            except Unreadable as trouble:
                yield Collected((), trouble=trouble.what)
            return
        if not (source or self.settings.mailbox):
            raise InputError(
                "which mailbox?", remedy="name it, or set `mailbox` in [plugin.smtp-email]", where="SOURCE"
            )
        folder = Path(source) if source else self.settings.file(self.settings.mailbox)
        for handle, news in read_bounces(folder, proof):
            yield Collected(news, handle.done, handle.trouble)

    def check(self) -> None:
        """Connect, take up TLS, log in, and ask for nothing."""
        try:
            connection = self._connect()
            try:
                connection.probe()
            finally:
                connection.close(politely=True)
        except Lost as lost:
            host, port = self.settings.server
            raise SettingsError(
                "the mail server does not let us in",
                where=f"{host}:{port}",
                why=lost.code.replace("_", " "),
                remedy=_CURES.get(lost.code, "see what the mail server's log says of it"),
            ) from None

    def close(self) -> None:
        """Close the connections that are kept; the next message makes new ones."""
        self._pool.close()


def _trusting(settings: SmtpSettings) -> ssl.SSLContext | None:
    """Certificates and names are verified, always."""
    if settings.security == "none":
        return None
    if not settings.ca_file:
        return ssl.create_default_context()
    path = settings.file(settings.ca_file)
    try:
        return ssl.create_default_context(cafile=path)
    except OSError as error:  # also what is wrong with its content
        raise SettingsError(
            "the file of trusted authorities cannot be used",
            where=str(path),
            why=type(error).__name__,
            remedy="give certificates as PEM in `ca_file`",
        ) from None


def _signer(settings: SmtpSettings) -> Signer | None:
    if not settings.dkim_key_file:
        return None
    return Signer(settings.dkim_domain, settings.dkim_selector, settings.file(settings.dkim_key_file))


@hookimpl
def outreach_register_channels(register: Callable[[Channel], None], settings: Mapping[str, Any]) -> None:
    """The channel ``smtp-email``."""
    register(SmtpEmail(SmtpSettings(**settings)))
