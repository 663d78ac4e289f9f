"""Texts made comparable, phrases found in them, and the languages they are written in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from outreach.domain import Words

__all__ = [
    "GAP",
    "Phrase",
    "base_language",
    "begins",
    "bounded",
    "languages_of",
    "normal",
    "sentences",
    "whole_text",
]

GAP = " ... "
"""In a phrase: anything may stand here, as long as the parts come in order, within a sentence or two.

`` .. `` is a short gap: a name or a few words at the most.
"""

_FAR, _NEAR = 160, 16  # characters between two parts of one phrase
_GAPS = re.compile(r"\s*(\.\.\.?)\s+")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}]) | (?=[{_CJK}])")
_NOT_WORD = re.compile(r"[\W_]+")
# The same for plain ASCII, which most texts are, a tenth of the cost: one case, spaces for the rest.
_ASCII_WORDS = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_MARK = re.compile("[\u0300-\u036f]")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|[。！？；\n\r]+")
_LATIN = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")


@lru_cache(maxsize=1024)  # the rules of one decision ask about the same text
def normal(text: str) -> str:
    """The words of a text and nothing else: one case, one width, no accents, single spaces.

    Punctuation, mark-up and invisible characters neither hide a phrase nor break one. Spaces beside
    Chinese, Japanese and Korean characters are taken out.
    """
    if text.isascii():
        text = text.translate(_ASCII_WORDS)
        while "  " in text:  # a few rounds of this cost less than to split and join
            text = text.replace("  ", " ")
        return text.strip()
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFC", _MARK.sub("", unicodedata.normalize("NFD", text)))
    text = _NOT_WORD.sub(" ", text).strip()
    return text if text.isascii() else _BESIDE_CJK.sub("", text)


def whole_text(words: Words) -> str:
    """Everything the person will read or hear: subject and text."""
    return f"{words.subject}\n{words.text}" if words.subject else words.text


def sentences(text: str) -> list[str]:
    """The sentences of a text, as they stand."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def bounded(text: str, start: int, end: int) -> bool:
    """Whether the piece stands on word boundaries, where its ends are Latin letters or digits."""
    return begins(text, start) and not (end < len(text) and text[end - 1] in _LATIN and text[end] in _LATIN)


def begins(text: str, start: int) -> bool:
    """Whether a word may begin here."""
    return not (start and text[start] in _LATIN and text[start - 1] in _LATIN)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Parts in order, each on word boundaries; one that ends in ``*`` is the beginning of a word.

    ``gaps``: how many characters may stand before each part but the first.
    """

    parts: tuple[tuple[str, bool], ...]
    gaps: tuple[int, ...] = ()

    @classmethod
    def of(cls, text: str) -> Phrase:
        """Read a phrase of a pack: ``reply ... stop ... subject line``, ``this is .. court``."""
        pieces = _GAPS.split(f" {text.strip()} ")
        parts = [piece.strip() for piece in pieces[::2]]
        return cls(
            tuple((normal(part.rstrip("*")), part.endswith("*")) for part in parts),
            tuple(_FAR if gap == GAP.strip() else _NEAR for gap in pieces[1::2]),
        )

    @property
    def longest(self) -> str:
        """Its longest part, without which it cannot stand anywhere."""
        return max((part for part, _ in self.parts), key=len)

    @property
    def has_more(self) -> bool:
        """Whether more has to be looked at than where one whole part stands."""
        return len(self.parts) > 1 or self.parts[0][1]

    def within(self, text: str) -> bool:
        """Whether it stands in a text that was made :func:`normal`."""
        for part, _ in self.parts:
            if part not in text:
                return False
        return self._from(text, 0, 0)

    def _from(self, text: str, index: int, position: int) -> bool:
        if index == len(self.parts):
            return True
        part, beginning = self.parts[index]
        limit = len(text) if index == 0 else position + self.gaps[index - 1] + len(part)
        start = text.find(part, position, limit)
        while start >= 0:
            end = start + len(part)
            fits = begins(text, start) if beginning else bounded(text, start, end)
            if fits and self._from(text, index + 1, end):
                return True
            start = text.find(part, start + 1, limit)
        return False


def base_language(tag: str) -> str:
    """``es`` of ``es-MX``."""
    return tag.split("-", 1)[0].lower()


_EN = frozenset(
    {"the", "this", "that", "is", "are", "was", "to", "of", "and", "you", "your", "we", "for", "will", "be"}
    | {
        "by",
        "with",
        "from",
        "an",
        "any",
        "here",
        "our",
        "or",
        "please",
        "have",
        "it",
        "in",
        "on",
        "at",
        "not",
    }
    | {"if", "can", "may", "about", "been", "has", "us", "i", "my", "am", "would", "its", "which", "when"}
)
_ES = frozenset(
    {"el", "la", "los", "las", "de", "del", "que", "y", "en", "un", "una", "es", "son", "por", "para", "su"}
    | {"con", "este", "esta", "se", "nuestro", "nuestra", "puede", "aqui", "sus", "al", "lo", "le", "les"}
    | {"usted", "cualquier", "si", "como", "mas", "o", "ha", "ser", "nos", "porque", "sobre", "esto", "hemos"}
)
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]{2}")),
    ("ar", re.compile("[\u0600-\u06ff]{2}")),
)


def languages_of(words: Words) -> tuple[str, ...]:
    """The languages of the words: as stated, else as far as script and common words tell.

    Empty where nothing tells. A sentence in another language than the rest adds that language.
    """
    return _stated(words.languages) if words.languages else _detected(whole_text(words))


@lru_cache(maxsize=256)
def _stated(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({base_language(tag) for tag in tags}))


@lru_cache(maxsize=1024)
def _detected(text: str) -> tuple[str, ...]:
    return tuple(sorted({found for part in sentences(text) if (found := _language(part))}))


def _language(sentence: str) -> str:
    for language, script in _SCRIPTS:
        if script.search(sentence):
            return language
    said = normal(sentence).split()
    english, spanish = _hits(said, _EN), _hits(said, _ES)
    if max(english, spanish) < 2 or english == spanish:
        return ""
    return "en" if english > spanish else "es"


def _hits(said: Sequence[str], common: Iterable[str]) -> int:
    return sum(word in common for word in said)
