"""A project whose channel takes callbacks, and a real server before it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from outreach.web.callbacks import callback_app
from outreach.web.serving import server
from tests.support import WIRE, Project, consents, consumer

PUBLIC = "https://outreach.example/hooks"
SECRET = b"a secret of the vendor"

VENDOR = WIRE.replace(
    'class WireSms(Wire):\n    name = "wire-sms"\n    medium = Way.SMS\n',
    """
import hashlib
import hmac

from outreach.channels import Ability, CallbackRefused, DeliveryNews, ReplyNews
from outreach.domain import Result

WORDS = {"sent": Result.SENT, "delivered": Result.DELIVERED, "undelivered": Result.BOUNCED}


class WireSms(Wire):
    name = "wire-sms"
    medium = Way.SMS
    abilities = frozenset({Ability.CALLBACKS})

    def verify_callback(self, callback):
        mine = hmac.new(b"a secret of the vendor", callback.url.encode() + callback.body, hashlib.sha256)
        if not hmac.compare_digest(mine.hexdigest(), callback.header("X-Signature")):
            raise CallbackRefused("the signature does not match")

    def read_callback(self, callback):
        form = callback.form
        if callback.attempt:
            word = form.get("status", "")
            yield DeliveryNews(
                callback.attempt, WORDS.get(word, Result.UNRECOGNISED), word, f"{callback.attempt}:{word}"
            )
        else:
            yield ReplyNews(Way.SMS, form["from"], form["text"], form["id"])
""",
)


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: str
    headers: dict[str, str]


def signature(path: str, body: bytes) -> str:
    """What the vendor signs: the URL it calls, and the body."""
    return hmac.new(SECRET, f"{PUBLIC}{path}".encode() + body, hashlib.sha256).hexdigest()


class Caller:
    """Calls the server as a vendor does, over one real connection each."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(
        self, path: str, body: bytes = b"", *, sign: bool = True, method: str = "POST", **headers: str
    ) -> Answered:
        if sign:
            headers.setdefault("X-Signature", signature(path, body))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): v for name, v in headers.items()})
            got = connection.getresponse()
            return Answered(got.status, got.read().decode(), {k.lower(): v for k, v in got.getheaders()})
        finally:
            connection.close()


@contextmanager
def serving(project: Project, seconds: float = 10) -> Iterator[Caller]:
    """The project's door, on a free port of loopback."""
    running = server(callback_app(project.app), head_seconds=seconds)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=running.run, args=([listening],), daemon=True)
        thread.start()
        while not running.started:
            thread.join(0.01)
            assert thread.is_alive()
        try:
            yield Caller(listening.getsockname()[1])
        finally:
            running.should_exit = True
            thread.join(30)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(
        tmp_path / "agency",
        wire=VENDOR,
        more=f'[callbacks]\npublic_url = "{PUBLIC}"\nmax_bytes = 2000\nread_seconds = 1\n',
    )
    made.consumers(consumer())
    made.events(consents("p1", 1))
    yield made
    made.close()


@pytest.fixture
def ask(project: Project) -> Iterator[Caller]:
    with serving(project, 1) as caller:
        yield caller


def events(project: Project, kind: str) -> list[dict[str, Any]]:
    return [json.loads(json.dumps(dict(e.fields))) for e in project.stream("p1") if e.kind == kind]
