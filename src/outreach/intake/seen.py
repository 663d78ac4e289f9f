"""Remembers which ids a file has had, in sixteen bytes each."""

from __future__ import annotations

from array import array
from hashlib import blake2b

__all__ = ["Seen"]


class Seen:
    """A set of ids that only grows, kept as 64-bit digests in one flat table.

    A million ids take 16 to 32 MB, where a set of strings takes over 100. Two ids with one digest, one
    chance in thirty million among a million ids, would reject a row aloud, never lose one.
    """

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * 1024))
        self._count = 0

    def add(self, value: str) -> bool:
        """Remember an id; false if it was there."""
        number = int.from_bytes(blake2b(value.encode(), digest_size=8).digest(), "little") or 1
        if not self._insert(number):
            return False
        self._count += 1
        if self._count * 2 > len(self._table):
            self._grow()
        return True

    def _insert(self, number: int) -> bool:
        table = self._table
        mask = len(table) - 1
        place = number & mask
        while found := table[place]:
            if found == number:
                return False
            place = (place + 1) & mask
        table[place] = number
        return True

    def _grow(self) -> None:
        old = self._table
        self._table = array("Q", bytes(8 * 2 * len(old)))
        for number in old:
            if number:
                self._insert(number)
