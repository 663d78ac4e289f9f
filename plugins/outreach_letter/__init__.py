"""Letters as print-ready PDF: one file each, with its envelope and what the print room has to know.

Needs the extra `letter`.

    [plugin.letter]
    path = "letters"               # below the project's folder unless absolute
    paper = ""                     # us-letter or a4; "" takes what is usual where the letter goes
    country = "US"                 # ours: it is not printed in addresses
    duplex = true                  # printed on both sides
    postage_class = "first-class"  # in the words of your print house
    fonts = ""                     # a folder with fonts, for scripts that have no font here
    font = "Libertinus Serif"      # the family to print in; others stand in where it lacks a character

    [plugin.letter.windows.us-letter]   # where an envelope's windows lie over the first page, in millimetres
    address = {left = 12.7, top = 51.87, width = 88.9, height = 22.22}

What is printed is exactly what was judged. A text with a character that no font here has is refused, never
printed as boxes; so is an address that its window cannot hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from outreach.channels import Ability, Accepted, Channel, Cleared, Collected, Rate, Spool
from outreach.domain import Way
from outreach.errors import InputError
from outreach.hookspecs import hookimpl
from outreach_letter.layout import lay_out
from outreach_letter.measures import WINDOWS, Paper, Windows
from outreach_letter.printing import Printer
from outreach_letter.returns import read_returns
from outreach_letter.runs import Run, make_run

__all__ = ["OUTREACH_API", "LetterPdf", "LetterSettings", "Run", "make_run", "read_returns"]

OUTREACH_API = 1


class LetterSettings(BaseModel):
    """``[plugin.letter]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    path: str = "letters"
    paper: Paper | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"
    duplex: bool = True
    postage_class: Annotated[str, Field(pattern=r"^[^\r\n,;\"]{1,60}$")] = "first-class"
    fonts: str = ""
    font: Annotated[str, Field(min_length=1)] = "Libertinus Serif"
    windows: Mapping[Paper, Windows] = Field(default_factory=dict)

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> LetterSettings:
        """From the table of the settings, where "" stands for no paper of our own choice."""
        return cls(**{name: value for name, value in settings.items() if (name, value) != ("paper", "")})

    @property
    def place(self) -> Path:
        """The folder with the letters and all that belongs to them."""
        return self.folder / Path(self.path).expanduser()


class LetterPdf(Channel):
    """Prints each letter into a file of its own; :func:`make_run` puts many together for the print house."""

    name = "letter-pdf"
    medium = Way.LETTER
    abilities = frozenset({Ability.COLLECT})
    rate = Rate(at_once=2)

    def __init__(self, settings: LetterSettings) -> None:
        self.settings = settings
        place = settings.place
        self.letters = Spool(place / "single", ".pdf")
        self.envelopes = Spool(place / "envelopes", ".pdf")
        self.jobs = Spool(place / "jobs", ".json")
        fonts = settings.folder / Path(settings.fonts).expanduser() if settings.fonts else None
        self.printer = Printer(settings.font, fonts)

    def send(self, cleared: Cleared) -> Accepted:
        """Print, then write envelope, job and letter; a letter that is there has the other two beside it.

        The same attempt again finds all three there and writes nothing.
        """
        layout = lay_out(cleared, self.settings.country, self.settings.paper)
        windows = self.settings.windows.get(layout.paper) or WINDOWS[layout.paper]
        letter = self.printer.letter(layout, windows)
        envelope = self.printer.envelope(layout)
        self.envelopes.put(cleared.attempt, envelope)
        self.jobs.put(cleared.attempt, self._job(cleared.attempt, layout.paper, letter))
        written = self.letters.put(cleared.attempt, letter)
        return Accepted(provider_id=cleared.attempt, said="written" if written else "already there")

    def collect(self, source: str) -> Iterator[Collected]:
        """A list of returned mail, each letter as a piece of its own; see ``returns``."""
        if source in ("", "-"):
            raise InputError("which list of returned mail?", remedy="name a CSV file", where="SOURCE")
        for news in read_returns(Path(source)):
            yield Collected((news,))

    def check(self) -> None:
        """Try whether the folders can be written and the fonts be read."""
        for spool in (self.letters, self.envelopes, self.jobs):
            spool.check()
        self.printer.check()

    def _job(self, attempt: str, paper: Paper, letter: bytes) -> bytes:
        """What the print room has to know of a letter; nothing about a person."""
        pages = self.printer.pages(letter)
        job = {
            "attempt": attempt,
            "pages": pages,
            "sheets": (pages + 1) // 2 if self.settings.duplex else pages,
            "duplex": self.settings.duplex,
            "postage_class": self.settings.postage_class,
            "paper": paper.value,
            "sha256": hashlib.sha256(letter).hexdigest(),
        }
        return json.dumps(job, indent=1).encode() + b"\n"


@hookimpl
def outreach_register_channels(register: Callable[[Channel], None], settings: Mapping[str, Any]) -> None:
    """The channel."""
    register(LetterPdf(LetterSettings.read(settings)))
