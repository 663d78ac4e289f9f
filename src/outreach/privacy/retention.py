"""How long a person's records are kept: the law's least, from ``config/retention.yaml``, or longer.

12 CFR 1006.100(a): from the day collection begins until three years after the last collection activity. The
number and its citation are data; nothing here knows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from outreach.domain import Event
from outreach.policy.strict import validate
from outreach.policy.yamlfile import read

__all__ = ["Due", "Keeping", "Retention", "last_activity"]

_NO_ACTIVITY: Final = frozenset({"legal_hold", "legal_hold_lifted", "person_erased"})
"""Kinds that tell how we keep records. All others count as activity: too long is lawful, too short is not."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Checked(_Strict):
    on: str
    against: str
    again_by: str


class _Years(_Strict):
    years: int = Field(ge=1, le=100)


class _Least(_Strict):
    place: str
    title: str
    cites: tuple[str, ...] = Field(min_length=1)
    checked: _Checked
    in_force: Mapping[str, _Years]

    def years_on(self, day: date) -> int:
        begun = [since for since in self.in_force if date.fromisoformat(since) <= day]
        return self.in_force[max(begun)].years if begun else 0


class _File(_Strict):
    """``config/retention.yaml``."""

    least: tuple[_Least, ...]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Until when records are kept, and by whose word. ``until`` is ``None`` where nobody set an end."""

    since: datetime
    until: datetime | None
    years: int
    cites: tuple[str, ...] = ()

    def over(self, now: datetime) -> bool:
        """Whether the time has passed."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True)
class Due:
    """A person who may be erased, or who might be but for ``kept_back``."""

    person: str
    ref: str
    keeping: Keeping
    kept_back: str = ""


class Retention:
    """:param path: ``config/retention.yaml``.
    :param years: of the settings; ``None`` where they say none.
    :raises PolicyError: if the file cannot be read.
    """

    def __init__(self, path: Path, years: int | None) -> None:
        self._least = validate(_File, read(path)).least
        self._years = years

    def keeping(self, last: datetime, places: Collection[str], now: datetime) -> Keeping:
        """How long records are kept whose latest activity was then.

        :param last: aware.
        :param places: jurisdictions the person may be in; without any, all of the file count.
        """
        found = [
            (least.years_on(now.date()), least.cites)
            for least in self._least
            if not places or least.place in places
        ]
        if self._years is not None:
            found.append((self._years, ("[retention] years",)))
        years = max((each for each, _ in found), default=0)
        if not years:
            return Keeping(last, None, 0)
        cites = tuple(cite for number, named in found if number == years for cite in named)
        return Keeping(last, _years_after(last, years), years, cites)

    def lawful(self, last: datetime, places: Collection[str], now: datetime) -> Keeping:
        """The same by law alone; over at once where no law is carried."""
        years = 0
        cites: tuple[str, ...] = ()
        for least in self._least:
            if (not places or least.place in places) and (more := least.years_on(now.date())) > years:
                years, cites = more, least.cites
        return Keeping(last, _years_after(last, years), years, cites)


def last_activity(events: Iterable[Event], begun: datetime) -> datetime:
    """The latest moment at which anything about collecting was so, or was recorded.

    :param begun: when she came on file; it holds where nothing is recorded of her.
    """
    moments = [
        moment
        for event in events
        if event.kind not in _NO_ACTIVITY
        for moment in (event.at, event.recorded_at)
        if moment is not None
    ]
    return max([begun, *moments])


def _years_after(moment: datetime, years: int) -> datetime:
    """The same day that many years on; the 29th of February becomes the 1st of March. In UTC."""
    day = moment.astimezone(UTC)
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, month=3, day=1)
