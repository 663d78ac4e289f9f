"""doctor: what is wrong with an installation, and the cure. Sends nothing, changes nothing."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import typer

from outreach.cli.opening import open_app
from outreach.cli.output import Json, emit, table
from outreach.errors import OutreachError

if TYPE_CHECKING:
    from outreach.assemble import Outreach

__all__ = ["attach"]

_LATE = timedelta(minutes=10)  # a held contact that is due for longer waits for nobody's `work`
_SKEW, _FAR_SKEW = timedelta(seconds=5), timedelta(minutes=1)
_LITTLE, _NOTHING = 1_000_000_000, 100_000_000  # bytes free
_FRESH = timedelta(days=450)  # zone data of a year serve so long after it began
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ``ok``, ``warn`` or ``wrong``, and what to do."""

    about: str
    state: str
    what: str
    cure: str = ""


def attach(app: typer.Typer) -> None:
    """Put this command under ``outreach``."""
    app.command()(doctor)


def doctor(as_json: Json = False) -> None:
    """Credentials, callback URL, zone data, clock, disk, queue, packs: what is wrong, and the cure.

    Exit status 1: something is wrong. A warning alone gives 0.
    """
    try:
        with open_app() as app:
            found = list(_look(app))
    except OutreachError as error:
        found = [Finding("start", "wrong", _words(error), error.remedy)]
    if as_json:
        for each in found:
            emit(each)
    else:
        table(
            "Looked at",
            ["about", "", "what", "what to do"],
            [(each.about, each.state, each.what, each.cure) for each in found],
        )
    if any(each.state == "wrong" for each in found):
        raise typer.Exit(1)


def _look(app: Outreach) -> Iterator[Finding]:
    for look in (_channels, _callbacks, _zones, _clock, _ledger, _queue, _packs):
        try:
            yield from look(app)
        except OutreachError as error:
            yield Finding(look.__name__.strip("_"), "wrong", _words(error), error.remedy)


def _channels(app: Outreach) -> Iterator[Finding]:
    """Each channel that is routed to tries its credentials; nothing is sent."""
    routed = {*app.parts.routes.default.values()}
    for routes in app.parts.routes.by_creditor.values():
        routed |= {*routes.values()}
    for name in sorted(routed):
        try:
            app.registry.channels[name].check()
        except OutreachError as error:
            yield Finding(name, "wrong", _words(error), error.remedy)
        except Exception as trouble:  # noqa: BLE001  whatever a plugin raises is a finding
            yield Finding(
                name, "wrong", f"its check ended with {type(trouble).__name__}", "look at its settings"
            )
        else:
            yield Finding(name, "ok", "answers, and takes our credentials")


def _callbacks(app: Outreach) -> Iterator[Finding]:
    public = app.settings.callbacks.public_url
    if not public:
        cure = 'set [callbacks] public_url = "https://..." and run outreach serve --callbacks'
        yield Finding("callbacks", "warn", "no public URL is set: nothing comes back by itself", cure)
        return
    if not public.startswith("https://"):
        yield Finding("callbacks", "warn", "the public URL is not https", "let TLS stand before it")
    try:
        with urllib.request.urlopen(f"{public}/health", timeout=_SECONDS) as answer:
            ours, date = answer.read(100) == b"ok\n", answer.headers.get("Date", "")
    except (urllib.error.URLError, OSError, ValueError) as trouble:
        cure = "run outreach serve --callbacks, and look at the web server before it"
        yield Finding("callbacks", "wrong", f"{public} does not answer ({type(trouble).__name__})", cure)
        return
    if not ours:
        cure = "let the web server pass requests below the public URL to outreach serve"
        yield Finding("callbacks", "wrong", f"something else answers at {public}", cure)
        return
    yield Finding("callbacks", "ok", f"{public} answers")
    if date:
        yield _skew(abs(parsedate_to_datetime(date) - app.clock.now()))


def _skew(skew: timedelta) -> Finding:
    what = f"this clock and that of the web server differ by {skew.total_seconds():.0f} s"
    state = "ok" if skew <= _SKEW else "warn" if skew <= _FAR_SKEW else "wrong"
    return Finding("clock", state, what, "" if state == "ok" else "let the machine's time be set by NTP")


def _zones(app: Outreach) -> Iterator[Finding]:
    version = app.policy.versions["tzdata"]
    began = datetime(int(version.split(".")[0]), 1, 1, tzinfo=UTC)
    old = app.clock.now() - began > _FRESH
    what = f"zone data {version}, from the package and not the operating system"
    yield Finding("zones", "warn" if old else "ok", what, "pip install --upgrade tzdata" if old else "")


def _clock(app: Outreach) -> Iterator[Finding]:
    with app.ledger.read() as reading:
        latest = reading.latest()
    ahead = latest - app.clock.now() if latest else timedelta()
    if ahead > _SKEW:
        what = (
            f"the latest event was recorded {ahead.total_seconds():.0f} s in the future: this clock went back"
        )
        yield Finding("clock", "wrong", what, "let the machine's time be set by NTP, then wait so long")
    else:
        yield Finding("clock", "ok", "no event lies in the future")


def _ledger(app: Outreach) -> Iterator[Finding]:
    app.ledger.check()
    with app.ledger.write(first=True):
        pass  # takes the lock as a campaign would, and writes nothing
    yield Finding("ledger", "ok", "can be read and written, and its schema is this version's")
    free = shutil.disk_usage(app.settings.folder).free
    state = "ok" if free > _LITTLE else "warn" if free > _NOTHING else "wrong"
    yield Finding("disk", state, f"{free / 1e9:,.1f} GB free", "" if state == "ok" else "make room")


def _queue(app: Outreach) -> Iterator[Finding]:
    now = app.clock.now()
    with app.ledger.read() as reading:
        states, due = reading.states(), reading.next_due()
        unknown = len(reading.unknown(1000))
        overdue = len(reading.open_tasks(now - app.parts.limits.task))
    waiting = len(app.inbound.replies())
    counts = ", ".join(f"{count:,} {state.value}" for state, count in sorted(states.items()) if count)
    yield Finding("queue", "ok", counts or "no contact yet")
    late = due is not None and now - due > _LATE
    looks: tuple[tuple[bool, str, str], ...] = (
        (late, "held contacts are due and nobody sends them", "keep outreach work running"),
        (
            unknown > 0,
            f"attempts of unknown end, which count and wait: {unknown:,}",
            "outreach reconcile --ask",
        ),
        (
            overdue > 0,
            f"call tasks taken and never closed: {overdue:,}",
            "outreach calls done, or release",
        ),
        (waiting > 0, f"messages that wait to be read: {waiting:,}", "outreach replies list"),
    )
    yield from (Finding("queue", "warn", what, cure) for holds, what, cure in looks if holds)


def _packs(app: Outreach) -> Iterator[Finding]:
    today = app.clock.now().date().isoformat()
    overdue = [p.name for p in app.policy.packs if p.source.checked.again_by < today]
    for name in overdue:
        cure = "compare it with its source, then set checked: on and again_by"
        yield Finding("packs", "wrong", f"{name} is overdue for checking", cure)
    if not overdue:
        yield Finding("packs", "ok", f"{len(app.policy.packs)} packs, none overdue")


def _words(error: OutreachError) -> str:
    return f"{error.what} ({error.where})" if error.where else error.what
