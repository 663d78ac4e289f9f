"""Mail servers on loopback: a real one that keeps what it takes, and one that does what a test writes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

KEYS = Path(__file__).with_name("smtp_test_keys")
AUTHORITY = KEYS / "test-authority.pem"
USER, PASSWORD = "outreach", "let-the-tests-in"


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(KEYS / "test-server.pem", KEYS / "test-server.key")
    return context


@dataclass(frozen=True, slots=True)
class Taken:
    """A message the real server has taken."""

    sender: str
    recipient: str
    content: bytes
    connection: int
    options: tuple[str, ...]
    logged_in: bool


class Inbox:
    """What the real server does: take everything, unless a test has written an answer for a command."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.answers: dict[str, str] = {}

    @contextlib.contextmanager
    def answering(self, command: str, answer: str) -> Iterator[None]:
        """Give this answer to every MAIL, RCPT or DATA (the message) meanwhile; "drop" closes instead."""
        self.answers[command] = answer
        try:
            yield
        finally:
            del self.answers[command]

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if answer := self.answers.get("MAIL"):
            return answer
        envelope.mail_from, envelope.mail_options = address, list(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if answer := self.answers.get("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.get("DATA", "250 2.0.0 Ok: queued as 4XyZ1cQ2r7")
        if answer == "drop":
            server.transport.abort()
            return "250 unheard"
        if answer.startswith("250"):
            [recipient] = envelope.rcpt_tos
            options = tuple(envelope.mail_options)
            logged_in = bool(session.authenticated)
            connection = session.peer[1]
            self.taken.append(
                Taken(envelope.mail_from, recipient, envelope.content, connection, options, logged_in)
            )
        return answer


class RealServer(Controller):
    """aiosmtpd on a free port of 127.0.0.1."""

    def __init__(self, inbox: Inbox, **options: Any) -> None:
        options = {"enable_SMTPUTF8": False, "server_hostname": "mail.test.example", **options}
        super().__init__(inbox, hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def real_server(*, tls: str = "starttls", login: bool = True, **options: Any) -> Iterator[tuple[Inbox, int]]:
    """The inbox of a running server, and its port."""
    inbox = Inbox()
    if tls == "starttls":
        options |= {"tls_context": server_tls(), "require_starttls": True}
    elif tls == "tls":
        options |= {"ssl_context": server_tls()}
    if login:
        options |= {"authenticator": _let_in, "auth_required": True}
    server = RealServer(inbox, **options)
    server.start()
    try:
        yield inbox, server.port
    finally:
        server.stop()


def _let_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False, auth_data=data)


class Scripted:
    """A server that answers each command as a test says, connection by connection (the last script stays).

    Of each command ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "message", "RSET", ...) a script gives the
    answers in order, the last of which stays. ``drop`` closes, ``reset`` closes so that the other side gets a
    reset, ``silence`` says nothing until the test ends.
    """

    def __init__(self, *scripts: Mapping[str, str | list[str]]) -> None:
        self._scripts = [
            {command: [said] if isinstance(said, str) else list(said) for command, said in each.items()}
            for each in scripts or ({},)
        ]
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        self.connections = 0
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Scripted:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()

    @property
    def verbs(self) -> list[str]:
        return [command.partition(" ")[0].partition(":")[0].upper() for command in self.commands]

    def _start(self, what: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=what, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._start(self._serve, accepted, {name: list(said) for name, said in script.items()})

    def _serve(self, connection: socket.socket, script: dict[str, list[str]]) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(20)
            said = connection.makefile("rb")
            if not self._say(connection, script, "greeting", "220 mail.test.example ESMTP"):
                return
            while line := said.readline():
                self.commands.append(line.decode(errors="replace").rstrip("\r\n"))
                verb = self.verbs[-1]
                usual = {
                    "DATA": "354 go on",
                    "QUIT": "221 bye",
                    "EHLO": "250-mail.test.example\n250 8BITMIME",
                }
                if not self._say(connection, script, verb, usual.get(verb, "250 2.1.0 OK")):
                    return
                if verb == "DATA" and self._went_on:
                    lines: list[bytes] = []
                    while (line := said.readline()) not in (b".\r\n", b""):
                        lines.append(line)
                    self.messages.append(b"".join(each.removeprefix(b".") for each in lines))
                    if not self._say(connection, script, "message", "250 2.0.0 OK"):
                        return

    def _say(self, connection: socket.socket, script: dict[str, list[str]], verb: str, usual: str) -> bool:
        answers = script.get(verb, [usual])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self._went_on = answer.startswith("354")
        if answer == "drop":
            return False
        if answer == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if answer == "silence":
            self._over.wait(20)
            return False
        for line in answer.split("\n"):
            connection.sendall(line.encode() + b"\r\n")
        return not answer.startswith("421")


def dripping(port_of: socket.socket) -> None:
    """Never the end of a line, a byte at a time, until the other side has had enough."""
    connection, _ = port_of.accept()
    with connection, contextlib.suppress(OSError):
        while True:
            connection.sendall(b"220-still here\r\n")
