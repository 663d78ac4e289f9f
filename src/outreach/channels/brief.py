"""The brief of a call: all an agent needs on one page, in the order in which she needs it."""

from __future__ import annotations

import textwrap
from datetime import datetime

from outreach.domain import Sender, Words

__all__ = ["brief"]

_WIDTH = 88
_LABEL = 10


def brief(
    *,
    attempt: str,
    to_name: str,
    number: str,
    sender: Sender,
    words: Words,
    good_until: datetime | None = None,
    background: str = "",
) -> str:
    """The page for one call: whom, which number, which number to show, what to know, then the script.

    :param to_name: whom to ask for; "" where it is not known.
    :param number: to dial, E.164.
    :param good_until: dial before this moment (printed in its own zone), else give the task back.
    :param background: what is known and to be found out (:attr:`Cleared.brief`), in parts with a title each.
    :returns: plain text. It names the person: it is for the agent alone, never for a log.
    """
    lines = [f"CALL TASK {attempt}", ""]
    facts = [("Ask for", to_name), ("Dial", number), ("Show", _shown(sender))]
    if good_until is not None:
        facts.append(("Before", good_until.isoformat(sep=" ", timespec="seconds")))
    facts.append(("Language", ", ".join(words.languages)))
    facts.append(("Masked", ", ".join(words.masked).replace("_", " ")))
    lines += [f"{label + ':':<{_LABEL}}{text}" for label, text in facts if text]
    for part in filter(None, background.split("\n\n")):
        title, _, text = part.partition("\n")
        lines += ["", title.upper(), *_wrapped(text)]
    for title, text in words.sections or (("say", words.text),):
        lines += ["", title.replace("_", " ").upper(), *_wrapped(text)]
    for warning in (each for each in words.warnings if each not in background):
        lines += ["", *_wrapped(f"NOTE: {warning}")]
    lines += [
        "",
        "Afterwards:",
        f"  outreach calls done {attempt} --code ...   (outreach calls codes)",
        f"  outreach calls release {attempt}   (not dialled)",
    ]
    return "\n".join(lines) + "\n"


def _shown(sender: Sender) -> str:
    return f"{sender.address} ({sender.name})" if sender.name else sender.address


def _wrapped(text: str) -> list[str]:
    """Paragraphs kept, long lines broken; no word is added, dropped or changed."""
    wrap = textwrap.TextWrapper(
        _WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    lines: list[str] = []
    for line in text.strip().splitlines():
        lines += wrap.wrap(line) or [""]
    return lines
