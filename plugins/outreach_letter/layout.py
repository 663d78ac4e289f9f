"""From a pass to what stands where: pure data, in which no text means anything but itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from outreach.channels import Cleared, SendFailed, opened_at, refuse_unsayable
from outreach_letter.measures import Paper, paper_of

__all__ = ["Layout", "lay_out"]

_COUNTRY = re.compile(r"[A-Z]{2}")
_CELLS: Final = " | "
_BOX: Final = "☐"
# Runs in which no line can be broken: neither space nor a character of a script that breaks anywhere.
_UNBREAKABLE = re.compile(r"[^\s\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]{12,}")
_HEADED: Final = frozenset({"rights", "response"})


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands where. ``blocks`` and ``response`` are lists of blocks as page.typ knows them.

    ``address`` is seen through the window, ``envelope`` are the lines that may be seen besides. ``head``:
    letterhead; ``opened``: when the attempt was, which dates the file.
    """

    attempt: str
    language: str
    paper: Paper
    envelope: tuple[str, ...]
    address: tuple[str, ...]
    head: tuple[str, ...]
    date: str
    subject: str
    blocks: tuple[dict[str, Any], ...]
    response: tuple[dict[str, Any], ...] = ()
    opened: datetime | None = None
    unbreakable: tuple[str, ...] = field(default=())

    def texts(self) -> Iterator[str]:
        """All that will be printed."""
        yield from (*self.envelope, *self.address, *self.head, self.date, self.subject, "0123456789/")
        for block in (*self.blocks, *self.response):
            yield from block.get("lines", ())
            for row in block.get("rows", ()):
                yield from row


def lay_out(cleared: Cleared, country: str, paper: Paper | None) -> Layout:
    """The layout of a letter.

    :param country: ours (ISO 3166-1 alpha-2), which is not printed in an address.
    :param paper: ``None`` for what is usual where the letter goes.
    :raises SendFailed: ``cannot_say``.
    """
    words = cleared.words
    _refuse_unwritable(cleared)
    lines, to = _address(cleared, country)
    sections = dict(words.sections) or {"body": words.text}
    if "\n\n".join(sections.values()) != words.text or len(sections) != max(1, len(words.sections)):
        # Only words.text is sure to have been judged.
        raise SendFailed.cannot_say("sections that are not the text")
    when = opened_at(cleared.attempt)
    head = _split(sections.pop("letterhead", "")) or (cleared.sender.name, *_split(cleared.sender.address))
    date = sections.pop("date", "") or (when.date().isoformat() if when else "")
    if _split(sections.get("address", "")) == lines[: len(lines) - (to != country)]:
        del sections["address"]  # it stands in the window, and once is enough
    response = sections.pop("response", "")
    return Layout(
        attempt=cleared.attempt,
        language=words.languages[0] if words.languages else "en",
        paper=paper or paper_of(to),
        envelope=tuple(line for line in words.envelope if line.strip()),
        address=lines,
        head=tuple(line for line in head if line.strip()),
        date=date,
        subject=words.subject,
        blocks=tuple(block for name, text in sections.items() for block in _blocks(text, name)),
        response=tuple(_blocks(response, "response")) if response else (),
        opened=when,
        unbreakable=tuple(dict.fromkeys(_UNBREAKABLE.findall(f"{words.subject}\n{words.text}"))),
    )


def _refuse_unwritable(cleared: Cleared) -> None:
    words = cleared.words
    beside = (words.subject, cleared.address, cleared.to_name, cleared.sender.name, *words.envelope)
    refuse_unsayable(words.text, *beside)
    if any("\n" in text for text in (words.subject, cleared.to_name, *words.envelope)):
        raise SendFailed.cannot_say("a line break within a line")


def _address(cleared: Cleared, country: str) -> tuple[tuple[str, ...], str]:
    """The lines of the address block, with the name first, and the country it goes to."""
    lines = _split(cleared.address)
    to = country
    if len(lines) > 1 and _COUNTRY.fullmatch(lines[-1]):
        to = lines[-1]
        lines = lines[:-1] if to == country else lines
    if not lines:
        raise SendFailed.cannot_say("a letter without an address")
    name = cleared.to_name.strip()
    return (lines if not name or lines[0] == name else (name, *lines)), to


def _split(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _blocks(text: str, section: str) -> Iterator[dict[str, Any]]:
    """Paragraphs with their lines kept, tables, headings; where boxes are ticked, what stands beside each."""
    beside: list[list[str]] = []
    for number, paragraph in enumerate(_paragraphs(text)):
        addressed = section == "response" and paragraph[0].endswith((":", "：")) and len(paragraph) > 1
        if addressed and not any(_BOX in line for line in paragraph):
            beside.append(paragraph)
            continue
        if number == 0 and len(paragraph) == 1 and section in _HEADED:
            yield {"kind": "heading", "lines": paragraph}
            continue
        yield from _tables(paragraph, section)
    if beside:
        yield {"kind": "beside", "rows": beside}


def _paragraphs(text: str) -> Iterable[list[str]]:
    lines: list[str] = []
    for line in text.replace("\t", "    ").splitlines():
        if line.strip():
            lines.append(line.rstrip())
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _tables(paragraph: Sequence[str], section: str) -> Iterator[dict[str, Any]]:
    """Neighbouring lines of as many cells each, ``a | b``, are a table; its columns take the bars' place."""
    start = 0
    while start < len(paragraph):
        cells = paragraph[start].count(_CELLS)
        end = start + 1
        while end < len(paragraph) and bool(paragraph[end].count(_CELLS)) == bool(cells):
            if cells and paragraph[end].count(_CELLS) != cells:
                break
            end += 1
        run = paragraph[start:end]
        if cells and len(run) > 1:
            rows = [[cell.strip() for cell in line.split(_CELLS)] for line in run]
            yield {"kind": "table", "rows": rows, "sum": section == "itemization"}
        else:
            yield {"kind": "text", "lines": run}
        start = end
