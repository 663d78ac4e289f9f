"""What a person wrote: fields and text, decoded as well as they can be."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from html.parser import HTMLParser
from typing import Final

from outreach_smtp_email.addresses import is_plain_address
from outreach_smtp_email.bounds import leaves

__all__ = ["address_in", "field_of", "own_words"]

_LONGEST_FIELD: Final = 998
_LONGEST_TEXT: Final = 100_000
_QUOTED = re.compile(r"^[ \t]*>.*\n?", re.MULTILINE)
_TAG = re.compile(r"<[^<>]{0,1000}>")
_BRACKETED = re.compile(r"<([^<>\s]{3,254})>")
# Others can be made to take a time that grows with the square of the text (punycode, for one).
_CHARSETS = re.compile(
    r"us-ascii|ascii|utf-?8|utf-16(le|be)?|iso-8859-\d+|latin-?1|windows-125\d|cp125\d|koi8-[ru]|gb2312|gbk"
    r"|gb18030|big5(-?hkscs)?|iso-2022-(jp|kr)|shift_jis|euc-(jp|kr)|macintosh|tis-620",
    re.IGNORECASE,
)


def field_of(message: Message, name: str) -> str:
    """A field's text on one line, encoded words decoded; "" where there is none."""
    value = re.sub(r"[\r\n]+", "", str(message.get(name, "")))[:_LONGEST_FIELD]
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return value.strip()
    return "".join(
        piece if isinstance(piece, str) else _text(piece, charset) for piece, charset in pieces
    ).strip()


def address_in(text: str) -> str:
    """The one address of a field such as From; "" where there is none, or more than one could be meant."""
    found = _BRACKETED.findall(text)
    address = found[0] if len(found) == 1 else text.strip() if not found else ""
    return address if is_plain_address(address) else ""


def own_words(message: Message) -> str:
    """Subject and text, without lines quoted with ``>``: those are ours, and may well tell how to stop.

    The subject is part of it, for a person may be told to write the word there.
    """
    texts = {"text/plain": "", "text/html": ""}
    for part in leaves(message):
        kind = part.get_content_type()
        if kind in texts and not texts[kind] and part.get_content_disposition() != "attachment":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                texts[kind] = _text(content, part.get_content_charset())
    text = texts["text/plain"] or _shown(texts["text/html"])
    text = _QUOTED.sub("", text.replace("\r\n", "\n")).strip()
    return f"{field_of(message, 'Subject')}\n\n{text}".strip()[:_LONGEST_TEXT]


def _text(content: bytes, charset: str | None) -> str:
    known = charset if charset and _CHARSETS.fullmatch(charset) else "utf-8"
    try:
        return content.decode(known, errors="replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", errors="replace")


class _Page(HTMLParser):
    """The text of a page, with line breaks where it has them; what it quotes left out."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "blockquote", "title"):
            self._hidden += 1
        elif tag in ("br", "p", "div", "tr", "li"):
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "blockquote", "title") and self._hidden:
            self._hidden -= 1
        elif tag in ("p", "div", "tr", "li"):
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)


def _shown(page: str) -> str:
    reader = _Page()
    try:
        reader.feed(page[:_LONGEST_TEXT])
        reader.close()
    except AssertionError:  # the parser's way to say that a declaration is none
        return _TAG.sub(" ", page[:_LONGEST_TEXT])
    return re.sub(r"[ \t\r\n]*\n[ \t\r\n]*", "\n", "".join(reader.text))
