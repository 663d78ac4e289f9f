"""One connection to a mail server, and one message through it: what left, and what did not.

Everything up to the end of the message may fail without harm: RFC 5321 section 4.1.1.4 lets a server take a
message only with the line that ends it. From the moment that line was handed to the system until the answer
has come, nobody knows.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
import time
from typing import Final

from outreach.channels import SendFailed
from outreach_smtp_email.codes import code_of, code_of_error, failure, queue_id, word_of
from outreach_smtp_email.message import Envelope
from outreach_smtp_email.settings import SmtpSettings

__all__ = ["Connection", "Lost"]

_REPLY = re.compile(rb"[2-5][0-9]{2}(?:[ -]|\r?\n)")
_MOST_LINES: Final = 128
_LONGEST_LINE: Final = 2048
_LEADING_DOTS = re.compile(rb"(?m)^\.")


class Lost(Exception):
    """The connection could not be made or went away, and nothing was handed over. ``code``: why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class _Client(smtplib.SMTP):
    """The standard library's client with answers that are bounded in time, length and number of lines."""

    _answering: socket.socket | None = None
    _rest = b""

    def getreply(self) -> tuple[int, bytes]:
        """The next answer.

        :raises smtplib.SMTPServerDisconnected: if none comes in time, or what comes is no answer of SMTP.
        """
        if self._answering is not self.sock:  # TLS has begun: what was said before it is not believed
            self._answering, self._rest = self.sock, b""
        limit = self.sock.gettimeout() if self.sock else None
        until = time.monotonic() + (limit or 0)
        lines: list[bytes] = []
        while len(lines) < _MOST_LINES:
            read = self._line(until)
            if not _REPLY.match(read):
                break
            lines.append(read[4:].strip())
            if read[3:4] != b"-":
                return int(read[:3]), b"\n".join(lines)
        self.close()
        raise smtplib.SMTPServerDisconnected("out_of_step")

    def _line(self, until: float) -> bytes:
        while (end := self._rest.find(b"\n")) < 0:
            try:
                if self.sock is None or len(self._rest) > _LONGEST_LINE or time.monotonic() > until:
                    raise TimeoutError
                got = self.sock.recv(4096)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(word_of(error)) from None
            if not got:
                self.close()
                raise smtplib.SMTPServerDisconnected("connection_closed")
            self._rest += got
        read, self._rest = self._rest[: end + 1], self._rest[end + 1 :]
        return read


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


class Connection:
    """Made, greeted, under TLS and logged in.

    :raises Lost: if it cannot be made so.
    """

    def __init__(self, settings: SmtpSettings, tls: ssl.SSLContext | None) -> None:
        self._settings = settings
        try:
            self._client = self._connected(tls)
        except (smtplib.SMTPException, OSError) as error:
            raise Lost(code_of_error(error)) from None
        try:
            self._begin(tls)
        except Lost:
            self.close()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Lost(code_of_error(error)) from None
        size = self._client.esmtp_features.get("size", "")
        self._largest = int(size) if size.isdigit() and len(size) < 16 else 0

    def _connected(self, tls: ssl.SSLContext | None) -> _Client:
        settings = self._settings
        host, port = settings.server
        name, limit = settings.hello_name or "[127.0.0.1]", settings.connect_seconds
        if settings.security == "tls":
            return _TlsClient(host, port, name, timeout=limit, context=tls)
        return _Client(host, port, name, timeout=limit)

    def _begin(self, tls: ssl.SSLContext | None) -> None:
        client, settings = self._client, self._settings
        assert client.sock is not None
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not settings.hello_name:
            client.local_hostname = _own_name(client.sock)
        self._hello()
        if settings.security == "starttls":
            if not client.has_extn("starttls"):
                raise Lost("no_tls_offered")
            client.starttls(context=tls)
            self._hello()
        if settings.user:
            if not client.has_extn("auth"):
                raise Lost("no_login_offered")
            client.login(settings.user, settings.password.get_secret_value())
        client.sock.settimeout(settings.answer_seconds)

    def _hello(self) -> None:
        code, text = self._client.ehlo()
        if code != 250:
            raise Lost(code_of(code, text))

    @property
    def usable(self) -> bool:
        """Whether another message may be tried through it."""
        return self._client.sock is not None

    def carry(self, envelope: Envelope) -> str:
        """Hand one message over, and wait until the server has taken it.

        :returns: the server's queue id, where it tells one; else its code.
        :raises Lost: if the connection broke, or was closed by the server, before anything was handed over.
        :raises SendFailed: ``not_sent``, ``refused``, ``unknown`` or ``cannot_say``.
        """
        options = self._options(envelope)
        client = self._client
        try:
            # Not its mail() and rcpt(): parsing the addresses again takes longer than writing the message.
            client.command_encoding = "utf-8" if envelope.utf8 else "ascii"
            self._expect(client.docmd("MAIL", f"FROM:<{envelope.sender}>{options}"), (250,))
            self._expect(client.docmd("RCPT", f"TO:<{envelope.recipient}>"), (250, 251))
            self._expect(client.docmd("DATA"), (354,))
            assert client.sock is not None
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Lost(code_of_error(error)) from None
        try:
            client.sock.sendall(_LEADING_DOTS.sub(b"..", envelope.content) + b".\r\n")
        except OSError:
            # Not all of it went to the system, so the line that ends it did not leave.
            self.close()
            raise SendFailed.not_sent("broken_off_within_the_message", retry=True) from None
        return self._taken()

    def probe(self) -> None:
        """Ask for nothing (NOOP).

        :raises Lost: if that is not answered well.
        """
        try:
            code, text = self._client.noop()
        except (smtplib.SMTPException, OSError) as error:
            raise Lost(code_of_error(error)) from None
        if code != 250:
            raise Lost(code_of(code, text))

    def close(self, *, politely: bool = False) -> None:
        """Close it; ``politely``: say so first, without waiting for the answer."""
        with contextlib.suppress(OSError):
            if politely and self._client.sock is not None:
                self._client.sock.settimeout(1)
                self._client.sock.sendall(b"QUIT\r\n")
        with contextlib.suppress(OSError):
            self._client.close()

    def _options(self, envelope: Envelope) -> str:
        """What MAIL FROM says besides; raised here is what the server cannot carry."""
        features = self._client.esmtp_features
        if self._largest and len(envelope.content) > self._largest:
            raise SendFailed.cannot_say("more than the mail server takes")
        options = f" SIZE={len(envelope.content)}" if "size" in features else ""
        if envelope.utf8:
            if "smtputf8" not in features:
                raise SendFailed.cannot_say("an address in other letters than the mail server takes")
            options += " SMTPUTF8 BODY=8BITMIME"
        return options

    def _expect(self, reply: tuple[int, bytes], wanted: tuple[int, ...]) -> None:
        code, text = reply
        if code in wanted:
            return
        if code == 421 or not 400 <= code <= 599:  # it closes the channel, or answers another question
            self.close()
            raise Lost(code_of(code, text))
        try:
            self._client.rset()
        except (smtplib.SMTPException, OSError):
            self.close()
        raise failure(code, text)

    def _taken(self) -> str:
        """The answer to the whole message."""
        sock = self._client.sock
        try:
            if sock is not None:
                sock.settimeout(self._settings.taken_seconds)
            code, text = self._client.getreply()
            if sock is not None:
                sock.settimeout(self._settings.answer_seconds)
        except (smtplib.SMTPException, OSError):
            self.close()
            raise SendFailed.unknown("no_answer_to_the_message") from None
        if 200 <= code <= 299:
            return queue_id(text) or str(code)
        if code == 421 or code < 400:
            self.close()
        if code < 400:
            raise SendFailed.unknown(code)
        raise failure(code, text)


def _own_name(sock: socket.socket) -> str:
    """Our address as the name in EHLO (RFC 5321 section 4.1.3), without asking anybody who we are."""
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
