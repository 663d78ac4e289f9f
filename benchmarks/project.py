"""The project that is measured: every pack and a house pack in force, and a channel that does nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outreach.assemble import Outreach, assemble
from outreach.cli.portfolio.places import PLACES
from outreach.cli.setup import make_project
from outreach.domain import Clock, Consumer, Contact, Debt, Email, FrozenClock, Money, Way
from outreach.domain.people import Address
from outreach.domain.words import EndpointKind
from outreach.pipeline.items import Item
from outreach.settings import load_settings

NOON = datetime(2026, 6, 2, 19, tzinfo=UTC)
"""Day-time on all of the mainland."""

_NULL = '''
"""A channel that does nothing, at once."""

from outreach.channels import Accepted, Channel, Rate
from outreach.domain import Way
from outreach.hookspecs import hookimpl

OUTREACH_API = 1
ACCEPTED = Accepted("null")


class Null(Channel):
    name = "null-email"
    medium = Way.EMAIL
    rate = Rate(at_once=1)

    def send(self, cleared):
        return ACCEPTED


@hookimpl
def outreach_register_channels(register, settings):
    register(Null())
'''

# It is night in Hawaii then, and the District wants a notice given first (D.C. Code 28-3814).
_TOWNS = tuple(place for place in PLACES if place.zone != "H" and place.state != "DC")


def make(folder: Path) -> None:
    """The project's files, the house pack of `outreach init` among them."""
    make_project(folder)
    (folder / "plugins").mkdir(mode=0o755)
    plugin = folder / "plugins" / "null.py"
    plugin.write_text(_NULL)
    plugin.chmod(0o644)


def opened(folder: Path, clock: Clock | None = None, **settings: Any) -> Outreach:
    """The project put together, its e-mail routed to the channel that does nothing; use it in ``with``.

    :param clock: else one that stands still, so that the hour of day changes nothing.
    :param settings: more of them, such as another ledger's ``ledger={"url": ...}``.
    """
    given = {"plugins": ["outbox", "call-task", "null"], "routes": {"email": "null-email"}, **settings}
    loaded = load_settings(folder, overrides=given)
    return assemble(loaded, clock=clock or FrozenClock(NOON), create=True)


def take_in(app: Outreach, numbers: range) -> None:
    """Import these consumers."""
    for start in range(numbers.start, numbers.stop, 1000):
        part = range(start, min(start + 1000, numbers.stop))
        app.inbound.consumers([consumer(number) for number in part], None)


def consumer(number: int) -> Consumer:
    """A plain person with one mailbox, address and debt, in the next town."""
    town = _TOWNS[number % len(_TOWNS)]
    home = Address(EndpointKind.HOME, "US", town.state, town.zip, (f"{number} High Street",), town.city)
    debt = Debt(
        id=f"d{number}",
        kind="credit_card",
        account_number=f"{4000000000000000 + number}",
        creditor="lakeside",
        balance=Money(123450 + number, "USD"),
        as_of="2026-05-31",
    )
    return Consumer(
        id=f"c{number}",
        name=f"Alex Example {number}",
        language="en",
        addresses=(home,),
        emails=(Email(f"person{number}@example.com", EndpointKind.PERSONAL),),
        debts=(debt,),
    )


def items(numbers: Iterable[int], campaign: str = "bench") -> Iterator[Item]:
    """One e-mail to each."""
    for line, number in enumerate(numbers, 1):
        wish = Contact(
            person=f"c{number}",
            channel=Way.EMAIL,
            to=f"person{number}@example.com",
            campaign=campaign,
            key=f"k{number}",
            template="reminder",
        )
        yield Item(wish, line)
