"""A detector of personal data in text: what a log line or an error must never hold.

It knows shapes (telephone numbers, e-mail addresses, national ids, payment cards, long runs of digits) and
whatever texts the caller says are private. It cannot know a name it was not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = ["Hit", "find_personal"]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something personal: its kind and where it stands. The text itself is not repeated."""

    kind: str  # phone, email, national_id, card, digits, known
    start: int
    end: int


# Not about anybody: our ids and digests, UUIDs, moments and dates. Blanked before digits are looked at.
_HARMLESS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9A-HJKMNP-TV-Z]{26}"
    r"|(?=[0-9a-f]*[a-f])[0-9a-f]{12,64}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-6]\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r")(?![0-9A-Za-z])"
)

_SHAPES: Final = (
    ("email", re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[A-Za-z]{2,}")),
    ("national_id", re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")),
    ("national_id", re.compile(r"(?<!\d)[1-9]\d{16}[\dXx](?![0-9A-Za-z])")),  # Chinese resident identity
    ("phone", re.compile(r"\+[1-9]\d{0,2}[-. (]{0,2}\d(?:[-. ()]{0,2}\d){5,12}(?!\d)")),
    ("phone", re.compile(r"(?<![\d.])\(?[2-9]\d{2}\)?[-. ]\s?[2-9]\d{2}[-. ]\d{4}(?!\d)")),
    ("card", re.compile(r"(?<!\d)\d{4}[- ]\d{4}[- ]\d{4}[- ]\d{1,7}(?!\d)")),
    ("card", re.compile(r"(?<!\d)3\d{3}[- ]\d{6}[- ]\d{5}(?!\d)")),
    ("digits", re.compile(r"\d{9,}")),
)


def find_personal(text: str, known: Iterable[str] = ()) -> list[Hit]:
    """Everything in ``text`` that looks like personal data, in the order in which it stands.

    :param known: further texts that must not appear: names, addresses, what was said. Case is ignored.
    """
    hits = []
    lowered = text.casefold()
    for each in known:
        start = lowered.find(each.casefold()) if each.strip() else -1
        if start >= 0:
            hits.append(Hit("known", start, start + len(each)))
    if "@" in text or any(character.isdigit() for character in text):
        bare = _HARMLESS.sub(lambda found: " " * len(found[0]), text)
        taken: list[Hit] = []
        for kind, shape in _SHAPES:
            for found in shape.finditer(bare):
                if not any(found.start() < hit.end and hit.start < found.end() for hit in taken):
                    taken.append(Hit(kind, found.start(), found.end()))
        hits += taken
    return sorted(hits, key=lambda hit: hit.start)
