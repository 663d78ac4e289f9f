"""The HTML of an e-mail, made from its plain words: the same words, escaped, paragraphs kept, links as links.

It is a page of our own without pictures, scripts or anything fetched. Its style is written into each element
(css-inline), once, when the channel is made: many mail programs drop a style sheet.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Self

import css_inline

__all__ = ["Page"]

_PAGE = """<!doctype html>
<html lang="%LANGUAGE%">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%TITLE%</title>
<style>
body { margin: 0; padding: 0; background: #ffffff; color: #1a1a1a }
div { max-width: 38em; margin: 0 auto; padding: 1.5em 1em; font: 16px/1.5 Arial, Helvetica, sans-serif }
p { margin: 0 0 1em }
a { color: #0b4f9e }
</style>
</head>
<body><div>
<p>%PARAGRAPH%<a href="%HREF%">%LINK%</a></p>
</div></body>
</html>
"""
_PARTS = re.compile(r"(?P<open><p\b[^>]*>)%PARAGRAPH%(?P<link><a\b[^>]*>)%LINK%</a></p>")
_EMPTY_LINES = re.compile(r"\n[ \t]*\n\s*")
# Ends before what closes a sentence around it.
_LINK = re.compile(r"https?://[0-9A-Za-z\[][^\s<>\"]*[^\s<>\"'.,;:!?)\]}。,;:!?)]")


@dataclass(frozen=True, slots=True)
class Page:
    """The pieces of the page, their style written into them."""

    above: str
    below: str
    paragraph: str
    link: str

    @classmethod
    def styled(cls) -> Self:
        """Made once; takes a millisecond."""
        inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
        page = inliner.inline(_PAGE)
        found = _PARTS.search(page)
        if found is None:
            raise RuntimeError("css-inline gave back another page than it was given")
        return cls(page[: found.start()], page[found.end() :], found["open"], found["link"])

    def of(self, text: str, title: str, language: str) -> str:
        """The page of a text.

        :param title: what a mail program may show in the window's title: the subject.
        :param language: as BCP 47.
        """
        above = self.above.replace("%LANGUAGE%", html.escape(language))
        paragraphs = [
            f"{self.paragraph}{self._linked(each)}</p>\n" for each in _EMPTY_LINES.split(text.strip("\n"))
        ]
        return "".join([above.replace("%TITLE%", html.escape(title)), *paragraphs, self.below.lstrip("\n")])

    def _linked(self, paragraph: str) -> str:
        done, parts = 0, []
        for found in _LINK.finditer(paragraph):
            link = html.escape(found[0])
            parts += [
                _escaped(paragraph[done : found.start()]),
                self.link.replace("%HREF%", link),
                link,
                "</a>",
            ]
            done = found.end()
        parts.append(_escaped(paragraph[done:]))
        return "".join(parts)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>\n")
