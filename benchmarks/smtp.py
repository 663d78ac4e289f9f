"""P10, e-mail: the channel smtp-email as a share of plain smtplib, each with one kept connection to one sink.

python benchmarks/smtp.py [--messages 500] [--rounds 21] [--dkim KEY]
"""

from __future__ import annotations

import argparse
import multiprocessing
import smtplib
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from outreach.channels import Cleared
from outreach.domain import FrozenClock, Way
from outreach.testing import NOW, make_cleared, sample_words
from outreach_smtp_email import SmtpEmail, SmtpSettings
from outreach_smtp_email.message import Writer
from outreach_smtp_email.proof import Proof

TARGET = 0.65
TEXT = "\n\n".join(
    [
        "Dear {name},",
        "This is from a debt collector. We are trying to collect a debt; what you tell us is used for that.",
        "Your balance is $1,234.50. You have the right to dispute it, and to ask for more about it.",
        "See https://pay.collector.example/account, or call us: we will gladly find a way that suits you.",
        "To stop e-mails to this address, follow the link below.",
    ]
)


def main() -> None:
    """Measure in turn, round by round; print the median of the rounds' ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=500, help="in each round, each way")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--dkim", type=Path, help="a key: the channel then signs, raw does not")
    asked = parser.parse_args()
    told(in_rounds(asked.messages, asked.rounds, asked.dkim), asked.messages)


Side = tuple[float, float]
"""Messages a second, and processor seconds a message."""


def in_rounds(messages: int, rounds: int, dkim: Path | None = None) -> list[tuple[Side, Side]]:
    """Plain smtplib and the channel, in each round."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=sink, args=(there,), daemon=True)
    server.start()
    port = int(here.recv())
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "unsubscribe_mailto": "stop@a.example",
        }
        settings |= {"bounce_address": "bounces@a.example", "verp_secret": "a secret of benchmarks"}
        if dkim:
            settings |= {"dkim_domain": "a.example", "dkim_selector": "s", "dkim_key_file": str(dkim)}
        channel = SmtpEmail(SmtpSettings(folder=Path(folder), **settings))
        found = [measured(channel, port, messages) for _ in range(rounds)]
        channel.close()
    here.send("end")
    server.join(10)
    return found


def measured(channel: SmtpEmail, port: int, count: int) -> tuple[Side, Side]:
    """Plain smtplib and the channel, one after the other."""
    cleared = [passed(number) for number in range(count)]
    writer = Writer(Proof("a secret of benchmarks", "bounces@a.example", "stop@a.example"))
    made = [writer.write(each) for each in cleared]  # not measured: raw gets its bytes for nothing
    with smtplib.SMTP("127.0.0.1", port, local_hostname="[127.0.0.1]") as raw:
        raw.ehlo()
        plain = timed(lambda at: raw.sendmail(made[at].sender, made[at].recipient, made[at].content), count)
    clock = FrozenClock(NOW)
    return plain, timed(lambda at: channel.deliver(cleared[at], clock), count)


def passed(number: int) -> Cleared:
    """Every person another name, address, text and link."""
    name = f"Alex Example {number}"
    return make_cleared(
        Way.EMAIL,
        address=f"person{number}@example.com",
        to_name=name,
        words=replace(sample_words(Way.EMAIL), text=TEXT.format(name=name)),
        opt_out_url=f"https://pay.collector.example/u/{number:040x}",
    )


def timed(send: Callable[[int], object], count: int) -> Side:
    began, worked = time.perf_counter(), time.process_time()
    for number in range(count):
        send(number)
    return count / (time.perf_counter() - began), (time.process_time() - worked) / count


def sink(told: Connection) -> None:
    """Takes everything and keeps nothing, a thread a connection: as little in the way as can be."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        told.send(listening.getsockname()[1])
        listening.settimeout(0.05)
        while not told.poll():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


def serve(connection: socket.socket) -> None:
    connection.settimeout(60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as said:
        connection.sendall(b"220 sink\r\n")
        while line := said.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                connection.sendall(b"354 go on\r\n")
                while said.readline() not in (b".\r\n", b""):
                    pass
                connection.sendall(b"250 2.0.0 Ok: queued as 4XyZ1cQ2r7\r\n")
            elif verb == b"EHLO":
                connection.sendall(b"250-sink\r\n250-SIZE 10240000\r\n250 ENHANCEDSTATUSCODES\r\n")
            elif verb == b"QUIT":
                return
            else:
                connection.sendall(b"250 2.1.0 Ok\r\n")


def told(rounds: Sequence[tuple[Side, Side]], count: int) -> None:
    median = statistics.median
    raws, ours = [raw for raw, _ in rounds], [mine for _, mine in rounds]
    ratios = sorted(mine[0] / raw[0] for raw, mine in rounds)
    print("P10 the channel smtp-email, as a share of plain smtplib with bytes made before")
    print(
        f"    ratio {median(ratios):.2f} (target {TARGET}; lowest {ratios[0]:.2f}, highest {ratios[-1]:.2f}; "
        f"{len(rounds)} rounds of {count:,})"
    )
    rates = [f"{median(each[0] for each in way):,.0f}" for way in (ours, raws)]
    works = [f"{median(each[1] for each in way) * 1e6:,.0f}" for way in (ours, raws)]
    print(f"    {rates[0]} against {rates[1]} messages/s")
    print(f"    processor time {works[0]} against {works[1]} us a message, the server's not counted")


if __name__ == "__main__":
    main()
