"""An invented portfolio: people, months of history and a campaign, written in the real file formats.

The demo and the speed tests load these files as they would a client's. Everything follows from the seed
and the moment: the same two give the same bytes.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from outreach.cli.portfolio.campaign import COLUMNS, bad_rows, rows_for
from outreach.cli.portfolio.history import tell
from outreach.cli.portfolio.names import CREDITORS
from outreach.cli.portfolio.people import invent
from outreach.cli.portfolio.places import PLACES

__all__ = ["CREDITORS", "Portfolio", "name_creditors", "write_large_campaign", "write_portfolio"]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Where the files are, and what is in them.

    ``counts``: consumers, debts, events, contacts (rows of the campaign, bad ones included), bad_rows, and
    ``story:<name>`` for what happened to how many people.
    """

    consumers_path: Path
    events_path: Path
    campaign_path: Path
    counts: Mapping[str, int]


def write_portfolio(
    folder: Path, *, seed: int, consumers: int = 2000, now: datetime, campaign: str = "demo"
) -> Portfolio:
    """Write people.jsonl, history.jsonl and campaign.csv.

    :param seed: the same seed, number and moment give the same files.
    :param consumers: up to some 5,000 have numbers of their own; beyond, more and more share one.
    :param now: aware; history ends here and the campaign is meant for this moment.
    """
    rng = random.Random(seed)
    portfolio = _paths(folder)
    people = invent(rng, consumers, now)
    told = [each for person in people for each in tell(rng, person, now)]
    told.sort(key=lambda each: each[0])
    rows = [row for person in people for row in rows_for(rng, person, now, campaign)]
    used = rows[-1]["key"]
    rng.shuffle(rows)
    bad = list(bad_rows(people, now, campaign, used))
    _write_lines(portfolio.consumers_path, (person.row for person in people))
    _write_lines(portfolio.events_path, (row for _, row in told))
    with _create(portfolio.campaign_path) as file:
        _write_rows(file, [*rows, *bad])
    counts = {
        "consumers": len(people),
        "debts": sum(len(person.debts) for person in people),
        "events": len(told),
        "contacts": len(rows) + len(bad),
        "bad_rows": len(bad),
    }
    stories = Counter(person.story for person in people)
    return Portfolio(
        portfolio.consumers_path,
        portfolio.events_path,
        portfolio.campaign_path,
        {**counts, **{f"story:{name}": count for name, count in sorted(stories.items())}},
    )


def name_creditors(settings: Path) -> None:
    """Append the invented creditors to a project's settings file: messages name them."""
    tables = [f'\n[creditors.{key}]\nname = "{name}"\n' for key, (name, _) in CREDITORS.items()]
    with settings.open("a", encoding="utf-8") as file:
        file.write("".join(tables))


def write_large_campaign(
    folder: Path,
    rows: int,
    *,
    now: datetime,
    seed: int = 1,
    channels: Sequence[str] = ("email", "sms", "letter"),
    rows_each: int = 1,
    campaign: str = "large",
) -> Portfolio:
    """Write a campaign of so many rows, with its people and the consents it needs, in constant memory.

    Every contact is lawful in the day-time of the mainland: what is measured is the pipeline, not refusals.

    :param channels: taken in turn, from call, sms, email, letter.
    :param rows_each: contacts to one person, each on the next channel.
    """
    rng = random.Random(seed)
    portfolio = _paths(folder)
    counts: Counter[str] = Counter()
    consented = (now - timedelta(days=30)).isoformat()
    with ExitStack() as stack:
        people, events, contacts = (
            stack.enter_context(_create(path))
            for path in (portfolio.consumers_path, portfolio.events_path, portfolio.campaign_path)
        )
        writer = csv.DictWriter(contacts, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        written = 0
        for index, person in enumerate(_crowd(rng, -(-rows // rows_each))):
            number, email = person["phones"][0]["number"], person["emails"][0]["address"]
            people.write(_line(person))
            if "sms" in channels:
                consent = {"consumer": person["id"], "at": consented, "event": "consent", "scope": "sms"}
                events.write(_line({**consent, "to": number, "given_to": "collector"}))
                counts["events"] += 1
            for turn in range(min(rows_each, rows - written)):
                channel = channels[(index + turn) % len(channels)]
                to = {"call": number, "sms": number, "email": email, "letter": "home"}[channel]
                template = "middle" if channel == "call" else "reminder"
                cells = {"person": person["id"], "channel": channel, "to": to, "template": template}
                key = f"{campaign}-{written:07d}"
                writer.writerow({**cells, "key": key, "purpose": "collect", "campaign": campaign})
                written += 1
            counts["consumers"] += 1
    counts["contacts"] = written
    return Portfolio(portfolio.consumers_path, portfolio.events_path, portfolio.campaign_path, dict(counts))


def _crowd(rng: random.Random, count: int) -> Iterator[dict[str, Any]]:
    """Plain people with one number, mailbox, address and debt each.

    Their numbers are of the exchange 555, which has no subscribers: the range kept for fiction is too small.
    """
    creditors = list(CREDITORS)
    # Hawaii may still be asleep; a number of the District wants a notice given first (D.C. Code 28-3814)
    strict = {place.area_code for place in PLACES if place.state == "DC"}
    mainland = [place for place in PLACES if place.zone != "H" and place.area_code not in strict]
    areas = sorted({place.area_code for place in mainland})
    in_area = {area: [place for place in mainland if place.area_code == area] for area in areas}
    for index in range(count):
        area = areas[index % len(areas)]
        place = rng.choice(in_area[area])
        yield {
            "id": f"c{index:07d}",
            "name": f"Consumer {index}",
            "language": "en",
            "addresses": [
                {
                    "kind": "home",
                    "lines": [f"{100 + index % 9000} Example Street"],
                    "city": place.city,
                    "region": place.state,
                    "postal_code": place.zip,
                    "country": "US",
                }
            ],
            "phones": [{"number": f"+1{area}555{index // len(areas) % 10000:04d}", "kind": "mobile"}],
            "emails": [{"address": f"consumer{index}@example.com", "kind": "personal"}],
            "debts": [
                {
                    "id": f"c{index:07d}-d1",
                    "kind": "credit_card",
                    "creditor": creditors[index % len(creditors)],
                    "account_number": f"{rng.randrange(10**11, 10**12)}",
                    "balance": {"minor": rng.randrange(5_000, 500_000), "currency": "USD"},
                    "as_of": "2026-01-15",
                    "days_past_due": 90,
                }
            ],
        }


def _paths(folder: Path) -> Portfolio:
    folder.mkdir(parents=True, exist_ok=True)
    return Portfolio(folder / "people.jsonl", folder / "history.jsonl", folder / "campaign.csv", {})


def _create(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with _create(path) as file:
        file.writelines(map(_line, rows))


def _write_rows(file: TextIO, rows: Iterable[Mapping[str, str] | str]) -> None:
    """The campaign. A bad row given as text is written as it stands, so that it can lack cells."""
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        if isinstance(row, str):
            file.write(row + "\n")
        else:
            writer.writerow(row)
