"""P10: how fast an HTTP channel sends, as a share of the raw client over the same connections.

    python benchmarks/http_channel.py [--messages 2000] [--threads 4] [--rounds 5]

The vendor is a server in a process of its own, on loopback; both sides post the same form to it with the same
`requests` session settings. What the channel adds: its checks, the vendor's own client library, the pass.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import requests
from requests.adapters import HTTPAdapter

from outreach.domain import FrozenClock, Way
from outreach.testing import NOW, make_cleared, sample_words

ACCOUNT = "AC" + "a1b2" * 8


def main() -> None:
    """Measure in interleaved rounds; print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help="be the vendor")
    asked = parser.parse_args()
    if asked.serve:
        serve()
        return
    rates = in_rounds(asked.messages, asked.threads, asked.rounds)
    for number, (raw, ours) in enumerate(rates, 1):
        print(f"round {number}: {ours:,.0f} against {raw:,.0f} a second, ratio {ours / raw:.2f}")
    rounds = [ours / raw for raw, ours in rates]
    print(
        f"P10 HTTP  ratio {statistics.median(rounds):.2f} (lowest {min(rounds):.2f}, "
        f"highest {max(rounds):.2f}; target 0.8), {asked.threads} threads, {asked.messages:,} messages"
    )


def in_rounds(messages: int, threads: int, rounds: int) -> list[tuple[float, float]]:
    """Messages a second of the bare client and of the channel, in each round."""
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as vendor:
        assert vendor.stdout is not None
        url = f"http://127.0.0.1:{int(vendor.stdout.readline())}"
        try:
            return [
                (raw_rate(url, messages, threads), channel_rate(url, messages, threads))
                for _ in range(rounds)
            ]
        finally:
            vendor.terminate()


def raw_rate(url: str, messages: int, threads: int) -> float:
    """Messages a second with the bare client."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=threads, max_retries=0))
    target = f"{url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    words = sample_words(Way.SMS)
    form = {"To": "+16145550142", "From": "+16145550100", "Body": words.text, "ValidityPeriod": "60"}

    def post(_: int) -> None:
        answer = session.post(target, data=form, auth=(ACCOUNT, "token"), timeout=(5, 15))
        assert answer.json()["sid"]

    return _rate(post, list(range(messages)), threads)


def channel_rate(url: str, messages: int, threads: int) -> float:
    """Messages a second through the channel, each with its pass."""
    from outreach_twilio import TwilioSettings, TwilioSms
    from outreach_twilio.client import TwilioApi

    with tempfile.TemporaryDirectory() as folder:
        given = {"folder": Path(folder), "account_sid": ACCOUNT, "auth_token": "token", "base_url": url}
        settings = TwilioSettings.model_validate({**given, "sms_rate": {"at_once": threads}})
        clock = FrozenClock(NOW)
        channel = TwilioSms(settings, TwilioApi(settings), settings.sms_rate.rate(), clock)
        passes = [make_cleared(Way.SMS) for _ in range(messages)]
        return _rate(lambda each: channel.deliver(each, clock), passes, threads)


def _rate(work: object, given: list[object], threads: int) -> float:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, given[: threads * 4]))  # connections are made before the time is taken
        began = time.perf_counter()
        list(pool.map(work, given[threads * 4 :]))
        return (len(given) - threads * 4) / (time.perf_counter() - began)


class _Vendor(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        made = {"sid": "SM" + "c4e1" * 8, "status": "queued", "to": form["To"][0], "body": form["Body"][0]}
        body = json.dumps(made).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def serve() -> None:
    """Answer until ended; the first line printed is the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Vendor)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
