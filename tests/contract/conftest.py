"""Twilio's own OpenAPI description, served by prism on loopback: every request is checked against it.

`make contract` puts both below build/contract. Not part of `make test`: that needs no Node and no network.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "build" / "contract" / "node_modules"
SPEC = FOLDER / "@twilio-alpha/mcp/twilio-oai/spec/json/twilio_api_v2010.json"


@pytest.fixture(scope="session")
def spec() -> Any:
    return json.loads(SPEC.read_text("utf-8"))


@pytest.fixture(scope="session")
def prism() -> Iterator[str]:
    """Where it listens. It answers 422 to a request that the description does not allow."""
    command = [str(FOLDER / ".bin" / "prism"), "mock", "--host", "127.0.0.1", "--port", "0", str(SPEC)]
    environment = {**os.environ, "NO_COLOR": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            yield _listening(process.stdout)
        finally:
            process.terminate()


def _listening(lines: Any) -> str:
    for line in lines:
        if found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", line):
            return found[1]
    raise AssertionError("prism ended before it listened")
