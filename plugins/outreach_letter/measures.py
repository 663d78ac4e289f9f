"""Paper, and where the windows of an envelope lie over the first page."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ENVELOPES", "SIZES", "WINDOWS", "Box", "Paper", "Windows", "paper_of"]

_Millimetres = Annotated[float, Field(gt=0, lt=300)]


class Paper(StrEnum):
    """What the letter is printed on."""

    US_LETTER = "us-letter"
    A4 = "a4"


SIZES: Final[Mapping[Paper, tuple[float, float]]] = MappingProxyType(
    {Paper.US_LETTER: (215.9, 279.4), Paper.A4: (210.0, 297.0)}
)
"""Width and height in millimetres."""

ENVELOPES: Final[Mapping[Paper, tuple[float, float]]] = MappingProxyType(
    {Paper.US_LETTER: (241.3, 104.775), Paper.A4: (220.0, 110.0)}
)
"""The envelope for it, No. 10 and DL: width and height in millimetres."""

# Unicode CLDR, supplemental data, paper size; everybody else writes on A4.
_ON_US_LETTER: Final = frozenset(
    {"BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"}
)


class Box(BaseModel):
    """A rectangle on the page, in millimetres from its upper left corner."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    left: _Millimetres
    top: _Millimetres
    width: _Millimetres
    height: _Millimetres


class Windows(BaseModel):
    """What may be seen from outside, however the page shifts in its envelope, and what never can be.

    ``address``, ``sender``: within them the addressee and the lines of the envelope are printed.
    ``head_left``, ``head_top``: right of and below it no window lies; letterhead and date stand there.
    ``body_top``: below it the letter begins. ``text_left``: the left edge of all text, in the windows too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Box
    sender: Box
    head_left: _Millimetres
    head_top: _Millimetres
    body_top: _Millimetres
    text_left: _Millimetres


WINDOWS: Final[Mapping[Paper, Windows]] = MappingProxyType(
    {
        # For a No. 10 double-window envelope. The address rectangle, 0.5 by 2.042 inches from the corner and
        # 3.5 by 0.875 inches, that of the return address, 0.5 by 0.5 and 3.5 by 0.792, and the beginning of
        # the text at 3.375 inches are those of PostalMethods' developer's guide, "How To Place Content In
        # The Document" (www.postalmethods.com/resources/developers-guide/127). Envelopes differ:
        # measure yours.
        Paper.US_LETTER: Windows(
            address=Box(left=12.7, top=51.87, width=88.9, height=22.22),
            sender=Box(left=12.7, top=12.7, width=88.9, height=20.11),
            head_left=119.0,
            head_top=12.7,
            body_top=85.73,
            text_left=19.05,
        ),
        # DIN 5008, form B, for a DL window envelope: the address field 85 mm wide from 45 to 90 mm, its line
        # at 62.7 mm with 17.7 mm above for the return address and 27.3 mm below for the address
        # (www.din-5008-richtlinien.de/startseite/anschriftenfeld/).
        Paper.A4: Windows(
            address=Box(left=20.0, top=62.7, width=85.0, height=27.3),
            sender=Box(left=20.0, top=45.0, width=85.0, height=17.7),
            head_left=125.0,
            head_top=20.0,
            body_top=98.5,
            text_left=25.0,
        ),
    }
)


def paper_of(country: str) -> Paper:
    """The paper that is usual in a country (ISO 3166-1 alpha-2)."""
    return Paper.US_LETTER if country in _ON_US_LETTER else Paper.A4
