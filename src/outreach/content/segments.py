"""How many segments a text message takes, and in which alphabet (3GPP TS 23.038 and 23.040).

A message of the GSM 7-bit alphabet holds 160 septets, or 153 in each part of a longer one; any character
outside it turns the whole message into UCS-2, with 70 or 67 units of 16 bits. A character of the
extension table takes two septets, one outside the basic multilingual plane two units; neither is parted
between two segments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Encoding", "Segments", "segments"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASIC = frozenset(
    _LETTERS + "0123456789 \n\r@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    """The alphabet a text message travels in."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text takes: ``characters`` in the units of its alphabet, ``count`` segments."""

    encoding: Encoding
    characters: int
    count: int


def segments(text: str) -> Segments:
    """Count the segments of ``text``; an empty text takes none."""
    if _BASIC.issuperset(text):
        return _counted(Encoding.GSM_7, [1] * len(text), single=160, part=153)
    if all(character in _BASIC or character in _EXTENDED for character in text):
        sizes = [1 if character in _BASIC else 2 for character in text]
        return _counted(Encoding.GSM_7, sizes, single=160, part=153)
    sizes = [1 if character <= "\uffff" else 2 for character in text]
    return _counted(Encoding.UCS_2, sizes, single=70, part=67)


def _counted(encoding: Encoding, sizes: Iterable[int], *, single: int, part: int) -> Segments:
    total = parts = 0
    room = 0
    for size in sizes:
        total += size
        if size > room:
            parts += 1
            room = part
        room -= size
    return Segments(encoding, total, min(parts, 1) if total <= single else parts)
