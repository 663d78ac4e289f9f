"""The settings themselves: one model for each table of ``outreach.toml``.

Built directly (``Settings(...)``) a model reads nothing from outside; :func:`outreach.settings.load_settings`
gathers the sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from outreach.domain import Address, Code, Collector, CollectorKind, EndpointKind, Result, Sender, Way
from outreach.domain.dispositions import SHIPPED, Follows, wrong_with

__all__ = [
    "CallbacksTable",
    "CollectorTable",
    "CreditorTable",
    "DispositionTable",
    "LedgerTable",
    "LogTable",
    "RetentionTable",
    "RoutesTable",
    "SealsTable",
    "SenderTable",
    "Settings",
    "Source",
]


@dataclass(frozen=True, slots=True)
class Source:
    """One place settings came from. ``variables``: their names, where it is made of variables."""

    label: str
    values: Mapping[str, Any]
    variables: tuple[str, ...] = ()
    has_variables: bool = field(default=False, kw_only=True)


def _split(value: Any) -> Any:
    """In the environment a list is written ``a,b``."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LedgerTable(_Table):
    """``[ledger]``. A relative ``sqlite:///`` path is read from the project's folder.

    For a ledger on a server (``postgresql://``): ``folder`` is this machine's, for the journals of its runs
    and the key of the endpoint index; ``endpoint_key`` gives that key, the same on all machines, instead.
    ``master_keys``: what is personal is encrypted with the first, the others are older and still believed.
    """

    url: Text = "sqlite:///outreach.db"
    folder: Text = ".outreach"
    endpoint_key: SecretStr = SecretStr("")
    master_keys: SecretStr = SecretStr("")


class AddressTable(_Table):
    """A postal address of ours."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""


class CollectorTable(_Table):
    """``[collector]``: who we are."""

    id: Text = "us"
    kind: CollectorKind = CollectorKind.AGENCY
    name: str = ""
    phone: Annotated[str, Field(pattern=r"^(\+[1-9][0-9]{6,14})?$")] = ""
    address: AddressTable = AddressTable()


class CreditorTable(_Table):
    """``[creditors.ID]``: one for whom we collect, under the id the files use."""

    name: Text


class SenderTable(_Table):
    """One of ``[[senders]]``: a number, address or letterhead. Without ``creditor`` it serves all."""

    id: Text
    channel: Way
    address: Text
    name: str = ""
    creditor: str = ""


class RoutesTable(_Table):
    """``[routes]``: which channel plugin carries which way; "" leaves a way without one."""

    call: str = "call-task"
    voicemail: str = "voicemail-task"
    sms: str = "outbox-sms"
    email: str = "outbox-email"
    letter: str = "outbox-letter"
    visit: str = ""
    by_creditor: dict[str, dict[Way, str]] = {}


_OFFERED_BY = {
    "call-task": "call-task",
    "voicemail-task": "call-task",
    "outbox-sms": "outbox",
    "outbox-email": "outbox",
    "outbox-letter": "outbox",
}
"""The plugin behind each default route."""


class CallbacksTable(_Table):
    """``[callbacks]``: what comes back over HTTP.

    ``public_url``: what providers and recipients call, as they see it from outside, whatever proxies do.
    Without it no callback is asked for, and e-mail has no one-click opt-out.
    """

    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+[^\s?#/])?$")] = ""
    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8330
    max_bytes: Annotated[int, Field(ge=1_000, le=10_000_000)] = 1_000_000
    read_seconds: Seconds = 10


class DispositionTable(_Table):
    """``[dispositions.CODE]``: what a code of the agents means; it takes the place of a shipped one."""

    result: Result
    title: str = ""
    right_party: bool | None = None
    discusses: bool = True
    wrong_number: bool = False
    call_back: bool = False
    promise: bool = False
    note: bool = False
    follows: Follows = Follows.NOTHING


CodeName = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{0,15}$")]


class SealsTable(_Table):
    """``[seals]``. Without ``key_file`` seals are not signed, without ``copy_to`` they are kept here only."""

    copy_to: str = ""
    key_file: str = ""
    public_keys: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...], BeforeValidator(_split)
    ] = ()


class RetentionTable(_Table):
    """``[retention]``. What the law wants at least stands in ``config/retention.yaml``, not here.

    ``officer``: who answers for what workers erase by themselves each night; "": they erase nothing.
    """

    years: Annotated[int, Field(ge=1, le=100)] | None = None
    officer: str = ""


class LogTable(_Table):
    """``[log]``. Without ``file`` the log goes to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    file: str = ""


class Settings(BaseSettings):
    """Everything a project can set. Frozen."""

    model_config = SettingsConfigDict(
        env_prefix="OUTREACH_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    plugins: Names = ("outbox", "call-task")
    packs: Names = ("policies",)
    """Folders of the project's own packs; they add to the shipped ones."""
    templates: str = "templates"
    default_language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    """What a person speaks of whom it is not known."""
    group: Annotated[int, Field(ge=1, le=5_000)] = 500
    """Contacts that share a commit; a crash can leave so many attempts unknown."""
    cleared_seconds: Seconds = 60
    hold_expiry_days: Annotated[int, Field(ge=1, le=366)] = 14
    task_minutes: Annotated[int, Field(ge=1, le=1_440)] = 60
    fact_seconds: Seconds = 5
    retry_seconds: Seconds = 300
    tries: Annotated[int, Field(ge=1, le=20)] = 3
    engine: Literal["local", "distributed"] = "local"
    """What ``send`` and ``work`` run on: this process, or workers on any number of machines."""

    ledger: LedgerTable = LedgerTable()
    collector: CollectorTable = CollectorTable()
    creditors: dict[str, CreditorTable] = {}
    senders: tuple[SenderTable, ...] = ()
    routes: RoutesTable = RoutesTable()
    template_fallback: dict[str, str] = {}
    """The language a template is taken in where it lacks the person's; a warning goes with it."""
    dispositions: dict[CodeName, DispositionTable] = {}
    callbacks: CallbacksTable = CallbacksTable()
    seals: SealsTable = SealsTable()
    retention: RetentionTable = RetentionTable()
    log: LogTable = LogTable()
    plugin: dict[str, dict[str, Any]] = {}

    _folder: Path | None = PrivateAttr(default=None)
    _sources: tuple[Source, ...] = PrivateAttr(default=())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed in and nothing else; the sources are gathered by ``load_settings``."""
        return (init_settings,)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        seen: set[str] = set()
        for sender in self.senders:
            if sender.id in seen:
                raise ValueError(f"two senders have the id {sender.id!r}")
            seen.add(sender.id)
        named = {sender.creditor for sender in self.senders if sender.creditor}
        for creditor in sorted((named | set(self.routes.by_creditor)) - set(self.creditors)):
            raise ValueError(f"the creditor {creditor!r} is used but has no table [creditors.{creditor}]")
        for code in self.disposition_codes().values():
            if wrong := wrong_with(code):
                raise ValueError(f"the disposition code {code.name}: {wrong}")
        tables = [_same(name) for name in self.plugin]
        for name in self.plugin:
            if tables.count(_same(name)) > 1:
                raise ValueError(f"[plugin.{name}] stands twice, once with '-' and once with '_'")
            if "folder" in self.plugin[name]:
                raise ValueError(f"[plugin.{name}] may not set 'folder': it is the project's folder")
        return self

    @property
    def folder(self) -> Path:
        """The project's folder: where ``outreach.toml`` lies, else the folder asked from."""
        return self._folder if self._folder is not None else Path.cwd()

    def path(self, value: str | Path) -> Path:
        """A path from the settings, read from the project's folder unless absolute."""
        return self.folder / Path(value).expanduser()

    def ledger_url(self) -> str:
        """The ledger's address with its path made absolute."""
        scheme, slashes, rest = self.ledger.url.partition(":///")
        if scheme != "sqlite" or not slashes:
            return self.ledger.url
        return f"sqlite:///{self.path(rest)}"

    def ledger_options(self) -> dict[str, Any]:
        """What opening the ledger takes besides its address."""
        return {
            "endpoint_key": self.ledger.endpoint_key.get_secret_value(),
            "folder": self.path(self.ledger.folder),
            "master_keys": self.ledger.master_keys.get_secret_value(),
        }

    def pack_folders(self) -> list[Path]:
        """The project's folders of packs that exist."""
        return [folder for name in self.packs if (folder := self.path(name)).is_dir()]

    def template_folders(self) -> list[Path]:
        """The project's own templates, where it has some."""
        folder = self.path(self.templates)
        return [folder] if folder.is_dir() else []

    def log_file(self) -> Path | None:
        """Where the log goes; ``None`` is standard error."""
        return self.path(self.log.file) if self.log.file else None

    def seal_key_file(self) -> Path | None:
        """The private key that signs seals; ``None``: they are not signed."""
        return self.path(self.seals.key_file) if self.seals.key_file else None

    def seal_copies(self) -> Path | None:
        """The folder that gets a copy of each seal."""
        return self.path(self.seals.copy_to) if self.seals.copy_to else None

    def collector_value(self) -> Collector:
        """Who we are, as checks and templates see it."""
        ours = self.collector
        address = Address(kind=EndpointKind.WORK, **ours.address.model_dump())
        return Collector(ours.id, ours.kind, ours.name, address, ours.phone)

    def sender_values(self) -> tuple[Sender, ...]:
        """All senders, in the order of the file."""
        return tuple(Sender(**dict(sender)) for sender in self.senders)

    def disposition_codes(self) -> dict[str, Code]:
        """The agents' codes: those shipped, with the project's own in their place or beside them."""
        own = {name: Code(name, **dict(table)) for name, table in self.dispositions.items()}
        return {**SHIPPED, **own}

    def route_names(self) -> dict[Way, str]:
        """The channel plugin of each way that has one, before creditors' own routes.

        A default route falls away where its plugin is not named: `plugins` decides what is there.
        """
        names = {}
        for way in Way:
            name = getattr(self.routes, way.value)
            wanted = way.value in self.routes.model_fields_set or _OFFERED_BY.get(name) in self.plugins
            if name and wanted:
                names[way] = name
        return names

    def creditor_routes(self) -> dict[str, dict[Way, str]]:
        """Creditors' own routes by creditor."""
        return {creditor: dict(routes) for creditor, routes in self.routes.by_creditor.items()}

    def plugin_table(self, name: str) -> Mapping[str, Any]:
        """A plugin's own table; ``-`` and ``_`` in its name are the same. Read only."""
        for key, table in self.plugin.items():
            if _same(key) == _same(name):
                return MappingProxyType(dict(table))
        return MappingProxyType({})


def _same(name: str) -> str:
    return name.replace("-", "_").lower()
