"""The one place where everything is built. Nothing loads at import; nothing is global.

``assemble(settings)`` gives an :class:`Outreach`: open it in a ``with`` block, use its parts, and it
lets go of the ledger at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import outreach
from outreach.builtin import Builtin
from outreach.channels import Mint
from outreach.content import Library
from outreach.dispatcher import Dispatcher
from outreach.domain import SYSTEM, Clock, NewEvent, SystemClock, Way, digest_of
from outreach.errors import SettingsError
from outreach.inbound import Inbound
from outreach.ledger import Ledger, Sealed, SealKey, open_ledger
from outreach.pipeline.announcing import Announcer
from outreach.pipeline.links import Links
from outreach.pipeline.parts import Limits, Parts, Routes
from outreach.pipeline.recovery import Recovered, recover
from outreach.pipeline.replay import Replayer
from outreach.plugins import Registry, load_plugins
from outreach.policy import Policy, load
from outreach.policy.wishes import Wishes
from outreach.privacy import Privacy, Retention
from outreach.settings import Settings
from outreach.worklist import WorkList

__all__ = ["Outreach", "Run", "assemble", "data_folder"]


def data_folder() -> Path:
    """The folder that holds the shipped ``templates`` and ``config``.

    In a wheel that is ``_data`` inside the package; in a checkout the root, two levels above
    ``src/outreach``. Never a copy beside the environment: an editable install would read stale files.
    """
    package = Path(outreach.__file__).resolve().parent
    shipped = package / "_data"
    return shipped if shipped.is_dir() else package.parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """A lease under which contacts are sent, and what was set right before it began."""

    id: str
    dispatcher: Dispatcher
    recovered: Recovered
    announce: Callable[[], None]


class Outreach:
    """A running outreach: settings, law, ledger, words and channels, put together."""

    def __init__(self, settings: Settings, registry: Registry, parts: Parts, retention: Retention) -> None:
        self.settings = settings
        self.registry = registry
        self.parts = parts
        self.inbound = Inbound(parts)
        self.worklist = WorkList(parts)
        self.replayer = Replayer(parts)
        self.retention = retention
        self.privacy = Privacy(parts, retention)

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self.parts.clock

    @property
    def ledger(self) -> Ledger:
        """The memory."""
        return self.parts.ledger

    @property
    def policy(self) -> Policy:
        """The packs, loaded and compiled."""
        return self.parts.policy

    @property
    def library(self) -> Library:
        """The templates."""
        return self.parts.library

    @contextmanager
    def run(self) -> Iterator[Run]:
        """Take a lease, set right what a crash left, and dispatch; observers are served meanwhile."""
        recovered = recover(self.parts)
        self.note_documents()
        lease = self.ledger.begin_run()
        announcer = Announcer(self.ledger, self.registry.observers)
        dispatcher = Dispatcher(self.parts, lease, announcer)
        try:
            yield Run(lease.id, dispatcher, recovered, announcer)
        except KeyboardInterrupt:
            dispatcher.close(abandon=True)
            raise
        except BaseException:
            with suppress(Exception):  # what it could not record is recovered; the first failure is told
                dispatcher.close()
            raise
        else:
            dispatcher.close()
        finally:
            announcer.close()
            lease.close()

    def seal(self) -> Sealed | None:
        """Seal what was recorded since the last seal, with the key and into the folder of the settings."""
        file = self.settings.seal_key_file()
        return self.ledger.seal(SealKey.load(file) if file else None, self.settings.seal_copies())

    def announce(self) -> None:
        """Serve observers once, after a command that recorded something by itself."""
        if self.registry.observers:
            announcer = Announcer(self.ledger, self.registry.observers)
            announcer.close()

    def note_documents(self) -> None:
        """Keep the texts of packs and templates in force; a change of packs is an event."""
        packs = dict(self.policy.digests)
        with self.ledger.read() as reading:
            changes = reading.system_events(["policy_changed"])
        if (
            changes
            and changes[-1].get("packs") == packs
            and changes[-1].get("templates") == self._templates()
        ):
            return
        documents = {**self.policy.documents, **self.library.documents}
        with self.ledger.write(first=True) as writing:
            writing.keep_documents(documents)
            fields: dict[str, Any] = {"packs": packs, "templates": self._templates()}
            writing.append([NewEvent(SYSTEM, "policy_changed", self.clock.now(), fields)])

    def _templates(self) -> str:
        return digest_of(sorted(self.library.documents))

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()

    def __enter__(self) -> Outreach:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def assemble(settings: Settings, *, clock: Clock | None = None, create: bool = False) -> Outreach:
    """Build everything from settings.

    :param create: make the ledger if there is none (``outreach init``, ``outreach demo``).
    :raises outreach.errors.StartError: if a setting, plugin, pack, template or the ledger is at fault.
    """
    clock = clock or SystemClock()
    registry, policy, library = assemble_rules(settings)
    routes = _routes(settings, registry)
    ledger = open_ledger(settings.ledger_url(), clock, create=create, **settings.ledger_options())
    parts = Parts(
        clock=clock,
        ledger=ledger,
        policy=policy,
        library=library,
        registry=registry,
        collector=settings.collector_value(),
        routes=routes,
        senders=settings.sender_values(),
        creditors={key: each.name for key, each in settings.creditors.items()},
        limits=_limits(settings),
        mint=Mint(),
        links=Links(ledger, settings.callbacks.public_url),
        wishes=Wishes(data_folder() / "config" / "wishes.yaml"),
        codes=settings.disposition_codes(),
    )
    retention = Retention(data_folder() / "config" / "retention.yaml", settings.retention.years)
    return Outreach(settings, registry, parts, retention)


def assemble_rules(settings: Settings) -> tuple[Registry, Policy, Library]:
    """Plugins, packs and templates only: what can be asked without a ledger."""
    data = data_folder()
    registry = load_plugins(
        settings,
        project_folder=settings.folder,
        builtin=[("outreach", Builtin(data / "config" / "policies"))],
    )
    folders = [*registry.pack_folders, *settings.pack_folders()]
    policy = load(folders, registry.checks)
    library = Library(
        [*settings.template_folders(), data / "templates"],
        prepare=registry.prepare_templates,
        fallback=settings.template_fallback,
        default_language=settings.default_language,
    )
    return registry, policy, library


def _routes(settings: Settings, registry: Registry) -> Routes:
    """Exactly one channel plugin for each way that is routed, else the start fails."""
    default = {Way(way): name for way, name in settings.route_names().items()}
    by_creditor = {
        creditor: {Way(way): name for way, name in routes.items()}
        for creditor, routes in settings.creditor_routes().items()
    }
    every: list[Mapping[Way, str]] = [default, *by_creditor.values()]
    for routes in every:
        for way, name in routes.items():
            channel = registry.channels.get(name)
            if channel is None:
                raise SettingsError(
                    f"no channel plugin called {name} is loaded",
                    where=f"[routes] {way.value}",
                    remedy="name its plugin in `plugins`, or choose one of "
                    + ", ".join(sorted(registry.channels)),
                )
            if channel.medium is not way:
                raise SettingsError(
                    f"{name} carries {channel.medium.value}, not {way.value}", where=f"[routes] {way.value}"
                )
    return Routes(default, by_creditor)


def _limits(settings: Settings) -> Limits:
    return Limits(
        group=settings.group,
        cleared=timedelta(seconds=settings.cleared_seconds),
        hold_expiry=timedelta(days=settings.hold_expiry_days),
        task=timedelta(minutes=settings.task_minutes),
        facts_seconds=settings.fact_seconds,
        retry_pause=timedelta(seconds=settings.retry_seconds),
        tries=settings.tries,
    )
