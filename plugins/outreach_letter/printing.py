"""From a layout to the bytes of a PDF, through typst; the same layout always gives the same bytes."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pypdf
import typst

from outreach.channels import SendFailed
from outreach.errors import SettingsError
from outreach_letter.layout import Layout
from outreach_letter.measures import ENVELOPES, SIZES, Windows

__all__ = ["Printer"]

# Those that come with typst, and the font of the extra, whose Chinese forms stand first.
_STAND_INS: Final = ("Libertinus Serif", "Noto Sans CJK SC", "DejaVu Sans Mono")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PANIC: Final = "panicked with: "
# pypdf gives this for the glyph that a font prints where it has none.
_NO_GLYPH: Final = "\0"
_PROBE: Final = b"""
#let d = json(bytes(sys.inputs.data))
#set text(font: d.fonts)
#for one in d.characters { par(text(one)) }
"""


class Printer:
    """Prints with fonts that it knows, never with whatever the machine has: so every machine prints the same.

    :param font: the family to print in.
    :param folder: further fonts, "" for none.
    """

    def __init__(self, font: str, folder: Path | None) -> None:
        self.font = font
        self.folder = folder
        self._printable: set[str] = set()
        self._lock = threading.Lock()
        package = files("outreach_letter")
        self._page = package.joinpath("page.typ").read_bytes()
        self._envelope = package.joinpath("envelope.typ").read_bytes()

    @cached_property
    def _fonts(self) -> typst.Fonts:
        folders = [str(files("manimgx_fonts_cjk"))]
        if self.folder is not None:
            folders.append(str(self.folder))
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)

    @cached_property
    def _families(self) -> list[str]:
        """In the order in which they are looked through for a character."""
        there = {one.family: one.path or "" for one in self._fonts.fonts()}
        own = [name for name, path in there.items() if self.folder and path.startswith(str(self.folder))]
        wanted = dict.fromkeys((self.font, *own, *_STAND_INS))
        return [name for name in wanted if name in there]

    def check(self) -> None:
        """Look whether the font is there.

        :raises SettingsError: if not.
        """
        if self.folder is not None and not self.folder.is_dir():
            raise SettingsError("the folder of the fonts is not there", where=str(self.folder))
        if self.font not in self._families:
            raise SettingsError(
                "the font is not there",
                where=self.font,
                remedy=f"put it into the folder `fonts` names, or use one of {', '.join(self._families)}",
            )

    def letter(self, layout: Layout, windows: Windows) -> bytes:
        """The letter as PDF.

        :raises SendFailed: ``cannot_say`` if a character has no glyph or a part does not fit.
        """
        self._refuse_boxes(layout.texts())
        width, height = SIZES[layout.paper]
        data = {
            "windows": windows.model_dump(),
            "date": layout.date,
            "head": layout.head,
            "subject": layout.subject,
            "blocks": layout.blocks,
            "response": layout.response,
            "unbreakable": layout.unbreakable,
        }
        return self._print(self._page, layout, width, height, data)

    def envelope(self, layout: Layout) -> bytes:
        """What may be seen from outside, as PDF.

        :raises SendFailed: as for :meth:`letter`.
        """
        width, height = ENVELOPES[layout.paper]
        return self._print(self._envelope, layout, width, height, {})

    @staticmethod
    def pages(pdf: bytes) -> int:
        """How many pages it has."""
        return len(pypdf.PdfReader(io.BytesIO(pdf)).pages)

    def _print(
        self, source: bytes, layout: Layout, width: float, height: float, data: dict[str, Any]
    ) -> bytes:
        common = {
            "attempt": layout.attempt,
            "language": layout.language,
            "fonts": self._families,
            "width": width,
            "height": height,
            "envelope": layout.envelope,
            "address": layout.address,
        }
        return self._compile(source, common | data, layout.opened or _EPOCH)

    def _compile(self, source: bytes, data: dict[str, Any], when: datetime = _EPOCH) -> bytes:
        try:
            pdf = typst.compile(
                source,
                format="pdf",
                font_paths=self._fonts,
                ignore_system_fonts=True,
                sys_inputs={"data": json.dumps(data)},
                timestamp=when,
            )
        except typst.TypstError as error:
            # Its text may quote what was printed; only our own words for it are told on.
            said = error.message.removeprefix(_PANIC) if error.message.startswith(_PANIC) else ""
            if said.replace("_", "").isalpha():
                raise SendFailed.cannot_say(said.strip('"').replace("_", " ")) from None
            raise SendFailed.not_sent("typst_failed", retry=False) from None
        assert isinstance(pdf, bytes)
        return pdf

    def _refuse_boxes(self, texts: Iterable[str]) -> None:
        """Refuse a character that no font has; each is tried once, in a page of its own."""
        with self._lock:
            new = {one for text in texts for one in text if not one.isspace()} - self._printable
            if not new:
                return
            data = {"fonts": self._families, "characters": sorted(new)}
            probe = pypdf.PdfReader(io.BytesIO(self._compile(_PROBE, data)))
            if any(_NO_GLYPH in page.extract_text() for page in probe.pages):
                raise SendFailed.cannot_say("a character that no font has")
            self._printable |= new
