"""Letters through PostGrid, which prints and mails them: the channel `postgrid-letter`.

Needs the extra `postgrid`, and two secrets: `OUTREACH_PLUGIN__POSTGRID__API_KEY`, and, to hear what became of
the letters, `OUTREACH_PLUGIN__POSTGRID__WEBHOOK_SECRET`.

    [plugin.postgrid]
    live = false                           # with a test key nothing is mailed; must fit the key
    base_url = "https://api.postgrid.com"
    seconds = 30                           # how long an answer may take
    double_sided = true
    color = false
    mailing_class = "first_class"
    address_placement = "insert_blank_page"  # or top_first_page, over what stands there

The same attempt is never mailed twice: its id is PostGrid's idempotency key. What their envelope shows as
sender are the lines of `words.envelope`, which the law's check has judged, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import httpx
import postgrid
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from outreach.channels import (
    Ability,
    Accepted,
    Callback,
    CallbackRefused,
    Channel,
    Cleared,
    Lost,
    News,
    Rate,
    SendFailed,
)
from outreach.domain import Way
from outreach.errors import SettingsError
from outreach.hookspecs import hookimpl
from outreach_postgrid.letters import order_of
from outreach_postgrid.statuses import CANCELLED, ID, WORD, news_of

__all__ = ["OUTREACH_API", "PostGridLetter", "PostGridSettings"]

OUTREACH_API = 1
_REPLAY: Final = timedelta(minutes=5)
# "t=1718932335515,v1=e888…": postgrid.readme.io/docs/manually-verifying-webhook-signatures
_SIGNATURE: Final = "postgrid-signature"
_MILLISECONDS: Final = 10**11  # their pages show seconds too; as seconds this would be the year 5138


class PostGridSettings(BaseModel):
    """``[plugin.postgrid]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    api_key: SecretStr
    webhook_secret: SecretStr = SecretStr("")
    live: bool = False
    base_url: Annotated[str, Field(pattern=r"^https?://\S+$")] = "https://api.postgrid.com"
    seconds: Annotated[float, Field(gt=0, le=300)] = 30
    double_sided: bool = True
    color: bool = False
    mailing_class: Annotated[str, Field(pattern=f"^{WORD.pattern}$")] = "first_class"
    address_placement: Literal["insert_blank_page", "top_first_page"] = "insert_blank_page"

    @model_validator(mode="after")
    def _key_fits(self) -> PostGridSettings:
        """Letters taken for mailed that were not, or the other way round, are worse than no start."""
        if self.api_key.get_secret_value().startswith("test_") is self.live:
            kind = (
                "a test key mails nothing: set live = false"
                if self.live
                else "set live = true to mail letters"
            )
            raise ValueError(f"live does not fit the key; {kind}")
        return self


class PostGridLetter(Channel):
    """One request a letter; PostGrid lays out the addresses, the words are sent as they were judged."""

    name = "postgrid-letter"
    medium = Way.LETTER
    abilities = frozenset({Ability.CALLBACKS, Ability.RECONCILE})
    rate = Rate(at_once=8)

    def __init__(self, settings: PostGridSettings) -> None:
        self.settings = settings
        # At that level the client would log what it sends, words and address included.
        logging.getLogger("postgrid").setLevel(logging.WARNING)
        self._client = postgrid.PostGrid(
            print_mail_api_key=settings.api_key.get_secret_value(),
            address_verification_api_key="",
            base_url=settings.base_url,
            timeout=settings.seconds,
            max_retries=0,  # whether to try again is not the client's to say
        )

    def send(self, cleared: Cleared) -> Accepted:
        """Order the letter."""
        order = order_of(cleared)
        chosen = self.settings
        create: Any = self._client.print_mail.letters.create  # its types know no order made elsewhere
        try:
            letter = create(
                **order,
                address_placement=chosen.address_placement,
                double_sided=chosen.double_sided,
                color=chosen.color,
                mailing_class=chosen.mailing_class,
                metadata={"attempt": cleared.attempt},
                idempotency_key=cleared.attempt,
            )
            identity, status = letter.id, str(letter.status)
        except postgrid.APIError as error:
            raise _failure(error) from None  # its text and request hold address and words
        except Exception as error:  # noqa: BLE001 - an answer that is no letter: it may have been made
            raise SendFailed.unknown(f"unreadable_answer_{type(error).__name__}") from None
        if not (isinstance(identity, str) and ID.fullmatch(identity)):
            raise SendFailed.unknown("answer_without_an_id")
        return Accepted(identity, status if WORD.fullmatch(status) else "")

    def reconcile(self, lost: Lost) -> Accepted | SendFailed | None:
        """Look for a letter that carries the attempt's id."""
        try:
            found = self._client.print_mail.letters.list(search=f'"{lost.attempt}"', limit=10).data
        except Exception:  # noqa: BLE001 - whatever it was, it does not tell what became of the letter
            return None
        for letter in found or ():  # an answer of another shape has none
            if (letter.metadata or {}).get("attempt") == lost.attempt:
                if letter.status == CANCELLED:
                    return SendFailed.refused(CANCELLED)
                return Accepted(letter.id, letter.status)
        return None

    def verify_callback(self, callback: Callback) -> None:
        """Compare their signature over timestamp and body, and look how old it is."""
        secret = self.settings.webhook_secret.get_secret_value()
        if not secret:
            raise CallbackRefused("no webhook_secret is set, so nothing can be verified")
        parts = dict(part.partition("=")[::2] for part in callback.header(_SIGNATURE).split(","))
        stamp, given = parts.get("t", ""), parts.get("v1", "")
        signed = stamp.encode() + b"." + callback.body
        made = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(made.encode(), given.encode()):
            raise CallbackRefused("the signature of a callback does not match")
        if abs(callback.received_at - _moment(stamp)) > _REPLAY:
            raise CallbackRefused("a callback is too old, or of the future")

    def read_callback(self, callback: Callback) -> Iterable[News]:
        """How the letter stands now; nothing while it is not mailed, and of what is no letter of ours."""
        return news_of(callback.json)

    def check(self) -> None:
        """Ask for one letter, to see whether the key is good and PostGrid there."""
        try:
            self._client.print_mail.letters.list(limit=1)
        except (postgrid.AuthenticationError, postgrid.PermissionDeniedError):
            raise SettingsError(
                "PostGrid does not accept the key",
                where="plugin.postgrid.api_key",
                remedy="take the Print & Mail key from the settings of its dashboard",
            ) from None
        except postgrid.APIError:
            raise SettingsError(
                "PostGrid cannot be reached, or does not answer",
                where=self.settings.base_url,
                remedy="see whether this machine reaches it, and whether base_url is right",
            ) from None


def _moment(stamp: str) -> datetime:
    try:
        number = int(stamp)
        return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError):
        raise CallbackRefused("the timestamp of a callback cannot be read") from None


def _failure(error: postgrid.APIError) -> SendFailed:
    """Whether it left: PostGrid answers 4xx before it makes anything; a broken connection says nothing."""
    if isinstance(error, postgrid.APIStatusError):
        code = f"http_{error.status_code}{_type_of(error)}"
        if error.status_code == 429:
            return SendFailed.not_sent(code, retry=True)
        if error.status_code in (401, 403):
            return SendFailed.not_sent(code, retry=False)
        if error.status_code in (408, 409) or error.status_code >= 500:
            return SendFailed.unknown(code)  # 409: the same attempt is being worked on
        return SendFailed.refused(code)
    if isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return SendFailed.not_sent("not_connected", retry=True)
    return SendFailed.unknown("no_answer")


def _type_of(error: postgrid.APIStatusError) -> str:
    """PostGrid's word for an error, such as ``validation_error``; never its message."""
    body = error.body
    inner = body.get("error") if isinstance(body, dict) else None
    word = inner.get("type") if isinstance(inner, dict) else None
    return f" {word}" if isinstance(word, str) and WORD.fullmatch(word) else ""


@hookimpl
def outreach_register_channels(register: Callable[[Channel], None], settings: Mapping[str, Any]) -> None:
    """The channel."""
    register(PostGridLetter(PostGridSettings(**settings)))
