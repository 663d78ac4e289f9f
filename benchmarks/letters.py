"""Letters a second: printed, written, put into a run; each as a share of what typst alone does.

python benchmarks/letters.py [--letters 200] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import typst

from outreach.channels import Cleared
from outreach.content import Library
from outreach.content.sample import sample_request
from outreach.domain import Audience, FrozenClock, Purpose, Way
from outreach.testing import NOW, make_cleared
from outreach_letter import LetterPdf, LetterSettings, make_run
from outreach_letter.layout import lay_out
from outreach_letter.measures import WINDOWS

Item = TypeVar("Item")
TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
PLAIN = b"""
#set page(paper: "us-letter")
#set text(10.5pt)
#for line in sys.inputs.data.split("\\n") { par(line) }
"""


def main() -> None:
    """Measure in interleaved rounds; print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=200, help="letters in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    asked = parser.parse_args()
    rates: dict[str, list[float]] = {}
    for _ in range(asked.rounds):
        for name, rate in _round(asked.letters).items():
            rates.setdefault(name, []).append(rate)
    raw = rates["typst alone, the same words"]
    figure = {
        name: {
            "letters_per_second": round(statistics.median(found)),
            "share": round(statistics.median(one / two for one, two in zip(found, raw, strict=True)), 3),
        }
        for name, found in rates.items()
    }
    if asked.json:
        print(json.dumps(figure))
    else:
        for name, values in figure.items():
            print(f"{name:<44}{values['letters_per_second']:>8}/s{values['share']:>10}")


def _round(count: int) -> dict[str, float]:
    """The rate of each way in turn."""
    with tempfile.TemporaryDirectory() as folder:
        channel = LetterPdf(LetterSettings(folder=Path(folder)))
        notices, reminders = _passes("validation_notice", count), _passes("reminder", count)
        _print(channel, reminders[0])  # reads the fonts and tries the characters
        _print(channel, notices[0])
        rates = {
            "typst alone, the same words": _rate([reminder.words.text for reminder in reminders], _plain),
            "printed": _rate(reminders, lambda cleared: _print(channel, cleared)),
            "printed, validation notice": _rate(notices, lambda cleared: _print(channel, cleared)),
            "printed with envelope and job, on the disk": _rate(reminders, lambda one: _send(channel, one)),
        }
        begun = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: _send(channel, one), notices))
        rates["the same by two threads, validation notice"] = count / (time.perf_counter() - begun)
        begun = time.perf_counter()
        run = make_run(channel.settings.place, at_most=2 * count)
        assert run is not None
        rates["put into a run"] = len(run.attempts) / (time.perf_counter() - begun)
        return rates


def _passes(template: str, count: int) -> list[Cleared]:
    purpose = Purpose.VALIDATION_NOTICE if template == "validation_notice" else Purpose.COLLECT
    words = Library([TEMPLATES]).compose(
        sample_request(template, Way.LETTER, "en", purpose, Audience.CONSUMER)
    )
    return [make_cleared(Way.LETTER, words=words) for _ in range(count)]


def _plain(text: str) -> None:
    typst.compile(PLAIN, format="pdf", ignore_system_fonts=True, sys_inputs={"data": text})


def _print(channel: LetterPdf, cleared: Cleared) -> None:
    layout = lay_out(cleared, channel.settings.country, None)
    channel.printer.letter(layout, WINDOWS[layout.paper])


def _send(channel: LetterPdf, cleared: Cleared) -> None:
    channel.deliver(cleared, FrozenClock(NOW))


def _rate(items: Sequence[Item], do: Callable[[Item], None]) -> float:
    begun = time.perf_counter()
    for item in items:
        do(item)
    return len(items) / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
