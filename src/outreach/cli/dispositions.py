"""What an agent types when a call has ended, read into a disposition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from outreach.cli.opening import moment
from outreach.domain import Code, Money, Result
from outreach.domain.words import CALL_RESULTS
from outreach.errors import InputError
from outreach.intake import event_from
from outreach.worklist import Disposition, Promise

__all__ = ["Given"]


@dataclass(frozen=True, slots=True)
class Given:
    """The options of ``calls done`` as they were typed."""

    code: str = ""
    result: str = ""
    discussed: str = ""
    promise: str = ""
    due: str = ""
    call_back: str = ""
    inconvenient: tuple[str, ...] = ()
    wrong_number: bool = False
    note: str = ""

    def read(self, codes: Mapping[str, Code], agent: str, now: datetime) -> Disposition:
        """The disposition.

        :param codes: those in force.
        :raises InputError: if an option cannot be read, or neither or both of code and result are given.
        """
        more: dict[str, Any] = {
            "discussed": tuple(part for part in self.discussed.split(";") if part) or None,
            "wrong_number": self.wrong_number,
            "agent": agent,
            "note": self.note,
            "promise": self._promise(now),
            "call_back": self._call_back(),
            "inconvenient": self._inconvenient(now),
        }
        if bool(self.code) == bool(self.result):
            raise InputError("how did the call end?", remedy="give --code (or --result), one of the two")
        if self.code:
            return Disposition.coded(_code(self.code, codes), **more)
        return Disposition(_result(self.result), **more)

    def _promise(self, now: datetime) -> Promise | None:
        if not (self.promise or self.due):
            return None
        for name, value in (("--promise", self.promise), ("--due", self.due)):
            if not value:
                raise InputError(
                    f"a promise needs {name} too", remedy="such as --promise '50.00 USD' --due 2026-06-15"
                )
        fields = event_from("promise", now, {"amount": self.promise, "due": self.due}, now=now).fields
        return Promise(Money(**fields["amount"]), fields["due"])

    def _call_back(self) -> datetime | date | None:
        if "T" in self.call_back or not self.call_back:
            return moment(self.call_back or None, "--call-back")
        try:
            return date.fromisoformat(self.call_back)
        except ValueError:
            raise InputError(
                "this is neither a moment nor a day",
                where="--call-back",
                remedy="write it like 2026-06-02T15:00-04:00 or 2026-06-02",
            ) from None

    def _inconvenient(self, now: datetime) -> Mapping[str, Any] | None:
        if not self.inconvenient:
            return None
        fields = dict(_pair(each) for each in self.inconvenient)
        return event_from("inconvenient", now, fields, now=now).fields


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError(f"{text} is not NAME=VALUE", where="--inconvenient", remedy="such as days=sat;sun")
    return name, value


def _code(name: str, codes: Mapping[str, Code]) -> Code:
    found = codes.get(name.upper())
    if found is None:
        raise InputError(
            "no disposition code has this name", where="--code", remedy=f"use one of {', '.join(codes)}"
        )
    return found


def _result(text: str) -> Result:
    if text not in {each.value for each in CALL_RESULTS}:
        words = ", ".join(sorted(CALL_RESULTS))
        raise InputError(
            f"{text} does not say how a call ended", where="--result", remedy=f"use one of {words}"
        )
    return Result(text)
